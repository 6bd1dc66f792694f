//! Reading stock: what there is of each product, and its ledger.

use serde::Serialize;
use stockbridge_domain::{LedgerEntryId, ProductId, Sku};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::stock::{LEDGER_SELECT, LedgerRecord, ledger_from_row};
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
    /// Units on the shelf.
    pub on_hand: i64,
    /// Units promised to orders.
    pub reserved: i64,
    /// Units that can still be promised.
    pub available: i64,
    /// Units channels could still sell, at most.
    pub exposure: i64,
    /// Whether somebody said how much there is.
    pub counted: bool,
    /// Its listings.
    pub listings: i64,
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
        rows.iter().map(stock_from_row).collect()
    }

    /// One product's stock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stock_of(&self, sku: &Sku) -> Result<Option<StockRecord>, StoreError> {
        let mut tx = self.read().await?;
        let row = tx
            .query_opt(
                &format!("{STOCK_SELECT} WHERE p.tenant_id = $1 AND p.sku = $2"),
                &[self.key(), sku.into()],
            )
            .await?;
        row.as_ref().map(stock_from_row).transpose()
    }
}

const STOCK_SELECT: &str = "SELECT p.id, p.sku, p.title, COALESCE((SELECT CAST(SUM(b.on_hand) AS BIGINT) FROM stock_balances b \
     WHERE b.tenant_id = p.tenant_id AND b.product_id = p.id), 0), COALESCE((SELECT CAST(SUM(b.reserved) AS BIGINT) \
     FROM stock_balances b WHERE b.tenant_id = p.tenant_id AND b.product_id = p.id), 0), \
     COALESCE((SELECT MAX(b.counted) FROM stock_balances b WHERE b.tenant_id = p.tenant_id AND b.product_id = p.id), 0), \
     COALESCE((SELECT CAST(SUM(l.exposure * l.units) AS BIGINT) FROM listings l WHERE l.tenant_id = p.tenant_id \
     AND l.product_id = p.id), 0), (SELECT COUNT(*) FROM listings l WHERE l.tenant_id = p.tenant_id \
     AND l.product_id = p.id) FROM products p";

fn stock_from_row(row: &Row) -> Result<StockRecord, StoreError> {
    let (on_hand, reserved) = (row.int(3)?, row.int(4)?);
    Ok(StockRecord {
        product: row.parsed(0)?,
        sku: row.sku(1)?,
        title: row.string(2)?,
        on_hand,
        reserved,
        available: on_hand - reserved,
        counted: row.int(5)? == 1,
        exposure: row.int(6)?,
        listings: row.int(7)?,
    })
}
