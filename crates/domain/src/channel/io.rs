//! What an adapter is given to reach the world: a transport, a pacer, clock and entropy.
//!
//! An adapter builds requests and reads answers; it never opens a socket, sleeps or looks at a clock by itself. So one
//! adapter runs against the real channel, the simulator over loopback, and the simulator in process.

use std::collections::BTreeMap;
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
    /// Takes tokens of the account's bucket, all of them or none.
    fn take<'a>(&'a self, account: AccountId, bucket: &'a BucketSpec, tokens: i64) -> BoxFut<'a, Grant>;
    /// The channel said how its bucket really is.
    fn learn<'a>(&'a self, account: AccountId, bucket: &'a BucketSpec, learned: Learned) -> BoxFut<'a, ()>;
    /// The channel refused a call: the bucket is empty whatever we believed. Answers when there will be a token again, by
    /// the rate as learned, and not before `least` has passed (what the channel asked for; zero if it did not).
    fn exhausted<'a>(
        &'a self,
        account: AccountId,
        bucket: &'a BucketSpec,
        least: Duration,
    ) -> BoxFut<'a, Timestamp>;
}

/// What a channel said of a bucket; `None` for what it did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learned {
    /// Tokens per million seconds.
    pub rate_micro: Option<i64>,
    /// Tokens in it now.
    pub left: Option<i64>,
}

/// Whose turn it is to exchange an account's tokens.
#[derive(Debug, Clone)]
pub enum Turn {
    /// The caller's, for half a minute; these are the secrets as they are kept now. Ends with [`Keeper::keep`].
    Yours(BTreeMap<String, SecretText>),
    /// Somebody has exchanged them already; these are the new ones.
    Done(BTreeMap<String, SecretText>),
    /// Somebody is at it; look again at this instant.
    Busy(Timestamp),
}

/// Why secrets could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the account's secrets cannot be reached: {0}")]
pub struct KeepError(pub String);

/// Keeps the secrets a channel replaces while they are used: refresh tokens that may be used once, access tokens that all
/// processes share.
pub trait Keeper: Send + Sync {
    /// Asks for the turn to replace secret `name`, which is `seen` as far as the caller knows (`None` if it knows none).
    fn turn<'a>(
        &'a self,
        account: AccountId,
        name: &'a str,
        seen: Option<&'a SecretText>,
    ) -> BoxFut<'a, Result<Turn, KeepError>>;
    /// Keeps new secrets beside those that stay, and ends the turn. Empty when the exchange failed.
    fn keep<'a>(
        &'a self,
        account: AccountId,
        fresh: BTreeMap<String, SecretText>,
    ) -> BoxFut<'a, Result<(), KeepError>>;
}

/// Keeps nothing, for channels whose secrets stay as they are.
#[derive(Debug, Clone, Copy)]
pub struct Unkept;

impl Keeper for Unkept {
    fn turn<'a>(
        &'a self,
        _: AccountId,
        _: &'a str,
        _: Option<&'a SecretText>,
    ) -> BoxFut<'a, Result<Turn, KeepError>> {
        Box::pin(async { Ok(Turn::Yours(BTreeMap::new())) })
    }

    fn keep<'a>(
        &'a self,
        _: AccountId,
        _: BTreeMap<String, SecretText>,
    ) -> BoxFut<'a, Result<(), KeepError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Everything an adapter is given.
#[derive(Clone)]
pub struct Io {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// The shared budgets.
    pub pacer: Arc<dyn Pacer>,
    /// Where replaced secrets are kept.
    pub keeper: Arc<dyn Keeper>,
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
