//! Goods that come in: deliveries, and what buyers send back.

use std::collections::BTreeSet;

use serde::Serialize;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::stock::{EntryKind, Movement};
use stockbridge_domain::{LocationId, OrderId, OrderLineId, ProductId, ReturnId, Timestamp};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::filter::Filter;
use crate::stock::{Cause, LEDGER_SELECT, LedgerRecord, NewEntry, StockBook, ledger_from_row};
use crate::{EntryError, Page, PageQuery, StoreError, Tenant, TenantTx};

/// A delivery: goods that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number; what was entered under it before is not entered again.
    pub reference: String,
    /// Where; the default location when nothing is said.
    pub location: Option<LocationId>,
    /// Products and units.
    pub lines: Vec<(ProductId, i64)>,
    /// A remark.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// Goods a buyer sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnRecord {
    /// Its id.
    pub id: ReturnId,
    /// The order.
    pub order: OrderId,
    /// The order line.
    pub line: OrderLineId,
    /// What makes it unique within the order.
    pub reference: String,
    /// Units of the listing.
    pub units: i64,
    /// How they came back.
    pub condition: Condition,
    /// Where they lie now; nothing when they were thrown away.
    pub location: Option<LocationId>,
    /// A remark.
    pub note: Option<String>,
    /// Who entered it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Goods of one order line that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnedLine {
    /// The order line.
    pub line: OrderLineId,
    /// Units of the listing.
    pub units: i64,
    /// How they came back.
    pub condition: Condition,
    /// Where to; for sellable goods where they were shipped from when nothing is said, for damaged ones nowhere.
    pub location: Option<LocationId>,
}

/// A return to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// The order.
    pub order: OrderId,
    /// What makes it unique within the order.
    pub reference: String,
    /// What came back.
    pub lines: Vec<ReturnedLine>,
    /// A remark.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// Why a return was not entered. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    /// A line is not part of the order, or belongs to no product.
    #[error("line {0} is not part of this order, or its listing belongs to no product; map it first")]
    NoLine(OrderLineId),
    /// More came back than was shipped.
    #[error(
        "line {line}: {asked} units are said to have come back, {left} were shipped and are not back yet"
    )]
    TooMany {
        /// The line.
        line: OrderLineId,
        /// Units named.
        asked: i64,
        /// Units that can still come back.
        left: i64,
    },
    /// Damaged goods would be offered again.
    #[error("damaged goods go to a location that is not sold from, or nowhere")]
    Offered,
    /// Product, location or database.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

impl From<StoreError> for ReturnError {
    fn from(error: StoreError) -> Self {
        Self::Entry(error.into())
    }
}

/// An order line as a return needs it.
struct Sold {
    id: OrderLineId,
    product: ProductId,
    units: i64,
    location: Option<LocationId>,
    /// Units of the listing that were shipped and are not back.
    left: i64,
}

const RETURN: &str = "id, order_id, line_id, reference, units, condition, location_id, note, actor, at";

fn returned(row: &Row) -> Result<ReturnRecord, StoreError> {
    Ok(ReturnRecord {
        id: row.parsed(0)?,
        order: row.parsed(1)?,
        line: row.parsed(2)?,
        reference: row.string(3)?,
        units: row.int(4)?,
        condition: row.named(5, Condition::parse)?,
        location: row.opt_parsed(6)?,
        note: row.opt_string(7)?,
        actor: row.string(8)?,
        at: row.time(9)?,
    })
}

