//! Importing listings: one page of what a channel shows becomes listings, mappings and readings, in one transaction and
//! a fixed number of statements whatever the page's length.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use stockbridge_domain::catalog::gtin14;
use stockbridge_domain::channel::{ListingSnapshot, Timing};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::offer::ReadTime;
use stockbridge_domain::{AccountId, ListingId, Money, ProductId, Timestamp};

use crate::columns::{Columns as _, json_value, money_values};
use crate::db::{Kind, Row, Value};
use crate::listings::MappedBy;
use crate::stock::StockBook;
use crate::{Reading, StoreError, TenantTx};

/// What importing a page of listings did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ListingsOutcome {
    /// Snapshots looked at.
    pub seen: i64,
    /// Listings that were new.
    pub created: i64,
    /// Of these, without a product of the same SKU.
    pub unmapped: i64,
    /// Known listings of which more than the quantity changed.
    pub changed: i64,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("account_id", Kind::Text),
    ("sku", Kind::Text),
    ("channel_ref", Kind::Text),
    ("title", Kind::Text),
    ("fulfilled_by", Kind::Text),
    ("status", Kind::Text),
    ("handle", Kind::Text),
    ("issues", Kind::Text),
    ("product_id", Kind::Text),
    ("mapped_by", Kind::Text),
    ("units", Kind::Int),
    ("price_minor", Kind::Int),
    ("price_currency", Kind::Text),
    ("price_due", Kind::Int),
    ("exposure", Kind::Int),
    ("exposure_since", Kind::Int),
    ("settled", Kind::Int),
    ("sold_milli", Kind::Int),
    ("sold_at", Kind::Int),
    ("created_at", Kind::Int),
    ("updated_at", Kind::Int),
    ("channel_units", Kind::Int),
    ("images", Kind::Text),
    ("barcode", Kind::Text),
    ("gtin", Kind::Text),
];

const UPDATE: &str = "UPDATE listings SET channel_ref = $3, title = $4, fulfilled_by = $5, status = $6, \
     handle = $7, issues = $8, price_minor = $9, price_currency = $10, updated_at = $11, \
     channel_units = $12, images = $13, barcode = $14, gtin = $15 \
     WHERE tenant_id = $1 AND id = $2";

/// What is known of a listing and comes from the channel.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    channel_ref: Option<String>,
    title: String,
    fulfilled_by: FulfilledBy,
    status: String,
    handle: Option<String>,
    issues: String,
    price: Option<Money>,
    /// Units in the channel's own warehouse, by its word.
    channel_units: Option<i64>,
    /// Its images, as JSON.
    images: Option<String>,
    barcode: Option<String>,
}

struct Known {
    id: ListingId,
    product: Option<ProductId>,
    shown: Shown,
}

/// Everything about a page that is looked up before anything is written.
struct Page {
    known: HashMap<String, Known>,
    /// Products by SKU, for listings that are new.
    products: HashMap<String, ProductId>,
}

impl TenantTx {
    /// Takes in what a channel shows of an account's listings.
    ///
    /// New listings are mapped to the product of the same SKU. Quantities of those the seller ships are readings of
    /// their offers.
    ///
    /// # Errors
    /// When the database refuses, also when there is no such account; nothing is written then.
    pub async fn upsert_listings(
        &mut self,
        account: AccountId,
        snapshots: &[ListingSnapshot],
        read: impl Into<ReadTime>,
    ) -> Result<ListingsOutcome, StoreError> {
        self.take_listings(account, snapshots, read.into(), None).await
    }

    /// The same, and compares what is shown with what should be: price, status and title of listings known before.
    ///
    /// # Errors
    /// As [`Self::upsert_listings`].
    pub async fn upsert_compared(
        &mut self,
        account: AccountId,
        snapshots: &[ListingSnapshot],
        read: impl Into<ReadTime>,
        timing: Timing,
    ) -> Result<ListingsOutcome, StoreError> {
        self.take_listings(account, snapshots, read.into(), Some(timing))
            .await
    }

