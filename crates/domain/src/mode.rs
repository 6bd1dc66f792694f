//! Modes: how much of the stock every channel may be told of, and what a mode comes to for one product right now.
//!
//! *Strict* promises each unit to one channel at a time. *Shared* shows everybody the whole pool less a buffer and
//! accepts that the same unit may be bought twice in the moments between. *Hybrid* is shared while there is plenty and
//! strict when units are scarce.

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// What a policy asks for.
    Mode {
        /// Channels together can never sell more than there is.
        Strict = "strict",
        /// Everybody is shown the whole pool less the buffer.
        Shared = "shared",
        /// Shared while stock covers enough days, strict below.
        Hybrid = "hybrid",
    }
}

/// Strict, unless somebody says otherwise.
impl Default for Mode {
    fn default() -> Self {
        Self::Strict
    }
}

named! {
    /// What a mode comes to for one listing right now.
    Regime {
        /// Its exposure counts against what is available, unit by unit.
        Strict = "strict",
        /// It is shown the whole pool.
        Shared = "shared",
    }
}

/// Days of stock below which hybrid mode is strict, unless a policy says otherwise.
pub const COVER_DAYS: i64 = 14;

/// How long stock lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// Units available.
    pub available: i64,
    /// Units of the product sold a day, on all channels.
    pub units_per_day: i64,
}

impl Cover {
    /// The cover of a product with so many listings. Each is taken to sell one unit a day at least: what has not sold
    /// yet may begin to, and a handful of units is scarce whatever the past says.
    pub fn new(available: i64, units_per_day: i64, listings: usize) -> Self {
        let least = i64::try_from(listings).unwrap_or(i64::MAX).max(1);
        Self {
            available: available.max(0),
            units_per_day: units_per_day.max(least),
        }
    }

    /// Whole days until nothing is left.
    pub fn days(self) -> i64 {
        self.available / self.units_per_day.max(1)
    }
}

/// What `mode` comes to with this cover. `now` is what it came to last.
///
/// Hybrid becomes strict as soon as stock covers fewer than `threshold_days`, and shared again only from a quarter more
/// on, so that a product near the threshold does not swing to and fro with every sale. Going strict is safe by the plan:
/// [`crate::exposure::plan`] finds that channels could sell more than there is and takes the difference back.
pub fn effective_mode(mode: Mode, cover: Cover, threshold_days: i64, now: Regime) -> Regime {
    let threshold = threshold_days.max(0);
    let enough = match now {
        Regime::Shared => threshold,
        Regime::Strict => threshold.saturating_add(threshold.saturating_add(3) / 4),
    };
    match mode {
        Mode::Strict => Regime::Strict,
        Mode::Shared => Regime::Shared,
        Mode::Hybrid if cover.days() >= enough => Regime::Shared,
        Mode::Hybrid => Regime::Strict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(available: i64) -> Cover {
        Cover::new(available, 10, 2)
    }

    #[test]
    fn strict_and_shared_do_not_look_at_cover() {
        assert_eq!(
            effective_mode(Mode::Strict, cover(1_000_000), 1, Regime::Shared),
            Regime::Strict
        );
        assert_eq!(
            effective_mode(Mode::Shared, cover(0), 100, Regime::Strict),
            Regime::Shared
        );
    }

    #[test]
    fn hybrid_is_strict_when_units_are_scarce_and_swings_back_late() {
        let hybrid = |available, now| effective_mode(Mode::Hybrid, cover(available), 14, now);
        assert_eq!(hybrid(140, Regime::Shared), Regime::Shared);
        assert_eq!(hybrid(139, Regime::Shared), Regime::Strict);
        assert_eq!(hybrid(140, Regime::Strict), Regime::Strict, "not back at once");
        assert_eq!(hybrid(179, Regime::Strict), Regime::Strict);
        assert_eq!(hybrid(180, Regime::Strict), Regime::Shared);
    }

    #[test]
    fn what_never_sold_is_not_covered_for_ever() {
        assert_eq!(Cover::new(5, 0, 4).days(), 1);
        assert_eq!(Cover::new(-3, 0, 0).days(), 0);
        assert_eq!(
            effective_mode(Mode::Hybrid, Cover::new(5, 0, 4), COVER_DAYS, Regime::Shared),
            Regime::Strict
        );
    }
}
