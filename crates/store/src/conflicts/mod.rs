//! Differences between what channels show and what they should: noted, resolved by strategy or by a person, remembered.
//!
//! A quantity is compared when it is read (more than the channel was ever given) and when its bound settles; a price, a
//! status, a title and images when the channel shows the listing. Of each field of a listing at most one difference is not closed.
//! Everything here happens under the locks of the product and the listing concerned.

mod carrying;
mod data;
mod images;
mod noting;
mod resolving;
mod settling;
mod shown;
mod strategies;

use serde::Serialize;
use stockbridge_domain::conflict::{Action, ConflictState, Field, Strategy};
use stockbridge_domain::{AccountId, ConflictEventId, ConflictId, ListingId, ProductId, Sku, Timestamp};

pub(crate) use noting::Difference;
pub use resolving::ResolveError;
pub(crate) use settling::Around;
pub use strategies::{StrategyRecord, Winner, limit_problems};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::filter::Filter;
use crate::page::cursor_int;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictRecord {
    /// Its id.
    pub id: ConflictId,
    /// The listing.
    pub listing: ListingId,
    /// Its account.
    pub account: AccountId,
    /// Its SKU.
    pub sku: Sku,
    /// The product it sells.
    pub product: Option<ProductId>,
    /// What differs.
    pub field: Field,
    /// How it stands.
    pub state: ConflictState,
    /// What the channel should show.
    pub expected: String,
    /// What it shows.
    pub shown: String,
    /// From when on.
    pub shown_since: Timestamp,
    /// The strategy that was applied last.
    pub strategy: Strategy,
    /// How often it was seen.
    pub times: i64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
    /// When it was over.
    pub closed_at: Option<Timestamp>,
}

/// Something that was done about a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictEvent {
    /// Its id.
    pub id: ConflictEventId,
    /// The difference.
    pub conflict: ConflictId,
    /// The listing.
    pub listing: ListingId,
    /// Its account.
    pub account: AccountId,
    /// What differed.
    pub field: Field,
    /// What was done.
    pub action: Action,
    /// By which strategy.
    pub strategy: Strategy,
    /// By whom: `hub`, or a person or program.
    pub actor: String,
    /// What the channel showed, or the hub wanted, before.
    pub before: String,
    /// What holds afterwards.
    pub after: String,
    /// When.
    pub at: Timestamp,
}

/// Which differences to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConflictFilter {
    /// In this state; nothing for all that are not closed.
    pub state: Option<ConflictState>,
    /// Of this field.
    pub field: Option<Field>,
    /// On this account.
    pub account: Option<AccountId>,
    /// Of this listing.
    pub listing: Option<ListingId>,
}

/// How many differences are not closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ConflictCounts {
    /// A person has to decide; what only describes a product otherwise is not among them.
    pub open: i64,
    /// Titles that differ from their products'. Nothing waits for them.
    pub data: i64,
    /// Listings with fewer images than others of their product. Nothing waits for them either.
    pub images: i64,
    /// Fought over.
    pub stopped: i64,
    /// The hub is setting them right, or waits for orders.
    pub healing: i64,
}

const CONFLICT: &str = "c.id, c.listing_id, c.account_id, l.sku, c.product_id, c.field, c.state, c.expected, c.shown, \
     c.shown_since, c.strategy, c.times, c.first_at, c.last_at, c.closed_at";
const FROM: &str = "conflicts c JOIN listings l ON l.tenant_id = c.tenant_id AND l.id = c.listing_id";

fn conflict(row: &Row) -> Result<ConflictRecord, StoreError> {
    Ok(ConflictRecord {
        id: row.parsed(0)?,
        listing: row.parsed(1)?,
        account: row.parsed(2)?,
        sku: row.sku(3)?,
        product: row.opt_parsed(4)?,
        field: row.named(5, Field::parse)?,
        state: row.named(6, ConflictState::parse)?,
        expected: row.string(7)?,
        shown: row.string(8)?,
        shown_since: row.time(9)?,
        strategy: row.named(10, Strategy::parse)?,
        times: row.int(11)?,
        first_at: row.time(12)?,
        last_at: row.time(13)?,
        closed_at: row.opt_time(14)?,
    })
}

impl TenantTx {
    /// Differences of an account that were seen, or closed, from an instant on: what this transaction has noted since it
    /// began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflicts_noted(
        &mut self,
        account: AccountId,
        since: Timestamp,
    ) -> Result<Vec<ConflictRecord>, StoreError> {
        let sql = format!(
            "SELECT {CONFLICT} FROM {FROM} WHERE c.tenant_id = $1 AND c.last_at >= $2 AND c.account_id = $3 ORDER BY c.id"
        );
        let values = [self.key(), since.into(), account.into()];
        let rows = self.tx.query(&sql, &values).await?;
        rows.iter().map(conflict).collect()
    }
}

