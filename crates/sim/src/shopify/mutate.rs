//! What can be changed, and what the platform says against it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::graphql::Field;
use super::{ShopifyParcel, ShopifyWrite, State, Subscription, gid, number_of};

/// Mutations that are refused without a key.
const KEYED: [&str; 2] = ["inventorySetQuantities", "refundCreate"];

impl State {
    /// Makes a change; the error is for what is no change at all.
    pub(super) fn change(&mut self, field: &Field) -> Result<Value, String> {
        if !KEYED.contains(&field.name.as_str()) {
            return self.make(field);
        }
        let key = field
            .directives
            .get("idempotent")
            .and_then(|d| d.get("key")?.as_str());
        let key = key
            .ok_or("The @idempotent directive is required for this mutation")?
            .to_owned();
        let asked = Value::Object(field.arguments.clone());
        if let Some((before, answered)) = self.keys.get(&key) {
            let same = *before == asked;
            let answered = answered.clone();
            let code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH";
            return Ok(if same {
                answered
            } else {
                refused(&[], code, "The key was used for something else")
            });
        }
        let answered = self.make(field)?;
        if field.name == "inventorySetQuantities" {
            let code = answered["userErrors"][0]["code"].as_str().unwrap_or("applied");
            self.writes.push(ShopifyWrite {
                at: self.now,
                key: key.clone(),
                outcome: code.to_owned(),
            });
        }
        self.keys.insert(key, (asked, answered.clone()));
        Ok(answered)
    }

    fn make(&mut self, field: &Field) -> Result<Value, String> {
        let argument = |name: &str| field.arguments.get(name).cloned().unwrap_or_default();
        Ok(match field.name.as_str() {
            "inventorySetQuantities" => self.set_quantities(&argument("input")),
            "productVariantsBulkUpdate" => self.set_prices(&argument("productId"), &argument("variants")),
            "fulfillmentCreate" => self.ship(&argument("fulfillment")),
            "fulfillmentTrackingInfoUpdate" => {
                let number = number_of("Fulfillment", &argument("fulfillmentId"));
                let tracking = argument("trackingInfoInput")["number"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let parcels = self.orders.values_mut().flat_map(|order| &mut order.parcels);
                match parcels.into_iter().find(|p| Some(p.id) == number) {
                    Some(parcel) => {
                        parcel.tracking = tracking;
                        json!({"fulfillment": {"id": gid("Fulfillment", parcel.id), "status": "SUCCESS"}, "userErrors": []})
                    }
                    None => refused(&[], "", "Fulfillment does not exist"),
                }
            }
            "orderCancel" => self.order_cancel(&argument("orderId"), &argument("restock")),
            "refundCreate" => self.refund_create(&argument("input")),
            "bulkOperationRunQuery" => self.bulk_run(&argument("query")),
            "webhookSubscriptionCreate" => {
                self.subscribe(&argument("topic"), argument("webhookSubscription"))
            }
            "webhookSubscriptionUpdate" => {
                let number = number_of("WebhookSubscription", &argument("id"));
                match self.hooks.iter_mut().find(|hook| Some(hook.id) == number) {
                    Some(hook) => {
                        hook.input = argument("webhookSubscription");
                        json!({"webhookSubscription": {"id": argument("id")}, "userErrors": []})
                    }
                    None => refused(&[], "", "Webhook subscription does not exist"),
                }
            }
            "webhookSubscriptionDelete" => {
                let number = number_of("WebhookSubscription", &argument("id"));
                self.hooks.retain(|hook| Some(hook.id) != number);
                json!({"deletedWebhookSubscriptionId": argument("id"), "userErrors": []})
            }
            other => return Err(format!("Field '{other}' doesn't exist on type 'Mutation'")),
        })
    }

    /// All entries or none; each is compared with what is there first.
    fn set_quantities(&mut self, input: &Value) -> Value {
        let entries = input["quantities"].as_array().cloned().unwrap_or_default();
        if entries.len() > 250 {
            return refused(&["input", "quantities"], "INVALID_INPUT", "too many entries");
        }
        let mut errors = Vec::new();
        let mut changes = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let mut error = |field: &str, code: &str, message: &str| {
                errors.push(json!({"field": ["input", "quantities", index.to_string(), field], "code": code, "message": message}));
            };
            let number = number_of("InventoryItem", &entry["inventoryItemId"]);
            let location = number_of("Location", &entry["locationId"])
                .unwrap_or_default()
                .to_string();
            let Some(at) = self.variants.iter().position(|v| Some(v.id + 100_000) == number) else {
                error(
                    "inventoryItemId",
                    "INVALID_INVENTORY_ITEM",
                    "The specified inventory item could not be found.",
                );
                continue;
            };
            let there = self.variants[at].of.quantities.get(&location);
            match (there, entry.get("changeFromQuantity"), entry["quantity"].as_i64()) {
                (None, _, _) => error(
                    "locationId",
                    "ITEM_NOT_STOCKED_AT_LOCATION",
                    "The item is not stocked there.",
                ),
                (_, None, _) => error(
                    "changeFromQuantity",
                    "INVALID_INPUT",
                    "changeFromQuantity must be given",
                ),
                (_, _, None) => error("quantity", "INVALID_QUANTITY_TOO_LOW", "The quantity is missing."),
                (Some(there), Some(from), _) if from.as_i64().is_some_and(|from| from != *there) => {
                    error(
                        "changeFromQuantity",
                        "CHANGE_FROM_QUANTITY_STALE",
                        "The quantity has changed.",
                    );
                }
                (_, _, Some(units)) if units < 0 => {
                    error(
                        "quantity",
                        "INVALID_QUANTITY_NEGATIVE",
                        "The quantity can't be negative.",
                    );
                }
                (_, _, Some(units)) => changes.push((at, location, units)),
            }
        }
        if !errors.is_empty() {
            return json!({"inventoryAdjustmentGroup": null, "userErrors": errors});
        }
        for (at, location, units) in changes {
            self.variants[at].of.quantities.insert(location, units);
            let sku = self.variants[at].of.sku.clone();
            self.tell_levels(&sku);
        }
        let number = self.number();
        json!({"inventoryAdjustmentGroup": {"id": gid("InventoryAdjustmentGroup", number)}, "userErrors": []})
    }