impl TenantTx {
    /// Enters a delivery. Answers the entry of each product, those made before under the same number among them.
    ///
    /// # Errors
    /// [`EntryError`]; nothing may be committed then.
    pub async fn receive_goods(&mut self, delivery: &Delivery) -> Result<Vec<LedgerRecord>, EntryError> {
        let products: BTreeSet<ProductId> = delivery.lines.iter().map(|(product, _)| *product).collect();
        let mut book = StockBook::lock(self, &products).await?;
        let location = match delivery.location {
            Some(location) => book.open_place(location)?.id,
            None => book.default_location(),
        };
        let known = format!(
            "{LEDGER_SELECT} WHERE tenant_id = $1 AND cause_kind = 'delivery' AND cause_ref = $2 ORDER BY id"
        );
        let params = [self.key(), (&delivery.reference).into()];
        let rows = self.tx.query(&known, &params).await?;
        let mut records = rows.iter().map(ledger_from_row).collect::<Result<Vec<_>, _>>()?;
        records.retain(|record| products.contains(&record.product));
        let before: BTreeSet<ProductId> = records.iter().map(|record| record.product).collect();
        let mut fresh = BTreeSet::new();
        for product in &products {
            if !book.holds(*product) {
                return Err(EntryError::NoProduct(*product));
            }
            book.no_kit(*product)?;
            if before.contains(product) {
                continue;
            }
            let lines = delivery.lines.iter().filter(|(of, _)| of == product);
            let entry = NewEntry {
                product: *product,
                location,
                kind: EntryKind::Restock,
                movement: arrived(lines.fold(0, |sum, (_, units)| sum.saturating_add(*units))),
                cause: Cause {
                    kind: "delivery".into(),
                    reference: delivery.reference.clone(),
                    line: product.to_string(),
                },
                note: delivery.note.as_deref(),
                actor: &delivery.actor,
            };
            records.push(book.post(self, entry)?.clone());
            book.count(*product, location);
            fresh.insert(*product);
        }
        book.write(self).await?;
        let cause = format!("delivery {}", delivery.reference);
        self.mark_dirty(fresh, &cause, self.env.now()).await?;
        Ok(records)
    }

    /// Enters what a buyer sent back: sellable goods lie on the shelf again, damaged ones lie where nothing is sold from,
    /// or are written off. Answers the returns, those entered before under the same reference among them.
    ///
    /// # Errors
    /// [`ReturnError`]; nothing may be committed then.
    pub async fn return_goods(&mut self, new: &NewReturn) -> Result<Vec<ReturnRecord>, ReturnError> {
        if self.lock_order(new.order).await?.is_none() {
            return Err(ReturnError::NoOrder(new.order));
        }
        let mut sold = self.sold_lines(new.order).await?;
        let parts = self
            .line_parts(sold.iter().map(|line| line.id.to_string()).collect())
            .await?;
        let mut products: BTreeSet<ProductId> = sold.iter().map(|line| line.product).collect();
        products.extend(parts.values().flatten().map(|part| part.product));
        let mut book = StockBook::lock(self, &products).await?;
        let mut records = self.returns_named(new.order, &new.reference).await?;
        let before: BTreeSet<OrderLineId> = records.iter().map(|record| record.line).collect();
        let mut moved = BTreeSet::new();
        for asked in &new.lines {
            let line = sold
                .iter_mut()
                .find(|line| line.id == asked.line)
                .ok_or(ReturnError::NoLine(asked.line))?;
            if before.contains(&asked.line) {
                continue;
            }
            if asked.units < 1 || asked.units > line.left {
                return Err(ReturnError::TooMany {
                    line: asked.line,
                    asked: asked.units,
                    left: line.left,
                });
            }
            line.left -= asked.units;
            let to = destination(&book, asked, line)?;
            // Of a kit its components come back.
            let taken = match parts.get(&line.id) {
                Some(parts) => parts.iter().map(|part| (part.product, part.units)).collect(),
                None => vec![(line.product, 1)],
            };
            self.post_return(&mut book, new, (asked, line), &taken, to)?;
            moved.extend(taken.iter().map(|(product, _)| *product));
            let lies = to.filter(|_| asked.condition == Condition::Sellable || asked.location.is_some());
            records.push(self.write_return(new, asked, lies).await?);
        }
        book.write(self).await?;
        let cause = format!("return {}", new.reference);
        self.mark_dirty(moved, &cause, self.env.now()).await?;
        Ok(records)
    }

