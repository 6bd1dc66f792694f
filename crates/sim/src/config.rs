//! What a simulated world starts with. Everything has a default, so a test names only what it is about.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::faults::FaultConfig;
use crate::time::TimeMode;

/// A whole world: sellers, time, faults, limits, buyers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimConfig {
    /// Seed of the one random source; same seed and same calls give the same world.
    pub seed: u64,
    /// Seller accounts, each in one region. Of two with one `seller_id` the last counts.
    pub sellers: Vec<SellerConfig>,
    /// Probabilities of misbehaviour at the start; changed later by [`crate::Sim::set_faults`].
    pub faults: FaultConfig,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// Usage plans that replace the documented ones, by operation name (`searchOrders`).
    pub plans: BTreeMap<String, Plan>,
    /// How long after an event order search may be asked for it, in milliseconds (Amazon: two minutes).
    pub freshness_ms: u64,
    /// Life of an access token, in seconds (Amazon: one hour).
    pub token_ttl_seconds: u64,
    /// How long an accepted listing write waits before it takes effect.
    pub patch_delay_ms: SpanMs,
    /// How long a feed waits before it is worked through.
    pub feed_delay_ms: SpanMs,
    /// Share of cancelled orders whose units the platform puts back on sale by itself, 0 to 1.
    pub cancel_restock_share: f64,
    /// Buyers that act by themselves; off unless `orders_per_second` is above zero.
    pub buyers: BuyerConfig,
    /// Most orders and listings of a page, whatever is asked for; the platform's own bounds are 100 and 20.
    pub most_per_page: usize,
    /// How long the HTTP server holds a call whose answer never comes before it closes, in milliseconds.
    pub hang_ms: u64,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            sellers: Vec::new(),
            faults: FaultConfig::none(),
            time: TimeMode::Auto,
            plans: BTreeMap::new(),
            freshness_ms: 120_000,
            token_ttl_seconds: 3_600,
            patch_delay_ms: SpanMs {
                min: 2_000,
                max: 20_000,
            },
            feed_delay_ms: SpanMs {
                min: 20_000,
                max: 120_000,
            },
            cancel_restock_share: 0.5,
            buyers: BuyerConfig::default(),
            most_per_page: usize::MAX,
            hang_ms: 60_000,
        }
    }
}

/// One seller account of one platform region, with the credentials a client signs in with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SellerConfig {
    /// The platform's id of the seller.
    pub seller_id: String,
    /// Id of the client application; several sellers may share one.
    pub client_id: String,
    /// Secret of the client application.
    pub client_secret: String,
    /// The seller's standing consent.
    pub refresh_token: String,
    /// Endpoint region: `NA`, `EU` or `FE`.
    pub region: String,
    /// Marketplace ids the seller takes part in.
    pub marketplaces: Vec<String>,
    /// What the seller offers at the start.
    pub listings: Vec<ListingConfig>,
}

impl SellerConfig {
    /// A seller with credentials derived from `seller_id`, taking part in `marketplaces` of `region`.
    #[must_use]
    pub fn new(seller_id: &str, region: &str, marketplaces: &[&str]) -> Self {
        Self {
            seller_id: seller_id.to_owned(),
            client_id: format!("amzn1.application-oa2-client.{seller_id}"),
            client_secret: format!("amzn1.oa2-cs.v1.{seller_id}"),
            refresh_token: format!("Atzr|{seller_id}"),
            region: region.to_owned(),
            marketplaces: marketplaces.iter().map(|m| (*m).to_owned()).collect(),
            listings: Vec::new(),
        }
    }

    /// The id of the client application on consent pages; it follows from the client id.
    #[must_use]
    pub fn application_id(&self) -> String {
        let own = self.client_id.rsplit('.').next().unwrap_or_default();
        format!("amzn1.sellerapps.app.{own}")
    }

    /// The same seller offering `listings`.
    #[must_use]
    pub fn with_listings(mut self, listings: Vec<ListingConfig>) -> Self {
        self.listings = listings;
        self
    }
}

/// Who ships a listing's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    /// The seller ships; the quantity is the seller's number.
    #[default]
    Merchant,
    /// The platform ships from its own warehouse (FBA); the seller writes no quantity.
    Platform,
}

/// One listing at the start, or one added later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListingConfig {
    /// The seller's own code.
    pub sku: String,
    /// The platform's catalogue code.
    pub asin: String,
    /// Product title.
    pub title: String,
    /// Units on sale; `None` for platform fulfilment.
    pub quantity: Option<u32>,
    /// Unit price in major units.
    pub price: Decimal,
    /// ISO 4217 code of `price`.
    pub currency: String,
    /// Who ships.
    pub fulfilment: Fulfilment,
    /// Units in the platform's warehouse at the start; platform fulfilment only.
    pub stored: u32,
    /// Units there that cannot be sold.
    pub unfulfillable: u32,
    /// Units on their way there.
    pub inbound: u32,
    /// Marketplaces where price or currency differ from the above, by marketplace id.
    pub offers: BTreeMap<String, OfferConfig>,
}

/// A price in one marketplace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OfferConfig {
    /// Unit price in major units.
    pub price: Decimal,
    /// ISO 4217 code.
    pub currency: String,
}

/// A token bucket: `burst` calls at once, refilled by `rate` per second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Calls per second.
    pub rate: f64,
    /// Size of the bucket.
    pub burst: f64,
}

/// A span of time from which a value is drawn evenly, in milliseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanMs {
    /// Shortest.
    pub min: u64,
    /// Longest; a value under `min` means `min`.
    pub max: u64,
}

/// Buyers that place orders by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuyerConfig {
    /// Purchases tried per second over all sellers; 0 means none.
    pub orders_per_second: f64,
    /// Share of orders that begin as pending payment, 0 to 1.
    pub pending_share: f64,
    /// How long a pending order waits for its payment.
    pub pending_ms: SpanMs,
    /// Share of pending orders that are cancelled instead of paid, 0 to 1.
    pub cancel_share: f64,
    /// Share of paid orders whose buyer later asks to cancel, 0 to 1.
    pub request_cancel_share: f64,
    /// Largest number of units one purchase asks for; one unit is the most common.
    pub max_quantity: u32,
}

impl Default for BuyerConfig {
    fn default() -> Self {
        Self {
            orders_per_second: 0.0,
            pending_share: 0.2,
            pending_ms: SpanMs {
                min: 5_000,
                max: 60_000,
            },
            cancel_share: 0.2,
            request_cancel_share: 0.02,
            max_quantity: 3,
        }
    }
}
