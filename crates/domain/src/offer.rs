//! What one listing offers: how much its channel could still sell, however little the hub can see of it.
//!
//! A channel sells by itself until told otherwise, shows its orders late, applies writes later still, and a write of an
//! absolute number wipes out whatever it had counted down meanwhile. So the hub keeps for each listing an upper bound,
//! its **exposure**: the units the channel may have sold unseen plus the units it may still sell. Every function here
//! moves that bound so that it stays one:
//!
//! | event | the bound |
//! | --- | --- |
//! | a sale is imported ([`Offer::sale`]) | falls by the sale, as does available stock: nothing is due |
//! | a cancellation is imported ([`Offer::give_back`]) | rises: the channel may offer the units again |
//! | an order is imported that was called off before ([`Offer::came_and_went`]) | stays; readings from before do not count |
//! | a write of `n` is about to leave ([`Offer::send`]) | rises to `n` plus what may be sold unseen before it lands |
//! | the write is refused for sure ([`Offer::not_applied`], [`Offer::differs`]) | falls back |
//! | the channel says it is in force ([`Offer::applied`]) | what it can be now that it has landed |
//! | the channel is read ([`Offer::read`]) | stays: what was sold before the reading may still be unseen |
//! | all orders up to the reading are in ([`Offer::settle`]) | becomes what was read less what was sold since |
//!
//! Units here are the listing's own; one of them may be several of the product (a pack).

mod parts;
mod put;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::channel::{Timing, WriteMode};

pub use parts::{Anchor, ReadTime, Shown, Write, WriteState};

/// How far the channel's clock may differ from ours. A sale counts as placed *after* a reading only beyond this.
pub const CLOCK_SKEW: Duration = Duration::from_secs(2);
/// The longest a reading may have been on its way, from the question to the moment its answer is taken in. An older answer
/// is asked for anew: what was put back on sale meanwhile is not in it.
pub const READING_TAKES: Duration = Duration::from_secs(120);

/// What one listing offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offer {
    /// The most the channel may have sold unseen and may still sell, together.
    pub exposure: i64,
    /// From when on sales count against the bound: those placed before are not in it, and are all imported. The epoch
    /// until the offer is [known](Self::known).
    pub since: Timestamp,
    /// The last reading.
    pub shown: Option<Shown>,
    /// The reading waiting to be settled on.
    pub anchor: Option<Anchor>,
    /// The write under way.
    pub write: Option<Write>,
    /// Whether the bound is exact: it comes from a reading confirmed by all orders up to it, less the sales since.
    pub settled: bool,
}

/// A sale was imported that the bound said could not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Units beyond the bound.
    pub units: i64,
}

/// What settling found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Not yet: a reading, orders or a landing are still missing.
    NotYet,
    /// Exact now, and as it should be.
    AsExpected,
    /// The write got no answer and turned out not to have landed: the channel shows what it would without it. It is
    /// due again, and that is all.
    Lost,
    /// The write was accepted and never applied: the channel shows what it would without it, so nobody else has written.
    NeverApplied {
        /// What was written.
        wanted: i64,
        /// What the channel shows.
        shown: i64,
    },
    /// Somebody else changed the quantity.
    Drift {
        /// What the channel should have shown.
        expected: i64,
        /// What it showed.
        shown: i64,
    },
}

/// The most units a channel may sell unseen while a write is on its way.
///
/// Up to [`SURE`] units of exposure nothing is assumed: all of it may go. Above, a margin from the listing's own pace is
/// kept: four times what it sells in the time the channel may stay silent, and never less than [`SURE`].
pub fn unseen_bound(exposure: i64, units_per_day: i64, timing: Timing) -> i64 {
    let silent_secs =
        i64::try_from((timing.order_visibility + timing.write_apply).as_secs()).unwrap_or(i64::MAX);
    let expected = units_per_day.max(0).saturating_mul(silent_secs) / 86_400 + 1;
    exposure.min(expected.saturating_mul(4).max(SURE))
}

/// Up to this exposure the bound is certain rather than likely; see [`unseen_bound`].
pub const SURE: i64 = 20;

