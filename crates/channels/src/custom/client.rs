//! Operations with their budgets, and pure builders of their requests.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{BucketSpec, ListingKey, OrderTime};

use super::wire;
use crate::call::{Effect, Operation};
use crate::endpoint::{Query, encode};

const fn bucket(name: &'static str, rate_micro: i64, burst: i64) -> BucketSpec {
    BucketSpec {
        name,
        rate_micro,
        burst,
    }
}

/// Every budget, in the order of the operations below. The other side corrects the rates by the header `stockbridge-rate`.
pub(super) static BUCKETS: [BucketSpec; 10] = [
    bucket("getInfo", 1_000_000, 5),
    bucket("getListings", 5_000_000, 20),
    bucket("getOrders", 2_000_000, 20),
    bucket("getOrder", 5_000_000, 20),
    bucket("changeQuantities", 10_000_000, 20),
    bucket("changePrices", 2_000_000, 10),
    bucket("confirmShipment", 2_000_000, 10),
    bucket("cancelOrder", 2_000_000, 10),
    bucket("refundOrder", 2_000_000, 10),
    bucket("getReturns", 2_000_000, 10),
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
/// What the other side is and can.
pub(super) static INFO: Operation = operation(0, Effect::Read, MIB);
/// Listings, by page or by SKU.
pub(super) static LISTINGS: Operation = operation(1, Effect::Read, 8 * MIB);
/// Orders, by page.
pub(super) static ORDERS: Operation = operation(2, Effect::Read, 16 * MIB);
/// One order.
pub(super) static ORDER: Operation = operation(3, Effect::Read, 2 * MIB);
/// Quantities. Every item carries its key, so the same item again changes nothing more.
pub(super) static QUANTITIES: Operation = operation(4, Effect::Idempotent, MIB);
/// Prices; absolute.
pub(super) static PRICES: Operation = operation(5, Effect::Idempotent, MIB);
/// A parcel; the same number again edits the same parcel.
pub(super) static SHIPMENTS: Operation = operation(6, Effect::Idempotent, MIB);
/// An order called off, or units of it; carries its key.
pub(super) static CANCELLATIONS: Operation = operation(7, Effect::Idempotent, MIB);
/// Money given back; carries its key.
pub(super) static REFUNDS: Operation = operation(8, Effect::Idempotent, MIB);
/// Returns, by page.
pub(super) static RETURNS: Operation = operation(9, Effect::Read, 8 * MIB);

/// Listings or orders asked for in one page.
const PAGE: &str = "100";

/// A call, built but not signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path below the base URL, and query.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
}

impl Call {
    fn get(operation: &'static Operation, path: &str, query: &Query) -> Self {
        Self {
            operation,
            method: Method::GET,
            target: format!("{path}{}", query.as_str()),
            body: Vec::new(),
        }
    }

    fn post(operation: &'static Operation, path: &str, body: &impl Serialize) -> Self {
        Self {
            operation,
            method: Method::POST,
            target: path.to_owned(),
            // Texts, numbers and lists: there is nothing in these bodies that JSON cannot hold.
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }
}

fn paged(query: Query, cursor: Option<&str>) -> Query {
    let query = query.with("limit", PAGE);
    match cursor {
        Some(cursor) => query.with("cursor", cursor),
        None => query,
    }
}

/// `GET /info`.
pub(super) fn info() -> Call {
    Call::get(&INFO, "/info", &Query::default())
}

/// `GET /listings`: one page of all.
pub(super) fn listings(cursor: Option<&str>) -> Call {
    Call::get(&LISTINGS, "/listings", &paged(Query::default(), cursor))
}

/// `GET /listings?sku=…&sku=…`: these alone, in one answer.
pub(super) fn listings_of(listings: &[ListingKey]) -> Call {
    let query = listings.iter().fold(Query::default(), |query, listing| {
        query.with("sku", listing.sku.as_str())
    });
    Call::get(&LISTINGS, "/listings", &query)
}

/// `GET /orders`: one page of those changed or placed since.
pub(super) fn orders(since: Timestamp, by: OrderTime, cursor: Option<&str>) -> Call {
    let by = match by {
        OrderTime::Updated => "updated",
        OrderTime::Placed => "placed",
    };
    let query = Query::default().with("since", &since.to_string()).with("by", by);
    Call::get(&ORDERS, "/orders", &paged(query, cursor))
}

/// `GET /orders/{id}`.
pub(super) fn order(id: &str) -> Call {
    Call::get(&ORDER, &format!("/orders/{}", encode(id)), &Query::default())
}

/// `POST /quantities`.
pub(super) fn quantities(body: &wire::QuantityChanges) -> Call {
    Call::post(&QUANTITIES, "/quantities", body)
}

/// `POST /prices`.
pub(super) fn prices(body: &wire::PriceChanges) -> Call {
    Call::post(&PRICES, "/prices", body)
}

/// `POST /cancellations`.
pub(super) fn cancellations(body: &wire::Cancellation) -> Call {
    Call::post(&CANCELLATIONS, "/cancellations", body)
}

/// `POST /refunds`.
pub(super) fn refunds(body: &wire::Refund) -> Call {
    Call::post(&REFUNDS, "/refunds", body)
}

/// `GET /returns`: one page of those changed since.
pub(super) fn returns(since: Timestamp, cursor: Option<&str>) -> Call {
    let query = Query::default().with("since", &since.to_string());
    Call::get(&RETURNS, "/returns", &paged(query, cursor))
}

/// `POST /shipments`.
pub(super) fn shipments(body: &wire::Parcel) -> Call {
    Call::post(&SHIPMENTS, "/shipments", body)
}
