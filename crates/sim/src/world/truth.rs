//! What really happened: the answer sheet a test holds against what a client believes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::order::{Order, OrderStatus};
use super::write::WriteRecord;
use super::{Listing, World};
use crate::config::Fulfilment;
use crate::faults::FaultFired;

/// The world's whole history and present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The world's present instant.
    pub now: Timestamp,
    /// Every order ever accepted, by time of placing.
    pub orders: Vec<TruthOrder>,
    /// Purchases the platform refused.
    pub refused: Vec<TruthRefusal>,
    /// Every listing as it stands.
    pub listings: Vec<TruthListing>,
    /// Writes received, in order of arrival.
    pub writes: Vec<WriteRecord>,
    /// Calls per operation, refused ones included.
    pub calls: BTreeMap<String, u64>,
    /// Answers that told the client to slow down (429).
    pub throttled: u64,
    /// Faults that fired.
    pub faults: Vec<FaultFired>,
}

/// An order that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthOrder {
    /// The platform's order id.
    pub order_id: String,
    /// Whose.
    pub seller_id: String,
    /// Sold where.
    pub marketplace_id: String,
    /// What was bought.
    pub lines: Vec<TruthLine>,
    /// When the buyer bought.
    pub placed_at: Timestamp,
    /// Last change the platform reports.
    pub updated_at: Timestamp,
    /// Search hides the order before this time.
    pub visible_at: Timestamp,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who ships.
    pub fulfilled_by: Fulfilment,
    /// The buyer asked to cancel.
    pub cancel_requested: bool,
    /// Cancelled, and the platform put the units back on sale.
    pub restocked: bool,
    /// Tracking numbers the platform was told, one for each parcel.
    #[serde(default)]
    pub tracking: Vec<String>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthLine {
    /// The platform's id of the line.
    pub line_id: String,
    /// What.
    pub sku: String,
    /// Units ordered.
    pub quantity: u32,
    /// Units confirmed as shipped.
    pub shipped: u32,
    /// Price of one unit in major units.
    pub unit_price: Decimal,
    /// ISO 4217 code.
    pub currency: String,
}

/// A purchase that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthRefusal {
    /// When.
    pub at: Timestamp,
    /// At whose listing.
    pub seller_id: String,
    /// Where.
    pub marketplace_id: String,
    /// What.
    pub sku: String,
    /// Units wanted.
    pub quantity: u32,
    /// What the buyer was told.
    pub reason: String,
}

/// A listing as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthListing {
    /// Whose.
    pub seller_id: String,
    /// Which.
    pub sku: String,
    /// Who ships.
    pub fulfilled_by: Fulfilment,
    /// Units on sale; `None` when the platform fulfils.
    pub quantity: Option<u32>,
    /// Regular price by marketplace id, in major units.
    pub prices: BTreeMap<String, Decimal>,
    /// Taken off sale by the platform.
    pub suppressed: bool,
}

impl World {
    /// The answer sheet as of now.
    pub(crate) fn truth(&self) -> Truth {
        let mut orders: Vec<TruthOrder> = self.orders.values().map(TruthOrder::from).collect();
        orders.sort_by(|a, b| (a.placed_at, &a.order_id).cmp(&(b.placed_at, &b.order_id)));
        let listings = self
            .sellers
            .iter()
            .flat_map(|(id, seller)| seller.listings.values().map(|l| TruthListing::new(id, l)))
            .collect();
        Truth {
            now: self.now,
            orders,
            refused: self.refusals.clone(),
            listings,
            writes: self.writes.clone(),
            calls: self.calls.clone(),
            throttled: self.throttled,
            faults: self.faults.fired.clone(),
        }
    }
}

impl TruthListing {
    fn new(seller_id: &str, listing: &Listing) -> Self {
        Self {
            seller_id: seller_id.to_owned(),
            sku: listing.sku.clone(),
            fulfilled_by: listing.fulfilment,
            quantity: listing.quantity,
            prices: listing.offers.iter().map(|(m, o)| (m.clone(), o.price)).collect(),
            suppressed: listing.suppressed,
        }
    }
}

impl From<&Order> for TruthOrder {
    fn from(order: &Order) -> Self {
        let lines = order.lines.iter().map(|l| TruthLine {
            line_id: l.id.clone(),
            sku: l.sku.clone(),
            quantity: l.quantity,
            shipped: l.shipped,
            unit_price: l.unit_price,
            currency: l.currency.clone(),
        });
        Self {
            order_id: order.id.clone(),
            seller_id: order.seller_id.clone(),
            marketplace_id: order.marketplace_id.clone(),
            lines: lines.collect(),
            placed_at: order.placed_at,
            updated_at: order.updated_at,
            visible_at: order.visible_at,
            status: order.status,
            fulfilled_by: order.fulfilment,
            cancel_requested: order.cancel_requested,
            restocked: order.restocked,
            tracking: order.packages.values().map(|p| p.tracking.clone()).collect(),
        }
    }
}
