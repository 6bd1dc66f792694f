//! The signed-in caller of one shop: performs, judges errors, and hands out readable answers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, SecretText};

use super::client::Call;
use super::wire::Problem;
use crate::call::{Dialect, Operation, perform};
use crate::plain;

/// The Admin API limits nothing and names no requests; what stands in front of it may.
static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-request-id"),
};

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer {
    body: Bytes,
    request_id: Option<String>,
    pub(super) headers: HeaderMap,
    /// How long it took, by our clock.
    pub(super) took: Duration,
}

impl Answer {
    /// Reads the body.
    ///
    /// # Errors
    /// [`Fault::Contract`] when it is whole but not what the Admin API answers, [`Fault::Unavailable`] when it is cut off
    /// or no JSON at all, as gateways answer.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &'static Operation) -> Result<T, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            if e.is_data() {
                let message = format!("the answer is not as Medusa has it: {}", clean(&e.to_string()));
                return self.contract(operation, &message);
            }
            let message = "the answer was cut off or is not JSON; it is tried again";
            self.blame(ChannelError::new(Fault::Unavailable, operation.name, message))
        })
    }

    /// As [`Self::read`] for the answer to a write: it was taken, so what cannot be read leaves its outcome unknown.
    ///
    /// # Errors
    /// [`Fault::Ambiguous`].
    pub(super) fn read_written<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
    ) -> Result<T, ChannelError> {
        self.read(operation).map_err(|e| {
            let message = format!("{}; the change may have been made and is looked up", e.message);
            self.blame(ChannelError::new(Fault::Ambiguous, operation.name, message))
        })
    }

    /// A breach of the contract.
    pub(super) fn contract(&self, operation: &Operation, message: &str) -> ChannelError {
        self.blame(ChannelError::new(Fault::Contract, operation.name, message))
    }

    fn blame(&self, error: ChannelError) -> ChannelError {
        error.with_request_id(self.request_id.clone())
    }
}

/// The signed-in caller of one shop.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    pub(super) base: String,
    pub(super) key: SecretText,
}

impl Api {
    /// Performs a call.
    ///
    /// # Errors
    /// As [`perform`] and [`judge`] say.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let request = self.sign(call)?;
        let started = self.io.env.now();
        let response = perform(&self.io, self.account, &DIALECT, call.operation, request).await?;
        let took = self.io.env.now().since(started);
        let request_id = DIALECT.request_id(response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        let body = plain::body_without(response.into_body(), &[self.key.expose()]);
        if status.is_success() {
            return Ok(Answer {
                body,
                request_id,
                headers,
                took,
            });
        }
        Err(judge(call.operation, status, &body).with_request_id(request_id))
    }

    /// Performs a call and reads its answer.
    ///
    /// # Errors
    /// As [`Self::call`] and [`Answer::read`] say.
    pub(super) async fn get<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ChannelError> {
        self.call(call).await?.read(call.operation)
    }

    /// A secret key is the user name of Basic authentication, with an empty password.
    fn sign(&self, call: &Call) -> Result<HttpRequest, ChannelError> {
        let failed = |e: &dyn std::fmt::Display| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.operation.name, message)
        };
        let path = call.target.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            let message = "`.` and `..` are no ids";
            return Err(ChannelError::new(Fault::NotFound, call.operation.name, message));
        }
        let basic = STANDARD.encode(format!("{}:", self.key.expose()));
        let mut basic = HeaderValue::from_str(&format!("Basic {basic}")).map_err(|e| failed(&e))?;
        basic.set_sensitive(true);
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.base, call.target))
            .header(header::AUTHORIZATION, basic)
            .header(header::ACCEPT, "application/json");
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request
            .body(Bytes::from(call.body.clone()))
            .map_err(|e| failed(&e))
    }
}

/// The fault behind a status that is no success. The Admin API says `{type, message}` and sometimes a `code`.
fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    let said = problem.message.as_deref().map(clean);
    let said = said.unwrap_or_else(|| format!("status {}", status.as_u16()));
    let (fault, message) = match status {
        StatusCode::UNAUTHORIZED => (
            Fault::Credentials,
            format!(
                "the shop does not take the secret API key ({said}); it may have been revoked: make a new one in Medusa \
                 under Settings, Secret API Keys"
            ),
        ),
        StatusCode::FORBIDDEN => (
            Fault::Forbidden,
            format!("the shop does not allow this to the API key ({said})"),
        ),
        // A thing that is not there is told in JSON; a path that is not there in HTML.
        StatusCode::NOT_FOUND if problem.kind.is_none() => (
            Fault::Contract,
            "no Medusa admin API answers at this address; check the address of the Medusa server".to_owned(),
        ),
        StatusCode::NOT_FOUND => (Fault::NotFound, format!("the shop does not know it: {said}")),
        StatusCode::CONFLICT => (
            Fault::Conflict,
            format!("the shop has another state of it: {said}"),
        ),
        StatusCode::LOCKED => (
            Fault::Unavailable,
            format!("somebody else is changing it ({said}); it is tried again"),
        ),
        s if s.is_client_error() && said.contains("active order change") => (
            Fault::Unavailable,
            format!("somebody is changing the order in Medusa ({said}); it is tried again"),
        ),
        s if s.is_server_error() || s == StatusCode::REQUEST_TIMEOUT => failed(operation, &said),
        s if s.is_client_error() => (Fault::Rejected, format!("the shop refused it: {said}")),
        _ => (
            Fault::Contract,
            format!(
                "the shop answered {status}, which an admin API does not; check the address of the Medusa server"
            ),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match problem.code.or(problem.kind) {
        Some(code) if !code.is_empty() => error.with_code(clean(&code)),
        _ => error,
    }
}

/// A failure in the shop: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> (Fault, String) {
    if operation.effect.writes() {
        let message =
            format!("the shop failed ({said}), so the change may or may not have been made; it is looked up");
        (Fault::Ambiguous, message)
    } else {
        (
            Fault::Unavailable,
            format!("the shop failed ({said}); it is tried again"),
        )
    }
}

/// A text of the shop, fit for messages: one line, bounded, without anything that looks like a secret.
pub(super) fn clean(text: &str) -> String {
    plain::line_without(text, |word| word.contains("sk_") || plain::hexadecimal(word))
}
