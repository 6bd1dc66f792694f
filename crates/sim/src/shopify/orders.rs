//! Orders: bought, called off, refunded, sent back.

use std::collections::BTreeMap;

use rand::RngExt;
use serde_json::json;

use super::{ShopifyLine, ShopifyOrder, State};
use crate::faults::Fault;
use crate::time::after_ms;

impl State {
    pub(super) fn buy(&mut self, wanted: &[(&str, i64)]) -> Option<String> {
        let there = |(sku, quantity): &(&str, i64)| {
            let variant = self.variants.iter().find(|v| v.of.sku == *sku);
            variant.is_some_and(|v| {
                *quantity > 0 && v.of.quantities.values().map(|q| (*q).max(0)).sum::<i64>() >= *quantity
            })
        };
        if !wanted.iter().all(there) {
            return None;
        }
        let mut lines = Vec::new();
        for (sku, quantity) in wanted {
            let (mut left, mut open) = (*quantity, BTreeMap::new());
            let variant = self.variants.iter_mut().find(|v| v.of.sku == *sku)?;
            for (location, units) in &mut variant.of.quantities {
                let taken = left.min((*units).max(0));
                if taken > 0 {
                    *units -= taken;
                    left -= taken;
                    open.insert(location.clone(), taken);
                }
            }
            lines.push(ShopifyLine {
                id: self.number(),
                sku: (*sku).to_owned(),
                quantity: *quantity,
                removed: 0,
                open,
            });
        }
        let id = self.number();
        let late = if self
            .faults
            .hits(Fault::LateVisibility, "placeOrder", self.now, &mut self.rng)
        {
            self.rng.random_range(0..=self.faults.config.max_late_ms)
        } else {
            0
        };
        let order = ShopifyOrder {
            id,
            lines,
            parcels: Vec::new(),
            cancelled: false,
            placed_at: self.now,
            updated_at: self.now,
            refunds: BTreeMap::new(),
            returns: BTreeMap::new(),
            indexed: (None, after_ms(self.now, self.config.index_lag_ms + late)),
        };
        self.orders.insert(id, order);
        self.tell_order(id, "orders/create");
        for (sku, _) in wanted {
            self.tell_levels(sku);
        }
        Some(id.to_string())
    }

    /// Something of an order changed: its time moves on, and the search learns of it later.
    pub(super) fn touch(&mut self, id: u64) {
        let (now, lag) = (self.now, self.config.index_lag_ms);
        if let Some(order) = self.orders.get_mut(&id) {
            order.updated_at = now;
            order.indexed.1 = after_ms(now, lag);
        }
        self.tell_order(id, "orders/updated");
    }

    pub(super) fn call_off(&mut self, order: &str, restock: bool) -> bool {
        let Ok(id) = order.parse::<u64>() else {
            return false;
        };
        let Some(order) = self.orders.get_mut(&id).filter(|o| !o.cancelled) else {
            return false;
        };
        order.cancelled = true;
        let mut back = Vec::new();
        for line in &mut order.lines {
            let open: i64 = line.open.values().sum();
            line.removed += open;
            back.push((line.sku.clone(), std::mem::take(&mut line.open)));
        }
        for (sku, units) in back.into_iter().filter(|_| restock) {
            if let Some(variant) = self.variants.iter_mut().find(|v| v.of.sku == sku) {
                for (location, units) in units {
                    *variant.of.quantities.entry(location).or_default() += units;
                }
            }
            self.tell_levels(&sku);
        }
        self.touch(id);
        self.tell_order(id, "orders/cancelled");
        true
    }

    /// Refunds units of the first line: those not shipped yet first.
    pub(super) fn give_back(&mut self, order: &str, quantity: i64) -> bool {
        let Ok(id) = order.parse::<u64>() else {
            return false;
        };
        let line = self.orders.get_mut(&id).and_then(|o| o.lines.first_mut());
        let Some(line) = line.filter(|l| l.removed + quantity <= l.quantity) else {
            return false;
        };
        line.remove(quantity);
        self.touch(id);
        let body = json!({"id": id * 10, "order_id": id});
        self.tell("refunds/create", &body);
        true
    }

    pub(super) fn send_back(&mut self, order: &str, quantity: i64) -> Option<String> {
        let id = order.parse::<u64>().ok()?;
        let number = self.number();
        let order = self.orders.get_mut(&id)?;
        let line = order.lines.first()?.id;
        let shipped: i64 = order.parcels.iter().filter_map(|p| p.lines.get(&line)).sum();
        if shipped < quantity {
            return None;
        }
        order.returns.insert(number, quantity);
        self.touch(id);
        self.tell("returns/request", &json!({"id": number, "order": {"id": id}}));
        Some(number.to_string())
    }

    pub(super) fn edit(&mut self, sku: &str, location: &str, quantity: i64) {
        if let Some(variant) = self.variants.iter_mut().find(|v| v.of.sku == sku) {
            variant.of.quantities.insert(location.to_owned(), quantity);
        }
        self.tell_levels(sku);
    }
}

impl ShopifyLine {
    /// Takes units out of the order: those not shipped yet first.
    pub(super) fn remove(&mut self, quantity: i64) {
        let mut left = quantity;
        for units in self.open.values_mut() {
            let taken = left.min(*units);
            *units -= taken;
            left -= taken;
        }
        self.removed += quantity;
    }
}
