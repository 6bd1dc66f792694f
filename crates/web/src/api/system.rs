//! The server itself: whether it lives, whether it is ready, and its document.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use serde::Serialize;

use crate::extract::ApiJson;
use crate::openapi;
use crate::pages;
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/healthz", "Whether the process lives", healthy)
            .open()
            .gives(200, "Alive"),
        route::get("/readyz", "Whether the database answers", ready)
            .open()
            .gives(200, "Alive"),
        route::get("/openapi.json", "This document", document)
            .open()
            .text("application/json"),
        route::get("/docs", "This document as a page", docs)
            .open()
            .text("text/html"),
    ]
}

#[derive(Debug, Serialize)]
struct Alive {
    status: &'static str,
    version: &'static str,
}

const ALIVE: Alive = Alive {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

async fn healthy() -> ApiJson<Alive> {
    ApiJson(ALIVE)
}

async fn ready(State(app): State<App>) -> Result<ApiJson<Alive>, Problem> {
    match app.hub().store().system().next_wake().await {
        Ok(_) => Ok(ApiJson(ALIVE)),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            Err(Problem::unavailable("The database does not answer."))
        }
    }
}

async fn document() -> impl IntoResponse {
    let body = openapi::document(&super::routes()).to_string();
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body)
}

async fn docs(State(app): State<App>, headers: axum::http::HeaderMap) -> Result<Html<String>, Problem> {
    let page = openapi::page(&super::routes(), pages::theme(&headers));
    Ok(Html(app.render("docs", serde_json::json!({ "page": page }))?))
}
