//! What a policy would do before it is set: the planner's own decision, with and without it.
//!
//! A preview sets the drafts in a transaction that is never committed, so that exactly what would be refused is refused
//! and exactly what would apply is shown.

use std::collections::BTreeSet;

use serde::Serialize;
use stockbridge_domain::allocation::product::{remarks, withheld};
use stockbridge_domain::allocation::{Method, Reason, Terms, Withheld};
use stockbridge_domain::mode::Regime;
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{AccountId, ListingId, ProductId, Sku};

use super::rules::Rules;
use super::{PolicyError, PolicyScope};
use crate::columns::Columns as _;
use crate::offers::{OfferAccounts, PlannedListing, Sharing, allotment, find_room, spread, within_room};
use crate::stock::{Sellable, StockBook};
use crate::{StoreError, Tenant, TenantTx};

/// A policy to be tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDraft {
    /// What it would hold for.
    pub scope: PolicyScope,
    /// What it would say; `None` removes what is there.
    pub terms: Option<Terms>,
}

/// Which products to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewWanted {
    /// One.
    Product(ProductId),
    /// Those with listings, by SKU, after this one.
    After {
        /// The SKU before the first.
        sku: String,
        /// How many, at most 200.
        limit: i64,
    },
}

/// What one listing, or an account that sells without one, is given, and why not more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// In units of the listing.
    pub quantity: i64,
    /// What each of the channel's locations would show of it; empty where it has none.
    pub places: Vec<PlaceUnits>,
    /// What the mode comes to now.
    pub regime: Regime,
    /// How the product is shared out.
    pub method: Method,
    /// Available units that are not offered here, largest first.
    pub withheld: Vec<Withheld>,
    /// What else a person should know, in sentences.
    pub remarks: Vec<String>,
}

/// One listing before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewRow {
    /// The product.
    pub product: ProductId,
    /// The product's SKU.
    pub sku: Sku,
    /// Units of it that are available; nothing while nobody has counted it.
    pub available: Option<i64>,
    /// The account.
    pub account: AccountId,
    /// The listing; nothing for a channel inside the hub, which sells without one.
    pub listing: Option<ListingId>,
    /// The listing's SKU.
    pub listing_sku: Option<Sku>,
    /// Units of the product in one of the listing.
    pub units: i64,
    /// What the channel should show now, as far as the hub can tell.
    pub shown: Option<i64>,
    /// As it is.
    pub before: Offered,
    /// As it would be.
    pub after: Offered,
}

/// Most products in one preview.
const MOST: i64 = 200;

impl Tenant {
    /// What the drafts would change for each listing. Nothing is changed.
    ///
    /// # Errors
    /// [`PolicyError`] as when they are set.
    pub async fn preview_policies(
        &self,
        accounts: &OfferAccounts,
        drafts: &[PolicyDraft],
        wanted: &PreviewWanted,
    ) -> Result<Vec<PreviewRow>, PolicyError> {
        let mut tx = self.begin().await?;
        let products = tx.previewed(wanted).await?;
        let ids: BTreeSet<ProductId> = products.iter().map(|(id, _)| *id).collect();
        let book = StockBook::lock_whole(&mut tx, &ids).await?;
        let whole = book.products();
        let mut listings = tx.listings_of(&whole).await?;
        find_room(&mut listings, &book, accounts);
        let now = tx.env.now();
        let before = Rules::load(&mut tx, Some(&whole)).await?;
        tx.write_policies(drafts).await?;
        let after = Rules::load(&mut tx, Some(&whole)).await?;
        drop(tx);
        let allotment = allotment(&book, &listings);
        let mut rows = Vec::new();
        for (id, sku) in &products {
            let group: Vec<&PlannedListing> = listings.iter().filter(|l| l.product == *id).collect();
            let stock = book.sellable(*id);
            let allotted = allotment.of(*id).unwrap_or(stock.available);
            let product = Previewed {
                id: *id,
                sku,
                available: stock.counted.then_some(stock.available + stock.safety),
                for_kits: stock.available - allotted,
            };
            let stock = Sellable {
                available: allotted,
                ..stock
            };
            let [before, after] =
                [&before, &after].map(|rules| Sharing::new(*id, &group, &stock, accounts, rules, now));
            compare(&product, &group, [&before, &after], accounts, &mut rows);
        }
        Ok(rows)
    }
}

