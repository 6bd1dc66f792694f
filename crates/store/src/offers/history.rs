//! What happened to listings: the material of "why is this number 3?".

use serde::Serialize;
use stockbridge_domain::channel::{LevelPart, WriteMode};
use stockbridge_domain::exposure::Hold;
use stockbridge_domain::offer::Offer;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, ListingId, OrderId, ProductId, PushId, Timestamp};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::listings::{ListingPlace, places};
use crate::listings_row::{OFFER_COLUMNS, offer_from_row};
use crate::{StoreError, Tenant, TenantTx};

/// One attempt to change what a channel shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushRecord {
    /// The attempt.
    pub id: PushId,
    /// The listing.
    pub listing: ListingId,
    /// `quantity` or `price`.
    pub field: String,
    /// What the channel was expected to show before.
    pub before: Option<String>,
    /// What was sent: the quantity it comes to, or the price.
    pub value: String,
    /// How a quantity was put to the channel.
    pub mode: Option<WriteMode>,
    /// What the channel had to show, or what was changed, where it does not overwrite.
    pub compared: Option<i64>,
    /// What each of the channel's locations was sent; empty where it has none.
    pub places: Vec<LevelPart>,
    /// What caused it.
    pub cause: Option<String>,
    /// When that happened.
    pub caused_at: Option<Timestamp>,
    /// When it left.
    pub sent_at: Timestamp,
    /// When the answer was in.
    pub answered_at: Option<Timestamp>,
    /// What became of it: `sent`, `accepted`, `applied`, `later`, `differs`, `refused`, `unknown`.
    pub outcome: String,
    /// What the channel said.
    pub message: Option<String>,
    /// When a reading proved it.
    pub verified_at: Option<Timestamp>,
}

/// A listing's offer with the plan for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferRecord {
    /// The listing.
    pub listing: ListingId,
    /// Its account.
    pub account: AccountId,
    /// Its SKU.
    pub sku: String,
    /// Units of the product in one of the listing.
    pub units: i64,
    /// What it offers.
    pub offer: Offer,
    /// What each of the channel's locations shows and was sent; empty where it has none.
    pub places: Vec<ListingPlace>,
    /// What allocation gives it.
    pub desired: Option<i64>,
    /// What is to be written.
    pub due: Option<i64>,
    /// Why not more is done.
    pub hold: Option<Hold>,
    /// When a reading last showed what it should.
    pub verified_at: Option<Timestamp>,
    /// The last problem.
    pub problem: Option<String>,
}

/// When a quantity was asked for, sent and proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PushTimes {
    /// The account it went to.
    pub account: AccountId,
    /// Whether an order caused it.
    pub by_sale: bool,
    /// When what caused it happened; for an order, when it was placed.
    pub caused_at: Option<Timestamp>,
    /// When it left.
    pub sent_at: Timestamp,
    /// When a reading proved it.
    pub verified_at: Option<Timestamp>,
}

/// An order line that holds stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenLine {
    /// Its order.
    pub order: OrderId,
    /// The channel's id of it.
    pub channel_order_id: String,
    /// Its account.
    pub account: AccountId,
    /// Where the order stands.
    pub status: OrderStatus,
    /// Units reserved.
    pub reserved: i64,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// Fields that are pushed.
const PUSHED: [&str; 2] = ["quantity", "price"];
/// The columns of a [`PushRecord`].
const PUSH: &str = "id, listing_id, field, before, value, cause, caused_at, sent_at, answered_at, outcome, message, \
     verified_at, mode, compared, places";

fn push_from_row(row: &Row) -> Result<PushRecord, StoreError> {
    Ok(PushRecord {
        id: row.parsed(0)?,
        listing: row.parsed(1)?,
        field: row.string(2)?,
        before: row.opt_string(3)?,
        value: row.string(4)?,
        cause: row.opt_string(5)?,
        caused_at: row.opt_time(6)?,
        sent_at: row.time(7)?,
        answered_at: row.opt_time(8)?,
        outcome: row.string(9)?,
        message: row.opt_string(10)?,
        verified_at: row.opt_time(11)?,
        mode: row.opt_text(12)?.and_then(WriteMode::parse),
        compared: row.opt_int(13)?,
        places: match row.opt_text(14)? {
            Some(_) => row.json(14)?,
            None => Vec::new(),
        },
    })
}

impl TenantTx {
    /// Whether an account has quantities to be written.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn has_due_writes(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let sql =
            "SELECT 1 FROM listings WHERE tenant_id = $1 AND account_id = $2 AND due_qty IS NOT NULL LIMIT 1";
        Ok(self
            .tx
            .query_opt(sql, &[self.key(), account.into()])
            .await?
            .is_some())
    }

    /// Forgets what an account offers: its channel is no longer this hub's concern, so it holds back no stock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_offers(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.mark_all_dirty(Some(account), "store disconnected").await?;
        self.tx
            .exec(
                "UPDATE listings SET exposure = 0, exposure_since = $3, settled = 0, shown_qty = NULL, shown_at = NULL, \
                 anchor_qty = NULL, anchor_asked_at = NULL, anchor_at = NULL, anchor_sold = NULL, write_push = NULL, write_qty = NULL, write_sent_at = NULL, \
                 write_state = NULL, write_sold = NULL, write_prior = NULL, write_prior_exposure = NULL, \
                 write_margin = NULL, write_mode = NULL, write_from = NULL, places_shown = NULL, places_sent = NULL, desired_qty = NULL, due_qty = NULL, due_priority = NULL, hold = NULL, \
                 read_due_at = NULL, price_due = 0 WHERE tenant_id = $1 AND account_id = $2",
                &[self.key(), account.into(), self.env.now().into()],
            )
            .await?;
        Ok(())
    }
}

