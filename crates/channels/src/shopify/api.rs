//! The signed caller of one shop: signs, performs, learns the budget, judges errors, and hands out readable answers.
//!
//! Shopify answers nearly everything with status 200; what went wrong stands in `errors` with a code. An answer without
//! `data` was never run; one with `data` and an unknown error may have been.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, Learned};
use stockbridge_domain::{AccountId, Timestamp};

use super::auth::Access;
use super::client::{self, BUCKETS, Call, Document};
use super::wire::{Cost, Raw, Reply, Said};
use crate::call::{Dialect, Effect, Operation, perform};
use crate::plain;

pub(super) static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-request-id"),
};

/// Longest pause that is asked of the budget.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An answer whose query was run without errors.
#[derive(Debug)]
pub(super) struct Answer {
    data: Raw,
    operation: &'static Operation,
    request_id: Option<String>,
    /// When Shopify gave it, by its own clock.
    pub(super) at: Option<Timestamp>,
    /// The version of the API it was given by.
    pub(super) version: Option<String>,
}

impl Answer {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// [`Fault::Contract`] for a read whose answer is not as the schema has it, [`Fault::Ambiguous`] for such a write.
    pub(super) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ChannelError> {
        serde_json::from_str(self.data.get()).map_err(|e| self.contract(&clean(&e.to_string())))
    }

    /// A breach of the schema.
    pub(super) fn contract(&self, what: &str) -> ChannelError {
        let (fault, message) = if self.operation.effect.writes() {
            let message = format!(
                "the answer is not as the schema has it ({what}), so the change may or may not have been made; it is looked up"
            );
            (Fault::Ambiguous, message)
        } else {
            (
                Fault::Contract,
                format!("the answer is not as the schema has it: {what}"),
            )
        };
        self.blame(ChannelError::new(fault, self.operation.name, message))
    }

    /// An error of this operation.
    pub(super) fn error(&self, fault: Fault, message: impl Into<String>) -> ChannelError {
        self.blame(ChannelError::new(fault, self.operation.name, message))
    }

    fn blame(&self, error: ChannelError) -> ChannelError {
        error.with_request_id(self.request_id.clone())
    }
}

/// The signed caller of one shop.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    /// The shop's address without a path.
    pub(super) base: String,
    pub(super) access: Access,
}

impl Api {
    /// Performs a call and reads its data.
    ///
    /// # Errors
    /// As [`Self::call`] and [`Answer::read`] say.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ChannelError> {
        self.call(call).await?.read()
    }

    /// Performs a call. A token that is refused is replaced once.
    ///
    /// # Errors
    /// As [`perform`], [`judge_status`] and [`judge`] say.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let mut refused = None;
        loop {
            let token = self
                .access
                .token(&self.io, self.account, refused.as_ref())
                .await?;
            match self.once(call, token.expose()).await {
                Err(e) if e.fault == Fault::Credentials && refused.is_none() && self.access.renewable() => {
                    refused = Some(token);
                }
                answer => return answer,
            }
        }
    }

    async fn once(&self, call: &Call, token: &str) -> Result<Answer, ChannelError> {
        let operation = &call.document.operation;
        let request = self.request(call, token)?;
        let response = perform(&self.io, self.account, &DIALECT, operation, request).await?;
        let request_id = DIALECT.request_id(response.headers());
        let (status, headers) = (response.status(), response.headers());
        let (at, version) = (date(headers), text_of(headers, "x-shopify-api-version"));
        let blame = |error: ChannelError| error.with_request_id(request_id.clone());
        if !status.is_success() {
            return Err(blame(judge_status(operation, status)));
        }
        let reply: Reply = serde_json::from_slice(response.body()).map_err(|_| blame(no_json(operation)))?;
        let cost = reply.extensions.and_then(|e| e.cost);
        self.learn(cost.as_ref()).await;
        if let Some(said) = reply.errors.as_deref().and_then(|all| all.first()) {
            let error = judge(operation, said, reply.data.is_some());
            return Err(blame(self.paused(error, cost.as_ref()).await));
        }
        let data = reply.data.ok_or_else(|| blame(no_json(operation)))?;
        Ok(Answer {
            data,
            operation,
            request_id,
            at,
            version,
        })
    }

    fn request(&self, call: &Call, token: &str) -> Result<HttpRequest, ChannelError> {
        let failed = |e: &dyn std::fmt::Display| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.document.operation.name, message)
        };
        let mut token = HeaderValue::from_str(token).map_err(|e| failed(&e))?;
        token.set_sensitive(true);
        http::Request::post(format!(
            "{}/admin/api/{}/graphql.json",
            self.base,
            client::VERSION
        ))
        .header("x-shopify-access-token", token)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(client::body(call).to_string()))
        .map_err(|e| failed(&e))
    }

    /// Tells the budget what Shopify says is left of it.
    async fn learn(&self, cost: Option<&Cost>) {
        let Some(status) = cost.and_then(|c| c.throttle_status.as_ref()) else {
            return;
        };
        let learned = Learned {
            rate_micro: status
                .restore_rate
                .whole()
                .map(|rate| rate.saturating_mul(1_000_000)),
            left: status.currently_available.whole(),
        };
        self.io.pacer.learn(self.account, &BUCKETS[0], learned).await;
    }

    /// A refusal for the budget says until when there is no point in asking again.
    async fn paused(&self, error: ChannelError, cost: Option<&Cost>) -> ChannelError {
        if error.fault != Fault::Throttled {
            return error;
        }
        let least = cost.and_then(Cost::wait).unwrap_or(Duration::from_secs(1));
        let least = least.min(LONGEST_PAUSE);
        let until = self.io.pacer.exhausted(self.account, &BUCKETS[0], least).await;
        error.until(until)
    }
}

