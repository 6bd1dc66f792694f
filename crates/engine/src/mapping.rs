//! Which product a listing sells: said by a person, found by SKU or barcode, or suggested by the words of its title.

use std::collections::HashMap;

use serde::Serialize;
use stockbridge_domain::catalog::suggest::Catalogue;
use stockbridge_domain::catalog::{Product, ProductDetails, gtin14};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ListingId, ProductId, Sku, TenantId};
use stockbridge_store::{
    AutoMapped, ListingRecord, MapError, NewAudit, NewProduct, Page, PageQuery, QueueFilter, Tenant,
    TenantTx, UnmappedListing,
};

use crate::caller::{Caller, Refusal};
use crate::catalog::refused;
use crate::hub::Hub;
use crate::job;

/// Suggestions for one listing.
const MOST_SUGGESTED: usize = 3;

/// A listing without a product and the products it may sell.
#[derive(Debug, Clone, Serialize)]
pub struct QueueEntry {
    /// The listing.
    #[serde(flatten)]
    pub listing: UnmappedListing,
    /// The products, the likeliest first.
    pub suggestions: Vec<Suggestion>,
}

/// A product that a listing may sell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The product.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// How likely, from 0 to 100.
    pub score: u8,
    /// They have the same barcode; otherwise their words are alike.
    pub same_barcode: bool,
}

impl Hub {
    /// Listings without a product, with suggestions and with the orders that wait for them.
    ///
    /// # Errors
    /// A cursor of another list.
    pub async fn mapping_queue(
        &self,
        tenant: TenantId,
        filter: &QueueFilter,
        query: &PageQuery,
    ) -> Result<Page<QueueEntry>, Refusal> {
        let tenant = self.tenant(tenant);
        let page = tenant.unmapped_listings(filter, query).await?;
        let texts = page
            .items
            .iter()
            .map(|item| (item.sku.clone(), item.title.clone(), item.barcode.clone()))
            .collect();
        let suggested = suggestions(&tenant, texts).await?;
        let entries = page.items.into_iter().zip(suggested);
        let entry = |(listing, suggestions)| QueueEntry { listing, suggestions };
        Ok(Page {
            items: entries.map(entry).collect(),
            next: page.next,
        })
    }

    /// The products a listing may sell, whether it has one or not.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown listing.
    pub async fn suggestions(
        &self,
        tenant: TenantId,
        listing: ListingId,
    ) -> Result<Vec<Suggestion>, Refusal> {
        let tenant = self.tenant(tenant);
        let listing = found(&tenant, listing).await?;
        let texts = vec![(listing.sku, listing.title, listing.barcode)];
        Ok(suggestions(&tenant, texts).await?.pop().unwrap_or_default())
    }

