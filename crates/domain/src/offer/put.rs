//! How a write is put to the channel, and what that says about the bound.
//!
//! A bound of `e` covers what is sold unseen and what is still for sale. Of a channel that shows `q`, at most `e - q` units
//! can be sold unseen at that moment. So
//!
//! - an **absolute** write of `n` may land on top of anything sold unseen: `n` plus the margin for that;
//! - a **compare-and-set** from `q` to `n` lands only while exactly `q` is shown, so only on top of `e - q`: of nothing, when
//!   the bound is exact;
//! - a **relative** write by `d` moves whatever is there, so the bound moves by `d` and needs no margin.
//!
//! Until the channel has answered, each may also not have landed, so the bound is never below what it was before. A
//! channel that answers only after the change ([`Offer::applied`]) ends that at once: units taken back are free in the
//! moment of its answer, without draining and without waiting for late orders.

use super::{Offer, Write, WriteState};
use crate::channel::{Change, WriteMode};
use crate::{PushId, Timestamp};

impl Write {
    /// By how much it changes what it was meant to change.
    pub fn change(&self) -> i64 {
        self.quantity - self.from
    }

    /// The most that can be for sale while it is under way, unless somebody else offers units.
    pub(super) fn most(&self) -> i64 {
        match self.mode {
            WriteMode::Relative => self.prior_exposure + self.change().max(0),
            WriteMode::Absolute | WriteMode::CompareAndSet => self.quantity.max(self.prior_exposure),
        }
    }

    /// What may be for sale in addition to what somebody else offered, once it lands.
    pub(super) fn may_add(&self) -> i64 {
        match (self.state, self.mode) {
            (WriteState::Applied, _) => 0,
            (_, WriteMode::Relative) => self.change().max(0),
            (_, WriteMode::Absolute | WriteMode::CompareAndSet) => self.quantity,
        }
    }
}

impl Offer {
    /// What the channel shows now as far as readings tell, for a write that compares with it or changes it. `None` when a
    /// new reading has to tell first.
    ///
    /// Lower than [`expected`](Self::expected) when something was sold that is not imported yet.
    pub fn believed(&self) -> Option<i64> {
        let read = self.anchor.map(|anchor| {
            let later = self.shown.filter(|shown| shown.at > anchor.at);
            later.map_or(anchor.rest(), |shown| shown.quantity.min(anchor.rest()))
        });
        let exact = self.exposure_if_exact();
        read.or(exact).map(|quantity| quantity.min(self.exposure))
    }

    fn exposure_if_exact(&self) -> Option<i64> {
        (self.settled && self.write.is_none() && self.shown.is_some()).then_some(self.exposure)
    }

    /// What a write compares with. Where nothing is believed, the bound itself: if that is what is shown, nothing was sold
    /// unseen.
    pub(super) fn compared(&self) -> i64 {
        self.believed().unwrap_or(self.exposure)
    }

    /// Units that may come on top of a write once it has landed, if at most `unseen` are sold unseen before it does.
    pub fn margin(&self, mode: WriteMode, unseen: i64) -> i64 {
        let unseen_now = (self.exposure - self.compared()).max(0);
        match mode {
            WriteMode::Absolute => unseen.min(self.exposure),
            WriteMode::CompareAndSet => unseen.min(unseen_now),
            WriteMode::Relative => unseen_now,
        }
    }

    /// The bound right after a write of `quantity` has left, with at most `unseen` units sold unseen before it lands.
    ///
    /// The write may never land (so not below the present bound), and what it replaces may have been sold (so the margin
    /// comes on top).
    pub fn exposure_if_sent(&self, mode: WriteMode, quantity: i64, unseen: i64) -> i64 {
        self.exposure.max(quantity + self.margin(mode, unseen))
    }

    /// Records a write before its first byte leaves, and says what to ask of the channel. `unseen` is the most units that
    /// may be sold unseen before it lands; the bound rises as [`Self::exposure_if_sent`] says.
    pub fn send(
        &mut self,
        push: PushId,
        mode: WriteMode,
        quantity: i64,
        unseen: i64,
        at: Timestamp,
    ) -> Change {
        let from = self.compared();
        let prior = if self.settled { self.expected() } else { None };
        let (prior_exposure, margin) = (self.exposure, self.margin(mode, unseen));
        self.exposure = self.exposure_if_sent(mode, quantity, unseen);
        self.settled = false;
        self.anchor = None;
        self.write = Some(Write {
            push,
            mode,
            quantity,
            from,
            sent_at: at,
            state: WriteState::Sent,
            sold_since: 0,
            prior,
            prior_exposure,
            margin,
        });
        mode.change(from, quantity)
    }

