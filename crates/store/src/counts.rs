//! Counts: a walk along the shelves of one location, entered number by number and posted at once.
//!
//! What counts is the moment a product was counted: what moved in the books after it is neither missing nor found. See
//! the domain's [`count_difference`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::moves::{CountStatus, count_difference};
use stockbridge_domain::stock::{EntryKind, Movement};
use stockbridge_domain::{CountId, LocationId, ProductId, Sku, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::stock::{Cause, NewEntry, StockBook, id_list};
use crate::{EntryError, Notice, Page, PageQuery, StoreError, Tenant, TenantTx};

/// A count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountRecord {
    /// Its id.
    pub id: CountId,
    /// What people call it; unique.
    pub reference: String,
    /// Where.
    pub location: LocationId,
    /// How far it has come.
    pub status: CountStatus,
    /// A remark.
    pub note: Option<String>,
    /// Who began it.
    pub actor: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was posted or called off.
    pub closed_at: Option<Timestamp>,
    /// The products to count.
    pub lines: Vec<CountLine>,
}

/// One product of a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountLine {
    /// The product.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Units by the books when it was put on the list.
    pub expected: i64,
    /// Units that lay there; nothing while not counted.
    pub counted: Option<i64>,
    /// When it was counted.
    pub counted_at: Option<Timestamp>,
    /// Units that posting added to the books.
    pub difference: Option<i64>,
}

/// A number that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The product.
    pub product: ProductId,
    /// Units that lie there.
    pub units: i64,
    /// When; now if nothing is said.
    pub at: Option<Timestamp>,
}

/// Why a step of a count was not done. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// There is no such count.
    #[error("there is no count {0}")]
    NotFound(CountId),
    /// It is over.
    #[error("this count is {0} already; begin another one")]
    Over(CountStatus),
    /// A product was counted before the count began, or later than now.
    #[error("counted_at: it must lie between the beginning of the count and now")]
    BadTime,
    /// Product, location or database.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

impl From<StoreError> for CountError {
    fn from(error: StoreError) -> Self {
        Self::Entry(error.into())
    }
}

const COUNT: &str = "id, reference, location_id, status, note, actor, created_at, closed_at";

fn count(row: &Row) -> Result<CountRecord, StoreError> {
    Ok(CountRecord {
        id: row.parsed(0)?,
        reference: row.string(1)?,
        location: row.parsed(2)?,
        status: row.named(3, CountStatus::parse)?,
        note: row.opt_string(4)?,
        actor: row.string(5)?,
        created_at: row.time(6)?,
        closed_at: row.opt_time(7)?,
        lines: Vec::new(),
    })
}

impl TenantTx {
    /// Begins a count of these products at a location, or of all that ever lay there. The same reference again answers
    /// the first one.
    ///
    /// # Errors
    /// [`EntryError::NoLocation`], [`EntryError::NoProduct`].
    pub async fn open_count(
        &mut self,
        reference: &str,
        location: LocationId,
        products: Option<&BTreeSet<ProductId>>,
        note: Option<&str>,
        actor: &str,
    ) -> Result<CountRecord, CountError> {
        let none = BTreeSet::new();
        let book = StockBook::lock(self, products.unwrap_or(&none)).await?;
        book.open_place(location)?;
        if let Some(missing) = products.into_iter().flatten().find(|id| !book.holds(**id)) {
            return Err(EntryError::NoProduct(*missing).into());
        }
        let id: CountId = self.env.id();
        let sql = "INSERT INTO count_sessions (tenant_id, id, reference, location_id, status, note, actor, created_at) \
                   VALUES ($1, $2, $3, $4, 'open', $5, $6, $7) ON CONFLICT (tenant_id, reference) DO NOTHING";
        let values = [
            self.key(),
            id.into(),
            reference.into(),
            location.into(),
            note.into(),
            actor.into(),
            self.env.now().into(),
        ];
        if self.tx.exec(sql, &values).await? == 1 {
            match products {
                Some(products) => self.list_products(id, location, products).await?,
                None => {
                    let sql = "INSERT INTO count_lines (tenant_id, session_id, product_id, expected) \
                               SELECT tenant_id, $2, product_id, on_hand FROM stock_balances \
                               WHERE tenant_id = $1 AND location_id = $3";
                    self.tx
                        .exec(sql, &[self.key(), id.into(), location.into()])
                        .await?;
                }
            }
        }
        let sql = format!("SELECT {COUNT} FROM count_sessions WHERE tenant_id = $1 AND reference = $2");
        let row = self.tx.query_one(&sql, &[self.key(), reference.into()]).await?;
        let mut record = count(&row)?;
        let key = self.key();
        fill_lines(&mut self.tx, key, &mut record).await?;
        Ok(record)
    }

