//! The caller of one account: adds the token, performs, renews a refused token once, judges errors, hands out answers.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

use super::client::Call;
use super::token::Grant;
use crate::auth::session::Session;
use crate::call::{Dialect, Operation, perform};
use crate::plain;

pub(super) static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-request-id"),
};

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// Reads the body of a read operation's answer.
    ///
    /// # Errors
    /// [`Fault::Contract`] when it is whole but not what Flipkart documents, [`Fault::Unavailable`] when it is cut off or no
    /// JSON at all, as gateways answer.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            if e.is_data() {
                let what = plain::line(&e.to_string());
                return self.contract(
                    operation,
                    &format!("the answer is not as Flipkart documents it: {what}"),
                );
            }
            let message = "the answer was cut off or is not JSON; it is tried again";
            self.blame(ChannelError::new(Fault::Unavailable, operation.name, message))
        })
    }

    /// When Flipkart answered, by its own clock.
    pub(super) fn at(&self) -> Option<Timestamp> {
        plain::served_at(&self.headers)
    }

    /// The body, as documents are.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// A breach of what is documented.
    pub(super) fn contract(&self, operation: &Operation, message: &str) -> ChannelError {
        self.blame(ChannelError::new(Fault::Contract, operation.name, message))
    }

    /// An error about this answer, with its request id.
    pub(super) fn blame(&self, error: ChannelError) -> ChannelError {
        error.with_request_id(DIALECT.request_id(&self.headers))
    }
}

/// The caller of one account.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    pub(super) base: String,
    pub(super) grant: Grant,
    pub(super) session: Arc<Session>,
}

impl Api {
    /// Performs a call. A token that is refused is replaced once: refused calls change nothing.
    ///
    /// # Errors
    /// As [`perform`], the token endpoint and [`judge`] say.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let mut token = self.token(None).await?;
        let mut response = self.send(call, &token).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            token = self.token(Some(&token)).await?;
            response = self.send(call, &token).await?;
        }
        let (parts, body) = response.into_parts();
        let body = self.masked(body, &token);
        if parts.status.is_success() {
            return Ok(Answer {
                headers: parts.headers,
                body,
            });
        }
        let request_id = DIALECT.request_id(&parts.headers);
        Err(judge(call.operation, parts.status, &body).with_request_id(request_id))
    }

    async fn token(&self, refused: Option<&SecretText>) -> Result<SecretText, ChannelError> {
        self.grant
            .token(&self.session, &self.io, self.account, refused)
            .await
    }

    async fn send(&self, call: &Call, token: &SecretText) -> Result<http::Response<Bytes>, ChannelError> {
        let request = self.request(call, token)?;
        perform(&self.io, self.account, &DIALECT, call.operation, request).await
    }

    /// The body without our secrets, should Flipkart repeat them.
    fn masked(&self, body: Bytes, token: &SecretText) -> Bytes {
        let secrets = [token.expose(), self.grant.app_secret.expose()];
        plain::body_without(body, &secrets)
    }

    fn request(&self, call: &Call, token: &SecretText) -> Result<HttpRequest, ChannelError> {
        let has_body = !call.body.is_null();
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.base, call.target))
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .header(header::ACCEPT, "application/json, application/pdf");
        if has_body {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = if has_body {
            Bytes::from(call.body.to_string())
        } else {
            Bytes::new()
        };
        request.body(body).map_err(|e| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.operation.name, message)
        })
    }
}

/// The fault behind a status that is no success. Flipkart documents 400, 401, 403, 404, 422, 500, 503 and "499" for a
/// connection that timed out; the shape of error bodies is not published.
pub(super) fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let (code, said) = plain::complaint(body);
    let said = said.unwrap_or_else(|| format!("status {}", status.as_u16()));
    let (fault, message) = match status.as_u16() {
        401 => (
            Fault::Credentials,
            format!("Flipkart does not take a new access token either ({said}); connect the store again"),
        ),
        403 => (
            Fault::Forbidden,
            format!(
                "Flipkart does not allow this to the application ({said}); check its scopes in Developer Access"
            ),
        ),
        404 => (Fault::NotFound, format!("Flipkart does not know it: {said}")),
        409 => (
            Fault::Conflict,
            format!("Flipkart has another state of it: {said}"),
        ),
        423 => (
            Fault::Unavailable,
            format!("it is locked at Flipkart ({said}); it is tried again"),
        ),
        408 | 499 | 500.. => failed(operation, &said),
        400.. => (Fault::Rejected, format!("Flipkart refused it: {said}")),
        other => (
            Fault::Contract,
            format!("Flipkart answered {other}, which its API does not; check the endpoint"),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match code {
        Some(code) => error.with_code(code),
        None => error,
    }
}

/// A failure at Flipkart: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> (Fault, String) {
    if operation.effect.writes() {
        let message =
            format!("Flipkart failed ({said}), so the change may or may not have been made; it is looked up");
        (Fault::Ambiguous, message)
    } else {
        (
            Fault::Unavailable,
            format!("Flipkart failed ({said}); it is tried again"),
        )
    }
}
