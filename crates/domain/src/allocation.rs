//! Allocation: how the available units of one product are shared out among its listings.

use serde::{Deserialize, Serialize};

/// Hundredths of a percent; 10,000 is all. Whole numbers, so that shares add up exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// The whole.
    pub const ALL: Self = Self(10_000);
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

/// Shares `units` out by weight, by largest remainder; ties go to the earlier one.
///
/// The parts never add up to more than `units`; they add up to exactly `units * sum(weights) / whole`, rounded down,
/// where `whole` is the larger of the sum of weights and 10,000: weights that leave something over leave it in the pool.
pub fn split(units: i64, weights: &[BasisPoints]) -> Vec<i64> {
    let units = units.max(0);
    let sum: i64 = weights.iter().map(|w| i64::from(w.0)).sum();
    let whole = sum.max(i64::from(BasisPoints::ALL.0));
    let mut parts: Vec<i64> = weights.iter().map(|w| units * i64::from(w.0) / whole).collect();
    let mut left = units * sum / whole - parts.iter().sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|i| std::cmp::Reverse(units * i64::from(weights[*i].0) % whole));
    for i in by_remainder {
        if left == 0 {
            break;
        }
        parts[i] += 1;
        left -= 1;
    }
    parts
}

/// Equal weights for `n` listings that add up to all.
pub fn equal(n: usize) -> Vec<BasisPoints> {
    let whole = u32::try_from(n).unwrap_or(u32::MAX).max(1);
    let base = BasisPoints::ALL.0 / whole;
    let extra = BasisPoints::ALL.0 % whole;
    (0..whole)
        .take(n)
        .map(|i| BasisPoints(base + u32::from(i < extra)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_preset_shares_ten_units() {
        let preset = [BasisPoints(3_000), BasisPoints(3_500), BasisPoints(3_500)];
        assert_eq!(split(10, &preset), vec![3, 4, 3]);
        assert_eq!(split(100, &preset), vec![30, 35, 35]);
        assert_eq!(split(1, &preset), vec![0, 1, 0]);
        assert_eq!(
            split(100, &[BasisPoints(2_000)]),
            vec![20],
            "the rest stays in the pool"
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
        fn parts_never_exceed_the_whole(units in -5i64..1_000_000, weights in prop::collection::vec(0u32..20_000, 0..12)) {
            let weights: Vec<_> = weights.into_iter().map(BasisPoints).collect();
            let parts = split(units, &weights);
            let sum: i64 = weights.iter().map(|w| i64::from(w.0)).sum();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert!(parts.iter().all(|p| *p >= 0));
            prop_assert_eq!(parts.iter().sum::<i64>(), units.max(0) * sum / sum.max(10_000));
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = units.max(0) * i64::from(weight.0) / sum.max(10_000);
                prop_assert!(*part == exact || *part == exact + 1);
            }
        }

        #[test]
        fn equal_weights_are_all(n in 1usize..200) {
            prop_assert_eq!(equal(n).iter().map(|w| w.0).sum::<u32>(), 10_000);
        }
    }
}
