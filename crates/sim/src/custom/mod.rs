//! A shop that speaks the signed protocol for systems of one's own, written from its document alone.
//!
//! It is a world of its own beside the platforms: it counts its own sales down at once, keeps stock at several locations,
//! compares before it sets, shows orders late if told to, and misbehaves as the faults will have it.

mod aftersales;
mod orders;
mod platform;
mod protocol;
mod shelf;
mod tell;
mod verify;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::faults::{Fault, FaultBook, FaultConfig};
use crate::sim::CallOutcome;
use crate::time::{Clock, TimeMode};

/// What a shop starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// Its name.
    pub name: String,
    /// Name of the secret.
    pub key_id: String,
    /// What requests are signed with.
    pub secret: String,
    /// ISO 4217 code of its prices.
    pub currency: String,
    /// Ways of writing a quantity it offers.
    pub write_modes: Vec<String>,
    /// What it does with orders after the sale: `cancellations`, `line_cancellations`, `refunds`, `payouts`, `returns`.
    pub after_sales: Vec<String>,
    /// Ids of its locations; empty for a shop with one shelf.
    pub locations: Vec<String>,
    /// What it sells.
    pub listings: Vec<ShopListing>,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
    /// How long after an event the list of orders is complete up to it, in milliseconds.
    pub freshness_ms: u64,
    /// Most listings or orders of one page, whatever is asked for.
    pub page: usize,
    /// Where it tells what changed, without the last part; the hub shows the address. It tells nobody without one.
    pub webhook_url: Option<String>,
}

impl Default for ShopConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeMode::Auto,
            name: "Simulated shop".to_owned(),
            key_id: "key-1".to_owned(),
            secret: "0123456789abcdef0123456789abcdef".to_owned(),
            currency: "EUR".to_owned(),
            write_modes: ["compare_and_set", "relative", "absolute"]
                .map(str::to_owned)
                .to_vec(),
            after_sales: [
                "cancellations",
                "line_cancellations",
                "refunds",
                "payouts",
                "returns",
            ]
            .map(str::to_owned)
            .to_vec(),
            locations: Vec::new(),
            listings: Vec::new(),
            faults: FaultConfig::none(),
            freshness_ms: 1_000,
            page: 100,
            webhook_url: None,
        }
    }
}

/// Something a shop sells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopListing {
    /// Its code.
    pub sku: String,
    /// Title.
    pub title: String,
    /// Its barcode; empty for none, nothing in a shop that does not tell.
    pub barcode: Option<String>,
    /// Price in major units.
    pub price: String,
    /// Units for sale by location; the empty name in a shop with one shelf.
    pub quantities: BTreeMap<String, u32>,
    /// Addresses of its images, the main one first; nothing in a shop that does not tell.
    pub images: Option<Vec<String>>,
}

impl ShopListing {
    /// A listing of a shop with one shelf.
    #[must_use]
    pub fn new(sku: &str, quantity: u32) -> Self {
        Self::at(sku, &[("", quantity)])
    }

    /// A listing with units at several locations.
    #[must_use]
    pub fn at(sku: &str, quantities: &[(&str, u32)]) -> Self {
        Self {
            sku: sku.to_owned(),
            title: format!("Thing {sku}"),
            barcode: None,
            price: "12.50".to_owned(),
            quantities: quantities.iter().map(|(l, q)| ((*l).to_owned(), *q)).collect(),
            images: None,
        }
    }
}

/// An order a shop accepted, as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopOrder {
    /// Its id.
    pub id: String,
    /// What was bought.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// How many the hub said were shipped.
    pub shipped: u32,
    /// Tracking numbers by the number of the parcel.
    pub parcels: BTreeMap<u32, String>,
    /// How many of them were called off.
    pub cancelled: u32,
    /// What one costs, in hundredths.
    pub price: u64,
    /// What was given back.
    pub refunds: Vec<ShopRefund>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when on the list of orders shows it.
    pub visible_at: Timestamp,
}

/// Money a shop gave back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopRefund {
    /// Its id.
    pub id: String,
    /// How much, in hundredths.
    pub amount: u64,
    /// Whether the money was sent, or the refund only noted.
    pub paid_out: bool,
}

