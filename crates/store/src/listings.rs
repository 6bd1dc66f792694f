//! Listings as people see them: found, filtered and counted. Written by `listings_import`, `mapping` and `offers`.

use serde::Serialize;
use stockbridge_domain::channel::{ChannelKind, LevelPart};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::offer::Offer;
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{AccountId, ListingId, Money, ProductId, Sku, Timestamp};

use crate::columns::{Columns as _, words};
use crate::db::{Row, Tx};
use crate::filter::{Filter, after_prefix, contains_pattern};
use crate::listings_row::{OFFER_COLUMNS, OFFER_VERIFIED, offer_from_row};
use crate::{Page, PageQuery, StoreError, Tenant};

words! {
    /// Who decided which product a listing sells.
    MappedBy {
        /// Nobody: the SKUs are equal.
        Sku = "sku",
        /// Nobody: one product alone has the listing's barcode.
        Barcode = "barcode",
        /// A person.
        Person = "person",
    }
}

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListingRecord {
    /// Its id.
    pub id: ListingId,
    /// On which account.
    pub account: AccountId,
    /// The seller's SKU on the channel.
    pub sku: Sku,
    /// The channel's own product id.
    pub channel_ref: Option<String>,
    /// Its barcode as the channel shows it.
    pub barcode: Option<String>,
    /// Title as the channel shows it, else that of the product it sells; empty where neither is known.
    pub title: String,
    /// Who ships it.
    pub fulfilled_by: FulfilledBy,
    /// Whether buyers can buy it.
    pub status: ListingStatus,
    /// The channel's type of the product.
    pub handle: Option<String>,
    /// Problems the channel reports.
    pub issues: Vec<String>,
    /// What it sells; nothing while unmapped.
    pub product: Option<ProductId>,
    /// Who decided that. A person may also have decided that it sells none of the products.
    pub mapped_by: Option<MappedBy>,
    /// Units of the product in one of the listing.
    pub units: i64,
    /// Price shown by the channel.
    pub price: Option<Money>,
    /// Price wanted by the hub.
    pub price_wanted: Option<Money>,
    /// What the channel could still sell, and what is known of it.
    pub offer: Offer,
    /// What the channel should show now, as far as the hub can tell.
    pub expected: Option<i64>,
    /// Whether the last reading shows it.
    pub verified: bool,
    /// When that was last so.
    pub verified_at: Option<Timestamp>,
    /// What the listing is to show when everything has settled.
    pub desired: Option<i64>,
    /// What is to be written next.
    pub due: Option<i64>,
    /// What each of the channel's locations shows and was sent; empty where it has none.
    pub places: Vec<ListingPlace>,
    /// Its images; nothing when the channel does not tell.
    pub images: Option<Images>,
    /// Why nothing is written although the quantity is not the desired one.
    pub hold: Option<String>,
    /// What went wrong last.
    pub last_problem: Option<String>,
    /// When.
    pub problem_at: Option<Timestamp>,
    /// When anything but the offer last changed.
    pub updated_at: Timestamp,
}

/// One of the channel's locations of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListingPlace {
    /// The channel's id of it.
    pub location: String,
    /// Units shown there when last read.
    pub shown: i64,
    /// Units last sent there.
    pub sent: Option<i64>,
}

/// Which listings to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingFilter {
    /// On this account.
    pub account: Option<AccountId>,
    /// Of this product.
    pub product: Option<ProductId>,
    /// Those with a product, or those without.
    pub mapped: Option<bool>,
    /// Of those the seller ships: whether the last reading shows what is expected.
    pub verified: Option<bool>,
    /// On accounts of this channel.
    pub channel: Option<ChannelKind>,
    /// With this status.
    pub status: Option<ListingStatus>,
    /// SKUs that begin with it, titles that contain it, the channel's own product id.
    pub search: Option<String>,
}

