//! A shop with an Admin GraphQL API, written from the platform's published schema and documents.
//!
//! Its habits: the list of orders is a search whose index is behind; a query is paid for in points before it is run;
//! quantities are compared before they are set, and a call is made whole or not at all under a key that is remembered;
//! tokens end and refresh tokens are replaced; bulk operations take their time; webhooks come twice and in any order, and
//! subscriptions whose messages fail are ended without a word.

mod admin;
mod bulk;
mod config;
mod graphql;
mod hooks;
mod mutate;
mod oauth;
mod orders;
mod platform;
mod serve;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

pub use config::{ShopifyConfig, ShopifyLine, ShopifyOrder, ShopifyParcel, ShopifyVariant, ShopifyWrite};

use crate::faults::{Fault, FaultBook, FaultConfig};
use crate::sim::CallOutcome;
use crate::time::Clock;

#[derive(Debug, Clone)]
struct Variant {
    id: u64,
    of: ShopifyVariant,
}

#[derive(Debug, Clone)]
struct Subscription {
    id: u64,
    topic: String,
    input: Value,
    failed: u32,
}

#[derive(Debug, Clone)]
struct Bulk {
    query: String,
    begun_at: Timestamp,
    done_at: Timestamp,
    /// How it ends, if not well.
    ends: Option<String>,
    /// Its file, once somebody asked for it.
    file: Option<Bytes>,
}

/// A simulated shop. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct ShopifyShop {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: ShopifyConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    counter: u64,
    variants: Vec<Variant>,
    /// How many variants bear a code.
    bearers: BTreeMap<String, usize>,
    /// Where the shop was last called.
    address: String,
    orders: BTreeMap<u64, ShopifyOrder>,
    /// Access tokens and when they end.
    tokens: BTreeMap<String, Timestamp>,
    /// Refresh tokens that work, each with the access token that came with its successor, if it has one.
    refresh: BTreeMap<String, Option<String>>,
    codes: BTreeSet<String>,
    revoked: bool,
    /// Points left, and when that was so.
    budget: (i64, Timestamp),
    /// What mutations under a key were, and what was answered.
    keys: BTreeMap<String, (Value, Value)>,
    bulk: BTreeMap<u64, Bulk>,
    /// How the next bulk operation ends, if not well.
    bulk_ends: Option<String>,
    hooks: Vec<Subscription>,
    messages: VecDeque<Request<Bytes>>,
    writes: Vec<ShopifyWrite>,
}

