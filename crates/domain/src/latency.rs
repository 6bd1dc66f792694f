//! How long something took, counted in buckets that are the same everywhere, so that counts can be added up.
//!
//! Buckets grow by a quarter of a power of two: a percentile is told at most a quarter too large, from a millisecond to
//! weeks, with whole numbers alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// A step between a buyer's order and the other channels showing it. Each is measured from the instant the order was
    /// placed, by its channel's clock.
    PromiseStep {
        /// The order is in the hub; measured where it was placed.
        Imported = "imported",
        /// The first byte of the change it caused is on the wire; measured where it is sent, as are the rest.
        Sent = "sent",
        /// The channel took the change in.
        Acknowledged = "acknowledged",
        /// A reading shows it.
        Verified = "verified",
    }
}

/// The last bucket: 2^32 milliseconds and more.
const LAST: u16 = 127;

/// The bucket of a duration.
pub fn bucket_of(duration: Duration) -> u16 {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if ms < 4 {
        return u16::try_from(ms).unwrap_or(0);
    }
    let exponent = 63 - ms.leading_zeros();
    let quarter = (ms >> (exponent - 2)) & 3;
    let bucket = (u64::from(exponent) - 1) * 4 + quarter;
    u16::try_from(bucket).unwrap_or(LAST).min(LAST)
}

/// The largest whole number of milliseconds in a bucket.
pub fn upper_ms(bucket: u16) -> i64 {
    if bucket < 4 {
        return i64::from(bucket);
    }
    let (exponent, quarter) = (u32::from(bucket) / 4 + 1, i64::from(bucket % 4));
    ((5 + quarter) << (exponent - 2)) - 1
}

/// Durations, counted by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Histogram {
    /// How many there are.
    pub count: i64,
    /// Their sum in milliseconds.
    pub sum_ms: i64,
    buckets: BTreeMap<u16, i64>,
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        self.put(bucket_of(duration), 1);
        self.sum_ms += i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    }

    /// Counts several of one bucket; what they add up to is added to `sum_ms` by the caller.
    pub fn put(&mut self, bucket: u16, times: i64) {
        *self.buckets.entry(bucket.min(LAST)).or_insert(0) += times;
        self.count += times;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, times) in &other.buckets {
            self.put(*bucket, *times);
        }
        self.sum_ms += other.sum_ms;
    }

    /// Milliseconds that `per_mille` of a thousand did not exceed, up to the width of a bucket; nothing while nothing was
    /// counted.
    pub fn quantile_ms(&self, per_mille: i64) -> Option<i64> {
        let wanted = (self.count * per_mille + 999) / 1_000;
        let mut seen = 0;
        self.buckets.iter().find_map(|(bucket, times)| {
            seen += times;
            (seen >= wanted && seen > 0).then(|| upper_ms(*bucket))
        })
    }

    /// How many took at most `ms` milliseconds, for bounds that end a bucket.
    pub fn at_most(&self, ms: i64) -> i64 {
        let within = self
            .buckets
            .iter()
            .take_while(|(bucket, _)| upper_ms(**bucket) <= ms);
        within.map(|(_, times)| times).sum()
    }

    /// Buckets with their counts, the shortest first.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, i64)> + '_ {
        self.buckets.iter().map(|(bucket, times)| (*bucket, *times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_are_a_quarter_wide_and_follow_each_other() {
        let ms = |ms| bucket_of(Duration::from_millis(ms));
        assert_eq!(
            (ms(0), ms(3), ms(4), ms(7), ms(8), ms(9), ms(10)),
            (0, 3, 4, 7, 8, 8, 9)
        );
        for bucket in 0..LAST {
            let upper = u64::try_from(upper_ms(bucket)).unwrap();
            assert_eq!(ms(upper), bucket, "{upper} ms");
            assert_eq!(ms(upper + 1), bucket + 1, "{upper} ms and one more");
        }
        assert_eq!(bucket_of(Duration::MAX), LAST);
    }

    #[test]
    fn quantiles_of_nothing_are_nothing() {
        assert_eq!(Histogram::default().quantile_ms(500), None);
    }

    proptest! {
        #[test]
        fn quantiles_are_at_most_a_quarter_too_large(mut times in prop::collection::vec(0u64..10_000_000, 1..200)) {
            let mut parts = [Histogram::default(), Histogram::default()];
            for (n, ms) in times.iter().enumerate() {
                parts[n % 2].record(Duration::from_millis(*ms));
            }
            let [mut whole, other] = parts;
            whole.merge(&other);
            times.sort_unstable();
            prop_assert_eq!(whole.count, i64::try_from(times.len()).unwrap());
            prop_assert_eq!(whole.sum_ms, i64::try_from(times.iter().sum::<u64>()).unwrap());
            for per_mille in [1, 500, 950, 990, 1_000] {
                let rank = (times.len() * per_mille).div_ceil(1_000) - 1;
                let exact = i64::try_from(times[rank]).unwrap();
                let told = whole.quantile_ms(i64::try_from(per_mille).unwrap()).unwrap();
                prop_assert!(told >= exact && told <= exact + exact / 4 + 1, "{} for {}", told, exact);
            }
        }
    }
}
