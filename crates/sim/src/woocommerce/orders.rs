//! Orders: placed, paid, called off; and what each step does to stock, as the core has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::money;
use super::protocol::{Failure, Paged, Query};
use super::{State, WooLine, WooOrder, gmt};

/// Statuses of which units are counted down.
const COUNTED: [&str; 3] = ["processing", "on-hold", "completed"];

impl State {
    pub(super) fn checkout(&mut self, basket: &[(&str, i64)]) -> Option<u64> {
        let mut lines = Vec::new();
        for (sku, quantity) in basket {
            let item = self.item_by_sku(sku)?;
            let left = self.items.get(&item)?.given.stock - self.held(item);
            if *quantity <= 0 || left < *quantity {
                return None;
            }
            lines.push(WooLine {
                id: self.id(),
                item,
                sku: (*sku).to_owned(),
                quantity: *quantity,
                restocked: 0,
            });
        }
        let order = WooOrder {
            id: self.id(),
            status: "pending".to_owned(),
            lines,
            created_at: self.now,
            modified_at: self.now,
            completed_at: None,
            reduced: false,
            meta: BTreeMap::new(),
            refunds: Vec::new(),
            fulfillments: Vec::new(),
            trackings: Vec::new(),
            notes: Vec::new(),
        };
        let id = order.id;
        self.orders.insert(id, order);
        self.happened("order.created", id);
        Some(id)
    }

    /// Units held for orders that are not paid.
    pub(super) fn held(&self, item: u64) -> i64 {
        let unpaid = self.orders.values().filter(|order| order.status == "pending");
        let lines = unpaid
            .flat_map(|order| &order.lines)
            .filter(|line| line.item == item);
        lines.map(|line| line.quantity).sum()
    }

    /// Changes a status; stock is counted down once, and counted up again when the order is called off.
    pub(super) fn set_status(&mut self, id: u64, status: &str) -> bool {
        let now = self.now;
        let Some(order) = self.orders.get_mut(&id) else {
            return false;
        };
        status.clone_into(&mut order.status);
        order.modified_at = now;
        if status == "completed" {
            order.completed_at.get_or_insert(now);
        }
        let down = COUNTED.contains(&status) && !order.reduced;
        let up = matches!(status, "cancelled" | "pending") && order.reduced;
        if down || up {
            order.reduced = down;
            let lines = order.lines.clone();
            for line in lines {
                self.move_stock(
                    line.item,
                    if down {
                        -line.quantity
                    } else {
                        line.quantity - line.restocked
                    },
                );
            }
        }
        self.happened("order.updated", id);
        true
    }

    pub(super) fn orders_page(&self, query: &Query) -> Result<Paged, Failure> {
        let orderby = query.one("orderby").unwrap_or("date");
        let known = ["date", "id", "include", "title", "slug"];
        let by_change = orderby == "modified" && self.config.sorts_by_change;
        if !by_change && !known.contains(&orderby) {
            return Err(Failure::param("orderby"));
        }
        let after = |name: &str| query.instant(name);
        let (created, modified) = (after("after")?, after("modified_after")?);
        if (created.is_some() || modified.is_some()) && query.one("dates_are_gmt") != Some("true") {
            return Err(Failure::param("dates_are_gmt"));
        }
        let status = query.one("status").unwrap_or("any");
        // Instants of the API have whole seconds, and the one asked for is left out.
        let second = |at: Timestamp| at.as_second();
        let mut found: Vec<&WooOrder> = self
            .orders
            .values()
            .filter(|o| created.is_none_or(|at| second(o.created_at) > second(at)))
            .filter(|o| modified.is_none_or(|at| second(o.modified_at) > second(at)))
            .filter(|o| {
                if status == "any" {
                    o.status != "trash"
                } else {
                    o.status == status
                }
            })
            .collect();
        match orderby {
            "modified" => found.sort_by_key(|o| (second(o.modified_at), o.id)),
            "date" => found.sort_by_key(|o| (second(o.created_at), o.id)),
            _ => found.sort_by_key(|o| o.id),
        }
        if query.one("order").unwrap_or("desc") == "desc" {
            found.reverse();
        }
        Ok(query.page(found.into_iter().map(|order| self.order_json(order)).collect()))
    }

