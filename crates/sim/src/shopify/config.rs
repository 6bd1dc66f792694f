//! What a shop starts with, and what it tells tests of its orders and writes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::faults::FaultConfig;
use crate::time::TimeMode;

/// What a shop starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopifyConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// Its domain.
    pub shop: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// A token that does not end, as custom apps have one; empty for none.
    pub access_token: String,
    /// What the app is allowed.
    pub scopes: Vec<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Numbers of its locations.
    pub locations: Vec<String>,
    /// What it sells.
    pub variants: Vec<ShopifyVariant>,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
    /// How far the search is behind, in milliseconds.
    pub index_lag_ms: u64,
    /// How long an access token lives, in seconds.
    pub token_secs: u64,
    /// Whether an old refresh token is refused at once, rather than when the new access token is first used.
    pub strict_rotation: bool,
    /// Points the budget holds.
    pub points: i64,
    /// Points it gains a second.
    pub restore_rate: i64,
    /// How long a bulk operation takes, in milliseconds.
    pub bulk_ms: u64,
    /// Most nodes of a page, whatever is asked for.
    pub page: usize,
    /// How often in a row a message may fail before its subscription ends.
    pub failures: u32,
}

impl Default for ShopifyConfig {
    fn default() -> Self {
        let scopes = [
            "write_orders",
            "write_products",
            "write_inventory",
            "read_locations",
            "write_merchant_managed_fulfillment_orders",
            "write_returns",
        ];
        Self {
            seed: 1,
            time: TimeMode::Auto,
            shop: "simulated.myshopify.com".to_owned(),
            client_id: "client-1".to_owned(),
            client_secret: "0123456789abcdef0123456789abcdef".to_owned(),
            access_token: String::new(),
            scopes: scopes.map(str::to_owned).to_vec(),
            currency: "EUR".to_owned(),
            locations: vec!["101".to_owned()],
            variants: Vec::new(),
            faults: FaultConfig::none(),
            index_lag_ms: 3_000,
            token_secs: 3_600,
            strict_rotation: false,
            points: 2_000,
            restore_rate: 100,
            bulk_ms: 25_000,
            page: 250,
            failures: 8,
        }
    }
}

/// A variant a shop sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopifyVariant {
    /// Its code; other variants may bear the same, or none.
    pub sku: String,
    /// Title.
    pub title: String,
    /// Its barcode; empty for none.
    pub barcode: String,
    /// Price in major units.
    pub price: String,
    /// Which product it belongs to.
    pub product: u64,
    /// Units for sale by location.
    pub quantities: BTreeMap<String, i64>,
}

impl Default for ShopifyVariant {
    fn default() -> Self {
        Self::at("", &[])
    }
}

impl ShopifyVariant {
    /// A variant with units at some locations.
    #[must_use]
    pub fn at(sku: &str, quantities: &[(&str, i64)]) -> Self {
        Self {
            sku: sku.to_owned(),
            title: format!("Thing {sku}"),
            barcode: String::new(),
            price: "12.50".to_owned(),
            product: 1,
            quantities: quantities.iter().map(|(l, q)| ((*l).to_owned(), *q)).collect(),
        }
    }
}

/// A line of an order, as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopifyLine {
    /// Its number.
    pub id: u64,
    /// What was bought.
    pub sku: String,
    /// Units ordered.
    pub quantity: i64,
    /// Units refunded or removed.
    pub removed: i64,
    /// Units still to be shipped, by location.
    pub open: BTreeMap<String, i64>,
}

/// A parcel, as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopifyParcel {
    /// Its number.
    pub id: u64,
    /// Tracking number.
    pub tracking: String,
    /// Units by line.
    pub lines: BTreeMap<u64, i64>,
}

/// An order a shop accepted, as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopifyOrder {
    /// Its number.
    pub id: u64,
    /// What was bought.
    pub lines: Vec<ShopifyLine>,
    /// What was shipped.
    pub parcels: Vec<ShopifyParcel>,
    /// Whether it was called off.
    pub cancelled: bool,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Refunds by key.
    pub refunds: BTreeMap<String, u64>,
    /// Numbers of its returns and the units of its first line that come back.
    pub returns: BTreeMap<u64, i64>,
    /// Time of the last change that the search knows, and when it learns of the present one.
    #[serde(skip)]
    pub(super) indexed: (Option<Timestamp>, Timestamp),
}

/// A change of quantities that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopifyWrite {
    /// When.
    pub at: Timestamp,
    /// Its key.
    pub key: String,
    /// The code of the refusal, or `applied`.
    pub outcome: String,
}
