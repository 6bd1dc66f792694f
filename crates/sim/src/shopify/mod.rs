//! A shop with an Admin GraphQL API, written from the platform's published schema and documents.
//!
//! Its habits: the list of orders is a search whose index is behind; a query is paid for in points before it is run;
//! quantities are compared before they are set, and a call is made whole or not at all under a key that is remembered;
//! tokens end and refresh tokens are replaced; bulk operations take their time; webhooks come twice and in any order, and
//! subscriptions whose messages fail are ended without a word.

mod admin;
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
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::{Fault, FaultBook, FaultConfig};
use crate::sim::CallOutcome;
use crate::time::{Clock, TimeMode};

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
    indexed: (Option<Timestamp>, Timestamp),
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
    done_at: Timestamp,
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
        let state = State {
            now,
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            counter: 5_000,
            variants: config.variants.iter().enumerate().map(variant).collect(),
            orders: BTreeMap::new(),
            tokens: BTreeMap::new(),
            refresh: BTreeMap::new(),
            codes: BTreeSet::new(),
            revoked: false,
            budget: (config.points, now),
            keys: BTreeMap::new(),
            bulk: BTreeMap::new(),
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
