//! What the database knows of a page before it is merged.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};
use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::offer::Offer;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::pace::Pace;
use stockbridge_domain::stock::LineStock;
use stockbridge_domain::{
    AccountId, ListingId, LocationId, Money, OrderId, OrderLineId, ProductId, Timestamp,
};

use super::{Goods, concerned};
use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::listings_row::{OFFER_COLUMNS, offer_from_row};
use crate::stock::StockBook;
use crate::{StoreError, TenantTx};

/// An order as it was last merged.
pub(super) struct KnownOrder {
    pub(super) id: OrderId,
    pub(super) status: OrderStatus,
    pub(super) updated_at: Timestamp,
    pub(super) digest: String,
}

/// An order line as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct KnownLine {
    pub(super) id: OrderLineId,
    pub(super) channel_line_id: String,
    pub(super) listing: Option<ListingId>,
    pub(super) product: Option<ProductId>,
    pub(super) location: Option<LocationId>,
    pub(super) sku: Option<String>,
    pub(super) title: String,
    pub(super) units: i64,
    pub(super) ordered: i64,
    pub(super) shipped: i64,
    pub(super) cancelled: i64,
    pub(super) total: Option<Money>,
    pub(super) stock: LineStock,
    /// What a kit's line took when it was reserved; empty for everything else.
    pub(super) parts: Vec<LinePart>,
}

/// What one unit of a kit's line takes from the shelf, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinePart {
    pub(crate) product: ProductId,
    pub(crate) units: i64,
    pub(crate) location: LocationId,
}

impl KnownLine {
    /// What a channel would say of it that says nothing new.
    pub(super) fn as_known(&self) -> LineSnapshot {
        LineSnapshot {
            channel_line_id: self.channel_line_id.clone(),
            sku: None,
            title: self.title.clone(),
            ordered: self.ordered,
            shipped: self.shipped,
            cancelled: self.cancelled,
            total: None,
        }
    }
}

/// A listing of the account, with what it offers.
pub(super) struct KnownListing {
    pub(super) id: ListingId,
    pub(super) product: Option<ProductId>,
    pub(super) units: i64,
    pub(super) offer: Offer,
    pub(super) pace: Pace,
    pub(super) changed: bool,
    /// A cancellation may have raised what the channel shows: it has to be read again.
    pub(super) reread: bool,
}