impl Offer {
    /// What the channel should show now, as far as the hub can tell; `None` before the first reading.
    pub fn expected(&self) -> Option<i64> {
        match (&self.write, &self.anchor) {
            (Some(write), _) => Some((write.quantity - write.sold_since).max(0)),
            (None, Some(anchor)) if !self.settled => Some(anchor.rest()),
            _ => self.shown.map(|_| self.exposure),
        }
    }

    /// Whether everything the channel sold before the hub first looked is imported.
    ///
    /// Until then units may be sold that are neither in the bound nor taken out of what is available, so nothing of the
    /// product may be promised to anybody else.
    pub fn known(&self) -> bool {
        self.since > Timestamp::EPOCH
    }

    /// A sale on this channel was imported. Call it in the transaction that lowers available stock.
    ///
    /// A sale placed before [`Offer::since`] (or too close to it to tell) was never in the bound and leaves it alone. One that
    /// was placed while the reading was under way that waits to be settled on makes a new reading necessary.
    pub fn sale(&mut self, units: i64, placed_at: Timestamp) -> Option<Breach> {
        // Nobody can tell whether a reading that was under way has seen this sale. Settled on, it would say neither what is left
        // nor what a write has changed. A listing that is empty, and stays so, leaves nothing to tell.
        let doubtful = |anchor: &Anchor| {
            placed_at <= anchor.at.plus(CLOCK_SKEW)
                && placed_at.plus(CLOCK_SKEW) >= anchor.asked_at
                && (anchor.quantity > 0 || self.write.is_some_and(|w| w.quantity > 0))
        };
        let doubted = self.anchor.as_ref().is_some_and(doubtful);
        // What was sold before the first reading is not in the bound; while no reading counts, nobody can tell.
        let since = if self.known() { self.since } else { self.anchor?.at };
        if doubted {
            self.anchor = None;
        }
        if placed_at <= since.plus(CLOCK_SKEW) {
            return None;
        }
        if let Some(anchor) = self.anchor.as_mut().filter(|a| placed_at > a.at.plus(CLOCK_SKEW)) {
            anchor.sold_since += units;
        }
        if let Some(write) = &mut self.write {
            if placed_at >= write.sent_at {
                write.sold_since += units;
            }
            write.prior = write.prior.map(|p| p - units);
            write.prior_exposure = (write.prior_exposure - units).max(0);
        }
        let breach = (units > self.exposure).then_some(Breach {
            units: units - self.exposure,
        });
        self.exposure = (self.exposure - units).max(0);
        breach
    }

    /// A sale that had been imported was called off: the channel may offer the units again, or may not.
    ///
    /// Readings so far cannot tell which, so a new one is needed before the bound is exact again.
    pub fn give_back(&mut self, units: i64) {
        self.exposure += units;
        self.settled = false;
        self.anchor = None;
        if let Some(write) = &mut self.write {
            write.prior = None;
            write.prior_exposure += units;
        }
    }

    /// An order was imported that had been called off before the hub ever saw it. Its units were never taken out of the
    /// bound, so the bound stands; but a reading from before that may show a gap that has been filled again.
    ///
    /// Answers whether a new reading is needed. What was put back while one was under way may not be in it.
    pub fn came_and_went(&mut self, called_off_at: Timestamp) -> bool {
        let seen_from = called_off_at.plus(CLOCK_SKEW);
        if self.anchor.is_none_or(|a| seen_from < a.asked_at) {
            return false;
        }
        self.anchor = None;
        self.settled = false;
        if let Some(write) = &mut self.write {
            write.prior = None;
        }
        true
    }

