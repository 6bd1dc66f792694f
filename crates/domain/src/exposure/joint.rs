//! Listings that draw on several pools at once: a kit sells units of each of its components.
//!
//! Each component is a pool with a plan of its own, in which the kit's listings stand beside the component's. What a
//! kit's listing is told has to fit into every pool it draws on.

use super::{Candidate, Decision, Hold};

/// Makes one decision of those that the pools made for the same listing; `candidate` is the listing in any of them.
///
/// A raise needs room in every pool: only where all of them would write, the smallest quantity is written. A write that
/// costs no pool anything (a decrease) is made when any of them asks for it. So what is written costs each pool at most
/// what that pool planned for, and the guarantee of [`plan`](super::plan) holds in each.
pub fn joint(candidate: &Candidate, decisions: &[Decision]) -> Decision {
    let smallest = |free_of_cost: bool| {
        decisions
            .iter()
            .filter_map(|decision| match decision {
                Decision::Write { quantity, .. } => Some(*quantity),
                _ => None,
            })
            .filter(|quantity| !free_of_cost || candidate.cost(*quantity) == 0)
            .min()
    };
    let writes = |decision: &Decision| matches!(decision, Decision::Write { .. });
    let quantity = smallest(!decisions.iter().all(writes));
    match quantity {
        Some(quantity) => candidate.write(quantity),
        None => decisions
            .iter()
            .copied()
            .filter(|decision| !writes(decision))
            .max_by_key(|decision| *decision == Decision::Hold(Hold::NoHeadroom))
            .unwrap_or(Decision::Keep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::channel::{Timing, WriteMode};
    use crate::exposure::plan;
    use crate::mode::Regime;
    use crate::offer::{Offer, Shown};
    use proptest::prelude::*;
    use std::time::Duration;

    fn candidate(exposure: i64, desired: i64, pace: i64) -> Candidate {
        let shown = Shown {
            quantity: exposure,
            at: Timestamp::from_secs(1),
        };
        Candidate {
            offer: Offer {
                exposure,
                since: Timestamp::from_secs(1),
                shown: Some(shown),
                settled: true,
                ..Offer::default()
            },
            units: 1,
            desired,
            units_per_day: pace,
            timing: Timing {
                order_visibility: Duration::from_secs(300),
                write_apply: Duration::from_secs(60),
            },
            mode: WriteMode::Absolute,
            writable: true,
            regime: Regime::Strict,
        }
    }

    fn write(quantity: i64) -> Decision {
        Decision::Write {
            quantity,
            unseen: candidate(5, 0, 0).unseen(),
        }
    }

    #[test]
    fn a_raise_needs_every_pool_and_a_decrease_one() {
        let listing = candidate(5, 9, 0);
        let hold = Decision::Hold(Hold::NoHeadroom);
        let quantity = |decisions: &[Decision]| match joint(&listing, decisions) {
            Decision::Write { quantity, .. } => Some(quantity),
            _ => None,
        };
        assert_eq!(quantity(&[write(9), write(7)]), Some(7));
        assert_eq!(joint(&listing, &[write(9), hold]), hold);
        assert_eq!(quantity(&[write(0), hold]), Some(0), "zero costs nothing");
        assert_eq!(joint(&listing, &[Decision::Keep, Decision::Keep]), Decision::Keep);
        assert_eq!(joint(&listing, &[Decision::Keep, hold]), hold);
        assert_eq!(joint(&listing, &[]), Decision::Keep);
    }

    proptest! {
        /// Random kits over shared components: whatever part of the decisions is carried out, what listings could sell
        /// of a component grows beyond what is available of it in no pool.
        #[test]
        fn no_pool_is_overdrawn(
            pools in prop::collection::vec(0i64..40, 1..5),
            listings in prop::collection::vec(
                (0i64..12, 0i64..30, 0i64..200, prop::collection::vec(0i64..4, 5), any::<bool>()), 1..8),
        ) {
            let all: Vec<Candidate> = listings.iter().map(|l| candidate(l.0, l.1, l.2)).collect();
            let weight = |listing: usize, pool: usize| listings[listing].3[pool];
            let mut said: Vec<Vec<Decision>> = vec![Vec::new(); all.len()];
            for (pool, available) in pools.iter().enumerate() {
                let members: Vec<usize> = (0..all.len()).filter(|l| weight(*l, pool) > 0).collect();
                let candidates: Vec<Candidate> = members
                    .iter()
                    .map(|l| Candidate { units: weight(*l, pool), ..all[*l] })
                    .collect();
                for (listing, decision) in members.iter().zip(plan(*available, &candidates)) {
                    said[*listing].push(decision);
                }
            }
            for (pool, available) in pools.iter().enumerate() {
                let (mut before, mut after) = (0, 0);
                for (listing, one) in all.iter().enumerate() {
                    before += one.offer.exposure * weight(listing, pool);
                    let sent = match joint(one, &said[listing]) {
                        Decision::Write { quantity, unseen } if listings[listing].4 => {
                            one.offer.exposure_if_sent(one.mode, quantity, unseen)
                        }
                        _ => one.offer.exposure,
                    };
                    after += sent * weight(listing, pool);
                }
                prop_assert!(after <= before.max(*available), "pool {}: {} then {}", pool, before, after);
            }
        }
    }
}
