//! The control interface, as a person with curl uses it.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use stockbridge_sim::{Fault, FaultConfig, OrderStatus, Truth};

use crate::bench::{Answer, Bench, DE, MUG, SELLER, answered};

fn control(bench: &Bench, method: Method, path: &str, body: Value) -> Answer {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("/control/{path}"))
        .body(body)
        .unwrap();
    answered(bench.sim.call(request))
}

fn post(bench: &Bench, path: &str, body: Value) -> Value {
    let answer = control(bench, Method::POST, path, body);
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

fn order_body(quantity: u32) -> Value {
    json!({"seller_id": SELLER, "marketplace_id": DE, "sku": MUG, "quantity": quantity,
        "options": {"pending": true}})
}

#[test]
fn an_order_is_placed_paid_asked_about_and_cancelled() {
    let bench = Bench::new();
    let id = post(&bench, "orders", order_body(2))["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(bench.truth().orders[0].status, OrderStatus::Pending);
    post(&bench, &format!("orders/{id}/pay"), Value::Null);
    post(&bench, &format!("orders/{id}/request-cancel"), Value::Null);
    post(&bench, &format!("orders/{id}/cancel"), json!({"restock": true}));
    assert_eq!(bench.truth().orders[0].status, OrderStatus::Cancelled);
    assert_eq!(bench.quantity(MUG), Some(10));
    let again = control(&bench, Method::POST, &format!("orders/{id}/cancel"), Value::Null);
    assert_eq!(again.status, StatusCode::CONFLICT);
    let basket = json!({"seller_id": SELLER, "marketplace_id": DE, "lines": [{"sku": MUG, "quantity": 1}]});
    assert!(post(&bench, "orders", basket)["order_id"].is_string());
}

#[test]
fn what_cannot_be_done_says_why() {
    let bench = Bench::new();
    let refused = |path: &str, body: Value| {
        let answer = control(&bench, Method::POST, path, body);
        (
            answer.status.as_u16(),
            answer.body["error"].as_str().unwrap().to_owned(),
        )
    };
    let (status, error) = refused("orders", order_body(11));
    assert_eq!(status, 409);
    assert!(error.contains("10 left, 11 wanted"), "{error}");
    assert_eq!(refused("orders", json!({"seller_id": SELLER})).0, 400);
    assert_eq!(refused("orders/1/pay", Value::Null).0, 404);
    assert_eq!(refused("advance", json!({"seconds": -1})).0, 400);
    let (status, error) = refused("faults", json!({"preset": "mad"}));
    assert!(status == 400 && error.contains("none, mild or wild"), "{error}");
    let (status, error) = refused("faults", json!({"throtle": 1}));
    assert!(status == 400 && error.contains("throtle"), "{error}");
    assert_eq!(refused("nothing", Value::Null).0, 404);
}

#[test]
fn time_faults_and_buyers_are_set() {
    let bench = Bench::new();
    assert_eq!(
        post(&bench, "advance", json!({"seconds": 1.5}))["now"],
        "2026-03-01T12:00:01.5Z"
    );
    let wild: FaultConfig =
        serde_json::from_value(post(&bench, "faults", json!({"preset": "wild"}))).unwrap();
    assert_eq!(wild, FaultConfig::wild());
    let exact = post(&bench, "faults", json!({"throttle": 0.5}));
    assert_eq!(
        (&exact["throttle"], &exact["server_error"]),
        (&json!(0.5), &json!(0.0))
    );
    post(&bench, "faults", json!({"preset": "none"}));
    post(
        &bench,
        "faults/next",
        json!({"operation": "getMarketplaceParticipations", "fault": "throttle"}),
    );
    let call = || {
        bench
            .get(
                "getMarketplaceParticipations",
                "/sellers/v1/marketplaceParticipations",
            )
            .status
            .as_u16()
    };
    assert_eq!((call(), call()), (429, 200));
    assert_eq!(bench.truth().faults[0].fault, Fault::Throttle);
    post(&bench, "buyers", json!({"orders_per_second": 5}));
    bench.advance(20);
    assert!(!bench.truth().orders.is_empty());
}

#[test]
fn listings_are_changed_and_added_as_by_another_tool() {
    let bench = Bench::new();
    post(
        &bench,
        "listings",
        json!({"seller_id": SELLER, "sku": MUG, "quantity": 2, "price": "9.99"}),
    );
    assert_eq!(bench.quantity(MUG), Some(2));
    let added = json!({"sku": "NEW", "asin": "B0NEW", "title": "New", "quantity": 4, "price": "5", "currency": "EUR"});
    post(&bench, "listings", json!({"seller_id": SELLER, "add": added}));
    assert_eq!(bench.quantity("NEW"), Some(4));
    assert_eq!(bench.item("NEW")["offers"][0]["price"]["amount"], "5.00");
    let unknown = json!({"seller_id": SELLER, "sku": "NOPE", "quantity": 2});
    assert_eq!(
        control(&bench, Method::POST, "listings", unknown).status,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn consent_is_withdrawn_and_renewed() {
    let bench = Bench::new();
    let call = || {
        bench
            .get(
                "getMarketplaceParticipations",
                "/sellers/v1/marketplaceParticipations",
            )
            .status
            .as_u16()
    };
    post(&bench, "revoke", json!({"seller_id": SELLER}));
    assert_eq!(call(), 403);
    post(&bench, "restore", json!({"seller_id": SELLER}));
    assert_eq!(call(), 200);
}

#[test]
fn health_and_truth_are_told_and_truth_reads_back() {
    let bench = Bench::new();
    bench.buy(MUG, 1);
    let health = control(&bench, Method::GET, "health", Value::Null);
    assert_eq!(
        health.body,
        json!({"status": "ok", "now": "2026-03-01T12:00:00Z"})
    );
    let told = control(&bench, Method::GET, "truth", Value::Null);
    assert_eq!(serde_json::from_value::<Truth>(told.body).unwrap(), bench.truth());
}
