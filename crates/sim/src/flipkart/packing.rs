//! What becomes of shipments: packed later, dispatched, shipped by the seller, called off; each answered by itself.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::State;
use super::protocol::Failure;
use crate::time::after_ms;

impl State {
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
