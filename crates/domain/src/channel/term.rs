//! What ends by itself: an authorisation that has to be given anew each year, a secret that has to be replaced.

use std::time::Duration;

use crate::Timestamp;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Something of an account that the channel lets end after a while, whatever the hub does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Its name in the API and in SQL.
    pub name: &'static str,
    /// What people call it, as it stands in a sentence.
    pub label: &'static str,
    /// It begins anew when one of these credentials is replaced.
    pub credentials: &'static [&'static str],
    /// How long it lasts, unless the channel says when it ends.
    pub lasts: Duration,
    /// So many days before its end people are told, from the most to the fewest.
    pub warn_days: &'static [u64],
    /// What to do about it, as an imperative.
    pub remedy: &'static str,
    /// Signing in at the channel begins it anew.
    pub takes_consent: bool,
}

impl Term {
    /// The name of the seller's authorisation, for channels where it ends.
    pub const AUTHORISATION: &'static str = "authorisation";

    /// When it ends, by what the channel said or else by how long it lasts.
    pub fn ends(&self, began: Timestamp, told: Option<Timestamp>) -> Timestamp {
        told.unwrap_or_else(|| began.plus(self.lasts))
    }

    /// The warning that is due at this instant, as its days before the end: the last whose day has come.
    pub fn due(&self, ends: Timestamp, now: Timestamp) -> Option<u64> {
        let due = |days: &&u64| ends.minus(Duration::from_secs(**days * DAY)) <= now;
        self.warn_days.iter().filter(due).min().copied()
    }

    /// Whole days until the end; none when it is over.
    pub fn days_left(ends: Timestamp, now: Timestamp) -> Option<u64> {
        (ends > now).then(|| ends.since(now).as_secs() / DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_warning_whose_day_has_come_is_due() {
        let term = Term {
            name: Term::AUTHORISATION,
            label: "the authorisation",
            credentials: &[],
            lasts: Duration::from_secs(365 * DAY),
            warn_days: &[60, 30, 7],
            remedy: "sign in again",
            takes_consent: true,
        };
        let began = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let after = |days: u64| began.plus(Duration::from_secs(days * DAY));
        let ends = term.ends(began, None);
        assert_eq!(ends, after(365));
        for (day, due, left) in [
            (0, None, Some(365)),
            (304, None, Some(61)),
            (305, Some(60), Some(60)),
            (334, Some(60), Some(31)),
            (335, Some(30), Some(30)),
            (358, Some(7), Some(7)),
            (365, Some(7), None),
            (400, Some(7), None),
        ] {
            assert_eq!(term.due(ends, after(day)), due, "day {day}");
            assert_eq!(Term::days_left(ends, after(day)), left, "day {day}");
        }
        assert_eq!(
            term.ends(began, Some(after(9))),
            after(9),
            "the channel knows better"
        );
    }
}
