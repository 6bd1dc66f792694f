//! Refunds, parcels in each of their ways, and notes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::money;
use super::protocol::{Failure, Paged, Query};
use super::{State, WooOrder, WooParcels, WooRefund, gmt};

impl State {
    pub(super) fn refund_by_merchant(&mut self, order: u64, units: i64, restock: bool) -> Option<u64> {
        let line = self
            .orders
            .get(&order)?
            .lines
            .iter()
            .find(|line| line.quantity >= units)?
            .id;
        let body = json!({"amount": "1.00", "line_items": [{"id": line, "quantity": units}], "api_refund": false, "api_restock": restock});
        let made = self.make_refund(order, &body).ok()?;
        made["id"].as_u64()
    }

    /// `POST /orders/{id}/refunds`; unless told otherwise the gateway is called and units go back on sale, as in the core.
    pub(super) fn make_refund(&mut self, order: u64, body: &Value) -> Result<Value, Failure> {
        let now = self.now;
        let id = self.id();
        let known = self
            .orders
            .get_mut(&order)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        let amount = body["amount"].as_str().unwrap_or("0");
        if money::value(amount) <= money::value("0") {
            return Err(Failure::new(
                400,
                "woocommerce_rest_invalid_order_refund",
                "Refund amount must be greater than zero.",
            ));
        }
        let mut units = Vec::new();
        for line in body["line_items"].as_array().into_iter().flatten() {
            units.push((
                line["id"].as_u64().unwrap_or_default(),
                line["quantity"].as_i64().unwrap_or(0),
            ));
        }
        let meta = body["meta_data"].as_array().into_iter().flatten();
        let meta: BTreeMap<String, Value> = meta
            .map(|entry| {
                (
                    entry["key"].as_str().unwrap_or_default().to_owned(),
                    entry["value"].clone(),
                )
            })
            .collect();
        let refund = WooRefund {
            id,
            amount: amount.to_owned(),
            reason: body["reason"].as_str().unwrap_or_default().to_owned(),
            paid_out: body["api_refund"].as_bool().unwrap_or(true),
            units: units.clone(),
            created_at: now,
            meta,
        };
        known.refunds.push(refund);
        known.modified_at = now;
        let mut back = Vec::new();
        if body["api_restock"].as_bool().unwrap_or(true) && known.reduced {
            for line in &mut known.lines {
                let refunded = units
                    .iter()
                    .filter(|(id, _)| *id == line.id)
                    .map(|(_, units)| units)
                    .sum::<i64>();
                let restocked = refunded.min(line.quantity - line.restocked);
                line.restocked += restocked;
                back.push((line.item, restocked));
            }
        }
        let whole = known.lines.iter().all(|line| {
            let refunds = known.refunds.iter().flat_map(|refund| &refund.units);
            refunds
                .filter(|(id, _)| *id == line.id)
                .map(|(_, units)| units)
                .sum::<i64>()
                >= line.quantity
        });
        for (item, units) in back.into_iter().filter(|(_, units)| *units > 0) {
            self.move_stock(item, units);
        }
        if whole {
            self.set_status(order, "refunded");
        } else {
            self.happened("order.updated", order);
        }
        let refunds = self.refunds(order)?;
        Ok(refunds
            .into_iter()
            .find(|refund| refund["id"] == id)
            .unwrap_or_default())
    }

    fn refunds(&self, order: u64) -> Result<Vec<Value>, Failure> {
        let order = self
            .orders
            .get(&order)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        Ok(order
            .refunds
            .iter()
            .map(|refund| self.refund_json(order, refund))
            .collect())
    }

    pub(super) fn refunds_page(&self, order: u64, query: &Query) -> Result<Paged, Failure> {
        Ok(query.page(self.refunds(order)?))
    }

    fn refund_json(&self, order: &WooOrder, refund: &WooRefund) -> Value {
        let lines: Vec<Value> = refund
            .units
            .iter()
            .filter_map(|(id, units)| {
                let line = order.lines.iter().find(|line| line.id == *id)?;
                let mut json = self.line_json(line, -units, &[("_refunded_item_id", json!(id.to_string()))]);
                json["id"] = json!(refund.id * 100 + id);
                Some(json)
            })
            .collect();
        let meta: Vec<Value> = refund
            .meta
            .iter()
            .map(|(key, value)| json!({"id": 1, "key": key, "value": value}))
            .collect();
        json!({"id": refund.id, "date_created_gmt": gmt(refund.created_at), "amount": refund.amount, "reason": refund.reason,
            "refunded_payment": refund.paid_out, "meta_data": meta, "line_items": lines})
    }

    /// Fulfilments, where the feature is on; a call of it is no route at all otherwise.
    pub(super) fn fulfillments(
        &mut self,
        order: u64,
        known: Option<u64>,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        if self.config.parcels != WooParcels::Fulfillments {
            return Err(Failure::no_route());
        }
        let id = known.unwrap_or_else(|| self.id());
        let order_id = order;
        let order = self
            .orders
            .get_mut(&order)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        let Some(body) = body else {
            return Ok(Value::Array(order.fulfillments.clone()));
        };
        let fulfillment = json!({"id": id, "entity_type": "WC_Order", "entity_id": order_id.to_string(), "status": body["status"],
            "is_fulfilled": body["is_fulfilled"], "meta_data": body["meta_data"]});
        order.fulfillments.retain(|other| other["id"] != id);
        order.fulfillments.push(fulfillment.clone());
        Ok(fulfillment)
    }

    /// Tracking numbers, where the extension is there.
    pub(super) fn trackings(&mut self, order: u64, body: Option<&Value>) -> Result<Value, Failure> {
        if self.config.parcels != WooParcels::Tracking {
            return Err(Failure::no_route());
        }
        let order = self
            .orders
            .get_mut(&order)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        let Some(body) = body else {
            return Ok(Value::Array(order.trackings.clone()));
        };
        if body["tracking_number"].as_str().is_none_or(str::is_empty) {
            return Err(Failure::param("tracking_number"));
        }
        order.trackings.push(body.clone());
        Ok(body.clone())
    }

    pub(super) fn notes(&mut self, order: u64, body: Option<&Value>) -> Result<Value, Failure> {
        let order = self
            .orders
            .get_mut(&order)
            .ok_or_else(|| Failure::invalid_id("shop_order"))?;
        let json = |note: &str, customer: bool| json!({"id": 1, "note": note, "customer_note": customer});
        let Some(body) = body else {
            return Ok(Value::Array(
                order
                    .notes
                    .iter()
                    .map(|(note, customer)| json(note, *customer))
                    .collect(),
            ));
        };
        let (note, customer) = (
            body["note"].as_str().unwrap_or_default(),
            body["customer_note"].as_bool().unwrap_or(false),
        );
        order.notes.push((note.to_owned(), customer));
        Ok(json(note, customer))
    }
}