    async fn take_listings(
        &mut self,
        account: AccountId,
        snapshots: &[ListingSnapshot],
        read: ReadTime,
        compared: Option<Timing>,
    ) -> Result<ListingsOutcome, StoreError> {
        // The last word about each SKU, in the order of SKUs.
        let latest: BTreeMap<&str, &ListingSnapshot> = snapshots
            .iter()
            .map(|snapshot| (snapshot.sku.as_str(), snapshot))
            .collect();
        let mut outcome = ListingsOutcome {
            seen: i64::try_from(snapshots.len()).unwrap_or(i64::MAX),
            ..ListingsOutcome::default()
        };
        if latest.is_empty() {
            return Ok(outcome);
        }
        let page = self.listings_page(account, &latest).await?;
        if let Some(timing) = compared {
            let shown: Vec<ListingSnapshot> = latest.values().map(|s| (*s).clone()).collect();
            self.compare_shown(account, &shown, read.at, timing).await?;
        }
        let (mut inserts, mut updates, mut readings) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut dirty = BTreeSet::new();
        for (sku, snapshot) in latest {
            let known = page.known.get(sku);
            let shown = shown(snapshot, known.map(|known| &known.shown))?;
            readings.extend(reading(snapshot, known));
            match known {
                Some(known) if known.shown == shown => {}
                Some(known) => {
                    outcome.changed += 1;
                    dirty.extend(
                        known
                            .product
                            .filter(|_| known.shown.fulfilled_by != shown.fulfilled_by),
                    );
                    updates.insert(known.id, self.changed_values(known.id, shown));
                }
                None => {
                    outcome.created += 1;
                    let product = page.products.get(sku).copied();
                    outcome.unmapped += i64::from(product.is_none());
                    dirty.extend(product);
                    inserts.push(self.new_values(account, sku, shown, product));
                }
            }
        }
        self.tx.insert_many("listings", COLUMNS, "", inserts).await?;
        // In the order in which everybody locks listings.
        let updates: Vec<_> = updates.into_values().collect();
        self.tx.exec_many(UPDATE, &updates).await?;
        let (moved, excess) = self.take_readings(account, &readings, read).await?;
        dirty.extend(moved);
        self.mark_dirty(dirty, "listings", read.at).await?;
        self.note_excess(&excess).await?;
        Ok(outcome)
    }

    /// Looks a page up under the account's lock, so that no listing of it is mapped meanwhile, and locks the products it
    /// concerns, as everything does that moves offers.
    async fn listings_page(
        &mut self,
        account: AccountId,
        latest: &BTreeMap<&str, &ListingSnapshot>,
    ) -> Result<Page, StoreError> {
        self.lock_account(account).await?;
        let skus: Vec<String> = latest.keys().map(|sku| (*sku).to_owned()).collect();
        let known = self.known_listings(account, skus.clone()).await?;
        let new = skus.into_iter().filter(|sku| !known.contains_key(sku)).collect();
        let products = self.products_of_skus(new).await?;
        let concerned: BTreeSet<ProductId> = known
            .values()
            .filter_map(|known| known.product)
            .chain(products.values().copied())
            .collect();
        StockBook::lock(self, &concerned).await?;
        Ok(Page { known, products })
    }

    async fn known_listings(
        &mut self,
        account: AccountId,
        skus: Vec<String>,
    ) -> Result<HashMap<String, Known>, StoreError> {
        let sql = "SELECT sku, id, product_id, channel_ref, title, fulfilled_by, status, handle, issues, \
             price_minor, price_currency, channel_units, images, barcode FROM listings \
             WHERE tenant_id = $1 AND account_id = $2 \
             AND sku {in $3}";
        let rows = self
            .tx
            .query(sql, &[self.key(), account.into(), skus.into()])
            .await?;
        rows.iter()
            .map(|row| Ok((row.string(0)?, known_from_row(row)?)))
            .collect()
    }

    async fn products_of_skus(
        &mut self,
        skus: Vec<String>,
    ) -> Result<HashMap<String, ProductId>, StoreError> {
        if skus.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = "SELECT sku, id FROM products WHERE tenant_id = $1 AND sku {in $2}";
        let rows = self.tx.query(sql, &[self.key(), skus.into()]).await?;
        rows.iter()
            .map(|row| Ok((row.string(0)?, row.parsed(1)?)))
            .collect()
    }

    fn changed_values(&self, id: ListingId, shown: Shown) -> Vec<Value> {
        let [minor, currency] = money_values(shown.price);
        vec![
            self.key(),
            id.into(),
            shown.channel_ref.into(),
            shown.title.into(),
            shown.fulfilled_by.name().into(),
            shown.status.into(),
            shown.handle.into(),
            shown.issues.into(),
            minor,
            currency,
            self.env.now().into(),
            shown.channel_units.into(),
            shown.images.clone().into(),
            shown.barcode.clone().into(),
            shown.barcode.as_deref().and_then(gtin14).into(),
        ]
    }

