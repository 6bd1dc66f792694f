//! What is around every request: its id, a log line, limits, security headers, and a net under panics.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument;

use crate::extract::MAX_BODY;
use crate::problem::Problem;
use crate::state::App;

/// How long an answer may take; connecting an account asks a channel first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything comes from this server; scripts and styles only from files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the shell around a router.
pub(crate) fn around(router: Router, app: &App) -> Router {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), told))
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("It took too long and was given up; try again.").into_response(),
    }
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let message = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a request panicked");
    Problem::internal().into_response()
}

/// Names the request, logs it, and adds the headers that keep browsers careful.
async fn told(State(app): State<App>, request: Request, next: Next) -> Response {
    let env = app.hub().env().clone();
    let id: String = env
        .bytes::<8>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let begun = env.now();
    // The path only: a query or a sign-in link may hold what does not belong in a log.
    let path = request
        .uri()
        .path()
        .split("/signin/")
        .next()
        .unwrap_or_default()
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("http.request", request.id = %id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| {
        let (status, took) = (response.status().as_u16(), env.now().since(begun));
        tracing::debug!(status, duration_ms = took.as_millis(), "answered");
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.options().cookie_secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
