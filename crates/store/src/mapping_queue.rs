//! What waits to be mapped: listings without a product, and the orders that wait for them.

use std::collections::HashMap;

use serde::Serialize;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, ListingId, Money, OrderId, ProductId, Sku, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::filter::{Filter, after_prefix, contains_pattern};
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// Which listings without a product to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// On this account.
    pub account: Option<AccountId>,
    /// Those a person left alone, instead of those that wait.
    pub ignored: bool,
    /// SKUs that begin with it, titles that contain it.
    pub search: Option<String>,
}

/// A listing without a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmappedListing {
    /// Its id.
    pub listing: ListingId,
    /// On which account.
    pub account: AccountId,
    /// The seller's SKU on the channel.
    pub sku: Sku,
    /// Title.
    pub title: String,
    /// Its barcode as the channel shows it.
    pub barcode: Option<String>,
    /// The channel's own product id.
    pub channel_ref: Option<String>,
    /// Price shown by the channel.
    pub price: Option<Money>,
    /// A person left it alone.
    pub ignored: bool,
    /// Orders that wait for it.
    pub orders_waiting: i64,
    /// Units of it they ask for.
    pub units_waiting: i64,
}

/// An order line that waits because nothing says which product it sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingLine {
    /// The order.
    pub order: OrderId,
    /// The channel's number of it.
    pub channel_order_id: String,
    /// On which account.
    pub account: AccountId,
    /// Where the order stands.
    pub status: OrderStatus,
    /// The SKU that was sold, if the channel said.
    pub sku: Option<Sku>,
    /// Title as it was sold.
    pub title: String,
    /// Units to ship.
    pub units: i64,
    /// The listing of that SKU, if it is known.
    pub listing: Option<ListingId>,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// Latest instant to ship.
    pub ship_by: Option<Timestamp>,
}

/// Order lines that wait: of orders that still ask for goods the seller ships.
const WAITS: &str = "l.product_id IS NULL AND o.fulfilled_by = 'seller' \
     AND o.status IN ('pending', 'open', 'partially_shipped', 'unknown') AND l.ordered > l.shipped + l.cancelled";

fn unmapped(row: &Row) -> Result<UnmappedListing, StoreError> {
    Ok(UnmappedListing {
        listing: row.parsed(0)?,
        account: row.parsed(1)?,
        sku: row.sku(2)?,
        title: row.string(3)?,
        barcode: row.opt_string(4)?,
        channel_ref: row.opt_string(5)?,
        price: row.opt_money(6)?,
        ignored: row.opt_text(8)?.is_some(),
        orders_waiting: 0,
        units_waiting: 0,
    })
}

impl TenantTx {
    /// The SKUs that orders wait for, by account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_skus(&mut self) -> Result<Vec<(AccountId, String)>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT o.account_id, l.sku FROM order_lines l JOIN orders o ON o.tenant_id = l.tenant_id \
             AND o.id = l.order_id WHERE l.tenant_id = $1 AND l.sku IS NOT NULL AND {WAITS}"
        );
        let rows = self.tx.query(&sql, &[self.key()]).await?;
        rows.iter()
            .map(|row| Ok((row.parsed(0)?, row.string(1)?)))
            .collect()
    }
}