    /// Puts products on the list with what the books say now; those on it stay as they are.
    async fn list_products(
        &mut self,
        id: CountId,
        location: LocationId,
        products: &BTreeSet<ProductId>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO count_lines (tenant_id, session_id, product_id, expected) \
                   SELECT p.tenant_id, $2, p.id, COALESCE((SELECT b.on_hand FROM stock_balances b \
                   WHERE b.tenant_id = p.tenant_id AND b.product_id = p.id AND b.location_id = $3), 0) \
                   FROM products p WHERE p.tenant_id = $1 AND p.id {in $4} ON CONFLICT DO NOTHING";
        let values = [self.key(), id.into(), location.into(), id_list(products)];
        self.tx.exec(sql, &values).await.map(drop)
    }

    async fn locked_count(&mut self, id: CountId) -> Result<CountRecord, CountError> {
        let sql =
            format!("SELECT {COUNT} FROM count_sessions WHERE tenant_id = $1 AND id = $2 {{for_update}}");
        let row = self.tx.query_opt(&sql, &[self.key(), id.into()]).await?;
        let mut record = count(&row.ok_or(CountError::NotFound(id))?)?;
        let key = self.key();
        fill_lines(&mut self.tx, key, &mut record).await?;
        Ok(record)
    }

    /// Notes what was counted; a later number of the same product replaces the former. The books stay as they are.
    ///
    /// # Errors
    /// [`CountError::Over`], [`CountError::BadTime`], [`EntryError::NoProduct`].
    pub async fn enter_count(&mut self, id: CountId, numbers: &[Counted]) -> Result<CountRecord, CountError> {
        let record = self.locked_count(id).await?;
        if record.status != CountStatus::Open {
            return Err(CountError::Over(record.status));
        }
        let now = self.env.now();
        let products: BTreeSet<ProductId> = numbers.iter().map(|number| number.product).collect();
        self.list_products(id, record.location, &products).await?;
        let sql = "UPDATE count_lines SET counted = $4, counted_at = $5 \
                   WHERE tenant_id = $1 AND session_id = $2 AND product_id = $3";
        for number in numbers {
            let at = number.at.unwrap_or(now);
            if at < record.created_at || at > now {
                return Err(CountError::BadTime);
            }
            let values = [
                self.key(),
                id.into(),
                number.product.into(),
                number.units.into(),
                at.into(),
            ];
            if self.tx.exec(sql, &values).await? == 0 {
                return Err(EntryError::NoProduct(number.product).into());
            }
        }
        self.locked_count(id).await
    }

    /// Enters the differences of what was counted into the books; what was not counted stays. Posted before, it changes
    /// nothing.
    ///
    /// # Errors
    /// [`CountError::Over`] for one that was called off.
    pub async fn post_count(
        &mut self,
        id: CountId,
        actor: &str,
    ) -> Result<(CountRecord, Vec<Notice>), CountError> {
        let sql = "SELECT product_id FROM count_lines WHERE tenant_id = $1 AND session_id = $2 \
                   AND counted IS NOT NULL";
        let rows = self.tx.query(sql, &[self.key(), id.into()]).await?;
        let products = rows
            .iter()
            .map(|row| row.parsed(0))
            .collect::<Result<BTreeSet<ProductId>, _>>()?;
        let mut book = StockBook::lock(self, &products).await?;
        let mut record = self.locked_count(id).await?;
        match record.status {
            CountStatus::Open => {}
            CountStatus::Posted => return Ok((record, Vec::new())),
            CountStatus::Cancelled => return Err(CountError::Over(record.status)),
        }
        let moved = self.moved_since(id, record.location).await?;
        let mut differences = Vec::new();
        for line in &mut record.lines {
            // What was put on the list after its products were locked is left for the next count.
            let Some(counted) = line.counted.filter(|_| book.holds(line.product)) else {
                continue;
            };
            book.no_kit(line.product)?;
            let on_hand = book.shelf(line.product, record.location).balance.on_hand;
            let moved = moved.get(&line.product).copied().unwrap_or(0);
            let difference = count_difference(counted, on_hand, moved);
            line.difference = Some(difference);
            differences.push(vec![
                self.key(),
                id.into(),
                line.product.into(),
                difference.into(),
            ]);
            let entry = NewEntry {
                product: line.product,
                location: record.location,
                kind: EntryKind::Count,
                movement: Movement {
                    on_hand: difference,
                    reserved: 0,
                },
                cause: Cause {
                    kind: "count".into(),
                    reference: id.to_string(),
                    line: line.product.to_string(),
                },
                note: None,
                actor,
            };
            book.post(self, entry)?;
            book.count(line.product, record.location);
        }
        let notices = book.below_zero().into_iter().map(Notice::BelowZero).collect();
        book.write(self).await?;
        let sql = "UPDATE count_lines SET difference = $4 \
                   WHERE tenant_id = $1 AND session_id = $2 AND product_id = $3";
        self.tx.exec_many(sql, &differences).await?;
        self.close_count(&mut record, CountStatus::Posted).await?;
        let cause = format!("count {}", record.reference);
        self.mark_dirty(products, &cause, self.env.now()).await?;
        Ok((record, notices))
    }

