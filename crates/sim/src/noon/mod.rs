//! Noon as a seller's programs see it, written from what is public of its Partners API alone.
//!
//! Its habits: sign-in by a token that the service account's key signs, then cookies that expire; orders listed by creation
//! alone, one item for each unit; every line of a call answered by itself inside a 200; a catalogue that is exported, later;
//! no request without a `User-Agent`; messages without a signature, under a header of the seller's. It also answers the
//! signing of older documents, which the real one is not known to.

mod auth;
mod catalogue;
mod messages;
mod orders;
mod platform;
mod practice;
mod protocol;

pub use practice::{NOON_PRACTICE_KEY, noon_public_half};

use std::collections::{BTreeMap, BTreeSet};
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

/// What the seller starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoonConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// The service account's key id.
    pub key_id: String,
    /// The seller's project.
    pub project_code: String,
    /// The service account's public RSA key: PKCS #1, in hexadecimal.
    pub public_key: String,
    /// Key and secret of the older signing.
    pub legacy: (String, String),
    /// How long cookies are good, in seconds.
    pub login_secs: u64,
    /// The country of orders.
    pub country: String,
    /// ISO 4217 code of prices.
    pub currency: String,
    /// Codes of the seller's warehouses; orders are for the first.
    pub warehouses: Vec<String>,
    /// What the seller sells.
    pub listings: Vec<NoonListing>,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
    /// How long after its creation an order is listed, in milliseconds.
    pub freshness_ms: u64,
    /// How long an export takes, in milliseconds.
    pub export_ms: u64,
    /// Most orders of one page.
    pub page: usize,
    /// Where messages go, and the header they carry; none are made without.
    pub destination: Option<NoonDestination>,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoonDestination {
    /// The address.
    pub url: String,
    /// Name of the header.
    pub header: String,
    /// Its value.
    pub secret: String,
}

impl Default for NoonConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeMode::Auto,
            key_id: "noon-partners-key-id-1".to_owned(),
            project_code: "PRJ1001".to_owned(),
            public_key: String::new(),
            legacy: ("legacy-key".to_owned(), "legacy-secret".to_owned()),
            login_secs: 3_000,
            country: "ae".to_owned(),
            currency: "AED".to_owned(),
            warehouses: vec!["W001".to_owned()],
            listings: Vec::new(),
            faults: FaultConfig::none(),
            freshness_ms: 1_000,
            export_ms: 45_000,
            page: 50,
            destination: None,
        }
    }
}

/// Something the seller sells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoonListing {
    /// The seller's code.
    pub sku: String,
    /// Title.
    pub title: String,
    /// Price in major units.
    pub price: String,
    /// Units for sale by warehouse.
    pub quantities: BTreeMap<String, u32>,
}

impl NoonListing {
    /// A listing with units at the warehouse `W001`.
    #[must_use]
    pub fn new(sku: &str, quantity: u32) -> Self {
        Self {
            sku: sku.to_owned(),
            title: format!("Thing {sku}"),
            price: "49.90".to_owned(),
            quantities: BTreeMap::from([("W001".to_owned(), quantity)]),
        }
    }
}

/// An order as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoonOrder {
    /// Its number.
    pub nr: String,
    /// Its units.
    pub units: Vec<NoonUnit>,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on the list shows it.
    pub visible_at: Timestamp,
}

/// One unit of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoonUnit {
    /// Its number.
    pub nr: String,
    /// What was bought.
    pub sku: String,
    /// Noon's word for the buyer's side.
    pub mp_status: String,
    /// Noon's word for the seller's side.
    pub integration_status: String,
}

/// A shipment as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoonShipment {
    /// The seller's number of it.
    pub number: String,
    /// Of which order.
    pub order: String,
    /// Courier and waybill.
    pub waybill: (String, String),
    /// Numbers of its units.
    pub units: Vec<String>,
}

/// A change of a quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoonWrite {
    /// When.
    pub at: Timestamp,
    /// Of which listing.
    pub sku: String,
    /// What was answered, whether or not the answer arrived.
    pub status: String,
    /// What the listing shows after it, all warehouses together.
    pub left: u32,
}

