//! The guards of the protocol where the store carries it out, each a function of its own: see
//! [`stockbridge_domain::guards`].

use stockbridge_domain::channel::{Change, OrderTime, WriteMode};
use stockbridge_domain::exposure::Decision;
use stockbridge_domain::guards::{Guard, Guards};
use stockbridge_domain::offer::{Offer, WriteState};
use stockbridge_domain::{PushId, Timestamp};

/// Records a write in the offer: attempt, mode, quantity and units that may be sold unseen. Answers what to ask of the
/// channel.
pub(super) fn send(
    guards: Guards,
    offer: &mut Offer,
    write: (PushId, WriteMode, i64, i64),
    now: Timestamp,
) -> Change {
    let (push, mode, quantity, unseen) = write;
    let bound = offer.exposure;
    let change = offer.send(push, mode, quantity, unseen_margin(guards, unseen), now);
    count_in_flight(guards, offer, bound);
    change
}

/// [`Guard::CountInFlight`]: the bound that a recorded write has raised stays raised.
fn count_in_flight(guards: Guards, offer: &mut Offer, before: i64) {
    if !guards.on(Guard::CountInFlight) {
        offer.exposure = before;
    }
}

/// [`Guard::UnseenMargin`]: what comes on top of a write.
fn unseen_margin(guards: Guards, unseen: i64) -> i64 {
    if guards.on(Guard::UnseenMargin) { unseen } else { 0 }
}

/// [`Guard::DecideAnew`]: the decision made under the lock counts, not the quantity that was due.
pub(super) fn decide_anew(guards: Guards, offer: &Offer, decision: Decision, due: Option<i64>) -> Decision {
    match due {
        Some(quantity) if !guards.on(Guard::DecideAnew) => Decision::Write {
            quantity,
            unseen: offer.exposure,
        },
        _ => decision,
    }
}

/// [`Guard::KeepUnknown`]: a write whose answer got lost may have been applied.
pub(super) fn keep_unknown(guards: Guards, offer: &mut Offer, push: PushId, now: Timestamp) {
    if guards.on(Guard::KeepUnknown) {
        offer.answered(push, WriteState::Unknown, now);
    } else {
        offer.not_applied(push);
    }
}

/// [`Guard::AwaitProof`]: an accepted write is a promise.
pub(super) fn await_proof(guards: Guards, offer: &mut Offer, push: PushId, now: Timestamp) {
    offer.answered(push, WriteState::Accepted, now);
    if !guards.on(Guard::AwaitProof)
        && let Some(write) = offer.write.take()
    {
        offer.exposure = write.quantity;
        offer.settled = true;
    }
}

/// [`Guard::WaitForOrders`]: up to when every order is in.
pub(super) fn wait_for_orders(guards: Guards, complete_until: Timestamp) -> Timestamp {
    if guards.on(Guard::WaitForOrders) {
        complete_until
    } else {
        Timestamp::MAX
    }
}

/// [`Guard::AskForPlaced`]: whether placed orders have to be read before this offer can be settled.
pub(super) fn ask_for_placed(guards: Guards, by: OrderTime, offer: &Offer) -> bool {
    by == OrderTime::Updated && !offer.confirmed() && guards.on(Guard::AskForPlaced)
}

/// [`Guard::TakeBack`]: whether a decision to lower is carried out.
pub(super) fn take_back(guards: Guards, offer: &Offer, decision: Decision) -> Decision {
    match decision {
        Decision::Write { quantity, .. }
            if !guards.on(Guard::TakeBack) && offer.expected().is_some_and(|e| quantity < e) =>
        {
            Decision::Keep
        }
        _ => decision,
    }
}

/// [`Guard::LateSale`]: when a sale counts as placed.
pub(crate) fn late_sale(guards: Guards, placed_at: Timestamp) -> Timestamp {
    if guards.on(Guard::LateSale) {
        placed_at
    } else {
        Timestamp::MAX
    }
}

/// [`Guard::OfferAgain`]: the channel may offer units again that were called off.
pub(crate) fn offer_again(guards: Guards, offer: &mut Offer, units: i64) {
    if guards.on(Guard::OfferAgain) {
        offer.give_back(units);
    }
}

/// [`Guard::DoubtGap`]: answers whether a new reading is needed.
pub(crate) fn doubt_gap(guards: Guards, offer: &mut Offer, called_off_at: Timestamp) -> bool {
    guards.on(Guard::DoubtGap) && offer.came_and_went(called_off_at)
}
