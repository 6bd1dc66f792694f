//! Allocation: how the available units of one product are shared out among its listings.
//!
//! [`share`] hands the units out, [`policy`] says what applies to whom, [`weights`] turns percentages that people set into
//! weights that add up, [`product`] puts them together for one product and its listings.

pub mod policy;
pub mod product;
pub mod share;
pub mod weights;

pub use policy::{Contradiction, Layers, Level, Terms, TermsPatch};
pub use product::{AccountShare, Listed, ListingShare, Outcome, Participant, Reason, Withheld, share_out};
pub use share::{Method, Part, Sharer, Stock, allocate};
pub use weights::{Claim, claimed, example, shares};

use serde::{Deserialize, Serialize};

/// Hundredths of a percent; 10,000 is all. Whole numbers, so that shares add up exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// The whole.
    pub const ALL: Self = Self(10_000);

    /// Reads a percentage as people write it: `35`, `7.5`, `7,5 %`; with two digits after the point at most.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || part.len() > 2 || !digits(whole) || !digits(part) {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let part: u32 = format!("{part:0<2}").parse().ok()?;
        whole.checked_mul(100)?.checked_add(part).map(Self)
    }

    /// The percentage, without a sign and with no more digits than it takes: `35`, `7.5`.
    pub fn percent(self) -> String {
        let text = format!("{}.{:02}", self.0 / 100, self.0 % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What is kept back from every channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffer {
    /// In units.
    pub units: i64,
    /// As a part of what is available, rounded up.
    pub part: BasisPoints,
}

impl Buffer {
    /// What remains for channels of `available` units; never negative.
    pub fn apply(self, available: i64) -> i64 {
        let available = available.max(0);
        let part = (available * i64::from(self.part.0)).div_euclid(10_000)
            + i64::from((available * i64::from(self.part.0)).rem_euclid(10_000) > 0);
        (available - self.units.max(0).max(part)).max(0)
    }
}

/// Shares `units` out by weight, by largest remainder; ties go to the larger weight, then to the earlier one.
///
/// The parts add up to exactly `units`, unless all weights are 0. Negative weights count as 0.
pub fn divide(units: i64, weights: &[i64]) -> Vec<i64> {
    let (units, whole) = (
        i128::from(units.max(0)),
        weights.iter().map(|w| i128::from((*w).max(0))).sum::<i128>(),
    );
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: i64| units * i128::from(weight.max(0));
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|w| i64::try_from(exact(*w) / whole).unwrap_or(i64::MAX))
        .collect();
    let mut left = units - parts.iter().map(|p| i128::from(*p)).sum::<i128>();
    if left > 0 {
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|i| std::cmp::Reverse((exact(weights[*i]) % whole, weights[*i])));
        for i in by_remainder {
            if left == 0 {
                break;
            }
            parts[i] += 1;
            left -= 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_rounded_to_the_largest_remainder() {
        assert_eq!(divide(10, &[3_000, 3_500, 3_500]), [3, 4, 3]);
        assert_eq!(divide(1, &[3, 4, 3]), [0, 1, 0]);
        assert_eq!(divide(5, &[0, 0]), [0, 0]);
        assert_eq!(divide(-5, &[1]), [0]);
    }

    #[test]
    fn percentages_are_read_as_people_write_them() {
        let points = |text| BasisPoints::parse_percent(text).map(|p| p.0);
        for (text, wanted) in [
            ("35", 3_500),
            ("7.5", 750),
            (" 7,25 % ", 725),
            ("100%", 10_000),
            ("0", 0),
            ("1.", 100),
        ] {
            assert_eq!(points(text), Some(wanted), "{text}");
        }
        for text in ["", "-1", "7.123", "seven", "1.2.3", ".5", "99999999999"] {
            assert_eq!(points(text), None, "{text}");
        }
        let percent = |points| BasisPoints(points).percent();
        assert_eq!(
            [
                percent(3_500),
                percent(750),
                percent(725),
                percent(0),
                percent(10_000)
            ],
            ["35", "7.5", "7.25", "0", "100"]
        );
    }

    #[test]
    fn buffers_keep_back_the_larger_of_units_and_part() {
        assert_eq!(
            Buffer {
                units: 2,
                part: BasisPoints(500)
            }
            .apply(100),
            95
        );
        assert_eq!(
            Buffer {
                units: 2,
                part: BasisPoints(500)
            }
            .apply(10),
            8
        );
        assert_eq!(
            Buffer {
                units: 0,
                part: BasisPoints(500)
            }
            .apply(1),
            0,
            "parts round up"
        );
        assert_eq!(
            Buffer {
                units: 9,
                part: BasisPoints(0)
            }
            .apply(4),
            0
        );
        assert_eq!(Buffer::default().apply(-3), 0);
    }

    proptest! {
        #[test]
        fn parts_are_exact_but_for_rounding(units in -5i64..1_000_000, weights in prop::collection::vec(0i64..20_000, 0..12)) {
            let parts = divide(units, &weights);
            let whole: i64 = weights.iter().sum();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().sum::<i64>(), if whole == 0 { 0 } else { units.max(0) });
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = if whole == 0 { 0 } else { units.max(0) * weight / whole };
                prop_assert!(*part == exact || *part == exact + 1);
            }
        }
    }
}
