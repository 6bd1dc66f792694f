//! Amazon's errors as faults.
//!
//! Every API answers `{"errors":[{"code","message","details"}]}`; gateways answer without. The texts are those Amazon
//! documents under "Resolve Common HTTP and Authorization Error Codes".

use http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::channel::{ChannelError, Fault};

use crate::call::Operation;
use crate::plain;

#[derive(Deserialize, Default)]
struct Errors {
    #[serde(default)]
    errors: Vec<ApiError>,
}

#[derive(Deserialize, Default)]
struct ApiError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<String>,
}

impl ApiError {
    fn details(&self) -> &str {
        self.details.as_deref().unwrap_or_default().trim()
    }

    /// Message and details in one, without repeating itself.
    fn text(&self) -> String {
        let (message, details) = (self.message.trim(), self.details());
        let whole = if details.is_empty() || details == message {
            message.to_owned()
        } else {
            format!("{message} ({details})")
        };
        clean(&whole)
    }
}

fn errors(body: &[u8]) -> Vec<ApiError> {
    serde_json::from_slice::<Errors>(body).unwrap_or_default().errors
}

/// Whether a 403 is about the access token, which a fresh one may cure.
pub(super) fn token_refused(body: &[u8]) -> bool {
    errors(body).iter().any(|e| {
        e.details()
            .to_ascii_lowercase()
            .contains("access token you provided")
    })
}

/// The fault behind a status that is no success.
pub(super) fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let all = errors(body);
    let first = all.first();
    let said = if all.is_empty() {
        format!("status {}", status.as_u16())
    } else {
        all.iter().map(ApiError::text).collect::<Vec<_>>().join("; ")
    };
    let (fault, message) = match status {
        StatusCode::FORBIDDEN => forbidden(first, &said),
        StatusCode::NOT_FOUND => (Fault::NotFound, format!("Amazon does not know it: {said}")),
        StatusCode::CONFLICT => (Fault::Conflict, format!("Amazon has another state of it: {said}")),
        StatusCode::SERVICE_UNAVAILABLE => (
            Fault::Unavailable,
            format!("Amazon is busy ({said}); it is tried again"),
        ),
        s if s.is_server_error() || s == StatusCode::REQUEST_TIMEOUT => failed(operation, &said),
        s if s.is_client_error() => (Fault::Rejected, format!("Amazon refused it: {said}")),
        _ => (
            Fault::Contract,
            format!("Amazon answered {status}, which is not documented; check the endpoint address"),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match first.map(|e| clean(&e.code)) {
        Some(code) if !code.is_empty() => error.with_code(code),
        _ => error,
    }
}

/// A failure inside Amazon: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> (Fault, String) {
    if operation.effect.writes() {
        let message =
            format!("Amazon failed ({said}), so the change may or may not have been made; it is looked up");
        (Fault::Ambiguous, message)
    } else {
        (
            Fault::Unavailable,
            format!("Amazon failed ({said}); it is tried again"),
        )
    }
}

fn forbidden(first: Option<&ApiError>, said: &str) -> (Fault, String) {
    let details = first
        .map(ApiError::details)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if details.contains("not valid for region") {
        let message = format!(
            "Amazon says the marketplaces do not belong to this region ({said}); connect one account per region and \
             check the endpoint `api` if it was replaced"
        );
        (Fault::Rejected, message)
    } else if details.contains("access token is missing") {
        (
            Fault::Contract,
            format!("the access token did not reach Amazon ({said}); check proxies on the way"),
        )
    } else if details.contains("access token you provided") {
        let message = format!(
            "Amazon refuses even a fresh access token ({said}); check that the application was authorised for this \
             region and that the seller's account is active"
        );
        (Fault::Forbidden, message)
    } else {
        let message = format!(
            "role missing or not granted: Amazon does not allow this operation ({said}); give the application the role \
             in the Solution Provider Portal, then authorise it again"
        );
        (Fault::Forbidden, message)
    }
}

/// A text of Amazon's, fit for messages: one line, bounded, without anything that looks like a secret.
pub(super) fn clean(text: &str) -> String {
    plain::line_without(text, |word| {
        ["Atza|", "Atzr|", "amzn1.oa2-cs."]
            .iter()
            .any(|prefix| word.contains(prefix))
    })
}