    pub(super) fn order_json(&self, order: &WooOrder) -> Value {
        let lines: Vec<Value> = order
            .lines
            .iter()
            .map(|line| self.line_json(line, line.quantity, &[]))
            .collect();
        let total: rust_decimal::Decimal = order
            .lines
            .iter()
            .map(|line| money::value(&money::times(&self.price_of(line.item), line.quantity)))
            .sum();
        let meta: Vec<Value> = order
            .meta
            .iter()
            .enumerate()
            .map(|(n, (key, value))| json!({"id": n + 1, "key": key, "value": value}))
            // Plugins leave behind whatever they like.
            .chain([
                json!({"id": 900, "key": "is_vat_exempt", "value": "no"}),
                json!({"id": 901, "key": "_plugin", "value": {"a": [1]}}),
            ])
            .collect();
        let refunds: Vec<Value> = order
            .refunds
            .iter()
            .map(|r| json!({"id": r.id, "reason": r.reason, "total": format!("-{}", r.amount)}))
            .collect();
        json!({
            "id": order.id, "parent_id": 0, "number": order.id.to_string(), "order_key": format!("wc_order_{}", order.id),
            "created_via": "checkout", "version": "11.1.0", "status": order.status, "currency": self.config.currency,
            // The shop lives an hour east: whoever reads local times is wrong by it.
            "date_created": gmt(crate::time::after_ms(order.created_at, 3_600_000)), "date_created_gmt": gmt(order.created_at),
            "date_modified": gmt(crate::time::after_ms(order.modified_at, 3_600_000)), "date_modified_gmt": gmt(order.modified_at),
            "date_completed": order.completed_at.map(gmt), "date_completed_gmt": order.completed_at.map(gmt),
            "discount_total": "0.00", "total": money::text(total), "total_tax": "0.00", "prices_include_tax": true,
            "customer_id": 0, "customer_note": "", "billing": [], "shipping": [], "payment_method": "stripe",
            "meta_data": meta, "line_items": lines, "tax_lines": [], "shipping_lines": [], "fee_lines": [], "coupon_lines": [],
            "refunds": refunds,
        })
    }

    /// A line of an order, or with `quantity` below zero of a refund.
    pub(super) fn line_json(&self, line: &WooLine, quantity: i64, meta: &[(&str, Value)]) -> Value {
        let item = self.items.get(&line.item);
        let parent = item.and_then(|item| item.parent);
        let price = self.price_of(line.item);
        let meta: Vec<Value> = meta
            .iter()
            .map(|(key, value)| json!({"id": 1, "key": key, "value": value}))
            .collect();
        json!({
            "id": line.id, "name": item.map_or("gone", |item| item.given.name.as_str()),
            "product_id": parent.unwrap_or(if item.is_some() { line.item } else { 0 }),
            "variation_id": if parent.is_some() { line.item } else { 0 },
            "quantity": quantity, "tax_class": "", "subtotal": money::times(&price, quantity), "subtotal_tax": "0.00",
            "total": money::times(&price, quantity), "total_tax": "0.00", "taxes": [], "meta_data": meta,
            "sku": line.sku, "price": price.parse::<f64>().unwrap_or_default(),
        })
    }

    fn price_of(&self, item: u64) -> String {
        self.items
            .get(&item)
            .map_or_else(|| "0".to_owned(), |item| item.given.price.clone())
    }

    /// `PUT /orders/{id}`: status and meta, which is what anybody here asks for.
    pub(super) fn update_order(&mut self, id: u64, body: &Value) -> Result<Value, Failure> {
        let now = self.now;
        let order = self
            .orders
            .get_mut(&id)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        for entry in body["meta_data"].as_array().into_iter().flatten() {
            let key = entry["key"].as_str().unwrap_or_default().to_owned();
            order.meta.insert(key, entry["value"].clone());
        }
        order.modified_at = now;
        let status = body["status"]
            .as_str()
            .filter(|status| *status != order.status)
            .map(str::to_owned);
        match status {
            Some(status) => {
                self.set_status(id, &status);
            }
            None => self.happened("order.updated", id),
        }
        self.order(id)
    }

    pub(super) fn order(&self, id: u64) -> Result<Value, Failure> {
        let order = self
            .orders
            .get(&id)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        Ok(self.order_json(order))
    }
}
