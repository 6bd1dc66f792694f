//! A WooCommerce shop, written from its REST documentation and its published habits.
//!
//! It counts a sale down when it is paid and only holds the units until then, without showing that; it pages by number, so
//! whatever changes meanwhile moves; it sends webhooks when somebody visits it, never twice, and stops after failures. In
//! front of it a firewall may answer with a page, and PHP may print before the JSON.

mod aftersales;
mod batch;
mod config;
mod money;
mod orders;
mod platform;
mod products;
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
use serde::Serialize;
use serde_json::Value;

use crate::faults::{Fault, FaultBook, FaultConfig};
use crate::sim::CallOutcome;
use crate::time::{Clock, after_ms};
pub use config::{WooConfig, WooManage, WooParcels, WooProduct};

/// Failed deliveries after which a webhook is switched off.
const MOST_FAILURES: u32 = 5;

/// An order of a shop, as it really is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WooOrder {
    /// Its id.
    pub id: u64,
    /// The shop's word for where it stands.
    pub status: String,
    /// What was bought.
    pub lines: Vec<WooLine>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// Whether its units are counted down.
    pub reduced: bool,
    /// Meta by key.
    pub meta: BTreeMap<String, Value>,
    /// Money given back.
    pub refunds: Vec<WooRefund>,
    /// Parcels in the way the shop takes them.
    pub fulfillments: Vec<Value>,
    /// Tracking numbers of the extension.
    pub trackings: Vec<Value>,
    /// Notes: their text, and whether the buyer sees them.
    pub notes: Vec<(String, bool)>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WooLine {
    /// Its id.
    pub id: u64,
    /// The product or variation.
    pub item: u64,
    /// Its code at the time.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// Of these, units that were put back on sale by refunds.
    pub restocked: i64,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WooRefund {
    /// Its id.
    pub id: u64,
    /// How much, in major units.
    pub amount: String,
    /// Why.
    pub reason: String,
    /// Whether the payment provider was asked to send it.
    pub paid_out: bool,
    /// Units by line.
    pub units: Vec<(u64, i64)>,
    /// When.
    pub created_at: Timestamp,
    /// Meta by key.
    pub meta: BTreeMap<String, Value>,
}

/// A quantity that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WooWrite {
    /// When.
    pub at: Timestamp,
    /// Of which product or variation.
    pub item: u64,
    /// What it showed before.
    pub before: i64,
    /// What was written.
    pub quantity: i64,
}

/// A product or variation as kept.
#[derive(Debug, Clone)]
struct Item {
    parent: Option<u64>,
    children: Vec<u64>,
    given: WooProduct,
    status: String,
    modified_at: Timestamp,
}

/// A simulated shop. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct WooShop {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: WooConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    items: BTreeMap<u64, Item>,
    orders: BTreeMap<u64, WooOrder>,
    hooks: BTreeMap<u64, webhooks::Hook>,
    pending: Vec<webhooks::Pending>,
    next_id: u64,
    writes: Vec<WooWrite>,
    /// Calls that a firewall answers with a page.
    pages: u32,
    /// Calls that PHP prints before.
    notices: u32,
    /// Calls that a cache answers, and how old it says it is.
    cached: Option<u64>,
}

impl WooShop {
    /// A shop as `config` describes it.
    #[must_use]
    pub fn new(config: WooConfig) -> Arc<Self> {
        let mut clock = Clock::new(config.time);
        let mut state = State {
            now: clock.now(),
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            items: BTreeMap::new(),
            orders: BTreeMap::new(),
            hooks: BTreeMap::new(),
            pending: Vec::new(),
            next_id: 10,
            writes: Vec::new(),
            pages: 0,
            notices: 0,
            cached: None,
            config,
        };
        for product in state.config.products.clone() {
            state.add_product(product);
        }
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// Makes one HTTP call without a network.
    pub fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        self.lock().handle(request)
    }

    /// A buyer buys and pays at once; gives the order's id, or nothing when there are not enough.
    pub fn buy(&self, sku: &str, quantity: i64) -> Option<u64> {
        self.buy_all(&[(sku, quantity)])
    }

    /// A buyer buys several things in one order and pays at once.
    pub fn buy_all(&self, basket: &[(&str, i64)]) -> Option<u64> {
        let mut state = self.lock();
        let id = state.checkout(basket)?;
        state.set_status(id, "processing");
        Some(id)
    }

    /// A buyer goes to pay: units are held for the buyer and not counted down yet.
    pub fn checkout(&self, sku: &str, quantity: i64) -> Option<u64> {
        self.lock().checkout(&[(sku, quantity)])
    }

