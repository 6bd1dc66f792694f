//! A variant as a listing, and the handle by which it is written to.

use std::fmt;

use serde::Deserialize;
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{ListingSnapshot, Unreadable};
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::places::PlaceUnits;

use super::api::clean;
use super::bulk::Group;
use super::client::{gid, number};
use super::wire::{Connection, MaybeId, Raw};
use crate::plain;

/// A variant of a product: what a buyer puts in the basket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variant {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) barcode: Option<String>,
    pub(super) price: String,
    pub(super) inventory_policy: String,
    pub(super) product: Product,
    pub(super) inventory_item: Item,
}

#[derive(Debug, Deserialize)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) status: String,
}

/// What is stocked of a variant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) tracked: bool,
    #[serde(default)]
    pub(super) duplicate_sku_count: i64,
    /// Absent in the lines of a bulk operation, where levels are lines of their own.
    #[serde(default)]
    pub(super) inventory_levels: Option<Connection<LevelNode>>,
}

/// Stock at a location.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LevelNode {
    pub(super) is_active: bool,
    pub(super) location: Location,
    pub(super) quantities: Vec<Named>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) id: String,
    pub(super) is_active: bool,
    pub(super) is_fulfillment_service: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) quantity: i64,
}

/// What writes need: ids, and the currency prices are in. Kept as one text of words, each of which names a thing that
/// webhooks speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handle {
    pub(super) variant: String,
    pub(super) item: String,
    pub(super) product: String,
    pub(super) currency: String,
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            variant,
            item,
            product,
            currency,
        } = self;
        write!(
            f,
            "ProductVariant/{variant} InventoryItem/{item} Product/{product} {currency}"
        )
    }
}

impl Handle {
    /// Reads [`Self::to_string`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut id = |kind: &str| {
            let (found, id) = words.next()?.split_once('/')?;
            (found == kind && !id.is_empty()).then(|| id.to_owned())
        };
        Some(Self {
            variant: id("ProductVariant")?,
            item: id("InventoryItem")?,
            product: id("Product")?,
            currency: words.next()?.to_owned(),
        })
    }

    pub(super) fn variant_gid(&self) -> String {
        gid("ProductVariant", &self.variant)
    }

    pub(super) fn item_gid(&self) -> String {
        gid("InventoryItem", &self.item)
    }

    pub(super) fn product_gid(&self) -> String {
        gid("Product", &self.product)
    }
}

/// Why variants that share a SKU, or have none, cannot be kept in step.
pub(super) fn sku_problem(variant: &Variant, shared: bool) -> Option<String> {
    let name = clean(&variant.display_name);
    match variant.sku.as_deref().map_or("", str::trim) {
        "" => Some(format!(
            "`{name}` has no SKU, so it cannot be told which product it is; give it one in Shopify under Products, Inventory"
        )),
        sku if shared => Some(format!(
            "the SKU `{}` of `{name}` is borne by other variants too, so none of them is kept in step; give each variant a \
             SKU of its own in Shopify, drafts and archived products included",
            clean(sku)
        )),
        _ => None,
    }
}

/// A variant that cannot be read as a listing.
pub(super) fn unreadable(raw: &str, reason: String) -> Unreadable {
    let id = serde_json::from_str::<MaybeId>(raw).ok().and_then(|v| v.id);
    Unreadable {
        id: id.map(|id| number(&id).to_owned()),
        reason,
        raw: raw.to_owned(),
    }
}

/// Reads a raw variant.
pub(super) fn parse(raw: &Raw) -> Result<Variant, String> {
    serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))
}

