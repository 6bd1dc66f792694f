//! Operations with their estimated cost, the documents they send, and pure builders of their requests.
//!
//! Shopify prices a query before it runs it: an object costs 1, a connection 2 and what its page can hold, a mutation 10.
//! The costs below are that price, rounded up; each answer says what is really left, and the budget follows the answer.

use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{BucketSpec, OrderTime};

use crate::call::{Effect, Operation, instant};

/// The version of the API that is spoken.
pub(super) const VERSION: &str = "2026-10";
/// Orders of one page.
pub(super) const ORDERS_PAGE: usize = 20;
/// Variants of one page, and most of one read-back.
pub(super) const VARIANTS_PAGE: usize = 20;
/// Most entries of a list in a mutation.
pub(super) const MOST_ENTRIES: usize = 250;

/// The one budget: points, as on the standard plan. Larger plans are learned from the answers.
pub(super) static BUCKETS: [BucketSpec; 1] = [BucketSpec {
    name: "points",
    rate_micro: 100_000_000,
    burst: 1_000,
}];

const MIB: usize = 1024 * 1024;

/// An operation and the document it sends.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) operation: Operation,
    pub(super) text: &'static str,
}

const fn operation(name: &'static str, cost: i64, effect: Effect) -> Operation {
    Operation {
        name,
        bucket: Some(&BUCKETS[0]),
        cost,
        timeout: Duration::from_secs(30),
        effect,
        max_body_bytes: 16 * MIB,
    }
}

