//! Noon's JSON: only what is used. Words stay text: an unknown one must not make the rest unreadable.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Raw JSON of a number, whose digits are kept.
pub(super) type Raw = Box<RawValue>;

/// Who is signed in.
#[derive(Debug, Deserialize)]
pub(super) struct Who {
    pub(super) username: String,
}

/// A page of warehouses.
#[derive(Debug, Deserialize)]
pub(super) struct Warehouses {
    pub(super) warehouses: Vec<Warehouse>,
    #[serde(default)]
    pub(super) next_token: Option<String>,
}

/// A warehouse.
#[derive(Debug, Deserialize)]
pub(super) struct Warehouse {
    pub(super) warehouse_code: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) is_active: bool,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) fbpi_order_nr: String,
    #[serde(default)]
    pub(super) mp_country_code: Option<String>,
    pub(super) currency_code: String,
    pub(super) warehouse_code: String,
    pub(super) items: Vec<Unit>,
    pub(super) order_created_at: String,
}

/// One unit of an order.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Unit {
    pub(super) mp_item_nr: String,
    #[serde(default)]
    pub(super) partner_sku: Option<String>,
    pub(super) mp_status: String,
    pub(super) integration_status: String,
    #[serde(default)]
    pub(super) delivered_invoice_price: Option<Raw>,
}

/// A shipment; where its waybills stand in the answer is not published.
#[derive(Debug, Deserialize)]
pub(super) struct Shipment {
    #[serde(default)]
    pub(super) awbs: Vec<Waybill>,
    #[serde(default)]
    pub(super) shipment: Value,
}

/// A courier and its number of the parcel.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Waybill {
    #[serde(default)]
    pub(super) courier: Option<String>,
    pub(super) awb_nr: String,
}

/// Air waybills to use.
#[derive(Debug, Deserialize)]
pub(super) struct Waybills {
    pub(super) awb_nrs: Vec<String>,
}

/// Quantities as they are.
#[derive(Debug, Deserialize)]
pub(super) struct StockList {
    pub(super) items: Vec<StockLine>,
}

/// The quantity of a SKU at a warehouse.
#[derive(Debug, Deserialize)]
pub(super) struct StockLine {
    pub(super) warehouse_code: String,
    pub(super) partner_sku: String,
    #[serde(default)]
    pub(super) qty: Option<i64>,
}

/// What became of each line of a write; the call itself answers 200 whatever became of them.
#[derive(Debug, Deserialize)]
pub(super) struct Outcomes {
    pub(super) items: Vec<Outcome>,
}

/// What became of one line.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    pub(super) warehouse_code: Option<String>,
    #[serde(default)]
    pub(super) country_code: Option<String>,
    pub(super) partner_sku: String,
    #[serde(default)]
    pub(super) status: Option<LineStatus>,
}

/// `OK`, or what is wrong.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LineStatus {
    pub(super) status_code: String,
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// A product and its offers by country.
#[derive(Debug, Deserialize)]
pub(super) struct Product {
    pub(super) partner_sku: String,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) offers: Vec<Offer>,
}

/// How a product is offered in a country.
#[derive(Debug, Deserialize)]
pub(super) struct Offer {
    pub(super) country_code: String,
    #[serde(default)]
    pub(super) business_model: Option<String>,
    #[serde(default)]
    pub(super) price: Option<Price>,
    #[serde(default)]
    pub(super) is_active: bool,
    #[serde(default)]
    pub(super) live_status: Option<String>,
    #[serde(default)]
    pub(super) offer_issues: Vec<OfferIssue>,
}

/// A price; a double on the wire, whose digits are kept.
#[derive(Debug, Deserialize)]
pub(super) struct Price {
    pub(super) amount: Raw,
    pub(super) currency: String,
}

/// Why an offer is not live.
#[derive(Debug, Deserialize)]
pub(super) struct OfferIssue {
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// An export that was begun.
#[derive(Debug, Deserialize)]
pub(super) struct Export {
    pub(super) export_code: String,
}

/// How far an export is.
#[derive(Debug, Deserialize)]
pub(super) struct ExportStatus {
    pub(super) status: String,
    #[serde(default)]
    pub(super) download_url: Option<String>,
}

/// A message.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) payload: Payload,
}

/// About the message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) message_id: Option<String>,
    #[serde(default)]
    pub(super) published_at: Option<String>,
}

/// What the message is about.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Payload {
    #[serde(default)]
    pub(super) order_nr: Option<String>,
}