    /// Takes a suggestion: the listing sells this product from now on.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when the listing has a product by now.
    pub async fn accept_suggestion(
        &self,
        caller: &Caller,
        listing: ListingId,
        product: ProductId,
        units: i64,
    ) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let known = found(&self.tenant(caller.tenant), listing).await?;
        match known.product {
            Some(there) if there == product => Ok(()),
            Some(_) => Err(Refusal::Conflict(
                "the listing sells another product by now; look at it again".to_owned(),
            )),
            None => self.map_listing(caller, listing, Some(product), units).await,
        }
    }

    /// Maps what nobody has to decide, on one account or on all: by equal SKU, else by a barcode that one product alone
    /// has.
    ///
    /// # Errors
    /// When the database fails; what was mapped until then stays.
    pub async fn auto_map(&self, caller: &Caller, account: Option<AccountId>) -> Result<AutoMapped, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let accounts = match account {
            Some(account) => vec![account],
            None => tenant
                .accounts()
                .await?
                .into_iter()
                .map(|account| account.id)
                .collect(),
        };
        let mut all = AutoMapped::default();
        for account in accounts {
            let one = auto_map_account(self, &tenant, account).await?;
            all.by_sku += one.by_sku;
            all.by_barcode += one.by_barcode;
        }
        if all.by_sku + all.by_barcode > 0 {
            let mut tx = tenant.begin().await?;
            tx.audit(&NewAudit {
                actor: &caller.actor,
                action: "mapping.auto",
                subject: &account.map_or_else(|| "all".to_owned(), |account| account.to_string()),
                detail: &format!("{} by SKU, {} by barcode", all.by_sku, all.by_barcode),
            })
            .await?;
            tx.commit().await?;
        }
        Ok(all)
    }

    /// Leaves a listing alone: it sells none of the products, and is not asked about again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown listing.
    pub async fn ignore_listing(&self, caller: &Caller, listing: ListingId) -> Result<(), Refusal> {
        self.map_listing(caller, listing, None, 1).await
    }

    /// Puts a listing that was left alone back among those that wait.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when it was not left alone.
    pub async fn restore_listing(&self, caller: &Caller, listing: ListingId) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        if !tx.restore_listing(listing).await.map_err(map_refusal)? {
            return Err(Refusal::Conflict(
                "the listing was not left alone: it sells a product, or waits already".to_owned(),
            ));
        }
        audit(&mut tx, caller, listing, "back in the queue").await?;
        Ok(tx.commit().await?)
    }

    /// Enters a product from what a listing shows and maps the listing to it. Its price is not taken over: a channel's price
    /// may hold its fees.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when there is a product with the SKU, or the listing has one.
    pub async fn product_from_listing(
        &self,
        caller: &Caller,
        listing: ListingId,
        sku: Option<&str>,
    ) -> Result<Product, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let known = found(&tenant, listing).await?;
        if known.product.is_some() {
            return Err(Refusal::Conflict(
                "the listing sells a product already".to_owned(),
            ));
        }
        let sku = match sku {
            Some(text) => Sku::parse(text).map_err(|error| Refusal::field("sku", error.to_string()))?,
            None => known.sku.clone(),
        };
        let barcode = known.barcode.filter(|text| gtin14(text).is_some());
        let details = ProductDetails {
            barcodes: barcode.into_iter().collect(),
            ..ProductDetails::default()
        };
        let title = Some(known.title.trim().chars().take(500).collect::<String>()).filter(|t| !t.is_empty());
        let new = NewProduct {
            title: title.unwrap_or_else(|| sku.to_string()),
            details: details.checked(&sku).map_err(Refusal::Fields)?,
            base_price: None,
            sku,
        };
        let mut tx = tenant.begin().await?;
        let mut created = tx.create_products(vec![new]).await.map_err(refused)?;
        crate::notices::raise(&mut tx, None, &created.adopted.notices).await?;
        let Some(product) = created.products.pop() else {
            return Err(Refusal::Conflict(
                "the product was not entered; try again".to_owned(),
            ));
        };
        let outcome = tx
            .map_listing(listing, product.id, 1)
            .await
            .map_err(map_refusal)?;
        crate::notices::raise(&mut tx, Some(known.account), &outcome.notices).await?;
        finish(self, &mut tx, caller).await?;
        audit(&mut tx, caller, listing, &format!("new product {}", product.sku)).await?;
        tx.commit().await?;
        Ok(product)
    }

    /// Maps a listing to a product, or takes it off; orders that waited for it are reserved at once.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a listing or product that is not there.
    pub async fn map_listing(
        &self,
        caller: &Caller,
        listing: ListingId,
        product: Option<ProductId>,
        units: i64,
    ) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        match product {
            None => tx.unmap_listing(listing).await.map_err(map_refusal)?,
            Some(product) => {
                let outcome = tx
                    .map_listing(listing, product, units)
                    .await
                    .map_err(map_refusal)?;
                crate::notices::raise(&mut tx, None, &outcome.notices).await?;
            }
        }
        finish(self, &mut tx, caller).await?;
        audit(&mut tx, caller, listing, &format!("{product:?} x{units}")).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// [`Hub::auto_map`] of one account, by nobody in particular.