/// The fault behind a status that is no success. Bodies are not repeated: they are pages for browsers as often as not.
fn judge_status(operation: &Operation, status: StatusCode) -> ChannelError {
    let (fault, message) = match status.as_u16() {
        401 => (
            Fault::Credentials,
            "Shopify no longer takes the access token: the app was uninstalled or its access was withdrawn; install the app \
             again and reconnect the store"
                .to_owned(),
        ),
        402 | 423 => (
            Fault::Credentials,
            "Shopify has frozen or locked the shop; settle it with Shopify, then reconnect the store".to_owned(),
        ),
        403 => (
            Fault::Credentials,
            "Shopify refuses the app for this shop: the shop is frozen or the app is no longer allowed in; look in the \
             shop's admin under Settings, Apps, then reconnect the store"
                .to_owned(),
        ),
        404 => (
            Fault::Credentials,
            "there is no such shop at Shopify; compare the shop's domain under Settings, Domains: it ends in .myshopify.com"
                .to_owned(),
        ),
        430 => (
            Fault::Unavailable,
            "Shopify turned the call away for its own protection; it is tried again".to_owned(),
        ),
        408 | 500..=599 => return failed(operation, &format!("status {}", status.as_u16())),
        400..=499 => (
            Fault::Rejected,
            format!("Shopify refused the call with status {}", status.as_u16()),
        ),
        _ => (
            Fault::Contract,
            format!(
                "Shopify answered with status {}, which is not in its documents; check the shop's domain",
                status.as_u16()
            ),
        ),
    };
    ChannelError::new(fault, operation.name, message)
}

/// The fault behind an error of GraphQL. `run` tells whether the query was run at all.
fn judge(operation: &Operation, said: &Said, run: bool) -> ChannelError {
    let code = said.code();
    let text = clean(said.message());
    let (fault, message) = match code.as_deref() {
        Some("THROTTLED") => (
            Fault::Throttled,
            "Shopify asks to call less often; it goes on by itself".to_owned(),
        ),
        Some("MAX_COST_EXCEEDED") => (
            Fault::Contract,
            format!("the query costs more than Shopify allows for one ({text})"),
        ),
        Some("ACCESS_DENIED") => (
            Fault::Forbidden,
            format!(
                "the app may not do this ({text}); add the scope to the app, then approve it again in the shop's admin"
            ),
        ),
        Some("SHOP_INACTIVE") => (
            Fault::Credentials,
            "the shop is closed or frozen at Shopify; settle it there, then reconnect the store".to_owned(),
        ),
        Some("UNAUTHENTICATED" | "UNAUTHORIZED") => (
            Fault::Credentials,
            "Shopify no longer takes the access token; reconnect the store".to_owned(),
        ),
        Some("INTERNAL_SERVER_ERROR" | "TIMEOUT" | "SERVICE_UNAVAILABLE") => {
            return with_code(failed(operation, &text), code);
        }
        _ if run && operation.effect.writes() => return with_code(failed(operation, &text), code),
        _ => (
            Fault::Contract,
            format!("Shopify does not take the query: {text}"),
        ),
    };
    with_code(ChannelError::new(fault, operation.name, message), code)
}

fn with_code(error: ChannelError, code: Option<String>) -> ChannelError {
    match code {
        Some(code) => error.with_code(clean(&code)),
        None => error,
    }
}

/// A failure on Shopify's side: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> ChannelError {
    let (fault, message) = match operation.effect {
        Effect::Read => (
            Fault::Unavailable,
            format!("Shopify failed ({said}); it is tried again"),
        ),
        Effect::Idempotent | Effect::Unsafe => (
            Fault::Ambiguous,
            format!("Shopify failed ({said}), so the change may or may not have been made; it is looked up"),
        ),
    };
    ChannelError::new(fault, operation.name, message)
}

/// Pages for browsers, and answers that were cut off.
fn no_json(operation: &Operation) -> ChannelError {
    failed(operation, "its answer was cut off or is not JSON")
}

/// When the answer was given, by Shopify's clock.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = text_of(headers, "date")?;
    let at = jiff::fmt::rfc2822::parse(&text).ok()?;
    Some(Timestamp::from_secs(at.timestamp().as_second()))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

impl Document {
    /// An error of this operation that no answer stands behind.
    pub(super) fn error(&self, fault: Fault, message: impl Into<String>) -> ChannelError {
        ChannelError::new(fault, self.operation.name, message)
    }
}

/// A text of Shopify's, fit for messages: one line, bounded, without anything that looks like a token.
pub(super) fn clean(text: &str) -> String {
    plain::line_without(text, |word| {
        let token = ["shpat_", "shpss_", "shprt_", "shpca_", "shpua_"];
        plain::hexadecimal(word) || token.iter().any(|t| word.contains(t))
    })
}
