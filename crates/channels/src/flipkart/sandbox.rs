//! Orders to practise on: what Flipkart's sandbox is asked so that it makes orders and moves them on.
//!
//! Only the sandbox (option `sandbox`) answers these. Each gives path and JSON body of a request that is sent with the
//! account's own access token; the sandbox sends its notifications as well.

use serde_json::{Value, json};

/// Something to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestItem {
    /// Flipkart's id of the listing, such as `LSTSHOF5Z9…`.
    pub listing_id: String,
    /// Units.
    pub quantity: u32,
}

/// How a test order is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestShipment {
    /// By Flipkart's courier.
    Normal,
    /// By the seller's own.
    SelfShip,
}

/// Asks for an order at one of the seller's locations.
pub fn test_order(location: &str, shipment: TestShipment, items: &[TestItem]) -> (&'static str, Value) {
    let kind = match shipment {
        TestShipment::Normal => "NORMAL",
        TestShipment::SelfShip => "SELF",
    };
    let item = |item: &TestItem| json!({"listingId": item.listing_id, "quantity": item.quantity});
    let body = json!({
        "shipmentType": kind,
        "locationId": location,
        "orderItems": items.iter().map(item).collect::<Vec<_>>(),
    });
    ("/sellers/orders/sandbox/test_orders", body)
}