/// A variant and its levels as a listing; the error names the field that cannot be read.
pub(super) fn listing(
    variant: &Variant,
    levels: &[LevelNode],
    currency: &str,
) -> Result<ListingSnapshot, String> {
    let sku = Sku::parse(variant.sku.as_deref().unwrap_or_default()).map_err(|e| format!("`sku`: {e}"))?;
    let mut issues = Vec::new();
    let status = match variant.product.status.as_str() {
        "ACTIVE" | "UNLISTED" => ListingStatus::Active,
        "DRAFT" | "ARCHIVED" => ListingStatus::Inactive,
        other => {
            issues.push(format!("the product's status `{}` is not known", clean(other)));
            ListingStatus::Unknown
        }
    };
    match variant.inventory_policy.as_str() {
        "DENY" => {}
        "CONTINUE" => issues.push(
            "Shopify goes on selling this when it is out of stock, which no quantity can prevent; switch off \"Continue \
             selling when out of stock\" on the variant"
                .to_owned(),
        ),
        other => issues.push(format!("the inventory policy `{}` is not known", clean(other))),
    }
    let price = plain::money(&variant.price, currency, "price", &mut issues);
    let places = places(levels)?;
    let quantity = if variant.inventory_item.tracked {
        Some(sum(&places)?)
    } else {
        issues.push(
            "Shopify does not track this variant's quantity and sells it without end; switch on \"Track quantity\" on the \
             variant"
                .to_owned(),
        );
        None
    };
    let handle = Handle {
        variant: number(&variant.id).to_owned(),
        item: number(&variant.inventory_item.id).to_owned(),
        product: number(&variant.product.id).to_owned(),
        currency: currency.to_owned(),
    };
    Ok(ListingSnapshot {
        sku,
        channel_ref: Some(handle.variant.clone()),
        title: plain::told(&variant.display_name),
        fulfilled_by: FulfilledBy::Seller,
        quantity,
        places: if variant.inventory_item.tracked {
            places
        } else {
            Vec::new()
        },
        price,
        status,
        images: None,
        barcode: Some(variant.barcode.clone().unwrap_or_default()),
        handle: Some(handle.to_string()),
        issues,
    })
}

/// Units at each location the seller stocks. Those of a fulfilment service are its own: it keeps its numbers itself.
pub(super) fn places(levels: &[LevelNode]) -> Result<Vec<PlaceUnits>, String> {
    let ours = levels
        .iter()
        .filter(|l| l.is_active && l.location.is_active && !l.location.is_fulfillment_service);
    let mut places = Vec::new();
    for level in ours {
        let location = number(&level.location.id).to_owned();
        let available = level.quantities.iter().find(|q| q.name == "available");
        // What is oversold shows as a negative number, which is needed as it is to compare with.
        let quantity = available
            .ok_or_else(|| format!("`quantities` of location {location} names no `available`"))?
            .quantity;
        places.push(PlaceUnits { location, quantity });
    }
    places.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(places)
}

fn sum(places: &[PlaceUnits]) -> Result<i64, String> {
    let sum = places
        .iter()
        .try_fold(0_i64, |sum, place| sum.checked_add(place.quantity));
    sum.ok_or_else(|| "`quantities` add up to more than there can be".to_owned())
}

/// A line of a bulk operation's file that is stock at a location.
#[derive(Debug, Deserialize)]
struct BulkLevel {
    #[serde(rename = "__parentId")]
    parent: String,
    #[serde(flatten)]
    level: LevelNode,
}

/// Reads a variant's lines of a file; the error names what cannot be read.
pub(super) fn of_group(group: &Group) -> Result<(Variant, Vec<LevelNode>), String> {
    let read = |e: serde_json::Error| clean(&e.to_string());
    let variant: Variant = serde_json::from_str(&group.head).map_err(read)?;
    let mut levels = Vec::new();
    for member in &group.members {
        let level: BulkLevel = serde_json::from_str(member).map_err(read)?;
        // Which of the two a level names as its parent is not documented.
        if level.parent != variant.id && level.parent != variant.inventory_item.id {
            return Err("a level of another variant stands among its own".to_owned());
        }
        levels.push(level.level);
    }
    Ok((variant, levels))
}
