//! The plan: which listing gets which quantity so that all channels together can never sell more than there is.
//!
//! For each product, `sum over its listings of exposure x units_per_listing <= available` holds before and after every
//! decision made here, as long as all its listings are strict. Listings in the shared regime ([`Regime::Shared`]) show the
//! same units to everybody and may sell one twice; among the strict ones beside them the sum still holds, with the largest
//! claim of the shared ones as one more summand. What a listing *should* show is a matter of allocation; whether and when it may be told is a
//! matter of headroom, the part of available stock that no listing can sell:
//!
//! - a write costs [`Offer::exposure_if_sent`] less the present exposure, and is made only if that fits;
//! - a write of zero costs nothing ever, so it is the way out when units are scarce: *drain*, wait until every order is
//!   in, then write the value;
//! - where the channel compares before it sets, or takes changes instead of values, lowering to any value costs nothing
//!   either, and frees what it takes back with the answer: nothing is drained there;
//! - a channel's own countdown does most of the work: small differences are left to it.

mod joint;
mod shared;

pub use joint::joint;

use crate::channel::{Timing, WriteMode};
use crate::listing::named;
use crate::mode::Regime;
use crate::offer::{Offer, WriteState, unseen_bound};
use serde::{Deserialize, Serialize};

/// One remote listing of a product, as the plan sees it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// What it offers now.
    pub offer: Offer,
    /// Units of the product in one unit of the listing; at least 1.
    pub units: i64,
    /// What allocation gives it, in units of the listing.
    pub desired: i64,
    /// How fast it sells, in units of the listing.
    pub units_per_day: i64,
    /// How late its channel may be.
    pub timing: Timing,
    /// How its channel takes a quantity.
    pub mode: WriteMode,
    /// Whether its quantity can be written now (account active, not the channel's own warehouse).
    pub writable: bool,
    /// Whether its units are its own or everybody's.
    pub regime: Regime,
}

named! {
    /// Why a listing keeps what it shows although allocation gives it something else.
    Hold {
        /// The last write is not known to have landed.
        AwaitingReadBack = "awaiting_read_back",
        /// It does not fit under what other channels may still sell.
        NoHeadroom = "no_headroom",
        /// The difference is not worth a write.
        Close = "close",
        /// The account cannot be written to now.
        NotWritable = "not_writable",
        /// The hub has not read yet what the channel shows.
        NotRead = "not_read",
        /// Zero was written; the rest follows once every order is in.
        Draining = "draining",
        /// A listing of the same product may have sold units, before the hub first read it, that are not imported yet, or may
        /// exist in a store whose listings were not all read yet.
        Unknown = "unknown",
    }
}

/// What to do with one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It shows what it should.
    Keep,
    /// It stays as it is for now.
    Hold(Hold),
    /// Write this quantity.
    Write {
        /// Units of the listing.
        quantity: i64,
        /// Units that may be sold unseen before the write lands.
        unseen: i64,
    },
}

impl Candidate {
    /// The most units that may be sold unseen before a write lands.
    fn unseen(&self) -> i64 {
        unseen_bound(self.offer.exposure, self.units_per_day, self.timing)
    }

    /// Units that come on top of a write.
    fn margin(&self) -> i64 {
        self.offer.margin(self.mode, self.unseen())
    }

    /// Whether a write moves what is there instead of overwriting it, so that lowering costs nothing and frees at once.
    fn exact(&self) -> bool {
        self.mode != WriteMode::Absolute
    }

    /// Whether the last write, if any, stands in the way of another that is not a zero.
    fn busy(&self) -> bool {
        let in_force = |state| self.exact() && state == WriteState::Applied;
        self.offer.write.is_some_and(|w| !in_force(w.state))
    }

    fn expected(&self) -> i64 {
        self.offer.expected().unwrap_or(0)
    }

    /// What it shows now: where that is compared with or changed, readings count; elsewhere they are overwritten.
    fn shows(&self) -> i64 {
        let read = self.offer.believed().filter(|_| self.exact());
        read.unwrap_or_else(|| self.expected())
    }

