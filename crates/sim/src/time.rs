//! The world's clock. The only place of this crate that reads the computer's own clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Where the world's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeMode {
    /// Real time; `advance` adds to it.
    #[default]
    Auto,
    /// A clock that stands still until it is advanced.
    Stepped {
        /// Its first instant.
        start: Timestamp,
    },
}

/// Answers "what time is it" in whole milliseconds, never going backwards.
#[derive(Debug)]
pub(crate) struct Clock {
    mode: TimeMode,
    ahead: SignedDuration,
    last: Timestamp,
}

impl Clock {
    pub(crate) fn new(mode: TimeMode) -> Self {
        let last = match mode {
            TimeMode::Auto => whole_ms(read_system_clock()),
            TimeMode::Stepped { start } => whole_ms(start),
        };
        Self {
            mode,
            ahead: SignedDuration::ZERO,
            last,
        }
    }

    /// The present instant.
    pub(crate) fn now(&mut self) -> Timestamp {
        let reading = match self.mode {
            TimeMode::Auto => whole_ms(read_system_clock()),
            TimeMode::Stepped { start } => whole_ms(start),
        };
        let now = reading.checked_add(self.ahead).unwrap_or(Timestamp::MAX);
        self.last = self.last.max(now);
        self.last
    }

    /// Moves the clock on; in [`TimeMode::Auto`] it runs that much ahead of real time from now on.
    pub(crate) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.ahead = self.ahead.saturating_add(by);
    }

    /// Whether the clock stands still between calls.
    pub(crate) fn is_stepped(&self) -> bool {
        matches!(self.mode, TimeMode::Stepped { .. })
    }
}

/// `at` plus `ms` milliseconds, held at the end of time.
pub(crate) fn after_ms(at: Timestamp, ms: u64) -> Timestamp {
    let span = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// `at` less `ms` milliseconds, held at the beginning of time.
pub(crate) fn before_ms(at: Timestamp, ms: u64) -> Timestamp {
    let span = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator's own clock, in real time"
)]
fn read_system_clock() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_moves_only_when_advanced() {
        let start = Timestamp::UNIX_EPOCH;
        let mut clock = Clock::new(TimeMode::Stepped { start });
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), after_ms(start, 5_000));
        assert_eq!(before_ms(clock.now(), 5_000), start);
    }

    #[test]
    fn real_time_never_runs_backwards_and_can_run_ahead() {
        let mut clock = Clock::new(TimeMode::Auto);
        let first = clock.now();
        clock.advance(Duration::from_secs(3_600));
        assert!(clock.now() >= after_ms(first, 3_600_000));
    }
}
