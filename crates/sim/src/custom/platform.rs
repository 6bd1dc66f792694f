//! The shop as any platform.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::CustomShop;
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for CustomShop {
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
        let quantities = self.quantities(sku);
        (!quantities.is_empty()).then(|| quantities.values().sum())
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        let order = |order: super::ShopOrder| PlatformOrder {
            id: order.id,
            lines: vec![PlatformLine {
                sku: order.sku,
                quantity: order.quantity,
                shipped: order.shipped,
                cancelled: order.cancelled,
            }],
            placed_at: order.placed_at,
            cancelled: order.cancelled == order.quantity,
            parcels: order.parcels.into_values().collect(),
        };
        Self::orders(self).into_iter().map(order).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "getInfo",
            Act::ReadOrders => "getOrders",
            Act::ReadListings => "getListings",
            Act::WriteStock => "changeQuantities",
            Act::WritePrice => "changePrices",
            Act::Ship => "confirmShipment",
        };
        Self::fail_next(self, operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        Self::set_faults(self, faults);
    }

    fn expire_tokens(&self) -> bool {
        false
    }

    fn revoke(&self) {
        self.lock().config.secret = "nobody knows this one".to_owned();
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut self.lock().told)
    }
}
