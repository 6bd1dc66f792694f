//! What tests and the server need of every platform.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{NoonOrder, NoonShop};
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for NoonShop {
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
        Self::shown(self, sku)
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        let shipments = self.shipments();
        let told = |order: &NoonOrder| {
            let own = shipments.iter().filter(|shipment| shipment.order == order.nr);
            own.map(|shipment| shipment.waybill.1.clone()).collect()
        };
        Self::orders(self)
            .iter()
            .map(|order| as_order(order, told(order)))
            .collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "login",
            // Their states are read one by one.
            Act::ReadOrders if fault == Fault::UnknownValue => "getOrder",
            Act::ReadOrders => "listOrders",
            Act::ReadListings => "getProduct",
            Act::WriteStock => "stockUpdate",
            Act::WritePrice => "priceUpsert",
            Act::Ship => "createShipment",
        };
        Self::fail_next(self, operation, fault, count);
    }

    fn set_faults(&self, faults: FaultConfig) {
        Self::set_faults(self, faults);
    }

    fn expire_tokens(&self) -> bool {
        self.expire_cookies();
        true
    }

    fn revoke(&self) {
        Self::revoke(self, true);
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        Self::take_webhooks(self)
    }
}

fn as_order(order: &NoonOrder, parcels: Vec<String>) -> PlatformOrder {
    let mut lines: BTreeMap<&str, PlatformLine> = BTreeMap::new();
    for unit in &order.units {
        let line = lines.entry(&unit.sku).or_insert_with(|| PlatformLine {
            sku: unit.sku.clone(),
            quantity: 0,
            shipped: 0,
            cancelled: 0,
        });
        line.quantity += 1;
        if unit.integration_status.ends_with("_SHIPPED") {
            line.shipped += 1;
        } else if unit.mp_status.ends_with("_CANCELLED") || unit.integration_status.ends_with("_OUT_OF_STOCK")
        {
            line.cancelled += 1;
        }
    }
    PlatformOrder {
        id: order.nr.clone(),
        cancelled: lines.values().all(|line| line.cancelled == line.quantity),
        lines: lines.into_values().collect(),
        placed_at: order.created_at,
        parcels,
    }
}
