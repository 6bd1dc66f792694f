//! The protocol's JSON. Words of the other side stay text: an unknown one must not make the rest unreadable.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Raw JSON of the things in a list, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

/// Answer of `GET /info`.
#[derive(Debug, Deserialize)]
pub(super) struct Info {
    pub(super) protocol: i64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) currency: Option<String>,
    pub(super) write_modes: Vec<String>,
    #[serde(default)]
    pub(super) locations: Vec<Location>,
    /// What can be done with its orders after the sale, in the words of `aftersales`.
    #[serde(default)]
    pub(super) after_sales: Vec<String>,
}

/// A place of the other side that keeps stock of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) id: String,
}

/// An amount of money in major units.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Amount {
    pub(super) amount: String,
    pub(super) currency: String,
}

/// Answer of `GET /listings`.
#[derive(Debug, Deserialize)]
pub(super) struct ListingsPage {
    pub(super) listings: Vec<Raw>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// A listing.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    pub(super) sku: String,
    #[serde(default, rename = "ref")]
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    /// Empty where the other side says that there is none; missing where it does not tell.
    #[serde(default)]
    pub(super) barcode: Option<String>,
    pub(super) status: String,
    #[serde(default)]
    pub(super) price: Option<Amount>,
    pub(super) quantities: Vec<Shown>,
    /// Addresses, the main one first; missing where the other side tells of none.
    #[serde(default)]
    pub(super) images: Option<Vec<String>>,
}

/// The SKU alone, for listings of which nothing else can be read.
#[derive(Debug, Deserialize)]
pub(super) struct SkuOnly {
    pub(super) sku: Option<String>,
}

/// Units for sale at one location, or at the only one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    pub(super) location: Option<String>,
    pub(super) quantity: i64,
}

/// Answer of `GET /orders`.
#[derive(Debug, Deserialize)]
pub(super) struct OrdersPage {
    pub(super) orders: Vec<Raw>,
    #[serde(default)]
    pub(super) next: Option<String>,
    pub(super) complete_until: String,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) placed_at: String,
    pub(super) updated_at: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) ship_by: Option<String>,
    #[serde(default)]
    pub(super) total: Option<Amount>,
    pub(super) lines: Vec<Line>,
}

/// The id alone, for orders and returns of which nothing else can be read.
#[derive(Debug, Deserialize)]
pub(super) struct IdOnly {
    pub(super) id: Option<String>,
}

/// A line of an order.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) shipped: i64,
    #[serde(default)]
    pub(super) cancelled: i64,
    #[serde(default)]
    pub(super) total: Option<Amount>,
}

/// Body of `POST /quantities`.
#[derive(Debug, Serialize)]
pub(super) struct QuantityChanges {
    pub(super) changes: Vec<QuantityChange>,
}

/// One listing's change, made whole or not at all.
#[derive(Debug, Serialize)]
pub(super) struct QuantityChange {
    pub(super) key: String,
    pub(super) sku: String,
    pub(super) mode: &'static str,
    pub(super) parts: Vec<Part>,
}

/// The change at one location, or at the only one.
#[derive(Debug, Default, Serialize)]
pub(super) struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quantity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<i64>,
}

/// Body of `POST /prices`.
#[derive(Debug, Serialize)]
pub(super) struct PriceChanges {
    pub(super) changes: Vec<PriceChange>,
}

/// One listing's price.
#[derive(Debug, Serialize)]
pub(super) struct PriceChange {
    pub(super) sku: String,
    pub(super) price: Amount,
}

/// Answer of `POST /quantities` and `POST /prices`: one result for each change, in order.
#[derive(Debug, Deserialize)]
pub(super) struct Results {
    pub(super) results: Vec<Outcome>,
}

/// What became of one change.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Outcome {
    pub(super) sku: String,
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) shown: Option<Vec<Shown>>,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) receipt: Option<String>,
}

/// Body of `POST /shipments`.
#[derive(Debug, Serialize)]
pub(super) struct Parcel {
    pub(super) order: String,
    pub(super) parcel: u32,
    pub(super) carrier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    pub(super) tracking: String,
    pub(super) shipped_at: String,
    pub(super) lines: Vec<Units>,
}

/// Units of an order's line.
#[derive(Debug, Serialize)]
pub(super) struct Units {
    pub(super) line: String,
    pub(super) quantity: i64,
}

/// Body of `POST /cancellations`.
#[derive(Debug, Serialize)]
pub(super) struct Cancellation {
    pub(super) key: String,
    pub(super) order: String,
    pub(super) reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    /// Empty for all that is open.
    pub(super) lines: Vec<Units>,
}

/// Body of `POST /refunds`.
#[derive(Debug, Serialize)]
pub(super) struct Refund {
    pub(super) key: String,
    pub(super) order: String,
    pub(super) amount: Amount,
    pub(super) pay_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    /// Empty for money alone.
    pub(super) lines: Vec<Units>,
}

/// Answer of `POST /refunds`.
#[derive(Debug, Deserialize)]
pub(super) struct Refunded {
    #[serde(default)]
    pub(super) id: Option<String>,
}

/// Answer of `GET /returns`.
#[derive(Debug, Deserialize)]
pub(super) struct ReturnsPage {
    pub(super) returns: Vec<Raw>,
    #[serde(default)]
    pub(super) next: Option<String>,
    pub(super) complete_until: String,
}

/// A return.
#[derive(Debug, Deserialize)]
pub(super) struct Return {
    pub(super) id: String,
    pub(super) order: String,
    pub(super) status: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    #[serde(default)]
    pub(super) tracking: Option<String>,
    pub(super) lines: Vec<ReturnLine>,
}

/// What comes back.
#[derive(Debug, Deserialize)]
pub(super) struct ReturnLine {
    #[serde(default)]
    pub(super) line: Option<String>,
    #[serde(default)]
    pub(super) sku: Option<String>,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// An error as RFC 9457 has it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) detail: Option<String>,
    #[serde(default)]
    pub(super) code: Option<String>,
}
