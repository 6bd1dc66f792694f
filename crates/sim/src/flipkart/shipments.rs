//! Shipments: bought, called off by buyers, listed in three passes, looked up.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::{Timestamp, tz::Offset};
use rand::RngExt;
use serde_json::{Value, json};

use super::protocol::Failure;
use super::{FlipkartItem, FlipkartShipment, State};
use crate::faults::Fault;
use crate::time::after_ms;

const PRE: [&str; 5] = [
    "APPROVED",
    "PACKING_IN_PROGRESS",
    "FORM_FAILED",
    "PACKED",
    "READY_TO_DISPATCH",
];

/// An instant as Flipkart writes it.
pub(super) fn ist(at: Timestamp) -> String {
    let offset = Offset::from_seconds(19_800).unwrap_or(Offset::UTC);
    at.display_with_offset(offset).to_string()
}

impl FlipkartShipment {
    pub(super) fn is(&self, status: &str) -> bool {
        self.items
            .iter()
            .all(|item| item.status == status || item.status == "CANCELLED")
            && self.items.iter().any(|item| item.status == status)
    }

    pub(super) fn set(&mut self, status: &str, now: Timestamp) {
        for item in self.items.iter_mut().filter(|item| item.status != "CANCELLED") {
            status.clone_into(&mut item.status);
        }
        self.updated_at = now;
    }
}

impl State {
    pub(super) fn buy(&mut self, wanted: &[(&str, u32)], late_ms: u64, self_ship: bool) -> Option<String> {
        for (sku, quantity) in wanted {
            let units: u32 = self.listings.get(*sku)?.quantities.values().sum();
            if *quantity == 0 || units < *quantity {
                return None;
            }
        }
        let mut items = Vec::new();
        let number = self.number();
        for (index, (sku, quantity)) in wanted.iter().enumerate() {
            let listing = self.listings.get_mut(*sku)?;
            let (mut left, mut taken) = (*quantity, BTreeMap::new());
            for (location, units) in &mut listing.quantities {
                let part = left.min(*units);
                *units -= part;
                left -= part;
                if part > 0 {
                    taken.insert(location.clone(), part);
                }
            }
            items.push(FlipkartItem {
                id: format!("{number:07}{index:02}"),
                sku: (*sku).to_owned(),
                quantity: *quantity,
                status: "APPROVED".to_owned(),
                taken,
            });
        }
        let drawn = match self
            .faults
            .hits(Fault::LateVisibility, "placeOrder", self.now, &mut self.rng)
        {
            true => self.rng.random_range(0..=self.faults.config.max_late_ms),
            false => 0,
        };
        let location = items.first()?.taken.keys().next()?.clone();
        let id = format!("S{number:08}");
        let shipment = FlipkartShipment {
            id: id.clone(),
            items,
            location,
            placed_at: self.now,
            updated_at: self.now,
            cancelled_at: None,
            visible_at: after_ms(self.now, self.config.freshness_ms + late_ms.max(drawn)),
            hold: false,
            self_ship,
            tracking: None,
            packed_at: None,
            form_fails: false,
        };
        let attributes = self.shipment_json(&shipment, |_| true);
        self.notify(&id, "shipment_created", Some(&shipment.location), attributes);
        self.shipments.insert(id.clone(), shipment);
        Some(id)
    }

    /// Calls items off that are not packed yet, or by a buyer (`groups` is none) not with the courier yet.
    pub(super) fn cancel(&mut self, id: &str, groups: Option<&[String]>) -> bool {
        let now = self.now;
        let Some(shipment) = self.shipments.get_mut(id) else {
            return false;
        };
        let mut back = Vec::new();
        for item in &mut shipment.items {
            let named = groups.is_none_or(|groups| groups.contains(&group(item)));
            if named && PRE.contains(&item.status.as_str()) {
                "CANCELLED".clone_into(&mut item.status);
                back.push(item.clone());
            }
        }
        if back.is_empty() {
            return false;
        }
        (shipment.updated_at, shipment.cancelled_at) = (now, Some(now));
        let items: Vec<Value> = back
            .iter()
            .map(|item| json!({"orderItemId": item.id, "quantity": item.quantity, "reason": "cancelled"}))
            .collect();
        for item in back {
            if let Some(listing) = self.listings.get_mut(&item.sku) {
                for (location, units) in item.taken {
                    *listing.quantities.entry(location).or_default() += units;
                }
            }
        }
        self.notify(
            id,
            "shipment_cancelled",
            None,
            json!({"status": "CANCELLED", "orderItems": items}),
        );
        true
    }

