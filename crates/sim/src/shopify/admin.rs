//! What can be asked for: the shop's things as whole JSON, from which an answer is cut.

use serde_json::{Map, Value, json};

use super::graphql::{Document, Field};
use super::{ShopifyLine, ShopifyOrder, State, Variant, gid, number_of};
use crate::faults::Fault;

impl State {
    /// Performs a document; the error names the field that is not there.
    pub(super) fn perform(&mut self, document: &Document, count: &mut i64) -> Result<Value, String> {
        let mut data = Map::new();
        for field in document.fields(&document.selections, "")? {
            let whole = if document.mutation {
                self.change(field)?
            } else {
                self.root(field)?
            };
            data.insert(field.alias.clone(), document.cut(&whole, field, count)?);
        }
        Ok(Value::Object(data))
    }

    fn root(&mut self, field: &Field) -> Result<Value, String> {
        let id = &field.arguments.get("id").cloned().unwrap_or_default();
        let currency = &self.config.currency;
        Ok(match field.name.as_str() {
            "shop" => {
                json!({"name": "Simulated", "myshopifyDomain": self.config.shop, "currencyCode": currency})
            }
            "currentAppInstallation" => {
                let scopes: Vec<Value> = self.config.scopes.iter().map(|s| json!({"handle": s})).collect();
                json!({"accessScopes": scopes})
            }
            "locations" => {
                let all: Vec<Value> = self.config.locations.iter().map(|l| location(l)).collect();
                json!({"$nodes": all})
            }
            "orders" => self.search(field)?,
            "ordersCount" => {
                let limit = field
                    .arguments
                    .get("limit")
                    .and_then(Value::as_u64)
                    .unwrap_or(10_000);
                let found = self.search(field)?["$nodes"].as_array().map_or(0, Vec::len);
                json!({"count": limit.min(found as u64)})
            }
            "order" => match number_of("Order", id).and_then(|n| self.orders.get(&n)) {
                Some(order) => self.order_json(order),
                None => Value::Null,
            },
            "fulfillment" => self.parcel(number_of("Fulfillment", id)),
            "fulfillmentOrder" => self.fulfillment_order(id),
            "return" => self.return_json(number_of("Return", id)),
            "productVariants" => {
                let query = field.arguments.get("query").and_then(Value::as_str);
                let found = self.variants.iter().filter(|v| query.is_none_or(|q| bears(v, q)));
                json!({"$nodes": found.map(|v| self.variant_json(v)).collect::<Vec<_>>()})
            }
            "productVariantsCount" => json!({"count": self.variants.len()}),
            "nodes" => {
                let ids = field.arguments.get("ids").and_then(Value::as_array);
                let variant = |id: &Value| {
                    let number = number_of("ProductVariant", id);
                    let found = self.variants.iter().find(|v| Some(v.id) == number);
                    found.map_or(Value::Null, |v| self.variant_json(v))
                };
                Value::Array(ids.into_iter().flatten().map(variant).collect())
            }
            "inventoryItem" => {
                let number = number_of("InventoryItem", id);
                let found = self.variants.iter().find(|v| Some(v.id + 100_000) == number);
                found.map_or(Value::Null, |v| self.variant_json(v)["inventoryItem"].clone())
            }
            "bulkOperation" => self.bulk_json(number_of("BulkOperation", id)),
            "webhookSubscriptions" => {
                let all = self.hooks.iter().map(|hook| {
                    let input = &hook.input;
                    json!({"id": gid("WebhookSubscription", hook.id), "topic": hook.topic, "uri": input["uri"],
                        "format": input["format"], "filter": input["filter"],
                        "includeFields": input["includeFields"].as_array().cloned().unwrap_or_default()})
                });
                json!({"$nodes": all.collect::<Vec<_>>()})
            }
            other => return Err(format!("Field '{other}' doesn't exist on type 'QueryRoot'")),
        })
    }

    /// The search of orders, by the times the index knows.
    fn search(&mut self, field: &Field) -> Result<Value, String> {
        let query = field
            .arguments
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (mut since, mut placed, mut returned) = (None, false, false);
        for term in query.split(" AND ") {
            let at = |text: &str| {
                text.trim_matches('\'')
                    .parse::<jiff::Timestamp>()
                    .map_err(|e| e.to_string())
            };
            if let Some(text) = term.strip_prefix("updated_at:>=") {
                since = Some(at(text)?);
            } else if let Some(text) = term.strip_prefix("created_at:>=") {
                (since, placed) = (Some(at(text)?), true);
            } else if term == "-return_status:no_return" {
                returned = true;
            } else {
                return Err(format!("the search `{term}` is not simulated"));
            }
        }
        let mut found: Vec<_> = self
            .orders
            .values()
            .filter_map(|order| {
                Some((
                    if placed {
                        order.indexed.0.map(|_| order.placed_at)?
                    } else {
                        order.indexed.0?
                    },
                    order,
                ))
            })
            .filter(|(at, order)| {
                since.is_none_or(|since| *at >= since) && (!returned || !order.returns.is_empty())
            })
            .collect();
        found.sort_by_key(|(at, order)| (*at, order.id));
        let mut all: Vec<Value> = found
            .into_iter()
            .map(|(_, order)| self.order_json(order))
            .collect();
        let unknown = self
            .faults
            .hits(Fault::UnknownValue, "orders", self.now, &mut self.rng);
        if let (true, Some(first)) = (unknown, all.first_mut()) {
            first["displayFulfillmentStatus"] = json!("AT_THE_FLORIST");
        }
        Ok(json!({"$nodes": all}))
    }

