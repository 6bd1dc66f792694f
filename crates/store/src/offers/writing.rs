//! Writes: recorded before the first byte leaves, closed by the answer.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use stockbridge_domain::channel::Level;
use stockbridge_domain::exposure::Decision;
use stockbridge_domain::guards::Guards;
use stockbridge_domain::latency::PromiseStep;
use stockbridge_domain::offer::{Offer, WriteState};
use stockbridge_domain::{AccountId, ListingId, ProductId, PushId, Timestamp};

use super::planning::{PlannedListing, due_priority};
use super::{OfferAccounts, guarded};
use crate::columns::Columns as _;
use crate::db::{Kind, Value};
use crate::listings_row::{OFFER_ASSIGNMENTS, offer_values};
use crate::promise::Measured;
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

/// How long a listing whose write was refused for good is left alone before the same is tried again.
const REFUSED_PAUSE: Duration = Duration::from_secs(900);
/// When a write is first read back.
const FIRST_READING: Duration = Duration::from_secs(2);

/// A write that is recorded as on its way and has to be sent now.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The listing.
    pub listing: ListingId,
    /// The attempt.
    pub push: PushId,
    /// What to send.
    pub level: Level,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken in for processing.
    Accepted,
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

const PUSH_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("listing_id", Kind::Text),
    ("account_id", Kind::Text),
    ("product_id", Kind::Text),
    ("field", Kind::Text),
    ("before", Kind::Text),
    ("value", Kind::Text),
    ("cause", Kind::Text),
    ("caused_at", Kind::Int),
    ("sent_at", Kind::Int),
    ("outcome", Kind::Text),
];