    /// The channel took the write in, or its answer got lost; `at` is when that was certain. Ignores answers to any other
    /// write.
    pub fn answered(&mut self, push: PushId, state: WriteState, at: Timestamp) {
        if let Some(write) = self.write.as_mut().filter(|w| w.push == push) {
            write.state = state;
            write.sent_at = write.sent_at.max(at);
        }
    }

    /// The write was refused or never left: it surely changes nothing.
    pub fn not_applied(&mut self, push: PushId) {
        if let Some(write) = self.write.take_if(|w| w.push == push) {
            self.exposure = write.prior_exposure;
            self.settled = write.prior.is_some();
        }
    }

    /// The channel says that the write is in force; `at` is when its answer was in. Ignores answers to any other write.
    ///
    /// From here on nothing of what was there before can be bought, so the bound falls to what the write has left: what it
    /// was before, changed as the write changes it. Not for an absolute write, which may have wiped out sales.
    pub fn applied(&mut self, push: PushId, at: Timestamp) {
        self.answered(push, WriteState::Applied, at);
        if let Some(write) = self
            .write
            .filter(|w| w.push == push && w.mode != WriteMode::Absolute)
        {
            let landed = (write.prior_exposure + write.change()).max(write.quantity - write.sold_since);
            self.exposure = self.exposure.min(landed.max(0));
        }
    }

    /// The channel refused the write because it shows another quantity than the write was made for: nothing changed.
    ///
    /// What it shows, if it said so, is a reading; if it did not, a reading is needed before anything else is written.
    pub fn differs(&mut self, push: PushId, shown: Option<i64>, at: Timestamp) {
        if self.write.is_none_or(|write| write.push != push) {
            return;
        }
        self.not_applied(push);
        if let Some(quantity) = shown {
            self.read(quantity, at);
        }
        if self.anchor.is_none() {
            self.settled = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::channel::Timing;
    use crate::ids::Id;
    use crate::offer::{SURE, Settled};

    const TIMING: Timing = Timing {
        order_visibility: Duration::from_secs(60),
        write_apply: Duration::from_secs(30),
    };
    const CAS: WriteMode = WriteMode::CompareAndSet;
    const BY: WriteMode = WriteMode::Relative;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + secs)
    }