    pub(super) fn hold(&mut self, id: &str, hold: bool) -> bool {
        let now = self.now;
        let Some(shipment) = self.shipments.get_mut(id) else {
            return false;
        };
        (shipment.hold, shipment.updated_at) = (hold, now);
        let event = if hold { "shipment_hold" } else { "shipment_unhold" };
        self.notify(id, event, None, json!({}));
        true
    }

    pub(super) fn move_on(&mut self, id: &str, status: &str) -> bool {
        let now = self.now;
        let Some(shipment) = self.shipments.get_mut(id) else {
            return false;
        };
        shipment.set(status, now);
        let event = format!("shipment_{}", status.to_ascii_lowercase());
        self.notify(id, &event, None, json!({"status": status}));
        true
    }

    /// `POST /v3/shipments/filter`.
    pub(super) fn first_shipments(&mut self, body: &Value) -> Result<Value, Failure> {
        let filter = &body["filter"];
        let kind = filter["type"].as_str().unwrap_or_default();
        if !matches!(kind, "preDispatch" | "postDispatch" | "cancelled") {
            return Err(Failure::bad(
                "filter.type is preDispatch, postDispatch or cancelled",
            ));
        }
        let fields = ["modifiedDate", "cancellationDate", "orderDate"];
        let field = fields.into_iter().find(|name| filter[name].is_object());
        let field = field.ok_or_else(|| Failure::bad("the filter names no date"))?;
        let from = filter[field]["from"].as_str().unwrap_or("1970-01-01T00:00:00Z");
        let from: Timestamp = from.parse().map_err(|_| Failure::bad("`from` is no instant"))?;
        self.shipments_page(kind, field, from, None)
    }

