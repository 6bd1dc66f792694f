//! Sharing one product's stock out among those who sell it, with an account of every unit that is withheld.
//!
//! The order of steps: what is kept back (safety stock, buffer); fixed amounts; minimums; then the rest by the
//! [`Method`], nobody beyond their cap. Sellers in the shared regime are then shown everything the strict ones were not
//! given. Whatever the policies say, and however they contradict each other, strict parts never add up to more than the
//! pool.

use serde::{Deserialize, Serialize};

use super::{BasisPoints, Buffer, divide};
use crate::listing::named;
use crate::mode::Regime;

named! {
    /// How what is left after fixed amounts is shared out.
    Method {
        /// By percentages.
        Split = "split",
        /// The first tier up to its caps, then the next.
        Priority = "priority",
        /// By how fast each one sells.
        Velocity = "velocity",
    }
}

/// The tier of whoever has none.
pub const TIER: i64 = 1;

/// The stock of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    /// Units available to promise.
    pub available: i64,
    /// Of them, units that locations keep as safety stock.
    pub safety: i64,
}

/// An account that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharer {
    /// Its share, for [`Method::Split`] and among its tier.
    pub share: BasisPoints,
    /// Its tier, for [`Method::Priority`]; 1 is first.
    pub tier: i64,
    /// So many units whatever the method says.
    pub fixed: Option<i64>,
    /// No more units than that.
    pub cap: Option<i64>,
    /// No fewer units than that while there are enough.
    pub minimum: Option<i64>,
    /// What is kept back from it.
    pub buffer: Buffer,
    /// Units of the product it sells a day; `None` when nobody can tell.
    pub units_per_day: Option<i64>,
    /// Whether its units are its own or everybody's.
    pub regime: Regime,
}

impl Default for Sharer {
    /// Nothing kept back, no share, no bounds, strict.
    fn default() -> Self {
        Self {
            share: BasisPoints(0),
            tier: TIER,
            fixed: None,
            cap: None,
            minimum: None,
            buffer: Buffer::default(),
            units_per_day: None,
            regime: Regime::Strict,
        }
    }
}

impl Sharer {
    /// What it may have at most, whatever is left.
    fn limit(&self) -> i64 {
        let cap = self.cap.unwrap_or(i64::MAX);
        self.fixed.map_or(cap, |fixed| fixed.min(cap)).max(0)
    }

    /// What it is to have at least. A cap goes before a minimum.
    fn floor(&self) -> i64 {
        self.fixed.or(self.minimum).unwrap_or(0).clamp(0, self.limit())
    }
}

/// What one account is given, in units of the product, and where the rest of the available units went.
///
/// `units + safety + buffer + over_cap + elsewhere` is always what is available (0 when less is).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// What it is given.
    pub units: i64,
    /// Kept back as safety stock.
    pub safety: i64,
    /// Kept back as its buffer.
    pub buffer: i64,
    /// What it would be given were it not for its cap.
    pub over_cap: i64,
    /// For others, or left in the pool.
    pub elsewhere: i64,
    /// Units given only because of its minimum.
    pub raised: i64,
    /// Units that its minimum or its fixed amount asks for and that are not there.
    pub missing: i64,
}

/// Shares `stock` out. Answers in the order of `sharers`.
pub fn allocate(stock: Stock, method: Method, sharers: &[Sharer]) -> Vec<Part> {
    let available = stock.available.max(0);
    let safety = stock.safety.clamp(0, available);
    let sellable = available - safety;
    let pool_of = |s: &Sharer| s.buffer.apply(sellable);
    let pool = sharers.iter().map(pool_of).max().unwrap_or(0);
    let mut slots = Slot::of(method, sharers);
    give(pool, method, &mut slots);
    // A larger buffer than the others' takes its part away in proportion.
    let own = |units: i64, pool_of: i64| {
        if pool_of == pool {
            units
        } else {
            scaled(units, pool_of, pool)
        }
    };
    let strict = |s: &&(&Sharer, &Slot)| s.0.regime == Regime::Strict;
    let pairs: Vec<(&Sharer, &Slot)> = sharers.iter().zip(&slots).collect();
    let taken: i64 = pairs
        .iter()
        .filter(strict)
        .map(|(s, slot)| own(slot.units, pool_of(s)))
        .sum();
    let part = |(sharer, slot): (&Sharer, &Slot)| {
        let pool_of = pool_of(sharer);
        let (units, natural) = match sharer.regime {
            Regime::Strict => (own(slot.units, pool_of), own(slot.natural, pool_of)),
            Regime::Shared => {
                let all = (pool_of - taken).max(0);
                (all.min(sharer.limit()), all)
            }
        };
        let over_cap = (natural - units).clamp(0, pool_of - units);
        Part {
            units,
            safety,
            buffer: sellable - pool_of,
            over_cap,
            elsewhere: pool_of - units - over_cap,
            raised: (units - natural).max(0),
            missing: (sharer.floor() - units).max(0),
        }
    };
    pairs.into_iter().map(part).collect()
}