impl TenantTx {
    /// Takes up to `limit` due listings of an account, most urgent first, decides anew under their products' locks, and
    /// records those still to be written as on their way. Send exactly what is answered, after committing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_writes(
        &mut self,
        account: AccountId,
        accounts: &OfferAccounts,
        limit: i64,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT id, product_id, due_cause, due_caused_at, due_qty FROM listings WHERE tenant_id = $1 AND account_id = $2 \
                 AND due_qty IS NOT NULL AND product_id IS NOT NULL ORDER BY due_priority, due_caused_at, id LIMIT $3",
                &[self.key(), account.into(), limit.into()],
            )
            .await?;
        let mut due: HashMap<ListingId, Due> = HashMap::new();
        let mut products: BTreeSet<ProductId> = BTreeSet::new();
        for row in &rows {
            due.insert(
                row.parsed(0)?,
                (row.opt_string(2)?, row.opt_time(3)?, row.opt_int(4)?),
            );
            products.insert(row.parsed(1)?);
        }
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let planned = self.plan_products(accounts, &products).await?;
        let (now, guards) = (self.env.now(), self.env.guards());
        let (mut outgoing, mut offers, mut pushes, mut undue) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut measured = Vec::new();
        for mut listing in planned {
            let Some((cause, caused_at, due_qty)) = due.remove(&listing.id) else {
                continue;
            };
            let decision = guarded::decide_anew(guards, &listing.offer, listing.decision, due_qty);
            let Decision::Write { quantity, margin } = decision else {
                undue.push(self.undue_values(&listing));
                continue;
            };
            let push: PushId = self.env.id();
            let before = listing.offer.expected();
            measured.extend(Measured::sent(account, cause.as_deref(), caused_at, now));
            guarded::send(guards, &mut listing.offer, (push, quantity, margin), now);
            let due = (cause, caused_at);
            pushes.push(self.push_values(&listing, push, (before, quantity), due, now));
            offers.push(self.sent_values(&listing, now));
            let level = Level {
                sku: listing.sku,
                quantity,
                believed: before,
                product_type: listing.product_type,
            };
            outgoing.push(Outgoing {
                listing: listing.id,
                push,
                level,
            });
        }
        self.tx
            .exec_many(
                "UPDATE listings SET desired_qty = $3, hold = $4, regime = $5, due_qty = NULL, due_priority = NULL \
                 WHERE tenant_id = $1 AND id = $2",
                &undue,
            )
            .await?;
        self.tx
            .exec_many(
                &format!(
                    "UPDATE listings SET {OFFER_ASSIGNMENTS}, desired_qty = $19, read_due_at = $20, regime = $21, due_qty = NULL, \
                     due_priority = NULL, hold = NULL WHERE tenant_id = $1 AND id = $2"
                ),
                &offers,
            )
            .await?;
        self.tx.insert_many("pushes", PUSH_COLUMNS, "", pushes).await?;
        self.measure(&measured).await?;
        outgoing.sort_by_key(|o| o.level.quantity >= o.level.believed.unwrap_or(0));
        Ok(outgoing)
    }

    fn undue_values(&self, listing: &PlannedListing) -> Vec<Value> {
        let hold = match listing.decision {
            Decision::Hold(hold) => Some(hold.name()),
            _ => None,
        };
        vec![
            self.key(),
            listing.id.into(),
            listing.desired.into(),
            hold.into(),
            listing.regime.name().into(),
        ]
    }

    /// The record of a push that is about to leave: what it changes, what made it due.
    fn push_values(
        &self,
        listing: &PlannedListing,
        push: PushId,
        (before, quantity): (Option<i64>, i64),
        (cause, caused_at): (Option<String>, Option<Timestamp>),
        now: Timestamp,
    ) -> Vec<Value> {
        vec![
            self.key(),
            push.into(),
            listing.id.into(),
            listing.account.into(),
            listing.product.into(),
            "quantity".into(),
            before.map(|b| b.to_string()).into(),
            quantity.to_string().into(),
            cause.into(),
            caused_at.into(),
            now.into(),
            WriteState::Sent.name().into(),
        ]
    }

    fn sent_values(&self, listing: &PlannedListing, now: Timestamp) -> Vec<Value> {
        let mut values = vec![self.key(), listing.id.into()];
        values.extend(offer_values(&listing.offer));
        values.push(listing.desired.into());
        values.push(now.plus(FIRST_READING).into());
        values.push(listing.regime.name().into());
        values
    }

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
                self.close_write(answer, *product, offer, &mut closed);
            }
        }
        let accepted = answers.iter().filter(|write| write.answer == Answer::Accepted);
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
    ) {
        let now = self.env.now();
        let wanted = offer.write.filter(|w| w.push == write.push).map(|w| w.quantity);
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
            (Answer::Refused(_), _) => closed.dirty.extend(product),
            _ => {}
        }
        let mut values = vec![self.key(), write.listing.into()];
        values.extend(offer_values(offer));
        values.extend([not_before.into(), message.into(), message.map(|_| now).into()]);
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
            "UPDATE listings SET {OFFER_ASSIGNMENTS}, not_before = $19, last_problem = $20, problem_at = $21 \
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
        self.mark_dirty(dirty, "a write was refused", self.env.now())
            .await
    }

    /// Writes that were on their way when their sender died: nobody will bring their answer. They count as unknown and
    /// are read back.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn adopt_orphaned_writes(
        &mut self,
        account: AccountId,
        sent_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let orphaned = "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND write_push IS NOT NULL \
             AND write_state = 'sent' AND write_sent_at < $3";
        let rows = self
            .tx
            .query(orphaned, &[self.key(), account.into(), sent_before.into()])
            .await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let ids = rows.iter().map(|row| row.string(0)).collect::<Result<_, _>>()?;
        let now = self.env.now();
        let (mut listings, mut pushes) = (Vec::new(), Vec::new());
        for (id, (_, mut offer)) in self.lock_offers(ids, Wait::Yes).await? {
            let Some(write) = offer
                .write
                .filter(|w| w.state == WriteState::Sent && w.sent_at < sent_before)
            else {
                continue;
            };
            offer.answered(write.push, WriteState::Unknown, now);
            let mut values = vec![self.key(), id.into()];
            values.extend(offer_values(&offer));
            values.push(now.into());
            listings.push(values);
            pushes.push(vec![
                self.key(),
                write.push.into(),
                WriteState::Unknown.name().into(),
                "the sender stopped before the answer came".into(),
            ]);
        }
        self.tx
            .exec_many(
                &format!(
                    "UPDATE listings SET {OFFER_ASSIGNMENTS}, read_due_at = $19 WHERE tenant_id = $1 AND id = $2"
                ),
                &listings,
            )
            .await?;
        self.tx
            .exec_many(
                "UPDATE pushes SET outcome = $3, message = $4 WHERE tenant_id = $1 AND id = $2",
                &pushes,
            )
            .await
    }
}

/// Why a listing is due, since when, and with which quantity.
type Due = (Option<String>, Option<Timestamp>, Option<i64>);

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
