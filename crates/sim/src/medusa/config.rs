//! What a store starts with, and what it tells of itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::faults::FaultConfig;
use crate::time::TimeMode;

/// What a store starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MedusaConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// Its name.
    pub name: String,
    /// The secret API key.
    pub api_key: String,
    /// What its subscriber signs with.
    pub webhook_key: String,
    /// Where its subscriber sends to, if not told otherwise.
    pub webhook_url: String,
    /// Most things of one page, whatever is asked for; the server itself has no such limit.
    pub page: usize,
    /// Currency of its orders and prices, in small letters.
    pub currency: String,
    /// Where units lie.
    pub locations: Vec<MedusaLocation>,
    /// What it sells.
    pub variants: Vec<MedusaVariant>,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
}

impl Default for MedusaConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeMode::Auto,
            name: "Medusa Store".to_owned(),
            api_key: "sk_0123456789abcdef0123456789abcdef".to_owned(),
            webhook_key: "0123456789abcdef".to_owned(),
            webhook_url: "https://hub.example.com/events".to_owned(),
            page: usize::MAX,
            currency: "eur".to_owned(),
            locations: vec![
                MedusaLocation {
                    id: "sloc_warehouse".to_owned(),
                    name: "Warehouse".to_owned(),
                    linked: true,
                },
                MedusaLocation {
                    id: "sloc_attic".to_owned(),
                    name: "Attic".to_owned(),
                    linked: false,
                },
            ],
            variants: Vec::new(),
            faults: FaultConfig::none(),
        }
    }
}

/// A stock location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MedusaLocation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the sales channel sells from it.
    pub linked: bool,
}

/// A variant with one inventory item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MedusaVariant {
    /// Its SKU; empty for one without.
    pub sku: String,
    /// Title of its product; empty for one after its SKU.
    pub title: String,
    /// Its EAN; empty for none.
    pub ean: String,
    /// Price in major units.
    pub price: String,
    /// Units of the inventory item that one of it takes.
    pub per: u32,
    /// Stocked units by location.
    pub stocked: BTreeMap<String, u32>,
    /// Not counted at all.
    pub unmanaged: bool,
}

impl MedusaVariant {
    /// A variant with units at the default warehouse.
    #[must_use]
    pub fn new(sku: &str, stocked: u32) -> Self {
        Self::at(sku, &[("sloc_warehouse", stocked)])
    }

    /// A variant with units at several locations.
    #[must_use]
    pub fn at(sku: &str, stocked: &[(&str, u32)]) -> Self {
        Self {
            sku: sku.to_owned(),
            price: "12.5".to_owned(),
            per: 1,
            stocked: stocked.iter().map(|(l, q)| ((*l).to_owned(), *q)).collect(),
            ..Self::default()
        }
    }

    /// Title of its product.
    pub(super) fn product_title(&self) -> String {
        if self.title.is_empty() {
            format!("Thing {}", self.sku)
        } else {
            self.title.clone()
        }
    }
}

/// An order as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MedusaOrder {
    /// Its id.
    pub id: String,
    /// What was bought.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// How many left.
    pub shipped: u32,
    /// Whether it was called off.
    pub cancelled: bool,
    /// What was paid and not given back, in major units.
    pub paid: Decimal,
    /// Fulfilments that were not called off.
    pub parcels: usize,
}

/// Stocked units that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MedusaWrite {
    /// When.
    pub at: Timestamp,
    /// Of which variant.
    pub sku: String,
    /// Where.
    pub location: String,
    /// What was written.
    pub stocked: u32,
    /// What can be sold there after it.
    pub available: i64,
}

/// Something that happens just before a call is answered: between two calls of the same caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meanwhile {
    /// A buyer buys.
    Buy(String, u32),
    /// A person packs all that is open of an order.
    Fulfil(String),
    /// A person counts, at the first location.
    Count(String, u32),
}
