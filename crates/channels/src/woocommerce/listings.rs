//! Listings: products that are sold by themselves, and the variations of those that are not.

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::channel::{
    ChannelError, Fault, ListingKey, ListingPage, ListingSnapshot, ListingSource, Unreadable,
};
use stockbridge_domain::{BoxFut, Currency};

use super::error::clean;
use super::listing_read::{self, Target};
use super::wire::{self, Raw};
use super::{WooConnection, client};

/// Products that a page of the walk has in common with the one before: so many may vanish while it is read.
const OVERLAP: usize = 10;
/// Products with variations read for one page of ours: each of them takes a call of its own.
const PARENTS: usize = 10;

impl ListingSource for WooConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let (offset, last_id) = match cursor {
                None => (0, 0),
                Some(text) => position(text).ok_or_else(|| {
                    let message = format!(
                        "`{}` is no position in the list of products; it is read from the start",
                        clean(text)
                    );
                    ChannelError::new(Fault::Rejected, client::PRODUCTS.name, message)
                })?,
            };
            let shop = self.shop().await?;
            self.listings_from(offset, last_id, &shop).await
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let shop = self.shop().await?;
            let mut found = BTreeMap::new();
            self.read_by_sku(listings, &shop, &mut found).await?;
            self.read_by_id(listings, &shop, &mut found).await?;
            Ok(found.into_values().collect())
        })
    }
}

/// What is needed to read any listing.
pub(super) struct Shop {
    /// The currency of its prices, where it is known.
    pub(super) currency: Option<Currency>,
    /// Units of unpaid orders by product or variation: the shop holds them for their buyers and does not count them down.
    pub(super) held: BTreeMap<u64, i64>,
}

fn position(text: &str) -> Option<(usize, u64)> {
    let (offset, last_id) = text.split_once('~')?;
    Some((offset.parse().ok()?, last_id.parse().ok()?))
}

impl WooConnection {
    async fn shop(&self) -> Result<Shop, ChannelError> {
        Ok(Shop {
            currency: self.currency().await?,
            held: self.held().await?,
        })
    }

    /// Units of unpaid orders. Read before the products: an order that is paid in between is then counted twice, which
    /// shows too few units for once, and never too many.
    async fn held(&self) -> Result<BTreeMap<u64, i64>, ChannelError> {
        let mut held = BTreeMap::new();
        for page in 1.. {
            let answer = self.api.call(&client::unpaid_orders(page)).await?;
            let orders: Vec<wire::Held> = answer.read(&client::ORDERS)?;
            let full = answer.goes_on(page, orders.len());
            for line in orders.into_iter().flat_map(|order| order.line_items) {
                let id = if line.variation_id > 0 {
                    line.variation_id
                } else {
                    line.product_id
                };
                let units =
                    wire::units(&line.quantity).unwrap_or(0) + i64::from(wire::has_fraction(&line.quantity));
                *held.entry(id).or_default() += units.max(0);
            }
            if !full {
                break;
            }
        }
        Ok(held)
    }

    async fn listings_from(
        &self,
        offset: usize,
        last_id: u64,
        shop: &Shop,
    ) -> Result<ListingPage, ChannelError> {
        let answer = self.api.call(&client::products(offset)).await?;
        let raws: Vec<Raw> = answer.read(&client::PRODUCTS)?;
        let mut page = ListingPage::default();
        let ids: Vec<Option<u64>> = raws.iter().map(id_of).collect();
        // The page before ended with a product that this one does not have in common: too many vanished in between.
        let first = ids.iter().flatten().min().copied();
        // (A shop that gives out one product at a time has no page in common with another.)
        if offset > 0 && last_id > 0 && raws.len() != 1 && first.is_none_or(|first| first > last_id) {
            page.next = Some(format!("{}~{last_id}", offset.saturating_sub(client::PAGE)));
            return Ok(page);
        }
        let (mut parents, mut done) = (0, last_id);
        for (raw, id) in raws.iter().zip(&ids) {
            if id.is_some_and(|id| id <= last_id) {
                continue;
            }
            let product = match serde_json::from_str::<wire::Product>(raw.get()) {
                Ok(product) => product,
                Err(e) => {
                    page.unreadable.push(unreadable(raw, *id, clean(&e.to_string())));
                    continue;
                }
            };
            if !product.variations.is_empty() || product.kind == "variable" {
                if parents == PARENTS {
                    page.next = Some(format!("{offset}~{done}"));
                    return Ok(page);
                }
                parents += 1;
                self.variations_of(&product, shop, &mut page).await?;
            } else if !matches!(product.kind.as_str(), "grouped" | "external") {
                // A group is sold as its members, an external product by somebody else.
                add(&mut page, raw, *id, listing_read::product(&product, shop));
            }
            done = done.max(product.id);
        }
        let more = answer.goes_on_after(offset, raws.len());
        let step = raws.len() - OVERLAP.min(raws.len() / 2);
        page.next = more.then(|| format!("{}~{done}", offset + step));
        Ok(page)
    }

