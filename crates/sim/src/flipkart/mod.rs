//! Flipkart as a seller's programs see it, written from its published seller API alone.
//!
//! Its habits: the unit is the shipment, packed later than asked, sometimes failing at a form, sometimes held back; each
//! item of a call is answered by itself inside a 200; pages follow an address it makes up; access tokens expire; lists of
//! cancellations show the cancelled items alone; notifications are signed over everything but their body, sent at least
//! once, and in order for each shipment.

mod auth;
mod listings;
mod notify;
mod packing;
mod platform;
mod protocol;
mod returns;
mod shipments;

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
pub struct FlipkartConfig {
    /// Seed of its one random source.
    pub seed: u64,
    /// Real time, or a clock moved by the test.
    pub time: TimeMode,
    /// The application's id.
    pub app_id: String,
    /// The application's secret.
    pub app_secret: String,
    /// The consent of a seller to a partner's application; replaced at each renewal.
    pub refresh_token: String,
    /// How long access tokens are good, in seconds.
    pub token_secs: u64,
    /// Ids of the seller's locations.
    pub locations: Vec<String>,
    /// What the seller sells.
    pub listings: Vec<FlipkartListing>,
    /// Probabilities of misbehaviour.
    pub faults: FaultConfig,
    /// How long after an event the lists show it, in milliseconds.
    pub freshness_ms: u64,
    /// How long packing takes, in milliseconds.
    pub pack_ms: u64,
    /// How long after the order a shipment may be packed, in milliseconds.
    pub dispatch_after_ms: u64,
    /// What buyers buy is brought by the seller's own courier.
    pub self_ship: bool,
    /// Most shipments or returns of one page, whatever is asked for.
    pub page: usize,
    /// Most listings of one page.
    pub listings_page: usize,
    /// Where notifications go; none are made without.
    pub notify_url: Option<String>,
}

impl Default for FlipkartConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeMode::Auto,
            app_id: "app-1".to_owned(),
            app_secret: "app-secret-0123456789".to_owned(),
            refresh_token: "consent-1".to_owned(),
            token_secs: 5_184_000,
            locations: vec!["LOC1".to_owned()],
            listings: Vec::new(),
            faults: FaultConfig::none(),
            freshness_ms: 1_000,
            pack_ms: 8_000,
            dispatch_after_ms: 0,
            self_ship: false,
            page: 20,
            listings_page: 500,
            notify_url: None,
        }
    }
}

/// Something the seller sells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlipkartListing {
    /// The seller's code.
    pub sku: String,
    /// Title; only shipments tell it.
    pub title: String,
    /// Price in rupees.
    pub price: u32,
    /// The printed maximum.
    pub mrp: u32,
    /// Units for sale by location.
    pub quantities: BTreeMap<String, u32>,
}

impl FlipkartListing {
    /// A listing with units at the location `LOC1`.
    #[must_use]
    pub fn new(sku: &str, quantity: u32) -> Self {
        Self::at(sku, &[("LOC1", quantity)])
    }

    /// A listing with units at several locations.
    #[must_use]
    pub fn at(sku: &str, quantities: &[(&str, u32)]) -> Self {
        Self {
            sku: sku.to_owned(),
            title: format!("Thing {sku}"),
            price: 799,
            mrp: 999,
            quantities: quantities.iter().map(|(l, q)| ((*l).to_owned(), *q)).collect(),
        }
    }
}

/// A shipment as it really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlipkartShipment {
    /// Its id.
    pub id: String,
    /// What is in it.
    pub items: Vec<FlipkartItem>,
    /// The location Flipkart picked.
    pub location: String,
    /// When the buyer ordered.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When something of it was last called off.
    pub cancelled_at: Option<Timestamp>,
    /// From when on the lists show it.
    pub visible_at: Timestamp,
    /// Held back.
    pub hold: bool,
    /// The seller's own courier brings it.
    pub self_ship: bool,
    /// Courier and tracking number.
    pub tracking: Option<(String, String)>,
    /// When its packing ends.
    packed_at: Option<Timestamp>,
    /// Its packing fails.
    form_fails: bool,
}

/// A line of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlipkartItem {
    /// Its id.
    pub id: String,
    /// What was bought.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Flipkart's word.
    pub status: String,
    /// Where its units were taken from, and go back to.
    taken: BTreeMap<String, u32>,
}

/// A change of a quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlipkartWrite {
    /// When.
    pub at: Timestamp,
    /// Of which listing.
    pub sku: String,
    /// What was answered, whether or not the answer arrived.
    pub status: String,
    /// What the listing shows after it, all locations together.
    pub left: u32,
}

