//! Operations with their budgets, and pure builders of their requests.
//!
//! The Admin API limits no calls; the budgets here are ours, so that a hub in a hurry leaves the shop's buyers room.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use stockbridge_domain::channel::BucketSpec;

use super::walk::Walk;
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

/// Every budget: what is read, what is written.
pub(super) static BUCKETS: [BucketSpec; 2] =
    [bucket("read", 10_000_000, 30), bucket("write", 10_000_000, 30)];

const MIB: usize = 1024 * 1024;

const fn read(name: &'static str, max_body_bytes: usize) -> Operation {
    Operation {
        name,
        bucket: Some(&BUCKETS[0]),
        cost: 1,
        timeout: Duration::from_secs(30),
        effect: Effect::Read,
        max_body_bytes,
    }
}

const fn write(name: &'static str, effect: Effect) -> Operation {
    Operation {
        name,
        bucket: Some(&BUCKETS[1]),
        cost: 1,
        timeout: Duration::from_secs(30),
        effect,
        max_body_bytes: 8 * MIB,
    }
}

/// Where units lie, and which sales channels sell them.
pub(super) static LOCATIONS: Operation = read("listStockLocations", 4 * MIB);
/// The shop itself: its currencies.
pub(super) static STORES: Operation = read("listStores", MIB);
/// Variants with their inventory and prices: listings.
pub(super) static VARIANTS: Operation = read("listVariants", 16 * MIB);
/// Orders, by page.
pub(super) static ORDERS: Operation = read("listOrders", 32 * MIB);
/// One order.
pub(super) static ORDER: Operation = read("getOrder", 8 * MIB);
/// Returns, by page.
pub(super) static RETURNS: Operation = read("listReturns", 16 * MIB);
/// Stocked units of several inventory items at once, all or nothing; absolute.
pub(super) static LEVELS: Operation = write("setInventoryLevels", Effect::Idempotent);
/// All prices of a variant; absolute.
pub(super) static PRICES: Operation = write("updateVariant", Effect::Idempotent);
/// A fulfilment; each call makes another one.
pub(super) static FULFIL: Operation = write("createFulfillment", Effect::Unsafe);
/// A fulfilment's shipment; a second one is refused.
pub(super) static SHIP: Operation = write("createShipment", Effect::Idempotent);
/// Calling an order off; a second time is refused.
pub(super) static CANCEL: Operation = write("cancelOrder", Effect::Idempotent);
/// Money back; each call gives some.
pub(super) static REFUND: Operation = write("refundPayment", Effect::Unsafe);

/// Variants asked for in one page.
const VARIANT_PAGE: usize = 50;
/// Orders or returns asked for in one page.
const ORDER_PAGE: usize = 50;

/// What is read of an order. `*items.detail` whole, because the shop derives its fulfilment status from what is asked for
/// and gets it wrong when columns are left out.
const ORDER_FIELDS: &str = "id,display_id,version,status,email,currency_code,created_at,updated_at,canceled_at,\
    sales_channel_id,total,payment_status,fulfillment_status,*items,*items.detail,items.variant.sku,*shipping_address,\
    *shipping_methods,*fulfillments,*fulfillments.items,*fulfillments.labels,*payment_collections";

/// What is read of an order to ship a parcel of it.
const PARCEL_FIELDS: &str = "id,status,*fulfillments,*fulfillments.items,*fulfillments.labels";

/// What is read of an order to give money back.
const PAYMENT_FIELDS: &str = "id,currency_code,payment_collections.payments.id,payment_collections.payments.captures.amount,\
    payment_collections.payments.refunds.id,payment_collections.payments.refunds.amount,\
    payment_collections.payments.refunds.note";

/// What is read of a variant. Without its rules a region's price looks like the plain one.
const VARIANT_FIELDS: &str = "id,sku,title,barcode,ean,upc,product_id,created_at,manage_inventory,allow_backorder,product.title,product.status,product.thumbnail,product.images.url,\
    product.sales_channels.id,prices.id,prices.amount,prices.currency_code,prices.min_quantity,prices.max_quantity,\
    prices.price_rules.attribute,prices.price_rules.value,inventory_items.required_quantity,\
    inventory_items.inventory_item_id,inventory_items.inventory.location_levels.location_id,\
    inventory_items.inventory.location_levels.stocked_quantity,\
    inventory_items.inventory.location_levels.reserved_quantity";

const RETURN_FIELDS: &str =
    "id,status,order_id,created_at,updated_at,*items,items.item.variant_sku,items.reason.label";

/// A call, built but not signed in.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path below the address, and query.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
}

impl Call {
    fn get(operation: &'static Operation, path: &str, query: &Query) -> Self {
        Self {
            operation,
            method: Method::GET,
            target: format!("/admin{path}{}", query.as_str()),
            body: Vec::new(),
        }
    }

