//! What the guard needs of pages: the cookie's name, the way to the door, problems as pages.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::guard::{Form, cookie};
use crate::problem::Problem;
use crate::state::App;
use crate::view::signin::ProblemPage;

/// The name of the session's cookie. Over HTTPS it has the prefix that browsers keep other hosts from setting.
pub(crate) fn session_cookie(app: &App) -> &'static str {
    if app.options().cookie_secure {
        "__Host-session"
    } else {
        "session"
    }
}

/// The colours a person chose.
pub(crate) fn theme(headers: &HeaderMap) -> &'static str {
    match cookie(headers, "theme") {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "auto",
    }
}

/// Sends somebody unknown to the sign-in, and back here afterwards.
pub(crate) fn to_door(here: &str) -> Response {
    let next = percent_encoding::utf8_percent_encode(here, percent_encoding::NON_ALPHANUMERIC);
    let address = format!("/signin?next={next}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

/// A problem as a page.
pub(crate) fn problem(app: &App, problem: &Problem, form: Option<&Form>, theme: &'static str) -> Response {
    let page = ProblemPage {
        status: problem.status,
        title: problem.title.to_owned(),
        detail: problem.detail.clone(),
        fields: problem
            .errors
            .iter()
            .map(|e| format!("{}: {}", e.pointer, e.message))
            .collect(),
        back: form.map_or_else(|| "/".to_owned(), Form::back),
        theme,
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match app.render("problem", serde_json::json!({ "page": page })) {
        Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(_) => status.into_response(),
    }
}
