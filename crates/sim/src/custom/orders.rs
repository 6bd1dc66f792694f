//! Orders: bought, called off, listed by page, shipped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ShopOrder, State};
use crate::faults::Fault;
use crate::time::{after_ms, before_ms};

/// Body of `POST /shipments`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parcel {
    order: String,
    parcel: u32,
    carrier: String,
    #[serde(default, rename = "method")]
    _method: Option<String>,
    tracking: String,
    #[serde(rename = "shipped_at")]
    _shipped_at: Timestamp,
    lines: Vec<ParcelLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelLine {
    line: String,
    quantity: u32,
}

impl State {
    pub(super) fn buy(&mut self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        let listing = self.listings.get_mut(sku)?;
        if quantity == 0 || listing.quantities.values().sum::<u32>() < quantity {
            return None;
        }
        let mut left = quantity;
        for units in listing.quantities.values_mut() {
            let taken = left.min(*units);
            *units -= taken;
            left -= taken;
        }
        let drawn = if self
            .faults
            .hits(Fault::LateVisibility, "placeOrder", self.now, &mut self.rng)
        {
            self.rng.random_range(0..=self.faults.config.max_late_ms)
        } else {
            0
        };
        let id = format!("C-{:06}", self.orders.len() + 1);
        let order = ShopOrder {
            id: id.clone(),
            sku: sku.to_owned(),
            quantity,
            shipped: 0,
            parcels: BTreeMap::new(),
            cancelled: false,
            placed_at: self.now,
            updated_at: self.now,
            visible_at: after_ms(self.now, self.config.freshness_ms + late_ms.max(drawn)),
        };
        self.orders.insert(id.clone(), order);
        self.tell(&id);
        Some(id)
    }

    pub(super) fn cancel(&mut self, id: &str) -> bool {
        let now = self.now;
        let Some(order) = self.orders.get_mut(id).filter(|o| !o.cancelled && o.shipped == 0) else {
            return false;
        };
        (order.cancelled, order.updated_at) = (true, now);
        let (sku, quantity) = (order.sku.clone(), order.quantity);
        let place = self.listings.get_mut(&sku);
        if let Some(units) = place.and_then(|listing| listing.quantities.values_mut().next()) {
            *units += quantity;
        }
        self.tell(id);
        true
    }

    /// `GET /orders`: by the instant asked for, oldest first; the cursor holds up to when, and what came last.
    pub(super) fn orders_page(&mut self, query: &[(String, String)]) -> Result<Value, String> {
        let one = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let instant = |text: &str| {
            let read = text.parse::<Timestamp>();
            read.map_err(|e| format!("`{text}` is no instant: {e}"))
        };
        let since = instant(one("since").ok_or("`since` is missing")?)?;
        let placed = match one("by") {
            Some("placed") => true,
            Some("updated") => false,
            _ => return Err("`by` is `placed` or `updated`".to_owned()),
        };
        let at = |order: &ShopOrder| if placed { order.placed_at } else { order.updated_at };
        let (until, after) = match one("cursor") {
            None => (before_ms(self.now, self.config.freshness_ms), None),
            Some(cursor) => {
                let parts: Vec<&str> = cursor.splitn(3, '~').collect();
                let [until, last, id] = parts[..] else {
                    return Err("`cursor` is not one of this shop".to_owned());
                };
                (instant(until)?, Some((instant(last)?, id.to_owned())))
            }
        };
        let mut found: Vec<&ShopOrder> = self
            .orders
            .values()
            .filter(|o| at(o) >= since && at(o) <= until && o.visible_at <= self.now)
            .filter(|o| {
                after
                    .as_ref()
                    .is_none_or(|last| (at(o), &o.id) > (last.0, &last.1))
            })
            .collect();
        found.sort_by_key(|o| (at(o), o.id.clone()));
        let more = found.len() > self.config.page;
        found.truncate(self.config.page);
        let next = found
            .last()
            .filter(|_| more)
            .map(|last| format!("{until}~{}~{}", at(last), last.id));
        let mut orders: Vec<Value> = found.iter().map(|order| self.order_json(order)).collect();
        let unknown = self
            .faults
            .hits(Fault::UnknownValue, "getOrders", self.now, &mut self.rng);
        if let (true, Some(first)) = (unknown, orders.first_mut()) {
            first["status"] = json!("at_the_florist");
        }
        Ok(json!({"orders": orders, "next": next, "complete_until": until.to_string()}))
    }

    pub(super) fn order_json(&self, order: &ShopOrder) -> Value {
        let status = match order {
            o if o.cancelled => "cancelled",
            o if o.shipped == 0 => "open",
            o if o.shipped < o.quantity => "partially_shipped",
            _ => "shipped",
        };
        let listing = self.listings.get(&order.sku);
        json!({
            "id": order.id,
            "placed_at": order.placed_at.to_string(),
            "updated_at": order.updated_at.to_string(),
            "status": status,
            "lines": [{
                "id": "1",
                "sku": order.sku,
                "title": listing.map(|l| l.title.clone()).unwrap_or_default(),
                "quantity": order.quantity,
                "shipped": order.shipped,
                "cancelled": if order.cancelled { order.quantity } else { 0 },
            }],
        })
    }

    /// `POST /shipments`. Each order of this shop has one line, so one parcel with all of it is what it knows.
    pub(super) fn ship(&mut self, parcel: &Parcel) -> Result<(), String> {
        let now = self.now;
        let order = self
            .orders
            .get_mut(&parcel.order)
            .ok_or_else(|| format!("there is no order `{}`", parcel.order))?;
        if parcel.parcel == 0 || parcel.carrier.is_empty() || parcel.tracking.is_empty() {
            return Err("a parcel has a number, a carrier and a tracking number".to_owned());
        }
        let units: u32 = parcel
            .lines
            .iter()
            .filter(|line| line.line == "1")
            .map(|line| line.quantity)
            .sum();
        if order.cancelled || units == 0 || units > order.quantity {
            return Err("that cannot be shipped of this order".to_owned());
        }
        order.parcels.insert(parcel.parcel, parcel.tracking.clone());
        if order.shipped != units {
            (order.shipped, order.updated_at) = (units, now);
        }
        Ok(())
    }
}
