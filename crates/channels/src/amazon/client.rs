//! Operations with their published budgets, and pure builders of their requests.
//!
//! Paths, parameters and bodies follow Amazon's Swagger models, against which a test validates all of them; rates and
//! bursts are those of the models' usage plans and are corrected at run time by `x-amzn-RateLimit-Limit`.

use std::time::Duration;

use http::Method;
use serde_json::json;
use stockbridge_domain::channel::{BucketSpec, Level, OrderTime, PriceLevel, ShipmentNotice};
use stockbridge_domain::{Sku, Timestamp};

use crate::call::{Effect, Operation, instant, instant_millis};
use crate::endpoint::{Query, encode};

const LISTINGS: &str = "/listings/2021-08-01/items";
const ORDERS: &str = "/orders/2026-01-01/orders";

const fn bucket(name: &'static str, rate_micro: i64, burst: i64) -> BucketSpec {
    BucketSpec {
        name,
        rate_micro,
        burst,
    }
}

/// Every budget, in the order of the operations below.
pub(super) static BUCKETS: [BucketSpec; 7] = [
    bucket("getMarketplaceParticipations", 16_000, 15),
    bucket("searchListingsItems", 5_000_000, 5),
    bucket("getListingsItem", 5_000_000, 10),
    bucket("patchListingsItem", 5_000_000, 5),
    bucket("searchOrders", 5_600, 20),
    bucket("getOrder", 500_000, 30),
    bucket("confirmShipment", 2_000_000, 10),
];

const fn operation(index: usize, effect: Effect, max_body_bytes: usize) -> Operation {
    Operation {
        name: BUCKETS[index].name,
        bucket: Some(&BUCKETS[index]),
        cost: 1,
        timeout: Duration::from_secs(30),
        effect,
        max_body_bytes,
    }
}

const MIB: usize = 1024 * 1024;
/// Which marketplaces the seller takes part in.
pub(super) static PARTICIPATIONS: Operation = operation(0, Effect::Read, MIB);
/// Listings, by page or by SKU.
pub(super) static SEARCH_LISTINGS: Operation = operation(1, Effect::Read, 8 * MIB);
/// One listing.
pub(super) static GET_LISTING: Operation = operation(2, Effect::Read, 2 * MIB);
/// Sets a quantity or price; absolute, so the same again changes nothing more.
pub(super) static PATCH_LISTING: Operation = operation(3, Effect::Idempotent, MIB);
/// Orders, by page.
pub(super) static SEARCH_ORDERS: Operation = operation(4, Effect::Read, 16 * MIB);
/// One order.
pub(super) static GET_ORDER: Operation = operation(5, Effect::Read, 2 * MIB);
/// Confirms a parcel; the same number again edits the same parcel.
pub(super) static CONFIRM_SHIPMENT: Operation = operation(6, Effect::Idempotent, MIB);

/// A call, built but not signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: Option<String>,
}

impl Call {
    fn get(operation: &'static Operation, path: String, query: &Query) -> Self {
        Self {
            operation,
            method: Method::GET,
            target: path + query.as_str(),
            body: None,
        }
    }
}

/// `getMarketplaceParticipations`.
pub(super) fn get_marketplace_participations() -> Call {
    Call::get(
        &PARTICIPATIONS,
        "/sellers/v1/marketplaceParticipations".into(),
        &Query::default(),
    )
}

/// What is read of a listing.
const LISTING_DATA: [&str; 4] = ["summaries", "issues", "offers", "fulfillmentAvailability"];
/// Most listings of one page, and most SKUs of one question.
pub(super) const LISTING_PAGE: usize = 20;

/// `searchListingsItems`: one page of all, oldest first, created at or after `created_after`.
pub(super) fn search_listings(
    seller_id: &str,
    marketplaces: &[String],
    created_after: Option<&str>,
    page_token: Option<&str>,
) -> Call {
    let mut query = listing_query(marketplaces)
        .with("sortBy", "createdDate")
        .with("sortOrder", "ASC");
    if let Some(after) = created_after {
        query = query.with("createdAfter", after);
    }
    query = query.with("pageSize", &LISTING_PAGE.to_string());
    if let Some(token) = page_token {
        query = query.with("pageToken", token);
    }
    Call::get(
        &SEARCH_LISTINGS,
        format!("{LISTINGS}/{}", encode(seller_id)),
        &query,
    )
}

/// `searchListingsItems`: these SKUs, at most [`LISTING_PAGE`], none of which may hold a comma.
pub(super) fn find_listings(seller_id: &str, marketplaces: &[String], skus: &[&str]) -> Call {
    let query = listing_query(marketplaces)
        .with_list("identifiers", skus)
        .with("identifiersType", "SKU")
        .with("pageSize", &LISTING_PAGE.to_string());
    Call::get(
        &SEARCH_LISTINGS,
        format!("{LISTINGS}/{}", encode(seller_id)),
        &query,
    )
}

/// `getListingsItem`.
pub(super) fn get_listing(seller_id: &str, marketplaces: &[String], sku: &str) -> Call {
    Call::get(
        &GET_LISTING,
        item_path(seller_id, sku),
        &listing_query(marketplaces),
    )
}

fn listing_query(marketplaces: &[String]) -> Query {
    Query::default()
        .with_list("marketplaceIds", marketplaces)
        .with_list("includedData", &LISTING_DATA)
}