    /// Product units by which a write of `quantity` raises the sum of exposures.
    fn cost(&self, quantity: i64) -> i64 {
        (self.offer.exposure_if_sent(self.mode, quantity, self.unseen()) - self.offer.exposure) * self.units
    }

    /// The largest quantity up to `wanted` whose cost fits into `headroom`.
    fn affordable(&self, wanted: i64, headroom: i64) -> i64 {
        let most = self.offer.exposure + headroom.max(0) / self.units - self.margin();
        wanted.min(most).max(0)
    }

    /// Differences up to this are left alone: an eighth of what it should show.
    fn tolerance(&self) -> i64 {
        (self.desired / 8).max(if self.desired == 0 { 0 } else { 1 })
    }

    fn shared(&self) -> bool {
        self.regime == Regime::Shared
    }

    fn starving(&self) -> bool {
        self.desired > 0 && self.expected() * 2 < self.desired
    }

    /// Why it cannot be told anything now. A landed write that only waits for late orders blocks nothing: it may be
    /// followed by a zero, which cannot make anything worse, and in the shared regime by any decrease.
    fn blocked(&self) -> Option<Hold> {
        if self.offer.shown.is_none() {
            Some(Hold::NotRead)
        } else if !self.writable {
            Some(Hold::NotWritable)
        } else if self.offer.write.is_some_and(|w| {
            !matches!(w.state, WriteState::Accepted | WriteState::Applied) || self.offer.wants_reading()
        }) || self.exact() && self.offer.believed().is_none()
        {
            Some(Hold::AwaitingReadBack)
        } else {
            None
        }
    }

    /// Writes the quantity that is shown already, for what else a write says: where the channel compares or takes changes,
    /// the bound stays as it is.
    pub fn rewrite(&self, quantity: i64) -> Decision {
        Decision::Write {
            quantity,
            unseen: self.unseen(),
        }
    }

    fn write(&self, quantity: i64) -> Decision {
        // What is shown already needs no write, although more may be gone than is known.
        if self.exact() && self.offer.believed() == Some(quantity) {
            return Decision::Hold(Hold::Close);
        }
        self.rewrite(quantity)
    }
}

/// The headroom: available units that no listing can sell. Negative when channels could sell more than there is.
pub fn headroom(available: i64, candidates: &[Candidate]) -> i64 {
    available - strict_sum(candidates) - shared::claim(candidates, |c| c.offer.exposure)
}

fn strict_sum(candidates: &[Candidate]) -> i64 {
    let strict = candidates.iter().filter(|c| !c.shared());
    strict.map(|c| c.offer.exposure * c.units).sum()
}

/// Units that have to be taken back from strict listings; what shared ones give back by themselves is not among them.
fn deficit(available: i64, candidates: &[Candidate]) -> i64 {
    let claim = shared::claim(candidates, |c| c.offer.exposure.min(c.desired.max(0)));
    strict_sum(candidates) + claim - available
}

/// The units that may be promised now: the headroom, but none while a listing is not [known](Offer::known), as it may have
/// sold units that are in no number yet.
pub fn free(available: i64, candidates: &[Candidate]) -> i64 {
    let headroom = headroom(available, candidates);
    if candidates.iter().all(|c| c.offer.known()) {
        headroom
    } else {
        headroom.min(0)
    }
}

