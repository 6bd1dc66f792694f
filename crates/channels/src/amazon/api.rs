//! The signed-in caller of one account: signs, performs, renews a refused token once, and hands out readable answers.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, HttpResponse, Io, SecretText};

use super::client::Call;
use super::error;
use super::operations::Row;
use super::signing::Signer;
use crate::auth::lwa::{self, Grant};
use crate::auth::session::Session;
use crate::call::{Dialect, instant, perform};

/// Amazon refuses a longer one than 500 characters and asks for this form.
const USER_AGENT: &str = concat!(
    "Stockbridge/",
    env!("CARGO_PKG_VERSION"),
    " (Language=Rust/",
    env!("CARGO_PKG_RUST_VERSION"),
    ")"
);

static DIALECT: Dialect = Dialect {
    rate_header: Some("x-amzn-ratelimit-limit"),
    request_id_header: Some("x-amzn-requestid"),
};

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer<A> {
    body: Bytes,
    request_id: Option<String>,
    row: &'static Row,
    answer: PhantomData<fn() -> A>,
}

impl<A: DeserializeOwned> Answer<A> {
    /// Reads the body.
    ///
    /// # Errors
    /// [`Fault::Contract`] when it is whole but not what Amazon's model says, [`Fault::Unavailable`] when it is cut off
    /// or no JSON at all, as gateways answer.
    pub(super) fn read(&self) -> Result<A, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            let (fault, message) = if e.is_data() {
                (
                    Fault::Contract,
                    format!(
                        "the answer is not as Amazon documents it: {}",
                        error::clean(&e.to_string())
                    ),
                )
            } else {
                (
                    Fault::Unavailable,
                    "the answer was cut off or is not JSON; it is tried again".to_owned(),
                )
            };
            self.blame(ChannelError::new(fault, self.row.operation.name, message))
        })
    }

    /// An error about this answer, with its request id.
    pub(super) fn blame(&self, error: ChannelError) -> ChannelError {
        error.with_request_id(self.request_id.clone())
    }
}

/// The answer, or what its status says.
fn judged<A>(row: &'static Row, response: HttpResponse) -> Result<Answer<A>, ChannelError> {
    let request_id = DIALECT.request_id(response.headers());
    if response.status().is_success() {
        return Ok(Answer {
            request_id,
            body: response.into_body(),
            row,
            answer: PhantomData,
        });
    }
    Err(error::judge(&row.operation, response.status(), response.body()).with_request_id(request_id))
}

/// Raw JSON of the things in a list, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

/// The signed-in caller of one account.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    pub(super) base: String,
    pub(super) grant: Grant,
    pub(super) session: Arc<Session>,
    /// Signs requests, for accounts that ask for it.
    pub(super) signer: Option<Signer>,
}

impl Api {
    /// Performs a call; an access token that is refused is replaced once.
    ///
    /// # Errors
    /// As [`perform`], the token endpoint and [`error::judge`] say.
    pub(super) async fn call<A>(&self, call: &Call<A>) -> Result<Answer<A>, ChannelError> {
        let row = call.row();
        judged(row, self.exchange(row, call.target(), call.content()).await?)
    }

    /// Performs a call that no seller has to agree to, with a token of this scope, and reads its answer.
    ///
    /// # Errors
    /// As [`Self::call`], with the token endpoint's refusals of the application.
    pub(super) async fn call_grantless<A>(
        &self,
        call: &Call<A>,
        session: &Session,
        scope: &'static str,
    ) -> Result<Answer<A>, ChannelError> {
        let token = lwa::grantless(&self.grant, session, &self.io, self.account, scope).await?;
        let row = call.row();
        judged(row, self.send(row, call.target(), call.content(), &token).await?)
    }

    /// The same, and reads its answer.
    ///
    /// # Errors
    /// As [`Self::call_grantless`] and [`Answer::read`].
    pub(super) async fn ask_grantless<A: DeserializeOwned>(
        &self,
        call: &Call<A>,
        session: &Session,
        scope: &'static str,
    ) -> Result<A, ChannelError> {
        self.call_grantless(call, session, scope).await?.read()
    }

    /// Performs a call and reads its answer.
    ///
    /// # Errors
    /// As [`Self::call`] and [`Answer::read`].
    pub(super) async fn ask<A: DeserializeOwned>(&self, call: &Call<A>) -> Result<A, ChannelError> {
        self.call(call).await?.read()
    }

    /// One request of an operation and its answer, whatever its status.
    pub(super) async fn exchange(
        &self,
        row: &'static Row,
        target: &str,
        body: Option<&str>,
    ) -> Result<HttpResponse, ChannelError> {
        let token = self.token(None).await?;
        let response = self.send(row, target, body, &token).await?;
        if response.status() != StatusCode::FORBIDDEN || !error::token_refused(response.body()) {
            return Ok(response);
        }
        let token = self.token(Some(&token)).await?;
        self.send(row, target, body, &token).await
    }

    async fn token(&self, refused: Option<&SecretText>) -> Result<SecretText, ChannelError> {
        self.grant
            .token(&self.session, &self.io, self.account, refused)
            .await
    }

    async fn send(
        &self,
        row: &'static Row,
        target: &str,
        body: Option<&str>,
        token: &SecretText,
    ) -> Result<HttpResponse, ChannelError> {
        let mut request = self.sign(row, target, body, token)?;
        if let Some(signer) = &self.signer {
            let name = row.operation.name;
            signer.sign(&mut request, &self.io, self.account, name).await?;
        }
        perform(&self.io, self.account, &DIALECT, &row.operation, request).await
    }

    fn sign(
        &self,
        row: &'static Row,
        target: &str,
        body: Option<&str>,
        token: &SecretText,
    ) -> Result<HttpRequest, ChannelError> {
        let name = row.operation.name;
        let failed = |e: &dyn std::fmt::Display| {
            ChannelError::new(
                Fault::Contract,
                name,
                format!("the request could not be built: {e}"),
            )
        };
        // Every HTTP client resolves these, encoded or not, so the call would reach another resource.
        let path = target.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            let message = "`.` and `..` cannot be part of a web address; rename the SKU in Seller Central";
            return Err(ChannelError::new(Fault::Rejected, name, message));
        }
        let mut access = header::HeaderValue::from_str(token.expose()).map_err(|e| failed(&e))?;
        access.set_sensitive(true);
        let date = instant(self.io.env.now()).replace(['-', ':'], "");
        let mut request = http::Request::builder()
            .method(row.method.clone())
            .uri(format!("{}{target}", self.base))
            .header("x-amz-access-token", access)
            .header("x-amz-date", date)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|text| Bytes::from(text.to_owned())).unwrap_or_default();
        request.body(body).map_err(|e| failed(&e))
    }
}