    /// The next page, by the token of the page before.
    pub(super) fn next_shipments(&mut self, token: &str) -> Result<Value, Failure> {
        let refused = || {
            Failure(
                StatusCode::BAD_REQUEST,
                "next_token is not one of ours".to_owned(),
            )
        };
        let text = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|t| String::from_utf8(t).ok())
            .ok_or_else(refused)?;
        let parts: Vec<&str> = text.split('|').collect();
        let [kind, field, from, last, id] = parts[..] else {
            return Err(refused());
        };
        let instant = |text: &str| text.parse::<Timestamp>().map_err(|_| refused());
        self.shipments_page(kind, field, instant(from)?, Some((instant(last)?, id.to_owned())))
    }

    fn shipments_page(
        &mut self,
        kind: &str,
        field: &str,
        from: Timestamp,
        after: Option<(Timestamp, String)>,
    ) -> Result<Value, Failure> {
        let at = |s: &FlipkartShipment| match field {
            "orderDate" => s.placed_at,
            "cancellationDate" => s.cancelled_at.unwrap_or(s.updated_at),
            _ => s.updated_at,
        };
        let listed = |item: &FlipkartItem| match kind {
            "preDispatch" => PRE.contains(&item.status.as_str()),
            "cancelled" => item.status == "CANCELLED",
            _ => item.status != "CANCELLED" && !PRE.contains(&item.status.as_str()),
        };
        let mut found: Vec<&FlipkartShipment> = self
            .shipments
            .values()
            .filter(|s| s.visible_at <= self.now && at(s) >= from && s.items.iter().any(listed))
            .filter(|s| {
                after
                    .as_ref()
                    .is_none_or(|last| (at(s), &s.id) > (last.0, &last.1))
            })
            .collect();
        found.sort_by_key(|s| (at(s), s.id.clone()));
        let more = found.len() > self.config.page;
        found.truncate(self.config.page);
        let mut shipments: Vec<Value> = found.iter().map(|s| self.shipment_json(s, listed)).collect();
        let mut answer = json!({"hasMore": more});
        if let Some(last) = found.last().filter(|_| more) {
            let token = URL_SAFE_NO_PAD.encode(format!("{kind}|{field}|{from}|{}|{}", at(last), last.id));
            answer["nextPageUrl"] = json!(format!("/v3/shipments/filter?next_token={token}"));
        }
        if !shipments.is_empty()
            && self.faults.hits(
                Fault::UnknownValue,
                "searchPreDispatchShipment",
                self.now,
                &mut self.rng,
            )
        {
            shipments[0]["orderItems"][0]["status"] = json!("AT_THE_FLORIST");
        }
        answer["shipments"] = Value::Array(shipments);
        Ok(answer)
    }

    /// `GET /v3/shipments?…`.
    pub(super) fn shipments_by_id(&self, shipments: &[String], orders: &[String]) -> Value {
        let order = |s: &FlipkartShipment| orders.contains(&format!("OD-{}", s.id));
        let found = self
            .shipments
            .values()
            .filter(|s| shipments.contains(&s.id) || order(s));
        let found: Vec<Value> = found.map(|s| self.shipment_json(s, |_| true)).collect();
        json!({"shipments": found})
    }

    fn shipment_json(&self, shipment: &FlipkartShipment, listed: impl Fn(&FlipkartItem) -> bool) -> Value {
        let item = |item: &FlipkartItem| {
            let listing = self.listings.get(&item.sku);
            let price = listing.map_or(0, |l| l.price) * item.quantity;
            let mut json = json!({
                "orderItemId": item.id,
                "orderId": format!("OD-{}", shipment.id),
                "cancellationGroupId": group(item),
                "orderDate": ist(shipment.placed_at),
                "paymentType": "PREPAID",
                "status": item.status,
                "quantity": item.quantity,
                "sku": item.sku,
                "title": listing.map(|l| &l.title),
                "priceComponents": {"sellingPrice": price, "totalPrice": price + 40, "shippingCharge": 40, "customerPrice": price + 40, "flipkartDiscount": 0},
                "serviceProfile": "NON_FBF",
            });
            if let Some(at) = shipment.cancelled_at.filter(|_| item.status == "CANCELLED") {
                json["cancellationDate"] = json!(ist(at));
            }
            json
        };
        let items: Vec<Value> = shipment.items.iter().filter(|i| listed(i)).map(item).collect();
        let forms = if shipment.form_fails {
            json!([{"name": "eway_bill"}])
        } else {
            json!([])
        };
        json!({
            "shipmentId": shipment.id,
            "dispatchByDate": ist(after_ms(shipment.placed_at, 86_400_000)),
            "dispatchAfterDate": ist(after_ms(shipment.placed_at, self.config.dispatch_after_ms)),
            "updatedAt": ist(shipment.updated_at),
            "locationId": shipment.location,
            "hold": shipment.hold,
            "mps": false,
            "packagingPolicy": "DEFAULT",
            "subShipments": [{"subShipmentId": "SS-1", "packages": [{"name": "main", "dimensions": {"length": 12.5, "breadth": 8, "height": 4}, "weight": 0.4}]}],
            "orderItems": items,
            "forms": forms,
            "shipmentType": if shipment.self_ship { "SELF" } else { "NORMAL" },
        })
    }

    /// `GET /v3/shipments/{ids}`.
    pub(super) fn couriers(&self, ids: &str) -> Value {
        let found = ids
            .split(',')
            .filter_map(|id| self.shipments.get(id))
            .map(|shipment| {
                let courier = shipment.tracking.as_ref().map(|(vendor, number)| {
                json!({"deliveryDetails": {"vendorName": vendor, "trackingId": number}})
            });
                json!({"shipmentId": shipment.id, "courierDetails": courier})
            });
        json!({"shipments": found.collect::<Vec<_>>()})
    }

    /// `POST /orders/sandbox/test_orders`.
    pub(super) fn test_order(&mut self, body: &Value) -> Result<Value, Failure> {
        let mut wanted = Vec::new();
        for item in body["orderItems"].as_array().into_iter().flatten() {
            let id = item["listingId"].as_str().unwrap_or_default();
            let listing = self.listings.values().find(|l| l.listing_id() == id);
            let listing = listing.ok_or_else(|| Failure::bad("a listingId is not known"))?;
            let units = item["quantity"]
                .as_u64()
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(0);
            wanted.push((listing.sku.clone(), units));
        }
        let wanted: Vec<(&str, u32)> = wanted.iter().map(|(sku, units)| (sku.as_str(), *units)).collect();
        let id = self.buy(&wanted, 0, body["shipmentType"] == "SELF");
        let id = id.ok_or_else(|| Failure::bad("there is not enough of it"))?;
        Ok(json!({"orderId": format!("OD-{id}")}))
    }
}

/// Items of a shipment are called off one by one here, so each is a group.
fn group(item: &FlipkartItem) -> String {
    format!("grp-{}", item.id)
}