/// Decides for every listing of one product; `available` is in units of the product. Answers in the order of `candidates`.
///
/// Whatever subset of the decisions is carried out, in whatever order, the sum of exposures of strict listings never grows
/// beyond `available` through it. A listing that has just become strict is like any other: what it shows too much is a
/// deficit, and is taken back.
pub fn plan(available: i64, candidates: &[Candidate]) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = candidates
        .iter()
        .map(|c| match c.blocked() {
            Some(hold) => Decision::Hold(hold),
            None if c.expected() == c.desired && c.offer.write.is_none() => Decision::Keep,
            None => Decision::Hold(Hold::Close),
        })
        .collect();
    shared::decide(candidates, &mut decisions);
    let open: Vec<usize> = (0..candidates.len())
        .filter(|i| !candidates[*i].shared() && candidates[*i].blocked().is_none())
        .collect();
    let deficit = deficit(available, candidates);
    if deficit > 0 {
        cover_deficit(deficit, candidates, &open, &mut decisions);
        return decisions;
    }
    if !candidates.iter().all(|c| c.offer.known()) {
        wait_for_earlier_orders(candidates, &open, &mut decisions);
        return decisions;
    }
    let mut free = headroom(available, candidates);
    lower(candidates, &open, &mut free, &mut decisions);
    raise(candidates, &open, &mut free, &mut decisions);
    if open
        .iter()
        .any(|i| candidates[*i].starving() && decisions[*i] == Decision::Hold(Hold::NoHeadroom))
    {
        drain_a_donor(candidates, &open, &mut decisions);
    }
    decisions
}

/// While a listing may have sold units unseen before the hub first read it, headroom is not what it seems: nothing that
/// could cost some is written.
fn wait_for_earlier_orders(candidates: &[Candidate], open: &[usize], decisions: &mut [Decision]) {
    for &i in open {
        if candidates[i].expected() != candidates[i].desired {
            decisions[i] = Decision::Hold(Hold::Unknown);
        }
    }
}

/// Channels could sell more than there is: take back the most overdrawn first, until what they can sell will fit.
fn cover_deficit(mut deficit: i64, candidates: &[Candidate], open: &[usize], decisions: &mut [Decision]) {
    deficit -= coming_back(candidates);
    let surplus = |i: usize| (candidates[i].expected() - candidates[i].desired) * candidates[i].units;
    let mut order: Vec<usize> = open
        .iter()
        .copied()
        .filter(|i| candidates[*i].expected() > 0)
        .collect();
    order.sort_by_key(|i| std::cmp::Reverse(surplus(*i)));
    for &i in order.iter().filter(|i| candidates[**i].exact()) {
        give_surplus(&mut deficit, &candidates[i], &mut decisions[i]);
    }
    // Whoever shows too much gives first, by way of zero if it must; then those that can be lowered as they are.
    order.sort_by_key(|i| match (candidates[*i].exact(), surplus(*i) > 0) {
        (false, true) => 0,
        (true, _) => 1,
        (false, false) => 2,
    });
    for i in order {
        if deficit <= 0 {
            return;
        }
        let candidate = &candidates[i];
        let spare = match decisions[i] {
            Decision::Write { quantity, .. } => quantity,
            _ => candidate.offer.exposure - candidate.margin(),
        };
        let direct = candidate
            .desired
            .min(spare - (deficit + candidate.units - 1) / candidate.units);
        let worth_it = candidate.exact() || direct * 2 >= candidate.desired;
        if !candidate.busy() && direct > 0 && worth_it {
            decisions[i] = candidate.write(direct);
            deficit -= (spare - direct) * candidate.units;
        } else {
            decisions[i] = candidate.write(0);
            deficit -= candidate.offer.exposure * candidate.units;
        }
    }
}

/// Units that strict listings give back by writes under way: what is drained already, and what a comparison or a change
/// takes away.
fn coming_back(candidates: &[Candidate]) -> i64 {
    let back = |c: &Candidate| {
        let lowered = c.expected() == 0 || c.exact() && c.offer.write.is_some();
        let units = if lowered {
            c.offer.exposure - c.expected()
        } else {
            0
        };
        units.max(0) * c.units
    };
    candidates.iter().filter(|c| !c.shared()).map(back).sum()
}

/// All that a listing shows beyond its share is taken back at once where writes compare or change: nobody is emptied for
/// it, it is free with the answer, and nobody is told of more than the pool on the way.
fn give_surplus(deficit: &mut i64, candidate: &Candidate, decision: &mut Decision) {
    let surplus = candidate.shows() - candidate.desired.max(0);
    if !candidate.busy() && *deficit > 0 && surplus > 0 {
        *decision = candidate.write(candidate.desired.max(0));
        *deficit -= surplus * candidate.units;
    }
}