/// Goods a buyer sends back.
#[derive(Debug, Clone)]
struct ShopReturn {
    id: String,
    order: String,
    quantity: u32,
    received: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A change of a quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopWrite {
    /// When.
    pub at: Timestamp,
    /// Of which listing.
    pub sku: String,
    /// The way asked for.
    pub mode: String,
    /// What was answered, whether or not the answer arrived.
    pub outcome: String,
    /// What the listing shows after it, all locations together.
    pub left: u32,
}

/// A change taken in and not made yet.
#[derive(Debug, Clone)]
struct Waiting {
    due: Timestamp,
    change: shelf::Change,
    /// It will be thrown away.
    dropped: bool,
}

/// A simulated shop. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct CustomShop {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: ShopConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    listings: BTreeMap<String, ShopListing>,
    orders: BTreeMap<String, ShopOrder>,
    returns: Vec<ShopReturn>,
    waiting: VecDeque<Waiting>,
    /// Outcomes by the key of their change: the same change again is answered with the same outcome.
    done: BTreeMap<String, serde_json::Value>,
    writes: Vec<ShopWrite>,
    refused: u64,
    nonces: BTreeMap<String, Timestamp>,
    /// Messages nobody has carried to the hub yet, and how many there ever were.
    told: Vec<Request<Bytes>>,
    messages: u64,
}

impl CustomShop {
    /// A shop as `config` describes it.
    #[must_use]
    pub fn new(config: ShopConfig) -> Arc<Self> {
        let mut clock = Clock::new(config.time);
        let state = State {
            now: clock.now(),
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            listings: config
                .listings
                .iter()
                .map(|listing| (listing.sku.clone(), listing.clone()))
                .collect(),
            orders: BTreeMap::new(),
            returns: Vec::new(),
            waiting: VecDeque::new(),
            done: BTreeMap::new(),
            writes: Vec::new(),
            refused: 0,
            nonces: BTreeMap::new(),
            told: Vec::new(),
            messages: 0,
            config,
        };
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// Makes one HTTP call without a network.
    pub fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        self.lock().handle(request)
    }

    /// A buyer buys; gives the order's id, or nothing when it is out of stock. `late_ms` is how much later than usual the
    /// list of orders shows it.
    pub fn buy(&self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        self.lock().buy(sku, quantity, late_ms)
    }

    /// An order is called off; its units go back on sale.
    pub fn cancel(&self, order_id: &str) -> bool {
        self.lock().cancel(order_id)
    }

    /// A buyer announces units of an order back; gives the return's id.
    pub fn send_back(&self, order_id: &str, quantity: u32) -> Option<String> {
        self.lock().send_back(order_id, quantity)
    }

    /// What a return announced has arrived.
    pub fn receive_back(&self, return_id: &str) -> bool {
        self.lock().receive_back(return_id)
    }

    /// Another tool sets a quantity.
    pub fn edit(&self, sku: &str, location: &str, quantity: u32) {
        if let Some(listing) = self.lock().listings.get_mut(sku) {
            listing.quantities.insert(location.to_owned(), quantity);
        }
    }

    /// Another tool gives a listing so many images.
    pub fn illustrate(&self, sku: &str, count: usize) {
        if let Some(listing) = self.lock().listings.get_mut(sku) {
            let address = |n| format!("https://images.example/{sku}/{n}.jpg");
            listing.images = Some((1..=count).map(address).collect());
        }
    }

    /// Scripts `fault` for the next `count` calls of `operation` (`getInfo`, `getListings`, `getOrders`, `getOrder`,
    /// `changeQuantities`, `changePrices`, `confirmShipment`, `cancelOrder`, `refundOrder`, `getReturns`; `placeOrder` for late visibility).
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().faults.script(operation, fault, count);
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().faults.config = faults;
    }

    /// Moves the clock on; what was taken in and fell due meanwhile is made.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.catch_up();
    }

    /// Units for sale by location; the empty name in a shop with one shelf.
    pub fn quantities(&self, sku: &str) -> BTreeMap<String, u32> {
        let state = self.lock();
        state
            .listings
            .get(sku)
            .map(|listing| listing.quantities.clone())
            .unwrap_or_default()
    }

    /// Units for sale, all locations together.
    pub fn shown(&self, sku: &str) -> u32 {
        self.quantities(sku).values().sum()
    }

    /// Every order there really is.
    pub fn orders(&self) -> Vec<ShopOrder> {
        self.lock().orders.values().cloned().collect()
    }

    /// Every change of a quantity that was asked for.
    pub fn writes(&self) -> Vec<ShopWrite> {
        self.lock().writes.clone()
    }

    /// How many requests were refused for their signature.
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }
}

impl State {
    /// Brings the shop up to its clock.
    fn catch_up(&mut self) {
        let now = self.clock.now();
        while let Some(waiting) = self.waiting.front().filter(|w| w.due <= now).cloned() {
            self.waiting.pop_front();
            self.now = self.now.max(waiting.due);
            if !waiting.dropped {
                let _ = self.make(&waiting.change);
            }
        }
        self.now = now;
    }
}
