//! A Medusa store (version 2), written from the validators, type declarations and observed answers of the real server.
//!
//! Habits kept: stocked and reserved units; an order reserves at one location, a fulfilment takes from both; totals are not
//! rounded; capturing a payment does not touch the order's `updated_at`; bodies are strict; answers hold the `fields` that
//! were asked for and no others, and prices show their rules only when asked for; no idempotency keys; there are no
//! webhooks but those of the merchant's own subscriber.

mod body;
mod config;
mod fields;
mod inventory;
mod json;
mod lists;
mod orders;
mod platform;
mod protocol;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use config::{Meanwhile, MedusaConfig, MedusaLocation, MedusaOrder, MedusaVariant, MedusaWrite};

use crate::faults::{Fault, FaultBook, FaultConfig};
use crate::sim::CallOutcome;
use crate::time::Clock;

/// A simulated store. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct MedusaStore {
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
struct Variant {
    config: MedusaVariant,
    number: usize,
    created_at: Timestamp,
    prices: Vec<Price>,
}

#[derive(Debug, Clone)]
struct Price {
    id: String,
    currency: String,
    amount: serde_json::Value,
    min: serde_json::Value,
    max: serde_json::Value,
    rules: serde_json::Map<String, serde_json::Value>,
}

/// Units of a variant's inventory item at a location.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Units {
    stocked: i64,
    reserved: i64,
}

#[derive(Debug)]
struct State {
    config: MedusaConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    variants: Vec<Variant>,
    /// By SKU and location.
    levels: BTreeMap<(String, String), Units>,
    orders: Vec<orders::Order>,
    returns: Vec<orders::Return>,
    writes: Vec<MedusaWrite>,
    meanwhile: BTreeMap<String, Vec<Meanwhile>>,
    events: Vec<webhooks::Event>,
    revoked: bool,
    refused: u64,
    ids: u64,
}

impl MedusaStore {
    /// A store as `config` describes it.
    #[must_use]
    pub fn new(config: MedusaConfig) -> Arc<Self> {
        let mut clock = Clock::new(config.time);
        let now = clock.now();
        let mut state = State {
            now,
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            variants: Vec::new(),
            levels: BTreeMap::new(),
            orders: Vec::new(),
            returns: Vec::new(),
            writes: Vec::new(),
            meanwhile: BTreeMap::new(),
            events: Vec::new(),
            revoked: false,
            refused: 0,
            ids: 0,
            config,
        };
        for variant in state.config.variants.clone() {
            state.add(variant);
        }
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// Makes one HTTP call without a network.
    pub fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        self.lock().handle(request)
    }

    /// A buyer buys; gives the order's id, or nothing when no location has enough. `late_ms` is how much later than its own
    /// instant the list of orders shows it, as where it is read from a replica.
    pub fn buy(&self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        self.lock().buy(sku, quantity, late_ms)
    }

    /// A person calls an order off; its reservation goes.
    pub fn cancel(&self, order_id: &str) -> bool {
        self.lock().cancel(order_id).is_ok()
    }

    /// A person captures an order's payment.
    pub fn capture(&self, order_id: &str) {
        self.lock().capture(order_id);
    }

    /// Whether the buyer's payment of an order is still awaited.
    pub fn await_payment(&self, order_id: &str) {
        self.lock().await_payment(order_id);
    }

    /// A person packs all that is open of an order.
    pub fn fulfil(&self, order_id: &str) -> bool {
        self.lock().fulfil_all(order_id)
    }

    /// A buyer asks to send units back; gives the return's id.
    pub fn send_back(&self, order_id: &str, quantity: u32) -> Option<String> {
        self.lock().send_back(order_id, quantity)
    }

    /// Goods of a return arrive.
    pub fn receive(&self, return_id: &str) {
        self.lock().receive(return_id);
    }

    /// A person counts stocked units.
    pub fn edit(&self, sku: &str, location: &str, stocked: u32) {
        self.lock().count(sku, location, stocked);
    }

