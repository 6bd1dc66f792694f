//! What an adapter is given to reach the world: a transport, a pacer, clock and entropy.
//!
//! An adapter builds requests and reads answers; it never opens a socket, sleeps or looks at a clock by itself. So one
//! adapter runs against the real channel, the simulator over loopback, and the simulator in process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use zeroize::Zeroize;

use crate::{AccountId, BoxFut, Env, Timestamp};

/// A request, complete with absolute URI.
pub type HttpRequest = http::Request<Bytes>;
/// An answer with its whole body.
pub type HttpResponse = http::Response<Bytes>;

/// Why no usable answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request never left: it was surely not applied.
    #[error("could not connect: {0}")]
    NotSent(String),
    /// It left, and then nothing usable came back: it may have been applied.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer is larger than the bound for this operation.
    #[error("the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
}

/// Sends one request and brings the answer, bounded in time and size.
pub trait Transport: Send + Sync {
    /// Sends `request`; gives up after `timeout`.
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>>;
}

/// A token bucket of a channel's usage plan, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpec {
    /// Name, unique within the channel: the operation's own name.
    pub name: &'static str,
    /// Tokens added per million seconds (5600 is 0.0056/s), so that no float decides about quotas.
    pub rate_micro: i64,
    /// How many tokens it holds.
    pub burst: i64,
}

/// The pacer's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A token was taken.
    Go,
    /// No token before this instant.
    Wait(Timestamp),
}

/// Gives out the tokens of the budgets all processes share.
pub trait Pacer: Send + Sync {
    /// Takes one token of the account's bucket.
    fn take<'a>(&'a self, account: AccountId, bucket: &'a BucketSpec) -> BoxFut<'a, Grant>;
    /// The channel said what the rate really is (tokens per million seconds).
    fn learn_rate<'a>(
        &'a self,
        account: AccountId,
        bucket: &'a BucketSpec,
        rate_micro: i64,
    ) -> BoxFut<'a, ()>;
    /// The channel refused a call: the bucket is empty whatever we believed. Answers when there will be a token again, by
    /// the rate as learned, and not before `least` has passed (what the channel asked for; zero if it did not).
    fn exhausted<'a>(
        &'a self,
        account: AccountId,
        bucket: &'a BucketSpec,
        least: Duration,
    ) -> BoxFut<'a, Timestamp>;
}

/// Everything an adapter is given.
#[derive(Clone)]
pub struct Io {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// The shared budgets.
    pub pacer: Arc<dyn Pacer>,
    /// Clock and entropy.
    pub env: Env,
}

/// A text that must not be seen: no `Display`, `Debug` hides it, memory is wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; every use is easy to find by this name.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