impl TenantTx {
    async fn previewed(&mut self, wanted: &PreviewWanted) -> Result<Vec<(ProductId, Sku)>, StoreError> {
        let rows = match wanted {
            PreviewWanted::Product(id) => {
                let sql = "SELECT id, sku FROM products WHERE tenant_id = $1 AND id = $2";
                self.tx.query(sql, &[self.key(), (*id).into()]).await?
            }
            PreviewWanted::After { sku, limit } => {
                let sql = "SELECT id, sku FROM products p WHERE tenant_id = $1 AND sku > $2 AND EXISTS (SELECT 1 \
                     FROM listings l WHERE l.tenant_id = p.tenant_id AND l.product_id = p.id AND l.fulfilled_by = 'seller') \
                     ORDER BY sku LIMIT $3";
                let params = [self.key(), sku.as_str().into(), (*limit).clamp(1, MOST).into()];
                self.tx.query(sql, &params).await?
            }
        };
        rows.iter().map(|row| Ok((row.parsed(0)?, row.sku(1)?))).collect()
    }
}

/// A product of a preview.
struct Previewed<'a> {
    id: ProductId,
    sku: &'a Sku,
    available: Option<i64>,
    /// Units of it that are left to kits and components it shares something with.
    for_kits: i64,
}

/// A row for each listing, and for each account that sells without one.
fn compare(
    product: &Previewed<'_>,
    group: &[&PlannedListing],
    sharings: [&Sharing; 2],
    accounts: &OfferAccounts,
    rows: &mut Vec<PreviewRow>,
) {
    let row = |account, listing: Option<&PlannedListing>, offered: [Offered; 2]| {
        let [before, after] = offered;
        PreviewRow {
            product: product.id,
            sku: product.sku.clone(),
            available: product.available,
            account,
            listing: listing.map(|l| l.id),
            listing_sku: listing.map(|l| l.sku.clone()),
            units: listing.map_or(1, |l| l.units),
            shown: listing.and_then(|l| l.offer.expected()),
            before,
            after,
        }
    };
    for (index, listing) in group.iter().enumerate() {
        let offered = sharings.map(|s| {
            let mut offered = offered(s, s.of_listing[index], Some(index), product.for_kits);
            place(&mut offered, listing, accounts);
            offered
        });
        rows.push(row(listing.account, Some(listing), offered));
    }
    for (index, account) in sharings[0].accounts.iter().enumerate() {
        if !sharings[0].of_listing.contains(&index) {
            let offered = sharings.map(|s| offered(s, index, None, product.for_kits));
            rows.push(row(*account, None, offered));
        }
    }
}

/// Leaves what the channel's locations have no room for, and spreads the rest over them.
fn place(offered: &mut Offered, listing: &PlannedListing, accounts: &OfferAccounts) {
    let fits = within_room(listing, offered.quantity);
    withhold(
        &mut offered.withheld,
        Reason::Unfed,
        (offered.quantity - fits) * listing.units,
    );
    offered.quantity = fits;
    offered.places = spread(listing, accounts, fits);
}

/// Adds units and why they are not offered, the largest number first.
fn withhold(withheld: &mut Vec<Withheld>, reason: Reason, units: i64) {
    if units > 0 {
        let place = withheld.partition_point(|w| w.units >= units);
        withheld.insert(place, Withheld { reason, units });
    }
}

fn offered(sharing: &Sharing, participant: usize, listing: Option<usize>, for_kits: i64) -> Offered {
    let share = &sharing.outcome.accounts[participant];
    let listing = listing.map(|i| &sharing.outcome.listings[i]);
    let mut withheld = withheld(&share.part, listing);
    withhold(&mut withheld, Reason::Kits, for_kits);
    Offered {
        quantity: listing.map_or(share.part.units, |l| l.quantity),
        places: Vec::new(),
        regime: share.regime,
        method: sharing.outcome.method,
        withheld,
        remarks: remarks(
            &sharing.participants[participant].terms,
            share,
            sharing.outcome.cover,
        ),
    }
}
