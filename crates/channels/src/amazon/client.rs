//! Pure builders of requests, each for a row of the table of operations.
//!
//! Paths, parameters and bodies follow Amazon's Swagger models, against which a test validates all of them.

use std::marker::PhantomData;

use serde_json::json;
use stockbridge_domain::channel::{Level, OrderTime, PriceLevel, ReportWish, ShipmentNotice};
use stockbridge_domain::{Sku, Timestamp};

use super::operations::{
    CONFIRM_SHIPMENT, CREATE_FEED, CREATE_FEED_DOCUMENT, CREATE_REPORT, Endpoint, GET_FEED,
    GET_FEED_DOCUMENT, GET_FEEDS, GET_LISTING, GET_ORDER, GET_REPORT, GET_REPORT_DOCUMENT, GET_REPORTS,
    INVENTORY_SUMMARIES, LIST_TRANSACTIONS, Nothing, PARTICIPATIONS, PATCH_LISTING, Row, SEARCH_LISTINGS,
    SEARCH_ORDERS,
};
use super::reports::wire::Created;
use super::settlements::wire::{Document, Report, Reports};
use super::{api::Raw, wire};
use crate::call::{instant, instant_millis};
use crate::endpoint::{Query, encode};

/// A call, built but not signed; only a row of the table makes one.
#[derive(Debug)]
pub(super) struct Call<A> {
    row: &'static Row,
    target: String,
    body: Option<String>,
    answer: PhantomData<fn() -> A>,
}

impl<A> Call<A> {
    /// A call of an operation; `parts` are what its path names in braces, in that order, each percent-encoded.
    pub(super) fn to(endpoint: &'static Endpoint<A>, parts: &[&str]) -> Self {
        let mut parts = parts.iter();
        let segments = endpoint.row.path.split('/').map(|segment| {
            if segment.starts_with('{') {
                parts.next().map_or_else(String::new, |part| encode(part))
            } else {
                segment.to_owned()
            }
        });
        Self {
            row: &endpoint.row,
            target: segments.collect::<Vec<_>>().join("/"),
            body: None,
            answer: PhantomData,
        }
    }

    /// The same with a query.
    pub(super) fn query(mut self, query: &Query) -> Self {
        self.target.push_str(query.as_str());
        self
    }

    /// The same with a body.
    pub(super) fn body(mut self, body: String) -> Self {
        self.body = Some(body);
        self
    }

