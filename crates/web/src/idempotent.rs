//! `Idempotency-Key`: a write that is sent again answers what it answered the first time.
//!
//! The key belongs to the tenant. With it is kept a hash of the request, so the same key with another request is
//! refused. Answers of our own faults (5xx) are not kept: trying again then really tries again.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use stockbridge_store::Idempotency;

use crate::extract::{Who, body_problem};
use crate::problem::Problem;
use crate::state::App;

/// What is kept in place of an answer that shows a secret once.
#[derive(Debug, Clone)]
pub(crate) struct KeptBody(pub String);

/// Carries out a write once for each key.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get("idempotency-key").cloned() else {
        return next.run(request).await;
    };
    match attempt(&app, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn attempt(app: &App, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let key = key
        .to_str()
        .ok()
        .filter(|k| (1..=255).contains(&k.len()))
        .ok_or_else(|| Problem::malformed("Idempotency-Key has 1 to 255 visible ASCII characters."))?
        .to_owned();
    let Some(Who(caller)) = request.extensions().get::<Who>().cloned() else {
        return Err(Problem::unauthenticated());
    };
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map_err(|error| body_problem(&error))?;
    let mut hash = Sha256::new();
    for part in [
        parts.method.as_str().as_bytes(),
        parts.uri.to_string().as_bytes(),
        &body,
    ] {
        hash.update(part);
        hash.update([0]);
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let tenant = app.tenant(caller.tenant);
    match tenant.begin_request(&key, &hash).await? {
        Idempotency::Fresh => {}
        Idempotency::Replay { status, body } => return Ok(replayed(status, body)),
        Idempotency::Mismatch => {
            return Err(Problem::conflict(
                "This Idempotency-Key was used for another request; take a new key for a new request.",
            ));
        }
        Idempotency::Running => {
            return Err(Problem::conflict(
                "The first request with this Idempotency-Key is still under way; try again in a moment.",
            ));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|_| Problem::internal())?.to_bytes();
    if parts.status.is_server_error() {
        tenant.release_request(&key).await?;
    } else {
        let kept = parts.extensions.get::<KeptBody>().map_or_else(
            || String::from_utf8_lossy(&body).into_owned(),
            |kept| kept.0.clone(),
        );
        tenant
            .complete_request(&key, i64::from(parts.status.as_u16()), &kept)
            .await?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(status: i64, body: String) -> Response {
    let status = u16::try_from(status)
        .ok()
        .and_then(|s| StatusCode::from_u16(s).ok())
        .unwrap_or(StatusCode::OK);
    let kind = if status.is_client_error() {
        "application/problem+json"
    } else {
        "application/json"
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            axum::http::HeaderName::from_static("idempotency-replayed"),
            HeaderValue::from_static("true"),
        ),
    ];
    (status, headers, body).into_response()
}
