//! Orders, parcels, payments and returns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Raw, listed};
use crate::medusa::number::{Amount, units, units_or_none};

/// Answer of `GET /admin/orders`.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Orders {
    pub(in crate::medusa) orders: Vec<Raw>,
    /// How many there are in all.
    pub(in crate::medusa) count: usize,
}

/// Answer of everything about one order.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct OneOrder {
    pub(in crate::medusa) order: Raw,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Order {
    pub(in crate::medusa) id: String,
    pub(in crate::medusa) status: String,
    pub(in crate::medusa) currency_code: String,
    pub(in crate::medusa) created_at: String,
    pub(in crate::medusa) updated_at: String,
    #[serde(default)]
    pub(in crate::medusa) total: Option<Amount>,
    #[serde(default)]
    pub(in crate::medusa) payment_status: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) fulfillment_status: Option<String>,
    pub(in crate::medusa) items: Vec<OrderItem>,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) payment_collections: Vec<PaymentCollection>,
}

/// A line of an order.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct OrderItem {
    pub(in crate::medusa) id: String,
    #[serde(default)]
    pub(in crate::medusa) title: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) subtitle: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) variant_sku: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) variant: Option<ItemVariant>,
    #[serde(deserialize_with = "units")]
    pub(in crate::medusa) quantity: i64,
    #[serde(default)]
    pub(in crate::medusa) total: Option<Amount>,
    #[serde(default)]
    pub(in crate::medusa) requires_shipping: Option<bool>,
    pub(in crate::medusa) detail: ItemDetail,
}

/// The variant a line sold, as it is now.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ItemVariant {
    #[serde(default)]
    pub(in crate::medusa) sku: Option<String>,
}

/// How far a line is.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ItemDetail {
    #[serde(default, deserialize_with = "units_or_none")]
    pub(in crate::medusa) fulfilled_quantity: i64,
    #[serde(default, deserialize_with = "units_or_none")]
    pub(in crate::medusa) shipped_quantity: i64,
    #[serde(default, deserialize_with = "units_or_none")]
    pub(in crate::medusa) delivered_quantity: i64,
}

/// Payments that belong together, as far as a status depends on them.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct PaymentCollection {
    #[serde(default)]
    pub(in crate::medusa) updated_at: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) authorized_amount: Option<Amount>,
    #[serde(default)]
    pub(in crate::medusa) captured_amount: Option<Amount>,
}

/// An order with its fulfilments alone.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ShippableOrder {
    pub(in crate::medusa) status: String,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) fulfillments: Vec<Fulfilment>,
}

/// A parcel, packed or on its way.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::medusa) struct Fulfilment {
    pub(in crate::medusa) id: String,
    #[serde(default)]
    pub(in crate::medusa) shipped_at: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) canceled_at: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) metadata: Option<BTreeMap<String, Value>>,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) items: Vec<FulfilmentItem>,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) labels: Vec<Label>,
}

/// Units in a parcel.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::medusa) struct FulfilmentItem {
    #[serde(default)]
    pub(in crate::medusa) line_item_id: Option<String>,
    #[serde(deserialize_with = "units")]
    pub(in crate::medusa) quantity: i64,
}

/// Body of `POST /admin/orders/{id}/fulfillments`.
#[derive(Debug, Serialize)]
pub(in crate::medusa) struct NewFulfilment {
    pub(in crate::medusa) items: Vec<ParcelItem>,
    pub(in crate::medusa) metadata: BTreeMap<String, String>,
}

/// Body of `POST /admin/orders/{id}/fulfillments/{id}/shipments`.
#[derive(Debug, Serialize)]
pub(in crate::medusa) struct NewShipment {
    pub(in crate::medusa) items: Vec<ParcelItem>,
    pub(in crate::medusa) labels: Vec<Label>,
}

/// Units of an order line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::medusa) struct ParcelItem {
    pub(in crate::medusa) id: String,
    pub(in crate::medusa) quantity: i64,
}

/// What is on the outside of a parcel. The shop asks for all three; an address may be empty.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::medusa) struct Label {
    pub(in crate::medusa) tracking_number: String,
    #[serde(default)]
    pub(in crate::medusa) tracking_url: String,
    #[serde(default)]
    pub(in crate::medusa) label_url: String,
}

/// An order with its payments alone.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct PaidOrder {
    pub(in crate::medusa) currency_code: String,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) payment_collections: Vec<PaidCollection>,
}

/// Payments that belong together.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct PaidCollection {
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) payments: Vec<Payment>,
}

/// Answer of `POST /admin/payments/{id}/refund`.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct OnePayment {
    pub(in crate::medusa) payment: Payment,
}

/// Money of the buyer's.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Payment {
    pub(in crate::medusa) id: String,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) captures: Vec<Capture>,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) refunds: Vec<Refund>,
}

/// Money that was taken.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Capture {
    pub(in crate::medusa) amount: Amount,
}

/// Money that was given back.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Refund {
    pub(in crate::medusa) id: String,
    pub(in crate::medusa) amount: Amount,
    #[serde(default)]
    pub(in crate::medusa) note: Option<String>,
}

/// Body of `POST /admin/payments/{id}/refund`.
#[derive(Debug, Serialize)]
pub(in crate::medusa) struct NewRefund {
    pub(in crate::medusa) amount: Amount,
    pub(in crate::medusa) note: String,
}

/// Answer of `GET /admin/returns`.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Returns {
    pub(in crate::medusa) returns: Vec<Raw>,
    /// How many there are in all.
    pub(in crate::medusa) count: usize,
}

/// A return.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct Return {
    pub(in crate::medusa) id: String,
    pub(in crate::medusa) status: String,
    pub(in crate::medusa) order_id: String,
    pub(in crate::medusa) created_at: String,
    pub(in crate::medusa) updated_at: String,
    #[serde(default, deserialize_with = "listed")]
    pub(in crate::medusa) items: Vec<ReturnItem>,
}

/// A line of a return.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ReturnItem {
    #[serde(default)]
    pub(in crate::medusa) item_id: Option<String>,
    #[serde(deserialize_with = "units")]
    pub(in crate::medusa) quantity: i64,
    #[serde(default)]
    pub(in crate::medusa) note: Option<String>,
    #[serde(default)]
    pub(in crate::medusa) item: Option<ReturnedItem>,
    #[serde(default)]
    pub(in crate::medusa) reason: Option<ReturnReason>,
}

/// The order line that comes back.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ReturnedItem {
    #[serde(default)]
    pub(in crate::medusa) variant_sku: Option<String>,
}

/// Why.
#[derive(Debug, Deserialize)]
pub(in crate::medusa) struct ReturnReason {
    #[serde(default)]
    pub(in crate::medusa) label: Option<String>,
}
