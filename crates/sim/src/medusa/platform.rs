//! The store as any platform.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::MedusaStore;
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for MedusaStore {
    fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        Self::call(self, request)
    }

    fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    /// Buys, and has the payment captured.
    fn buy(&self, sku: &str, quantity: u32) -> Option<String> {
        let order = Self::buy(self, sku, quantity, 0)?;
        self.capture(&order);
        Some(order)
    }

    fn cancel(&self, order: &str) -> bool {
        Self::cancel(self, order)
    }

    fn shown(&self, sku: &str) -> Option<u32> {
        self.lock().variant(sku)?;
        Some(Self::shown(self, sku))
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        let state = self.lock();
        let order = |order: &super::orders::Order| {
            let truth = order.truth();
            PlatformOrder {
                lines: vec![PlatformLine {
                    sku: truth.sku,
                    quantity: truth.quantity,
                    shipped: truth.shipped,
                    cancelled: if truth.cancelled { truth.quantity } else { 0 },
                }],
                id: truth.id,
                placed_at: order.created_at,
                cancelled: truth.cancelled,
                parcels: order.tracking(),
            }
        };
        state.orders.iter().map(order).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "listStores",
            Act::ReadOrders => "listOrders",
            Act::ReadListings => "listVariants",
            Act::WriteStock => "setInventoryLevels",
            Act::WritePrice => "updateVariant",
            Act::Ship => "createFulfillment",
        };
        Self::fail_next(self, operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        Self::set_faults(self, faults);
    }

    /// Keys do not expire.
    fn expire_tokens(&self) -> bool {
        false
    }

    fn revoke(&self) {
        Self::revoke(self, true);
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        let url = self.lock().config.webhook_url.clone();
        Self::take_webhooks(self, &url)
    }
}
