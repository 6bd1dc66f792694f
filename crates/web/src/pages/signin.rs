//! The door: sign in by password or by a one-time link, sign out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::SignedIn;

use super::{component, session_cookie, set_cookie, theme, to};
use crate::extract::{ApiPath, ApiQuery};
use crate::guard::{Access, Form, cookie, own_path};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::signin::SigninPage;

pub(super) fn routes() -> Vec<Route> {
    let public = Access::Public;
    vec![
        Route::page(Method::GET, "/signin", public, show),
        Route::page(Method::POST, "/signin", public, sign_in),
        Route::page(Method::GET, "/signin/{secret}", public, by_link),
        Route::page(Method::POST, "/signout", Access::Role(Role::Viewer), sign_out),
    ]
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

fn door(app: &App, page: &SigninPage, status: StatusCode) -> Result<Response, Problem> {
    let html = app.render("signin", serde_json::json!({ "page": page }))?;
    Ok((status, Html(html)).into_response())
}

async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<Next>,
) -> Result<Response, Problem> {
    let page = SigninPage {
        email: String::new(),
        next: own_path(&query.next.unwrap_or_default()),
        problem: None,
        theme: theme(&headers),
    };
    door(&app, &page, StatusCode::OK)
}

async fn sign_in(State(app): State<App>, headers: HeaderMap, form: Form) -> Result<Response, Problem> {
    let next = own_path(form.get("next"));
    match app.hub().sign_in(form.get("email"), form.get("password")).await? {
        Some(signed_in) => Ok(entered(&app, &signed_in, &next)),
        None => {
            let page = SigninPage {
                email: form.get("email").to_owned(),
                next,
                problem: Some("That email and password do not belong together.".into()),
                theme: theme(&headers),
            };
            door(&app, &page, StatusCode::UNAUTHORIZED)
        }
    }
}

async fn by_link(State(app): State<App>, headers: HeaderMap, path: ApiPath) -> Result<Response, Problem> {
    match app.hub().sign_in_by_link(path.text("secret")).await? {
        Some(signed_in) => Ok(entered(&app, &signed_in, "/")),
        None => {
            let page = SigninPage {
                email: String::new(),
                next: "/".into(),
                problem: Some(
                    "This link was used already or is too old. Ask for a new one, or sign in here.".into(),
                ),
                theme: theme(&headers),
            };
            door(&app, &page, StatusCode::UNAUTHORIZED)
        }
    }
}

fn entered(app: &App, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = to(next);
    let lasts = signed_in.expires_at.since(app.now()).as_secs();
    let value = component(&signed_in.token);
    if let Some(cookie) = set_cookie(app, session_cookie(app), &value, lasts) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = cookie(&headers, session_cookie(&app)) {
        app.hub().sign_out(token).await?;
    }
    let mut response = to("/signin");
    if let Some(cookie) = set_cookie(&app, session_cookie(&app), "", 0) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
