//! Operations, the one budget they share, and pure builders of their requests.
//!
//! Paths are those of `wc/v3`; where they lie below the shop's address is known to `api` alone.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{BucketSpec, OrderTime};

use super::cursor::Cursor;
use crate::call::{Effect, Operation};
use crate::endpoint::Query;

/// The core limits nothing; this keeps a small host from being called without pause.
pub(super) static BUCKETS: [BucketSpec; 1] = [BucketSpec {
    name: "requests",
    rate_micro: 5_000_000,
    burst: 240,
}];

const MIB: usize = 1024 * 1024;

const fn operation(name: &'static str, effect: Effect, max_body_bytes: usize) -> Operation {
    Operation {
        name,
        bucket: Some(&BUCKETS[0]),
        cost: 1,
        // A shared host may take half a minute for a page; the core itself gives webhooks a minute.
        timeout: Duration::from_secs(60),
        effect,
        max_body_bytes,
    }
}

pub(super) static INDEX: Operation = operation("GET /", Effect::Read, 16 * MIB);
pub(super) static CURRENCY: Operation = operation("GET /data/currencies/current", Effect::Read, MIB);
pub(super) static ORDERS: Operation = operation("GET /orders", Effect::Read, 32 * MIB);
pub(super) static ORDER: Operation = operation("GET /orders/{id}", Effect::Read, 4 * MIB);
pub(super) static UPDATE_ORDER: Operation = operation("PUT /orders/{id}", Effect::Idempotent, 4 * MIB);
pub(super) static REFUNDS: Operation = operation("GET /orders/{id}/refunds", Effect::Read, 8 * MIB);
pub(super) static REFUND: Operation = operation("POST /orders/{id}/refunds", Effect::Unsafe, 4 * MIB);
pub(super) static NOTES: Operation = operation("GET /orders/{id}/notes", Effect::Read, 4 * MIB);
pub(super) static NOTE: Operation = operation("POST /orders/{id}/notes", Effect::Unsafe, MIB);
pub(super) static FULFILMENTS: Operation = operation("GET /orders/{id}/fulfillments", Effect::Read, 4 * MIB);
pub(super) static ADD_FULFILMENT: Operation =
    operation("POST /orders/{id}/fulfillments", Effect::Unsafe, MIB);
pub(super) static SET_FULFILMENT: Operation =
    operation("PUT /orders/{id}/fulfillments/{fid}", Effect::Idempotent, MIB);
pub(super) static TRACKINGS: Operation =
    operation("GET /orders/{id}/shipment-trackings", Effect::Read, 4 * MIB);
pub(super) static ADD_TRACKING: Operation =
    operation("POST /orders/{id}/shipment-trackings", Effect::Unsafe, MIB);
pub(super) static PRODUCTS: Operation = operation("GET /products", Effect::Read, 32 * MIB);
pub(super) static VARIATIONS: Operation = operation("GET /products/{id}/variations", Effect::Read, 32 * MIB);
pub(super) static PRODUCT_BATCH: Operation = operation("POST /products/batch", Effect::Idempotent, 32 * MIB);
pub(super) static VARIATION_BATCH: Operation = operation(
    "POST /products/{id}/variations/batch",
    Effect::Idempotent,
    32 * MIB,
);
pub(super) static WEBHOOKS: Operation = operation("GET /webhooks", Effect::Read, 4 * MIB);
pub(super) static ADD_WEBHOOK: Operation = operation("POST /webhooks", Effect::Unsafe, MIB);
pub(super) static SET_WEBHOOK: Operation = operation("PUT /webhooks/{id}", Effect::Idempotent, MIB);
pub(super) static END_WEBHOOK: Operation = operation("DELETE /webhooks/{id}", Effect::Idempotent, MIB);

/// Things of one page: the most the API gives.
pub(super) const PAGE: usize = 100;
const PAGE_TEXT: &str = "100";

/// What is read of a product: the rest can be long and is of no use here.
const PRODUCT_FIELDS: &str = "id,parent_id,name,type,status,sku,global_unique_id,price,regular_price,on_sale,manage_stock,stock_quantity,stock_status,backorders,variations,attributes";
/// What is read of a variation.
const VARIATION_FIELDS: &str = "id,status,sku,global_unique_id,price,regular_price,on_sale,manage_stock,stock_quantity,stock_status,backorders,attributes";