/// The simulated marketplace of one seller. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct NoonShop {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: NoonConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    listings: BTreeMap<String, NoonListing>,
    orders: BTreeMap<String, NoonOrder>,
    shipments: BTreeMap<String, NoonShipment>,
    waiting: Vec<catalogue::Waiting>,
    writes: Vec<NoonWrite>,
    refused_skus: BTreeSet<String>,
    /// Good cookies, and until when.
    sessions: BTreeMap<String, Timestamp>,
    exports: BTreeMap<String, Timestamp>,
    given_out: BTreeSet<String>,
    made: u64,
    revoked: bool,
    messages: Vec<serde_json::Value>,
}

impl NoonShop {
    /// A marketplace as `config` describes it.
    #[must_use]
    pub fn new(config: NoonConfig) -> Arc<Self> {
        let mut clock = Clock::new(config.time);
        let state = State {
            now: clock.now(),
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            listings: config
                .listings
                .iter()
                .map(|l| (l.sku.clone(), l.clone()))
                .collect(),
            orders: BTreeMap::new(),
            shipments: BTreeMap::new(),
            waiting: Vec::new(),
            writes: Vec::new(),
            refused_skus: BTreeSet::new(),
            sessions: BTreeMap::new(),
            exports: BTreeMap::new(),
            given_out: BTreeSet::new(),
            made: 0,
            revoked: false,
            messages: Vec::new(),
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

    /// A buyer buys; gives the order's number, or nothing when it is out of stock. `late_ms` is how much later than usual the
    /// list shows it.
    pub fn buy(&self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        self.lock().buy(&[(sku, quantity)], late_ms)
    }

    /// A buyer buys several things at once.
    pub fn buy_all(&self, items: &[(&str, u32)]) -> Option<String> {
        self.lock().buy(items, 0)
    }

    /// A buyer calls off whatever of an order is not shipped; its units go back on sale.
    pub fn cancel(&self, order: &str) -> bool {
        self.lock().cancel(order)
    }

    /// Another tool sets a quantity.
    pub fn edit(&self, sku: &str, warehouse: &str, quantity: u32) {
        if let Some(listing) = self.lock().listings.get_mut(sku) {
            listing.quantities.insert(warehouse.to_owned(), quantity);
        }
    }

    /// Refuses changes of a SKU from now on, or takes them again.
    pub fn refuse(&self, sku: &str, refuse: bool) {
        let mut state = self.lock();
        if refuse {
            state.refused_skus.insert(sku.to_owned());
        } else {
            state.refused_skus.remove(sku);
        }
    }

    /// Removes the service account's key, or brings it back.
    pub fn revoke(&self, revoked: bool) {
        let mut state = self.lock();
        state.revoked = revoked;
        state.sessions.clear();
    }

    /// Cookies given out so far are refused from now on.
    pub fn expire_cookies(&self) {
        self.lock().sessions.clear();
    }

    /// Scripts `fault` for the next `count` calls of `operation` (`login`, `whoami`, `warehouses`, `listOrders`, `getOrder`,
    /// `updateOrder`, `getAwbs`, `createShipment`, `getShipment`, `getProduct`, `stockList`, `stockUpdate`, `priceUpsert`,
    /// `priceGet`, `createExport`, `exportStatus`, `download`, `createSandboxOrder`); `placeOrder` for late visibility,
    /// `notify` for duplicates and reordering.
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().faults.script(operation, fault, count);
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().faults.config = faults;
    }

    /// Moves the clock on; what fell due meanwhile happens.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.catch_up();
    }

    /// Units for sale, all warehouses together; `None` for a SKU it does not know.
    pub fn shown(&self, sku: &str) -> Option<u32> {
        let state = self.lock();
        state
            .listings
            .get(sku)
            .map(|listing| listing.quantities.values().sum())
    }

    /// The price of a listing.
    pub fn price(&self, sku: &str) -> Option<String> {
        self.lock().listings.get(sku).map(|listing| listing.price.clone())
    }

    /// Every order there really is.
    pub fn orders(&self) -> Vec<NoonOrder> {
        self.lock().orders.values().cloned().collect()
    }

    /// Every shipment there really is.
    pub fn shipments(&self) -> Vec<NoonShipment> {
        self.lock().shipments.values().cloned().collect()
    }

    /// Every change of a quantity that was asked for.
    pub fn writes(&self) -> Vec<NoonWrite> {
        self.lock().writes.clone()
    }

    /// The messages made since the last call; some of them twice, and in any order, as the faults will have it.
    pub fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        self.lock().take_webhooks()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }
}

impl State {
    /// Brings the marketplace up to its clock.
    fn catch_up(&mut self) {
        self.now = self.clock.now();
        self.make_waiting();
    }

    /// A number nothing else has.
    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}
