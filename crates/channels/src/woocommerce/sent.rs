//! The JSON that is sent: bodies with only the fields that are meant to change.

use serde::Serialize;
use serde_json::value::RawValue;

use super::wire::Meta;

/// Body of a batch.
#[derive(Debug, Serialize)]
pub(super) struct BatchBody {
    pub(super) update: Vec<Change>,
}

/// One item of a batch.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    pub(super) id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stock_quantity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) regular_price: Option<String>,
}

/// A change of an order.
#[derive(Debug, Default, Serialize)]
pub(super) struct OrderChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) meta_data: Vec<Meta>,
}

/// A refund to be made.
#[derive(Debug, Serialize)]
pub(super) struct NewRefund {
    pub(super) amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) line_items: Vec<RefundLine>,
    pub(super) api_refund: bool,
    pub(super) api_restock: bool,
    pub(super) meta_data: Vec<Meta>,
}

/// One line of a refund to be made.
#[derive(Debug, Serialize)]
pub(super) struct RefundLine {
    pub(super) id: u64,
    pub(super) quantity: i64,
    pub(super) refund_total: Box<RawValue>,
}

/// A fulfilment to be made.
#[derive(Debug, Serialize)]
pub(super) struct NewFulfilment {
    pub(super) status: &'static str,
    pub(super) is_fulfilled: bool,
    pub(super) meta_data: Vec<Meta>,
}

/// A tracking number to be added.
#[derive(Debug, Serialize)]
pub(super) struct NewTracking {
    pub(super) tracking_number: String,
    pub(super) custom_tracking_provider: String,
    pub(super) date_shipped: String,
}

/// A webhook to be made or repaired; the secret cannot be read back, so a repair sets it again.
#[derive(Debug, Serialize)]
pub(super) struct WebhookChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delivery_url: Option<String>,
    pub(super) status: &'static str,
    pub(super) secret: &'a str,
}
