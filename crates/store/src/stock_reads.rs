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
    /// Units channels could still sell, at most; of a component those in kits included.
    pub exposure: i64,
    /// Whether somebody said how much there is.
    pub counted: bool,
    /// Its listings.
    pub listings: i64,
    /// The same by location, in the order in which orders are served; only those that ever held some.
    pub locations: Vec<StockAt>,
    /// What one of it is made of, when it is a kit: it has no stock of its own then.
    pub components: Vec<ComponentStock>,
}

/// A component of a kit, and how much of it there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentStock {
    /// The component.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Units of it in one kit.
    pub units: i64,
    /// Units of it that can still be promised.
    pub available: i64,
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
     AND l.product_id = p.id), 0) + COALESCE((SELECT CAST(SUM(l.exposure * l.units * k.units) AS BIGINT) \
     FROM kit_components k JOIN listings l ON l.tenant_id = k.tenant_id AND l.product_id = k.kit_id \
     WHERE k.tenant_id = p.tenant_id AND k.component_id = p.id), 0), (SELECT COUNT(*) FROM listings l WHERE l.tenant_id = p.tenant_id \
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
    for row in tx.query(STOCK_AT, &[tenant.clone(), id_list(at.keys())]).await? {
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
    fill_kits(tx, tenant, &mut records).await?;
    Ok(records)
}

/// What kits are made of, and how much of each component is available.
const KIT_PARTS: &str = "SELECT k.kit_id, k.component_id, p.sku, k.units, CAST(COALESCE(SUM(CASE \
     WHEN b.on_hand - b.reserved <= 0 THEN b.on_hand - b.reserved \
     WHEN o.sellable = 0 OR o.closed_at IS NOT NULL OR b.on_hand - b.reserved <= b.safety THEN 0 \
     ELSE b.on_hand - b.reserved - b.safety END), 0) AS BIGINT), \
     COALESCE(MAX(CASE WHEN o.sellable = 1 AND o.closed_at IS NULL THEN b.counted ELSE 0 END), 0) \
     FROM kit_components k JOIN products p ON p.tenant_id = k.tenant_id AND p.id = k.component_id \
     LEFT JOIN stock_balances b ON b.tenant_id = k.tenant_id AND b.product_id = k.component_id \
     LEFT JOIN locations o ON o.tenant_id = b.tenant_id AND o.id = b.location_id \
     WHERE k.tenant_id = $1 AND k.kit_id {in $2} GROUP BY k.kit_id, k.component_id, p.sku, k.units \
     ORDER BY k.kit_id, p.sku";

/// A kit is as available as its scarcest component.
async fn fill_kits(tx: &mut Tx, tenant: Value, records: &mut [StockRecord]) -> Result<(), StoreError> {
    let ids = id_list(records.iter().map(|record| record.product));
    for row in tx.query(KIT_PARTS, &[tenant, ids]).await? {
        let kit: ProductId = row.parsed(0)?;
        let Some(record) = records.iter_mut().find(|record| record.product == kit) else {
            continue;
        };
        let (units, available) = (row.int(3)?.max(1), row.int(4)?);
        let (makeable, counted) = (available.div_euclid(units), row.flag(5)?);
        let first = record.components.is_empty();
        record.available = if first {
            makeable
        } else {
            record.available.min(makeable)
        };
        record.counted = counted && (first || record.counted);
        record.components.push(ComponentStock {
            product: row.parsed(1)?,
            sku: row.sku(2)?,
            units,
            available,
        });
    }
    Ok(())
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
        components: Vec::new(),
    })
}
