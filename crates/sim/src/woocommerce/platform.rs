//! The shop as any platform.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::{WooOrder, WooShop};
use crate::faults::{Fault, FaultConfig};
use crate::platform::{Act, Platform, PlatformLine, PlatformOrder};
use crate::sim::CallOutcome;

impl Platform for WooShop {
    fn call(&self, request: &Request<Bytes>) -> CallOutcome {
        Self::call(self, request)
    }

    fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    fn buy(&self, sku: &str, quantity: u32) -> Option<String> {
        Some(Self::buy(self, sku, i64::from(quantity))?.to_string())
    }

    fn cancel(&self, order: &str) -> bool {
        order.parse().is_ok_and(|id| self.set_status(id, "cancelled"))
    }

    fn shown(&self, sku: &str) -> Option<u32> {
        let state = self.lock();
        let item = state.items.get(&state.item_by_sku(sku)?)?;
        Some(units(item.given.stock))
    }

    fn orders(&self) -> Vec<PlatformOrder> {
        Self::orders(self).iter().map(neutral).collect()
    }

    fn fail_next(&self, act: Act, fault: Fault, count: u32) {
        let operation = match act {
            Act::SignIn => "GET /",
            Act::ReadOrders => "GET /orders",
            Act::ReadListings => "GET /products",
            Act::WriteStock | Act::WritePrice => "POST /products/batch",
            Act::Ship => "POST /orders/{id}/fulfillments",
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
        Self::revoke(self);
    }

    fn take_webhooks(&self) -> Vec<Request<Bytes>> {
        Self::take_webhooks(self)
    }
}

fn units(units: i64) -> u32 {
    u32::try_from(units).unwrap_or(0)
}

fn neutral(order: &WooOrder) -> PlatformOrder {
    let cancelled = order.status == "cancelled";
    let refunded = |line: u64| {
        let refunds = order.refunds.iter().flat_map(|refund| &refund.units);
        refunds
            .filter(|(id, _)| *id == line)
            .map(|(_, units)| *units)
            .sum::<i64>()
    };
    let lines = order.lines.iter().map(|line| PlatformLine {
        sku: line.sku.clone(),
        quantity: units(line.quantity),
        shipped: if order.status == "completed" {
            units(line.quantity)
        } else {
            0
        },
        cancelled: units(if cancelled {
            line.quantity
        } else {
            refunded(line.id)
        }),
    });
    let entries = |fulfillment: &Value| fulfillment["meta_data"].as_array().cloned().unwrap_or_default();
    let numbers = order
        .fulfillments
        .iter()
        .flat_map(entries)
        .filter(|entry| entry["key"] == "_tracking_number")
        .filter_map(|entry| entry["value"].as_str().map(str::to_owned));
    let tracked = order
        .trackings
        .iter()
        .filter_map(|tracking| tracking["tracking_number"].as_str().map(str::to_owned));
    PlatformOrder {
        id: order.id.to_string(),
        lines: lines.collect(),
        placed_at: order.created_at,
        cancelled,
        parcels: numbers.chain(tracked).collect(),
    }
}
