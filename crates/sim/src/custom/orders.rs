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
    lines: Vec<Units>,
}

/// Units of a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    line: String,
    quantity: u32,
}

/// Units of the one line each order of this shop has.
pub(super) fn units(lines: &[Units]) -> u32 {
    lines.iter().filter(|l| l.line == "1").map(|l| l.quantity).sum()
}

impl State {
    pub(super) fn buy(&mut self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        let listing = self.listings.get_mut(sku)?;
        if quantity == 0 || listing.quantities.values().sum::<u32>() < quantity {
            return None;
        }
        let price = hundredths(&listing.price).unwrap_or(0);
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
            cancelled: 0,
            price,
            refunds: Vec::new(),
            placed_at: self.now,
            updated_at: self.now,
            visible_at: after_ms(self.now, self.config.freshness_ms + late_ms.max(drawn)),
        };
        self.orders.insert(id.clone(), order);
        self.tell(&id);
        Some(id)
    }

    pub(super) fn cancel(&mut self, id: &str) -> bool {
        let open = |o: &ShopOrder| (o.shipped == 0).then_some(o.quantity - o.cancelled);
        let open = self.orders.get(id).and_then(open).filter(|units| *units > 0);
        open.is_some_and(|units| self.take_off(id, units))
    }

    /// Calls units off that are open; they go back on sale.
    pub(super) fn take_off(&mut self, id: &str, units: u32) -> bool {
        let now = self.now;
        let Some(order) = self.orders.get_mut(id) else {
            return false;
        };
        order.cancelled += units;
        order.updated_at = now;
        let sku = order.sku.clone();
        let place = self.listings.get_mut(&sku);
        if let Some(shown) = place.and_then(|listing| listing.quantities.values_mut().next()) {
            *shown += units;
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
            o if o.cancelled == o.quantity => "cancelled",
            o if o.shipped == 0 => "open",
            o if o.shipped + o.cancelled < o.quantity => "partially_shipped",
            _ => "shipped",
        };
        let listing = self.listings.get(&order.sku);
        json!({
            "id": order.id,
            "placed_at": order.placed_at.to_string(),
            "updated_at": order.updated_at.to_string(),
            "status": status,
            "total": {"amount": amount(order.price * u64::from(order.quantity)), "currency": self.config.currency},
            "lines": [{
                "id": "1",
                "sku": order.sku,
                "title": listing.map(|l| l.title.clone()).unwrap_or_default(),
                "quantity": order.quantity,
                "shipped": order.shipped,
                "cancelled": order.cancelled,
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
        let units = units(&parcel.lines);
        if units == 0 || units > order.quantity - order.cancelled {
            return Err("that cannot be shipped of this order".to_owned());
        }
        order.parcels.insert(parcel.parcel, parcel.tracking.clone());
        if order.shipped != units {
            (order.shipped, order.updated_at) = (units, now);
        }
        Ok(())
    }
}

/// `12.50` as 1,250.
pub(super) fn hundredths(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let cents: u64 = format!("{rest:0<2}").parse().ok().filter(|_| rest.len() <= 2)?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(cents)
}

fn amount(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