fn item_path(seller_id: &str, sku: &str) -> String {
    format!("{LISTINGS}/{}/{}", encode(seller_id), encode(sku))
}

/// `patchListingsItem`: the quantity, by `merge`, so that handling time and restock date stay as they are.
pub(super) fn patch_quantity(seller_id: &str, marketplaces: &[String], level: &Level) -> Call {
    let value = json!({"fulfillment_channel_code": "DEFAULT", "quantity": level.quantity});
    let patch = json!({"op": "merge", "path": "/attributes/fulfillment_availability", "value": [value]});
    patch_item(
        seller_id,
        marketplaces,
        &level.sku,
        level.handle.as_deref(),
        &patch.to_string(),
    )
}

/// `patchListingsItem`: the price in one marketplace, by `replace`, which also ends a sale price.
pub(super) fn patch_price(seller_id: &str, marketplace: &str, level: &PriceLevel) -> Call {
    let (currency, amount) = (level.price.currency().code(), level.price.amount());
    // The amount is written as the decimal it is: as a JSON number, but never as a float.
    let patch = format!(
        r#"{{"op":"replace","path":"/attributes/purchasable_offer","value":[{{"marketplace_id":{},"currency":"{currency}","audience":"ALL","our_price":[{{"schedule":[{{"value_with_tax":{amount}}}]}}]}}]}}"#,
        json!(marketplace),
    );
    let marketplaces = [marketplace.to_owned()];
    patch_item(
        seller_id,
        &marketplaces,
        &level.sku,
        level.handle.as_deref(),
        &patch,
    )
}

fn patch_item(
    seller_id: &str,
    marketplaces: &[String],
    sku: &Sku,
    product_type: Option<&str>,
    patch: &str,
) -> Call {
    // Amazon takes the literal PRODUCT for patches of offers when the true type is not known.
    let product_type = json!(product_type.unwrap_or("PRODUCT"));
    let query = Query::default()
        .with_list("marketplaceIds", marketplaces)
        .with("issueLocale", "en_US");
    Call {
        operation: &PATCH_LISTING,
        method: Method::PATCH,
        target: item_path(seller_id, sku.as_str()) + query.as_str(),
        body: Some(format!(r#"{{"productType":{product_type},"patches":[{patch}]}}"#)),
    }
}

/// How much of each order is asked for, from all that is used down to nothing: Amazon has refused single sets of data to
/// sellers or whole regions, and an order that is read without its prices is better than none.
pub(super) const ORDER_DATA: [&[&str]; 3] = [
    &["PROCEEDS", "CANCELLATION", "FULFILLMENT"],
    &["CANCELLATION", "FULFILLMENT"],
    &[],
];

/// `searchOrders`: one page of the orders changed or placed since. No end is given: Amazon then answers up to two minutes ago and
/// says so.
pub(super) fn search_orders(
    marketplaces: &[String],
    since: Timestamp,
    by: OrderTime,
    merchant_only: bool,
    data: &[&str],
    token: Option<&str>,
) -> Call {
    let from = match by {
        OrderTime::Updated => "lastUpdatedAfter",
        OrderTime::Placed => "createdAfter",
    };
    let mut query = Query::default()
        .with(from, &instant(since))
        .with_list("marketplaceIds", marketplaces);
    if merchant_only {
        query = query.with("fulfilledBy", "MERCHANT");
    }
    // Orders without their data are then read one by one, so a page is no more than getOrder's burst.
    query = query
        .with("maxResultsPerPage", if data.is_empty() { "20" } else { "100" })
        .with_list("includedData", data);
    if let Some(token) = token {
        query = query.with("paginationToken", token);
    }
    Call::get(&SEARCH_ORDERS, ORDERS.into(), &query)
}

/// `getOrder`.
pub(super) fn get_order(id: &str, data: &[&str]) -> Call {
    let query = Query::default().with_list("includedData", data);
    Call::get(&GET_ORDER, format!("{ORDERS}/{}", encode(id)), &query)
}

/// `confirmShipment`. A carrier Amazon has no code for is written `Other:Name`.
pub(super) fn confirm_shipment(main_marketplace: &str, notice: &ShipmentNotice) -> Call {
    let (code, name) = match notice.carrier.split_once(':') {
        Some((code, name)) if code.trim().eq_ignore_ascii_case("other") => ("Other", name.trim()),
        _ => (notice.carrier.as_str(), notice.carrier.as_str()),
    };
    let items: Vec<_> = notice
        .lines
        .iter()
        .map(|l| json!({"orderItemId": l.channel_line_id, "quantity": l.quantity}))
        .collect();
    let mut package = json!({
        "packageReferenceId": notice.parcel.to_string(),
        "carrierCode": code,
        "carrierName": name,
        "trackingNumber": notice.tracking,
        "shipDate": instant_millis(notice.shipped_at),
        "orderItems": items,
    });
    if let Some(method) = &notice.method {
        package["shippingMethod"] = json!(method);
    }
    let marketplace = notice.marketplace.as_deref().unwrap_or(main_marketplace);
    Call {
        operation: &CONFIRM_SHIPMENT,
        method: Method::POST,
        target: format!(
            "/orders/v0/orders/{}/shipmentConfirmation",
            encode(&notice.channel_order_id)
        ),
        body: Some(json!({"marketplaceId": marketplace, "packageDetail": package}).to_string()),
    }
}
