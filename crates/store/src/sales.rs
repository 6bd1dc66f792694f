//! Orders of the hub's own channels, and parcels of any order.
//!
//! An own order is accepted only if its units are free: available, and not promised to any channel that sells by itself.
//! The check and the reservation are one transaction under the products' locks, so two buyers never get the same unit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, Money, OrderId, ProductId, Sku};

use crate::columns::Columns as _;
use crate::import::{ImportAccount, ImportOutcome};
use crate::stock::StockBook;
use crate::{StoreError, TenantTx};

/// A line of an own order.
#[derive(Debug, Clone)]
pub struct OwnLine {
    /// The product.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// Units.
    pub quantity: i64,
    /// What the line costs.
    pub total: Option<Money>,
}

/// A product of which less is free than was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortage {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for.
    pub wanted: i64,
    /// Units that are free now.
    pub left: i64,
}

/// What became of an own order.
#[derive(Debug, Clone)]
pub enum OwnOrder {
    /// Accepted and reserved.
    Created(OrderId, ImportOutcome),
    /// An order with this reference was accepted before.
    Known(OrderId),
    /// Not accepted: nothing is reserved.
    Short(Vec<Shortage>),
}

impl TenantTx {
    /// Accepts an order of a channel that lives in the hub, if all its units are free.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub async fn create_own_order(
        &mut self,
        account: &ImportAccount,
        reference: &str,
        lines: &[OwnLine],
        payload: String,
    ) -> Result<OwnOrder, StoreError> {
        self.accept_own_order(account, reference, lines, payload, OrderStatus::Open)
            .await
    }

    pub(crate) async fn accept_own_order(
        &mut self,
        account: &ImportAccount,
        reference: &str,
        lines: &[OwnLine],
        payload: String,
        status: OrderStatus,
    ) -> Result<OwnOrder, StoreError> {
        self.lock_account(account.id).await?;
        let known = self
            .tx
            .query_opt(
                "SELECT id FROM orders WHERE tenant_id = $1 AND account_id = $2 AND channel_order_id = $3",
                &[self.key(), account.id.into(), reference.into()],
            )
            .await?;
        if let Some(row) = known {
            return Ok(OwnOrder::Known(row.parsed(0)?));
        }
        let short = self.shortages(account.id, lines).await?;
        if !short.is_empty() {
            return Ok(OwnOrder::Short(short));
        }
        let now = self.env.now();
        let snapshot = OrderSnapshot {
            channel_order_id: reference.to_owned(),
            channel_status: status.name().to_owned(),
            status: Some(status),
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at: now,
            updated_at: now,
            ship_by: None,
            total: lines
                .iter()
                .map(|l| l.total)
                .reduce(|a, b| a?.plus(b?).ok())
                .flatten(),
            lines: lines.iter().enumerate().map(own_line).collect(),
            oddities: Vec::new(),
            payload,
        };
        let outcome = self.import_orders(account, &[snapshot]).await?;
        match outcome.orders.get(reference) {
            Some(id) => Ok(OwnOrder::Created(*id, outcome)),
            None => Err(StoreError::Corrupt {
                detail: format!("order {reference} was not written"),
            }),
        }
    }

    /// What is not free of these lines. Locks the products. A line whose SKU is not its product's can take nothing: what
    /// would be reserved is not what was asked for.
    async fn shortages(
        &mut self,
        account: AccountId,
        lines: &[OwnLine],
    ) -> Result<Vec<Shortage>, StoreError> {
        let skus = lines.iter().map(|l| l.sku.as_str().to_owned()).collect();
        let sold = self.sold_as(account, skus).await?;
        let products: BTreeSet<ProductId> = lines.iter().map(|l| l.product).collect();
        let book = StockBook::lock(self, &products).await?;
        let free = self.free_for(account, &book.products(), &book).await?;
        let (mut short, mut wanted) = (Vec::new(), BTreeMap::<ProductId, (&Sku, i64)>::new());
        for line in lines {
            match sold.get(line.sku.as_str()) {
                Some((product, units)) if *product == line.product => {
                    let units = line.quantity.max(0).saturating_mul(*units);
                    // A kit takes units of its components.
                    for part in book.made_of(line.product) {
                        let slot = &mut wanted.entry(part.product).or_insert((&line.sku, 0)).1;
                        *slot = slot.saturating_add(units.saturating_mul(part.units));
                    }
                }
                _ => short.push(Shortage {
                    sku: line.sku.clone(),
                    wanted: line.quantity,
                    left: 0,
                }),
            }
        }
        let left = |product| free.get(&product).copied().unwrap_or(0);
        let scarce = wanted
            .into_iter()
            .filter(|(product, (_, wanted))| *wanted > left(*product))
            .map(|(product, (sku, wanted))| Shortage {
                sku: sku.clone(),
                wanted,
                left: left(product).max(0),
            });
        short.extend(scarce);
        Ok(short)
    }

    /// Locks the account of an order, as everything does that writes its orders; nothing when there is no such order.
    pub(crate) async fn lock_order(&mut self, order: OrderId) -> Result<Option<AccountId>, StoreError> {
        let sql = "SELECT account_id FROM orders WHERE tenant_id = $1 AND id = $2";
        let Some(row) = self.tx.query_opt(sql, &[self.key(), order.into()]).await? else {
            return Ok(None);
        };
        let account = row.parsed(0)?;
        self.lock_account(account).await?;
        Ok(Some(account))
    }

    /// An own order as the snapshot it was last merged from.
    pub(crate) async fn own_snapshot(
        &mut self,
        order: OrderId,
    ) -> Result<Option<(ImportAccount, OrderSnapshot)>, StoreError> {
        let Some(row) = self
            .tx
            .query_opt(
                "SELECT o.account_id, a.connected_at, o.channel_order_id, o.status, o.placed_at, o.total_minor, \
                 o.total_currency, o.payload, o.updated_at FROM orders o JOIN accounts a ON a.tenant_id = o.tenant_id \
                 AND a.id = o.account_id WHERE o.tenant_id = $1 AND o.id = $2",
                &[self.key(), order.into()],
            )
            .await?
        else {
            return Ok(None);
        };
        let account = ImportAccount {
            id: row.parsed(0)?,
            connected_at: row.time(1)?,
        };
        let status = row.named(3, OrderStatus::parse)?;
        // Of an order that ended long ago it is forgotten.
        let payload = match row.bytes(7)? {
            [] => String::new(),
            sealed => self
                .sealer()
                .await?
                .open_text("order", &order.to_string(), sealed)?,
        };
        let rows = self
            .tx
            .query(
                "SELECT channel_line_id, sku, title, ordered, shipped, cancelled, total_minor, total_currency \
                 FROM order_lines WHERE tenant_id = $1 AND order_id = $2 ORDER BY id",
                &[self.key(), order.into()],
            )
            .await?;
        let lines = rows.iter().map(line_snapshot).collect::<Result<_, _>>()?;
        let snapshot = OrderSnapshot {
            channel_order_id: row.string(2)?,
            channel_status: status.name().to_owned(),
            status: Some(status),
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at: row.time(4)?,
            // Later than what it is merged into, even within one tick of the clock.
            updated_at: self.env.now().max(row.time(8)?.plus(Duration::from_micros(1))),
            ship_by: None,
            total: row.opt_money(5)?,
            lines,
            oddities: Vec::new(),
            payload,
        };
        Ok(Some((account, snapshot)))
    }
}

/// Makes a snapshot say that what is not shipped is called off, and why.
pub(crate) fn call_off(snapshot: &mut OrderSnapshot, word: &str) {
    snapshot.status = Some(OrderStatus::Cancelled);
    word.clone_into(&mut snapshot.channel_status);
    for line in &mut snapshot.lines {
        line.cancelled = line.ordered - line.shipped;
    }
}

fn own_line((index, line): (usize, &OwnLine)) -> LineSnapshot {
    LineSnapshot {
        channel_line_id: (index + 1).to_string(),
        sku: Some(line.sku.clone()),
        title: line.title.clone(),
        ordered: line.quantity,
        shipped: 0,
        cancelled: 0,
        total: line.total,
    }
}

fn line_snapshot(row: &crate::db::Row) -> Result<LineSnapshot, StoreError> {
    Ok(LineSnapshot {
        channel_line_id: row.string(0)?,
        sku: row.opt_sku(1)?,
        title: row.string(2)?,
        ordered: row.int(3)?,
        shipped: row.int(4)?,
        cancelled: row.int(5)?,
        total: row.opt_money(6)?,
    })
}