/// The simulated marketplace of one seller. All methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct FlipkartShop {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: FlipkartConfig,
    clock: Clock,
    now: Timestamp,
    rng: ChaCha8Rng,
    faults: FaultBook,
    listings: BTreeMap<String, FlipkartListing>,
    shipments: BTreeMap<String, FlipkartShipment>,
    returns: Vec<returns::Return>,
    waiting: Vec<listings::Waiting>,
    writes: Vec<FlipkartWrite>,
    refused_skus: BTreeSet<String>,
    tokens: BTreeMap<String, Timestamp>,
    made: u64,
    refresh_token: String,
    revoked: bool,
    forms_to_fail: u32,
    notices: Vec<notify::Notice>,
}

impl FlipkartShop {
    /// A marketplace as `config` describes it.
    #[must_use]
    pub fn new(config: FlipkartConfig) -> Arc<Self> {
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
            shipments: BTreeMap::new(),
            returns: Vec::new(),
            waiting: Vec::new(),
            writes: Vec::new(),
            refused_skus: BTreeSet::new(),
            tokens: BTreeMap::new(),
            made: 0,
            refresh_token: config.refresh_token.clone(),
            revoked: false,
            forms_to_fail: 0,
            notices: Vec::new(),
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

    /// A buyer buys; gives the shipment's id, or nothing when it is out of stock. `late_ms` is how much later than usual the
    /// lists show it.
    pub fn buy(&self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        let mut state = self.lock();
        let self_ship = state.config.self_ship;
        state.buy(&[(sku, quantity)], late_ms, self_ship)
    }

    /// A buyer buys several things at once, to be brought by the seller's own courier if `self_ship`.
    pub fn buy_all(&self, items: &[(&str, u32)], self_ship: bool) -> Option<String> {
        self.lock().buy(items, 0, self_ship)
    }

    /// A buyer calls all of a shipment off that is not with the courier; its units go back on sale.
    pub fn cancel(&self, shipment_id: &str) -> bool {
        self.lock().cancel(shipment_id, None)
    }

    /// Holds a shipment back, or lets it go on.
    pub fn hold(&self, shipment_id: &str, hold: bool) -> bool {
        self.lock().hold(shipment_id, hold)
    }

    /// Moves a shipment's items to a later word: `PICKUP_COMPLETE`, `SHIPPED`, `DELIVERED`, or any other.
    pub fn move_on(&self, shipment_id: &str, status: &str) -> bool {
        self.lock().move_on(shipment_id, status)
    }

    /// A buyer sends an item back; gives the return's id.
    pub fn send_back(&self, shipment_id: &str, reason: &str) -> Option<String> {
        self.lock().send_back(shipment_id, reason)
    }

    /// Another tool sets a quantity.
    pub fn edit(&self, sku: &str, location: &str, quantity: u32) {
        if let Some(listing) = self.lock().listings.get_mut(sku) {
            listing.quantities.insert(location.to_owned(), quantity);
        }
    }

    /// Refuses changes of a SKU from now on, or takes them again.
    pub fn refuse(&self, sku: &str, refuse: bool) {
        let mut state = self.lock();
        match refuse {
            true => state.refused_skus.insert(sku.to_owned()),
            false => state.refused_skus.remove(sku),
        };
    }

    /// The next `count` packings fail at a form.
    pub fn fail_forms(&self, count: u32) {
        self.lock().forms_to_fail += count;
    }

    /// Takes the seller's access away, or gives it back.
    pub fn revoke(&self, revoked: bool) {
        let mut state = self.lock();
        state.revoked = revoked;
        state.tokens.clear();
    }

    /// Access tokens given out so far are refused from now on.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// Scripts `fault` for the next `count` calls of `operation`: its `operationId` in the published reference
    /// (`searchPreDispatchShipment`, `getShipmentDetailsByInternalId`, `getShipmentDetails`, `getListings`, `listingSearch`,
    /// `updateInventory`, `updatePrice`, `pack`, `getLabels`, `markRTD`, `submitSelfShiptDispatchRequest`,
    /// `updateTrackingInfo`, `cancelByEnforcedGroupIds`, `getReturns`, `createTestOrders`), `token` or `locations`;
    /// `placeOrder` for late visibility, `notify` for duplicates and reordering.
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

    /// Its present instant.
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Units for sale by location.
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

    /// The price of a listing in rupees.
    pub fn price(&self, sku: &str) -> Option<u32> {
        self.lock().listings.get(sku).map(|listing| listing.price)
    }

    /// Every shipment there really is.
    pub fn orders(&self) -> Vec<FlipkartShipment> {
        self.lock().shipments.values().cloned().collect()
    }

    /// Every change of a quantity that was asked for.
    pub fn writes(&self) -> Vec<FlipkartWrite> {
        self.lock().writes.clone()
    }

    /// The notifications made since the last call, signed as sent now; in order for each shipment, some of them twice, and
    /// shipments among each other in any order, as the faults will have it.
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
        let now = self.clock.now();
        self.now = now;
        self.make_waiting();
        self.end_packing();
    }

    /// A number nothing else has.
    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}
