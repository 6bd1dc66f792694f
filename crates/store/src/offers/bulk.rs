//! Batches of quantities: recorded like single writes before they leave, and answered item by item when the channel has
//! worked through them. Until then each item counts as on its way, however long that takes.

use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::{AccountId, BulkId, ListingId, PushId, Sku, Timestamp};

use super::OfferAccounts;
use super::writing::{Batch, Outgoing};
use crate::columns::{Columns as _, words};
use crate::db::{Row, Value};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

words! {
    /// How far a batch has come.
    BulkStage {
        /// Its items are being gathered; nothing has left.
        Filling = "filling",
        /// It is being handed in, or its sender died over it.
        Sending = "sending",
        /// The channel has it.
        Waiting = "waiting",
        /// Every item was answered.
        Done = "done",
    }
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulkRecord {
    /// Its id.
    pub id: BulkId,
    /// Where to.
    pub account: AccountId,
    /// How far it has come.
    pub state: BulkStage,
    /// The channel's id of it.
    pub ticket: Option<String>,
    /// How many quantities.
    pub items: i64,
    /// When it was begun.
    pub began_at: Timestamp,
    /// When it was handed in.
    pub sent_at: Option<Timestamp>,
    /// When the last item was answered.
    pub done_at: Option<Timestamp>,
    /// Items the channel took.
    pub accepted: i64,
    /// Items it did not.
    pub refused: i64,
    /// What was said of it last.
    pub message: Option<String>,
}

/// One item of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkItem {
    /// The listing.
    pub listing: ListingId,
    /// The attempt.
    pub push: PushId,
    /// Its SKU.
    pub sku: Sku,
}

const RECORD: &str =
    "id, account_id, state, ticket, items, began_at, sent_at, done_at, accepted, refused, message";

fn record(row: &Row) -> Result<BulkRecord, StoreError> {
    Ok(BulkRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        state: row.named(2, BulkStage::parse)?,
        ticket: row.opt_string(3)?,
        items: row.int(4)?,
        began_at: row.time(5)?,
        sent_at: row.opt_time(6)?,
        done_at: row.opt_time(7)?,
        accepted: row.int(8)?,
        refused: row.int(9)?,
        message: row.opt_string(10)?,
    })
}

impl Tenant {
    /// The account's batch that is not over, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_bulk(&self, account: AccountId) -> Result<Option<BulkRecord>, StoreError> {
        let sql = format!(
            "SELECT {RECORD} FROM bulk_writes WHERE tenant_id = $1 AND account_id = $2 AND state <> 'done' \
             ORDER BY id LIMIT 1"
        );
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), account.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Batches, the last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn bulks(
        &self,
        account: Option<AccountId>,
        query: &PageQuery,
    ) -> Result<Page<BulkRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", account);
        filter.and_some("id < ?", query.after("bulks")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {RECORD} FROM bulk_writes WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("bulks", items, |last| [last.id.to_string()]))
    }

    /// A batch's items by SKU: in the order in which they were handed in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bulk_items(&self, bulk: BulkId) -> Result<Vec<BulkItem>, StoreError> {
        let sql = "SELECT p.listing_id, p.id, l.sku FROM pushes p JOIN listings l ON l.tenant_id = p.tenant_id \
                   AND l.id = p.listing_id WHERE p.tenant_id = $1 AND p.bulk_id = $2";
        let rows = self.read().await?.query(sql, &[self.key(), bulk.into()]).await?;
        let read = |row: &Row| {
            Ok(BulkItem {
                listing: row.parsed(0)?,
                push: row.parsed(1)?,
                sku: row.sku(2)?,
            })
        };
        let mut items = rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        // Databases sort texts each in their own way.
        items.sort_by(|a, b| a.sku.as_str().cmp(b.sku.as_str()));
        Ok(items)
    }

    /// The channel's ids of the account's last batches.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bulk_tickets(&self, account: AccountId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT ticket FROM bulk_writes WHERE tenant_id = $1 AND account_id = $2 AND ticket IS NOT NULL \
                   ORDER BY id DESC LIMIT 200";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), account.into()])
            .await?;
        rows.iter().map(|row| row.string(0)).collect()
    }

    /// How many of the account's listings are due to be written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_writes(&self, account: AccountId) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND account_id = $2 AND due_qty IS NOT NULL \
                   AND product_id IS NOT NULL";
        let row = self
            .read()
            .await?
            .query_one(sql, &[self.key(), account.into()])
            .await?;
        row.int(0)
    }
}

impl TenantTx {
    /// Begins a batch.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_bulk(&mut self, account: AccountId) -> Result<BulkId, StoreError> {
        let id: BulkId = self.env.id();
        let sql = "INSERT INTO bulk_writes (tenant_id, id, account_id, state, items, began_at, accepted, refused) \
                   VALUES ($1, $2, $3, $4, 0, $5, 0, 0)";
        let values = [
            self.key(),
            id.into(),
            account.into(),
            BulkStage::Filling.name().into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(id)
    }

    /// Records due listings as on their way in a batch: `limit` of those after the `skip` most urgent. They are first read
    /// when the batch may be in force.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn fill_bulk(
        &mut self,
        bulk: BulkId,
        account: AccountId,
        accounts: &OfferAccounts,
        (skip, limit): (i64, i64),
        read_after: Duration,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let batch = Batch {
            skip,
            limit,
            read_after,
            bulk: Some(bulk),
        };
        let outgoing = self.begin_some(account, accounts, &batch).await?;
        let more = i64::try_from(outgoing.len()).unwrap_or(i64::MAX);
        let sql = "UPDATE bulk_writes SET items = items + $3 WHERE tenant_id = $1 AND id = $2";
        self.tx.exec(sql, &[self.key(), bulk.into(), more.into()]).await?;
        Ok(outgoing)
    }

    /// Notes how far a batch has come; a ticket that is not given stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_bulk(
        &mut self,
        bulk: BulkId,
        state: BulkStage,
        ticket: Option<&str>,
        message: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.env.now();
        let sql = "UPDATE bulk_writes SET state = $3, ticket = COALESCE($4, ticket), message = $5, \
                   sent_at = COALESCE(sent_at, $6), done_at = $7 WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            bulk.into(),
            state.name().into(),
            ticket.into(),
            message.into(),
            (state != BulkStage::Filling).then_some(now).into(),
            (state == BulkStage::Done).then_some(now).into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Adds to what became of a batch's items.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_bulk(&mut self, bulk: BulkId, accepted: i64, refused: i64) -> Result<(), StoreError> {
        let sql = "UPDATE bulk_writes SET accepted = accepted + $3, refused = refused + $4 \
                   WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), bulk.into(), accepted.into(), refused.into()];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Has listings read at an instant, unless they are due earlier.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read_listings_at(
        &mut self,
        listings: &[ListingId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let ids = Value::TextList(listings.iter().map(ToString::to_string).collect());
        let sql = "UPDATE listings SET read_due_at = $3 WHERE tenant_id = $1 AND id {in $2} \
                   AND (read_due_at IS NULL OR read_due_at > $3)";
        self.tx.exec(sql, &[self.key(), ids, at.into()]).await?;
        Ok(())
    }
}
