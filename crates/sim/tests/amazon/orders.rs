//! `searchOrders` and `getOrder`: windows, pages, filters, parts.

use http::StatusCode;
use serde_json::Value;
use stockbridge_sim::{BuyOptions, Fault, OrderStatus, SimConfig};

use crate::bench::{Answer, Bench, DE, FBA, FR, MUG, SELLER, listing, roomy};

fn bench() -> Bench {
    Bench::with(roomy())
}

/// All pages of a search.
fn walk(bench: &Bench, query: &str) -> Vec<Answer> {
    let mut pages = vec![bench.orders(query)];
    while let Some(token) = pages
        .last()
        .and_then(|p| p.body["pagination"]["nextToken"].as_str())
    {
        let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
        pages.push(bench.orders(&format!("{query}&paginationToken={token}")));
    }
    pages
}

#[test]
fn exactly_one_kind_of_window_may_be_asked_for() {
    let bench = bench();
    for query in [
        "maxResultsPerPage=10",
        "createdAfter=2026-02-01T00:00:00Z&lastUpdatedAfter=2026-02-01T00:00:00Z",
        "createdAfter=2026-02-01T00:00:00Z&lastUpdatedBefore=2026-02-02T00:00:00Z",
        "lastUpdatedAfter=2026-02-01T00:00:00Z&createdBefore=2026-02-02T00:00:00Z",
        "createdAfter=yesterday",
        "createdAfter=2026-02-02T00:00:00Z&createdBefore=2026-02-01T00:00:00Z",
        "createdAfter=2026-02-01T00:00:00Z&maxResultsPerPage=101",
        "createdAfter=2026-02-01T00:00:00Z&maxResultsPerPage=0",
        "createdAfter=2026-02-01T00:00:00Z&fulfilledBy=NOBODY",
        "createdAfter=2026-02-01T00:00:00Z&fulfillmentStatuses=CANCELED",
        "createdAfter=2026-02-01T00:00:00Z&includedData=EVERYTHING",
        "createdAfter=2026-02-01T00:00:00Z&paginationToken=none",
    ] {
        let answer = bench.orders(query);
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, "InvalidInput"),
            "{query}"
        );
    }
}

#[test]
fn the_last_two_minutes_can_neither_be_asked_for_nor_are_they_shown() {
    let bench = bench();
    let id = bench.buy(MUG, 1);
    bench.advance(119);
    let early = bench.all_orders();
    assert_eq!(early.ids(), Vec::<String>::new());
    assert_eq!(early.body["lastUpdatedBefore"], "2026-03-01T11:59:59Z");
    let too_new = bench.orders("createdAfter=2026-03-01T00:00:00Z&createdBefore=2026-03-01T12:00:00Z");
    assert_eq!(
        (too_new.status, too_new.details()),
        (StatusCode::BAD_REQUEST, "createdBefore")
    );
    bench.advance(1);
    let late = bench.all_orders();
    assert_eq!(late.ids(), std::slice::from_ref(&id));
    assert_eq!(late.body["lastUpdatedBefore"], "2026-03-01T12:00:00Z");
    let created = bench.orders("createdAfter=2026-03-01T12:00:00Z");
    assert_eq!(created.ids(), [id]);
    assert_eq!(created.body["createdBefore"], "2026-03-01T12:00:00Z");
    assert!(created.body.get("lastUpdatedBefore").is_none());
}

#[test]
fn freshness_is_a_setting() {
    let bench = Bench::with(SimConfig {
        freshness_ms: 2_000,
        ..roomy()
    });
    bench.buy(MUG, 1);
    bench.advance(2);
    assert_eq!(bench.all_orders().ids().len(), 1);
}

#[test]
fn pages_hold_every_order_once_even_while_new_ones_arrive() {
    let mut config = roomy();
    config.sellers[0].listings.push(listing("MANY", 1_000));
    let bench = Bench::with(config);
    let mut bought: Vec<String> = (0..25).map(|_| bench.buy("MANY", 1)).collect();
    bench.advance(200);
    let query = "createdAfter=2026-03-01T00:00:00Z&maxResultsPerPage=10";
    let first = bench.orders(query);
    bench.buy("MANY", 1);
    bench.advance(200);
    let pages = walk(&bench, query);
    assert_eq!(
        pages.iter().map(|p| p.ids().len()).collect::<Vec<_>>(),
        [10, 10, 6]
    );
    let token = first.body["pagination"]["nextToken"].as_str().unwrap();
    let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string();
    let changed = bench.orders(&format!(
        "createdAfter=2026-03-01T00:00:00Z&maxResultsPerPage=9&paginationToken={token}"
    ));
    assert_eq!(
        (changed.status, changed.details()),
        (StatusCode::BAD_REQUEST, "paginationToken")
    );
    let mut old: Vec<String> = first.ids();
    let mut next = bench.orders(&format!("{query}&paginationToken={token}"));
    assert_eq!(next.body["createdBefore"], first.body["createdBefore"]);
    old.extend(next.ids());
    let token = next.body["pagination"]["nextToken"].as_str().unwrap();
    let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string();
    next = bench.orders(&format!("{query}&paginationToken={token}"));
    old.extend(next.ids());
    assert!(next.body.get("pagination").is_none());
    old.sort();
    bought.sort();
    assert_eq!(old, bought);
    bench.advance(24 * 3_600);
    let expired = bench.orders(&format!("{query}&paginationToken={token}"));
    assert_eq!(
        (expired.status, expired.details()),
        (StatusCode::BAD_REQUEST, "paginationToken")
    );
}

