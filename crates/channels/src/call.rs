//! One call to a channel: pace, send, cap, learn, classify.
//!
//! An endpoint is a constant [`Operation`] and a pure function that builds its request; [`perform`] does the rest the
//! same way for every channel. What a status code means is the channel's business, with two exceptions everyone shares:
//! 429 empties the budget, and a failure on the way is judged by what the operation does.

mod nul;

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use stockbridge_domain::channel::{
    BucketSpec, ChannelError, Fault, Grant, HttpRequest, HttpResponse, Io, Learned, TransportError,
};
use stockbridge_domain::{AccountId, Timestamp};

use crate::http::MaxBody;

/// What sending an operation twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something; sending the same again changes nothing more.
    Idempotent,
    /// Every sending changes something.
    Unsafe,
}

impl Effect {
    /// Whether anything is changed.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

/// One endpoint of a channel.
#[derive(Debug)]
pub struct Operation {
    /// The channel's own name for it.
    pub name: &'static str,
    /// The budget it draws on; `None` where the channel publishes none.
    pub bucket: Option<&'static BucketSpec>,
    /// Tokens of the budget it takes.
    pub cost: i64,
    /// How long the whole exchange may take.
    pub timeout: Duration,
    /// What sending it twice would do.
    pub effect: Effect,
    /// Largest answer in bytes.
    pub max_body_bytes: usize,
}

/// How a channel talks about its limits and requests.
#[derive(Debug)]
pub struct Dialect {
    /// Header with the budget's present rate in calls per second, as a decimal.
    pub rate_header: Option<&'static str>,
    /// Header with the channel's id of the request.
    pub request_id_header: Option<&'static str>,
}

impl Dialect {
    /// The channel's id of the request that was answered with these headers.
    pub fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let value = headers.get(self.request_id_header?)?.to_str().ok()?;
        Some(value.chars().take(120).collect())
    }

    fn rate_micro(&self, headers: &HeaderMap) -> Option<i64> {
        per_second_to_micro(headers.get(self.rate_header?)?.to_str().ok()?)
    }
}

/// Performs one call; any status but 429 is an answer.
///
/// # Errors
/// [`Fault::Throttled`] when the budget is empty (nothing was sent) or the channel says so; [`Fault::Unavailable`] when
/// the request never left or a read got no answer; [`Fault::Ambiguous`] when a write got none; [`Fault::Contract`] for
/// a read whose answer is too large.
pub async fn perform(
    io: &Io,
    account: AccountId,
    dialect: &Dialect,
    operation: &'static Operation,
    mut request: HttpRequest,
) -> Result<HttpResponse, ChannelError> {
    if let Some(bucket) = operation.bucket
        && let Grant::Wait(at) = io.pacer.take(account, bucket, operation.cost).await
    {
        let message = "the call budget is used up for now; it goes on by itself";
        return Err(ChannelError::new(Fault::Throttled, operation.name, message).until(at));
    }
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(MaxBody(operation.max_body_bytes));
    let started = io.env.now();
    let sent = io.transport.send(request, operation.timeout).await;
    let duration_ms = io.env.now().since(started).as_millis();
    let response = sent.and_then(|r| capped(r, operation.max_body_bytes)).map_err(|e| {
        let error = lost(operation, &e);
        tracing::debug!(account.id = %account, operation = operation.name, path, duration_ms, fault = error.fault.name(), "`{}` got no answer", operation.name);
        error
    })?;
    let (status, headers) = (response.status(), response.headers());
    let request_id = dialect.request_id(headers);
    tracing::debug!(account.id = %account, operation = operation.name, path, duration_ms, status = status.as_u16(), request_id, "`{}` answered {status}", operation.name);
    let rate = dialect.rate_micro(headers);
    if let (Some(bucket), Some(rate)) = (operation.bucket, rate) {
        let learned = Learned {
            rate_micro: Some(rate),
            left: None,
        };
        io.pacer.learn(account, bucket, learned).await;
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let asked = asked_pause(headers);
        let until = match operation.bucket {
            Some(bucket) => io.pacer.exhausted(account, bucket, asked).await,
            None => io.env.now().plus(asked.max(UNPLANNED_PAUSE)),
        };
        let message = "the channel asks to call less often; it goes on by itself";
        return Err(ChannelError::new(Fault::Throttled, operation.name, message)
            .until(until)
            .with_request_id(request_id));
    }
    Ok(response.map(nul::replaced))
}

/// How long to wait after a refusal of an operation without a usage plan.
const UNPLANNED_PAUSE: Duration = Duration::from_secs(30);

/// How long the channel itself asks to wait, within reason; zero if it does not say.
fn asked_pause(headers: &HeaderMap) -> Duration {
    const LONGEST: Duration = Duration::from_secs(3600);
    let asked = headers
        .get(http::header::RETRY_AFTER)
        .and_then(|v| v.to_str().ok()?.trim().parse().ok());
    asked.map_or(Duration::ZERO, Duration::from_secs).min(LONGEST)
}

fn capped(response: HttpResponse, limit_bytes: usize) -> Result<HttpResponse, TransportError> {
    if response.body().len() > limit_bytes {
        return Err(TransportError::TooLarge { limit_bytes });
    }
    Ok(response)
}

fn lost(operation: &Operation, error: &TransportError) -> ChannelError {
    let (fault, message) = match error {
        TransportError::NotSent(why) => (
            Fault::Unavailable,
            format!("the channel could not be reached ({why}); it is tried again"),
        ),
        TransportError::NoAnswer(why) if operation.effect.writes() => (
            Fault::Ambiguous,
            format!("no answer came ({why}), so the change may or may not have been made; it is looked up"),
        ),
        TransportError::NoAnswer(why) => (
            Fault::Unavailable,
            format!("no answer came ({why}); it is tried again"),
        ),
        TransportError::TooLarge { limit_bytes } if operation.effect.writes() => (
            Fault::Ambiguous,
            format!(
                "the answer is larger than {limit_bytes} bytes, so its outcome is unknown; it is looked up"
            ),
        ),
        TransportError::TooLarge { limit_bytes } => (
            Fault::Contract,
            format!("the answer is larger than {limit_bytes} bytes and was not read"),
        ),
    };
    ChannelError::new(fault, operation.name, message)
}

/// Reads calls per second such as `0.0056` as calls per million seconds, without a float; more than six digits after
/// the point are cut off. `None` for anything but a positive decimal.
pub fn per_second_to_micro(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    format!("{whole}{fraction}")
        .parse()
        .ok()
        .filter(|micro| *micro > 0)
}

/// An instant as most channels write it: RFC 3339 in UTC with whole seconds.
pub fn instant(at: Timestamp) -> String {
    Timestamp::from_secs(at.micros().div_euclid(1_000_000)).to_string()
}

/// [`instant`] with milliseconds, where a second more or less may matter.
pub fn instant_millis(at: Timestamp) -> String {
    let (seconds, millis) = (instant(at), at.micros().div_euclid(1_000).rem_euclid(1_000));
    format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests;