    fn post_return(
        &self,
        book: &mut StockBook,
        new: &NewReturn,
        (asked, line): (&ReturnedLine, &Sold),
        taken: &[(ProductId, i64)],
        to: Option<LocationId>,
    ) -> Result<(), StoreError> {
        let location = to.unwrap_or_else(|| book.default_location());
        let units = asked.units.saturating_mul(line.units);
        for (product, each) in taken {
            let entry = |kind: EntryKind, units: i64| NewEntry {
                product: *product,
                location,
                kind,
                movement: arrived(units),
                cause: Cause {
                    kind: format!("order.{kind}"),
                    reference: new.order.to_string(),
                    line: format!("{}:{product}:{}", line.id, new.reference),
                },
                note: new.note.as_deref(),
                actor: &new.actor,
            };
            let units = units.saturating_mul(*each);
            book.post(self, entry(EntryKind::Return, units))?;
            if asked.condition == Condition::Damaged && asked.location.is_none() {
                // Written off: the ledger tells both that it came back and that it is gone.
                book.post(self, entry(EntryKind::Damage, -units))?;
            }
        }
        Ok(())
    }

    async fn sold_lines(&mut self, order: OrderId) -> Result<Vec<Sold>, StoreError> {
        let sql = "SELECT id, product_id, units, location_id, stock_shipped, returned FROM order_lines \
                   WHERE tenant_id = $1 AND order_id = $2 AND product_id IS NOT NULL ORDER BY id";
        let rows = self.tx.query(sql, &[self.key(), order.into()]).await?;
        rows.iter()
            .map(|row| {
                let units = row.int(2)?.max(1);
                Ok(Sold {
                    id: row.parsed(0)?,
                    product: row.parsed(1)?,
                    units,
                    location: row.opt_parsed(3)?,
                    left: row.int(4)? / units - row.int(5)?,
                })
            })
            .collect()
    }

    pub(crate) async fn returns_named(
        &mut self,
        order: OrderId,
        reference: &str,
    ) -> Result<Vec<ReturnRecord>, StoreError> {
        let sql = format!(
            "SELECT {RETURN} FROM returns WHERE tenant_id = $1 AND order_id = $2 AND reference = $3 ORDER BY id"
        );
        let values = [self.key(), order.into(), reference.into()];
        let rows = self.tx.query(&sql, &values).await?;
        rows.iter().map(returned).collect()
    }

    async fn write_return(
        &mut self,
        new: &NewReturn,
        asked: &ReturnedLine,
        location: Option<LocationId>,
    ) -> Result<ReturnRecord, StoreError> {
        let record = ReturnRecord {
            id: self.env.id(),
            order: new.order,
            line: asked.line,
            reference: new.reference.clone(),
            units: asked.units,
            condition: asked.condition,
            location,
            note: new.note.clone(),
            actor: new.actor.clone(),
            at: self.env.now(),
        };
        let sql = "INSERT INTO returns (tenant_id, id, order_id, line_id, reference, units, condition, location_id, \
                   note, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let values = [
            self.key(),
            record.id.into(),
            record.order.into(),
            record.line.into(),
            (&record.reference).into(),
            record.units.into(),
            record.condition.name().into(),
            record.location.into(),
            record.note.clone().into(),
            (&record.actor).into(),
            record.at.into(),
        ];
        self.tx.exec(sql, &values).await?;
        let sql = "UPDATE order_lines SET returned = returned + $3 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), asked.line.into(), asked.units.into()];
        self.tx.exec(sql, &values).await?;
        Ok(record)
    }
}

fn arrived(units: i64) -> Movement {
    Movement {
        on_hand: units,
        reserved: 0,
    }
}

/// Where returned goods go: nothing for those that are written off.
fn destination(
    book: &StockBook,
    asked: &ReturnedLine,
    line: &Sold,
) -> Result<Option<LocationId>, ReturnError> {
    match (asked.condition, asked.location) {
        (Condition::Damaged, Some(location)) => {
            book.open_place(location)?;
            if book.shelf(line.product, location).sellable {
                return Err(ReturnError::Offered);
            }
            Ok(Some(location))
        }
        (Condition::Sellable, Some(location)) => Ok(Some(book.open_place(location)?.id)),
        // Back to where it came from, unless that is closed.
        (_, None) => Ok(line
            .location
            .filter(|location| book.open_place(*location).is_ok())),
    }
}

impl Tenant {
    /// Returns, newest first; of one order, or all.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn returns(
        &self,
        order: Option<OrderId>,
        query: &PageQuery,
    ) -> Result<Page<ReturnRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("order_id = ?", order);
        filter.and_some("id < ?", query.after("returns")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {RETURN} FROM returns WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(returned).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("returns", items, |last| [last.id.to_string()]))
    }
}
