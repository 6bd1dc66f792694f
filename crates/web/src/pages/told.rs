//! What a form tells on the page that comes next, and how a problem is shown to a person.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{set_cookie, to};
use crate::guard::{Form, cookie};
use crate::kept::{Kept, in_words};
use crate::problem::Problem;
use crate::state::App;
use crate::view::signin::ProblemPage;
use crate::view::{Notice, Tone};

/// What is told on the next page.
#[derive(Serialize, Deserialize)]
struct Flash {
    good: bool,
    text: String,
    fields: Vec<String>,
}

/// The cookie that carries it.
pub(super) const FLASH: &str = "notice";

fn with_flash(app: &App, path: &str, flash: &Flash) -> Response {
    let mut response = to(path);
    let value = serde_json::to_vec(flash)
        .map(|json| URL_SAFE_NO_PAD.encode(json))
        .unwrap_or_default();
    if let Some(cookie) = set_cookie(app, FLASH, &value, 60) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// What the last form told, if anything.
pub(super) fn read_flash(headers: &HeaderMap) -> Option<Notice> {
    let json = URL_SAFE_NO_PAD
        .decode(cookie(headers, FLASH).filter(|v| !v.is_empty())?)
        .ok()?;
    let flash: Flash = serde_json::from_slice(&json).ok()?;
    Some(Notice {
        tone: if flash.good { Tone::Good } else { Tone::Bad },
        text: flash.text,
        fields: flash.fields,
    })
}

/// The end of a form that did what it should: back, with a sentence.
pub(crate) fn done(app: &App, path: &str, text: impl Into<String>) -> Response {
    let flash = Flash {
        good: true,
        text: text.into(),
        fields: Vec::new(),
    };
    with_flash(app, path, &flash)
}

/// The end of a form that did only a part of what it should: on to a page that shows it, with a sentence.
pub(crate) fn half_done(app: &App, path: &str, text: impl Into<String>) -> Response {
    let flash = Flash {
        good: false,
        text: text.into(),
        fields: Vec::new(),
    };
    with_flash(app, path, &flash)
}

/// Shows a problem to a person: on the form's page with what was typed if there was a form, else on a page of its own.
pub(crate) fn problem(
    app: &App,
    problem: &Problem,
    form: Option<&(String, Form)>,
    theme: &'static str,
) -> Response {
    let here = form.filter(|(_, form)| !form.get("back").is_empty() && problem.status < 500);
    if let Some((action, form)) = here {
        let kept = Kept::of(action, form, problem);
        let flash = Flash {
            good: false,
            text: kept.text.clone(),
            fields: kept.lines.clone(),
        };
        let mut response = with_flash(app, &kept.page, &flash);
        response.extensions_mut().insert(kept);
        return response;
    }
    let fields: Vec<String> = match problem.errors.as_slice() {
        [_] => Vec::new(),
        many => many
            .iter()
            .map(|e| format!("{}: {}", in_words(&e.pointer), e.message))
            .collect(),
    };
    let text = match problem.errors.as_slice() {
        [one] => one.message.clone(),
        _ => problem.detail.clone(),
    };
    let page = ProblemPage {
        status: problem.status,
        title: problem.title.to_owned(),
        detail: text,
        fields,
        back: "/".into(),
        theme,
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match app.render("problem", serde_json::json!({ "page": page })) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}
