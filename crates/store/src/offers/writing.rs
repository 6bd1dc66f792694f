//! Writes: recorded before the first byte leaves. Their answers are in `closing`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use stockbridge_domain::channel::{Level, WriteMode};
use stockbridge_domain::exposure::Decision;
use stockbridge_domain::offer::{Write, WriteState};
use stockbridge_domain::{AccountId, BulkId, ListingId, ProductId, PushId, Quantity, Timestamp};

use super::places::{parts, sent_text};
use super::planning::PlannedListing;
use super::{OfferAccounts, guarded};
use crate::columns::Columns as _;
use crate::db::{Kind, Value};
use crate::listings_row::{OFFER_ASSIGNMENTS, offer_values};
use crate::promise::Measured;
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

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

/// Which of the due listings are written, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// So many of the most urgent are left to others.
    pub(super) skip: i64,
    /// So many are taken.
    pub(super) limit: i64,
    /// How long after they left they are first read.
    pub(super) read_after: Duration,
    /// The batch they leave in.
    pub(super) bulk: Option<BulkId>,
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
    ("mode", Kind::Text),
    ("compared", Kind::Int),
    ("places", Kind::Text),
    ("bulk_id", Kind::Text),
];

/// The way a quantity is written over what is shown. What is as high as there can be was more than that when it was read,
/// so there is nothing to compare with or to take from: it is overwritten.
fn comparable(shown: Option<i64>, mode: WriteMode) -> WriteMode {
    if shown.is_some_and(|shown| shown >= i64::from(Quantity::MAX)) {
        WriteMode::Absolute
    } else {
        mode
    }
}

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
        let batch = Batch {
            skip: 0,
            limit,
            read_after: FIRST_READING,
            bulk: None,
        };
        self.begin_some(account, accounts, &batch).await
    }

    /// The same for a part of the due listings.
    pub(super) async fn begin_some(
        &mut self,
        account: AccountId,
        accounts: &OfferAccounts,
        batch: &Batch,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let (mut due, products) = self.most_urgent(account, batch).await?;
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
            let Decision::Write { quantity, unseen } = decision else {
                undue.push(self.undue_values(&listing));
                continue;
            };
            let push: PushId = self.env.id();
            let before = listing.offer.expected();
            measured.extend(Measured::sent(account, cause.as_deref(), caused_at, now));
            let mode = accounts.get(&account).map_or(WriteMode::Absolute, |a| a.mode);
            let mode = comparable(before, mode);
            let write = (push, mode, quantity, unseen);
            let change = guarded::send(guards, &mut listing.offer, write, now);
            let due = (cause, caused_at);
            let parts = parts(&listing, accounts, quantity, change);
            let sent = sent_text(&parts)?;
            let mut record = self.push_values(&listing, push, (before, quantity), due, now);
            record.push(sent.clone().into());
            record.push(batch.bulk.into());
            pushes.push(record);
            let mut values = self.sent_values(&listing, now, batch.read_after);
            values.push(sent.into());
            offers.push(values);
            let level = Level {
                sku: listing.sku,
                quantity,
                change,
                believed: before,
                parts,
                push,
                handle: listing.handle,
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
                    "UPDATE listings SET {OFFER_ASSIGNMENTS}, desired_qty = $22, read_due_at = $23, regime = $24, due_qty = NULL, \
                     due_priority = NULL, hold = NULL, places_sent = $25 WHERE tenant_id = $1 AND id = $2"
                ),
                &offers,
            )
            .await?;
        self.tx.insert_many("pushes", PUSH_COLUMNS, "", pushes).await?;
        self.measure(&measured).await?;
        outgoing.sort_by_key(|o| o.level.quantity >= o.level.believed.unwrap_or(0));
        Ok(outgoing)
    }

    /// The most urgent due listings of an account and their products.
    async fn most_urgent(
        &mut self,
        account: AccountId,
        batch: &Batch,
    ) -> Result<(HashMap<ListingId, Due>, BTreeSet<ProductId>), StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT id, product_id, due_cause, due_caused_at, due_qty FROM listings WHERE tenant_id = $1 AND account_id = $2 \
                 AND due_qty IS NOT NULL AND product_id IS NOT NULL ORDER BY due_priority, due_caused_at, id LIMIT $3 OFFSET $4",
                &[self.key(), account.into(), batch.limit.into(), batch.skip.into()],
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
        Ok((due, products))
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
            listing.offer.write.map(|write| write.mode.name()).into(),
            listing.offer.write.and_then(compared).into(),
        ]
    }

    fn sent_values(&self, listing: &PlannedListing, now: Timestamp, read_after: Duration) -> Vec<Value> {
        let mut values = vec![self.key(), listing.id.into()];
        values.extend(offer_values(&listing.offer));
        values.push(listing.desired.into());
        values.push(now.plus(read_after).into());
        values.push(listing.regime.name().into());
        values
    }

    /// Writes that were on their way when their sender died: nobody will bring their answer. They count as unknown and
    /// are read back. Those of a batch are not among them: whoever asks what became of the batch brings it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn adopt_orphaned_writes(
        &mut self,
        account: AccountId,
        sent_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let orphaned = "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND write_push IS NOT NULL \
             AND write_state = 'sent' AND write_sent_at < $3 AND NOT EXISTS (SELECT 1 FROM pushes p \
             WHERE p.tenant_id = listings.tenant_id AND p.id = listings.write_push AND p.bulk_id IS NOT NULL)";
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
                    "UPDATE listings SET {OFFER_ASSIGNMENTS}, read_due_at = $22 WHERE tenant_id = $1 AND id = $2"
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

/// What a write compares with or changes; nothing for one that overwrites.
fn compared(write: Write) -> Option<i64> {
    (write.mode != WriteMode::Absolute).then_some(write.from)
}