    /// A person adds a price of a region.
    pub fn price_region(&self, sku: &str, region: &str, amount: &str) {
        self.lock().price_region(sku, region, amount);
    }

    /// Scripts `fault` for the next `count` calls of `operation` (`listStockLocations`, `listStores`, `listVariants`,
    /// `listOrders`, `getOrder`, `listReturns`, `setInventoryLevels`, `updateVariant`, `createFulfillment`,
    /// `createShipment`, `cancelOrder`, `refundPayment`; `placeOrder` for late visibility, `webhook` for duplicates and, as
    /// late visibility, for the wrong order).
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().faults.script(operation, fault, count);
    }

    /// Has something happen just before the next call of `operation` is answered.
    pub fn before_next(&self, operation: &str, act: Meanwhile) {
        let mut state = self.lock();
        state.meanwhile.entry(operation.to_owned()).or_default().push(act);
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().faults.config = faults;
    }

    /// Revokes the API key, or takes that back.
    pub fn revoke(&self, revoked: bool) {
        self.lock().revoked = revoked;
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.now = state.clock.now();
    }

    /// Units buyers can buy, at all linked locations together.
    pub fn shown(&self, sku: &str) -> u32 {
        u32::try_from(self.lock().sellable(sku).max(0)).unwrap_or(u32::MAX)
    }

    /// Stocked and reserved units of a variant's inventory item at a location.
    pub fn level(&self, sku: &str, location: &str) -> Option<(i64, i64)> {
        let key = (sku.to_owned(), location.to_owned());
        self.lock()
            .levels
            .get(&key)
            .map(|units| (units.stocked, units.reserved))
    }

    /// All prices of a variant, as currency, amount and whether everybody pays it.
    pub fn prices(&self, sku: &str) -> Vec<(String, String, bool)> {
        let state = self.lock();
        let variant = state.variants.iter().find(|variant| variant.config.sku == sku);
        let price = |p: &Price| (p.currency.clone(), p.amount.to_string(), p.rules.is_empty());
        variant
            .map(|variant| variant.prices.iter().map(price).collect())
            .unwrap_or_default()
    }

    /// Every order there really is.
    pub fn orders(&self) -> Vec<MedusaOrder> {
        self.lock().orders.iter().map(orders::Order::truth).collect()
    }

    /// Stocked units that were written.
    pub fn writes(&self) -> Vec<MedusaWrite> {
        self.lock().writes.clone()
    }

    /// How many requests were refused for their key.
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// What the store's subscriber sends to `url`, as signed requests, the oldest first unless the faults will have it
    /// otherwise.
    pub fn take_webhooks(&self, url: &str) -> Vec<Request<Bytes>> {
        self.lock().take_webhooks(url)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.clock.now();
        state
    }
}

impl State {
    /// A new id with the store's prefix, in the order of making.
    fn id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}_{:026}", self.ids)
    }

    fn add(&mut self, config: MedusaVariant) {
        let number = self.variants.len() + 1;
        for (location, stocked) in &config.stocked {
            let units = Units {
                stocked: i64::from(*stocked),
                reserved: 0,
            };
            self.levels.insert((config.sku.clone(), location.clone()), units);
        }
        let amount = config.price.parse().unwrap_or(serde_json::Value::Null);
        let price = Price {
            id: self.id("price"),
            currency: self.config.currency.clone(),
            amount,
            min: serde_json::Value::Null,
            max: serde_json::Value::Null,
            rules: serde_json::Map::new(),
        };
        self.variants.push(Variant {
            config,
            number,
            created_at: self.now,
            prices: vec![price],
        });
    }

    fn act(&mut self, act: Meanwhile) {
        match act {
            Meanwhile::Buy(sku, quantity) => {
                self.buy(&sku, quantity, 0);
            }
            Meanwhile::Fulfil(order) => {
                self.fulfil_all(&order);
            }
            Meanwhile::Count(sku, stocked) => {
                let first = self.config.locations.first().map(|location| location.id.clone());
                self.count(&sku, &first.unwrap_or_default(), stocked);
            }
        }
    }
}
