//! A buyer buys: the platform accepts and lowers its own quantity at once, or says "out of stock".

use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::order::{Buyer, Order, OrderLine};
use super::truth::TruthRefusal;
use super::{Effect, OrderStatus, World};
use crate::config::Fulfilment;
use crate::faults::Fault;
use crate::time::after_ms;

/// How a purchase goes on after the buyer has clicked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuyOptions {
    /// Payment is not confirmed yet.
    pub pending: bool,
    /// With `pending`: the payment is decided by itself after so many milliseconds; without it, by
    /// [`crate::Sim::pay`] or [`crate::Sim::cancel`] only.
    pub settle_after_ms: Option<u64>,
    /// With `settle_after_ms`: the payment fails, and the platform cancels the order.
    pub payment_fails: bool,
    /// Search shows the order so many milliseconds later than the usual freshness.
    pub late_ms: Option<u64>,
}

/// Why a purchase, or a change to an order, was not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such seller in this world.
    #[error("seller {0:?} does not exist: name one of the configured sellers")]
    UnknownSeller(String),
    /// The seller does not list the SKU.
    #[error("SKU {0:?} is not listed by this seller: add the listing first")]
    UnknownListing(String),
    /// Not on sale in the marketplace: no offer, taken off sale, or priced out of its bounds.
    #[error("SKU {sku:?} is not on sale in marketplace {marketplace_id:?}: give it an offer there")]
    NotOnSale {
        /// What was asked for.
        sku: String,
        /// Where.
        marketplace_id: String,
    },
    /// What the buyer sees as "out of stock".
    #[error("SKU {sku:?} is out of stock: {available} left, {wanted} wanted")]
    OutOfStock {
        /// What was asked for.
        sku: String,
        /// Units left.
        available: u32,
        /// Units asked for.
        wanted: u32,
    },
    /// A purchase of nothing.
    #[error(
        "the quantity must be at least 1, and a basket needs at least one line of one kind of fulfilment"
    )]
    EmptyBasket,
    /// No such order in this world.
    #[error("order {0:?} does not exist")]
    UnknownOrder(String),
    /// The order's state does not allow the change.
    #[error("order {order_id} is {status:?} and cannot be {what}")]
    WrongStatus {
        /// Which order.
        order_id: String,
        /// How it stands.
        status: OrderStatus,
        /// What was tried.
        what: &'static str,
    },
}

const FIRST: [&str; 8] = ["Anna", "Ravi", "Mia", "Jonas", "Priya", "Lukas", "Sofia", "Arjun"];
const LAST: [&str; 8] = [
    "Weber",
    "Sharma",
    "Rossi",
    "Novak",
    "Iyer",
    "Martin",
    "Lindqvist",
    "Khan",
];
const STREETS: [&str; 6] = [
    "Market Street",
    "Mill Road",
    "Lindenweg",
    "Park Lane",
    "Station Road",
    "Quay",
];
const CITIES: [&str; 6] = [
    "Springfield",
    "Neustadt",
    "Riverton",
    "Hillview",
    "Altdorf",
    "Lakeside",
];

impl World {
    /// Buys `basket` (SKU and units per line), all or nothing.
    pub(crate) fn buy(
        &mut self,
        seller_id: &str,
        marketplace_id: &str,
        basket: &[(String, u32)],
        options: &BuyOptions,
    ) -> Result<String, Refused> {
        let checked = self.check_basket(seller_id, marketplace_id, basket);
        let fulfilment = match checked {
            Ok(fulfilment) => fulfilment,
            Err(refused) => {
                for (sku, quantity) in basket {
                    self.refusals.push(TruthRefusal {
                        at: self.now,
                        seller_id: seller_id.to_owned(),
                        marketplace_id: marketplace_id.to_owned(),
                        sku: sku.clone(),
                        quantity: *quantity,
                        reason: refused.to_string(),
                    });
                }
                return Err(refused);
            }
        };
        let lines = self.take_lines(seller_id, marketplace_id, basket);
        let visible_at = match options.late_ms {
            Some(ms) => self.late_by(ms),
            None => self.draw_visibility("placeOrder"),
        };
        let order = Order {
            id: self.new_order_id(),
            seller_id: seller_id.to_owned(),
            marketplace_id: marketplace_id.to_owned(),
            placed_at: self.now,
            updated_at: self.now,
            visible_at,
            change_visible_at: visible_at,
            status: if options.pending {
                OrderStatus::Pending
            } else {
                OrderStatus::Unshipped
            },
            fulfilment,
            lines,
            packages: Default::default(),
            buyer: self.draw_buyer(),
            cancel_requested: false,
            cancelled_by: None,
            restocked: false,
            refunded_at: None,
        };
        let id = order.id.clone();
        self.orders.insert(id.clone(), order);
        if let (true, Some(ms)) = (options.pending, options.settle_after_ms) {
            let effect = if options.payment_fails {
                Effect::FailPayment
            } else {
                Effect::Pay
            };
            self.schedule(ms, effect(id.clone()));
        }
        Ok(id)
    }

