//! Usage plans: a bucket per seller and operation, and what the answers say about it.

use http::StatusCode;
use stockbridge_sim::Plan;

use crate::bench::{Bench, config};

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
