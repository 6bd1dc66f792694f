//! The caller of one account: signs in or signs, performs, signs in again once, judges errors, hands out answers.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use serde::de::DeserializeOwned;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, HttpResponse, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

use super::client::{Call, DOWNLOAD};
use super::key::KeyFile;
use super::legacy::LegacyKey;
use super::login::login;
use crate::auth::session::Session;
use crate::call::{Dialect, Operation, perform};
use crate::plain;

/// Noon answers no request without one.
pub(super) const USER_AGENT: &str = concat!("Stockbridge/", env!("CARGO_PKG_VERSION"));

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
    /// [`Fault::Contract`] when it is whole but not what Noon documents, [`Fault::Unavailable`] when it is cut off or no
    /// JSON at all, as gateways answer.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            if e.is_data() {
                let what = plain::line(&e.to_string());
                return self.contract(
                    operation,
                    &format!("the answer is not as Noon documents it: {what}"),
                );
            }
            let message = "the answer was cut off or is not JSON; it is tried again";
            self.blame(ChannelError::new(Fault::Unavailable, operation.name, message))
        })
    }

    /// When Noon answered, by its own clock.
    pub(super) fn at(&self) -> Option<Timestamp> {
        plain::served_at(&self.headers)
    }

    /// The body as text, as tables are.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
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

/// How calls prove who we are.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each connection, which is boxed itself"
)]
pub(super) enum Signing {
    /// By cookies of a service account.
    Service { key: KeyFile, session: Arc<Session> },
    /// By the scheme of older documents.
    Legacy(LegacyKey),
}

/// The caller of one account.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    pub(super) base: String,
    pub(super) signing: Signing,
}

impl Api {
    /// Performs a call. Cookies that are refused are replaced once: refused calls change nothing.
    ///
    /// # Errors
    /// As [`perform`], [`login`] and [`judge`] say.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let mut cookies = self.cookies(None).await?;
        let mut response = self.send(call, cookies.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && cookies.is_some() {
            cookies = self.cookies(cookies.as_ref()).await?;
            response = self.send(call, cookies.as_ref()).await?;
        }
        self.judged(call.operation, response, cookies.as_ref())
    }

    /// Fetches what lies at an address Noon named; neither cookies nor signatures go there.
    ///
    /// # Errors
    /// As [`perform`] and [`judge`] say; [`Fault::Contract`] for an address that is not encrypted.
    pub(super) async fn download(&self, url: &str) -> Result<Answer, ChannelError> {
        let operation = &DOWNLOAD;
        let ours = url
            .strip_prefix(self.base.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if !url.starts_with("https://") && !ours {
            let message = "Noon keeps the table at an address that is not https";
            return Err(ChannelError::new(Fault::Contract, operation.name, message));
        }
        let request = Request::get(url)
            .header(header::USER_AGENT, USER_AGENT)
            .body(Bytes::new());
        let request = request.map_err(|_| {
            ChannelError::new(
                Fault::Contract,
                operation.name,
                "the address of the table cannot be read",
            )
        })?;
        let response = perform(&self.io, self.account, &DIALECT, operation, request).await?;
        self.judged(operation, response, None)
    }

    /// Cookies that are good for some minutes yet, and other than `refused`; none where calls are signed.
    async fn cookies(&self, refused: Option<&SecretText>) -> Result<Option<SecretText>, ChannelError> {
        match &self.signing {
            Signing::Legacy(_) => Ok(None),
            Signing::Service { key, session } => {
                let fetch = async || login(&self.io, self.account, &self.base, key).await;
                Ok(Some(session.token(&self.io, refused, fetch).await?))
            }
        }
    }

    async fn send(&self, call: &Call, cookies: Option<&SecretText>) -> Result<HttpResponse, ChannelError> {
        let request = self.request(call, cookies).map_err(|e| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.operation.name, message)
        })?;
        perform(&self.io, self.account, &DIALECT, call.operation, request).await
    }

    fn request(&self, call: &Call, cookies: Option<&SecretText>) -> Result<HttpRequest, http::Error> {
        let body = if call.body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(call.body.to_string())
        };
        let target = match &self.signing {
            Signing::Service { .. } => call.target.clone(),
            Signing::Legacy(key) => key.sign(&call.target, &body, self.io.env.now()),
        };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{target}", self.base))
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "application/json");
        if let Some(cookies) = cookies {
            request = request.header(header::COOKIE, cookies.expose());
        }
        if let Signing::Legacy(key) = &self.signing {
            request = request.header("x-api-key", &key.key);
        }
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(body)
    }

    fn judged(
        &self,
        operation: &'static Operation,
        response: HttpResponse,
        cookies: Option<&SecretText>,
    ) -> Result<Answer, ChannelError> {
        let (parts, body) = response.into_parts();
        let body = self.masked(body, cookies);
        if parts.status.is_success() {
            return Ok(Answer {
                headers: parts.headers,
                body,
            });
        }
        let request_id = DIALECT.request_id(&parts.headers);
        Err(judge(operation, parts.status, &body).with_request_id(request_id))
    }

    /// The body without our secrets, should Noon repeat them.
    fn masked(&self, body: Bytes, cookies: Option<&SecretText>) -> Bytes {
        let values = cookies
            .map_or("", SecretText::expose)
            .split("; ")
            .filter_map(|pair| Some(pair.split_once('=')?.1));
        let own = match &self.signing {
            Signing::Legacy(key) => [key.secret.expose(), key.key.as_str()],
            Signing::Service { key, .. } => [key.key_id(), ""],
        };
        let secrets: Vec<&str> = values.chain(own).filter(|secret| secret.len() >= 4).collect();
        plain::body_without(body, &secrets)
    }
}

/// The fault behind a status that is no success. The shape of Noon's error bodies is not published.
pub(super) fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let (code, said) = plain::complaint(body);
    let said = said.unwrap_or_else(|| format!("status {}", status.as_u16()));
    let (fault, message) = match status.as_u16() {
        401 => (
            Fault::Credentials,
            format!(
                "Noon does not know us even after a new sign-in ({said}); make a new key in the partner portal"
            ),
        ),
        403 => (
            Fault::Forbidden,
            format!(
                "Noon does not allow this to the service account ({said}); check its roles and allowed addresses"
            ),
        ),
        404 => (Fault::NotFound, format!("Noon does not know it: {said}")),
        409 => (Fault::Conflict, format!("Noon has another state of it: {said}")),
        423 => (
            Fault::Unavailable,
            format!("it is locked at Noon ({said}); it is tried again"),
        ),
        408 | 500.. if operation.effect.writes() => (
            Fault::Ambiguous,
            format!("Noon failed ({said}), so the change may or may not have been made; it is looked up"),
        ),
        408 | 500.. => (
            Fault::Unavailable,
            format!("Noon failed ({said}); it is tried again"),
        ),
        400.. => (Fault::Rejected, format!("Noon refused it: {said}")),
        other => (
            Fault::Contract,
            format!("Noon answered {other}, which its API does not; check the endpoint"),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match code {
        Some(code) => error.with_code(code),
        None => error,
    }
}
