//! What a shop starts with: its keys, its habits, and what it sells.

use serde::{Deserialize, Serialize};

use crate::faults::FaultConfig;
use crate::time::TimeMode;

/// How a shop takes tracking numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WooParcels {
    /// The core's order fulfilments are switched on.
    Fulfillments,
    /// The Shipment Tracking extension is installed.
    Tracking,
    /// Neither.
    None,
}

/// What a shop starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WooConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// Path below which it lives on its host, such as `/shop`; empty at the root.
    pub folder: String,
    /// Public half of the keys.
    pub consumer_key: String,
    /// Secret half.
    pub consumer_secret: String,
    /// Whether the keys may write.
    pub may_write: bool,
    /// ISO 4217 code of its prices.
    pub currency: String,
    /// What it sells.
    pub products: Vec<WooProduct>,
    /// How it takes tracking numbers.
    pub parcels: WooParcels,
    /// Whether orders can be sorted by their last change.
    pub sorts_by_change: bool,
    /// Whether the list of products finds variations by their SKU.
    pub sku_finds_variations: bool,
    /// Whether addresses are not rewritten, so that only `/?rest_route=` works.
    pub plain_permalinks: bool,
    /// Whether the host takes the Authorization header away.
    pub strips_authorization: bool,
    /// Minutes an unpaid order holds its units.
    pub hold_stock_minutes: u64,
    /// How long after an event somebody visits the shop and so sends its webhooks, in milliseconds.
    pub webhook_delay_ms: u64,
    /// Most items of a batch the host bears; a larger one is made in part and times out.
    pub most_batch: usize,
    /// Most things of a page, whatever is asked for; the API's own bound is 100.
    pub most_per_page: usize,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
}

impl Default for WooConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeMode::Auto,
            folder: String::new(),
            consumer_key: "ck_simulated".to_owned(),
            consumer_secret: "cs_simulated".to_owned(),
            may_write: true,
            currency: "EUR".to_owned(),
            products: Vec::new(),
            parcels: WooParcels::None,
            sorts_by_change: true,
            sku_finds_variations: true,
            plain_permalinks: false,
            strips_authorization: false,
            hold_stock_minutes: 60,
            webhook_delay_ms: 60_000,
            most_batch: 100,
            most_per_page: 100,
            faults: FaultConfig::none(),
        }
    }
}

/// Whether and where a shop counts a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WooManage {
    /// The product itself.
    #[default]
    Own,
    /// Not at all.
    Not,
    /// For all variations together.
    Parent,
}

/// Something a shop sells, or a product whose variations it sells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WooProduct {
    /// Its code; may be empty.
    pub sku: String,
    /// Title.
    pub name: String,
    /// GTIN, UPC, EAN or ISBN; empty for none, nothing in a shop that is too old to tell.
    pub barcode: Option<String>,
    /// Price in major units.
    pub price: String,
    /// A sale price in force; empty for none.
    pub sale_price: String,
    /// Units.
    pub stock: i64,
    /// Whether and where they are counted.
    pub manage: WooManage,
    /// Its variations; none for a product that is sold by itself.
    pub variations: Vec<WooProduct>,
}

impl WooProduct {
    /// A product that is sold by itself.
    #[must_use]
    pub fn new(sku: &str, stock: i64) -> Self {
        Self {
            sku: sku.to_owned(),
            name: format!("Thing {sku}"),
            price: "12.50".to_owned(),
            stock,
            ..Self::default()
        }
    }

    /// A product that is sold in variations.
    #[must_use]
    pub fn variable(sku: &str, variations: Vec<Self>) -> Self {
        Self {
            manage: WooManage::Not,
            variations,
            ..Self::new(sku, 0)
        }
    }
}
