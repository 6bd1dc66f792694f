//! Arithmetic of durable work: priorities, pauses between attempts, token buckets.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::channel::Grant;

/// What goes first within a lane, by what starving it costs. Lower numbers go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(pub i64);

impl Priority {
    /// Less stock is offered: waiting oversells.
    pub const STOCK_DECREASE: Self = Self(10);
    /// An order was announced, or a person waits.
    pub const ORDER_NUDGE: Self = Self(20);
    /// A shipment has a deadline.
    pub const SHIPMENT: Self = Self(30);
    /// More stock is offered: waiting loses sales.
    pub const STOCK_INCREASE: Self = Self(40);
    /// Prices.
    pub const PRICE: Self = Self(50);
    /// Scheduled pulls and read-backs.
    pub const PULL: Self = Self(60);
    /// Catalogue, history, upkeep.
    pub const BACKGROUND: Self = Self(80);
}

/// Attempts after which a job is dead and waits for a person.
pub const MAX_ATTEMPTS: i64 = 10;

/// How long to wait after failed attempt number `attempt` (from 1): 2 s doubling up to 15 min, of which the last quarter is
/// chance so that failed work does not come back all at once. `chance` is any number.
pub fn backoff(attempt: i64, chance: u64) -> Duration {
    let doublings = u32::try_from((attempt - 1).clamp(0, 20)).unwrap_or(0);
    let full = (2_000u64 << doublings).min(900_000);
    Duration::from_millis(full - full / 4 + chance % (full / 4 + 1))
}

/// A token bucket, in millionths of a token so that slow plans (0.0056/s) need no float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Millionths of a token in it at `at`.
    pub level_micro: i64,
    /// When that was so.
    pub at: Timestamp,
    /// Tokens per million seconds.
    pub rate_micro: i64,
    /// Most tokens it holds.
    pub burst: i64,
}

impl Bucket {
    /// A full bucket.
    pub const fn full(rate_micro: i64, burst: i64, at: Timestamp) -> Self {
        Self {
            level_micro: burst * 1_000_000,
            at,
            rate_micro,
            burst,
        }
    }

    /// The bucket as it is at `now`; time that runs backwards adds nothing.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        let micros = i64::try_from(now.since(self.at).as_micros()).unwrap_or(i64::MAX);
        let gained = i128::from(micros) * i128::from(self.rate_micro) / 1_000_000;
        let level = i128::from(self.level_micro) + gained;
        let full = i128::from(self.burst) * 1_000_000;
        Self {
            level_micro: i64::try_from(level.min(full)).unwrap_or(i64::MAX),
            at: self.at.max(now),
            ..self
        }
    }

    /// Takes so many tokens, or says when there will be as many. A call that costs more than the bucket ever holds goes out
    /// when it is full.
    pub fn take(&mut self, now: Timestamp, tokens: i64) -> Grant {
        *self = self.at(now);
        let wanted = tokens.clamp(0, self.burst).saturating_mul(1_000_000);
        if self.level_micro >= wanted {
            self.level_micro -= wanted;
            return Grant::Go;
        }
        let missing = i128::from(wanted - self.level_micro);
        let micros = missing * 1_000_000 / i128::from(self.rate_micro.max(1)) + 1;
        Grant::Wait(now.plus(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert_eq!(backoff(1, 0), Duration::from_millis(1_500));
        assert_eq!(backoff(99, 0), Duration::from_secs(675));
        assert!(backoff(99, u64::MAX) <= Duration::from_secs(900));
    }

    #[test]
    fn a_slow_plan_fills_exactly() {
        let start = Timestamp::from_secs(1_000);
        let mut bucket = Bucket::full(5_600, 20, start);
        for _ in 0..20 {
            assert_eq!(bucket.take(start, 1), Grant::Go);
        }
        let Grant::Wait(at) = bucket.take(start, 1) else {
            panic!("twenty is all")
        };
        assert_eq!(at.since(start).as_secs(), 178);
        assert_eq!(bucket.take(at, 1), Grant::Go);
    }

    proptest! {
        /// However calls are spread, no more than burst + rate x time go through.
        #[test]
        fn the_plan_is_never_exceeded(rate in 1i64..5_000_000, burst in 1i64..30, waits in prop::collection::vec(0u64..2_000_000, 1..200)) {
            let start = Timestamp::from_secs(1_000);
            let (mut bucket, mut now, mut granted) = (Bucket::full(rate, burst, start), start, 0i128);
            for wait in waits {
                now = now.plus(Duration::from_micros(wait));
                if bucket.take(now, 1) == Grant::Go { granted += 1; }
            }
            let elapsed = i128::try_from(now.since(start).as_micros()).unwrap();
            prop_assert!(granted * 1_000_000 <= i128::from(burst) * 1_000_000 + elapsed * i128::from(rate) / 1_000_000 + 1);
        }
    }
}
