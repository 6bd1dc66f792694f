//! An order as orders 2026-01-01 shows it. `includedData` decides which parts are there; a pending order has
//! neither money nor address, and an order Amazon ships shows no more of the address than its place.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::marketplaces;
use crate::config::Fulfilment;
use crate::time::after_ms;
use crate::world::{Order, OrderLine, OrderStatus};

/// The parts `includedData` may ask for.
pub(super) const INCLUDED_DATA: [&str; 11] = [
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
];
const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// The order with the parts named in `included`.
pub(super) fn order_json(order: &Order, included: &[String]) -> Value {
    let asked = |part: &str| included.iter().any(|i| i == part);
    let paid = order.status != OrderStatus::Pending;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    put("orderId", json!(order.id));
    put("createdTime", json!(order.placed_at.to_string()));
    put("lastUpdatedTime", json!(order.updated_at.to_string()));
    put("salesChannel", sales_channel(order));
    if order.fulfilment == Fulfilment::Platform {
        put("programs", json!(["PRIME"]));
    }
    put(
        "orderItems",
        Value::Array(
            order
                .lines
                .iter()
                .map(|l| item_json(order, l, included))
                .collect(),
        ),
    );
    if asked("BUYER") && paid {
        let host = marketplace_name(order).to_lowercase();
        let email = format!("{}@marketplace.{host}", order.buyer.alias);
        put(
            "buyer",
            json!({"buyerName": order.buyer.name, "buyerEmail": email}),
        );
    }
    if asked("RECIPIENT") && paid {
        put("recipient", json!({"deliveryAddress": address(order)}));
    }
    if asked("PROCEEDS") && paid {
        let total: Decimal = order
            .lines
            .iter()
            .map(|l| l.unit_price * Decimal::from(l.quantity))
            .sum();
        let money = money(total, currency(order));
        put(
            "proceeds",
            json!({"grandTotal": money, "breakdowns": [{"type": "ITEM", "subtotal": money}]}),
        );
    }
    if asked("FULFILLMENT") {
        put("fulfillment", fulfillment(order));
    }
    if asked("PACKAGES") && !order.packages.is_empty() {
        put("packages", packages(order));
    }
    Value::Object(out)
}

/// The order's `fulfillmentStatus`.
pub(super) fn status_text(order: &Order) -> &'static str {
    match order.status {
        OrderStatus::Pending => "PENDING",
        OrderStatus::Unshipped => "UNSHIPPED",
        OrderStatus::PartiallyShipped => "PARTIALLY_SHIPPED",
        OrderStatus::Shipped => "SHIPPED",
        OrderStatus::Cancelled => "CANCELLED",
    }
}

/// The order's `fulfilledBy`.
pub(super) fn fulfilled_by(order: &Order) -> &'static str {
    match order.fulfilment {
        Fulfilment::Merchant => "MERCHANT",
        Fulfilment::Platform => "AMAZON",
    }
}

/// `{amount, currencyCode}` with the currency's decimals.
pub(super) fn money(amount: Decimal, currency: &str) -> Value {
    let decimals = marketplaces::decimals(currency);
    json!({"amount": format!("{amount:.decimals$}"), "currencyCode": currency})
}

fn sales_channel(order: &Order) -> Value {
    json!({
        "channelName": "AMAZON",
        "marketplaceId": order.marketplace_id,
        "marketplaceName": marketplace_name(order),
    })
}

fn marketplace_name(order: &Order) -> &'static str {
    marketplaces::find(&order.marketplace_id).map_or("Amazon", |m| m.name)
}

fn currency(order: &Order) -> &str {
    order.lines.first().map_or("USD", |l| l.currency.as_str())
}

fn address(order: &Order) -> Value {
    let country = marketplaces::find(&order.marketplace_id).map_or("US", |m| m.country);
    let place =
        json!({"city": order.buyer.city, "postalCode": order.buyer.postal_code, "countryCode": country});
    if order.fulfilment == Fulfilment::Platform {
        return place;
    }
    let mut full = place;
    full["name"] = json!(order.buyer.name);
    full["addressLine1"] = json!(order.buyer.street);
    full["phone"] = json!(order.buyer.phone);
    full["addressType"] = json!("RESIDENTIAL");
    full
}

fn fulfillment(order: &Order) -> Value {
    let mut out = json!({
        "fulfillmentStatus": status_text(order),
        "fulfilledBy": fulfilled_by(order),
        "fulfillmentServiceLevel": "STANDARD",
    });
    if order.status != OrderStatus::Pending {
        let window = |from: u64, to: u64| {
            json!({
                "earliestDateTime": after_ms(order.placed_at, from * DAY_MS).to_string(),
                "latestDateTime": after_ms(order.placed_at, to * DAY_MS).to_string(),
            })
        };
        out["shipByWindow"] = window(0, 2);
        out["deliverByWindow"] = window(2, 6);
    }
    out
}

fn item_json(order: &Order, line: &OrderLine, included: &[String]) -> Value {
    let asked = |part: &str| included.iter().any(|i| i == part);
    let paid = order.status != OrderStatus::Pending;
    let mut product = json!({
        "asin": line.asin,
        "title": line.title,
        "sellerSku": line.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    });
    if paid {
        product["price"] = json!({"unitPrice": money(line.unit_price, &line.currency)});
    }
    let mut out = json!({"orderItemId": line.id, "quantityOrdered": line.quantity, "product": product});
    if asked("PROCEEDS") && paid {
        let total = money(line.unit_price * Decimal::from(line.quantity), &line.currency);
        out["proceeds"] =
            json!({"proceedsTotal": total, "breakdowns": [{"type": "ITEM", "subtotal": total}]});
    }
    if asked("FULFILLMENT") {
        let open = match order.status {
            OrderStatus::Cancelled => 0,
            _ => line.quantity.saturating_sub(line.shipped),
        };
        out["fulfillment"] = json!({"quantityFulfilled": line.shipped, "quantityUnfulfilled": open});
    }
    if asked("CANCELLATION") {
        let mut cancellation = Map::new();
        if order.cancel_requested {
            let request = json!({"requester": "BUYER", "cancelReason": "Ordered by mistake"});
            cancellation.insert("cancellationRequest".to_owned(), request);
        }
        if let Some(by) = order.cancelled_by {
            cancellation.insert("cancellationExecution".to_owned(), json!({"cancelledBy": by}));
        }
        if !cancellation.is_empty() {
            out["cancellation"] = Value::Object(cancellation);
        }
    }
    out
}

fn packages(order: &Order) -> Value {
    let all = order.packages.iter().map(|(reference, package)| {
        let items: Vec<Value> = package
            .lines
            .iter()
            .map(|l| json!({"orderItemId": l.line_id, "quantity": l.quantity}))
            .collect();
        let mut out = json!({
            "packageReferenceId": reference,
            "createdTime": package.created_at.to_string(),
            "packageStatus": {"status": "SHIPPED"},
            "carrier": package.carrier,
            "shipTime": package.shipped_at.to_string(),
            "trackingNumber": package.tracking,
            "packageItems": items,
        });
        if let Some(service) = &package.service {
            out["shippingService"] = json!(service);
        }
        out
    });
    Value::Array(all.collect())
}
