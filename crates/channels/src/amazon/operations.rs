//! The table of operations: everything Amazon is ever asked is a row here, and a call can only be made of a row.
//!
//! A row says method, path, Amazon's model, usage plan, what the operation does, how long it may take and how it is read.
//! The plans are those of Amazon's models (a test compares them); at run time `x-amzn-RateLimit-Limit` corrects them.

use std::marker::PhantomData;
use std::time::Duration;

use http::Method;
use serde::de::DeserializeOwned;
use stockbridge_domain::channel::BucketSpec;

use super::wire;
use crate::call::{Effect, Operation};

/// One operation of Amazon's.
#[derive(Debug)]
pub(super) struct Row {
    /// How it is called.
    pub(super) method: Method,
    /// Its path, with names in braces for what is put in.
    pub(super) path: &'static str,
    /// The file of Amazon's models that describes it.
    pub(super) model: &'static str,
    /// Name, budget, effect, bounds.
    pub(super) operation: Operation,
    /// Reads an answer's body as the client does and says what is wrong with it.
    pub(super) reads: fn(&[u8]) -> serde_json::Result<()>,
}

/// An operation and what it answers.
#[derive(Debug)]
pub(super) struct Endpoint<A> {
    /// The row.
    pub(super) row: Row,
    pub(super) answer: PhantomData<fn() -> A>,
}

impl<A> Endpoint<A> {
    /// Amazon's name of the operation.
    pub(super) const fn name(&self) -> &'static str {
        self.row.operation.name
    }
}

/// An answer that says nothing beyond its status.
pub(super) type Nothing = serde::de::IgnoredAny;

/// Reads an answer and forgets it: only what is wrong with it counts.
pub(super) fn reads<A: DeserializeOwned>(body: &[u8]) -> serde_json::Result<()> {
    serde_json::from_slice::<A>(body).map(|_| ())
}

pub(super) const MIB: usize = 1024 * 1024;