/// One who takes part, while units are being handed out.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// It gets no less than this; the sum of all floors fits into the pool.
    floor: i64,
    /// It gets no more than this.
    limit: i64,
    tier: i64,
    weight: i64,
    /// What it is given.
    units: i64,
    /// What it would be given without floor and limit.
    natural: i64,
    fixed: bool,
}

impl Slot {
    fn of(method: Method, sharers: &[Sharer]) -> Vec<Self> {
        let paces = match method {
            Method::Velocity => paced(sharers.iter().map(|s| s.units_per_day)),
            Method::Split | Method::Priority => Vec::new(),
        };
        let slot = |(i, s): (usize, &Sharer)| Self {
            floor: s.floor(),
            limit: s.limit(),
            tier: s.tier,
            weight: paces.get(i).copied().unwrap_or_else(|| i64::from(s.share.0)),
            units: 0,
            natural: 0,
            fixed: s.fixed.is_some(),
        };
        sharers.iter().enumerate().map(slot).collect()
    }
}

/// Weights by pace. Nobody's is below a tenth of an equal part, or it would never get the chance to sell; who has no
/// pace is taken for average.
pub(super) fn paced(paces: impl Iterator<Item = Option<i64>> + Clone) -> Vec<i64> {
    let known = || paces.clone().flatten().map(|pace| pace.max(0));
    let count = i64::try_from(known().count()).unwrap_or(i64::MAX).max(1);
    let average = (known().sum::<i64>() * 10 + count - 1) / count;
    let weight = |pace: Option<i64>| pace.map_or(average, |pace| pace.max(0) * 10);
    let least = ((average + 9) / 10).max(1);
    paces.clone().map(|pace| weight(pace).max(least)).collect()
}

/// Hands `pool` out: floors first (in proportion when there is not enough for all), then the rest by method.
fn give(pool: i64, method: Method, slots: &mut [Slot]) {
    let mut left = pool;
    for fixed in [true, false] {
        left -= grant_floors(left, fixed, slots);
    }
    let fixed: i64 = slots.iter().filter(|s| s.fixed).map(|s| s.units).sum();
    let rest = pool - fixed;
    match method {
        Method::Split => {
            let whole = slots.iter().filter(|s| !s.fixed).map(|s| s.weight).sum::<i64>();
            let part = scaled(rest, whole, whole.max(i64::from(BasisPoints::ALL.0)));
            fill(part, slots, |_| true);
        }
        Method::Velocity => fill(rest, slots, |_| true),
        Method::Priority => {
            let mut tiers: Vec<i64> = slots.iter().map(|s| s.tier).collect();
            tiers.sort_unstable();
            tiers.dedup();
            let mut rest = rest;
            for tier in tiers {
                let later = slots.iter().filter(|s| !s.fixed && s.tier > tier);
                let kept: i64 = later.map(|s| s.floor).sum();
                fill(rest - kept, slots, |s| s.tier == tier);
                let filled = slots.iter().filter(|s| !s.fixed && s.tier == tier);
                rest -= filled.map(|s| s.units).sum::<i64>();
            }
        }
    }
}

/// Gives everybody (of those with a fixed amount, or of the others) its floor, as far as `left` goes; floors become what
/// could be given. Answers how much that was.
fn grant_floors(left: i64, fixed: bool, slots: &mut [Slot]) -> i64 {
    let floors: Vec<i64> = slots
        .iter()
        .map(|s| if s.fixed == fixed { s.floor } else { 0 })
        .collect();
    let wanted = floors.iter().fold(0i64, |sum, floor| sum.saturating_add(*floor));
    let granted = if wanted > left {
        divide(left, &floors)
    } else {
        floors
    };
    for (slot, granted) in slots.iter_mut().zip(&granted) {
        if slot.fixed == fixed {
            (slot.floor, slot.units) = (*granted, *granted);
            slot.natural = *granted;
        }
    }
    granted.iter().sum()
}

