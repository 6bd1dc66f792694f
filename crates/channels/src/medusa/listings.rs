//! The shop's variants as listings.
//!
//! Units for sale are what is stocked and not reserved, at the locations that a sales channel sells from.

use std::collections::BTreeSet;

use stockbridge_domain::channel::{ChannelError, ListingKey, ListingPage, ListingSnapshot, ListingSource};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{BoxFut, Currency, Money, Sku, Timestamp};

use super::api::clean;
use super::number;
use super::orders::{unreadable, walk_of};
use super::wire::{self, Raw};
use super::{MedusaConnection, client};
use crate::plain;

impl ListingSource for MedusaConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let walk = walk_of(cursor, Timestamp::EPOCH, &client::VARIANTS)?;
            let selling = self.selling().await?;
            let page: wire::Variants = self.api.get(&client::variants(&walk)).await?;
            let last = page.variants.last().and_then(|raw| {
                let stamped: wire::Stamped = serde_json::from_str(raw.get()).ok()?;
                Timestamp::parse(&stamped.created_at?).ok()
            });
            let next = walk.next(page.variants.len(), page.count, last);
            let mut result = ListingPage {
                next: next.map(|next| next.cursor()),
                ..ListingPage::default()
            };
            for raw in page.variants {
                match read_variant(&raw).and_then(|variant| self.snapshot(&variant, &selling)) {
                    Ok(listing) => result.listings.push(listing),
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(result)
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let selling = self.selling().await?;
            let variants = self.variants(listings.iter().map(|listing| &listing.sku)).await?;
            let contract = |reason: String| {
                ChannelError::new(
                    stockbridge_domain::channel::Fault::Contract,
                    client::VARIANTS.name,
                    reason,
                )
            };
            let one = |variant: &wire::Variant| self.snapshot(variant, &selling).map_err(contract);
            variants.iter().map(one).collect()
        })
    }
}

/// What sells: the locations in question, in the shop's order, whatever they are called.
pub(super) struct Selling {
    pub(super) locations: Vec<String>,
}

impl Selling {
    pub(super) fn from(&self, location: &str) -> bool {
        self.locations.iter().any(|id| id == location)
    }
}

impl MedusaConnection {
    /// The locations that the account's sales channel sells from, or any, if it names none. Units at others can be seen
    /// and not be bought.
    pub(super) async fn selling(&self) -> Result<Selling, ChannelError> {
        let answer: wire::Locations = self.api.get(&client::locations()).await?;
        let sold = |location: &wire::Location| match &self.sales_channel {
            Some(id) => location.sales_channels.iter().any(|channel| channel.id == *id),
            None => !location.sales_channels.is_empty(),
        };
        let sold = answer.stock_locations.into_iter().filter(sold);
        Ok(Selling {
            locations: sold.map(|location| location.id).collect(),
        })
    }

    /// The variants with these SKUs as they are now; those the shop does not know are absent.
    pub(super) async fn variants<'a>(
        &self,
        skus: impl Iterator<Item = &'a Sku>,
    ) -> Result<Vec<wire::Variant>, ChannelError> {
        let skus: BTreeSet<&str> = skus.map(Sku::as_str).collect();
        let call = client::variants_of(skus.into_iter());
        let answer = self.api.call(&call).await?;
        let page: wire::Variants = answer.read(&client::VARIANTS)?;
        if page.count > page.variants.len() {
            // What is absent counts as unknown to the shop, so half an answer must not be taken for one.
            let message = format!(
                "only {} of {} variants were answered",
                page.variants.len(),
                page.count
            );
            return Err(answer.contract(&client::VARIANTS, &message));
        }
        let variant =
            |raw: &Raw| read_variant(raw).map_err(|reason| answer.contract(&client::VARIANTS, &reason));
        page.variants.iter().map(variant).collect()
    }

    fn snapshot(&self, variant: &wire::Variant, selling: &Selling) -> Result<ListingSnapshot, String> {
        let sku = variant.sku.as_deref().unwrap_or_default();
        if sku.is_empty() {
            return Err("the variant has no SKU; give it one in Medusa".to_owned());
        }
        let mut issues = Vec::new();
        let units = match stock_of(variant) {
            Ok(stock) => Some(self.units(&stock, selling, &mut issues)),
            Err(why) => {
                issues.push(why);
                None
            }
        };
        if variant.allow_backorder == Some(true) {
            issues.push(
                "backorders are allowed, so the shop sells more than it shows; switch them off in Medusa"
                    .to_owned(),
            );
        }
        let price = self.currency.or_else(|| first_currency(variant));
        Ok(ListingSnapshot {
            sku: Sku::parse(sku).map_err(|e| format!("`sku`: {e}"))?,
            channel_ref: Some(variant.id.clone()),
            title: plain::told(&title(variant)),
            fulfilled_by: FulfilledBy::Seller,
            quantity: units
                .as_ref()
                .map(|places| places.iter().map(|p| p.quantity).sum()),
            places: units.unwrap_or_default(),
            price: price.and_then(|currency| price_in(variant, currency, &mut issues)),
            status: self.status(variant, &mut issues),
            images: variant.product.as_ref().map(images),
            barcode: barcode(variant),
            handle: None,
            issues,
        })
    }

    /// Units for sale by location: those with a level, those the account's options name, and where there is neither, the
    /// one that is written to.
    fn units(&self, stock: &Stock<'_>, selling: &Selling, issues: &mut Vec<String>) -> Vec<PlaceUnits> {
        let named = |id: &str| self.places.theirs().any(|theirs| theirs == id);
        let mut places = Vec::new();
        for id in &selling.locations {
            if let Some(level) = stock.level(id) {
                let sellable = stock.sellable(level);
                if sellable < 0 {
                    issues.push(format!(
                        "{} units more are reserved than there are at location {id}",
                        -sellable
                    ));
                }
                places.push(PlaceUnits {
                    location: id.clone(),
                    quantity: sellable.max(0),
                });
            } else if named(id) {
                places.push(PlaceUnits {
                    location: id.clone(),
                    quantity: 0,
                });
            }
        }
        if places.is_empty() {
            match self.fallback(selling) {
                Some(location) => places.push(PlaceUnits {
                    location,
                    quantity: 0,
                }),
                None => issues.push(
                    "no stock location is linked to the sales channel, so buyers see nothing in stock; link one in Medusa"
                        .to_owned(),
                ),
            }
        }
        places
    }

    /// The location of what has no level anywhere.
    pub(super) fn fallback(&self, selling: &Selling) -> Option<String> {
        let named = self.default_location.clone().filter(|id| selling.from(id));
        named.or_else(|| selling.locations.first().cloned())
    }

    fn status(&self, variant: &wire::Variant, issues: &mut Vec<String>) -> ListingStatus {
        let Some(product) = &variant.product else {
            return ListingStatus::Unknown;
        };
        if let Some(id) = &self.sales_channel
            && !product.sales_channels.iter().any(|channel| channel.id == *id)
        {
            issues
                .push("the product is not in the account's sales channel; add it there in Medusa".to_owned());
            return ListingStatus::Inactive;
        }
        match product.status.as_str() {
            "published" => ListingStatus::Active,
            "draft" | "proposed" => ListingStatus::Inactive,
            "rejected" => ListingStatus::Suppressed,
            other => {
                issues.push(format!("the product's status `{}` is not known", clean(other)));
                ListingStatus::Unknown
            }
        }
    }
}