/// Declares the documents; [`ALL`] lists them for the test that holds them against the published schema.
macro_rules! documents {
    ($($(#[$doc:meta])* $name:ident = $call:literal, $cost:literal, $effect:ident, [$($file:literal),+];)+) => {
        $(
            $(#[$doc])*
            pub(super) static $name: Document = Document {
                operation: operation($call, $cost, Effect::$effect),
                text: concat!($(include_str!(concat!("documents/", $file, ".graphql"))),+),
            };
        )+
        /// Every document.
        #[cfg(test)]
        pub(super) static ALL: &[&Document] = &[$(&$name),+];
    };
}

documents! {
    /// Who we are signed in as.
    PROBE = "probe", 110, Read, ["probe"];
    /// A page of orders.
    ORDERS = "orders", 850, Read, ["orders", "order_fields", "line_fields"];
    /// One order.
    ORDER = "order", 45, Read, ["order", "order_fields", "line_fields"];
    /// How many orders a search finds.
    ORDERS_COUNT = "ordersCount", 10, Read, ["orders_count"];
    /// More lines of an order.
    ORDER_LINES = "order.lineItems", 310, Read, ["order_lines", "line_fields"];
    /// An order's parcels.
    ORDER_FULFILLMENTS = "order.fulfillments", 353, Read, ["order_fulfillments"];
    /// What is in a parcel.
    FULFILLMENT_LINES = "fulfillment", 210, Read, ["fulfillment_lines"];
    /// What is still to be shipped.
    FULFILLMENT_ORDERS = "order.fulfillmentOrders", 700, Read, ["fulfillment_orders"];
    /// More of it.
    FULFILLMENT_ORDER_LINES = "fulfillmentOrder", 210, Read, ["fulfillment_order_lines"];
    /// Ships.
    FULFILLMENT_CREATE = "fulfillmentCreate", 20, Unsafe, ["fulfillment_create"];
    /// Corrects a parcel.
    FULFILLMENT_TRACKING = "fulfillmentTrackingInfoUpdate", 20, Idempotent, ["fulfillment_tracking"];
    /// A page of variants.
    VARIANTS = "productVariants", 750, Read, ["variants", "variant_fields", "level_fields"];
    /// Variants by id.
    VARIANTS_BY_ID = "nodes", 750, Read, ["variants_by_id", "variant_fields", "level_fields"];
    /// Variants by SKU.
    VARIANTS_BY_SKU = "productVariants.sku", 110, Read, ["variants_by_sku"];
    /// How many variants.
    VARIANTS_COUNT = "productVariantsCount", 10, Read, ["variants_count"];
    /// More locations of a variant.
    INVENTORY_LEVELS = "inventoryItem", 310, Read, ["inventory_levels", "level_fields"];
    /// Starts a bulk operation. Starting it twice costs a second file and nothing else.
    BULK_RUN = "bulkOperationRunQuery", 20, Read, ["bulk_run"];
    /// How far it is.
    BULK_OPERATION = "bulkOperation", 10, Read, ["bulk_operation"];
    /// Quantities; the key makes the same call again harmless.
    SET_QUANTITIES = "inventorySetQuantities", 20, Idempotent, ["set_quantities"];
    /// Prices; absolute.
    SET_PRICES = "productVariantsBulkUpdate", 20, Idempotent, ["set_prices"];
    /// Calls an order off; one that is called off stays so.
    ORDER_CANCEL = "orderCancel", 20, Idempotent, ["order_cancel"];
    /// What was paid, and whether it is called off.
    ORDER_STATE = "order.state", 60, Read, ["order_state"];
    /// Gives money back; the key makes the same call again harmless.
    REFUND_CREATE = "refundCreate", 20, Idempotent, ["refund_create"];
    /// Orders with returns.
    ORDERS_WITH_RETURNS = "orders.returns", 410, Read, ["orders_with_returns"];
    /// More returns of an order.
    ORDER_RETURNS = "order.returns", 110, Read, ["order_returns"];
    /// One return.
    RETURN = "return", 260, Read, ["return"];
    /// The app's subscriptions.
    WEBHOOKS = "webhookSubscriptions", 110, Read, ["webhooks"];
    /// Subscribes; a second subscription of the same is refused.
    WEBHOOK_CREATE = "webhookSubscriptionCreate", 20, Idempotent, ["webhook_create"];
    /// Repairs.
    WEBHOOK_UPDATE = "webhookSubscriptionUpdate", 20, Idempotent, ["webhook_update"];
    /// Unsubscribes.
    WEBHOOK_DELETE = "webhookSubscriptionDelete", 20, Idempotent, ["webhook_delete"];
}

/// The query of the bulk operation that reads all variants.
pub(super) static BULK_VARIANTS: &str = include_str!("documents/bulk_variants.graphql");

/// The query of the bulk operation that reads all orders of a search, in place of `SEARCH`.
pub(super) static BULK_ORDERS: &str = include_str!("documents/bulk_orders.graphql");

/// A part of a bulk operation's file: an ordinary download, not a call of the API.
pub(super) static BULK_FILE: Operation = Operation {
    name: "bulkOperation.url",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(60),
    effect: Effect::Read,
    max_body_bytes: 64 * MIB,
};

/// A call, built but not signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) document: &'static Document,
    pub(super) variables: Value,
}

/// A call of `document` with these variables.
pub(super) const fn call(document: &'static Document, variables: Value) -> Call {
    Call { document, variables }
}

/// A call about one thing, or the next page of something in it.
pub(super) fn of(document: &'static Document, id: &str, after: Option<&str>) -> Call {
    match after {
        Some(after) => call(document, json!({"id": id, "after": after})),
        None => call(document, json!({"id": id})),
    }
}

/// The search for orders changed or placed since.
fn orders_search(since: Timestamp, by: OrderTime) -> String {
    let field = match by {
        OrderTime::Updated => "updated_at",
        OrderTime::Placed => "created_at",
    };
    format!("{field}:>='{}'", instant(since))
}

/// How many orders were changed or placed since.
pub(super) fn orders_count(since: Timestamp, by: OrderTime) -> Call {
    call(&ORDERS_COUNT, json!({"query": orders_search(since, by)}))
}

/// The query that reads them all at once.
pub(super) fn bulk_orders(since: Timestamp, by: OrderTime) -> String {
    plain(BULK_ORDERS).replace("SEARCH", &orders_search(since, by))
}

/// Orders changed or placed since, oldest first.
pub(super) fn orders(since: Timestamp, by: OrderTime, after: Option<&str>) -> Call {
    let sort_key = match by {
        OrderTime::Updated => "UPDATED_AT",
        OrderTime::Placed => "CREATED_AT",
    };
    let query = orders_search(since, by);
    let variables = json!({"first": ORDERS_PAGE, "after": after, "query": query, "sortKey": sort_key});
    call(&ORDERS, variables)
}

/// Orders with returns that changed since.
pub(super) fn orders_with_returns(since: Timestamp, after: Option<&str>) -> Call {
    let query = format!("updated_at:>='{}' AND -return_status:no_return", instant(since));
    call(&ORDERS_WITH_RETURNS, json!({"after": after, "query": query}))
}

/// A page of all variants.
pub(super) fn variants(after: Option<&str>) -> Call {
    call(&VARIANTS, json!({"first": VARIANTS_PAGE, "after": after}))
}

/// Variants that bear one of these SKUs.
pub(super) fn variants_by_sku(skus: &[&str], after: Option<&str>) -> Call {
    let quoted = |sku: &&str| format!("sku:\"{}\"", sku.replace('\\', "\\\\").replace('"', "\\\""));
    let query = skus.iter().map(quoted).collect::<Vec<_>>().join(" OR ");
    call(&VARIANTS_BY_SKU, json!({"query": query, "after": after}))
}

/// The body of a call's request: the document without its comments, and the variables.
pub(super) fn body(call: &Call) -> Value {
    json!({"query": plain(call.document.text), "variables": call.variables})
}

/// A document without comments and indentation.
pub(super) fn plain(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.collect::<Vec<_>>().join("\n")
}

/// Shopify's long id of a thing.
pub(super) fn gid(kind: &str, number: &str) -> String {
    format!("gid://shopify/{kind}/{number}")
}

/// The number at the end of a long id, without the parameters that some carry.
pub(super) fn number(gid: &str) -> &str {
    let last = gid.rsplit('/').next().unwrap_or(gid);
    last.split('?').next().unwrap_or(last)
}