    fn order_json(&self, order: &ShopifyOrder) -> Value {
        let lines: Vec<Value> = order.lines.iter().map(|line| self.line_json(line)).collect();
        let shipped: i64 = order.lines.iter().map(|line| shipped(order, line)).sum();
        let open: i64 = order.lines.iter().flat_map(|line| line.open.values()).sum();
        let status = match (shipped, open) {
            (0, _) => "UNFULFILLED",
            (_, 0) => "FULFILLED",
            _ => "PARTIALLY_FULFILLED",
        };
        let removed: i64 = order.lines.iter().map(|line| line.removed).sum();
        let quantity: i64 = order.lines.iter().map(|line| line.quantity).sum();
        let financial = match removed {
            _ if order.cancelled => "VOIDED",
            0 => "PAID",
            all if all == quantity => "REFUNDED",
            _ => "PARTIALLY_REFUNDED",
        };
        let total = self.money(order.lines.iter().map(|l| self.cents(&l.sku) * l.quantity).sum());
        let parcels: Vec<Value> = order.parcels.iter().map(|p| self.parcel(Some(p.id))).collect();
        let locations = &self.config.locations;
        let orders = locations
            .iter()
            .map(|l| self.fulfillment_order(&fulfillment_order_id(order, l)));
        let returns: Vec<Value> = order
            .returns
            .keys()
            .map(|id| json!({"id": gid("Return", id)}))
            .collect();
        json!({
            "__typename": "Order", "id": gid("Order", order.id), "name": format!("#{}", order.id),
            "createdAt": order.placed_at.to_string(), "updatedAt": order.updated_at.to_string(),
            "cancelledAt": order.cancelled.then(|| order.updated_at.to_string()), "currencyCode": self.config.currency,
            "displayFinancialStatus": financial, "displayFulfillmentStatus": status, "totalPriceSet": total,
            "fulfillmentsCount": {"count": order.parcels.len()}, "lineItems": {"$nodes": lines}, "fulfillments": parcels,
            "fulfillmentOrders": {"$nodes": orders.filter(|o| !o.is_null()).collect::<Vec<_>>()},
            "returns": {"$nodes": returns},
            "suggestedRefund": {"suggestedTransactions": [{"gateway": "bogus", "amountSet": total,
                "parentTransaction": {"id": gid("OrderTransaction", order.id)}}]},
        })
    }

    fn line_json(&self, line: &ShopifyLine) -> Value {
        let variant = self.variants.iter().find(|v| v.of.sku == line.sku);
        json!({
            "__typename": "LineItem", "id": gid("LineItem", line.id), "sku": line.sku,
            "title": variant.map(|v| v.of.title.as_str()).unwrap_or_default(),
            "quantity": line.quantity, "currentQuantity": line.quantity - line.removed,
            "unfulfilledQuantity": line.open.values().sum::<i64>(),
            "discountedTotalSet": self.money(self.cents(&line.sku) * line.quantity),
        })
    }

    fn cents(&self, sku: &str) -> i64 {
        let variant = self.variants.iter().find(|v| v.of.sku == sku);
        variant
            .and_then(|v| v.of.price.replace('.', "").parse().ok())
            .unwrap_or(0)
    }

    fn money(&self, cents: i64) -> Value {
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        json!({"shopMoney": {"amount": amount, "currencyCode": self.config.currency}})
    }

    fn parcel(&self, number: Option<u64>) -> Value {
        let parcels = self.orders.values().flat_map(|order| &order.parcels);
        let found = parcels.into_iter().find(|p| Some(p.id) == number);
        found.map_or(Value::Null, |parcel| {
            let lines: Vec<Value> = parcel
                .lines
                .iter()
                .map(|(line, units)| json!({"quantity": units, "lineItem": {"id": gid("LineItem", line)}}))
                .collect();
            json!({"id": gid("Fulfillment", parcel.id), "status": "SUCCESS",
                "trackingInfo": [{"number": parcel.tracking}], "fulfillmentLineItems": {"$nodes": lines}})
        })
    }