    /// The operation's row.
    pub(super) fn row(&self) -> &'static Row {
        self.row
    }

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The body, for operations that take one.
    pub(super) fn content(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

/// `getMarketplaceParticipations`.
pub(super) fn get_marketplace_participations() -> Call<wire::Participations> {
    Call::to(&PARTICIPATIONS, &[])
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
) -> Call<wire::ListingsPage> {
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
    Call::to(&SEARCH_LISTINGS, &[seller_id]).query(&query)
}

/// `searchListingsItems`: these SKUs, at most [`LISTING_PAGE`], none of which may hold a comma.
pub(super) fn find_listings(
    seller_id: &str,
    marketplaces: &[String],
    skus: &[&str],
) -> Call<wire::ListingsPage> {
    let query = listing_query(marketplaces)
        .with_list("identifiers", skus)
        .with("identifiersType", "SKU")
        .with("pageSize", &LISTING_PAGE.to_string());
    Call::to(&SEARCH_LISTINGS, &[seller_id]).query(&query)
}

/// `getListingsItem`.
pub(super) fn get_listing(seller_id: &str, marketplaces: &[String], sku: &str) -> Call<Raw> {
    Call::to(&GET_LISTING, &[seller_id, sku]).query(&listing_query(marketplaces))
}

fn listing_query(marketplaces: &[String]) -> Query {
    Query::default()
        .with_list("marketplaceIds", marketplaces)
        .with_list("includedData", &LISTING_DATA)
}

/// `patchListingsItem`: the quantity, by `merge`, so that handling time and restock date stay as they are.
pub(super) fn patch_quantity(
    seller_id: &str,
    marketplaces: &[String],
    level: &Level,
) -> Call<wire::Submission> {
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
pub(super) fn patch_price(seller_id: &str, marketplace: &str, level: &PriceLevel) -> Call<wire::Submission> {
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
) -> Call<wire::Submission> {
    // Amazon takes the literal PRODUCT for patches of offers when the true type is not known.
    let product_type = json!(product_type.unwrap_or("PRODUCT"));
    let query = Query::default()
        .with_list("marketplaceIds", marketplaces)
        .with("issueLocale", "en_US");
    Call::to(&PATCH_LISTING, &[seller_id, sku.as_str()])
        .query(&query)
        .body(format!(r#"{{"productType":{product_type},"patches":[{patch}]}}"#))
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
) -> Call<wire::OrdersPage> {
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
    Call::to(&SEARCH_ORDERS, &[]).query(&query)
}

/// `getOrder`.
pub(super) fn get_order(id: &str, data: &[&str]) -> Call<wire::OneOrder> {
    let query = Query::default().with_list("includedData", data);
    Call::to(&GET_ORDER, &[id]).query(&query)
}

/// `confirmShipment`. A carrier Amazon has no code for is written `Other:Name`.
pub(super) fn confirm_shipment(main_marketplace: &str, notice: &ShipmentNotice) -> Call<Nothing> {
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
    Call::to(&CONFIRM_SHIPMENT, &[&notice.channel_order_id])
        .body(json!({"marketplaceId": marketplace, "packageDetail": package}).to_string())
}

/// `getInventorySummaries`: one page of everything in one marketplace.
pub(super) fn inventory_summaries(marketplace: &str, token: Option<&str>) -> Call<wire::InventoryAnswer> {
    let mut query = Query::default()
        .with("details", "true")
        .with("granularityType", "Marketplace")
        .with("granularityId", marketplace)
        .with_list("marketplaceIds", &[marketplace]);
    if let Some(token) = token {
        query = query.with("nextToken", token);
    }
    Call::to(&INVENTORY_SUMMARIES, &[]).query(&query)
}

/// `listTransactions`: one page of what was posted in a window. No marketplace is named: with one, orders the seller ships in the
/// United States would be left out.
pub(super) fn list_transactions(
    from: Timestamp,
    to: Timestamp,
    token: Option<&str>,
) -> Call<wire::TransactionsAnswer> {
    let mut query = Query::default()
        .with("postedAfter", &instant(from))
        .with("postedBefore", &instant(to));
    if let Some(token) = token {
        query = query.with("nextToken", token);
    }
    Call::to(&LIST_TRANSACTIONS, &[]).query(&query)
}

/// `getReports`: reports of one kind since an instant, the latest first.
pub(super) fn get_reports(kind: &str, since: Timestamp) -> Call<Reports> {
    let query = Query::default()
        .with_list("reportTypes", &[kind])
        .with("pageSize", "100")
        .with("createdSince", &instant(since));
    Call::to(&GET_REPORTS, &[]).query(&query)
}

/// `getReports`: the page after, named by its token alone.
pub(super) fn next_reports(token: &str) -> Call<Reports> {
    Call::to(&GET_REPORTS, &[]).query(&Query::default().with("nextToken", token))
}

/// `createReport`: of these country sites, about the wish's time.
pub(super) fn create_report(wish: &ReportWish, marketplaces: &[String]) -> Call<Created> {
    let mut report = json!({"reportType": wish.kind, "marketplaceIds": marketplaces});
    for (name, at) in [("dataStartTime", wish.from), ("dataEndTime", wish.to)] {
        if let Some(at) = at {
            report[name] = json!(instant(at));
        }
    }
    Call::to(&CREATE_REPORT, &[]).body(report.to_string())
}

/// `getReport`.
pub(super) fn get_report(id: &str) -> Call<Report> {
    Call::to(&GET_REPORT, &[id])
}

/// `getReportDocument`.
pub(super) fn get_report_document(id: &str) -> Call<Document> {
    Call::to(&GET_REPORT_DOCUMENT, &[id])
}

/// `createFeedDocument`: a place for a file of this kind.
pub(super) fn create_feed_document(kind: &str) -> Call<wire::FeedDocument> {
    Call::to(&CREATE_FEED_DOCUMENT, &[]).body(json!({"contentType": kind}).to_string())
}

/// `createFeed`: a feed of an uploaded file. Feeds name at most 25 marketplaces, more than any region has.
pub(super) fn create_feed(
    feed_type: &str,
    marketplaces: &[String],
    document: &str,
) -> Call<wire::CreatedFeed> {
    let feed =
        json!({"feedType": feed_type, "marketplaceIds": marketplaces, "inputFeedDocumentId": document});
    Call::to(&CREATE_FEED, &[]).body(feed.to_string())
}

/// `getFeed`.
pub(super) fn get_feed(id: &str) -> Call<wire::Feed> {
    Call::to(&GET_FEED, &[id])
}

/// `getFeeds`: feeds of one kind since an instant, the latest first.
pub(super) fn get_feeds(feed_type: &str, marketplaces: &[String], since: Timestamp) -> Call<wire::Feeds> {
    const MOST_MARKETPLACES: usize = 10;
    let named = marketplaces
        .get(..marketplaces.len().min(MOST_MARKETPLACES))
        .unwrap_or_default();
    let query = Query::default()
        .with_list("feedTypes", &[feed_type])
        .with_list("marketplaceIds", named)
        .with("pageSize", "100")
        .with("createdSince", &instant(since));
    Call::to(&GET_FEEDS, &[]).query(&query)
}

/// `getFeedDocument`.
pub(super) fn get_feed_document(id: &str) -> Call<wire::FeedDocument> {
    Call::to(&GET_FEED_DOCUMENT, &[id])
}