    /// The channel was read. Older readings than the last are ignored.
    ///
    /// The first reading of a listing is its bound: what it sold before, it sold before the hub knew it. The offer is
    /// [known](Self::known) once that is imported.
    pub fn read(&mut self, quantity: i64, when: impl Into<ReadTime>) {
        let ReadTime { asked_at, at } = when.into();
        if self.shown.is_some_and(|s| s.at > at) {
            return;
        }
        // More than there could be: somebody raised it, or this is the first reading. Believe it at once; settling tells
        // the rest. A write under way may still land on top of it.
        let landing = match &self.write {
            Some(write) if quantity > write.most() => write.may_add(),
            _ => 0,
        };
        if quantity + landing > self.exposure {
            self.exposure = quantity + landing;
            self.settled = false;
            self.anchor = None;
            // Nor does a refusal of the write take back what somebody raised.
            if let Some(write) = &mut self.write {
                write.prior_exposure = write.prior_exposure.max(quantity);
            }
        }
        self.shown = Some(Shown { quantity, at });
        let next = Anchor {
            quantity,
            asked_at,
            at,
            sold_since: 0,
        };
        let better = match (&self.anchor, &self.write) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(kept), Some(write)) => !Self::proves(write, kept) && (Self::proves(write, &next)),
        };
        if better {
            self.anchor = Some(next);
        }
    }

    /// Whether a reading proves that a write has landed, whatever was sold unseen within the margin.
    fn proves(write: &Write, reading: &Anchor) -> bool {
        if reading.asked_at <= write.sent_at {
            return false;
        }
        // The channel's own word for it, and a look at it since.
        if write.state == WriteState::Applied {
            return true;
        }
        // Above what could be there without the write. A relative one lands on top of whatever that is.
        let beyond = reading.quantity > write.prior_exposure + reading.sold_since;
        if write.mode != WriteMode::Absolute {
            let emptied = write.quantity == 0 && reading.quantity == 0;
            let raised = beyond && (write.mode == WriteMode::Relative || reading.quantity <= write.quantity);
            return raised || emptied;
        }
        reading.quantity <= write.quantity
            && (beyond
                || (write.quantity == 0 && reading.quantity == 0)
                || (reading.quantity >= write.quantity - write.margin
                    && write
                        .prior
                        .is_some_and(|prior| reading.quantity < prior + reading.sold_since - write.margin)))
    }

    /// Whether the last reading shows the expected quantity, be it settled or not.
    pub fn verified(&self) -> bool {
        self.shown.is_some_and(|shown| match &self.write {
            Some(write) => shown.at > write.sent_at && Some(shown.quantity) == self.expected(),
            None => self.settled || self.anchor.is_some_and(|a| Some(a.rest()) == self.expected()),
        })
    }

    /// Whether another reading is needed to get on.
    pub fn wants_reading(&self) -> bool {
        match (&self.write, &self.anchor) {
            (_, None) => !self.settled,
            (Some(write), Some(anchor)) => !Self::proves(write, anchor),
            (None, Some(_)) => false,
        }
    }

    /// Whether settling says nothing new: the bound is exact and the reading shows just that.
    ///
    /// For anything else every order *placed* before the reading has to be in. A search for changed orders does not prove
    /// that: one that was placed long ago and has just changed is in no answer for a while.
    pub fn confirmed(&self) -> bool {
        self.settled && self.write.is_none() && self.anchor.is_some_and(|a| a.rest() == self.exposure)
    }

    /// Makes the bound exact if everything for that is in: a reading, every order placed before it, and a proof that
    /// the write under way has landed or never will.
    ///
    /// `complete_until` is the instant up to which the channel has vouched for its orders and all were imported: by when
    /// they were placed, unless the offer is [confirmed](Self::confirmed).
    pub fn settle(&mut self, complete_until: Timestamp, timing: Timing) -> Settled {
        let Some(anchor) = self.anchor else {
            return Settled::NotYet;
        };
        if complete_until < anchor.at.plus(timing.order_visibility).plus(CLOCK_SKEW) {
            return Settled::NotYet;
        }
        let Some(write) = self.write else {
            return self.settle_on(anchor, None);
        };
        // With every sale before the reading imported, the quantity itself tells: had the write not landed by then, it
        // would be what it was before, less those sales.
        // A number that is neither that nor what the write left is somebody else's, and the write may land yet; also one
        // that could not be there without the write.
        let without_write = write.prior.map(|p| p + anchor.sold_since);
        let as_written = (write.quantity - write.sold_since..=write.quantity).contains(&anchor.quantity);
        let proved = Self::proves(&write, &anchor);
        let landed = match write.mode {
            WriteMode::Relative => {
                proved || without_write.is_some_and(|without| anchor.quantity == without + write.change())
            }
            _ => as_written && (proved || without_write.is_some_and(|without| anchor.quantity != without)),
        };
        // One that has no answer yet may not even have left.
        let too_late =
            write.state != WriteState::Sent && anchor.asked_at >= write.sent_at.plus(timing.write_apply);
        if anchor.asked_at > write.sent_at && (landed || too_late) {
            return self.settle_on(anchor, Some((write, landed || as_written)));
        }
        self.anchor = None;
        Settled::NotYet
    }

    /// Whether a reading can be what is left of the quantity before a write, had the write never landed. Where that
    /// quantity is not known exactly, whatever the bound allows.
    fn without(write: &Write, reading: &Anchor) -> bool {
        match write.prior {
            Some(prior) => reading.quantity == prior + reading.sold_since,
            None => reading.quantity <= write.prior_exposure + reading.sold_since,
        }
    }

    fn settle_on(&mut self, anchor: Anchor, write: Option<(Write, bool)>) -> Settled {
        let before = if self.settled { self.expected() } else { None };
        self.write = None;
        self.anchor = None;
        self.settled = true;
        self.since = anchor.at;
        self.exposure = anchor.rest();
        match write {
            Some((write, false)) if anchor.quantity != write.quantity => {
                let (expected, shown) = (write.quantity, anchor.quantity);
                match write.state {
                    _ if !Self::without(&write, &anchor) => Settled::Drift { expected, shown },
                    WriteState::Unknown => Settled::Lost,
                    _ => Settled::NeverApplied {
                        wanted: expected,
                        shown,
                    },
                }
            }
            Some((write, _)) if anchor.quantity > write.quantity => Settled::Drift {
                expected: write.quantity,
                shown: anchor.quantity,
            },
            None if before.is_some_and(|expected| expected != anchor.rest()) => Settled::Drift {
                expected: before.unwrap_or(0),
                shown: anchor.quantity,
            },
            _ => Settled::AsExpected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PushId;
    use crate::ids::Id;

    const TIMING: Timing = Timing {
        order_visibility: Duration::from_secs(60),
        write_apply: Duration::from_secs(30),
    };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + secs)
    }

    fn push() -> PushId {
        PushId::from_uuid(uuid::Uuid::from_u128(9))
    }

    fn settled(quantity: i64) -> Offer {
        let mut offer = Offer::default();
        offer.read(quantity, at(0));
        assert_eq!(offer.settle(at(200), TIMING), Settled::AsExpected);
        offer
    }

    #[test]
    fn a_sale_needs_no_push_to_its_own_channel() {
        let mut offer = settled(5);
        assert_eq!(offer.sale(2, at(300)), None);
        assert_eq!((offer.exposure, offer.expected()), (3, Some(3)));
    }

    #[test]
    fn an_absolute_write_may_add_to_what_is_sold_unseen() {
        // The hard case: 5 shown, one sold unseen, "3" written. The channel can sell 3 more, 4 in all.
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 3, 5, at(300));
        assert_eq!(offer.exposure, 8, "all five may be gone already");
        offer.answered(push(), WriteState::Accepted, at(300));
        assert_eq!(offer.sale(1, at(299)), None);
        assert_eq!((offer.exposure, offer.expected()), (7, Some(3)));
        offer.read(3, at(310));
        assert_eq!(
            offer.settle(at(320), TIMING),
            Settled::NotYet,
            "orders up to the reading may be missing"
        );
        // Now every sale before the reading is in: had the write not landed, 4 would have been read.
        assert_eq!(offer.settle(at(400), TIMING), Settled::AsExpected);
        assert_eq!(offer.exposure, 3);
    }

    #[test]
    fn draining_costs_no_exposure_and_settles_to_nothing() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 0, 5, at(300));
        assert_eq!(offer.exposure, 5);
        offer.read(0, at(303));
        offer.sale(2, at(301));
        assert_eq!(offer.settle(at(400), TIMING), Settled::AsExpected);
        assert_eq!(offer.exposure, 0);
    }

    #[test]
    fn a_refused_write_changes_nothing_and_a_lost_answer_keeps_the_bound() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 9, 5, at(300));
        assert_eq!(offer.exposure, 14);
        offer.sale(1, at(301));
        offer.not_applied(push());
        assert_eq!((offer.exposure, offer.settled, offer.write), (4, true, None));
        offer.send(push(), WriteMode::Absolute, 9, 4, at(310));
        offer.answered(push(), WriteState::Unknown, at(310));
        assert_eq!(offer.exposure, 13);
    }

    #[test]
    fn a_raise_is_proved_by_the_reading_and_a_silent_refusal_by_time() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 9, 5, at(300));
        offer.read(9, at(302));
        assert!(offer.verified());
        assert_eq!(offer.settle(at(380), TIMING), Settled::AsExpected);

        offer.send(push(), WriteMode::Absolute, 20, 9, at(400));
        offer.answered(push(), WriteState::Accepted, at(400));
        offer.read(9, at(405));
        assert!(!offer.verified() && offer.wants_reading());
        assert_eq!(offer.settle(at(480), TIMING), Settled::NotYet);
        offer.read(9, at(431));
        assert_eq!(
            offer.settle(at(500), TIMING),
            Settled::NeverApplied { wanted: 20, shown: 9 }
        );
        assert_eq!((offer.exposure, offer.expected()), (9, Some(9)));
    }

    #[test]
    fn a_lost_write_is_told_from_somebody_elses_number() {
        let shows = |quantity, state| {
            let mut offer = settled(5);
            offer.send(push(), WriteMode::Absolute, 9, 5, at(300));
            offer.answered(push(), state, at(300));
            offer.sale(1, at(310));
            offer.read(quantity, at(340));
            offer.settle(at(500), TIMING)
        };
        let (wanted, expected) = (9, 9);
        let never = Settled::NeverApplied { wanted, shown: 4 };
        assert_eq!(shows(4, WriteState::Accepted), never, "the channel took it in");
        assert_eq!(
            shows(4, WriteState::Unknown),
            Settled::Lost,
            "it may never have arrived"
        );
        for state in [WriteState::Accepted, WriteState::Unknown] {
            for shown in [2, 30] {
                assert_eq!(shows(shown, state), Settled::Drift { expected, shown });
            }
        }
    }

    #[test]
    fn a_number_that_the_write_cannot_have_left_is_not_its_proof() {
        // Nothing was shown and 3 is on its way; another tool writes 1 before it lands.
        let mut offer = settled(0);
        offer.send(push(), WriteMode::Absolute, 3, 0, at(300));
        offer.answered(push(), WriteState::Accepted, at(301));
        offer.read(1, at(303));
        assert_eq!(offer.settle(at(400), TIMING), Settled::NotYet);
        assert_eq!(offer.exposure, 3, "the 3 may land yet");
        offer.read(3, at(410));
        assert_eq!(offer.settle(at(500), TIMING), Settled::AsExpected);
    }

    #[test]
    fn a_write_that_leaves_late_is_waited_for() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 9, 5, at(300));
        offer.read(5, at(340));
        assert_eq!(
            offer.settle(at(500), TIMING),
            Settled::NotYet,
            "it may not even have left"
        );
        offer.answered(push(), WriteState::Unknown, at(345));
        offer.read(5, at(360));
        assert_eq!(
            offer.settle(at(500), TIMING),
            Settled::NotYet,
            "it left at 345 at the latest"
        );
        offer.read(5, at(380));
        assert_eq!(offer.settle(at(500), TIMING), Settled::Lost);
    }

    #[test]
    fn an_offer_is_known_when_what_was_sold_before_is_in() {
        let mut offer = Offer::default();
        offer.read(5, at(0));
        assert!(!offer.known());
        assert_eq!(offer.sale(2, at(-10)), None);
        assert_eq!(offer.exposure, 5, "sold before anybody looked");
        assert_eq!(offer.sale(1, at(10)), None);
        assert_eq!(offer.exposure, 4);
        offer.settle(at(100), TIMING);
        assert!(offer.known());
    }

    #[test]
    fn somebody_elses_change_is_drift() {
        let mut offer = settled(5);
        offer.read(50, at(300));
        assert_eq!(offer.exposure, 50, "believed at once");
        offer.sale(1, at(310));
        assert_eq!(offer.settle(at(400), TIMING), Settled::AsExpected);
        let mut offer = settled(5);
        offer.sale(9, at(300));
        assert_eq!(offer.exposure, 0);
    }

    #[test]
    fn a_sale_beyond_the_bound_is_a_breach() {
        let mut offer = settled(2);
        assert_eq!(offer.sale(3, at(300)), Some(Breach { units: 1 }));
    }

    #[test]
    fn a_cancellation_may_bring_units_back() {
        let mut offer = settled(5);
        offer.sale(2, at(300));
        offer.give_back(2);
        assert_eq!((offer.exposure, offer.settled), (5, false));
    }

    #[test]
    fn sales_after_a_reading_do_not_make_it_a_proof() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 6, 5, at(300));
        offer.read(5, at(310));
        // Imported later, placed after the reading: that it then showed 5 says nothing about the 6.
        offer.sale(1, at(400));
        assert_eq!(offer.settle(at(600), TIMING), Settled::NotYet);
        assert!(
            offer.exposure >= 10,
            "5 may be sold, and 6 may land yet: {}",
            offer.exposure
        );
    }

    #[test]
    fn a_sale_at_the_moment_of_a_reading_unmakes_it_as_a_proof() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 6, 5, at(300));
        offer.read(5, at(310));
        offer.sale(1, at(309));
        assert_eq!((offer.anchor, offer.wants_reading()), (None, true));
    }

    #[test]
    fn what_a_sale_at_the_moment_of_a_reading_leaves_is_not_taken_for_known() {
        // The reading of 5 may have been taken before or after the sale.
        let mut offer = settled(5);
        offer.read(5, at(300));
        offer.sale(1, at(301));
        assert_eq!(offer.settle(at(400), TIMING), Settled::NotYet);
        assert_eq!((offer.exposure, offer.settled), (4, true), "as known from before");

        let mut slow = settled(5);
        let under_way = ReadTime {
            asked_at: at(300),
            at: at(330),
        };
        slow.read(5, under_way);
        slow.sale(1, at(310));
        assert_eq!(
            (slow.anchor, slow.exposure),
            (None, 4),
            "sold while it was under way"
        );

        let mut first = Offer::default();
        first.read(5, at(0));
        assert_eq!(first.sale(1, at(1)), None);
        assert_eq!((first.exposure, first.wants_reading()), (5, true));
        first.read(4, at(10));
        assert_eq!(first.settle(at(100), TIMING), Settled::AsExpected);
        assert_eq!(first.exposure, 4);

        let mut empty = settled(1);
        empty.read(0, at(300));
        empty.sale(1, at(299));
        assert_eq!(
            empty.settle(at(400), TIMING),
            Settled::AsExpected,
            "nothing is left to tell"
        );
    }

    #[test]
    fn somebody_elses_number_does_not_prove_a_write() {
        let mut offer = settled(5);
        offer.send(push(), WriteMode::Absolute, 9, 5, at(300));
        offer.read(2, at(310));
        assert_eq!(offer.settle(at(400), TIMING), Settled::NotYet);
        assert_eq!(offer.exposure, 14, "the 9 may land yet");
    }

    #[test]
    fn a_gap_that_was_filled_again_is_not_settled_on() {
        // Sold, read, called off and put back on sale, all before the hub saw the order.
        let mut offer = settled(5);
        offer.read(4, at(310));
        assert!(offer.came_and_went(at(320)));
        assert_eq!(offer.settle(at(500), TIMING), Settled::NotYet);
        assert_eq!((offer.exposure, offer.wants_reading()), (5, true));
        let slow = ReadTime {
            asked_at: at(315),
            at: at(330),
        };
        offer.read(4, slow);
        assert!(
            offer.came_and_went(at(320)),
            "the answer may have been on its way while the units were put back"
        );
        offer.read(5, at(331));
        assert!(!offer.came_and_went(at(320)), "the reading has seen it all");
    }

    #[test]
    fn only_what_says_nothing_new_is_confirmed() {
        let mut offer = settled(5);
        offer.read(5, at(310));
        assert!(offer.confirmed());
        let mut offer = settled(5);
        offer.read(4, at(310));
        assert!(!offer.confirmed(), "a sale that nobody has seen");
    }

    #[test]
    fn the_unseen_bound_is_certain_when_units_are_scarce() {
        assert_eq!(unseen_bound(3, 0, TIMING), 3);
        assert_eq!(unseen_bound(500, 0, TIMING), SURE);
        assert!(unseen_bound(500, 86_400, TIMING) >= 4 * 90, "four times the pace");
    }
}