/// Shares `units` out among the chosen that have no fixed amount, by weight, nobody below its floor or beyond its limit.
///
/// Whoever its proportional part does not suit is settled at its bound and the others share what that leaves or costs,
/// until it suits all that are left.
fn fill(units: i64, slots: &mut [Slot], chosen: impl Fn(&Slot) -> bool) {
    let mut open: Vec<usize> = (0..slots.len())
        .filter(|i| !slots[*i].fixed && chosen(&slots[*i]))
        .collect();
    // Floors may ask for more than weights give away.
    let mut left = units.max(open.iter().map(|i| slots[*i].floor).sum());
    let equal = open.iter().all(|i| slots[*i].weight == 0);
    while !open.is_empty() {
        let weight = |i: &usize| if equal { 1 } else { slots[*i].weight };
        let weights: Vec<i64> = open.iter().map(weight).collect();
        let parts = divide(left, &weights);
        let mut excess = 0;
        for (i, part) in open.iter().zip(&parts) {
            let slot = &mut slots[*i];
            slot.natural = *part;
            slot.units = (*part).clamp(slot.floor, slot.limit);
            excess += slot.units - part;
        }
        let unsuited = |i: &usize| {
            let bound = (slots[*i].units - slots[*i].natural).signum();
            excess == 0 || (bound != 0 && bound == excess.signum())
        };
        let settled: Vec<usize> = open.iter().copied().filter(|i| unsuited(i)).collect();
        left -= settled.iter().map(|i| slots[*i].units).sum::<i64>();
        open.retain(|i| !settled.contains(i));
    }
}