impl Tenant {
    /// Listings without a product by account and SKU, each with the orders that wait for it.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn unmapped_listings(
        &self,
        wanted: &QueueFilter,
        query: &PageQuery,
    ) -> Result<Page<UnmappedListing>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1 AND product_id IS NULL", self.key());
        filter.and(if wanted.ignored {
            "mapped_by IS NOT NULL"
        } else {
            "mapped_by IS NULL"
        });
        filter.and_some("account_id = ?", wanted.account);
        if let Some(text) = wanted.search.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
            let (from, to) = (filter.param(text), filter.param(after_prefix(text)));
            let pattern = filter.param(contains_pattern(text));
            filter.and(&format!(
                "(sku >= ${from} AND sku < ${to} OR lower(title) LIKE ${pattern} ESCAPE '!' OR barcode = ${from})"
            ));
        }
        if let Some([account, sku]) = query.after("unmapped")? {
            let (account, sku) = (filter.param(account), filter.param(sku));
            filter.and(&format!(
                "account_id >= ${account} AND (account_id > ${account} OR sku > ${sku})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT id, account_id, sku, title, barcode, channel_ref, price_minor, price_currency, mapped_by \
             FROM listings WHERE {} ORDER BY account_id, sku LIMIT ${limit}",
            filter.text()
        );
        let mut tx = self.read().await?;
        let rows = tx.query(&sql, filter.params()).await?;
        let mut items = rows.iter().map(unmapped).collect::<Result<Vec<_>, _>>()?;
        let skus = Value::TextList(items.iter().map(|item| item.sku.to_string()).collect());
        let sql = format!(
            "SELECT o.account_id, l.sku, COUNT(DISTINCT l.order_id), \
             CAST(SUM(l.ordered - l.shipped - l.cancelled) AS BIGINT) FROM order_lines l JOIN orders o \
             ON o.tenant_id = l.tenant_id AND o.id = l.order_id WHERE l.tenant_id = $1 AND l.sku {{in $2}} AND {WAITS} \
             GROUP BY o.account_id, l.sku"
        );
        let mut waiting = HashMap::new();
        for row in tx.query(&sql, &[self.key(), skus]).await? {
            waiting.insert((row.parsed(0)?, row.sku(1)?), (row.int(2)?, row.int(3)?));
        }
        for item in &mut items {
            let key = (item.account, item.sku.clone());
            (item.orders_waiting, item.units_waiting) = waiting.get(&key).copied().unwrap_or_default();
        }
        Ok(query.page("unmapped", items, |last| {
            [last.account.to_string(), last.sku.to_string()]
        }))
    }

    /// Order lines that wait for a product, the oldest order first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn waiting_lines(&self, query: &PageQuery) -> Result<Page<WaitingLine>, StoreError> {
        let mut filter = Filter::of_tenant("l.tenant_id = $1", self.key());
        filter.and(WAITS);
        if let Some([order, line]) = query.after("waiting")? {
            let (order, line) = (filter.param(order), filter.param(line));
            filter.and(&format!(
                "l.order_id >= ${order} AND (l.order_id > ${order} OR l.id > ${line})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT o.id, o.channel_order_id, o.account_id, o.status, l.sku, l.title, \
             l.ordered - l.shipped - l.cancelled, i.id, o.placed_at, o.ship_by, l.id FROM order_lines l JOIN orders o \
             ON o.tenant_id = l.tenant_id AND o.id = l.order_id LEFT JOIN listings i ON i.tenant_id = l.tenant_id \
             AND i.account_id = o.account_id AND i.sku = l.sku WHERE {} ORDER BY l.order_id, l.id LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let line = |row: &Row| {
            let line = WaitingLine {
                order: row.parsed(0)?,
                channel_order_id: row.string(1)?,
                account: row.parsed(2)?,
                status: row.named(3, OrderStatus::parse)?,
                sku: row.opt_sku(4)?,
                title: row.string(5)?,
                units: row.int(6)?,
                listing: row.opt_parsed(7)?,
                placed_at: row.time(8)?,
                ship_by: row.opt_time(9)?,
            };
            Ok((line, row.string(10)?))
        };
        let items = rows.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        let page = query.page("waiting", items, |(last, id)| {
            [last.order.to_string(), id.clone()]
        });
        Ok(Page {
            items: page.items.into_iter().map(|(line, _)| line).collect(),
            next: page.next,
        })
    }

    /// Every product as id, SKU and title: what suggestions are made from.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product_texts(&self) -> Result<Vec<(ProductId, Sku, String)>, StoreError> {
        let sql = "SELECT id, sku, title FROM products WHERE tenant_id = $1 ORDER BY sku";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        rows.iter()
            .map(|row| Ok((row.parsed(0)?, row.sku(1)?, row.string(2)?)))
            .collect()
    }

    /// The products that have these barcodes (as 14 digits), each with the barcode.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products_of_barcodes(
        &self,
        gtins: Vec<String>,
    ) -> Result<Vec<(String, ProductId)>, StoreError> {
        let sql = "SELECT gtin, product_id FROM product_barcodes WHERE tenant_id = $1 AND gtin {in $2} \
             ORDER BY gtin, product_id";
        let rows = self.read().await?.query(sql, &[self.key(), gtins.into()]).await?;
        rows.iter()
            .map(|row| Ok((row.string(0)?, row.parsed(1)?)))
            .collect()
    }

    /// Listings of an account by SKU, each with the product it sells and how many units of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mapped_listings(
        &self,
        account: AccountId,
        skus: Vec<String>,
    ) -> Result<HashMap<String, (ListingId, Option<ProductId>, i64)>, StoreError> {
        let sql = "SELECT sku, id, product_id, units FROM listings WHERE tenant_id = $1 AND account_id = $2 AND sku {in $3}";
        let params = [self.key(), account.into(), skus.into()];
        let rows = self.read().await?.query(sql, &params).await?;
        rows.iter()
            .map(|row| Ok((row.string(0)?, (row.parsed(1)?, row.opt_parsed(2)?, row.int(3)?))))
            .collect()
    }
}