    /// An order's status changes, by its payment or by the merchant; stock follows as in the core.
    pub fn set_status(&self, order: u64, status: &str) -> bool {
        self.lock().set_status(order, status)
    }

    /// An order's date of change moves although nothing changed.
    pub fn touch(&self, order: u64) {
        let mut state = self.lock();
        let now = state.now;
        if let Some(order) = state.orders.get_mut(&order) {
            order.modified_at = now;
        }
    }

    /// The merchant refunds units of an order's first line that has as many, and puts them back on sale if told to.
    pub fn refund(&self, order: u64, units: i64, restock: bool) -> Option<u64> {
        self.lock().refund_by_merchant(order, units, restock)
    }

    /// Another tool sets a quantity.
    pub fn edit(&self, sku: &str, quantity: i64) {
        let mut state = self.lock();
        if let Some(id) = state.item_by_sku(sku) {
            state.set_stock(id, quantity);
        }
    }

    /// Puts a product up for sale; gives its id.
    pub fn add(&self, product: WooProduct) -> u64 {
        self.lock().add_product(product)
    }

    /// Takes a product away for good, with its variations.
    pub fn remove(&self, sku: &str) {
        self.lock().remove_product(sku);
    }

    /// Scripts `fault` for the next `count` calls of `operation`: method and route such as `GET /orders` or
    /// `POST /products/batch`, ids left out as `{id}`.
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().faults.script(operation, fault, count);
    }

    /// Has a firewall answer the next calls with a page.
    pub fn firewall_next(&self, count: u32) {
        self.lock().pages = count;
    }

    /// Has PHP print a notice before the next answers.
    pub fn print_notices(&self, count: u32) {
        self.lock().notices = count;
    }

    /// Has a cache that is so many seconds old answer from now on, or no more.
    pub fn cache(&self, age_secs: Option<u64>) {
        self.lock().cached = age_secs;
    }

    /// Changes the keys: the former ones are refused from now on.
    pub fn revoke(&self) {
        self.lock().config.consumer_secret = "cs_another".to_owned();
    }

    /// Changes how the shop takes tracking numbers.
    pub fn set_parcels(&self, parcels: WooParcels) {
        self.lock().config.parcels = parcels;
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().faults.config = faults;
    }

    /// Moves the clock on; unpaid orders that fall due are called off.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.catch_up();
    }

    /// Units the shop counts, those it holds for unpaid orders among them.
    pub fn shown(&self, sku: &str) -> i64 {
        let state = self.lock();
        let item = state.item_by_sku(sku).and_then(|id| state.items.get(&id));
        item.map_or(0, |item| item.given.stock)
    }

    /// Units held for unpaid orders.
    pub fn held(&self, sku: &str) -> i64 {
        let state = self.lock();
        state.item_by_sku(sku).map_or(0, |id| state.held(id))
    }

    /// The regular price.
    pub fn price(&self, sku: &str) -> String {
        let state = self.lock();
        let item = state.item_by_sku(sku).and_then(|id| state.items.get(&id));
        item.map(|item| item.given.price.clone()).unwrap_or_default()
    }

    /// Every order there really is.
    pub fn orders(&self) -> Vec<WooOrder> {
        self.lock().orders.values().cloned().collect()
    }

    /// Every quantity that was written by the API.
    pub fn writes(&self) -> Vec<WooWrite> {
        self.lock().writes.clone()
    }

    /// Topics of the webhooks with their status and address.
    pub fn webhooks(&self) -> Vec<(String, String, String)> {
        let state = self.lock();
        let hooks = state.hooks.values();
        hooks
            .map(|h| (h.topic.clone(), h.status.clone(), h.delivery_url.clone()))
            .collect()
    }

    /// Deliveries that are due, as the shop would send them; each is sent once.
    pub fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        self.lock().take_webhooks()
    }

    /// Nobody took a delivery of this topic: after a few of these the webhook is switched off.
    pub fn webhook_failed(&self, topic: &str) {
        self.lock().webhook_failed(topic);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Brings the shop up to its clock: orders that nobody paid for in time are called off.
    fn catch_up(&mut self) {
        self.now = self.clock.now();
        let hold_ms = self.config.hold_stock_minutes * 60_000;
        let overdue =
            |order: &&WooOrder| order.status == "pending" && after_ms(order.created_at, hold_ms) <= self.now;
        let overdue: Vec<u64> = self
            .orders
            .values()
            .filter(overdue)
            .map(|order| order.id)
            .collect();
        for id in overdue {
            self.set_status(id, "cancelled");
        }
    }
}

/// An instant as the API writes it: UTC without a zone, whole seconds.
fn gmt(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