/// `units * part / whole`, rounded down, without overflow.
fn scaled(units: i64, part: i64, whole: i64) -> i64 {
    let scaled = i128::from(units) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(scaled).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_share(percent: u32) -> Sharer {
        Sharer {
            share: BasisPoints(percent * 100),
            ..Sharer::default()
        }
    }

    fn units(available: i64, method: Method, sharers: &[Sharer]) -> Vec<i64> {
        let stock = Stock { available, safety: 0 };
        allocate(stock, method, sharers).iter().map(|p| p.units).collect()
    }

    #[test]
    fn the_example_preset_shares_ten_units() {
        let preset = [by_share(30), by_share(35), by_share(35)];
        assert_eq!(units(10, Method::Split, &preset), [3, 4, 3]);
        assert_eq!(units(100, Method::Split, &preset), [30, 35, 35]);
        assert_eq!(units(1, Method::Split, &preset), [0, 1, 0]);
        assert_eq!(
            units(100, Method::Split, &[by_share(20)]),
            [20],
            "the rest stays in the pool"
        );
        assert_eq!(
            units(10, Method::Split, &[by_share(100), by_share(100)]),
            [5, 5],
            "more than all is scaled down"
        );
    }

    #[test]
    fn what_a_cap_leaves_goes_to_the_others_and_minimums_come_first() {
        let mut sharers = [by_share(50), by_share(50)];
        sharers[0].cap = Some(10);
        assert_eq!(units(100, Method::Split, &sharers), [10, 90]);
        sharers[1].cap = Some(20);
        assert_eq!(units(100, Method::Split, &sharers), [10, 20]);
        let mut sharers = [by_share(10), by_share(90)];
        sharers[0].minimum = Some(4);
        assert_eq!(units(10, Method::Split, &sharers), [4, 6]);
        assert_eq!(units(3, Method::Split, &sharers), [3, 0]);
        sharers[1].minimum = Some(4);
        let parts = allocate(
            Stock {
                available: 6,
                safety: 0,
            },
            Method::Split,
            &sharers,
        );
        assert_eq!(
            (parts[0].units, parts[0].missing),
            (3, 1),
            "in proportion when there is not enough"
        );
    }

    #[test]
    fn fixed_amounts_come_before_everything_else() {
        let mut sharers = [by_share(50), by_share(50), by_share(0)];
        sharers[2].fixed = Some(20);
        assert_eq!(units(100, Method::Split, &sharers), [40, 40, 20]);
        assert_eq!(units(15, Method::Split, &sharers), [0, 0, 15]);
        sharers[0].fixed = Some(10);
        assert_eq!(units(15, Method::Split, &sharers), [5, 0, 10]);
    }

    #[test]
    fn tiers_are_filled_one_after_the_other() {
        let tier = |tier, cap| Sharer {
            tier,
            cap,
            ..by_share(50)
        };
        let sharers = [tier(2, None), tier(1, Some(6)), tier(1, Some(4))];
        assert_eq!(units(15, Method::Priority, &sharers), [5, 6, 4]);
        assert_eq!(units(7, Method::Priority, &sharers), [0, 4, 3]);
        let last_has_a_minimum = [
            Sharer {
                minimum: Some(2),
                ..tier(2, None)
            },
            tier(1, None),
        ];
        assert_eq!(units(10, Method::Priority, &last_has_a_minimum), [2, 8]);
    }

    #[test]
    fn units_go_where_they_sell_and_nobody_starves() {
        let sells = |units_per_day| Sharer {
            units_per_day,
            ..Sharer::default()
        };
        assert_eq!(
            units(100, Method::Velocity, &[sells(Some(30)), sells(Some(10))]),
            [75, 25]
        );
        assert_eq!(
            units(100, Method::Velocity, &[sells(Some(0)), sells(Some(0))]),
            [50, 50]
        );
        assert_eq!(
            units(21, Method::Velocity, &[sells(Some(50)), sells(Some(0))]),
            [20, 1],
            "a tenth of an equal part"
        );
        assert_eq!(
            units(
                90,
                Method::Velocity,
                &[sells(Some(20)), sells(Some(40)), sells(None)]
            ),
            [20, 40, 30],
            "who has no pace is average"
        );
    }

    #[test]
    fn every_unit_that_is_withheld_is_accounted_for() {
        let mut sharer = by_share(50);
        sharer.cap = Some(20);
        sharer.buffer.units = 10;
        let part = allocate(
            Stock {
                available: 100,
                safety: 5,
            },
            Method::Split,
            &[sharer, by_share(50)],
        )[0];
        let wanted = Part {
            units: 17,
            safety: 5,
            buffer: 10,
            over_cap: 25,
            elsewhere: 43,
            raised: 0,
            missing: 0,
        };
        assert_eq!(
            part, wanted,
            "its buffer, larger than the other's, takes its part away in proportion"
        );
    }

    #[test]
    fn shared_sellers_all_see_what_strict_ones_were_not_given() {
        let shared = |cap| Sharer {
            regime: Regime::Shared,
            cap,
            ..by_share(25)
        };
        assert_eq!(
            units(40, Method::Split, &[shared(None), shared(Some(7)), shared(None)]),
            [40, 7, 40]
        );
        assert_eq!(
            units(40, Method::Split, &[by_share(50), shared(None), shared(None)]),
            [20, 20, 20]
        );
    }

    fn sharer() -> impl Strategy<Value = Sharer> {
        let bound = || prop::option::weighted(0.3, 0i64..400);
        (
            (0u32..12_000, 1i64..4, bound(), bound(), bound()),
            (0i64..30, 0u32..2_000, prop::option::of(0i64..50), any::<bool>()),
        )
            .prop_map(
                |((share, tier, fixed, cap, minimum), (units, part, units_per_day, strict))| Sharer {
                    share: BasisPoints(share),
                    tier,
                    fixed,
                    cap,
                    minimum,
                    buffer: Buffer {
                        units,
                        part: BasisPoints(part),
                    },
                    units_per_day,
                    regime: if strict { Regime::Strict } else { Regime::Shared },
                },
            )
    }

    proptest! {
        #[test]
        fn parts_never_exceed_the_whole(
            available in -5i64..1_000,
            safety in -5i64..50,
            method in prop::sample::select(Method::ALL),
            sharers in prop::collection::vec(sharer(), 0..9),
        ) {
            let parts = allocate(Stock { available, safety }, method, &sharers);
            prop_assert_eq!(parts.len(), sharers.len());
            let sellable = available.max(0) - safety.clamp(0, available.max(0));
            let strict: i64 = sharers.iter().zip(&parts).filter(|(s, _)| s.regime == Regime::Strict).map(|(_, p)| p.units).sum();
            let pool = sharers.iter().map(|s| s.buffer.apply(sellable)).max().unwrap_or(0);
            prop_assert!(strict <= pool, "{} of {}", strict, pool);
            for (sharer, part) in sharers.iter().zip(&parts) {
                let kept = [part.units, part.safety, part.buffer, part.over_cap, part.elsewhere];
                prop_assert!(kept.iter().all(|n| *n >= 0), "{:?}", part);
                prop_assert_eq!(kept.iter().sum::<i64>(), available.max(0), "every unit is accounted for");
                prop_assert!(part.units <= sharer.buffer.apply(sellable), "the buffer is kept");
                prop_assert!(sharer.cap.is_none_or(|cap| part.units <= cap), "the cap is kept");
                prop_assert!(sharer.fixed.is_none_or(|fixed| part.units <= fixed));
            }
        }

        #[test]
        fn minimums_that_fit_are_met_and_nothing_sleeps(
            available in 0i64..1_000,
            method in prop::sample::select(Method::ALL),
            minimums in prop::collection::vec(0i64..60, 1..9),
            paces in prop::collection::vec(0i64..60, 9),
        ) {
            let whole = crate::allocation::divide(10_000, &vec![1; minimums.len()]);
            let sharers: Vec<Sharer> = minimums.iter().zip(&paces).zip(&whole).map(|((minimum, pace), share)| Sharer {
                minimum: Some(*minimum),
                units_per_day: Some(*pace),
                share: BasisPoints(u32::try_from(*share).unwrap()),
                tier: 1 + minimum % 3,
                ..Sharer::default()
            }).collect();
            let parts = allocate(Stock { available, safety: 0 }, method, &sharers);
            prop_assert_eq!(parts.iter().map(|p| p.units).sum::<i64>(), available, "nobody is capped: all is given");
            if minimums.iter().sum::<i64>() <= available {
                prop_assert!(parts.iter().zip(&minimums).all(|(p, minimum)| p.units >= *minimum && p.missing == 0));
            }
        }
    }
}
