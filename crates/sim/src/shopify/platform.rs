//! The shop as any platform.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{ShopifyLine, ShopifyOrder, ShopifyShop};
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for ShopifyShop {
    fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        Self::call(self, request)
    }

    fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    fn buy(&self, sku: &str, quantity: u32) -> Option<String> {
        Self::buy(self, sku, quantity.into())
    }

    fn cancel(&self, order: &str) -> bool {
        Self::cancel(self, order)
    }

    fn shown(&self, sku: &str) -> Option<u32> {
        let quantities = self.quantities(sku);
        let shown: i64 = quantities.values().map(|units| (*units).max(0)).sum();
        (!quantities.is_empty()).then(|| u32::try_from(shown).unwrap_or(u32::MAX))
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        Self::orders(self).iter().map(order).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "access_token",
            Act::ReadOrders => "orders",
            Act::ReadListings => "productVariants",
            Act::WriteStock => "inventorySetQuantities",
            Act::WritePrice => "productVariantsBulkUpdate",
            Act::Ship => "fulfillmentCreate",
        };
        Self::fail_next(self, operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        Self::set_faults(self, faults);
    }

    fn expire_tokens(&self) -> bool {
        self.end_tokens();
        true
    }

    fn revoke(&self) {
        self.uninstall();
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        Self::take_webhooks(self)
    }
}

fn order(order: &ShopifyOrder) -> PlatformOrder {
    let units = |units: i64| u32::try_from(units).unwrap_or(0);
    let line = |line: &ShopifyLine| {
        let shipped: i64 = order.parcels.iter().filter_map(|p| p.lines.get(&line.id)).sum();
        let open: i64 = line.open.values().sum();
        PlatformLine {
            sku: line.sku.clone(),
            quantity: units(line.quantity),
            shipped: units(shipped),
            cancelled: units(line.quantity - shipped - open),
        }
    };
    PlatformOrder {
        id: order.id.to_string(),
        lines: order.lines.iter().map(line).collect(),
        placed_at: order.placed_at,
        cancelled: order.cancelled,
        parcels: order.parcels.iter().map(|p| p.tracking.clone()).collect(),
    }
}
