//! Misbehaviour of whole calls: what the client sees, and what was applied all the same.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use stockbridge_sim::{CallOutcome, Fault, FaultConfig, Plan};

use crate::bench::{Bench, DE, MUG, answered, config, path, stock};

/// One quantity write under `fault`, and the quantity that held in the end.
fn write_under(fault: Fault) -> (CallOutcome, Option<u32>) {
    let bench = Bench::new();
    bench.sim.fail_next("patchListingsItem", fault, 1);
    let target = format!("{}?marketplaceIds={DE}", path(MUG));
    let body = json!({"productType": "PRODUCT", "patches": [stock("merge", json!({"quantity": 3}))]});
    let outcome = bench.sim.call(bench.request(Method::PATCH, &target, &body));
    bench.advance(10);
    assert_eq!(
        bench.truth().faults.iter().map(|f| f.fault).collect::<Vec<_>>(),
        [fault]
    );
    (outcome, bench.quantity(MUG))
}

#[test]
fn a_throttled_call_is_429_though_budget_is_left() {
    let (outcome, quantity) = write_under(Fault::Throttle);
    let answer = answered(outcome);
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::TOO_MANY_REQUESTS, "QuotaExceeded")
    );
    assert_eq!(quantity, Some(10));
}

#[test]
fn a_server_error_applies_nothing_and_is_not_always_json() {
    let (outcome, quantity) = write_under(Fault::ServerError);
    assert!(answered(outcome).status.is_server_error());
    assert_eq!(quantity, Some(10));
    let bench = Bench::new();
    bench.sim.fail_next("getOrder", Fault::ServerError, 20);
    let target = "/orders/2026-01-01/orders/none";
    let errors: Vec<_> = (0..20)
        .map(|_| answered(bench.sim.call(bench.request(Method::GET, target, &Value::Null))))
        .collect();
    assert!(
        errors
            .iter()
            .any(|e| e.status == StatusCode::INTERNAL_SERVER_ERROR && e.code() == "InternalFailure")
    );
    assert!(
        errors
            .iter()
            .any(|e| e.status == StatusCode::SERVICE_UNAVAILABLE && e.body.is_null())
    );
}

#[test]
fn an_answer_that_never_comes_leaves_open_what_was_applied() {
    assert!(matches!(
        write_under(Fault::TimeoutBefore),
        (CallOutcome::Lost, Some(10))
    ));
    assert!(matches!(
        write_under(Fault::TimeoutAfter),
        (CallOutcome::Lost, Some(3))
    ));
}

#[test]
fn a_broken_connection_leaves_open_what_was_applied() {
    assert!(matches!(
        write_under(Fault::DropBefore),
        (CallOutcome::Dropped, Some(10))
    ));
    assert!(matches!(
        write_under(Fault::DropAfter),
        (CallOutcome::Dropped, Some(3))
    ));
}

#[test]
fn a_cut_answer_promises_more_than_it_brings() {
    let (outcome, quantity) = write_under(Fault::Truncated);
    let CallOutcome::Answer(response) = outcome else {
        panic!("no answer")
    };
    let promised: usize = response.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(!response.body().is_empty() && response.body().len() < promised);
    assert!(serde_json::from_slice::<Value>(response.body()).is_err());
    assert_eq!((response.status(), quantity), (StatusCode::OK, Some(3)));
}

#[test]
fn a_page_may_begin_with_the_order_that_ended_the_one_before() {
    let bench = Bench::new();
    (0..4).for_each(|_| drop(bench.buy(MUG, 1)));
    bench.advance(200);
    bench.sim.fail_next("searchOrders", Fault::Duplicate, 1);
    let query = "createdAfter=2026-03-01T00:00:00Z&maxResultsPerPage=2";
    let first = bench.orders(query);
    assert!(
        bench.truth().faults.is_empty(),
        "a first page has nothing to repeat"
    );
    let token = first.body["pagination"]["nextToken"].as_str().unwrap();
    let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
    let second = bench.orders(&format!("{query}&paginationToken={token}"));
    assert_eq!(second.ids().len(), 3);
    assert_eq!(second.ids()[0], first.ids()[1]);
}

#[test]
fn sign_in_fails_too_but_is_never_throttled() {
    let bench = Bench::new();
    let seller = config().sellers.remove(0);
    bench.sim.set_faults(FaultConfig {
        throttle: 1.0,
        ..FaultConfig::none()
    });
    assert_eq!(bench.sign_in(&seller).status, StatusCode::OK);
    bench.sim.fail_next("token", Fault::ServerError, 1);
    assert!(bench.sign_in(&seller).status.is_server_error());
}

#[test]
fn probabilities_can_be_switched_while_running() {
    let mut config = config();
    config.plans.insert(
        "getOrder".to_owned(),
        Plan {
            rate: 1.0,
            burst: 1_000.0,
        },
    );
    let bench = Bench::with(config);
    let order = bench.buy(MUG, 1);
    let target = format!("/orders/2026-01-01/orders/{order}");
    let failures = || {
        let calls = (0..300).map(|_| bench.sim.call(bench.request(Method::GET, &target, &Value::Null)));
        let good = |o: CallOutcome| {
            matches!(o, CallOutcome::Answer(r) if r.status() == StatusCode::OK
            && !r.headers().contains_key("content-length"))
        };
        calls.filter(|o| !good(o.clone())).count()
    };
    assert_eq!(failures(), 0);
    bench.sim.set_faults(FaultConfig::wild());
    assert!((40..120).contains(&failures()));
    bench.sim.set_faults(FaultConfig::none());
    assert_eq!(failures(), 0);
}