    /// What the books of each counted product moved at the location after it was counted.
    async fn moved_since(
        &mut self,
        id: CountId,
        location: LocationId,
    ) -> Result<BTreeMap<ProductId, i64>, StoreError> {
        let sql = "SELECT l.product_id, CAST(SUM(l.on_hand_change) AS BIGINT) FROM count_lines c \
                   JOIN stock_ledger l ON l.tenant_id = c.tenant_id AND l.product_id = c.product_id \
                   WHERE c.tenant_id = $1 AND c.session_id = $2 AND l.location_id = $3 AND l.at > c.counted_at \
                   GROUP BY l.product_id";
        let rows = self
            .tx
            .query(sql, &[self.key(), id.into(), location.into()])
            .await?;
        rows.iter().map(|row| Ok((row.parsed(0)?, row.int(1)?))).collect()
    }

    async fn close_count(&mut self, record: &mut CountRecord, status: CountStatus) -> Result<(), StoreError> {
        (record.status, record.closed_at) = (status, Some(self.env.now()));
        let sql = "UPDATE count_sessions SET status = $3, closed_at = $4 WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            record.id.into(),
            status.name().into(),
            record.closed_at.into(),
        ];
        self.tx.exec(sql, &values).await.map(drop)
    }

    /// Calls a count off; nothing was entered. Again changes nothing.
    ///
    /// # Errors
    /// [`CountError::Over`] for one that was posted.
    pub async fn cancel_count(&mut self, id: CountId) -> Result<CountRecord, CountError> {
        let mut record = self.locked_count(id).await?;
        match record.status {
            CountStatus::Open => self.close_count(&mut record, CountStatus::Cancelled).await?,
            CountStatus::Cancelled => {}
            CountStatus::Posted => return Err(CountError::Over(record.status)),
        }
        Ok(record)
    }
}

async fn fill_lines(tx: &mut Tx, tenant: Value, record: &mut CountRecord) -> Result<(), StoreError> {
    let sql = "SELECT c.product_id, p.sku, c.expected, c.counted, c.counted_at, c.difference FROM count_lines c \
               JOIN products p ON p.tenant_id = c.tenant_id AND p.id = c.product_id \
               WHERE c.tenant_id = $1 AND c.session_id = $2 ORDER BY p.sku";
    let rows = tx.query(sql, &[tenant, record.id.into()]).await?;
    let line = |row: &Row| {
        Ok(CountLine {
            product: row.parsed(0)?,
            sku: row.sku(1)?,
            expected: row.int(2)?,
            counted: row.opt_int(3)?,
            counted_at: row.opt_time(4)?,
            difference: row.opt_int(5)?,
        })
    };
    record.lines = rows.iter().map(line).collect::<Result<_, StoreError>>()?;
    Ok(())
}

impl Tenant {
    /// One count with its lines.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stock_count(&self, id: CountId) -> Result<Option<CountRecord>, StoreError> {
        let sql = format!("SELECT {COUNT} FROM count_sessions WHERE tenant_id = $1 AND id = $2");
        let mut tx = self.read().await?;
        let Some(row) = tx.query_opt(&sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let mut record = count(&row)?;
        fill_lines(&mut tx, self.key(), &mut record).await?;
        Ok(Some(record))
    }

    /// Counts without their lines, newest first; of one status, or all.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn stock_counts(
        &self,
        status: Option<CountStatus>,
        query: &PageQuery,
    ) -> Result<Page<CountRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("status = ?", status.map(CountStatus::name));
        filter.and_some("id < ?", query.after("counts")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {COUNT} FROM count_sessions WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(count).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("counts", items, |last| [last.id.to_string()]))
    }
}
