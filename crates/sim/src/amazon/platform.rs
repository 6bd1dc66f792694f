//! One seller of the marketplace as any platform.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::{CallOutcome, Sim};
use crate::world::{BuyOptions, OrderStatus, TruthOrder};

/// A seller's account in one marketplace of a [`Sim`], which may have others.
#[derive(Debug, Clone)]
pub struct AmazonSeller {
    sim: Arc<Sim>,
    seller_id: String,
    marketplace_id: String,
}

impl AmazonSeller {
    /// The account of `seller_id`, whose buyers buy in `marketplace_id`.
    #[must_use]
    pub fn new(sim: Arc<Sim>, seller_id: &str, marketplace_id: &str) -> Arc<Self> {
        Arc::new(Self {
            sim,
            seller_id: seller_id.to_owned(),
            marketplace_id: marketplace_id.to_owned(),
        })
    }
}

impl Platform for AmazonSeller {
    fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        self.sim.call(request.clone())
    }

    fn advance(&self, by: Duration) {
        self.sim.advance(by);
    }

    fn buy(&self, sku: &str, quantity: u32) -> Option<String> {
        let paid = BuyOptions::default();
        self.sim
            .buy(&self.seller_id, &self.marketplace_id, sku, quantity, paid)
            .ok()
    }

    fn cancel(&self, order: &str) -> bool {
        self.sim.cancel(order, None).is_ok()
    }

    fn shown(&self, sku: &str) -> Option<u32> {
        self.sim.shelf(&self.seller_id, sku).map(|shelf| shelf.quantity)
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        let truth = self.sim.truth();
        let ours = truth.orders.iter().filter(|o| o.seller_id == self.seller_id);
        ours.map(order).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "token",
            Act::ReadOrders => "searchOrders",
            Act::ReadListings => "searchListingsItems",
            Act::WriteStock | Act::WritePrice => "patchListingsItem",
            Act::Ship => "confirmShipment",
        };
        self.sim.fail_next(operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        self.sim.set_faults(faults);
    }

    fn expire_tokens(&self) -> bool {
        self.sim.expire_tokens();
        true
    }

    fn revoke(&self) {
        // A seller that is not there has nothing to withdraw.
        let _ = self.sim.set_revoked(&self.seller_id, true);
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        // Messages go to a queue, not to an address.
        Vec::new()
    }
}

fn order(order: &TruthOrder) -> PlatformOrder {
    let cancelled = order.status == OrderStatus::Cancelled;
    let lines = order.lines.iter().map(|line| PlatformLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        shipped: line.shipped,
        cancelled: if cancelled { line.quantity } else { 0 },
    });
    PlatformOrder {
        id: order.order_id.clone(),
        lines: lines.collect(),
        placed_at: order.placed_at,
        cancelled,
        parcels: order.tracking.clone(),
    }
}
