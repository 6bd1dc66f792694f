//! How fast a listing sells, as one decaying number: units sold, halved every day.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

/// The pace of one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Thousandths of a unit, decayed to `at`.
    pub sold_milli: i64,
    /// When that was so.
    pub at: Timestamp,
}

impl Pace {
    /// The pace as it has decayed at `now`; time that runs backwards changes nothing.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        let days = now.since(self.at).as_secs_f64() / DAY.as_secs_f64();
        Self {
            sold_milli: (self.sold_milli as f64 * (-days).exp2()).round() as i64,
            at: self.at.max(now),
        }
    }

    /// The pace after a sale of `units` (negative for a cancellation).
    #[must_use]
    pub fn sold(self, units: i64, now: Timestamp) -> Self {
        let decayed = self.at(now);
        Self {
            sold_milli: (decayed.sold_milli + units * 1_000).max(0),
            ..decayed
        }
    }

    /// Units a day, rounded up. (A constant pace of `p` a day holds the number at `p / ln 2`.)
    pub fn units_per_day(self, now: Timestamp) -> i64 {
        (self.at(now).sold_milli * 693).div_euclid(1_000_000) + i64::from(self.sold_milli > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_seller_shows_its_pace_and_forgets_it() {
        let mut pace = Pace::default();
        let start = Timestamp::from_secs(1_000_000);
        for hour in 0..24 * 14 {
            pace = pace.sold(1, start.plus(Duration::from_secs(hour * 3_600)));
        }
        let end = start.plus(Duration::from_secs(24 * 14 * 3_600));
        assert!(
            (23..=27).contains(&pace.units_per_day(end)),
            "{}",
            pace.units_per_day(end)
        );
        assert_eq!(pace.units_per_day(end.plus(40 * DAY)), 1);
        assert_eq!(Pace::default().units_per_day(end), 0);
    }
}
