//! Orders, payments and returns as the Admin API shows them, whole; what was not asked for is cut off later.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Parcel, Payment, Return};
use crate::medusa::json::{SALES_CHANNEL, instant};
use crate::medusa::{State, Variant};

impl Payment {
    pub(super) fn json(&self) -> Value {
        let refund = |(id, amount, note): &(String, Decimal, Option<String>)| json!({"id": id, "amount": number(*amount), "note": note, "payment_id": self.id, "refund_reason_id": null});
        let captures = if self.captured > Decimal::ZERO {
            json!([{"id": format!("capt_{}", self.id), "amount": number(self.captured)}])
        } else {
            json!([])
        };
        json!({"id": self.id, "currency_code": "eur", "amount": number(self.captured), "provider_id": "pp_system_default",
            "captures": captures, "refunds": self.refunds.iter().map(refund).collect::<Vec<_>>()})
    }
}

/// A JSON number; the store counts in major units.
fn number(amount: Decimal) -> Value {
    amount.normalize().to_string().parse().unwrap_or(Value::Null)
}

impl State {
    pub(in crate::medusa) fn return_json(&self, one: &Return) -> Value {
        let order = self.orders.iter().find(|order| order.id == one.order);
        let (line, sku) = order
            .map(|order| (order.line(), order.sku.clone()))
            .unwrap_or_default();
        let at = |there: bool| {
            if there {
                json!(instant(one.updated_at))
            } else {
                Value::Null
            }
        };
        json!({"id": one.id, "status": if one.received { "received" } else { "requested" }, "order_id": one.order,
            "order_version": 1, "display_id": 1, "created_by": "user_1", "location_id": null,
            "created_at": instant(one.created_at), "updated_at": instant(one.updated_at),
            "requested_at": instant(one.created_at), "received_at": at(one.received), "canceled_at": null,
            "items": [{"id": format!("retitem_{}", one.id), "return_id": one.id, "item_id": line, "quantity": one.quantity,
                "received_quantity": if one.received { one.quantity } else { 0 }, "damaged_quantity": 0, "note": null,
                "metadata": {}, "reason_id": null, "reason": null, "item": {"id": line, "variant_sku": sku}}]})
    }

    /// An order as the Admin API shows it, whole.
    pub(in crate::medusa) fn order_json(&self, index: usize) -> Value {
        let order = &self.orders[index];
        let variant = self.variant(&order.sku);
        let (sku, line) = (&order.sku, order.line());
        let at = instant(order.created_at);
        let parcel = |parcel: &Parcel| {
            let labels = parcel.labels.iter().map(|label| {
                json!({"id": format!("fulla_{}", parcel.id), "tracking_number": label.tracking_number,
                    "tracking_url": label.tracking_url, "label_url": label.label_url, "fulfillment_id": parcel.id})
            });
            let shipped_at = if parcel.shipped {
                json!(instant(order.updated_at))
            } else {
                Value::Null
            };
            json!({"id": parcel.id, "location_id": order.location, "packed_at": at, "shipped_at": shipped_at,
                "delivered_at": null, "canceled_at": null, "marked_shipped_by": null, "created_by": null, "data": {},
                "requires_shipping": true, "provider_id": "manual_manual", "shipping_option_id": "so_1",
                "metadata": if parcel.metadata.is_empty() { Value::Null } else { Value::Object(parcel.metadata.clone()) },
                "created_at": at, "updated_at": instant(order.updated_at), "labels": labels.collect::<Vec<_>>(),
                "items": [{"id": format!("fulit_{}", parcel.id), "line_item_id": line, "quantity": parcel.quantity,
                    "sku": sku, "title": sku, "barcode": "", "fulfillment_id": parcel.id}]})
        };
        let promised = if order.payment.authorized {
            number(order.total)
        } else {
            json!(0)
        };
        let detail = json!({"id": format!("orditem_{}", order.id), "item_id": line, "version": order.version,
            "quantity": order.quantity, "fulfilled_quantity": order.packed(), "shipped_quantity": order.shipped(),
            "delivered_quantity": 0, "return_requested_quantity": order.returned, "return_received_quantity": 0,
            "return_dismissed_quantity": 0, "written_off_quantity": 0, "metadata": {}, "created_at": at, "updated_at": at});
        json!({
            "id": order.id, "display_id": order.number, "version": order.version, "email": "buyer@example.com",
            "status": if order.cancelled { "canceled" } else { "pending" },
            "currency_code": self.config.currency, "sales_channel_id": SALES_CHANNEL, "region_id": "reg_1",
            "customer_id": null, "metadata": null, "created_at": at, "updated_at": instant(order.updated_at),
            "canceled_at": if order.cancelled { json!(instant(order.updated_at)) } else { Value::Null },
            "total": number(order.total), "payment_status": order.payment_status(),
            "fulfillment_status": order.fulfillment_status(),
            "shipping_address": {"id": "ordaddr_1", "first_name": "Ada", "city": "Berlin", "country_code": "de"},
            "shipping_methods": [], "transactions": [],
            "items": [{"id": line, "title": variant.map(|v| v.config.product_title()), "subtitle": "Plain", "variant_sku": sku,
                "variant_id": variant.map(Variant::id), "product_id": variant.map(Variant::product_id),
                "quantity": order.quantity, "unit_price": variant.map(|v| number(v.config.price.parse().unwrap_or_default())),
                "total": number(order.total), "requires_shipping": true, "metadata": {}, "created_at": at,
                "updated_at": at, "detail": detail, "variant": {"id": variant.map(Variant::id), "sku": sku}}],
            "fulfillments": order.parcels.iter().map(parcel).collect::<Vec<_>>(),
            "payment_collections": [{"id": format!("pay_col_{}", order.id), "currency_code": self.config.currency,
                "amount": number(order.total), "authorized_amount": promised, "captured_amount": number(order.payment.captured),
                "refunded_amount": number(order.payment.refunded()), "status": "authorized", "payment_providers": [],
                "created_at": at, "updated_at": instant(order.payment.updated_at), "payments": [order.payment.json()]}],
        })
    }
}
