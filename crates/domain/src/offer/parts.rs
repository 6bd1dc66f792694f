//! What an offer is made of: a write that is under way, and readings of what the channel shows.

use serde::{Deserialize, Serialize};

use crate::channel::WriteMode;
use crate::listing::named;
use crate::{PushId, Timestamp};

named! {
    /// How far a write has come.
    WriteState {
        /// Recorded; the answer is not in. After a crash or time-out it may have been applied or not.
        Sent = "sent",
        /// The channel took it in for processing.
        Accepted = "accepted",
        /// The channel says it is in force.
        Applied = "applied",
        /// No usable answer came.
        Unknown = "unknown",
    }
}

/// A write that is not known to have landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The attempt.
    pub push: PushId,
    /// How it was put.
    pub mode: WriteMode,
    /// The quantity written; of a relative write what it comes to from [`Self::from`].
    pub quantity: i64,
    /// What the channel was believed to show: what it compares with, or what it changes.
    pub from: i64,
    /// When it left at the latest, as far as is known: recorded before the first byte leaves, moved on to the answer, as
    /// the items of a batch leave one after the other.
    pub sent_at: Timestamp,
    /// How far it has come.
    pub state: WriteState,
    /// Imported sales placed since it left.
    pub sold_since: i64,
    /// What the channel would show had it never landed; unknown if that was not known when it left.
    pub prior: Option<i64>,
    /// The bound had it never left.
    pub prior_exposure: i64,
    /// Units that may come on top of it once it has landed.
    pub margin: i64,
}

/// A reading of what the channel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The quantity.
    pub quantity: i64,
    /// When the answer was in, by our clock.
    pub at: Timestamp,
}

/// When a channel was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTime {
    /// When the question left, by our clock.
    pub asked_at: Timestamp,
    /// When the answer was in, by our clock.
    pub at: Timestamp,
}

/// A reading that took no time.
impl From<Timestamp> for ReadTime {
    fn from(at: Timestamp) -> Self {
        Self { asked_at: at, at }
    }
}

/// The reading the bound will be settled on once every order placed before it is in. Later readings do not replace it
/// (the bound would never settle if they did), unless they prove more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The quantity.
    pub quantity: i64,
    /// When the question left, by our clock.
    pub asked_at: Timestamp,
    /// When the answer was in, by our clock.
    pub at: Timestamp,
    /// Imported sales placed since.
    pub sold_since: i64,
}

impl Anchor {
    /// What is left of it by now.
    pub(super) fn rest(&self) -> i64 {
        (self.quantity - self.sold_since).max(0)
    }
}
