//! The Admin API's JSON, as far as it is used. Words of the shop stay text: an unknown one must not make the rest
//! unreadable. Lists may be missing or null.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::number::{Amount, units};

pub(super) use orders::*;

mod orders;

/// Raw JSON of the things in a list, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

fn listed<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(<Option<Vec<T>>>::deserialize(deserializer)?.unwrap_or_default())
}

/// A thing with an id, for those of which nothing else can be read.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

/// The columns a walk goes by.
#[derive(Debug, Deserialize)]
pub(super) struct Stamped {
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<String>,
}

/// Answer of `GET /admin/stock-locations`.
#[derive(Debug, Deserialize)]
pub(super) struct Locations {
    pub(super) stock_locations: Vec<Location>,
}

/// A place where units lie.
#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, deserialize_with = "listed")]
    pub(super) sales_channels: Vec<SalesChannel>,
}

/// A sales channel that sells from a location, or a product is sold in.
#[derive(Debug, Deserialize)]
pub(super) struct SalesChannel {
    pub(super) id: String,
    #[serde(default)]
    pub(super) is_disabled: bool,
}

/// Answer of `GET /admin/stores`.
#[derive(Debug, Deserialize)]
pub(super) struct Stores {
    pub(super) stores: Vec<Store>,
}

/// The shop.
#[derive(Debug, Deserialize)]
pub(super) struct Store {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, deserialize_with = "listed")]
    pub(super) supported_currencies: Vec<SupportedCurrency>,
}

/// A currency of the shop.
#[derive(Debug, Deserialize)]
pub(super) struct SupportedCurrency {
    pub(super) currency_code: String,
}

/// Answer of `GET /admin/product-variants`.
#[derive(Debug, Deserialize)]
pub(super) struct Variants {
    pub(super) variants: Vec<Raw>,
    /// How many there are in all.
    pub(super) count: usize,
}

/// A variant: what is sold under one SKU.
#[derive(Debug, Deserialize)]
pub(super) struct Variant {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) barcode: Option<String>,
    #[serde(default)]
    pub(super) ean: Option<String>,
    #[serde(default)]
    pub(super) upc: Option<String>,
    pub(super) product_id: String,
    #[serde(default)]
    pub(super) manage_inventory: Option<bool>,
    #[serde(default)]
    pub(super) allow_backorder: Option<bool>,
    #[serde(default)]
    pub(super) product: Option<Product>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) prices: Vec<Price>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) inventory_items: Vec<InventoryLink>,
}

/// The product a variant belongs to.
#[derive(Debug, Deserialize)]
pub(super) struct Product {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) thumbnail: Option<String>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) images: Vec<Image>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) sales_channels: Vec<SalesChannel>,
}

/// An image of a product.
#[derive(Debug, Deserialize)]
pub(super) struct Image {
    pub(super) url: String,
}

/// A price of a variant. Its rules are there when they were asked for, and only then.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Price {
    pub(super) id: String,
    pub(super) currency_code: String,
    pub(super) amount: Amount,
    #[serde(default)]
    pub(super) min_quantity: Option<Amount>,
    #[serde(default)]
    pub(super) max_quantity: Option<Amount>,
    #[serde(default)]
    pub(super) rules: BTreeMap<String, Value>,
}

/// Which inventory item a variant takes from, and how many units for one.
#[derive(Debug, Deserialize)]
pub(super) struct InventoryLink {
    pub(super) inventory_item_id: String,
    #[serde(default = "one", deserialize_with = "units")]
    pub(super) required_quantity: i64,
    #[serde(default)]
    pub(super) inventory: Option<InventoryItem>,
}

const fn one() -> i64 {
    1
}

/// An inventory item.
#[derive(Debug, Deserialize)]
pub(super) struct InventoryItem {
    #[serde(default, deserialize_with = "listed")]
    pub(super) location_levels: Vec<InventoryLevel>,
}

/// Units of an inventory item at a location.
#[derive(Debug, Deserialize)]
pub(super) struct InventoryLevel {
    pub(super) location_id: String,
    #[serde(deserialize_with = "units")]
    pub(super) stocked_quantity: i64,
    #[serde(deserialize_with = "units")]
    pub(super) reserved_quantity: i64,
}

/// Body of `POST /admin/inventory-items/location-levels/batch`.
#[derive(Debug, Default, Serialize)]
pub(super) struct LevelBatch {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) create: Vec<NewLevel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) update: Vec<NewLevel>,
}

/// Stocked units of an inventory item at a location, sold and reserved ones among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct NewLevel {
    pub(super) inventory_item_id: String,
    pub(super) location_id: String,
    pub(super) stocked_quantity: i64,
}

/// Body of `POST /admin/products/{id}/variants/{id}`: all prices of the variant; one left out is deleted.
#[derive(Debug, Serialize)]
pub(super) struct VariantPrices {
    pub(super) prices: Vec<NewPrice>,
}

/// One of a variant's prices.
#[derive(Debug, Serialize)]
pub(super) struct NewPrice {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) currency_code: String,
    pub(super) amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_quantity: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_quantity: Option<Amount>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) rules: BTreeMap<String, Value>,
}

/// An error of the Admin API.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
}