impl ShopifyShop {
    /// A shop as `config` describes it.
    #[must_use]
    pub fn new(config: ShopifyConfig) -> Arc<Self> {
        let mut clock = Clock::new(config.time);
        let now = clock.now();
        let variant = |(n, of): (usize, &ShopifyVariant)| Variant {
            id: 1_000 + n as u64,
            of: of.clone(),
        };
        let mut bearers = BTreeMap::new();
        for of in config.variants.iter().filter(|of| !of.sku.is_empty()) {
            *bearers.entry(of.sku.clone()).or_default() += 1;
        }
        let state = State {
            now,
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            counter: 5_000,
            variants: config.variants.iter().enumerate().map(variant).collect(),
            bearers,
            address: String::new(),
            orders: BTreeMap::new(),
            tokens: BTreeMap::new(),
            refresh: BTreeMap::new(),
            codes: BTreeSet::new(),
            revoked: false,
            budget: (config.points, now),
            keys: BTreeMap::new(),
            bulk: BTreeMap::new(),
            bulk_ends: None,
            hooks: Vec::new(),
            messages: VecDeque::new(),
            writes: Vec::new(),
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

    /// A buyer buys; gives the order's number, or nothing when it is out of stock.
    pub fn buy(&self, sku: &str, quantity: i64) -> Option<String> {
        self.lock().buy(&[(sku, quantity)])
    }

    /// A buyer buys several things at once.
    pub fn buy_all(&self, lines: &[(&str, i64)]) -> Option<String> {
        self.lock().buy(lines)
    }

    /// An order is called off in the shop's admin; its units go back on sale.
    pub fn cancel(&self, order: &str) -> bool {
        self.lock().call_off(order, true)
    }

    /// Units of an order's first line are refunded in the shop's admin, without going back on sale.
    pub fn refund(&self, order: &str, quantity: i64) -> bool {
        self.lock().give_back(order, quantity)
    }

    /// A buyer asks to return units of an order's first line; gives the return's number.
    pub fn send_back(&self, order: &str, quantity: i64) -> Option<String> {
        self.lock().send_back(order, quantity)
    }

    /// Another tool sets a quantity.
    pub fn edit(&self, sku: &str, location: &str, quantity: i64) {
        self.lock().edit(sku, location, quantity);
    }

    /// Scripts `fault` for the next `count` calls of an operation, which is the first field asked for (`orders`,
    /// `inventorySetQuantities`); `access_token` for tokens, `webhook` for messages.
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().faults.script(operation, fault, count);
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().faults.config = faults;
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.catch_up();
    }

    /// All access tokens end now; refresh tokens go on working.
    pub fn end_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// The next bulk operation that is started ends as `CANCELED`, `EXPIRED` or `FAILED`.
    pub fn end_next_bulk(&self, status: &str) {
        self.lock().bulk_ends = Some(status.to_owned());
    }

    /// The app is uninstalled: no token works any more.
    pub fn uninstall(&self) {
        self.lock().uninstall();
    }

    /// Units for sale of the first variant with this SKU, all locations together.
    pub fn shown(&self, sku: &str) -> i64 {
        self.quantities(sku).values().sum()
    }

    /// Units for sale by location.
    pub fn quantities(&self, sku: &str) -> BTreeMap<String, i64> {
        let state = self.lock();
        let variant = state.variants.iter().find(|v| v.of.sku == sku);
        variant.map(|v| v.of.quantities.clone()).unwrap_or_default()
    }

    /// The price of the first variant with this SKU.
    pub fn price(&self, sku: &str) -> String {
        let state = self.lock();
        let variant = state.variants.iter().find(|v| v.of.sku == sku);
        variant.map(|v| v.of.price.clone()).unwrap_or_default()
    }

    /// Every order there really is.
    pub fn orders(&self) -> Vec<ShopifyOrder> {
        self.lock().orders.values().cloned().collect()
    }

    /// Every change of quantities that was asked for.
    pub fn writes(&self) -> Vec<ShopifyWrite> {
        self.lock().writes.clone()
    }

    /// Points left of the budget.
    pub fn points(&self) -> i64 {
        self.lock().points()
    }

    /// The address a person who approves the app is sent back to, by the address they were sent to.
    pub fn approve(&self, authorize: &str) -> Option<String> {
        self.lock().approve(authorize)
    }

    /// Messages to be delivered, signed as the shop signs them.
    pub fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        self.lock().messages.drain(..).collect()
    }

    /// Topics that are subscribed to.
    pub fn topics(&self) -> Vec<String> {
        self.lock().hooks.iter().map(|hook| hook.topic.clone()).collect()
    }

    /// A message of a topic was not answered well; after enough of them in a row its subscription ends.
    pub fn webhook_failed(&self, topic: &str) {
        self.lock().failed(topic);
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
        self.now = self.clock.now();
        let now = self.now;
        for order in self.orders.values_mut() {
            if order.indexed.1 <= now {
                order.indexed.0 = Some(order.updated_at);
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }
}

/// The long id of a thing.
fn gid(kind: &str, number: impl std::fmt::Display) -> String {
    format!("gid://shopify/{kind}/{number}")
}

/// The number in a long id of a kind.
fn number_of(kind: &str, gid: &Value) -> Option<u64> {
    gid.as_str()?
        .strip_prefix(&format!("gid://shopify/{kind}/"))?
        .parse()
        .ok()
}