fn read_variant(raw: &Raw) -> Result<wire::Variant, String> {
    serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))
}

/// The one inventory item that a variant takes from.
pub(super) struct Stock<'a> {
    pub(super) item: &'a str,
    /// Units of it that one of the variant takes.
    pub(super) per: i64,
    levels: &'a [wire::InventoryLevel],
}

impl Stock<'_> {
    pub(super) fn level(&self, location: &str) -> Option<&wire::InventoryLevel> {
        self.levels.iter().find(|level| level.location_id == location)
    }

    /// How many of the variant a location can sell; negative when more is reserved than there is.
    pub(super) fn sellable(&self, level: &wire::InventoryLevel) -> i64 {
        let units = level.stocked_quantity.saturating_sub(level.reserved_quantity);
        units.div_euclid(self.per)
    }
}

/// What a variant takes from, or why its quantity is not the hub's to say.
pub(super) fn stock_of(variant: &wire::Variant) -> Result<Stock<'_>, String> {
    if variant.manage_inventory == Some(false) {
        return Err(
            "Medusa does not count this variant (`manage_inventory` is off); switch it on to sell from stock"
                .to_owned(),
        );
    }
    match variant.inventory_items.as_slice() {
        [] => Err("the variant has no inventory item; add one in Medusa".to_owned()),
        [link] => Ok(Stock {
            item: &link.inventory_item_id,
            per: link.required_quantity.max(1),
            levels: link
                .inventory
                .as_ref()
                .map(|item| item.location_levels.as_slice())
                .unwrap_or_default(),
        }),
        several => Err(format!(
            "the variant is a kit of {} inventory items in Medusa, which counts them by itself; link the variants it is made of",
            several.len()
        )),
    }
}

/// The first of its codes that is filled in; Medusa has several fields for them.
fn barcode(variant: &wire::Variant) -> Option<String> {
    let codes = [&variant.ean, &variant.upc, &variant.barcode];
    let filled = codes.into_iter().flatten().find(|code| !code.trim().is_empty());
    Some(filled.cloned().unwrap_or_default())
}

fn title(variant: &wire::Variant) -> String {
    let product = variant.product.as_ref().map(|product| product.title.as_str());
    let parts = [product, variant.title.as_deref()];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    parts.join(", ")
}

/// The thumbnail is what buyers see in lists; it need not be among the others.
fn images(product: &wire::Product) -> Images {
    let thumbnail = product.thumbnail.iter().filter(|url| !url.is_empty());
    let mut addresses: Vec<String> = thumbnail.cloned().collect();
    for image in &product.images {
        if !addresses.contains(&image.url) {
            addresses.push(image.url.clone());
        }
    }
    Images::all(addresses)
}

/// A price that everybody pays: of no region, customer group or quantity.
pub(super) fn is_plain(price: &wire::Price) -> bool {
    price.rules.is_empty() && price.min_quantity.is_none() && price.max_quantity.is_none()
}

fn first_currency(variant: &wire::Variant) -> Option<Currency> {
    let plain = variant.prices.iter().find(|price| is_plain(price))?;
    Currency::parse(&plain.currency_code).ok()
}

fn price_in(variant: &wire::Variant, currency: Currency, issues: &mut Vec<String>) -> Option<Money> {
    let of =
        |price: &&wire::Price| is_plain(price) && price.currency_code.eq_ignore_ascii_case(currency.code());
    let price = variant.prices.iter().find(of)?;
    number::money(&price.amount, currency)
        .map_err(|e| issues.push(format!("the price in {currency}: {e}")))
        .ok()
}
