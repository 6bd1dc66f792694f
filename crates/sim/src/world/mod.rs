//! The world behind every protocol: sellers with listings, orders, and effects that fall due later.
//!
//! Nothing here knows a platform. Time moves only in [`World::catch_up`] and [`World::advance`], which fire
//! the effects that fell due in order of their due time (then of their making), each at its own due time; so
//! real time and stepped time run the same history.

mod listing;
mod order;
mod purchase;
mod truth;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) use listing::{Listing, ListingIssue, Offer, Sale, Seller};
pub use listing::{ListingEdit, Shelf};
pub use order::OrderStatus;
pub(crate) use order::{Order, OrderLine, Package, PackageLine};
pub use purchase::{BuyOptions, Refused};
pub use truth::{Truth, TruthLine, TruthListing, TruthOrder, TruthRefusal};
pub use write::WriteRecord;
pub(crate) use write::{ListingChange, OfferChange, StockChange};

use crate::buyers::Buyers;
use crate::config::{SimConfig, SpanMs};
use crate::faults::{Fault, FaultBook};
use crate::time::{Clock, after_ms};

/// Something that happens by itself when the clock passes its due time.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// A pending order's payment arrives.
    Pay(String),
    /// A pending order's payment fails.
    FailPayment(String),
    /// The buyer asks to cancel.
    RequestCancel(String),
    /// An accepted listing write takes effect.
    ApplyWrite(usize),
    /// An accepted listing write turns out refused.
    RejectWrite(usize),
    /// A buyer comes by; belongs to the run of buyers with this number.
    Purchase(u64),
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) faults: FaultBook,
    pub(crate) sellers: BTreeMap<String, Seller>,
    pub(crate) orders: BTreeMap<String, Order>,
    pub(crate) buyers: Buyers,
    pub(crate) freshness_ms: u64,
    pub(crate) feed_delay_ms: SpanMs,
    calls: BTreeMap<String, u64>,
    throttled: u64,
    refusals: Vec<TruthRefusal>,
    writes: Vec<WriteRecord>,
    changes: BTreeMap<usize, ListingChange>,
    patch_delay_ms: SpanMs,
    cancel_restock_share: f64,
    make_order_id: fn(&mut ChaCha8Rng) -> String,
    clock: Clock,
    due: BTreeMap<(Timestamp, u64), Effect>,
    effects_made: u64,
}

impl World {
    /// A world as `config` describes it, whose order ids come from `make_order_id`.
    pub(crate) fn new(config: &SimConfig, make_order_id: fn(&mut ChaCha8Rng) -> String) -> Self {
        let mut clock = Clock::new(config.time);
        let now = clock.now();
        let mut world = Self {
            now,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            faults: FaultBook::new(config.faults.clone()),
            sellers: BTreeMap::new(),
            orders: BTreeMap::new(),
            buyers: Buyers::default(),
            freshness_ms: config.freshness_ms,
            feed_delay_ms: config.feed_delay_ms,
            calls: BTreeMap::new(),
            throttled: 0,
            refusals: Vec::new(),
            writes: Vec::new(),
            changes: BTreeMap::new(),
            patch_delay_ms: config.patch_delay_ms,
            cancel_restock_share: config.cancel_restock_share,
            make_order_id,
            clock,
            due: BTreeMap::new(),
            effects_made: 0,
        };
        for seller in &config.sellers {
            world
                .sellers
                .insert(seller.seller_id.clone(), Seller::new(seller, now));
        }
        world.set_buyers(config.buyers.clone());
        world
    }

    /// Brings the world up to the clock's present.
    pub(crate) fn catch_up(&mut self) {
        let now = self.clock.now();
        self.run_until(now);
    }

    /// Moves the clock on by `by` and fires what falls due.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    /// Whether the clock stands still between calls.
    pub(crate) fn is_stepped(&self) -> bool {
        self.clock.is_stepped()
    }

    /// Counts a call of `operation`, whatever becomes of it.
    pub(crate) fn count_call(&mut self, operation: &str) {
        *self.calls.entry(operation.to_owned()).or_default() += 1;
    }

    /// Counts an answer that told the client to slow down.
    pub(crate) fn count_throttled(&mut self) {
        self.throttled += 1;
    }

    /// Whether `fault` hits this call of `operation`; logs it.
    pub(crate) fn fault_hits(&mut self, fault: Fault, operation: &str) -> bool {
        self.faults.hits(fault, operation, self.now, &mut self.rng)
    }

    /// A length drawn from `span`.
    pub(crate) fn draw_ms(&mut self, span: SpanMs) -> u64 {
        self.rng.random_range(span.min..=span.max.max(span.min))
    }

    /// Makes `effect` happen `ms` milliseconds from now.
    pub(crate) fn schedule(&mut self, ms: u64, effect: Effect) {
        self.schedule_at(after_ms(self.now, ms), effect);
    }

    fn schedule_at(&mut self, at: Timestamp, effect: Effect) {
        self.effects_made += 1;
        self.due.insert((at, self.effects_made), effect);
    }

    fn run_until(&mut self, now: Timestamp) {
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), effect) = entry.remove_entry();
            self.now = self.now.max(at);
            self.fire(effect);
        }
        self.now = self.now.max(now);
    }

    fn fire(&mut self, effect: Effect) {
        // Orders may have moved on meanwhile (paid by hand, cancelled): then there is nothing left to do.
        match effect {
            Effect::Pay(id) => drop(self.pay(&id)),
            Effect::FailPayment(id) => drop(self.fail_payment(&id)),
            Effect::RequestCancel(id) => drop(self.request_cancel(&id)),
            Effect::ApplyWrite(index) => self.apply_write(index),
            Effect::RejectWrite(index) => self.reject_write(index),
            Effect::Purchase(run) => self.purchase_by_chance(run),
        }
    }
}
