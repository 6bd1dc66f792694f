//! Time and randomness as things that are handed in.
//!
//! The same code runs under the system clock in production and under a stepped clock with seeded entropy in the
//! deterministic simulation, so nothing in the product may read either directly.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::BoxFut;
use crate::guards::Guards;
use crate::ids::Id;

/// An instant in UTC with microsecond precision, as stored: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The epoch; sorts before every real instant.
    pub const EPOCH: Self = Self(0);
    /// Later than every real instant.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This instant moved later, saturating.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(by)))
    }

    /// This instant moved earlier, saturating.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(by)))
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads an RFC 3339 instant such as `2026-11-21T03:25:00Z`; any offset is accepted.
    ///
    /// # Errors
    /// A sentence naming the text when it is not such an instant.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>()
            .map(|t| Self(t.as_microsecond()))
            .map_err(|e| format!("`{text}` is not an instant like 2026-11-21T03:25:00Z ({e})"))
    }
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Gives unpredictable bytes (predictable ones under a seed).
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `bytes` wholly.
    fn fill(&self, bytes: &mut [u8]);
}

/// Clock and entropy, cheap to clone and passed to whoever needs them.
#[derive(Clone, Debug)]
pub struct Env {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    guards: Guards,
}

impl Env {
    /// Joins a clock and a source of entropy.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            guards: Guards::default(),
        }
    }

    /// The same with other guards. For the simulation alone.
    #[must_use]
    pub fn guarded_by(self, guards: Guards) -> Self {
        Self { guards, ..self }
    }

    /// The guards against overselling: all of them, outside the simulation.
    pub fn guards(&self) -> Guards {
        self.guards
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id: UUID version 7, so that ids of one kind sort by the time they were made (to the millisecond).
    pub fn id<I: Id>(&self) -> I {
        let mut random = [0u8; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.now().millis()).unwrap_or(0);
        I::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// `N` bytes of entropy.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A number in `0..bound` (0 for a bound of 0), for jitter.
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.bytes()).checked_rem(bound).unwrap_or(0)
    }
}

/// Where a transaction of the simulation lets others go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is about to begin.
    Begin,
    /// It has been committed; its caller does not know yet.
    Committed,
}

/// Decides who goes next where several tasks share one thread: the deterministic simulation gives one to the store, so
/// that a crash or another task can come between any two transactions.
pub trait Turns: Send + Sync + fmt::Debug {
    /// Returns when the calling task may go on.
    fn take(&self, turn: Turn) -> BoxFut<'_, ()>;

    /// A row of this table is being written: whoever compares tables with something else has to look again.
    fn wrote(&self, table: &str);
}

/// Clock and entropy for tests: time stands still until it is moved, bytes follow from a seed.
#[derive(Debug)]
pub struct Stepped {
    now: std::sync::atomic::AtomicI64,
    state: std::sync::atomic::AtomicU64,
}

impl Stepped {
    /// Starts at `now` with entropy that follows from `seed` alone.
    pub fn new(now: Timestamp, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            now: now.0.into(),
            state: seed.into(),
        })
    }

    /// Moves time forward.
    pub fn advance(&self, by: Duration) {
        self.now
            .fetch_add(micros_of(by), std::sync::atomic::Ordering::SeqCst);
    }

    /// This clock and entropy as an [`Env`].
    pub fn env(self: &Arc<Self>) -> Env {
        Env::new(self.clone(), self.clone())
    }
}

impl Clock for Stepped {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(std::sync::atomic::Ordering::SeqCst))
    }
}

impl Entropy for Stepped {
    /// SplitMix64: statistically even and reproducible, not secret. Never use it outside tests and simulation.
    fn fill(&self, bytes: &mut [u8]) {
        const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        for chunk in bytes.chunks_mut(8) {
            let mut z = self
                .state
                .fetch_add(GAMMA, std::sync::atomic::Ordering::SeqCst)
                .wrapping_add(GAMMA);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;

    #[test]
    fn instants_read_and_print_alike() {
        let t = Timestamp::parse("2026-11-21T03:25:00.123456Z").unwrap();
        assert_eq!(t.to_string(), "2026-11-21T03:25:00.123456Z");
        assert_eq!(Timestamp::parse("2026-11-21T08:55:00.123456+05:30").unwrap(), t);
        assert!(Timestamp::parse("yesterday").unwrap_err().contains("yesterday"));
    }

    #[test]
    fn ids_of_one_seed_repeat_and_sort_by_time() {
        let make = || {
            let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 7);
            let env = clock.env();
            let first = env.id::<OrderId>();
            clock.advance(Duration::from_millis(1));
            (first, env.id::<OrderId>())
        };
        assert_eq!(make(), make());
        let (a, b) = make();
        assert!(a.to_string() < b.to_string());
    }
}
