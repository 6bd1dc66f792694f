//! Reading stock: what there is of each product, and its ledger.

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::stock::{Balance, Shelf};
use stockbridge_domain::{LedgerEntryId, LocationId, ProductId, Sku};

use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::stock::{LEDGER_SELECT, LedgerRecord, id_list, ledger_from_row};
use crate::{StoreError, Tenant};

/// A product with its stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockRecord {
    /// The product.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// Units on the seller's own shelves.
    pub on_hand: i64,
    /// Units promised to orders.
    pub reserved: i64,
    /// Units that lie there, are not promised, and are not offered either: safety stock, and what lies at locations that
    /// are not sold from. `on_hand - reserved - withheld = available`.
    pub withheld: i64,
    /// Units that can still be promised.
    pub available: i64,
    /// Units on their way to one of the locations; not available yet.
    pub incoming: i64,
    /// Units in the channels' own warehouses, by their word; never available to us.
    pub at_channels: i64,
    /// Units channels could still sell, at most.
    pub exposure: i64,
    /// Whether somebody said how much there is.
    pub counted: bool,
    /// Its listings.
    pub listings: i64,
    /// The same by location, in the order in which orders are served; only those that ever held some.
    pub locations: Vec<StockAt>,
}

/// A product's stock at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockAt {
    /// Where.
    pub location: LocationId,
    /// What people call it.
    pub name: String,
    /// Whether its units are offered.
    pub sellable: bool,
    /// Units that lie there.
    pub on_hand: i64,
    /// Of these, promised to orders.
    pub reserved: i64,
    /// Units kept back there from every channel.
    pub safety: i64,
    /// Units there that can still be promised.
    pub available: i64,
    /// Units on their way there.
    pub incoming: i64,
}

impl Tenant {
    /// The newest entries of a product, newest first; `before` continues after that entry.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ledger(
        &self,
        product: ProductId,
        before: Option<LedgerEntryId>,
        limit: i64,
    ) -> Result<Vec<LedgerRecord>, StoreError> {
        let sql = format!(
            "{LEDGER_SELECT} WHERE tenant_id = $1 AND product_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
        );
        let before = before.map_or_else(|| "led_~".to_owned(), |id| id.to_string());
        let mut tx = self.read().await?;
        let rows = tx
            .query(&sql, &[self.key(), product.into(), before.into(), limit.into()])
            .await?;
        rows.iter().map(ledger_from_row).collect()
    }

    /// Products with their stock, by SKU; `after` continues after that SKU, `search` looks in SKU and title.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stock(
        &self,
        search: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<StockRecord>, StoreError> {
        let pattern = search.map(|s| format!("%{}%", s.to_lowercase()));
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                &format!(
                    "{STOCK_SELECT} WHERE p.tenant_id = $1 AND p.sku > $2 \
                     AND ($3 = '' OR LOWER(p.sku) LIKE $3 OR LOWER(p.title) LIKE $3) ORDER BY p.sku LIMIT $4"
                ),
                &[
                    self.key(),
                    after.unwrap_or("").into(),
                    pattern.unwrap_or_default().into(),
                    limit.into(),
                ],
            )
            .await?;
        with_locations(&mut tx, self.key(), &rows).await
    }

    /// One product's stock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stock_of(&self, sku: &Sku) -> Result<Option<StockRecord>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                &format!("{STOCK_SELECT} WHERE p.tenant_id = $1 AND p.sku = $2"),
                &[self.key(), sku.into()],
            )
            .await?;
        Ok(with_locations(&mut tx, self.key(), &rows).await?.pop())
    }
}

const STOCK_SELECT: &str = "SELECT p.id, p.sku, p.title, \
     COALESCE((SELECT CAST(SUM(l.exposure * l.units) AS BIGINT) FROM listings l WHERE l.tenant_id = p.tenant_id \
     AND l.product_id = p.id), 0), (SELECT COUNT(*) FROM listings l WHERE l.tenant_id = p.tenant_id \
     AND l.product_id = p.id), COALESCE((SELECT CAST(SUM(l.channel_units * l.units) AS BIGINT) FROM listings l \
     WHERE l.tenant_id = p.tenant_id AND l.product_id = p.id AND l.fulfilled_by = 'channel'), 0) FROM products p";

/// What lies where, and what is on its way there, of some products.
const STOCK_AT: &str = "SELECT b.product_id, b.location_id, o.name, o.sellable, o.closed_at, b.on_hand, b.reserved, \
     b.safety, b.counted, COALESCE((SELECT CAST(SUM(t.units - t.received - t.lost) AS BIGINT) FROM transfer_lines t \
     JOIN transfers h ON h.tenant_id = t.tenant_id AND h.id = t.transfer_id WHERE t.tenant_id = $1 \
     AND t.product_id = b.product_id AND h.to_location = b.location_id AND h.status = 'in_transit'), 0) \
     FROM stock_balances b JOIN locations o ON o.tenant_id = b.tenant_id AND o.id = b.location_id \
     WHERE b.tenant_id = $1 AND b.product_id {in $2} ORDER BY o.rank, o.id";

/// Adds to products (rows of `STOCK_SELECT`) what lies where.
async fn with_locations(tx: &mut Tx, tenant: Value, rows: &[Row]) -> Result<Vec<StockRecord>, StoreError> {
    let mut records = rows.iter().map(stock_from_row).collect::<Result<Vec<_>, _>>()?;
    let at: BTreeMap<ProductId, usize> = records.iter().zip(0..).map(|(r, i)| (r.product, i)).collect();
    if records.is_empty() {
        return Ok(records);
    }
    for row in tx.query(STOCK_AT, &[tenant, id_list(at.keys())]).await? {
        let Some(record) = at.get(&row.parsed(0)?).and_then(|i| records.get_mut(*i)) else {
            continue;
        };
        let shelf = Shelf {
            balance: Balance {
                on_hand: row.int(5)?,
                reserved: row.int(6)?,
            },
            safety: row.int(7)?,
            sellable: row.flag(3)? && row.opt_time(4)?.is_none(),
        };
        record.counted |= row.flag(8)? && shelf.sellable;
        record.add(shelf, row.parsed(1)?, row.string(2)?, row.int(9)?);
    }
    Ok(records)
}

impl StockRecord {
    fn add(&mut self, shelf: Shelf, location: LocationId, name: String, incoming: i64) {
        let (balance, available) = (shelf.balance, shelf.available());
        self.on_hand += balance.on_hand;
        self.reserved += balance.reserved;
        self.available += available;
        self.withheld += balance.available() - available;
        self.incoming += incoming;
        self.locations.push(StockAt {
            location,
            name,
            sellable: shelf.sellable,
            on_hand: balance.on_hand,
            reserved: balance.reserved,
            safety: shelf.safety,
            available,
            incoming,
        });
    }
}

fn stock_from_row(row: &Row) -> Result<StockRecord, StoreError> {
    Ok(StockRecord {
        product: row.parsed(0)?,
        sku: row.sku(1)?,
        title: row.string(2)?,
        exposure: row.int(3)?,
        listings: row.int(4)?,
        at_channels: row.int(5)?,
        on_hand: 0,
        reserved: 0,
        withheld: 0,
        available: 0,
        incoming: 0,
        counted: false,
        locations: Vec::new(),
    })
}