    fn push(number: u128) -> PushId {
        PushId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn settled(quantity: i64) -> Offer {
        let mut offer = Offer::default();
        offer.read(quantity, at(0));
        assert_eq!(offer.settle(at(200), TIMING), Settled::AsExpected);
        offer
    }

    #[test]
    fn a_comparison_with_an_exact_bound_needs_no_margin() {
        let offer = settled(5);
        assert_eq!(offer.exposure_if_sent(WriteMode::Absolute, 3, SURE), 8);
        assert_eq!(offer.exposure_if_sent(CAS, 3, SURE), 5);
        assert_eq!(offer.exposure_if_sent(CAS, 9, SURE), 9);
        assert_eq!(offer.exposure_if_sent(BY, 9, SURE), 9);
    }

    #[test]
    fn a_comparison_covers_what_may_be_sold_unseen_already() {
        // Eight at most, five of them shown: up to three are sold unseen, and stay so when five become seven.
        let mut offer = settled(8);
        offer.read(5, at(300));
        assert_eq!((offer.exposure, offer.believed()), (8, Some(5)));
        assert_eq!(offer.exposure_if_sent(CAS, 7, SURE), 10);
        assert_eq!(offer.send(push(1), CAS, 7, SURE, at(301)), Change::From(5));
        offer.sale(3, at(299));
        assert_eq!(offer.exposure, 7);
    }

    #[test]
    fn units_taken_back_are_free_at_the_answer() {
        for (mode, asked) in [(CAS, Change::From(5)), (BY, Change::By(-3))] {
            let mut offer = settled(5);
            assert_eq!(offer.send(push(1), mode, 2, SURE, at(300)), asked);
            assert_eq!(offer.exposure, 5, "it may not land");
            offer.applied(push(1), at(301));
            assert_eq!(offer.exposure, 2, "{mode}");
            offer.read(2, at(302));
            assert!(offer.verified() && !offer.wants_reading());
            assert_eq!(offer.settle(at(400), TIMING), Settled::AsExpected);
            assert_eq!(offer.exposure, 2);
        }
    }

    #[test]
    fn sales_and_cancellations_on_the_way_stay_in_the_bound() {
        let mut offer = settled(5);
        offer.send(push(1), BY, 2, SURE, at(300));
        offer.sale(1, at(300));
        offer.applied(push(1), at(301));
        assert_eq!(offer.exposure, 1, "one sold, one left");
        let mut offer = settled(5);
        offer.send(push(1), CAS, 2, SURE, at(300));
        offer.give_back(2);
        offer.applied(push(1), at(301));
        assert_eq!(offer.exposure, 4);
    }

    #[test]
    fn an_absolute_write_in_force_may_still_hide_sales() {
        let mut offer = settled(5);
        offer.send(push(1), WriteMode::Absolute, 3, SURE, at(300));
        offer.applied(push(1), at(301));
        assert_eq!(offer.exposure, 8);
    }

    #[test]
    fn a_refused_comparison_is_a_reading_and_not_an_attempt() {
        let mut offer = settled(5);
        offer.send(push(1), CAS, 9, SURE, at(300));
        offer.differs(push(1), Some(4), at(301));
        assert_eq!(
            (offer.write, offer.exposure, offer.believed()),
            (None, 5, Some(4))
        );
        assert_eq!(
            offer.send(push(2), CAS, 9, SURE, at(302)),
            Change::From(4),
            "not the same again"
        );
        assert_eq!(offer.exposure, 10, "one may be sold unseen");
        offer.differs(push(1), Some(7), at(303));
        assert_eq!(
            offer.write.unwrap().push,
            push(2),
            "an old answer changes nothing"
        );
    }

    #[test]
    fn a_refusal_that_shows_nothing_asks_for_a_reading() {
        let mut offer = settled(5);
        offer.send(push(1), CAS, 9, SURE, at(300));
        offer.differs(push(1), None, at(301));
        assert_eq!(
            (offer.exposure, offer.believed(), offer.wants_reading()),
            (5, None, true)
        );
        offer.read(4, at(302));
        assert_eq!(offer.believed(), Some(4));
    }

    #[test]
    fn a_lost_answer_stays_an_upper_bound_until_it_is_looked_up() {
        let mut offer = settled(5);
        offer.send(push(1), CAS, 9, SURE, at(300));
        offer.answered(push(1), WriteState::Unknown, at(301));
        assert_eq!(offer.exposure, 9);
        // Sold down to exactly what it would be had the write landed: no proof, whatever mode it was.
        offer.read(4, at(302));
        assert_eq!(offer.settle(at(320), TIMING), Settled::NotYet);
        offer.sale(1, at(299));
        assert_eq!(offer.settle(at(400), TIMING), Settled::NotYet, "it may land yet");
        offer.read(4, at(340));
        assert_eq!(offer.settle(at(500), TIMING), Settled::Lost);
        assert_eq!(offer.exposure, 4);
    }

    #[test]
    fn a_relative_change_is_proved_by_the_sum_of_it_and_the_sales() {
        let mut offer = settled(5);
        offer.send(push(1), BY, 3, SURE, at(300));
        offer.answered(push(1), WriteState::Unknown, at(301));
        offer.sale(1, at(300));
        offer.read(2, at(302));
        assert_eq!(offer.exposure, 4, "until it is proved that two were taken away");
        assert_eq!(offer.settle(at(400), TIMING), Settled::AsExpected);
        assert_eq!(offer.exposure, 2);
    }

    #[test]
    fn what_somebody_raised_outlives_a_refusal() {
        let mut offer = settled(5);
        offer.send(push(1), CAS, 2, SURE, at(300));
        offer.read(50, at(301));
        offer.not_applied(push(1));
        assert_eq!(offer.exposure, 50);
    }
}