/// Listings that show more than their share, beyond the tolerance, give it back where that fits.
fn lower(candidates: &[Candidate], open: &[usize], free: &mut i64, decisions: &mut [Decision]) {
    for &i in open {
        let candidate = &candidates[i];
        if candidate.busy() || candidate.expected() - candidate.desired <= candidate.tolerance() {
            continue;
        }
        let cost = candidate.cost(candidate.desired);
        if cost <= *free {
            *free -= cost;
            decisions[i] = candidate.write(candidate.desired);
        } else {
            decisions[i] = Decision::Hold(Hold::NoHeadroom);
        }
    }
}

/// Listings that show less than their share get as much of it as fits, the emptiest first.
fn raise(candidates: &[Candidate], open: &[usize], free: &mut i64, decisions: &mut [Decision]) {
    let mut order: Vec<usize> = open
        .iter()
        .copied()
        .filter(|i| candidates[*i].expected() < candidates[*i].desired)
        .collect();
    order.sort_by_key(|i| candidates[*i].expected() * 1_000 / candidates[*i].desired.max(1));
    for i in order {
        let candidate = &candidates[i];
        if candidate.busy() {
            decisions[i] = Decision::Hold(if candidate.expected() == 0 {
                Hold::Draining
            } else {
                Hold::AwaitingReadBack
            });
            continue;
        }
        if candidate.expected() > 0 && candidate.desired - candidate.expected() < candidate.tolerance() {
            continue;
        }
        let quantity = candidate.affordable(candidate.desired, *free);
        if quantity - candidate.expected()
            >= candidate
                .tolerance()
                .min(candidate.desired - candidate.expected())
        {
            *free -= candidate.cost(quantity);
            decisions[i] = candidate.write(quantity);
        } else {
            decisions[i] = Decision::Hold(Hold::NoHeadroom);
        }
    }
}