/// A call, built but not signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path below the API's root.
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) body: Vec<u8>,
}

impl Call {
    fn get(operation: &'static Operation, path: impl Into<String>, query: Query) -> Self {
        Self {
            operation,
            method: Method::GET,
            path: path.into(),
            query,
            body: Vec::new(),
        }
    }

    fn send(operation: &'static Operation, method: Method, path: String, body: &impl Serialize) -> Self {
        Self {
            operation,
            method,
            path,
            query: Query::default(),
            // Texts, numbers and lists: there is nothing in these bodies that JSON cannot hold.
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }
}

/// An instant as the API takes it beside `dates_are_gmt`: without a zone.
pub(super) fn gmt(at: Timestamp) -> String {
    crate::call::instant(at).trim_end_matches('Z').to_owned()
}

/// Name of the shop and its namespaces.
pub(super) fn namespaces() -> Call {
    Call::get(&INDEX, "/", Query::default().with("_fields", "name,namespaces"))
}

/// Every route of `wc/v3`.
pub(super) fn routes() -> Call {
    Call::get(&INDEX, "/wc/v3", Query::default().with("_fields", "routes"))
}

/// The currency the shop sells in.
pub(super) fn currency() -> Call {
    Call::get(&CURRENCY, "/wc/v3/data/currencies/current", Query::default())
}

/// The cheapest proof that the keys may read orders.
pub(super) fn one_order_id() -> Call {
    let query = Query::default().with("per_page", "1").with("_fields", "id");
    Call::get(&ORDERS, "/wc/v3/orders", query)
}

/// One page of orders changed or placed since the cursor's instant.
pub(super) fn orders(by: OrderTime, cursor: &Cursor) -> Call {
    let (after, orderby) = match by {
        OrderTime::Updated => ("modified_after", "modified"),
        OrderTime::Placed => ("after", "date"),
    };
    let query = Query::default()
        .with(after, &gmt(cursor.after))
        .with("dates_are_gmt", "true")
        .with("status", "any")
        .with("orderby", if cursor.sorted { orderby } else { "id" })
        .with("order", "asc")
        .with("per_page", PAGE_TEXT)
        .with("offset", &cursor.offset.to_string());
    Call::get(&ORDERS, "/wc/v3/orders", query)
}

/// Orders that wait for their payment; only what they hold.
pub(super) fn unpaid_orders(page: u32) -> Call {
    let query = Query::default()
        .with("status", "pending")
        .with("orderby", "id")
        .with("order", "asc")
        .with("per_page", PAGE_TEXT)
        .with("page", &page.to_string())
        .with("_fields", "id,line_items");
    Call::get(&ORDERS, "/wc/v3/orders", query)
}

/// One order.
pub(super) fn order(id: u64) -> Call {
    Call::get(&ORDER, format!("/wc/v3/orders/{id}"), Query::default())
}

/// Changes an order in part.
pub(super) fn update_order(id: u64, body: &impl Serialize) -> Call {
    Call::send(&UPDATE_ORDER, Method::PUT, format!("/wc/v3/orders/{id}"), body)
}

/// An order's refunds.
pub(super) fn refunds(order: u64, page: u32) -> Call {
    let query = Query::default()
        .with("per_page", PAGE_TEXT)
        .with("page", &page.to_string());
    Call::get(&REFUNDS, format!("/wc/v3/orders/{order}/refunds"), query)
}

/// Makes a refund.
pub(super) fn refund(order: u64, body: &impl Serialize) -> Call {
    Call::send(
        &REFUND,
        Method::POST,
        format!("/wc/v3/orders/{order}/refunds"),
        body,
    )
}

/// An order's notes to the buyer.
pub(super) fn notes(order: u64) -> Call {
    let query = Query::default().with("type", "customer");
    Call::get(&NOTES, format!("/wc/v3/orders/{order}/notes"), query)
}

/// Adds a note.
pub(super) fn note(order: u64, body: &impl Serialize) -> Call {
    Call::send(&NOTE, Method::POST, format!("/wc/v3/orders/{order}/notes"), body)
}

/// An order's fulfilments.
pub(super) fn fulfilments(order: u64) -> Call {
    Call::get(
        &FULFILMENTS,
        format!("/wc/v3/orders/{order}/fulfillments"),
        Query::default(),
    )
}

/// Makes a fulfilment, or replaces what is known of one; the buyer is told.
pub(super) fn put_fulfilment(order: u64, known: Option<u64>, body: &impl Serialize) -> Call {
    let path = format!("/wc/v3/orders/{order}/fulfillments");
    let mut call = match known {
        Some(id) => Call::send(&SET_FULFILMENT, Method::PUT, format!("{path}/{id}"), body),
        None => Call::send(&ADD_FULFILMENT, Method::POST, path, body),
    };
    call.query = Query::default().with("notify_customer", "true");
    call
}

/// An order's tracking numbers, where the extension keeps them.
pub(super) fn trackings(order: u64) -> Call {
    let path = format!("/wc-shipment-tracking/v3/orders/{order}/shipment-trackings");
    Call::get(&TRACKINGS, path, Query::default())
}

/// Adds a tracking number.
pub(super) fn add_tracking(order: u64, body: &impl Serialize) -> Call {
    let path = format!("/wc-shipment-tracking/v3/orders/{order}/shipment-trackings");
    Call::send(&ADD_TRACKING, Method::POST, path, body)
}

/// Products by ascending id, from the one at `offset`.
pub(super) fn products(offset: usize) -> Call {
    let query = Query::default()
        .with("status", "any")
        .with("orderby", "id")
        .with("order", "asc")
        .with("per_page", PAGE_TEXT)
        .with("offset", &offset.to_string())
        .with("_fields", PRODUCT_FIELDS);
    Call::get(&PRODUCTS, "/wc/v3/products", query)
}

/// Products, and where the shop does so their variations, with these SKUs.
pub(super) fn products_by_sku(skus: &[&str]) -> Call {
    let query = Query::default()
        .with("status", "any")
        .with("per_page", PAGE_TEXT)
        .with("sku", &skus.join(","))
        .with("_fields", PRODUCT_FIELDS);
    Call::get(&PRODUCTS, "/wc/v3/products", query)
}

/// Products with these ids.
pub(super) fn products_by_id(ids: &[u64]) -> Call {
    let query = Query::default()
        .with("status", "any")
        .with("per_page", PAGE_TEXT)
        .with_list("include", &texts(ids))
        .with("_fields", PRODUCT_FIELDS);
    Call::get(&PRODUCTS, "/wc/v3/products", query)
}

/// A product's variations: those with these ids, or a page of all.
pub(super) fn variations(parent: u64, ids: &[u64], page: u32) -> Call {
    let query = Query::default()
        .with("orderby", "id")
        .with("order", "asc")
        .with("per_page", PAGE_TEXT)
        .with("page", &page.to_string())
        .with_list("include", &texts(ids))
        .with("_fields", VARIATION_FIELDS);
    Call::get(&VARIATIONS, format!("/wc/v3/products/{parent}/variations"), query)
}

/// Changes products, or variations of one product.
pub(super) fn batch(parent: Option<u64>, body: &impl Serialize) -> Call {
    match parent {
        None => Call::send(
            &PRODUCT_BATCH,
            Method::POST,
            "/wc/v3/products/batch".to_owned(),
            body,
        ),
        Some(parent) => {
            let path = format!("/wc/v3/products/{parent}/variations/batch");
            Call::send(&VARIATION_BATCH, Method::POST, path, body)
        }
    }
}

/// The shop's webhooks.
pub(super) fn webhooks(page: u32) -> Call {
    let query = Query::default()
        .with("per_page", PAGE_TEXT)
        .with("page", &page.to_string());
    Call::get(&WEBHOOKS, "/wc/v3/webhooks", query)
}

/// Makes a webhook.
pub(super) fn add_webhook(body: &impl Serialize) -> Call {
    Call::send(&ADD_WEBHOOK, Method::POST, "/wc/v3/webhooks".to_owned(), body)
}

/// Changes a webhook.
pub(super) fn set_webhook(id: u64, body: &impl Serialize) -> Call {
    Call::send(&SET_WEBHOOK, Method::PUT, format!("/wc/v3/webhooks/{id}"), body)
}

/// Ends a webhook for good.
pub(super) fn end_webhook(id: u64) -> Call {
    let mut call = Call::get(
        &END_WEBHOOK,
        format!("/wc/v3/webhooks/{id}"),
        Query::default().with("force", "true"),
    );
    call.method = Method::DELETE;
    call
}

fn texts(ids: &[u64]) -> Vec<String> {
    ids.iter().map(u64::to_string).collect()
}