/// Tells one snapshot from another: the order as it came, and what was made of it.
pub(super) fn digest(snapshot: &OrderSnapshot) -> String {
    let mut hash = Sha256::new();
    hash.update(snapshot.payload.as_bytes());
    hash.update(
        format!(
            "{:?}{}{:?}",
            snapshot.status,
            snapshot.updated_at.micros(),
            snapshot.lines
        )
        .as_bytes(),
    );
    hash.finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

pub(super) const LINE_COLUMNS: &str = "order_id, id, channel_line_id, listing_id, product_id, location_id, sku, title, units, ordered, \
     shipped, cancelled, total_minor, total_currency, stock_reserved, stock_released, stock_shipped";

pub(super) fn line_from_row(row: &Row) -> Result<(OrderId, KnownLine), StoreError> {
    let line = KnownLine {
        id: row.parsed(1)?,
        channel_line_id: row.string(2)?,
        listing: row.opt_parsed(3)?,
        product: row.opt_parsed(4)?,
        location: row.opt_parsed(5)?,
        sku: row.opt_string(6)?,
        title: row.string(7)?,
        units: row.int(8)?,
        ordered: row.int(9)?,
        shipped: row.int(10)?,
        cancelled: row.int(11)?,
        total: row.opt_money(12)?,
        stock: LineStock {
            reserved: row.int(14)?,
            released: row.int(15)?,
            shipped: row.int(16)?,
        },
        parts: Vec::new(),
    };
    Ok((row.parsed(0)?, line))
}

impl TenantTx {
    pub(super) async fn known_orders(
        &mut self,
        account: AccountId,
        snapshots: &[OrderSnapshot],
    ) -> Result<HashMap<String, KnownOrder>, StoreError> {
        let ids = snapshots.iter().map(|s| s.channel_order_id.clone()).collect();
        let rows = self
            .tx
            .query(
                "SELECT channel_order_id, id, status, updated_at, digest FROM orders \
                 WHERE tenant_id = $1 AND account_id = $2 AND channel_order_id {in $3}",
                &[self.key(), account.into(), Value::TextList(ids)],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let known = KnownOrder {
                    id: row.parsed(1)?,
                    status: row.named(2, OrderStatus::parse)?,
                    updated_at: row.time(3)?,
                    digest: row.string(4)?,
                };
                Ok((row.string(0)?, known))
            })
            .collect()
    }

    pub(super) async fn known_lines(
        &mut self,
        orders: impl Iterator<Item = &KnownOrder>,
    ) -> Result<HashMap<OrderId, Vec<KnownLine>>, StoreError> {
        let ids: Vec<String> = orders.map(|o| o.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql =
            format!("SELECT {LINE_COLUMNS} FROM order_lines WHERE tenant_id = $1 AND order_id {{in $2}}");
        let rows = self.tx.query(&sql, &[self.key(), Value::TextList(ids)]).await?;
        let mut lines: HashMap<OrderId, Vec<KnownLine>> = HashMap::new();
        for row in &rows {
            let (order, line) = line_from_row(row)?;
            lines.entry(order).or_default().push(line);
        }
        let ids: Vec<String> = lines.values().flatten().map(|line| line.id.to_string()).collect();
        let mut parts = self.line_parts(ids).await?;
        for line in lines.values_mut().flatten() {
            line.parts = parts.remove(&line.id).unwrap_or_default();
        }
        Ok(lines)
    }

    /// What lines of kits took when they were reserved.
    pub(crate) async fn line_parts(
        &mut self,
        lines: Vec<String>,
    ) -> Result<HashMap<OrderLineId, Vec<LinePart>>, StoreError> {
        if lines.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = "SELECT line_id, product_id, units, location_id FROM order_line_parts \
                   WHERE tenant_id = $1 AND line_id {in $2} ORDER BY line_id, product_id";
        let mut parts: HashMap<OrderLineId, Vec<LinePart>> = HashMap::new();
        for row in self.tx.query(sql, &[self.key(), Value::TextList(lines)]).await? {
            let part = LinePart {
                product: row.parsed(1)?,
                units: row.int(2)?,
                location: row.parsed(3)?,
            };
            parts.entry(row.parsed(0)?).or_default().push(part);
        }
        Ok(parts)
    }

    /// Finds listings and products of a page's lines, locks the products and reads what may move.
    pub(super) async fn goods(
        &mut self,
        account: AccountId,
        fresh: &[(&OrderSnapshot, String)],
        lines: &HashMap<OrderId, Vec<KnownLine>>,
    ) -> Result<Goods, StoreError> {
        let mut skus: Vec<String> = fresh
            .iter()
            .flat_map(|(s, _)| &s.lines)
            .filter_map(|l| l.sku.as_ref().map(|s| s.as_str().to_owned()))
            // A snapshot may leave out a line or its SKU; what the line sold is still known.
            .chain(lines.values().flatten().filter_map(|l| l.sku.clone()))
            .collect();
        skus.sort_unstable();
        skus.dedup();
        let listings = self.listings_by_sku(account, &skus, "").await?;
        let without: Vec<String> = skus
            .iter()
            .filter(|sku| listings.get(*sku).is_none_or(|l| l.product.is_none()))
            .cloned()
            .collect();
        let products = self.products_by_sku(without).await?;
        let ids = concerned(fresh, lines, &listings, &products);
        let book = StockBook::lock(self, &ids).await?;
        Ok(Goods {
            listings: self.listings_under_lock(account, &skus, listings, &book).await?,
            products,
            book,
            causes: BTreeMap::new(),
            parts: Vec::new(),
        })
    }

    /// Which product a line of the account sells by these SKUs, and how many units of it: what merging resolves them to.
    pub(crate) async fn sold_as(
        &mut self,
        account: AccountId,
        skus: Vec<String>,
    ) -> Result<HashMap<String, (ProductId, i64)>, StoreError> {
        let mut sold: HashMap<_, _> = self
            .listings_by_sku(account, &skus, "")
            .await?
            .into_iter()
            .filter_map(|(sku, listing)| Some((sku, (listing.product?, listing.units))))
            .collect();
        let without = skus.into_iter().filter(|sku| !sold.contains_key(sku)).collect();
        let products = self.products_by_sku(without).await?;
        sold.extend(products.into_iter().map(|(sku, product)| (sku, (product, 1))));
        Ok(sold)
    }

    /// The listings again, now that their products are locked: another process may have moved the offers, or mapped one.
    async fn listings_under_lock(
        &mut self,
        account: AccountId,
        skus: &[String],
        before: HashMap<String, KnownListing>,
        book: &StockBook,
    ) -> Result<HashMap<String, KnownListing>, StoreError> {
        if before.is_empty() {
            return Ok(before);
        }
        let listings = self.listings_by_sku(account, skus, "{lock_by id}").await?;
        for (sku, listing) in &listings {
            let same = before.get(sku).is_some_and(|b| b.product == listing.product);
            if !same && listing.product.is_some_and(|p| !book.holds(p)) {
                return Err(StoreError::Busy {
                    detail: format!("the listing {sku} was mapped to another product just now"),
                });
            }
        }
        Ok(listings)
    }

    async fn listings_by_sku(
        &mut self,
        account: AccountId,
        skus: &[String],
        tail: &str,
    ) -> Result<HashMap<String, KnownListing>, StoreError> {
        let sql = format!(
            "SELECT sku, id, product_id, units, sold_milli, sold_at, {OFFER_COLUMNS} FROM listings \
             WHERE tenant_id = $1 AND account_id = $2 AND sku {{in $3}} {tail}"
        );
        let rows = self
            .tx
            .query(
                &sql,
                &[self.key(), account.into(), Value::TextList(skus.to_vec())],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let listing = KnownListing {
                    id: row.parsed(1)?,
                    product: row.opt_parsed(2)?,
                    units: row.int(3)?.max(1),
                    pace: Pace {
                        sold_milli: row.int(4)?,
                        at: row.time(5)?,
                    },
                    offer: offer_from_row(row, 6)?,
                    changed: false,
                    reread: false,
                };
                Ok((row.string(0)?, listing))
            })
            .collect()
    }

    async fn products_by_sku(&mut self, skus: Vec<String>) -> Result<HashMap<String, ProductId>, StoreError> {
        if skus.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self
            .tx
            .query(
                "SELECT sku, id FROM products WHERE tenant_id = $1 AND sku {in $2}",
                &[self.key(), Value::TextList(skus)],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.string(0)?, row.parsed(1)?)))
            .collect()
    }
}