/// Somebody starves and nothing is free: have the listing with the largest surplus give it back, unless one is doing so
/// already. Where writes compare or change, it keeps what it should show; elsewhere it is emptied first.
fn drain_a_donor(candidates: &[Candidate], open: &[usize], decisions: &mut [Decision]) {
    let gives_back = |(candidate, decision): (&Candidate, &Decision)| {
        let (shown, bound) = (candidate.expected(), candidate.offer.exposure);
        let asked = matches!(decision, Decision::Write { quantity, .. } if *quantity < shown);
        let emptied = shown == 0 || candidate.exact() && candidate.offer.write.is_some();
        !candidate.shared() && (emptied && bound > shown || candidate.exact() && asked)
    };
    if candidates.iter().zip(&*decisions).any(gives_back) {
        return;
    }
    let surplus = |i: usize| (candidates[i].shows() - candidates[i].desired) * candidates[i].units;
    let donor = open
        .iter()
        .copied()
        .filter(|i| {
            !candidates[*i].busy() && surplus(*i) > 0 && !matches!(decisions[*i], Decision::Write { .. })
        })
        .max_by_key(|i| (surplus(*i), std::cmp::Reverse(*i)));
    if let Some(donor) = donor {
        let candidate = &candidates[donor];
        let left = if candidate.exact() { candidate.desired } else { 0 };
        decisions[donor] = candidate.write(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PushId, Timestamp, ids::Id};
    use std::time::Duration;

    const TIMING: Timing = Timing {
        order_visibility: Duration::from_secs(60),
        write_apply: Duration::from_secs(30),
    };

    fn candidate(shown: i64, desired: i64) -> Candidate {
        let mut offer = Offer::default();
        offer.read(shown, Timestamp::from_secs(1));
        offer.settle(Timestamp::from_secs(1_000), TIMING);
        Candidate {
            offer,
            units: 1,
            desired,
            units_per_day: 0,
            timing: TIMING,
            mode: WriteMode::Absolute,
            writable: true,
            regime: Regime::Strict,
        }
    }

    fn shared(shown: i64, desired: i64) -> Candidate {
        Candidate {
            regime: Regime::Shared,
            ..candidate(shown, desired)
        }
    }

    fn sent(mut candidate: Candidate, quantity: i64, secs: i64) -> Candidate {
        let push = PushId::from_uuid(uuid::Uuid::nil());
        candidate
            .offer
            .send(push, WriteMode::Absolute, quantity, 0, Timestamp::from_secs(secs));
        candidate
            .offer
            .answered(push, WriteState::Accepted, Timestamp::from_secs(2_000));
        candidate
    }

    fn quantities(decisions: &[Decision]) -> Vec<Option<i64>> {
        decisions
            .iter()
            .map(|d| {
                if let Decision::Write { quantity, .. } = d {
                    Some(*quantity)
                } else {
                    None
                }
            })
            .collect()
    }

    #[test]
    fn new_stock_goes_out_at_once() {
        let decisions = plan(10, &[candidate(0, 4), candidate(0, 3)]);
        assert_eq!(quantities(&decisions), [Some(4), Some(3)]);
    }

    #[test]
    fn a_deficit_is_taken_back_by_zero_when_units_are_scarce() {
        let decisions = plan(10, &[candidate(7, 4), candidate(7, 3)]);
        assert_eq!(
            quantities(&decisions),
            [None, Some(0)],
            "the most overdrawn first; seven fit, fourteen do not"
        );
    }

    #[test]
    fn a_deficit_is_taken_back_directly_when_units_are_ample() {
        let decisions = plan(900, &[candidate(500, 400), candidate(500, 450)]);
        assert_eq!(
            quantities(&decisions),
            [Some(380), None],
            "a hundred units come back at once and nobody is emptied"
        );
    }

    #[test]
    fn a_starving_listing_gets_a_donor_drained() {
        let decisions = plan(6, &[candidate(0, 3), candidate(6, 3)]);
        assert_eq!(decisions[0], Decision::Hold(Hold::NoHeadroom));
        assert_eq!(quantities(&decisions), [None, Some(0)]);
    }

    #[test]
    fn small_differences_are_left_to_the_channel() {
        assert_eq!(plan(7, &[candidate(2, 3), candidate(4, 4)])[1], Decision::Keep);
        assert_eq!(quantities(&plan(100, &[candidate(35, 34)])), [None]);
    }

    #[test]
    fn a_listing_that_was_never_read_is_left_alone() {
        let mut unread = candidate(0, 5);
        unread.offer = Offer::default();
        assert_eq!(plan(10, &[unread]), [Decision::Hold(Hold::NotRead)]);
    }

    #[test]
    fn a_write_under_way_blocks_the_next() {
        let mut busy = candidate(2, 9);
        busy.offer.send(
            PushId::from_uuid(uuid::Uuid::nil()),
            WriteMode::Absolute,
            5,
            2,
            Timestamp::from_secs(2_000),
        );
        assert_eq!(plan(20, &[busy]), [Decision::Hold(Hold::AwaitingReadBack)]);
    }

    #[test]
    fn shared_listings_all_show_the_pool() {
        let decisions = plan(10, &[shared(0, 9), shared(9, 9), shared(12, 9)]);
        assert_eq!(quantities(&decisions), [Some(9), None, Some(9)]);
        assert_eq!(decisions[1], Decision::Keep);
    }

    #[test]
    fn a_shared_decrease_follows_a_landed_one_and_a_raise_waits() {
        let mut landed = sent(shared(9, 8), 9, 2_000);
        assert_eq!(plan(10, &[landed]), [Decision::Hold(Hold::AwaitingReadBack)]);
        landed = sent(shared(20, 8), 9, 2_000);
        landed.offer.read(9, Timestamp::from_secs(2_010));
        assert_eq!(quantities(&plan(10, &[landed])), [Some(8)]);
        landed.desired = 30;
        assert_eq!(
            plan(40, &[landed]),
            [Decision::Hold(Hold::AwaitingReadBack)],
            "a raise waits for late orders"
        );
    }

    #[test]
    fn strict_listings_stay_out_of_what_shared_ones_claim() {
        let decisions = plan(10, &[candidate(0, 4), shared(6, 6), shared(6, 6)]);
        assert_eq!(quantities(&decisions), [Some(4), None, None]);
        let decisions = plan(9, &[candidate(0, 4), shared(6, 6), shared(6, 6)]);
        assert_eq!(quantities(&decisions), [Some(3), None, None]);
    }

    #[test]
    fn a_sale_on_a_shared_listing_takes_nothing_back_from_strict_ones() {
        // One of the shared listings sold one: the other gives one back by itself.
        let decisions = plan(9, &[candidate(4, 4), shared(5, 5), shared(6, 5)]);
        assert_eq!(quantities(&decisions), [None, None, Some(5)]);
    }

    #[test]
    fn going_strict_takes_back_what_was_shown_twice() {
        let decisions = plan(30, &[candidate(30, 10), candidate(30, 10), candidate(30, 10)]);
        assert_eq!(
            quantities(&decisions),
            [Some(0), Some(0), None],
            "thirty are left with one of them until the others are known to be empty"
        );
    }
    fn comparing(shown: i64, desired: i64) -> Candidate {
        Candidate {
            mode: WriteMode::CompareAndSet,
            ..candidate(shown, desired)
        }
    }

    #[test]
    fn scarce_units_move_between_comparing_listings_without_zero() {
        let mut listings = [comparing(0, 3), comparing(6, 3)];
        let decisions = plan(6, &listings);
        assert_eq!(quantities(&decisions), [None, Some(3)], "not drained");
        let (push, at) = (PushId::from_uuid(uuid::Uuid::nil()), Timestamp::from_secs(2_000));
        listings[1].offer.send(push, WriteMode::CompareAndSet, 3, 20, at);
        assert_eq!(
            quantities(&plan(6, &listings)),
            [None, None],
            "nothing is free before the answer"
        );
        listings[1].offer.applied(push, at);
        assert_eq!(
            quantities(&plan(6, &listings)),
            [Some(3), None],
            "all of it is with the answer"
        );
    }

    #[test]
    fn a_deficit_of_a_comparing_listing_is_taken_back_as_it_is() {
        assert_eq!(
            quantities(&plan(10, &[comparing(7, 4), comparing(7, 3)])),
            [None, Some(3)]
        );
    }

    #[test]
    fn a_comparing_listing_waits_for_a_reading_and_writes_nothing_twice() {
        let mut listing = comparing(5, 9);
        let push = PushId::from_uuid(uuid::Uuid::nil());
        let at = Timestamp::from_secs(2_000);
        listing.offer.send(push, WriteMode::CompareAndSet, 9, 20, at);
        listing.offer.differs(push, None, at);
        assert_eq!(plan(20, &[listing]), [Decision::Hold(Hold::AwaitingReadBack)]);
        listing.offer.read(9, Timestamp::from_secs(2_001));
        listing.desired = 9;
        assert_eq!(quantities(&plan(20, &[listing])), [None], "it shows that already");
    }

    #[test]
    fn a_deficit_is_taken_from_comparing_listings_before_others_are_emptied() {
        let decisions = plan(4, &[candidate(4, 2), comparing(5, 2)]);
        assert_eq!(
            quantities(&decisions),
            [Some(0), Some(2)],
            "three with the answer, two by way of zero"
        );
        let decisions = plan(7, &[candidate(4, 2), comparing(5, 2)]);
        assert_eq!(quantities(&decisions), [None, Some(2)]);
        let mut stuck = candidate(4, 2);
        stuck.writable = false;
        let decisions = plan(4, &[stuck, comparing(5, 2)]);
        assert_eq!(
            quantities(&decisions),
            [None, Some(0)],
            "who cannot give leaves it to the other"
        );
    }
}