/// A row: `NAME: Answer = METHOD path, name in model, plan(rate, burst), effect, seconds, largest answer in MiB`. The rate
/// is in calls per million seconds.
macro_rules! rows {
    ($($(#[$doc:meta])* $id:ident: $answer:ty = $method:ident $path:literal, $name:literal in $model:literal,
        plan($rate:literal, $burst:literal), $effect:ident, $secs:literal s, $mib:literal MiB;)*) => {
        $($(#[$doc])* pub(super) static $id: Endpoint<$answer> = Endpoint {
            row: Row {
                method: Method::$method,
                path: $path,
                model: $model,
                operation: Operation {
                    name: $name,
                    bucket: Some(&BucketSpec { name: $name, rate_micro: $rate, burst: $burst }),
                    cost: 1,
                    timeout: Duration::from_secs($secs),
                    effect: Effect::$effect,
                    max_body_bytes: $mib * MIB,
                },
                reads: reads::<$answer>,
            },
            answer: PhantomData,
        };)*
    };
}

/// Rows and the lists of them.
macro_rules! operations {
    ($($(#[$doc:meta])* $id:ident: $answer:ty = $method:ident $path:literal, $name:literal in $model:literal,
        plan($rate:literal, $burst:literal), $effect:ident, $secs:literal s, $mib:literal MiB;)*) => {
        rows! {
            $($(#[$doc])* $id: $answer = $method $path, $name in $model,
                plan($rate, $burst), $effect, $secs s, $mib MiB;)*
        }

        /// Every operation.
        pub(super) static ROWS: &[&Row] = &[$(&$id.row),*];

        /// Every budget, in the same order.
        pub(super) static BUCKETS: &[BucketSpec] =
            &[$(BucketSpec { name: $name, rate_micro: $rate, burst: $burst }),*];
    };
}

pub(super) use rows;

operations! {
    /// Which marketplaces the seller takes part in.
    PARTICIPATIONS: wire::Participations = GET "/sellers/v1/marketplaceParticipations",
        "getMarketplaceParticipations" in "sellers.json", plan(16_000, 15), Read, 30 s, 1 MiB;
    /// Listings, by page or by SKU.
    SEARCH_LISTINGS: wire::ListingsPage = GET "/listings/2021-08-01/items/{sellerId}",
        "searchListingsItems" in "listingsItems_2021-08-01.json", plan(5_000_000, 5), Read, 30 s, 8 MiB;
    /// One listing.
    GET_LISTING: super::api::Raw = GET "/listings/2021-08-01/items/{sellerId}/{sku}",
        "getListingsItem" in "listingsItems_2021-08-01.json", plan(5_000_000, 10), Read, 30 s, 2 MiB;
    /// Sets a quantity or price; absolute, so the same again changes nothing more.
    PATCH_LISTING: wire::Submission = PATCH "/listings/2021-08-01/items/{sellerId}/{sku}",
        "patchListingsItem" in "listingsItems_2021-08-01.json", plan(5_000_000, 5), Idempotent, 30 s, 1 MiB;
    /// Orders, by page.
    SEARCH_ORDERS: wire::OrdersPage = GET "/orders/2026-01-01/orders",
        "searchOrders" in "orders_2026-01-01.json", plan(5_600, 20), Read, 30 s, 16 MiB;
    /// One order.
    GET_ORDER: wire::OneOrder = GET "/orders/2026-01-01/orders/{orderId}",
        "getOrder" in "orders_2026-01-01.json", plan(500_000, 30), Read, 30 s, 2 MiB;
    /// Confirms a parcel; the same number again edits the same parcel.
    CONFIRM_SHIPMENT: Nothing = POST "/orders/v0/orders/{orderId}/shipmentConfirmation",
        "confirmShipment" in "ordersV0.json", plan(2_000_000, 10), Idempotent, 30 s, 1 MiB;
    /// What lies in Amazon's warehouses, by page.
    INVENTORY_SUMMARIES: wire::InventoryAnswer = GET "/fba/inventory/v1/summaries",
        "getInventorySummaries" in "fbaInventory.json", plan(2_000_000, 2), Read, 30 s, 4 MiB;
    /// A place to put a feed's file.
    CREATE_FEED_DOCUMENT: wire::FeedDocument = POST "/feeds/2021-06-30/documents",
        "createFeedDocument" in "feeds_2021-06-30.json", plan(500_000, 15), Idempotent, 30 s, 1 MiB;
    /// Makes a feed of the file; each call makes another.
    CREATE_FEED: wire::CreatedFeed = POST "/feeds/2021-06-30/feeds",
        "createFeed" in "feeds_2021-06-30.json", plan(8_300, 15), Unsafe, 30 s, 1 MiB;
    /// Where a feed stands.
    GET_FEED: wire::Feed = GET "/feeds/2021-06-30/feeds/{feedId}",
        "getFeed" in "feeds_2021-06-30.json", plan(2_000_000, 15), Read, 30 s, 1 MiB;
    /// The feeds of late.
    GET_FEEDS: wire::Feeds = GET "/feeds/2021-06-30/feeds",
        "getFeeds" in "feeds_2021-06-30.json", plan(22_200, 10), Read, 30 s, 1 MiB;
    /// Where a feed's report is.
    GET_FEED_DOCUMENT: wire::FeedDocument = GET "/feeds/2021-06-30/documents/{feedDocumentId}",
        "getFeedDocument" in "feeds_2021-06-30.json", plan(22_200, 10), Read, 30 s, 1 MiB;
    /// What money moved, by page.
    LIST_TRANSACTIONS: wire::TransactionsAnswer = GET "/finances/2024-06-19/transactions",
        "listTransactions" in "finances_2024-06-19.json", plan(500_000, 10), Read, 60 s, 16 MiB;
    /// Reports of late.
    GET_REPORTS: super::settlements::wire::Reports = GET "/reports/2021-06-30/reports",
        "getReports" in "reports_2021-06-30.json", plan(22_200, 10), Read, 30 s, 1 MiB;
    /// Has a report made; each call makes another.
    CREATE_REPORT: super::reports::wire::Created = POST "/reports/2021-06-30/reports",
        "createReport" in "reports_2021-06-30.json", plan(16_700, 15), Unsafe, 30 s, 1 MiB;
    /// How far a report is.
    GET_REPORT: super::settlements::wire::Report = GET "/reports/2021-06-30/reports/{reportId}",
        "getReport" in "reports_2021-06-30.json", plan(2_000_000, 15), Read, 30 s, 1 MiB;
    /// Where a report's file is.
    GET_REPORT_DOCUMENT: super::settlements::wire::Document = GET "/reports/2021-06-30/documents/{reportDocumentId}",
        "getReportDocument" in "reports_2021-06-30.json", plan(16_700, 15), Read, 30 s, 1 MiB;
}