    /// What one location is to ship of an order; null where it is nothing.
    fn fulfillment_order(&self, id: &Value) -> Value {
        let Some((order, at)) = self.fulfillment_order_of(id) else {
            return Value::Null;
        };
        let lines: Vec<Value> = order
            .lines
            .iter()
            .filter_map(|line| Some((line, line.open.get(&at)?)))
            .map(|(line, units)| {
                let own = format!("{}{at}", line.id);
                json!({"id": gid("FulfillmentOrderLineItem", own), "remainingQuantity": units,
                    "lineItem": {"id": gid("LineItem", line.id)}})
            })
            .collect();
        if lines.is_empty() {
            return Value::Null;
        }
        let open = order
            .lines
            .iter()
            .any(|line| line.open.get(&at).is_some_and(|units| *units > 0));
        let (status, actions) = if open {
            (
                "OPEN",
                vec![json!({"action": "CREATE_FULFILLMENT"}), json!({"action": "HOLD"})],
            )
        } else {
            ("CLOSED", Vec::new())
        };
        json!({"id": id, "status": status, "supportedActions": actions,
            "assignedLocation": {"location": location(&at)}, "lineItems": {"$nodes": lines}})
    }

    /// The order and location a fulfilment order is of: its number is the order's, followed by the location's.
    pub(super) fn fulfillment_order_of(&self, id: &Value) -> Option<(&ShopifyOrder, String)> {
        let number = number_of("FulfillmentOrder", id)?.to_string();
        let of = |location: &String| {
            let order = number.strip_suffix(location.as_str())?.parse::<u64>().ok()?;
            Some((self.orders.get(&order)?, location.clone()))
        };
        self.config.locations.iter().find_map(of)
    }

    fn return_json(&self, number: Option<u64>) -> Value {
        let of = |order: &ShopifyOrder| {
            Some((
                order.lines.first()?.clone(),
                order.placed_at,
                *order.returns.get(&number?)?,
            ))
        };
        self.orders.values().find_map(of).map_or(Value::Null, |(line, at, units)| {
            json!({"id": gid("Return", number.unwrap_or_default()), "status": "REQUESTED", "createdAt": at.to_string(),
                "returnLineItems": {"$nodes": [{"__typename": "ReturnLineItem", "id": gid("ReturnLineItem", line.id),
                    "quantity": units, "processedQuantity": 0, "returnReasonNote": "too small",
                    "fulfillmentLineItem": {"lineItem": {"id": gid("LineItem", line.id), "sku": line.sku}}}]},
                "reverseFulfillmentOrders": {"$nodes": []}})
        })
    }

    pub(super) fn variant_json(&self, variant: &Variant) -> Value {
        let bearers = self.bearers.get(&variant.of.sku).copied().unwrap_or_default();
        let levels = variant.of.quantities.iter().map(|(at, units)| {
            json!({"__typename": "InventoryLevel", "id": gid("InventoryLevel", format!("{}{at}", variant.id)),
                "isActive": true, "location": location(at),
                "quantities": [{"name": "available", "quantity": units}, {"name": "on_hand", "quantity": units}]})
        });
        json!({
            "__typename": "ProductVariant", "id": gid("ProductVariant", variant.id), "sku": variant.of.sku,
            "displayName": variant.of.title,
            "barcode": if variant.of.barcode.is_empty() { Value::Null } else { json!(variant.of.barcode) }, "price": variant.of.price, "inventoryPolicy": "DENY",
            "product": {"id": gid("Product", variant.of.product), "status": "ACTIVE"},
            "inventoryItem": {"__typename": "InventoryItem", "id": gid("InventoryItem", variant.id + 100_000),
                "tracked": true, "duplicateSkuCount": bearers.saturating_sub(1),
                "inventoryLevels": {"$nodes": levels.collect::<Vec<_>>()}},
        })
    }
}

/// Units of a line in parcels.
pub(super) fn shipped(order: &ShopifyOrder, line: &ShopifyLine) -> i64 {
    order
        .parcels
        .iter()
        .filter_map(|parcel| parcel.lines.get(&line.id))
        .sum()
}

fn fulfillment_order_id(order: &ShopifyOrder, location: &str) -> Value {
    json!(gid("FulfillmentOrder", format!("{}{location}", order.id)))
}

fn location(number: &str) -> Value {
    json!({"id": gid("Location", number), "name": format!("Location {number}"), "isActive": true,
        "isFulfillmentService": false})
}

/// Whether a variant matches a search for SKUs, which also finds those that begin so.
fn bears(variant: &Variant, query: &str) -> bool {
    let terms = query.split(" OR ").filter_map(|term| term.strip_prefix("sku:"));
    terms
        .map(|sku| sku.trim_matches('"'))
        .any(|sku| variant.of.sku.starts_with(sku))
}