impl Tenant {
    /// One difference.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict(&self, id: ConflictId) -> Result<Option<ConflictRecord>, StoreError> {
        let sql = format!("SELECT {CONFLICT} FROM {FROM} WHERE c.tenant_id = $1 AND c.id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(conflict).transpose()
    }

    /// Differences, those seen last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn conflicts(
        &self,
        wanted: &ConflictFilter,
        query: &PageQuery,
    ) -> Result<Page<ConflictRecord>, StoreError> {
        let mut filter = Filter::of_tenant("c.tenant_id = $1", self.key());
        match wanted.state {
            Some(state) => filter.and_with("c.state = ?", state.name()),
            None => filter.and("c.state <> 'closed'"),
        }
        filter.and_some("c.field = ?", wanted.field.map(Field::name));
        filter.and_some("c.account_id = ?", wanted.account);
        filter.and_some("c.listing_id = ?", wanted.listing);
        if let Some([at, id]) = query.after("conflicts")? {
            let (at, id) = (filter.param(cursor_int(&at)?), filter.param(id));
            filter.and(&format!(
                "(c.last_at < ${at} OR c.last_at = ${at} AND c.id < ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {CONFLICT} FROM {FROM} WHERE {} ORDER BY c.last_at DESC, c.id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(conflict).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("conflicts", items, |last| {
            [last.last_at.micros().to_string(), last.id.to_string()]
        }))
    }

    /// What was done about differences, the last first; of one difference alone if wanted.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn conflict_events(
        &self,
        conflict: Option<ConflictId>,
        query: &PageQuery,
    ) -> Result<Page<ConflictEvent>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("conflict_id = ?", conflict);
        filter.and_some(
            "id < ?",
            query.after("conflict_events")?.map(|[id]: [String; 1]| id),
        );
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT id, conflict_id, listing_id, account_id, field, action, strategy, actor, before, after, at \
             FROM conflict_events WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("conflict_events", items, |last| [last.id.to_string()]))
    }

    /// What was last done about differences of one field of a listing, the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_events_of_listing(
        &self,
        listing: ListingId,
        field: Field,
        limit: i64,
    ) -> Result<Vec<ConflictEvent>, StoreError> {
        let sql = "SELECT id, conflict_id, listing_id, account_id, field, action, strategy, actor, before, after, at \
             FROM conflict_events WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 ORDER BY at DESC LIMIT $4";
        let params = [self.key(), listing.into(), field.name().into(), limit.into()];
        let rows = self.read().await?.query(sql, &params).await?;
        rows.iter().map(event).collect()
    }

    /// How many differences are not closed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_counts(&self) -> Result<ConflictCounts, StoreError> {
        let sql = "SELECT state, COUNT(*), CAST(COALESCE(SUM(CASE WHEN field = 'data' THEN 1 END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN field = 'images' THEN 1 END), 0) AS BIGINT) FROM conflicts WHERE tenant_id = $1 AND state {in $2} GROUP BY state";
        let live: Vec<String> = ConflictState::ALL
            .iter()
            .filter(|s| **s != ConflictState::Closed)
            .map(|s| s.name().to_owned())
            .collect();
        let mut counts = ConflictCounts::default();
        for row in self.read().await?.query(sql, &[self.key(), live.into()]).await? {
            let count = row.int(1)?;
            match row.named(0, ConflictState::parse)? {
                ConflictState::Open => {
                    counts.data = row.int(2)?;
                    counts.images = row.int(3)?;
                    counts.open = count - counts.data - counts.images;
                }
                ConflictState::Stopped => counts.stopped = count,
                ConflictState::Healing | ConflictState::Waiting => counts.healing += count,
                ConflictState::Closed => {}
            }
        }
        Ok(counts)
    }
}

fn event(row: &Row) -> Result<ConflictEvent, StoreError> {
    Ok(ConflictEvent {
        id: row.parsed(0)?,
        conflict: row.parsed(1)?,
        listing: row.parsed(2)?,
        account: row.parsed(3)?,
        field: row.named(4, Field::parse)?,
        action: row.named(5, Action::parse)?,
        strategy: row.named(6, Strategy::parse)?,
        actor: row.string(7)?,
        before: row.string(8)?,
        after: row.string(9)?,
        at: row.time(10)?,
    })
}
