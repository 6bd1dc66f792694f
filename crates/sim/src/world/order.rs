//! Orders, from acceptance to shipment or cancellation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::World;
use super::purchase::Refused;
use crate::config::Fulfilment;
use rand::RngExt;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Accepted, payment not yet confirmed: units are held, nothing may be shipped.
    Pending,
    /// Paid, nothing shipped.
    Unshipped,
    /// Some units shipped.
    PartiallyShipped,
    /// All units shipped.
    Shipped,
    /// Nothing more will be shipped.
    Cancelled,
}

/// An order the platform accepted.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) seller_id: String,
    pub(crate) marketplace_id: String,
    pub(crate) placed_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Search does not show the order before this time.
    pub(crate) visible_at: Timestamp,
    /// Search by last update does not show the latest change before this time.
    pub(crate) change_visible_at: Timestamp,
    pub(crate) status: OrderStatus,
    pub(crate) fulfilment: Fulfilment,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) packages: BTreeMap<String, Package>,
    pub(crate) buyer: Buyer,
    pub(crate) cancel_requested: bool,
    pub(crate) cancelled_by: Option<&'static str>,
    pub(crate) restocked: bool,
    /// When the platform gave the buyer's money back.
    pub(crate) refunded_at: Option<Timestamp>,
}

/// One SKU of an order.
#[derive(Debug, Clone)]
pub(crate) struct OrderLine {
    pub(crate) id: String,
    pub(crate) sku: String,
    pub(crate) asin: String,
    pub(crate) title: String,
    pub(crate) quantity: u32,
    pub(crate) shipped: u32,
    pub(crate) unit_price: Decimal,
    pub(crate) currency: String,
}

/// A parcel the seller told the platform about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) created_at: Timestamp,
    pub(crate) shipped_at: Timestamp,
    pub(crate) carrier: String,
    pub(crate) service: Option<String>,
    pub(crate) tracking: String,
    pub(crate) lines: Vec<PackageLine>,
}

/// Units of one order line in a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageLine {
    pub(crate) line_id: String,
    pub(crate) quantity: u32,
}

/// Who bought, and where the parcel goes.
#[derive(Debug, Clone)]
pub(crate) struct Buyer {
    pub(crate) name: String,
    pub(crate) alias: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) postal_code: String,
    pub(crate) phone: String,
}

impl Order {
    /// Units of line `line_id` in parcels other than `except`.
    pub(crate) fn packed_elsewhere(&self, line_id: &str, except: &str) -> u32 {
        self.packages
            .iter()
            .filter(|(reference, _)| reference.as_str() != except)
            .flat_map(|(_, package)| &package.lines)
            .filter(|l| l.line_id == line_id)
            .map(|l| l.quantity)
            .sum()
    }

    fn recount(&mut self) {
        for line in &mut self.lines {
            let packed = self
                .packages
                .values()
                .flat_map(|p| &p.lines)
                .filter(|l| l.line_id == line.id);
            line.shipped = packed.map(|l| l.quantity).sum();
        }
        self.status = if self.lines.iter().all(|l| l.shipped >= l.quantity) {
            OrderStatus::Shipped
        } else if self.lines.iter().any(|l| l.shipped > 0) {
            OrderStatus::PartiallyShipped
        } else {
            OrderStatus::Unshipped
        };
    }
}

impl World {
    /// Payment of a pending order arrives.
    pub(crate) fn pay(&mut self, order_id: &str) -> Result<(), Refused> {
        let order = self.order_in(order_id, &[OrderStatus::Pending], "paid")?;
        order.status = OrderStatus::Unshipped;
        self.note_change(order_id);
        Ok(())
    }

    /// Payment of a pending order fails; the platform cancels it.
    pub(super) fn fail_payment(&mut self, order_id: &str) -> Result<(), Refused> {
        self.order_in(order_id, &[OrderStatus::Pending], "cancelled for want of payment")?;
        self.cancel(order_id, "AMAZON", None)
    }

    /// Cancels an order of which nothing has shipped. `restock` says whether the platform puts the units back
    /// on sale; `None` leaves it to chance, as on the real platform.
    pub(crate) fn cancel(
        &mut self,
        order_id: &str,
        by: &'static str,
        restock: Option<bool>,
    ) -> Result<(), Refused> {
        let chance = self.rng.random::<f64>() < self.cancel_restock_share;
        let order = self.order_in(
            order_id,
            &[OrderStatus::Pending, OrderStatus::Unshipped],
            "cancelled",
        )?;
        order.status = OrderStatus::Cancelled;
        order.cancelled_by = Some(by);
        let merchant = order.fulfilment == Fulfilment::Merchant;
        order.restocked = merchant && restock.unwrap_or(chance);
        if order.restocked {
            let (seller_id, lines) = (order.seller_id.clone(), order.lines.clone());
            for line in lines {
                if let Some(listing) = self.listing_mut(&seller_id, &line.sku) {
                    listing.quantity = listing.quantity.map(|q| q.saturating_add(line.quantity));
                }
            }
        }
        self.note_change(order_id);
        Ok(())
    }

    /// The platform gives a buyer all of a shipped order's money back.
    pub(crate) fn refund(&mut self, order_id: &str) -> Result<(), Refused> {
        let now = self.now;
        let order = self.order_in(order_id, &[OrderStatus::Shipped], "refunded")?;
        order.refunded_at.get_or_insert(now);
        Ok(())
    }

    /// The buyer asks to cancel a paid order; the order stays as it is until somebody acts.
    pub(crate) fn request_cancel(&mut self, order_id: &str) -> Result<(), Refused> {
        let order = self.order_in(order_id, &[OrderStatus::Unshipped], "asked to be cancelled")?;
        order.cancel_requested = true;
        self.note_change(order_id);
        Ok(())
    }

    /// Adds or replaces a parcel; the caller has checked quantities.
    pub(crate) fn pack(&mut self, order_id: &str, reference: &str, package: Package) {
        let now = self.now;
        if let Some(order) = self.orders.get_mut(order_id) {
            let created_at = order.packages.get(reference).map_or(now, |p| p.created_at);
            order.packages.insert(
                reference.to_owned(),
                Package {
                    created_at,
                    ..package
                },
            );
            order.recount();
            self.note_change(order_id);
        }
    }

    fn note_change(&mut self, order_id: &str) {
        let (now, shown_at) = (self.now, self.draw_visibility("updateOrder"));
        if let Some(order) = self.orders.get_mut(order_id) {
            order.updated_at = now;
            order.change_visible_at = shown_at;
        }
    }

    fn order_in(
        &mut self,
        order_id: &str,
        allowed: &[OrderStatus],
        what: &'static str,
    ) -> Result<&mut Order, Refused> {
        let order = self
            .orders
            .get_mut(order_id)
            .ok_or_else(|| Refused::UnknownOrder(order_id.to_owned()))?;
        if !allowed.contains(&order.status) {
            return Err(Refused::WrongStatus {
                order_id: order_id.to_owned(),
                status: order.status,
                what,
            });
        }
        Ok(order)
    }
}
