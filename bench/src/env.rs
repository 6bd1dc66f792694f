//! The system's clock and randomness for the code under measurement, and the stopwatch that measures it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use stockbridge_domain::clock::{Clock, Entropy};
use stockbridge_domain::{Env, Timestamp};

/// How much randomness is fetched at once, as the product does.
const BLOCK_BYTES: usize = 4_096;

/// The system's clock and randomness.
pub fn system() -> Env {
    Env::new(Arc::new(SystemClock), Arc::new(SystemEntropy::default()))
}

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else is handed"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::EPOCH.plus(since.unwrap_or_default())
    }
}

#[derive(Debug, Default)]
struct SystemEntropy {
    block: Mutex<Vec<u8>>,
}

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the entropy everyone else is handed"
    )]
    #[expect(
        clippy::expect_used,
        reason = "without randomness there is nothing to measure"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if block.is_empty() {
                block.resize(BLOCK_BYTES, 0);
                getrandom::fill(&mut block).expect("the system gives random bytes");
            }
            *byte = block.pop().unwrap_or_default();
        }
    }
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// How many of `count` things a second of the time since the start had room for.
    pub fn rate(&self, count: usize) -> f64 {
        per_second(count, self.elapsed())
    }
}

/// Things per second.
pub fn per_second(count: usize, took: Duration) -> f64 {
    number(count) / took.as_secs_f64()
}

/// A count as a number to calculate with.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The value below which `percent` of the durations lie, in milliseconds.
pub fn percentile_ms(durations: &mut [Duration], percent: usize) -> f64 {
    durations.sort_unstable();
    let index = (durations.len() * percent / 100).min(durations.len().saturating_sub(1));
    durations.get(index).map_or(0.0, |d| d.as_secs_f64() * 1_000.0)
}