    fn check_basket(
        &self,
        seller_id: &str,
        marketplace_id: &str,
        basket: &[(String, u32)],
    ) -> Result<Fulfilment, Refused> {
        let seller = self
            .sellers
            .get(seller_id)
            .ok_or_else(|| Refused::UnknownSeller(seller_id.to_owned()))?;
        let mut kind = None;
        for (position, (sku, wanted)) in basket.iter().enumerate() {
            let listing = seller
                .listings
                .get(sku)
                .ok_or_else(|| Refused::UnknownListing(sku.clone()))?;
            let repeated = basket[..position].iter().any(|(other, _)| other == sku);
            if *wanted == 0 || repeated || kind.is_some_and(|k| k != listing.fulfilment) {
                return Err(Refused::EmptyBasket);
            }
            kind = Some(listing.fulfilment);
            if let Some(available) = listing.quantity.filter(|q| q < wanted) {
                return Err(Refused::OutOfStock {
                    sku: sku.clone(),
                    available,
                    wanted: *wanted,
                });
            }
            if !listing.is_buyable(marketplace_id) {
                let (sku, marketplace_id) = (sku.clone(), marketplace_id.to_owned());
                return Err(Refused::NotOnSale { sku, marketplace_id });
            }
        }
        kind.ok_or(Refused::EmptyBasket)
    }

    /// Lowers the quantities of a checked basket and makes its order lines.
    fn take_lines(
        &mut self,
        seller_id: &str,
        marketplace_id: &str,
        basket: &[(String, u32)],
    ) -> Vec<OrderLine> {
        let now = self.now;
        let mut lines = Vec::with_capacity(basket.len());
        for (sku, wanted) in basket {
            let id = format!(
                "{:014}",
                self.rng.random_range(1_000_000_000_u64..100_000_000_000_000)
            );
            let Some(listing) = self.listing_mut(seller_id, sku) else {
                continue;
            };
            listing.quantity = listing.quantity.map(|q| q.saturating_sub(*wanted));
            let Some(offer) = listing.offers.get(marketplace_id) else {
                continue;
            };
            lines.push(OrderLine {
                id,
                sku: sku.clone(),
                asin: listing.asin.clone(),
                title: listing.title.clone(),
                quantity: *wanted,
                shipped: 0,
                unit_price: offer.price_at(now),
                currency: offer.currency.clone(),
            });
        }
        lines
    }

    fn new_order_id(&mut self) -> String {
        loop {
            let id = (self.make_order_id)(&mut self.rng);
            if !self.orders.contains_key(&id) {
                return id;
            }
        }
    }

    /// When search begins to show what happens now to an order.
    pub(super) fn draw_visibility(&mut self, operation: &str) -> Timestamp {
        if self.fault_hits(Fault::LateVisibility, operation) {
            let late_ms = self.rng.random_range(0..=self.faults.config.max_late_ms);
            self.late_by(late_ms)
        } else {
            self.now
        }
    }

    fn late_by(&self, late_ms: u64) -> Timestamp {
        after_ms(self.now, self.freshness_ms.saturating_add(late_ms))
    }

    fn draw_buyer(&mut self) -> Buyer {
        let rng = &mut self.rng;
        Buyer {
            name: format!(
                "{} {}",
                FIRST[rng.random_range(0..FIRST.len())],
                LAST[rng.random_range(0..LAST.len())]
            ),
            alias: format!("{:012x}", rng.random_range(0..1_u64 << 48)),
            street: format!(
                "{} {}",
                rng.random_range(1..200),
                STREETS[rng.random_range(0..STREETS.len())]
            ),
            city: CITIES[rng.random_range(0..CITIES.len())].to_owned(),
            postal_code: format!("{:05}", rng.random_range(10_000..99_999)),
            phone: format!("+00 555 {:07}", rng.random_range(0..10_000_000)),
        }
    }
}