    fn post(operation: &'static Operation, path: &str, query: &Query, body: &impl Serialize) -> Self {
        Self {
            operation,
            method: Method::POST,
            target: format!("/admin{path}{}", query.as_str()),
            // Texts, numbers and lists: there is nothing in these bodies that JSON cannot hold.
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }
}

fn fields(fields: &str) -> Query {
    Query::default().with("fields", fields)
}

/// Parameters of one page of a walk by `column`.
fn page(query: Query, column: &str, walk: &Walk, limit: usize) -> Query {
    query
        .with("order", column)
        .with("limit", &limit.to_string())
        .with("offset", &walk.offset.to_string())
        .with(&format!("{column}[$gte]"), &walk.begins())
}

/// `GET /admin/stock-locations`.
pub(super) fn locations() -> Call {
    let query = fields("id,name,sales_channels.id,sales_channels.name,sales_channels.is_disabled");
    Call::get(&LOCATIONS, "/stock-locations", &query.with("limit", "200"))
}

/// `GET /admin/stores`.
pub(super) fn stores() -> Call {
    let query = fields("id,name,supported_currencies.currency_code,supported_currencies.is_default");
    Call::get(&STORES, "/stores", &query)
}

/// `GET /admin/product-variants`: one page of all, in the order they were made.
pub(super) fn variants(walk: &Walk) -> Call {
    let query = page(fields(VARIANT_FIELDS), "created_at", walk, VARIANT_PAGE);
    Call::get(&VARIANTS, "/product-variants", &query)
}

/// `GET /admin/product-variants?sku[]=…`: these alone.
pub(super) fn variants_of<'a>(skus: impl Iterator<Item = &'a str>) -> Call {
    let query = fields(VARIANT_FIELDS).with("limit", "200");
    let query = skus.fold(query, |query, sku| query.with("sku[]", sku));
    Call::get(&VARIANTS, "/product-variants", &query)
}

/// `GET /admin/orders`: one page of those changed (`updated_at`) or placed (`created_at`) since.
pub(super) fn orders(column: &str, walk: &Walk, sales_channel: Option<&str>) -> Call {
    let mut query = page(fields(ORDER_FIELDS), column, walk, ORDER_PAGE);
    if let Some(id) = sales_channel {
        query = query.with("sales_channel_id[]", id);
    }
    Call::get(&ORDERS, "/orders", &query)
}

/// `GET /admin/orders/{id}`.
pub(super) fn order(id: &str) -> Call {
    Call::get(&ORDER, &format!("/orders/{}", encode(id)), &fields(ORDER_FIELDS))
}

/// `GET /admin/orders/{id}` with its fulfilments alone.
pub(super) fn parcels(id: &str) -> Call {
    Call::get(&ORDER, &format!("/orders/{}", encode(id)), &fields(PARCEL_FIELDS))
}

/// `GET /admin/orders/{id}` with its payments alone.
pub(super) fn payments(id: &str) -> Call {
    Call::get(
        &ORDER,
        &format!("/orders/{}", encode(id)),
        &fields(PAYMENT_FIELDS),
    )
}

/// `GET /admin/returns`: one page of those changed since.
pub(super) fn returns(walk: &Walk) -> Call {
    let query = page(fields(RETURN_FIELDS), "updated_at", walk, ORDER_PAGE);
    Call::get(&RETURNS, "/returns", &query)
}

/// `POST /admin/inventory-items/location-levels/batch`.
pub(super) fn levels(body: &wire::LevelBatch) -> Call {
    Call::post(
        &LEVELS,
        "/inventory-items/location-levels/batch",
        &Query::default(),
        body,
    )
}

/// `POST /admin/products/{id}/variants/{id}`.
pub(super) fn prices(product: &str, variant: &str, body: &wire::VariantPrices) -> Call {
    let path = format!("/products/{}/variants/{}", encode(product), encode(variant));
    Call::post(&PRICES, &path, &fields("id"), body)
}

/// `POST /admin/orders/{id}/fulfillments`.
pub(super) fn fulfil(order: &str, body: &wire::NewFulfilment) -> Call {
    let path = format!("/orders/{}/fulfillments", encode(order));
    Call::post(&FULFIL, &path, &fields(PARCEL_FIELDS), body)
}

/// `POST /admin/orders/{id}/fulfillments/{id}/shipments`.
pub(super) fn ship(order: &str, fulfilment: &str, body: &wire::NewShipment) -> Call {
    let path = format!(
        "/orders/{}/fulfillments/{}/shipments",
        encode(order),
        encode(fulfilment)
    );
    Call::post(&SHIP, &path, &fields("id"), body)
}

/// `POST /admin/orders/{id}/cancel`.
pub(super) fn cancel(order: &str) -> Call {
    Call {
        operation: &CANCEL,
        method: Method::POST,
        target: format!(
            "/admin/orders/{}/cancel{}",
            encode(order),
            fields("id,status").as_str()
        ),
        body: Vec::new(),
    }
}

/// `POST /admin/payments/{id}/refund`.
pub(super) fn refund(payment: &str, body: &wire::NewRefund) -> Call {
    let path = format!("/payments/{}/refund", encode(payment));
    Call::post(&REFUND, &path, &fields("id,*refunds"), body)
}
