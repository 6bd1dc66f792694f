//! Operations, their one budget, and pure builders of their requests.
//!
//! All calls of a seller share 1,000 in any hour. A job that needs several calls takes the tokens of all of them with the
//! first, or it would never get past the first one while the budget is empty; the others then take none.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::BucketSpec;

use crate::call::{Effect, Operation, instant};
use crate::endpoint::{Query, encode};

/// Most SKUs of one call for details, quantities or prices (Flipkart's FAQ).
pub(super) const BATCH: usize = 10;
/// Shipments of one page; the most Flipkart takes is not published, its own clients ask for 20.
pub(super) const SHIPMENTS_PAGE: usize = 20;
/// Listings of one of our pages, whose details are ten calls more.
pub(super) const LISTINGS_PAGE: usize = 100;

/// 100 at once and 900 an hour: never more than 1,000 in any hour.
pub(super) static BUCKETS: [BucketSpec; 1] = [BucketSpec {
    name: "seller",
    rate_micro: 250_000,
    burst: 100,
}];

const MIB: usize = 1024 * 1024;

const fn operation(name: &'static str, effect: Effect, cost: i64, max_body_bytes: usize) -> Operation {
    Operation {
        name,
        bucket: if cost == 0 { None } else { Some(&BUCKETS[0]) },
        cost,
        timeout: Duration::from_secs(45),
        effect,
        max_body_bytes,
    }
}

/// "Test connection": a page of listings, and the locations after it.
pub(super) static PROBE: Operation = operation("listings.search", Effect::Read, 2, 4 * MIB);
/// Locations; not in the public reference.
pub(super) static LOCATIONS: Operation = operation("locations.all", Effect::Read, 0, MIB);
/// Shipments by pass; a page of cancelled ones is looked up once more.
pub(super) static FILTER: Operation = operation("shipments.filter", Effect::Read, 1, 16 * MIB);
/// A page of cancelled shipments and their details.
pub(super) static FILTER_CANCELLED: Operation = operation("shipments.filter", Effect::Read, 2, 16 * MIB);
/// Shipments by id.
pub(super) static SHIPMENTS: Operation = operation("shipments.get", Effect::Read, 1, 16 * MIB);
/// Shipments by id, as the second call of a job.
pub(super) static SHIPMENTS_AFTER: Operation = operation("shipments.get", Effect::Read, 0, 16 * MIB);
/// A shipment by id, before one more call about it.
pub(super) static SHIPMENT_OF_TWO: Operation = operation("shipments.get", Effect::Read, 2, 2 * MIB);
/// A shipment by id, before two more calls about it.
pub(super) static SHIPMENT_OF_THREE: Operation = operation("shipments.get", Effect::Read, 3, 2 * MIB);
/// Courier and tracking number of a shipment.
pub(super) static COURIER: Operation = operation("shipments.details", Effect::Read, 0, 2 * MIB);
/// A page of listings and the details of a hundred of them.
pub(super) static SEARCH: Operation = operation("listings.search", Effect::Read, 11, 4 * MIB);
/// Details of listings.
pub(super) static DETAILS: Operation = operation("listings.get", Effect::Read, 1, 4 * MIB);
/// Details of listings, as a later call of a job.
pub(super) static DETAILS_AFTER: Operation = operation("listings.get", Effect::Read, 0, 4 * MIB);
/// Details of listings, before their prices are set.
pub(super) static DETAILS_OF_TWO: Operation = operation("listings.get", Effect::Read, 2, 4 * MIB);
/// Quantities; absolute.
pub(super) static INVENTORY: Operation = operation("listings.update_inventory", Effect::Idempotent, 1, MIB);
/// Prices; absolute.
pub(super) static PRICE: Operation = operation("listings.update_price", Effect::Idempotent, 0, MIB);
/// Has labels made. A shipment that is packed is not packed again.
pub(super) static PACK: Operation = operation("shipments.pack", Effect::Idempotent, 0, MIB);
/// Label and invoice in one PDF.
pub(super) static LABELS: Operation = operation("shipments.labels", Effect::Read, 0, 16 * MIB);
/// Ready to dispatch. A shipment that is, stays so.
pub(super) static DISPATCH: Operation = operation("shipments.dispatch", Effect::Idempotent, 0, MIB);
/// Self-ship: handed to the seller's own courier.
pub(super) static SELF_SHIP: Operation = operation("self_ship.dispatch", Effect::Idempotent, 0, MIB);
/// Self-ship: another tracking number.
pub(super) static TRACKING: Operation = operation("self_ship.update", Effect::Idempotent, 0, MIB);
/// Cancels groups of order items. What is cancelled stays so.
pub(super) static CANCEL: Operation = operation("shipments.cancel", Effect::Idempotent, 0, MIB);
/// Returns.
pub(super) static RETURNS: Operation = operation("returns.get", Effect::Read, 1, 16 * MIB);

/// A call, built but without a token.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path below the host, and query.
    pub(super) target: String,
    /// `Null` for none.
    pub(super) body: Value,
}

fn get(operation: &'static Operation, target: String) -> Call {
    Call {
        operation,
        method: Method::GET,
        target,
        body: Value::Null,
    }
}

fn post(operation: &'static Operation, target: impl Into<String>, body: Value) -> Call {
    Call {
        operation,
        method: Method::POST,
        target: target.into(),
        body,
    }
}

/// An instant as Flipkart writes it, in Indian time.
pub(super) fn ist(at: Timestamp) -> String {
    const OFFSET: Duration = Duration::from_secs(19_800);
    instant(at.plus(OFFSET)).replace('Z', "+05:30")
}

/// The Indian date of an instant.
pub(super) fn ist_date(at: Timestamp) -> String {
    ist(at).chars().take(10).collect()
}