/// The columns a [`ListingRecord`] is read from: these, then the offer.
const LISTING: &str = "id, account_id, sku, channel_ref, \
     CASE WHEN title <> '' THEN title ELSE (SELECT p.title FROM products p WHERE p.tenant_id = $1 AND p.id = product_id) END, fulfilled_by, status, handle, issues, \
     product_id, mapped_by, units, price_minor, price_currency, price_wanted_minor, price_wanted_currency, \
     verified_at, desired_qty, due_qty, hold, last_problem, problem_at, updated_at, places_shown, places_sent, \
     images, barcode";
const LISTING_WIDTH: usize = 27;

fn record(row: &Row) -> Result<ListingRecord, StoreError> {
    let offer = offer_from_row(row, LISTING_WIDTH)?;
    let mapped_by = row.opt_text(10)?.map(|word| {
        MappedBy::parse(word)
            .ok_or_else(|| row.unreadable(10, format_args!("holds the unknown word `{word}`")))
    });
    Ok(ListingRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        sku: row.sku(2)?,
        channel_ref: row.opt_string(3)?,
        title: row.opt_string(4)?.unwrap_or_default(),
        fulfilled_by: row.named(5, FulfilledBy::parse)?,
        status: row.named(6, ListingStatus::parse)?,
        handle: row.opt_string(7)?,
        issues: row.json(8)?,
        product: row.opt_parsed(9)?,
        mapped_by: mapped_by.transpose()?,
        units: row.int(11)?,
        price: row.opt_money(12)?,
        price_wanted: row.opt_money(14)?,
        verified_at: row.opt_time(16)?,
        desired: row.opt_int(17)?,
        due: row.opt_int(18)?,
        hold: row.opt_string(19)?,
        last_problem: row.opt_string(20)?,
        problem_at: row.opt_time(21)?,
        updated_at: row.time(22)?,
        places: places(row, 23)?,
        images: row.opt_text(25)?.is_some().then(|| row.json(25)).transpose()?,
        barcode: row.opt_string(26)?,
        expected: offer.expected(),
        verified: offer.verified(),
        offer,
    })
}

/// The locations of a listing, from what they showed (in `column`) and were sent (in the next).
pub(crate) fn places(row: &Row, column: usize) -> Result<Vec<ListingPlace>, StoreError> {
    let shown: Vec<PlaceUnits> = match row.opt_text(column)? {
        Some(_) => row.json(column)?,
        None => Vec::new(),
    };
    let sent: Vec<LevelPart> = match row.opt_text(column + 1)? {
        Some(_) => row.json(column + 1)?,
        None => Vec::new(),
    };
    let place = |place: PlaceUnits| ListingPlace {
        sent: sent
            .iter()
            .find(|part| part.location == place.location)
            .map(|part| part.quantity),
        location: place.location,
        shown: place.quantity,
    };
    Ok(shown.into_iter().map(place).collect())
}

/// Listings looked at to find a channel's locations: every listing shows all of them, as a rule.
const LOOKED_AT: i64 = 500;