pub(crate) async fn auto_map_account(
    hub: &Hub,
    tenant: &Tenant,
    account: AccountId,
) -> Result<AutoMapped, stockbridge_store::StoreError> {
    let mut all = AutoMapped::default();
    loop {
        let mut tx = tenant.begin().await?;
        let one = tx.auto_map(account).await?;
        let mapped = one.by_sku + one.by_barcode;
        if mapped > 0 {
            crate::notices::raise(&mut tx, Some(account), &one.adopted.notices).await?;
            crate::notices::mapped(&mut tx).await?;
            tx.enqueue(job::plan(tenant.id(), hub.env().now())).await?;
            tx.enqueue(job::plan_prices(tenant.id(), hub.env().now())).await?;
            tx.commit().await?;
        }
        all.by_sku += one.by_sku;
        all.by_barcode += one.by_barcode;
        if !one.more || mapped == 0 {
            return Ok(all);
        }
    }
}

async fn found(tenant: &Tenant, listing: ListingId) -> Result<ListingRecord, Refusal> {
    let unknown = || map_refusal(MapError::UnknownListing(listing));
    tenant.listing(listing).await?.ok_or_else(unknown)
}

fn map_refusal(error: MapError) -> Refusal {
    match error {
        MapError::Store(error) => Refusal::Store(error),
        MapError::Units(_) => Refusal::field("units", error.to_string()),
        missing => Refusal::NotFound(missing.to_string()),
    }
}

/// What follows from every mapping: alerts that are over, new quantities, new prices.
async fn finish(hub: &Hub, tx: &mut TenantTx, caller: &Caller) -> Result<(), Refusal> {
    crate::notices::mapped(tx).await?;
    tx.enqueue(job::plan(caller.tenant, hub.env().now())).await?;
    tx.enqueue(job::plan_prices(caller.tenant, hub.env().now()))
        .await?;
    Ok(())
}

async fn audit(tx: &mut TenantTx, caller: &Caller, listing: ListingId, detail: &str) -> Result<(), Refusal> {
    tx.audit(&NewAudit {
        actor: &caller.actor,
        action: "listing.map",
        subject: &listing.to_string(),
        detail,
    })
    .await?;
    Ok(())
}

/// The products each of these (SKU, title, barcode) may be, in their order.
async fn suggestions(
    tenant: &Tenant,
    wanted: Vec<(Sku, String, Option<String>)>,
) -> Result<Vec<Vec<Suggestion>>, Refusal> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let products = tenant.product_texts().await?;
    let gtins: Vec<Option<String>> = wanted
        .iter()
        .map(|(_, _, barcode)| barcode.as_deref().and_then(gtin14))
        .collect();
    let mut coded: HashMap<String, Vec<ProductId>> = HashMap::new();
    let asked: Vec<String> = gtins.iter().flatten().cloned().collect();
    if !asked.is_empty() {
        for (gtin, product) in tenant.products_of_barcodes(asked).await? {
            coded.entry(gtin).or_default().push(product);
        }
    }
    let compared = tokio::task::spawn_blocking(move || {
        let catalogue = Catalogue::new(
            products
                .iter()
                .map(|(_, sku, title)| (sku.as_str(), title.as_str())),
        );
        wanted
            .iter()
            .zip(gtins)
            .map(|((sku, title, _), gtin)| {
                let same: &[ProductId] = gtin
                    .and_then(|gtin| coded.get(&gtin))
                    .map_or(&[][..], Vec::as_slice);
                let words = catalogue.suggest(sku.as_str(), title, MOST_SUGGESTED);
                let words = words.into_iter().map(|s| (&products[s.index], s.score));
                join(&products, same, words)
            })
            .collect()
    });
    compared
        .await
        .map_err(|_| Refusal::Conflict("suggestions could not be made; try again".to_owned()))
}

type Texts = (ProductId, Sku, String);

/// Products of the same barcode first, then those of like words.
fn join<'a>(
    products: &'a [Texts],
    same: &[ProductId],
    words: impl Iterator<Item = (&'a Texts, u8)>,
) -> Vec<Suggestion> {
    let coded = products
        .iter()
        .filter(|(id, _, _)| same.contains(id))
        .map(|texts| (texts, 100));
    let alike = words.filter(|((id, _, _), _)| !same.contains(id));
    let suggestion = |((id, sku, title), score): (&Texts, u8)| Suggestion {
        product: *id,
        sku: sku.clone(),
        title: title.clone(),
        score,
        same_barcode: same.contains(id),
    };
    coded.chain(alike).take(MOST_SUGGESTED).map(suggestion).collect()
}
