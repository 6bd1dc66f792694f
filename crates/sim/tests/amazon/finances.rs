//! `listTransactions`: what is posted of shipped and refunded orders.

use http::StatusCode;
use serde_json::{Value, json};
use stockbridge_sim::SimConfig;

use crate::bench::{Answer, Bench, MUG, config};

const DAY: u64 = 86_400;

fn listed(bench: &Bench, query: &str) -> Answer {
    bench.get(
        "listTransactions",
        &format!("/finances/2024-06-19/transactions?{query}"),
    )
}

fn told(answer: &Answer) -> Vec<(String, String, Value)> {
    let all = answer.body["payload"]["transactions"].as_array().unwrap();
    let text = |t: &Value, name: &str| t[name].as_str().unwrap().to_owned();
    all.iter()
        .map(|t| {
            let amount = t["totalAmount"]["currencyAmount"].clone();
            (text(t, "transactionType"), text(t, "transactionStatus"), amount)
        })
        .collect()
}

fn ship(bench: &Bench, order: &str) {
    let item = bench.order(order)["orderItems"][0]["orderItemId"].clone();
    let package = json!({"packageReferenceId": "1", "carrierCode": "DHL", "shippingMethod": "Paket",
        "trackingNumber": "T1", "shipDate": "2026-03-01T12:00:00Z",
        "orderItems": [{"orderItemId": item, "quantity": 2}]});
    assert!(bench.ship(order, &package).status.is_success());
}

fn sold(config: SimConfig) -> (Bench, String) {
    let bench = Bench::with(config);
    let order = bench.buy(MUG, 2);
    bench.advance(60);
    ship(&bench, &order);
    bench.advance(600);
    (bench, order)
}

#[test]
fn a_sale_is_held_back_for_a_week_and_then_told_once_more() {
    let mut config = config();
    config.token_ttl_seconds *= 2;
    let (bench, order) = sold(config);
    let since = "postedAfter=2026-03-01T00:00:00Z";
    let row = |kind: &str, state: &str, amount: f64| (kind.to_owned(), state.to_owned(), json!(amount));
    assert_eq!(told(&listed(&bench, since)), [row("Shipment", "DEFERRED", 21.93)]);
    bench.sim.refund(&order).unwrap();
    bench.advance(8 * DAY);
    assert_eq!(
        told(&listed(&bench, since)),
        [
            row("Shipment", "DEFERRED_RELEASED", 21.93),
            row("Refund", "RELEASED", -21.93),
            row("Shipment", "RELEASED", 21.93)
        ]
    );
}

#[test]
fn windows_must_be_in_order_and_old_enough_and_a_long_one_is_answered_empty() {
    let (bench, _) = sold(config());
    for bad in [
        "",
        "postedAfter=2026-03-01T12:10:30Z",
        "postedAfter=2026-02-02T00:00:00Z&postedBefore=2026-02-01T00:00:00Z",
        "postedAfter=2026-02-02T00:00:00Z&postedBefore=2026-04-01T00:00:00Z",
    ] {
        assert_eq!(listed(&bench, bad).status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(told(&listed(&bench, "postedAfter=2025-08-01T00:00:00Z")), []);
}

#[test]
fn pages_follow_their_token() {
    let mut config = config();
    config.most_per_page = 1;
    let (bench, order) = sold(config);
    bench.sim.refund(&order).unwrap();
    bench.advance(600);
    let since = "postedAfter=2026-03-01T00:00:00Z";
    let first = listed(&bench, since);
    let token = first.body["payload"]["nextToken"].as_str().unwrap().to_owned();
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    assert_eq!(
        listed(
            &bench,
            &format!("postedAfter=2026-02-01T00:00:00Z&nextToken={encoded}")
        )
        .status,
        StatusCode::BAD_REQUEST,
        "other parameters than the first page's"
    );
    let second = listed(&bench, &format!("{since}&nextToken={encoded}"));
    assert_eq!(
        (told(&first)[0].0.as_str(), told(&second)[0].0.as_str()),
        ("Shipment", "Refund")
    );
    assert!(second.body["payload"]["nextToken"].is_null());
}
