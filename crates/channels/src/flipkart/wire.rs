//! Flipkart's JSON: only what is used. Words stay text: an unknown one must not make the rest unreadable.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Raw JSON of the things in a list, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

/// A page of shipments.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShipmentsPage {
    #[serde(default)]
    pub(super) has_more: bool,
    #[serde(default)]
    pub(super) next_page_url: Option<String>,
    pub(super) shipments: Vec<Raw>,
}

/// A shipment's id alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShipmentId {
    pub(super) shipment_id: Option<String>,
}

/// A shipment: goods that are handed over together.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shipment {
    pub(super) shipment_id: String,
    #[serde(default)]
    pub(super) dispatch_by_date: Option<String>,
    #[serde(default)]
    pub(super) dispatch_after_date: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) location_id: Option<String>,
    #[serde(default)]
    pub(super) hold: bool,
    #[serde(default)]
    pub(super) shipment_type: Option<String>,
    #[serde(default)]
    pub(super) sub_shipments: Vec<SubShipment>,
    #[serde(default)]
    pub(super) order_items: Vec<OrderItem>,
    #[serde(default)]
    pub(super) forms: Vec<Form>,
}

/// A parcel of a shipment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubShipment {
    pub(super) sub_shipment_id: String,
    #[serde(default)]
    pub(super) packages: Vec<Package>,
}

/// How goods are packed, as the listing has it.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    #[serde(default)]
    pub(super) dimensions: Option<Dimensions>,
    #[serde(default)]
    pub(super) weight: Option<Raw>,
}

/// In centimetres.
#[derive(Debug, Deserialize)]
pub(super) struct Dimensions {
    pub(super) length: Raw,
    pub(super) breadth: Raw,
    pub(super) height: Raw,
}

/// A paper the law asks for, such as a waybill of a state.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// A line of a shipment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItem {
    pub(super) order_item_id: String,
    #[serde(default)]
    pub(super) order_id: Option<String>,
    #[serde(default)]
    pub(super) cancellation_group_id: Option<String>,
    #[serde(default)]
    pub(super) order_date: Option<String>,
    pub(super) status: String,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) service_profile: Option<String>,
    #[serde(default)]
    pub(super) price_components: Option<PriceComponents>,
}

/// What a line costs, in rupees.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PriceComponents {
    #[serde(default)]
    pub(super) total_price: Option<Raw>,
    #[serde(default)]
    pub(super) shipping_charge: Option<Raw>,
}

/// Courier and tracking number of shipments.
#[derive(Debug, Deserialize)]
pub(super) struct CourierPage {
    pub(super) shipments: Vec<CourierShipment>,
}

/// Courier and tracking number of a shipment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourierShipment {
    pub(super) shipment_id: String,
    #[serde(default)]
    pub(super) sub_shipments: Vec<CourierSubShipment>,
    #[serde(default)]
    pub(super) courier_details: Option<CourierDetails>,
}

/// The same where Flipkart says it parcel by parcel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourierSubShipment {
    #[serde(default)]
    pub(super) courier_details: Option<CourierDetails>,
}

/// Who brings it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourierDetails {
    #[serde(default)]
    pub(super) delivery_details: Option<Courier>,
}

/// A courier and its number of the parcel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Courier {
    #[serde(default)]
    pub(super) tracking_id: Option<String>,
    #[serde(default)]
    pub(super) vendor_name: Option<String>,
}

/// What became of each shipment of a call; the call itself answers 200 whatever became of them.
#[derive(Debug, Deserialize)]
pub(super) struct Outcomes {
    pub(super) shipments: Vec<Outcome>,
}

/// What became of one shipment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) shipment_id: String,
    #[serde(default, alias = "processingStatus")]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) error_code: Option<String>,
    #[serde(default)]
    pub(super) error_message: Option<String>,
}

/// A page of listings by id.
#[derive(Debug, Deserialize)]
pub(super) struct SearchPage {
    #[serde(default)]
    pub(super) next_page_id: Option<String>,
    #[serde(default)]
    pub(super) has_more: bool,
    /// A list by the prose, one object by the schema.
    #[serde(default)]
    pub(super) listings: Value,
}

/// Details of listings.
#[derive(Debug, Deserialize)]
pub(super) struct DetailsPage {
    pub(super) available: BTreeMap<String, Raw>,
    #[serde(default)]
    pub(super) unavailable: Vec<String>,
    #[serde(default)]
    pub(super) invalid: Vec<String>,
}

/// Details of one listing.
#[derive(Debug, Deserialize)]
pub(super) struct Details {
    pub(super) product_id: String,
    #[serde(default)]
    pub(super) price: Option<Price>,
    pub(super) listing_status: String,
    #[serde(default)]
    pub(super) fulfillment_profile: Option<String>,
    #[serde(default)]
    pub(super) locations: Vec<Location>,
    #[serde(default)]
    pub(super) archived_status: Option<String>,
}

/// A price in whole rupees.
#[derive(Debug, Deserialize)]
pub(super) struct Price {
    pub(super) mrp: i64,
    pub(super) selling_price: Raw,
    pub(super) currency: String,
}

/// Units at one location.
#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) inventory: Option<i64>,
}

/// What became of one SKU of an update.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Updated {
    pub(super) status: String,
    #[serde(default)]
    pub(super) errors: Vec<UpdateError>,
    #[serde(default)]
    pub(super) attribute_errors: Vec<UpdateError>,
}

/// Why an update was not made.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UpdateError {
    #[serde(default)]
    pub(super) severity: String,
    #[serde(default)]
    pub(super) code: Option<i64>,
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// A page of returns.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnsPage {
    #[serde(default)]
    pub(super) has_more: bool,
    #[serde(default)]
    pub(super) next_url: Option<String>,
    pub(super) return_items: Vec<Raw>,
}

/// A line of a return.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnItem {
    pub(super) return_id: String,
    pub(super) order_item_id: String,
    pub(super) shipment_id: String,
    pub(super) quantity: i64,
    pub(super) status: String,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) sub_reason: Option<String>,
    #[serde(default)]
    pub(super) tracking_id: Option<String>,
    pub(super) created_date: String,
    #[serde(default)]
    pub(super) updated_date: Option<String>,
}

/// A return's id alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnId {
    pub(super) return_id: Option<String>,
}

/// A notification.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) timestamp: Option<String>,
    #[serde(default)]
    pub(super) shipment_id: Option<String>,
    #[serde(default)]
    pub(super) return_id: Option<String>,
    #[serde(default)]
    pub(super) attributes: Option<Raw>,
}