#[test]
fn filters_choose_by_marketplace_fulfilment_and_status() {
    let bench = bench();
    let german = bench.buy(MUG, 1);
    let french = bench.sim.buy(SELLER, FR, MUG, 1, BuyOptions::default()).unwrap();
    let amazons = bench.buy(FBA, 3);
    let pending = bench.buy_pending(MUG, 1);
    bench.advance(200);
    let find = |filter: &str| {
        let mut ids = bench
            .orders(&format!("createdAfter=2026-03-01T00:00:00Z&{filter}"))
            .ids();
        ids.sort();
        ids
    };
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(|i| (*i).clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(find(&format!("marketplaceIds={FR}")), sorted(&[&french]));
    assert_eq!(
        find(&format!("marketplaceIds={FR},{DE}")),
        sorted(&[&german, &french, &amazons, &pending])
    );
    assert_eq!(find("fulfilledBy=AMAZON"), sorted(&[&amazons]));
    assert_eq!(
        find("fulfilledBy=MERCHANT&fulfillmentStatuses=UNSHIPPED"),
        sorted(&[&german, &french])
    );
    assert_eq!(find("fulfillmentStatuses=PENDING,CANCELLED"), sorted(&[&pending]));
}

#[test]
fn parts_are_shown_only_when_asked_for() {
    let bench = bench();
    let id = bench.buy(MUG, 2);
    let plain = bench
        .get("getOrder", &format!("/orders/2026-01-01/orders/{id}"))
        .body["order"]
        .clone();
    for part in ["buyer", "recipient", "proceeds", "fulfillment", "packages"] {
        assert!(plain.get(part).is_none(), "{part}");
    }
    assert_eq!(plain["orderItems"][0]["quantityOrdered"], 2);
    assert_eq!(plain["orderItems"][0]["product"]["sellerSku"], MUG);
    let full = bench.order(&id);
    assert_eq!(full["proceeds"]["grandTotal"]["amount"], "25.80");
    assert_eq!(
        full["orderItems"][0]["product"]["price"]["unitPrice"]["amount"],
        "12.90"
    );
    assert_eq!(full["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
    assert_eq!(full["fulfillment"]["fulfilledBy"], "MERCHANT");
    assert_eq!(full["recipient"]["deliveryAddress"]["countryCode"], "DE");
    assert!(full["recipient"]["deliveryAddress"]["addressLine1"].is_string());
    let amazons = bench.order(&bench.buy(FBA, 1));
    assert_eq!(amazons["fulfillment"]["fulfilledBy"], "AMAZON");
    assert!(amazons["recipient"]["deliveryAddress"].get("name").is_none());
}

#[test]
fn a_late_order_appears_after_a_watermark_already_passed_it() {
    let bench = bench();
    bench.sim.fail_next("placeOrder", Fault::LateVisibility, 1);
    let late = bench.buy(MUG, 1);
    let punctual = bench.buy(MUG, 1);
    bench.advance(120);
    assert_eq!(bench.all_orders().ids(), [punctual]);
    bench.advance(300);
    let found = bench.all_orders();
    assert_eq!(found.ids().len(), 2);
    let shown = found.body["orders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["orderId"] == late.as_str());
    assert_eq!(shown.unwrap()["lastUpdatedTime"], "2026-03-01T12:00:00Z");
    assert_eq!(bench.truth().faults.len(), 1);
}

#[test]
fn a_late_change_is_missing_from_searches_by_update_only() {
    let bench = bench();
    let id = bench.buy_pending(MUG, 1);
    bench.advance(60);
    bench.sim.fail_next("updateOrder", Fault::LateVisibility, 1);
    bench.sim.pay(&id).unwrap();
    bench.advance(120);
    assert_eq!(bench.all_orders().ids(), Vec::<String>::new());
    assert_eq!(
        bench.orders("createdAfter=2026-03-01T00:00:00Z").ids(),
        std::slice::from_ref(&id)
    );
    bench.advance(300);
    let found = bench.all_orders();
    assert_eq!(found.ids(), [id]);
    assert_eq!(found.body["orders"][0]["lastUpdatedTime"], "2026-03-01T12:01:00Z");
}

#[test]
fn a_status_nobody_knows_can_be_asked_for() {
    let bench = bench();
    let id = bench.buy(MUG, 1);
    bench.sim.fail_next("getOrder", Fault::UnknownValue, 1);
    let target = format!("/orders/2026-01-01/orders/{id}?includedData=FULFILLMENT");
    let odd = crate::bench::answered(
        bench
            .sim
            .call(bench.request(http::Method::GET, &target, &Value::Null)),
    );
    assert_eq!(
        odd.body["order"]["fulfillment"]["fulfillmentStatus"],
        "AWAITING_CARRIER_SCAN"
    );
    assert_eq!(bench.order(&id)["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
}

#[test]
fn orders_of_others_do_not_exist() {
    let mut config = roomy();
    let mut other = config.sellers[0].clone();
    other.seller_id = "AOTHER".to_owned();
    other.refresh_token = "Atzr|other".to_owned();
    config.sellers.push(other);
    let bench = Bench::with(config);
    let theirs = bench
        .sim
        .buy("AOTHER", DE, MUG, 1, BuyOptions::default())
        .unwrap();
    bench.advance(200);
    assert_eq!(bench.all_orders().ids(), Vec::<String>::new());
    let answer = bench.get("getOrder", &format!("/orders/2026-01-01/orders/{theirs}"));
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::NOT_FOUND, "NotFound")
    );
    assert_eq!(bench.truth().orders[0].status, OrderStatus::Unshipped);
}