/// Where a shipment can stand, and by what it is found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    PreDispatch,
    PostDispatch,
    Cancelled,
}

impl Pass {
    /// In the order a shipment goes through them, so that one that moves on during a walk is met again, not missed.
    pub(super) const ALL: [Self; 3] = [Self::PreDispatch, Self::PostDispatch, Self::Cancelled];

    fn name(self) -> &'static str {
        match self {
            Self::PreDispatch => "preDispatch",
            Self::PostDispatch => "postDispatch",
            Self::Cancelled => "cancelled",
        }
    }

    fn operation(self) -> &'static Operation {
        match self {
            Self::Cancelled => &FILTER_CANCELLED,
            _ => &FILTER,
        }
    }
}

/// `POST /v3/shipments/filter`: the first page of a pass. `by_order_date` asks by when the buyer ordered.
pub(super) fn filter(pass: Pass, since: Timestamp, by_order_date: bool) -> Call {
    let (field, sort) = match pass {
        _ if by_order_date => ("orderDate", "orderDate"),
        Pass::Cancelled => ("cancellationDate", "modifiedDate"),
        _ => ("modifiedDate", "modifiedDate"),
    };
    let mut filter = json!({
        "type": pass.name(),
        // What Flipkart keeps in its own warehouses is not the seller's stock and stays out.
        "serviceProfiles": ["NON_FBF", "FBF_LITE"],
    });
    filter[field] = json!({"from": ist(since)});
    let body = json!({
        "filter": filter,
        "pagination": {"pageSize": SHIPMENTS_PAGE},
        "sort": {"field": sort, "order": "asc"},
    });
    post(pass.operation(), "/sellers/v3/shipments/filter", body)
}

/// The next page of a pass, by the address Flipkart gave, untouched.
pub(super) fn next_page(pass: Pass, url: &str) -> Call {
    get(pass.operation(), format!("/sellers{url}"))
}

/// `GET /v3/shipments?shipmentIds=…`, at most a hundred.
pub(super) fn shipments(operation: &'static Operation, ids: &[&str]) -> Call {
    let query = Query::default().with_list("shipmentIds", ids);
    get(operation, format!("/sellers/v3/shipments{}", query.as_str()))
}

/// `GET /v3/shipments/{id}`: addresses and courier.
pub(super) fn courier(id: &str) -> Call {
    get(&COURIER, format!("/sellers/v3/shipments/{}", encode(id)))
}

/// `GET /locations/allLocations`.
pub(super) fn locations() -> Call {
    get(&LOCATIONS, "/sellers/locations/allLocations".to_owned())
}

/// `POST /listings/v3/search`: 500 listings by id.
pub(super) fn search(operation: &'static Operation, page_id: Option<&str>) -> Call {
    let mut body = json!({"filters": {}});
    if let Some(page_id) = page_id {
        body["page_id"] = json!(page_id);
    }
    post(operation, "/sellers/listings/v3/search", body)
}

/// `GET /listings/v3/{skus}`, at most [`BATCH`].
pub(super) fn details(operation: &'static Operation, skus: &[&str]) -> Call {
    let skus: Vec<String> = skus.iter().map(|sku| encode(sku)).collect();
    get(operation, format!("/sellers/listings/v3/{}", skus.join(",")))
}

/// `POST /listings/v3/update/inventory`: a map by SKU.
pub(super) fn inventory(by_sku: Value) -> Call {
    post(&INVENTORY, "/sellers/listings/v3/update/inventory", by_sku)
}

/// `POST /listings/v3/update/price`: a map by SKU.
pub(super) fn price(by_sku: Value) -> Call {
    post(&PRICE, "/sellers/listings/v3/update/price", by_sku)
}

/// `POST /v3/shipments/labels`: packs one shipment.
pub(super) fn pack(shipment: Value) -> Call {
    post(
        &PACK,
        "/sellers/v3/shipments/labels",
        json!({"shipments": [shipment]}),
    )
}

/// `GET /v3/shipments/{id}/labels`: a PDF.
pub(super) fn labels(id: &str) -> Call {
    get(&LABELS, format!("/sellers/v3/shipments/{}/labels", encode(id)))
}

/// `POST /v3/shipments/dispatch`.
pub(super) fn dispatch(id: &str, location: Option<&str>) -> Call {
    let mut body = json!({"shipmentIds": [id]});
    if let Some(location) = location {
        body["locationId"] = json!(location);
    }
    post(&DISPATCH, "/sellers/v3/shipments/dispatch", body)
}

/// `POST /v3/shipments/selfShip/dispatch`.
pub(super) fn self_ship(shipment: Value) -> Call {
    let body = json!({"shipments": [shipment]});
    post(&SELF_SHIP, "/sellers/v3/shipments/selfShip/dispatch", body)
}

/// `POST /v3/shipments/{id}/update`: another tracking number.
pub(super) fn tracking(id: &str, body: Value) -> Call {
    post(
        &TRACKING,
        format!("/sellers/v3/shipments/{}/update", encode(id)),
        body,
    )
}

/// `POST /v3/shipments/cancel`.
pub(super) fn cancel(shipment: Value) -> Call {
    post(
        &CANCEL,
        "/sellers/v3/shipments/cancel",
        json!({"shipments": [shipment]}),
    )
}

/// `GET /v2/returns`: the first page of one source.
pub(super) fn returns(source: &str, since: Timestamp) -> Call {
    let query = Query::default()
        .with("source", source)
        .with("modifiedAfter", &ist(since));
    get(&RETURNS, format!("/sellers/v2/returns{}", query.as_str()))
}

/// The next page of returns, by the address Flipkart gave, untouched.
pub(super) fn next_returns(url: &str) -> Call {
    get(&RETURNS, format!("/sellers{url}"))
}