    fn set_prices(&mut self, product: &Value, variants: &Value) -> Value {
        let product = number_of("Product", product);
        let mut changes = Vec::new();
        for (index, wanted) in variants.as_array().into_iter().flatten().enumerate() {
            let place = index.to_string();
            let number = number_of("ProductVariant", &wanted["id"]);
            let found = self
                .variants
                .iter()
                .position(|v| Some(v.id) == number && Some(v.of.product) == product);
            let (Some(at), Some(price)) = (found, wanted["price"].as_str()) else {
                let field = ["variants", &place, "id"];
                return refused(
                    &field,
                    "PRODUCT_VARIANT_DOES_NOT_EXIST",
                    "Product variant does not exist",
                );
            };
            if price.starts_with('-') {
                return refused(
                    &["variants", &place, "price"],
                    "NEGATIVE_PRICE_VALUE",
                    "Price can't be negative",
                );
            }
            changes.push((at, price.to_owned()));
        }
        for (at, price) in &changes {
            self.variants[*at].of.price.clone_from(price);
        }
        let made: Vec<Value> = changes
            .iter()
            .map(|(at, _)| json!({"id": gid("ProductVariant", self.variants[*at].id)}))
            .collect();
        json!({"productVariants": made, "userErrors": []})
    }

    fn ship(&mut self, fulfillment: &Value) -> Value {
        let number = self.number();
        let mut parcel = ShopifyParcel {
            id: number,
            tracking: fulfillment["trackingInfo"]["number"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            lines: BTreeMap::new(),
        };
        let mut from: Option<(u64, String)> = None;
        let mut taken = Vec::new();
        for part in fulfillment["lineItemsByFulfillmentOrder"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let Some((order, at)) = self.fulfillment_order_of(&part["fulfillmentOrderId"]) else {
                return refused(&["fulfillment"], "", "Fulfillment order does not exist.");
            };
            if from.as_ref().is_some_and(|from| *from != (order.id, at.clone())) {
                return refused(
                    &["fulfillment"],
                    "",
                    "All fulfillment orders must be of one order and location.",
                );
            }
            for wanted in part["fulfillmentOrderLineItems"].as_array().into_iter().flatten() {
                let units = wanted["quantity"].as_i64().unwrap_or(0);
                let own = |id: u64| json!(gid("FulfillmentOrderLineItem", format!("{id}{at}")));
                let line = order.lines.iter().find(|line| own(line.id) == wanted["id"]);
                let Some(line) =
                    line.filter(|l| units > 0 && l.open.get(&at).is_some_and(|open| *open >= units))
                else {
                    return refused(
                        &["fulfillment"],
                        "",
                        "Invalid fulfillment order line item quantity requested.",
                    );
                };
                taken.push((line.id, units));
            }
            from = Some((order.id, at));
        }
        let Some((id, at)) = from.filter(|_| !taken.is_empty()) else {
            return refused(&["fulfillment"], "", "There is nothing to fulfill.");
        };
        if let Some(order) = self.orders.get_mut(&id) {
            for (line, units) in taken {
                *parcel.lines.entry(line).or_default() += units;
                let open = order
                    .lines
                    .iter_mut()
                    .find(|l| l.id == line)
                    .and_then(|l| l.open.get_mut(&at));
                if let Some(open) = open {
                    *open -= units;
                }
            }
            order.parcels.push(parcel);
        }
        self.touch(id);
        self.tell("fulfillments/create", &json!({"id": number, "order_id": id}));
        json!({"fulfillment": {"id": gid("Fulfillment", number), "status": "SUCCESS"}, "userErrors": []})
    }

    fn order_cancel(&mut self, order: &Value, restock: &Value) -> Value {
        let number = number_of("Order", order).unwrap_or_default().to_string();
        if !self.call_off(&number, restock.as_bool().unwrap_or(false)) {
            return json!({"job": null, "jobResult": null, "orderCancelUserErrors": [
                {"field": ["orderId"], "code": "INVALID", "message": "Cannot cancel this order"}]});
        }
        json!({"job": {"id": gid("Job", &number), "done": false}, "jobResult": {"status": "STARTED", "errors": []},
            "orderCancelUserErrors": []})
    }

    fn refund_create(&mut self, input: &Value) -> Value {
        let (id, refund) = (
            number_of("Order", &input["orderId"]).unwrap_or_default(),
            self.number(),
        );
        let Some(order) = self.orders.get_mut(&id) else {
            return refused(&["orderId"], "", "Order does not exist");
        };
        let wanted: Vec<(Option<u64>, i64)> = input["refundLineItems"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| {
                (
                    number_of("LineItem", &line["lineItemId"]),
                    line["quantity"].as_i64().unwrap_or(0),
                )
            })
            .collect();
        for (number, units) in &wanted {
            let line = order.lines.iter().find(|l| Some(l.id) == *number);
            if line.is_none_or(|l| l.removed + units > l.quantity) {
                return refused(
                    &["refundLineItems"],
                    "",
                    "Refund line items quantity cannot refund more items than were purchased",
                );
            }
        }
        for (number, units) in wanted {
            if let Some(line) = order.lines.iter_mut().find(|l| Some(l.id) == number) {
                line.remove(units);
            }
        }
        order.refunds.insert(refund.to_string(), refund);
        self.touch(id);
        json!({"refund": {"id": gid("Refund", refund)}, "userErrors": []})
    }

    fn subscribe(&mut self, topic: &Value, input: Value) -> Value {
        let topic = topic.as_str().unwrap_or_default().to_owned();
        if !input["uri"]
            .as_str()
            .is_some_and(|uri| uri.starts_with("https://"))
        {
            return refused(
                &["webhookSubscription", "uri"],
                "",
                "Address protocol http:// is not supported",
            );
        }
        if self
            .hooks
            .iter()
            .any(|hook| hook.topic == topic && hook.input["uri"] == input["uri"])
        {
            return refused(
                &["webhookSubscription", "uri"],
                "",
                "Address for this topic has already been taken",
            );
        }
        let id = self.number();
        let hook = Subscription {
            id,
            topic,
            input,
            failed: 0,
        };
        self.hooks.push(hook);
        json!({"webhookSubscription": {"id": gid("WebhookSubscription", id)}, "userErrors": []})
    }
}

/// An answer that nothing was changed, in every form a payload has.
pub(super) fn refused(field: &[&str], code: &str, message: &str) -> Value {
    let code = if code.is_empty() { Value::Null } else { json!(code) };
    json!({"userErrors": [{"field": field, "code": code, "message": message}], "inventoryAdjustmentGroup": null,
        "productVariants": null, "fulfillment": null, "refund": null, "bulkOperation": null, "webhookSubscription": null})
}
