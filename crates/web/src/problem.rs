//! Errors as people and programs get them: `application/problem+json` (RFC 9457), or the same as a page.
//!
//! What happened inside (SQL, paths, panics) goes to the log, never into an answer.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stockbridge_domain::channel::{ChannelError, Fault};
use stockbridge_domain::{FieldError, Timestamp};
use stockbridge_engine::Refusal;
use stockbridge_store::StoreError;

/// A problem, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// What kind: an address relative to the documentation, stable for programs.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What kind, for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do.
    pub detail: String,
    /// Problems of single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Not before this instant, told as `Retry-After`; the past means soon.
    #[serde(skip)]
    pub retry_at: Option<Timestamp>,
}

/// A problem of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldProblem {
    /// JSON pointer to the field; for a query parameter `/query/NAME`.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of a kind.
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_at: None,
        }
    }

    /// The same, not before this instant.
    pub(crate) fn until(self, at: Timestamp) -> Self {
        Self {
            retry_at: Some(at),
            ..self
        }
    }

    /// 400: the request cannot be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "/docs#malformed",
            "The request cannot be read",
            detail,
        )
    }

    /// 401: nobody known asks.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "/docs#unauthenticated",
            "Sign in first",
            "Send `Authorization: Bearer TOKEN` with a valid API token. Tokens end by expiry or when they are revoked.",
        )
    }

    /// 403: known, but not allowed.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "/docs#forbidden", "Not allowed", detail)
    }

    /// 404: no such thing, for this caller.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/docs#not-found", "Not found", detail)
    }

    /// 409: it contradicts what is there.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "/docs#conflict", "Conflict", detail)
    }

    /// 413: too much.
    pub(crate) fn too_large() -> Self {
        let detail = format!(
            "A request has at most {} bytes, a file of products or mappings at most {}; split it up.",
            crate::extract::MAX_BODY,
            stockbridge_engine::MAX_FILE
        );
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "/docs#too-large",
            "Too large",
            detail,
        )
    }

    /// 422: fields that are wrong.
    pub(crate) fn fields(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.message),
            many => format!(
                "{} fields are wrong; `errors` names each with its remedy.",
                many.len()
            ),
        };
        Self {
            errors,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "/docs#invalid",
                "Some fields are wrong",
                detail,
            )
        }
    }

    /// 422 for one field.
    pub(crate) fn field(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem {
            pointer: pointer.into(),
            message: message.into(),
        }])
    }

    /// 500: our fault.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/docs#internal",
            "Something went wrong here",
            "It was logged under this answer's X-Request-Id. Trying again is safe with the same Idempotency-Key.",
        )
    }

    /// 503: not now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/docs#unavailable",
            "Not available now",
            detail,
        )
    }

    fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.errors = pointers(fields);
        self
    }
}

fn pointers(fields: Vec<FieldError>) -> Vec<FieldProblem> {
    fields
        .into_iter()
        .map(|f| FieldProblem {
            pointer: format!("/{}", f.field.trim_start_matches('/')),
            message: f.message,
        })
        .collect()
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadCursor => Self::field(
                "/query/cursor",
                "this is no cursor of this list; send back `next_cursor` as it came, or leave it out",
            ),
            StoreError::Full { detail } => {
                tracing::error!(detail, "the database's disk is full");
                Self::unavailable(
                    "The server's disk is full and nothing was written; ask its operator to free space.",
                )
            }
            error if error.is_transient() => {
                tracing::warn!(%error, "the database was not available");
                Self {
                    retry_at: Some(Timestamp::EPOCH),
                    ..Self::unavailable("The database is busy; nothing was changed, try again in a moment.")
                }
            }
            other => {
                tracing::error!(error = %other, "a request failed in the database");
                Self::internal()
            }
        }
    }
}

impl From<ChannelError> for Problem {
    fn from(error: ChannelError) -> Self {
        let (status, kind) = match error.fault {
            Fault::Throttled => (StatusCode::SERVICE_UNAVAILABLE, "/docs#channel-throttled"),
            Fault::Unavailable | Fault::Ambiguous => (StatusCode::BAD_GATEWAY, "/docs#channel-unavailable"),
            Fault::Credentials
            | Fault::Application
            | Fault::Forbidden
            | Fault::Rejected
            | Fault::NotFound
            | Fault::Conflict
            | Fault::Contract => (StatusCode::BAD_GATEWAY, "/docs#channel-refused"),
        };
        Self {
            retry_at: error
                .retry_at
                .or_else(|| (error.fault == Fault::Throttled).then_some(Timestamp::EPOCH)),
            ..Self::new(status, kind, "The channel did not do it", error.message)
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fields(fields) => Self::fields(pointers(fields)),
            Refusal::NotFound(detail) => Self::not_found(detail),
            Refusal::Conflict(detail) => Self::conflict(detail),
            Refusal::Forbidden(detail) => Self::forbidden(detail),
            Refusal::Shortage(fields) => Self::new(
                StatusCode::CONFLICT,
                "/docs#shortage",
                "Not enough stock",
                "Nothing was reserved; `errors` names each line and what is left.",
            )
            .with_fields(fields),
            Refusal::Channel(error) => error.into(),
            Refusal::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"stockbridge\"");
            response.headers_mut().insert("www-authenticate", scheme);
        }
        // Pages take it from here and show it to a person.
        response.extensions_mut().insert(self);
        response
    }
}
