//! The signed caller of one account: signs, performs, judges errors, and hands out readable answers.

use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, SecretText};

use super::client::Call;
use super::sign::{Signed, signature};
use super::wire::Problem;
use crate::call::{Dialect, Operation, perform};
use crate::plain;

static DIALECT: Dialect = Dialect {
    rate_header: Some("stockbridge-rate"),
    request_id_header: Some("x-request-id"),
};

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer {
    body: Bytes,
    request_id: Option<String>,
}

impl Answer {
    /// Reads the body of a read operation's answer.
    ///
    /// # Errors
    /// [`Fault::Contract`] when it is whole but not what the protocol says, [`Fault::Unavailable`] when it is cut off or no
    /// JSON at all, as gateways answer.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &'static Operation) -> Result<T, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            if e.is_data() {
                let message = format!(
                    "the answer is not as the protocol has it: {}",
                    clean(&e.to_string())
                );
                return self.contract(operation, &message);
            }
            let message = "the answer was cut off or is not JSON; it is tried again";
            self.blame(ChannelError::new(Fault::Unavailable, operation.name, message))
        })
    }

    /// A breach of the protocol.
    pub(super) fn contract(&self, operation: &Operation, message: &str) -> ChannelError {
        self.blame(ChannelError::new(Fault::Contract, operation.name, message))
    }

    /// An error about this answer, with its request id.
    pub(super) fn blame(&self, error: ChannelError) -> ChannelError {
        error.with_request_id(self.request_id.clone())
    }
}

/// The signed caller of one account.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    pub(super) base: String,
    pub(super) key_id: String,
    pub(super) secret: SecretText,
}

impl Api {
    /// Performs a call.
    ///
    /// # Errors
    /// As [`perform`] and [`judge`] say.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let request = self.sign(call)?;
        let response = perform(&self.io, self.account, &DIALECT, call.operation, request).await?;
        let request_id = DIALECT.request_id(response.headers());
        let status = response.status();
        let body = plain::body_without(response.into_body(), &[self.secret.expose()]);
        if status.is_success() {
            return Ok(Answer { request_id, body });
        }
        Err(judge(call.operation, status, &body).with_request_id(request_id))
    }

    fn sign(&self, call: &Call) -> Result<HttpRequest, ChannelError> {
        let failed = |e: &dyn std::fmt::Display| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.operation.name, message)
        };
        let path = call.target.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            let message = "`.` and `..` cannot be part of a web address; give the order another id";
            return Err(ChannelError::new(Fault::Rejected, call.operation.name, message));
        }
        let uri: http::Uri = format!("{}{}", self.base, call.target)
            .parse()
            .map_err(|e: http::uri::InvalidUri| failed(&e))?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let timestamp = self.io.env.now().micros().div_euclid(1_000_000).to_string();
        let nonce = self
            .io
            .env
            .bytes::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        let signed = Signed {
            timestamp: &timestamp,
            nonce: &nonce,
            method: call.method.as_str(),
            target,
            body: &call.body,
        };
        let signature = signature(&self.secret, signed).ok_or_else(|| failed(&"no signature"))?;
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(&uri)
            .header("stockbridge-key", &self.key_id)
            .header("stockbridge-timestamp", timestamp)
            .header("stockbridge-nonce", nonce)
            .header("stockbridge-signature", signature)
            .header(header::ACCEPT, "application/json");
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request
            .body(Bytes::from(call.body.clone()))
            .map_err(|e| failed(&e))
    }
}

/// The fault behind a status that is no success.
fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    let said = problem.detail.or(problem.title);
    let said = said.map_or_else(|| format!("status {}", status.as_u16()), |text| clean(&text));
    let (fault, message) = match status {
        StatusCode::UNAUTHORIZED => (
            Fault::Credentials,
            format!(
                "the other side refuses the signature ({said}); compare key id and secret, and the clocks of both sides"
            ),
        ),
        StatusCode::FORBIDDEN => (
            Fault::Forbidden,
            format!("the other side does not allow this to the key ({said})"),
        ),
        StatusCode::NOT_FOUND => (
            Fault::NotFound,
            format!("the other side does not know it: {said}"),
        ),
        StatusCode::CONFLICT => (
            Fault::Conflict,
            format!("the other side has another state of it: {said}"),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            Fault::Unavailable,
            format!("the other side is busy and changed nothing ({said}); it is tried again"),
        ),
        s if s.is_server_error() || s == StatusCode::REQUEST_TIMEOUT => failed(operation, &said),
        s if s.is_client_error() => (Fault::Rejected, format!("the other side refused it: {said}")),
        _ => (
            Fault::Contract,
            format!("the other side answered {status}, which is not in the protocol; check the base URL"),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match problem.code {
        Some(code) if !code.is_empty() => error.with_code(clean(&code)),
        _ => error,
    }
}

/// A failure on the other side: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> (Fault, String) {
    if operation.effect.writes() {
        let message = format!(
            "the other side failed ({said}), so the change may or may not have been made; it is looked up"
        );
        (Fault::Ambiguous, message)
    } else {
        (
            Fault::Unavailable,
            format!("the other side failed ({said}); it is tried again"),
        )
    }
}

/// A text of the other side, fit for messages: one line, bounded, without anything that looks like a secret of ours.
pub(super) fn clean(text: &str) -> String {
    plain::line_without(text, plain::hexadecimal)
}
