//! What tests and the server need of every platform.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{FlipkartShipment, FlipkartShop};
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for FlipkartShop {
    fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        Self::call(self, request)
    }

    fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    fn buy(&self, sku: &str, quantity: u32) -> Option<String> {
        Self::buy(self, sku, quantity, 0)
    }

    fn cancel(&self, order: &str) -> bool {
        Self::cancel(self, order)
    }

    fn shown(&self, sku: &str) -> Option<u32> {
        let shown = self.quantities(sku);
        (!shown.is_empty()).then(|| shown.values().sum())
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        Self::orders(self).iter().map(order).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "token",
            Act::ReadOrders => "searchPreDispatchShipment",
            Act::ReadListings => "listingSearch",
            Act::WriteStock => "updateInventory",
            Act::WritePrice => "updatePrice",
            Act::Ship => "submitSelfShiptDispatchRequest",
        };
        Self::fail_next(self, operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        Self::set_faults(self, faults);
    }

    fn expire_tokens(&self) -> bool {
        Self::expire_tokens(self);
        true
    }

    fn revoke(&self) {
        Self::revoke(self, true);
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        Self::take_webhooks(self)
    }
}

fn order(shipment: &FlipkartShipment) -> PlatformOrder {
    let lines = shipment.items.iter().map(|item| {
        let units = |words: &[&str]| {
            if words.contains(&item.status.as_str()) {
                item.quantity
            } else {
                0
            }
        };
        PlatformLine {
            sku: item.sku.clone(),
            quantity: item.quantity,
            shipped: units(&["PICKUP_COMPLETE", "SHIPPED", "DELIVERED", "COMPLETED"]),
            cancelled: units(&["CANCELLED"]),
        }
    });
    PlatformOrder {
        id: shipment.id.clone(),
        lines: lines.collect(),
        placed_at: shipment.placed_at,
        cancelled: shipment.items.iter().all(|item| item.status == "CANCELLED"),
        parcels: shipment
            .tracking
            .iter()
            .map(|(_, number)| number.clone())
            .collect(),
    }
}
