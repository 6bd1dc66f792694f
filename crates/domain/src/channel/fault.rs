//! Faults: a small set of things that can go wrong on the way to a channel, each with one answer to "what now?".
//!
//! Channels classify, the engine obeys [`Fault::disposition`]; no call site chooses to retry or to fail by hand.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Too many calls; the channel, or our own budget, asks to wait.
    Throttled,
    /// The channel is down or answered that it is.
    Unavailable,
    /// Sent, but no answer came: the request may have been applied.
    Ambiguous,
    /// The seller's authorisation is gone.
    Credentials,
    /// The hub's own application is refused (its secret expired): no seller did anything wrong.
    Application,
    /// The account lacks a role or permission for this operation only.
    Forbidden,
    /// The channel refused this item or request for good.
    Rejected,
    /// The channel does not know the thing.
    NotFound,
    /// The thing is not in the state we believed.
    Conflict,
    /// We could not read the answer, or it contradicts the channel's published contract.
    Contract,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Wait for the budget; not an attempt.
    Snooze,
    /// Try again later, with growing pauses.
    Backoff,
    /// Look at the channel's state before anything is sent again.
    ReadBack,
    /// Pause the account's work and ask the seller to reconnect.
    ParkAccount,
    /// Tell the operator; try again later; touch no seller's state.
    AlarmOperator,
    /// Done: refused, recorded on the item and shown; not tried again by itself.
    FinishRejected,
    /// Read the thing again, then decide anew.
    Refresh,
    /// Keep what came, tell a person, go on with the rest.
    Quarantine,
}

impl Fault {
    /// What happens next after this fault.
    pub const fn disposition(self) -> Disposition {
        match self {
            Self::Throttled => Disposition::Snooze,
            Self::Unavailable => Disposition::Backoff,
            Self::Ambiguous => Disposition::ReadBack,
            Self::Credentials => Disposition::ParkAccount,
            Self::Application => Disposition::AlarmOperator,
            Self::Forbidden | Self::Rejected => Disposition::FinishRejected,
            Self::NotFound | Self::Conflict => Disposition::Refresh,
            Self::Contract => Disposition::Quarantine,
        }
    }

    /// The name in SQL, metrics and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Ambiguous => "ambiguous",
            Self::Credentials => "credentials",
            Self::Application => "application",
            Self::Forbidden => "forbidden",
            Self::Rejected => "rejected",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Contract => "contract",
        }
    }
}

/// An error from a channel, already classified.
#[derive(Debug, Clone, thiserror::Error)]
pub struct ChannelError {
    /// What kind.
    pub fault: Fault,
    /// Which operation, by the channel's own name for it.
    pub operation: &'static str,
    /// The channel's error code, if it gave one.
    pub code: Option<String>,
    /// A sentence a seller can act on; never holds secrets or personal data.
    pub message: String,
    /// For [`Fault::Throttled`]: not before this instant.
    pub retry_at: Option<Timestamp>,
    /// The channel's own id of the request, for its support desk.
    pub request_id: Option<String>,
}

impl ChannelError {
    /// A fault of an operation with a sentence about it.
    pub fn new(fault: Fault, operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            fault,
            operation,
            code: None,
            message: message.into(),
            retry_at: None,
            request_id: None,
        }
    }

    /// Adds the channel's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds the instant before which there is no point in trying.
    #[must_use]
    pub fn until(mut self, at: Timestamp) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// Adds the channel's request id.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.message)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}