    async fn variations_of(
        &self,
        parent: &wire::Product,
        shop: &Shop,
        page: &mut ListingPage,
    ) -> Result<(), ChannelError> {
        for number in 1.. {
            let answer = self.api.call(&client::variations(parent.id, &[], number)).await?;
            let raws: Vec<Raw> = answer.read(&client::VARIATIONS)?;
            for raw in &raws {
                let read =
                    serde_json::from_str::<wire::Product>(raw.get()).map_err(|e| clean(&e.to_string()));
                let read = read.and_then(|variation| listing_read::variation(parent, &variation, shop));
                add(page, raw, id_of(raw), read);
            }
            if !answer.goes_on(number, raws.len()) {
                break;
            }
        }
        Ok(())
    }

    /// Reads by SKU, all in one call: most shops find products and variations alike that way.
    async fn read_by_sku(
        &self,
        listings: &[ListingKey],
        shop: &Shop,
        found: &mut BTreeMap<String, ListingSnapshot>,
    ) -> Result<(), ChannelError> {
        // The parameter is a list, so a SKU with a comma can only be found by its id.
        let skus: Vec<&str> = listings
            .iter()
            .map(|l| l.sku.as_str())
            .filter(|sku| !sku.contains(','))
            .collect();
        if skus.is_empty() {
            return Ok(());
        }
        let products: Vec<wire::Product> = self
            .api
            .call(&client::products_by_sku(&skus))
            .await?
            .read(&client::PRODUCTS)?;
        for product in products.iter().filter(|product| product.variations.is_empty()) {
            let Some(wanted) = listings.iter().find(|l| l.sku.as_str() == product.sku) else {
                continue;
            };
            let target = Target::of(product);
            // Plugins for several languages keep a copy of a product for each: the one we know is meant.
            let known = wanted.handle.as_deref().and_then(Target::parse);
            if known.is_some_and(|known| known != target) {
                continue;
            }
            if let Ok(listing) = listing_read::product(product, shop) {
                found.insert(product.sku.clone(), listing);
            }
        }
        Ok(())
    }

    /// Reads by id what was not found by SKU.
    async fn read_by_id(
        &self,
        listings: &[ListingKey],
        shop: &Shop,
        found: &mut BTreeMap<String, ListingSnapshot>,
    ) -> Result<(), ChannelError> {
        let missing: Vec<Target> = listings
            .iter()
            .filter(|l| !found.contains_key(l.sku.as_str()))
            .filter_map(|l| Target::parse(l.handle.as_deref()?))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let parents: BTreeSet<u64> = missing.iter().filter_map(|target| target.parent).collect();
        let plain = missing.iter().filter(|t| t.parent.is_none()).map(|t| t.id);
        let ids: Vec<u64> = plain.chain(parents.iter().copied()).collect();
        let products: Vec<wire::Product> = self
            .api
            .call(&client::products_by_id(&ids))
            .await?
            .read(&client::PRODUCTS)?;
        let mut keep = |read: Result<ListingSnapshot, String>| {
            if let Ok(listing) = read
                && listings.iter().any(|wanted| wanted.sku == listing.sku)
            {
                found.entry(listing.sku.as_str().to_owned()).or_insert(listing);
            }
        };
        for product in &products {
            if !parents.contains(&product.id) {
                keep(listing_read::product(product, shop));
                continue;
            }
            let ids: Vec<u64> = missing
                .iter()
                .filter(|t| t.parent == Some(product.id))
                .map(|t| t.id)
                .collect();
            let answer = self.api.call(&client::variations(product.id, &ids, 1)).await?;
            let variations: Vec<wire::Product> = answer.read(&client::VARIATIONS)?;
            for variation in &variations {
                keep(listing_read::variation(product, variation, shop));
            }
        }
        Ok(())
    }
}

fn id_of(raw: &Raw) -> Option<u64> {
    wire::whole(&serde_json::from_str::<wire::Stamp>(raw.get()).ok()?.id)
}

fn unreadable(raw: &Raw, id: Option<u64>, reason: String) -> Unreadable {
    Unreadable {
        id: id.map(|id| id.to_string()),
        reason,
        raw: raw.get().to_owned(),
    }
}

/// Adds a listing, unless the page has its SKU already.
fn add(page: &mut ListingPage, raw: &Raw, id: Option<u64>, read: Result<ListingSnapshot, String>) {
    match read {
        Ok(listing) => match page.listings.iter().find(|other| other.sku == listing.sku) {
            None => page.listings.push(listing),
            Some(other) => {
                let reason = format!(
                    "product {} has the SKU `{}` as well; a SKU belongs to one product (plugins for several languages may copy them)",
                    other.channel_ref.as_deref().unwrap_or_default(),
                    listing.sku
                );
                page.unreadable.push(unreadable(raw, id, reason));
            }
        },
        Err(reason) => page.unreadable.push(unreadable(raw, id, reason)),
    }
}