impl Tenant {
    /// The last attempts on a product's listings, newest first; of the first fifty listings, should it have more. Only the
    /// last of each listing are read, however long its history is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pushes_of(&self, product: ProductId, limit: i64) -> Result<Vec<PushRecord>, StoreError> {
        let mut tx = self.read().await?;
        let listings =
            "SELECT id FROM listings WHERE tenant_id = $1 AND product_id = $2 ORDER BY id LIMIT 50";
        let listings = tx.query(listings, &[self.key(), product.into()]).await?;
        if listings.is_empty() {
            return Ok(Vec::new());
        }
        let mut params = vec![self.key(), limit.into()];
        let mut parts = Vec::new();
        for row in &listings {
            params.push(row.string(0)?.into());
            for field in PUSHED {
                let number = params.len();
                parts.push(format!(
                    "SELECT * FROM (SELECT {PUSH} FROM pushes WHERE tenant_id = $1 AND listing_id = ${number} \
                     AND field = '{field}' ORDER BY id DESC LIMIT $2) {field}_{number}"
                ));
            }
        }
        let sql = format!("{} ORDER BY 1 DESC LIMIT $2", parts.join(" UNION ALL "));
        tx.query(&sql, &params).await?.iter().map(push_from_row).collect()
    }

    /// The last attempts on one listing's `field`, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pushes_of_listing(
        &self,
        listing: ListingId,
        field: &str,
        limit: i64,
    ) -> Result<Vec<PushRecord>, StoreError> {
        let sql = format!(
            "SELECT {PUSH} FROM pushes WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 ORDER BY id DESC LIMIT $4"
        );
        let params = [self.key(), listing.into(), field.into(), limit.into()];
        let rows = self.read().await?.query(&sql, &params).await?;
        rows.iter().map(push_from_row).collect()
    }

    /// When the quantities sent since `since` were asked for, sent and proved; the first 100,000.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn push_times(&self, since: Timestamp) -> Result<Vec<PushTimes>, StoreError> {
        let rows = self
            .read()
            .await?
            .query(
                "SELECT account_id, cause, caused_at, sent_at, verified_at FROM pushes WHERE tenant_id = $1 \
                 AND sent_at >= $2 AND field = 'quantity' ORDER BY sent_at LIMIT 100000",
                &[self.key(), since.into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(PushTimes {
                    account: row.parsed(0)?,
                    by_sale: row.opt_text(1)?.is_some_and(|c| c.starts_with("order ")),
                    caused_at: row.opt_time(2)?,
                    sent_at: row.time(3)?,
                    verified_at: row.opt_time(4)?,
                })
            })
            .collect()
    }

    /// What a product's listings offer, as far as the seller ships them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn offers_of(&self, product: ProductId) -> Result<Vec<OfferRecord>, StoreError> {
        let sql = format!(
            "SELECT id, account_id, sku, units, desired_qty, due_qty, hold, verified_at, last_problem, places_shown, places_sent, \
             {OFFER_COLUMNS} \
             FROM listings WHERE tenant_id = $1 AND product_id = $2 AND fulfilled_by = 'seller' ORDER BY id"
        );
        let rows = self
            .read()
            .await?
            .query(&sql, &[self.key(), product.into()])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OfferRecord {
                    listing: row.parsed(0)?,
                    account: row.parsed(1)?,
                    sku: row.string(2)?,
                    units: row.int(3)?,
                    desired: row.opt_int(4)?,
                    due: row.opt_int(5)?,
                    hold: row.opt_text(6)?.and_then(Hold::parse),
                    verified_at: row.opt_time(7)?,
                    problem: row.opt_string(8)?,
                    places: places(row, 9)?,
                    offer: offer_from_row(row, 11)?,
                })
            })
            .collect()
    }

    /// Order lines that hold a product's stock, in kits too: the first that came in, by when they were placed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open_lines_of(&self, product: ProductId, limit: i64) -> Result<Vec<OpenLine>, StoreError> {
        let rows = self
            .read()
            .await?
            .query(
                "SELECT o.id, o.channel_order_id, o.account_id, o.status, (l.stock_reserved - l.stock_released \
                 - l.stock_shipped) * COALESCE(t.units, 1), o.placed_at FROM (SELECT id FROM order_lines \
                 WHERE tenant_id = $1 AND product_id IN (SELECT id FROM products WHERE tenant_id = $1 AND id = $2 \
                 UNION ALL SELECT kit_id FROM kit_components WHERE tenant_id = $1 AND component_id = $2) \
                 AND stock_reserved > stock_released + stock_shipped ORDER BY id || '' LIMIT $3) first \
                 JOIN order_lines l ON l.tenant_id = $1 AND l.id = first.id JOIN orders o ON o.tenant_id = l.tenant_id \
                 AND o.id = l.order_id LEFT JOIN order_line_parts t ON t.tenant_id = l.tenant_id AND t.line_id = l.id \
                 AND t.product_id = $2 WHERE l.product_id = $2 OR t.product_id IS NOT NULL ORDER BY o.placed_at, l.id",
                &[self.key(), product.into(), limit.into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OpenLine {
                    order: row.parsed(0)?,
                    channel_order_id: row.string(1)?,
                    account: row.parsed(2)?,
                    status: row.named(3, OrderStatus::parse)?,
                    reserved: row.int(4)?,
                    placed_at: row.time(5)?,
                })
            })
            .collect()
    }
}
