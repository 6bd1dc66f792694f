//! Request bodies, as strict as the store's validators: an unknown key is refused by name.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Why a call fails, as the store says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_data",
            message: message.into(),
        }
    }

    pub(super) fn not_allowed(message: impl Into<String>) -> Self {
        Self {
            kind: "not_allowed",
            ..Self::invalid(message)
        }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "not_found",
            message: message.into(),
        }
    }

    /// What the store answers to a filter its database cannot read, among other things.
    pub(super) fn unknown() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: "unknown_error",
            message: "An unknown error occurred.".to_owned(),
        }
    }
}

/// Body of a batch of inventory levels.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelBatch {
    #[serde(default)]
    pub(super) create: Vec<Level>,
    #[serde(default)]
    pub(super) update: Vec<Level>,
    #[serde(default, rename = "delete")]
    pub(super) _delete: Vec<String>,
    #[serde(default, rename = "force")]
    pub(super) _force: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Level {
    pub(super) inventory_item_id: String,
    pub(super) location_id: String,
    #[serde(default)]
    pub(super) stocked_quantity: i64,
    #[serde(default, rename = "incoming_quantity")]
    pub(super) _incoming_quantity: i64,
}

/// Body of a variant's update, as far as prices go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantUpdate {
    pub(super) prices: Vec<Price>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    #[serde(default)]
    pub(super) id: Option<String>,
    pub(super) currency_code: String,
    pub(super) amount: Value,
    #[serde(default)]
    pub(super) min_quantity: Value,
    #[serde(default)]
    pub(super) max_quantity: Value,
    #[serde(default)]
    pub(super) rules: Map<String, Value>,
}

/// Body of a fulfilment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fulfilment {
    pub(super) items: Vec<Item>,
    #[serde(default, rename = "location_id")]
    pub(super) _location_id: Option<String>,
    #[serde(default, rename = "no_notification")]
    pub(super) _no_notification: bool,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
}

/// Units of an order line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) quantity: u32,
}

/// Body of a shipment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shipment {
    pub(super) items: Vec<Item>,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    #[serde(default, rename = "no_notification")]
    pub(super) _no_notification: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) tracking_number: String,
    pub(super) tracking_url: String,
    pub(super) label_url: String,
}

impl Label {
    /// The store takes nothing, `#`, or an address.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for url in [&self.tracking_url, &self.label_url] {
            let address = url.starts_with("https://") || url.starts_with("http://");
            if !(url.is_empty() || url == "#" || address) {
                return Err(Failure::invalid(
                    "Invalid request: the label's URL must be http or https",
                ));
            }
        }
        Ok(())
    }
}

/// Body of a refund.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refund {
    pub(super) amount: Value,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default, rename = "refund_reason_id")]
    pub(super) _refund_reason_id: Option<String>,
}

/// Reads a body, or says what is wrong with it in the store's words.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|e| {
        let text = e.to_string();
        let quoted = text.split('`').nth(1).unwrap_or_default();
        Failure::invalid(if text.starts_with("unknown field") {
            format!("Invalid request: Unrecognized fields: '{quoted}'")
        } else if text.starts_with("missing field") {
            format!("Invalid request: Field '{quoted}' is required")
        } else {
            format!("Invalid request: {text}")
        })
    })
}
