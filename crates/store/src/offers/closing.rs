//! Answers to writes: what became of them, and what has to be done about it.

use std::time::Duration;

use stockbridge_domain::guards::Guards;
use stockbridge_domain::latency::PromiseStep;
use stockbridge_domain::offer::{Offer, WriteState};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{ListingId, ProductId, PushId, Quantity, Timestamp};

use super::guarded;
use super::places::shown_text;
use super::planning::due_priority;
use crate::db::Value;
use crate::listings_row::{OFFER_ASSIGNMENTS, offer_values};
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

/// How long a listing whose write was refused for good is left alone before the same is tried again.
const REFUSED_PAUSE: Duration = Duration::from_secs(900);

/// Whether quantities at a channel's locations tell something: some, and none that cannot be.
fn can_be(places: &[PlaceUnits]) -> bool {
    let most = i64::from(Quantity::MAX);
    !places.is_empty() && places.iter().all(|p| (0..=most).contains(&p.quantity))
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken in for processing.
    Accepted,
    /// In force.
    Applied,
    /// Not made, because the channel shows another quantity than the one it was made for.
    Differs {
        /// What it shows, if it said so.
        shown: Option<i64>,
        /// What it shows at each of its locations, if it has several and said so.
        places: Vec<PlaceUnits>,
        /// What it said.
        message: String,
    },
    /// It may have been applied.
    Unknown(String),
    /// It never left, for want of budget: due again, and not remembered as an attempt.
    Postponed,
    /// It was turned away for now: due again.
    Later(String),
    /// Refused for good: a person has to see it.
    Refused(String),
}

/// A write and its answer.
#[derive(Debug, Clone)]
pub struct WriteAnswer {
    /// The listing.
    pub listing: ListingId,
    /// The attempt.
    pub push: PushId,
    /// What became of it.
    pub answer: Answer,
}

impl TenantTx {
    /// Closes writes by their answers. What did not go through is due again; a refusal has its product planned anew,
    /// because others may use what it leaves free.
    ///
    /// # Errors
    /// When the database refuses; the writes then stay recorded as on their way and are read back later.
    pub async fn finish_writes(&mut self, answers: &[WriteAnswer]) -> Result<(), StoreError> {
        let ids: Vec<String> = answers.iter().map(|a| a.listing.to_string()).collect();
        let mut offers = self.lock_offers(ids, Wait::Yes).await?;
        let mut closed = Closed::default();
        for answer in answers {
            if let Some((product, offer)) = offers.get_mut(&answer.listing) {
                self.close_write(answer, *product, offer, &mut closed)?;
            }
        }
        let accepted = answers
            .iter()
            .filter(|write| matches!(write.answer, Answer::Accepted | Answer::Applied));
        let accepted: Vec<PushId> = accepted.map(|write| write.push).collect();
        self.measure_pushes(&accepted, PromiseStep::Acknowledged, self.env.now())
            .await?;
        self.write_closed(closed).await
    }

    fn close_write(
        &self,
        write: &WriteAnswer,
        product: Option<ProductId>,
        offer: &mut Offer,
        closed: &mut Closed,
    ) -> Result<(), StoreError> {
        let now = self.env.now();
        let wanted = offer.write.filter(|w| w.push == write.push).map(|w| w.quantity);
        let bound = offer.exposure;
        let (outcome, message, not_before) = close(offer, write.push, &write.answer, now, self.env.guards());
        match (&write.answer, wanted) {
            (Answer::Later(_) | Answer::Postponed, Some(quantity)) => {
                let priority = due_priority(offer.expected().unwrap_or(0), quantity);
                closed.due.push(vec![
                    self.key(),
                    write.listing.into(),
                    quantity.into(),
                    priority.0.into(),
                ]);
            }
            (Answer::Refused(_) | Answer::Differs { .. }, _) => closed.dirty.extend(product),
            // What it took back is free for others from now on.
            (Answer::Applied, _) if offer.exposure < bound => closed.dirty.extend(product),
            _ => {}
        }
        // That others sold meanwhile is no problem anybody has to look at.
        let problem = message.filter(|_| !matches!(write.answer, Answer::Differs { .. }));
        let mut values = vec![self.key(), write.listing.into()];
        values.extend(offer_values(offer));
        values.extend([not_before.into(), problem.into(), problem.map(|_| now).into()]);
        let places = match &write.answer {
            Answer::Differs { places, .. } if can_be(places) => Some(shown_text(places)?),
            _ => None,
        };
        values.push(places.into());
        closed.listings.push(values);
        match write.answer {
            Answer::Postponed => closed.forgotten.push(vec![self.key(), write.push.into()]),
            _ => closed.pushes.push(vec![
                self.key(),
                write.push.into(),
                now.into(),
                outcome.into(),
                message.into(),
            ]),
        }
        Ok(())
    }

    async fn write_closed(&mut self, closed: Closed) -> Result<(), StoreError> {
        let Closed {
            listings,
            due,
            pushes,
            forgotten,
            dirty,
        } = closed;
        let listing = format!(
            "UPDATE listings SET {OFFER_ASSIGNMENTS}, not_before = $22, last_problem = $23, problem_at = $24, places_shown = COALESCE($25, places_shown) \
             WHERE tenant_id = $1 AND id = $2"
        );
        self.tx.exec_many(&listing, &listings).await?;
        let again = "UPDATE listings SET due_qty = $3, due_priority = $4 WHERE tenant_id = $1 AND id = $2";
        self.tx.exec_many(again, &due).await?;
        let answered =
            "UPDATE pushes SET answered_at = $3, outcome = $4, message = $5 WHERE tenant_id = $1 AND id = $2";
        self.tx.exec_many(answered, &pushes).await?;
        self.tx
            .exec_many("DELETE FROM pushes WHERE tenant_id = $1 AND id = $2", &forgotten)
            .await?;
        self.mark_dirty(dirty, "a write was answered", self.env.now())
            .await
    }
}

/// Rows to be written for closed writes.
#[derive(Default)]
struct Closed {
    listings: Vec<Vec<Value>>,
    due: Vec<Vec<Value>>,
    pushes: Vec<Vec<Value>>,
    forgotten: Vec<Vec<Value>>,
    dirty: Vec<ProductId>,
}

/// Moves the offer by the answer; says the push's outcome, the message to keep, and until when to leave the listing alone.
fn close<'a>(
    offer: &mut Offer,
    push: PushId,
    answer: &'a Answer,
    now: Timestamp,
    guards: Guards,
) -> (&'static str, Option<&'a str>, Option<Timestamp>) {
    match answer {
        Answer::Accepted => {
            guarded::await_proof(guards, offer, push, now);
            (WriteState::Accepted.name(), None, None)
        }
        Answer::Applied => {
            offer.applied(push, now);
            (WriteState::Applied.name(), None, None)
        }
        Answer::Differs { shown, message, .. } => {
            // More than there could be is for the read-back to find: it tells people as well.
            let shown = shown.filter(|quantity| (0..=offer.exposure).contains(quantity));
            offer.differs(push, shown, now);
            ("differs", Some(message), None)
        }
        Answer::Unknown(message) => {
            guarded::keep_unknown(guards, offer, push, now);
            (WriteState::Unknown.name(), Some(message), None)
        }
        Answer::Postponed => {
            offer.not_applied(push);
            ("postponed", None, None)
        }
        Answer::Later(message) => {
            offer.not_applied(push);
            ("later", Some(message), None)
        }
        Answer::Refused(message) => {
            offer.not_applied(push);
            ("refused", Some(message), Some(now.plus(REFUSED_PAUSE)))
        }
    }
}