impl Tenant {
    /// The channel's locations that an account's listings show, in the order in which they show them; empty where they show
    /// one quantity alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn channel_locations(&self, account: AccountId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT places_shown FROM listings WHERE tenant_id = $1 AND account_id = $2 AND places_shown <> '[]' \
             ORDER BY sku LIMIT $3";
        let values = [self.key(), account.into(), LOOKED_AT.into()];
        let mut found: Vec<String> = Vec::new();
        for row in self.read().await?.query(sql, &values).await? {
            let shown: Vec<PlaceUnits> = row.json(0)?;
            for place in shown {
                if !found.contains(&place.location) {
                    found.push(place.location);
                }
            }
        }
        Ok(found)
    }

    /// One listing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listing(&self, id: ListingId) -> Result<Option<ListingRecord>, StoreError> {
        let sql = format!("SELECT {LISTING}, {OFFER_COLUMNS} FROM listings WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Listings by account and SKU.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn listings(
        &self,
        wanted: &ListingFilter,
        query: &PageQuery,
    ) -> Result<Page<ListingRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", wanted.account);
        filter.and_some("product_id = ?", wanted.product);
        filter.and_some("status = ?", wanted.status.map(ListingStatus::name));
        filter.and_some(
            "account_id IN (SELECT id FROM accounts WHERE tenant_id = $1 AND channel = ?)",
            wanted.channel.as_ref().map(ChannelKind::as_str),
        );
        match wanted.mapped {
            Some(true) => filter.and("product_id IS NOT NULL"),
            Some(false) => filter.and("product_id IS NULL"),
            None => {}
        }
        if let Some(verified) = wanted.verified {
            let not = if verified { "" } else { "NOT " };
            filter.and(&format!("fulfilled_by = 'seller' AND {not}({OFFER_VERIFIED})"));
        }
        if let Some(text) = wanted
            .search
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let (from, to) = (filter.param(text), filter.param(after_prefix(text)));
            let pattern = filter.param(contains_pattern(text));
            filter.and(&format!(
                "(sku >= ${from} AND sku < ${to} OR lower(title) LIKE ${pattern} ESCAPE '!' \
                 OR channel_ref = ${from})"
            ));
        }
        if let Some([account, sku]) = query.after("listings")? {
            let (account, sku) = (filter.param(account), filter.param(sku));
            filter.and(&format!(
                "account_id >= ${account} AND (account_id > ${account} OR sku > ${sku})"
            ));
        }
        let limit = filter.param(query.fetch());
        // A product has few listings: find them by it and sort, rather than read all in the order asked for.
        let order = if wanted.product.is_some() {
            "account_id || '', sku"
        } else {
            "account_id, sku"
        };
        let sql = format!(
            "SELECT {LISTING}, {OFFER_COLUMNS} FROM listings WHERE {} ORDER BY {order} LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("listings", items, |last| {
            [last.account.to_string(), last.sku.to_string()]
        }))
    }

    /// How listings stand, by account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listing_counts(&self) -> Result<Vec<ListingCounts>, StoreError> {
        listing_counts(self, &mut self.read().await?).await
    }
}

/// How the listings of one account stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListingCounts {
    /// The account.
    pub account: AccountId,
    /// All listings.
    pub total: i64,
    /// Without a product, and nobody said to leave them so.
    pub unmapped: i64,
    /// Mapped and shipped by the seller: those whose quantity the hub keeps.
    pub kept: i64,
    /// Of these, the last reading does not show what is expected.
    pub unverified: i64,
    /// Waiting to be written.
    pub due: i64,
    /// Product units the channel could still sell.
    pub exposed_units: i64,
}

pub(crate) async fn listing_counts(tenant: &Tenant, tx: &mut Tx) -> Result<Vec<ListingCounts>, StoreError> {
    let kept = "fulfilled_by = 'seller' AND product_id IS NOT NULL";
    let sql = format!(
        "SELECT account_id, COUNT(*), COUNT(CASE WHEN product_id IS NULL AND mapped_by IS NULL THEN 1 END), \
         COUNT(CASE WHEN {kept} THEN 1 END), COUNT(CASE WHEN {kept} AND NOT ({OFFER_VERIFIED}) THEN 1 END), \
         COUNT(due_qty), CAST(COALESCE(SUM(CASE WHEN {kept} THEN exposure * units END), 0) AS BIGINT) \
         FROM listings WHERE tenant_id = $1 GROUP BY account_id ORDER BY account_id"
    );
    let rows = tx.query(&sql, &[tenant.key()]).await?;
    rows.iter()
        .map(|row| {
            Ok(ListingCounts {
                account: row.parsed(0)?,
                total: row.int(1)?,
                unmapped: row.int(2)?,
                kept: row.int(3)?,
                unverified: row.int(4)?,
                due: row.int(5)?,
                exposed_units: row.int(6)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listings_row::OFFER_WIDTH;

    #[test]
    fn the_columns_are_counted_right() {
        assert_eq!(LISTING.split(',').count(), LISTING_WIDTH);
        assert_eq!(OFFER_COLUMNS.split(',').count(), OFFER_WIDTH);
    }
}
