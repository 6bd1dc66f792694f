//! Usage plans: a bucket per seller and operation, and what the answers say about it.

use http::{Method, StatusCode};
use serde_json::Value;
use stockbridge_sim::Plan;

use crate::bench::{Bench, DE, MUG, SELLER, config, path};
use crate::models;

#[test]
fn search_orders_allows_its_burst_and_then_one_call_in_three_minutes() {
    let bench = Bench::new();
    for _ in 0..20 {
        let answer = bench.all_orders();
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.head["x-amzn-ratelimit-limit"], "0.0056");
    }
    let over = bench.all_orders();
    assert_eq!(
        (over.status, over.code()),
        (StatusCode::TOO_MANY_REQUESTS, "QuotaExceeded")
    );
    assert!(!over.head.contains_key("retry-after"));
    bench.advance(178);
    assert_eq!(bench.all_orders().status, StatusCode::TOO_MANY_REQUESTS);
    bench.advance(1);
    assert_eq!(bench.all_orders().status, StatusCode::OK);
    let truth = bench.truth();
    assert_eq!((truth.calls["searchOrders"], truth.throttled), (23, 2));
}

#[test]
fn operations_and_sellers_have_their_own_buckets_and_plans_can_be_replaced() {
    let mut config = config();
    config.plans.insert(
        "searchOrders".to_owned(),
        Plan {
            rate: 2.0,
            burst: 1.0,
        },
    );
    let bench = Bench::with(config);
    let first = bench.all_orders();
    assert_eq!(first.head["x-amzn-ratelimit-limit"], "2.0");
    assert_eq!(bench.all_orders().status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        bench.get("getOrder", "/orders/2026-01-01/orders/none").status,
        StatusCode::NOT_FOUND
    );
}

/// A call of every operation under a plan.
fn one_call_each() -> Vec<(&'static str, Method, String)> {
    let listing = format!("{}?marketplaceIds={DE}", path(MUG));
    vec![
        (
            "getMarketplaceParticipations",
            Method::GET,
            "/sellers/v1/marketplaceParticipations".to_owned(),
        ),
        (
            "searchListingsItems",
            Method::GET,
            format!("/listings/2021-08-01/items/{SELLER}?marketplaceIds={DE}"),
        ),
        ("getListingsItem", Method::GET, listing.clone()),
        ("patchListingsItem", Method::PATCH, listing),
        (
            "searchOrders",
            Method::GET,
            "/orders/2026-01-01/orders".to_owned(),
        ),
        (
            "getOrder",
            Method::GET,
            "/orders/2026-01-01/orders/none".to_owned(),
        ),
        (
            "confirmShipment",
            Method::POST,
            "/orders/v0/orders/none/shipmentConfirmation".to_owned(),
        ),
        (
            "getInventorySummaries",
            Method::GET,
            "/fba/inventory/v1/summaries".to_owned(),
        ),
        (
            "getReports",
            Method::GET,
            "/reports/2021-06-30/reports".to_owned(),
        ),
        (
            "getReportDocument",
            Method::GET,
            "/reports/2021-06-30/documents/none".to_owned(),
        ),
        (
            "listTransactions",
            Method::GET,
            "/finances/2024-06-19/transactions".to_owned(),
        ),
        (
            "createFeedDocument",
            Method::POST,
            "/feeds/2021-06-30/documents".to_owned(),
        ),
        ("createFeed", Method::POST, "/feeds/2021-06-30/feeds".to_owned()),
        ("getFeed", Method::GET, "/feeds/2021-06-30/feeds/none".to_owned()),
        ("getFeeds", Method::GET, "/feeds/2021-06-30/feeds".to_owned()),
        (
            "getFeedDocument",
            Method::GET,
            "/feeds/2021-06-30/documents/none".to_owned(),
        ),
    ]
}

#[test]
fn every_operation_has_the_rate_and_burst_amazon_documents() {
    let Some(plans) = models::plans() else { return };
    let calls = one_call_each();
    assert_eq!(calls.len(), plans.len());
    for (operation, method, target) in calls {
        let bench = Bench::new();
        let call = || bench.call(operation, method.clone(), &target, &Value::Null);
        let rate: f64 = call().head["x-amzn-ratelimit-limit"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let more = std::iter::repeat_with(call).take_while(|a| a.status != StatusCode::TOO_MANY_REQUESTS);
        assert_eq!((rate, 1 + more.count() as u64), plans[operation], "{operation}");
    }
}