    fn new_values(
        &self,
        account: AccountId,
        sku: &str,
        shown: Shown,
        product: Option<ProductId>,
    ) -> Vec<Value> {
        let now = self.env.now();
        let [minor, currency] = money_values(shown.price);
        vec![
            self.key(),
            self.env.id::<ListingId>().into(),
            account.into(),
            sku.into(),
            shown.channel_ref.into(),
            shown.title.into(),
            shown.fulfilled_by.name().into(),
            shown.status.into(),
            shown.handle.into(),
            shown.issues.into(),
            product.into(),
            product.map(|_| MappedBy::Sku.name()).into(),
            1.into(),
            minor,
            currency,
            0.into(),
            0.into(),
            Timestamp::EPOCH.into(),
            // What the channel ships itself is nobody's exposure.
            (shown.fulfilled_by == FulfilledBy::Channel).into(),
            0.into(),
            now.into(),
            now.into(),
            now.into(),
            shown.channel_units.into(),
            shown.images.clone().into(),
            shown.barcode.clone().into(),
            shown.barcode.as_deref().and_then(gtin14).into(),
        ]
    }
}

/// What holds after a snapshot: where the channel does not tell, what was known before. Images are counted against those of
/// other listings, so what is not told of them is not known.
fn shown(snapshot: &ListingSnapshot, known: Option<&Shown>) -> Result<Shown, StoreError> {
    let text = |json: Value| match json {
        Value::Text(text) => Ok(text),
        _ => Err(StoreError::other("JSON that is no text")),
    };
    let images = snapshot.images.as_ref().map(json_value).transpose()?;
    let told_or = |told: Option<&String>, before: fn(&Shown) -> Option<&String>| {
        told.or(known.and_then(before)).cloned()
    };
    let by_channel = |of: FulfilledBy| of == FulfilledBy::Channel;
    let barcode = told_or(snapshot.barcode.as_ref(), |k| k.barcode.as_ref());
    Ok(Shown {
        channel_ref: told_or(snapshot.channel_ref.as_ref(), |k| k.channel_ref.as_ref()),
        title: told_or(snapshot.title.as_ref(), |k| Some(&k.title)).unwrap_or_default(),
        fulfilled_by: snapshot.fulfilled_by,
        status: snapshot.status.name().to_owned(),
        handle: told_or(snapshot.handle.as_ref(), |k| k.handle.as_ref()),
        issues: text(json_value(&snapshot.issues)?)?,
        images: images.map(text).transpose()?,
        price: snapshot.price.or(known.and_then(|k| k.price)),
        channel_units: snapshot
            .quantity
            .or(known.and_then(|k| k.channel_units))
            .filter(|_| by_channel(snapshot.fulfilled_by)),
        barcode: barcode.filter(|code| !code.trim().is_empty()),
    })
}

fn known_from_row(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        id: row.parsed(1)?,
        product: row.opt_parsed(2)?,
        shown: Shown {
            channel_ref: row.opt_string(3)?,
            title: row.string(4)?,
            fulfilled_by: row.named(5, FulfilledBy::parse)?,
            status: row.string(6)?,
            handle: row.opt_string(7)?,
            issues: row.string(8)?,
            price: row.opt_money(9)?,
            channel_units: row.opt_int(11)?,
            images: row.opt_string(12)?,
            barcode: row.opt_string(13)?,
        },
    })
}

/// What a snapshot says of the offer: nothing when the channel ships or does not say, but none of the seller's units
/// are for sale any more once the channel has taken the shipping over.
fn reading(snapshot: &ListingSnapshot, known: Option<&Known>) -> Option<Reading> {
    let taken_over = known.is_some_and(|known| known.shown.fulfilled_by == FulfilledBy::Seller);
    let quantity = match snapshot.fulfilled_by {
        FulfilledBy::Seller => Some(snapshot.quantity?),
        FulfilledBy::Channel if taken_over => Some(0),
        FulfilledBy::Channel => return None,
    };
    Some(Reading {
        sku: snapshot.sku.clone(),
        quantity,
        places: snapshot.places.clone(),
    })
}
