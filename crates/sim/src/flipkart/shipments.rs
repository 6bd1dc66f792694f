//! Shipments: bought, listed in three passes, packed, dispatched, shipped by the seller, called off.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
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
    fn is(&self, status: &str) -> bool {
        self.items
            .iter()
            .all(|item| item.status == status || item.status == "CANCELLED")
            && self.items.iter().any(|item| item.status == status)
    }

    fn set(&mut self, status: &str, now: Timestamp) {
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

    /// Ends the packing of what has been packed for long enough.
    pub(super) fn end_packing(&mut self) {
        let now = self.now;
        let due: Vec<String> = self
            .shipments
            .values()
            .filter(|s| s.packed_at.is_some_and(|at| at <= now))
            .map(|s| s.id.clone())
            .collect();
        for id in due {
            let Some(shipment) = self.shipments.get_mut(&id) else {
                continue;
            };
            shipment.packed_at = None;
            if !shipment.is("PACKING_IN_PROGRESS") {
                continue;
            }
            let (word, event) = match shipment.form_fails {
                true => ("FORM_FAILED", "shipment_form_failed"),
                false => ("PACKED", "shipment_packed"),
            };
            if !shipment.form_fails && !shipment.self_ship {
                shipment.tracking = Some(("E-Kart Logistics".to_owned(), format!("FMP{id}")));
            }
            shipment.set(word, now);
            self.notify(&id, event, None, json!({"status": word}));
        }
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
                "title": format!("Thing {}", item.sku),
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

    /// `POST /v3/shipments/labels`.
    pub(super) fn pack(&mut self, body: &Value) -> Result<Value, Failure> {
        let (now, wait) = (self.now, self.config.pack_ms);
        let after = self.config.dispatch_after_ms;
        let asked = ids(&body["shipments"], 25)?;
        let mut answers = Vec::new();
        for id in asked {
            let fails = self.forms_to_fail > 0;
            let outcome = match self.shipments.get_mut(&id) {
                None => Err("SHIPMENT_NOT_FOUND"),
                Some(s) if s.self_ship => Err("SELF_SHIP_SHIPMENT"),
                Some(s) if s.hold => Err("SHIPMENT_ON_HOLD"),
                Some(s) if after_ms(s.placed_at, after) > now => Err("BEFORE_DISPATCH_AFTER_DATE"),
                Some(s) if s.is("APPROVED") => {
                    s.form_fails = fails;
                    s.packed_at = Some(after_ms(now, wait));
                    s.set("PACKING_IN_PROGRESS", now);
                    self.forms_to_fail -= u32::from(fails);
                    Ok(())
                }
                Some(s) if s.is("PACKING_IN_PROGRESS") || s.is("PACKED") => Ok(()),
                Some(_) => Err("INVALID_STATE"),
            };
            answers.push(outcome_json(&id, "status", outcome));
        }
        Ok(json!({"shipments": answers}))
    }

    /// `GET /v3/shipments/{ids}/labels`.
    pub(super) fn label(&self, ids: &str) -> Result<Bytes, Failure> {
        for id in ids.split(',') {
            let there = self
                .shipments
                .get(id)
                .is_some_and(|s| s.is("PACKED") || s.is("READY_TO_DISPATCH"));
            if !there {
                return Err(Failure::bad(format!("there is no label of {id}")));
            }
        }
        Ok(Bytes::from(format!("%PDF-1.4\n% label and invoice of {ids}\n")))
    }

    /// `POST /v3/shipments/dispatch`.
    pub(super) fn dispatch(&mut self, body: &Value) -> Result<Value, Failure> {
        let asked = body["shipmentIds"]
            .as_array()
            .ok_or_else(|| Failure::bad("shipmentIds are missing"))?;
        let mut answers = Vec::new();
        for id in asked.iter().filter_map(Value::as_str) {
            let packed = self.shipments.get(id).is_some_and(|s| s.is("PACKED"));
            let ready = self.shipments.get(id).is_some_and(|s| s.is("READY_TO_DISPATCH"));
            if packed {
                self.move_on(id, "READY_TO_DISPATCH");
            }
            answers.push(outcome_json(
                id,
                "status",
                if packed || ready {
                    Ok(())
                } else {
                    Err("INVALID_STATE")
                },
            ));
        }
        Ok(json!({"shipments": answers}))
    }

    /// `POST /v3/shipments/selfShip/dispatch`.
    pub(super) fn self_ship(&mut self, body: &Value) -> Result<Value, Failure> {
        let list = body["shipments"]
            .as_array()
            .ok_or_else(|| Failure::bad("shipments are missing"))?;
        let mut answers = Vec::new();
        for asked in list {
            let id = asked["shipmentId"].as_str().unwrap_or_default();
            let text = |name: &str| asked[name].as_str().filter(|text| !text.is_empty());
            let dated = ["dispatchDate", "tentativeDeliveryDate"]
                .iter()
                .all(|name| text(name).is_some_and(|t| t.parse::<Timestamp>().is_ok()));
            let items = asked["invoice"]["items"]
                .as_array()
                .is_some_and(|items| !items.is_empty());
            let now = self.now;
            let outcome = match (self.shipments.get_mut(id), text("trackingId")) {
                (None, _) => Err("SHIPMENT_NOT_FOUND"),
                (Some(s), _) if !s.self_ship => Err("NOT_SELF_SHIP"),
                (Some(s), Some(number)) if s.is("APPROVED") && dated && items => {
                    let partner = text("deliveryPartner").unwrap_or("OTHER").to_owned();
                    s.tracking = Some((partner, number.to_owned()));
                    s.set("SHIPPED", now);
                    Ok(())
                }
                (Some(s), Some(_)) if s.is("SHIPPED") => Err("ALREADY_DISPATCHED"),
                _ => Err("INVALID_REQUEST"),
            };
            if outcome.is_ok() {
                self.notify(id, "shipment_shipped", None, json!({"status": "SHIPPED"}));
            }
            answers.push(outcome_json(id, "processingStatus", outcome));
        }
        Ok(json!({"shipments": answers}))
    }

    /// `POST /v3/shipments/{id}/update`.
    pub(super) fn update_tracking(&mut self, id: &str, body: &Value) -> Result<Value, Failure> {
        let now = self.now;
        let unknown = || Failure(StatusCode::NOT_FOUND, "there is no such shipment".to_owned());
        let shipment = self.shipments.get_mut(id).ok_or_else(unknown)?;
        let number = body["tracking_id"]
            .as_str()
            .ok_or_else(|| Failure::bad("tracking_id is missing"))?;
        let partner = body["delivery_partner"].as_str().unwrap_or("OTHER");
        shipment.tracking = Some((partner.to_owned(), number.to_owned()));
        shipment.updated_at = now;
        Ok(json!({}))
    }

    /// `POST /v3/shipments/cancel`.
    pub(super) fn cancel_groups(&mut self, body: &Value) -> Result<Value, Failure> {
        let list = body["shipments"]
            .as_array()
            .filter(|list| (1..=25).contains(&list.len()));
        let list = list.ok_or_else(|| Failure::bad("from 1 to 25 shipments"))?;
        let mut answers = Vec::new();
        for asked in list {
            let id = asked["shipmentId"].as_str().unwrap_or_default();
            let groups: Vec<String> = asked["cancellationGroupIds"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|g| g.as_str().map(str::to_owned))
                .collect();
            let packed = self
                .shipments
                .get(id)
                .is_some_and(|s| s.is("PACKED") || s.is("READY_TO_DISPATCH"));
            let reason = asked["reason"].as_str().is_some_and(|reason| !reason.is_empty());
            let outcome = match reason && !packed && self.cancel(id, Some(&groups)) {
                true => Ok(()),
                false => Err("CANNOT_CANCEL"),
            };
            answers.push(outcome_json(id, "status", outcome));
        }
        Ok(json!({"shipments": answers}))
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

fn ids(shipments: &Value, most: usize) -> Result<Vec<String>, Failure> {
    let list = shipments
        .as_array()
        .filter(|list| (1..=most).contains(&list.len()));
    let list = list.ok_or_else(|| Failure::bad(format!("from 1 to {most} shipments")))?;
    Ok(list
        .iter()
        .filter_map(|s| s["shipmentId"].as_str().map(str::to_owned))
        .collect())
}

fn outcome_json(id: &str, word: &str, outcome: Result<(), &str>) -> Value {
    let mut json = json!({"shipmentId": id});
    match outcome {
        Ok(()) => json[word] = json!("SUCCESS"),
        Err(code) => {
            json[word] = json!("FAILURE");
            json["errorCode"] = json!(code);
            json["errorMessage"] = json!("the shipment does not allow that now");
        }
    }
    json
}
