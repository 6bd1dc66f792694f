//! A listing as listings items 2021-08-01 shows it.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::issue::listing_issue;
use super::order_json::money;
use crate::config::Fulfilment;
use crate::world::{Listing, Offer};

/// The parts `includedData` may ask for.
pub(super) const INCLUDED_DATA: [&str; 8] = [
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
];
const PRODUCT_TYPE: &str = "PRODUCT";

/// What to show of a listing, and to whom.
pub(super) struct View<'a> {
    pub(super) marketplaces: &'a [String],
    pub(super) included: &'a [String],
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

/// The listing with the parts the view asks for; without any, its summaries.
pub(super) fn item_json(listing: &Listing, view: &View<'_>) -> Value {
    let asked = |part: &str| match view.included {
        [] => part == "summaries",
        named => named.iter().any(|i| i == part),
    };
    let here: Vec<String> = view
        .marketplaces
        .iter()
        .filter(|m| listing.offers.contains_key(*m))
        .cloned()
        .collect();
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    put("sku", json!(listing.sku));
    if asked("summaries") {
        put("summaries", here.iter().map(|m| summary(listing, m)).collect());
    }
    if asked("attributes") {
        put("attributes", attributes(listing, view, &here));
    }
    if asked("issues") {
        put(
            "issues",
            listing.issues.iter().map(|i| listing_issue(i, &here)).collect(),
        );
    }
    if asked("offers") {
        let offers = here.iter().filter_map(|m| Some((m, listing.offers.get(m)?)));
        put(
            "offers",
            offers.map(|(m, offer)| offer_json(m, offer, view.now)).collect(),
        );
    }
    if asked("fulfillmentAvailability") {
        let mut availability = json!({"fulfillmentChannelCode": channel_code(listing, view.region)});
        if let Some(quantity) = listing.quantity {
            availability["quantity"] = json!(quantity);
        }
        put("fulfillmentAvailability", json!([availability]));
    }
    if asked("relationships") {
        let none = here
            .iter()
            .map(|m| json!({"marketplaceId": m, "relationships": []}));
        put("relationships", none.collect());
    }
    if asked("productTypes") {
        let types = here
            .iter()
            .map(|m| json!({"marketplaceId": m, "productType": PRODUCT_TYPE}));
        put("productTypes", types.collect());
    }
    Value::Object(out)
}

/// `BUYABLE` and `DISCOVERABLE`, as they hold in `marketplace`.
pub(super) fn statuses(listing: &Listing, marketplace: &str) -> Vec<&'static str> {
    let mut held = Vec::new();
    if listing.is_buyable(marketplace) {
        held.push("BUYABLE");
    }
    if !listing.suppressed {
        held.push("DISCOVERABLE");
    }
    held
}

/// `DEFAULT` for the seller's own stock, Amazon's regional network otherwise.
pub(super) fn channel_code(listing: &Listing, region: &str) -> &'static str {
    match (listing.fulfilment, region) {
        (Fulfilment::Merchant, _) => "DEFAULT",
        (Fulfilment::Platform, "NA") => "AMAZON_NA",
        (Fulfilment::Platform, "FE") => "AMAZON_JP",
        (Fulfilment::Platform, _) => "AMAZON_EU",
    }
}

fn summary(listing: &Listing, marketplace: &str) -> Value {
    let mut out = json!({
        "marketplaceId": marketplace,
        "asin": listing.asin,
        "productType": PRODUCT_TYPE,
        "conditionType": "new_new",
        "status": statuses(listing, marketplace),
        "itemName": listing.title,
        "createdDate": listing.created_at.to_string(),
        "lastUpdatedDate": listing.updated_at.to_string(),
        "mainImage": {
            "link": format!("https://images.example/{}.jpg", listing.asin),
            "height": 500,
            "width": 500,
        },
    });
    if listing.fulfilment == Fulfilment::Platform {
        out["fnSku"] = json!(format!("X00{}", listing.asin.trim_start_matches('B')));
    }
    out
}

fn offer_json(marketplace: &str, offer: &Offer, now: Timestamp) -> Value {
    json!({
        "marketplaceId": marketplace,
        "offerType": "B2C",
        "price": money(offer.price_at(now), &offer.currency),
        "audience": {"value": "ALL", "displayName": "Sell to all"},
    })
}

fn attributes(listing: &Listing, view: &View<'_>, here: &[String]) -> Value {
    let mut availability = json!({"fulfillment_channel_code": channel_code(listing, view.region)});
    if let Some(quantity) = listing.quantity {
        availability["quantity"] = json!(quantity);
    }
    if let Some(days) = listing.handling_days {
        availability["lead_time_to_ship_max_days"] = json!(days);
    }
    if let Some(date) = &listing.restock_date {
        availability["restock_date"] = json!(date);
    }
    let offers = here
        .iter()
        .filter_map(|m| Some(purchasable_offer(m, listing.offers.get(m)?)));
    let everywhere = |value: &str| -> Value {
        here.iter()
            .map(|m| json!({"value": value, "marketplace_id": m}))
            .collect()
    };
    json!({
        "item_name": everywhere(&listing.title),
        "condition_type": everywhere("new_new"),
        "fulfillment_availability": [availability],
        "purchasable_offer": offers.collect::<Vec<_>>(),
    })
}

fn purchasable_offer(marketplace: &str, offer: &Offer) -> Value {
    let flat = |value: Decimal| json!([{"schedule": [{"value_with_tax": number(value)}]}]);
    let mut out = json!({
        "marketplace_id": marketplace,
        "currency": offer.currency,
        "audience": "ALL",
        "our_price": flat(offer.price),
    });
    if let Some(sale) = &offer.sale {
        out["discounted_price"] = json!([{"schedule": [{
            "start_at": sale.from.to_string(),
            "end_at": sale.until.to_string(),
            "value_with_tax": number(sale.price),
        }]}]);
    }
    if let Some(floor) = offer.floor {
        out["minimum_seller_allowed_price"] = flat(floor);
    }
    if let Some(ceiling) = offer.ceiling {
        out["maximum_seller_allowed_price"] = flat(ceiling);
    }
    out
}

/// Attribute prices are JSON numbers.
fn number(value: Decimal) -> Value {
    json!(value.to_f64())
}
