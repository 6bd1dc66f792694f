//! Every request and every answer against the attributes the API's documentation lists, where that list is at hand.

use std::path::PathBuf;

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, LineUnits, PriceLevel, RefundNotice, ShipmentNotice, ShippedLine,
};
use stockbridge_domain::{Currency, Money};

use super::*;

/// Parameters that are not of one resource: WordPress's own, and ours against caches.
const EVERYWHERE: &[&str] = &["_fields", "_cb"];
/// What the list has wrong or does not have yet, each with the place that shows it.
const BEYOND: &[(&str, &str, &str)] = &[
    // Writable: the documentation's own example of making a webhook sends it.
    ("webhooks", "delivery_url", "its examples"),
    ("webhooks", "topic", "marked mandatory, not read-only"),
    // Written in the documentation's example of a refund by line.
    ("order-refunds", "refund_total", "its examples"),
    ("order-refunds", "id", "its examples"),
];

#[expect(
    clippy::disallowed_methods,
    reason = "tests find the platforms' documents where the developer keeps them"
)]
fn spec() -> Option<Value> {
    let root = std::env::var_os("STOCKBRIDGE_SPECS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("channel-specs/woocommerce/wc-v3-attributes.json");
    match std::fs::read(&path) {
        Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
        Err(_) => {
            println!(
                "left out: checks against the documented attributes, which are not in $STOCKBRIDGE_SPECS/channel-specs"
            );
            None
        }
    }
}

/// The resource of a path below `wc/v3`, and the table of its attributes.
fn resource(path: &str) -> Option<(&'static str, &'static str)> {
    let parts: Vec<&str> = path.strip_prefix("/wp-json/wc/v3/")?.split('/').collect();
    Some(match parts.as_slice() {
        ["orders", _, "refunds", ..] => ("order-refunds", "Order refund properties"),
        ["orders", _, "notes", ..] => ("order-notes", "Order note properties"),
        ["orders", _, "fulfillments", ..] | ["data", ..] => return None,
        ["orders", ..] => ("orders", "Order properties"),
        ["products", _, "variations", ..] => ("product-variations", "Product variation properties"),
        ["products", ..] => ("products", "Product properties"),
        ["webhooks", ..] => ("webhooks", "Webhook properties"),
        _ => panic!("{path} is no route of the documentation"),
    })
}

fn of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object() || value.as_array().is_some_and(Vec::is_empty),
        _ => value.is_string(),
    }
}

/// Problems of an object that is sent, or was answered.
fn check(spec: &Value, resource: &str, table: &str, object: &Value, sent: bool, problems: &mut Vec<String>) {
    let attributes = &spec["resources"][resource]["tables"][table];
    for (name, value) in object.as_object().into_iter().flatten() {
        let beyond = BEYOND.iter().any(|(r, n, _)| *r == resource && n == name);
        let known = &attributes[name];
        if known.is_null() {
            // The list is of 2024; what came since or is only answered in the list of products is not in it.
            if sent || !matches!(name.as_str(), "parent_id" | "variations" | "type") {
                problems.push(format!("{table}: `{name}` is not documented"));
            }
            continue;
        }
        if sent && known["access"] == "read-only" && !beyond && name != "id" {
            problems.push(format!("{table}: `{name}` cannot be written"));
        }
        let kind = known["type"].as_str().unwrap_or_default();
        let special =
            matches!(name.as_str(), "manage_stock" | "price" | "value" | "tax_class") || value.is_null();
        if !special && !of_type(value, kind) {
            problems.push(format!("{table}: `{name}` is {value}, not {kind}"));
        }
        let lines = match (resource, name.as_str()) {
            ("orders", "line_items") => "Order - Line items properties",
            ("order-refunds", "line_items") => "Order refund - Line items properties",
            ("orders", "meta_data") => "Order - Meta data properties",
            _ => continue,
        };
        for line in value.as_array().into_iter().flatten() {
            check(spec, resource, lines, line, sent, problems);
        }
    }
}

/// Does everything the connector can do once.
async fn everything(bench: &Bench) {
    let connection = bench.open();
    connection.probe().await.unwrap();
    let events = connection.events().unwrap();
    events.register("https://hub.example/hooks").await.unwrap();
    events.register("https://hub.example/hooks").await.unwrap();
    events.unregister("https://hub.example/hooks").await.unwrap();
    let all = bench.listings().await;
    let keys: Vec<_> = all
        .iter()
        .map(|l| key(l.sku.as_str(), l.handle.as_deref()))
        .collect();
    connection.listings().unwrap().read(&keys).await.unwrap();
    let levels: Vec<_> = all.iter().map(|l| level(l, 8)).collect();
    connection.stock().unwrap().set(&levels).await;
    let prices = all.iter().map(|l| PriceLevel {
        sku: l.sku.clone(),
        price: l.price.unwrap(),
        handle: l.handle.clone(),
    });
    connection
        .prices()
        .unwrap()
        .set(&prices.collect::<Vec<_>>())
        .await;
    let id = bench.shop.buy("MUG", 2).unwrap();
    let line = bench.order(id).await.lines[0].channel_line_id.clone();
    let units = |quantity| LineUnits {
        channel_line_id: line.clone(),
        quantity,
    };
    let refund = RefundNotice {
        channel_order_id: id.to_string(),
        amount: Money::from_minor(100, Currency::parse("EUR").unwrap()),
        lines: vec![units(1)],
        pay_out: false,
        note: Some("late".into()),
        key: "k".into(),
    };
    connection.refunds().unwrap().refund(&refund).await.unwrap();
    let parcel = ShipmentNotice {
        channel_order_id: id.to_string(),
        marketplace: None,
        parcel: 1,
        carrier: "DHL".into(),
        method: None,
        tracking: "T".into(),
        shipped_at: now(),
        lines: vec![ShippedLine {
            channel_line_id: line.clone(),
            quantity: 1,
        }],
    };
    connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
    let cancelled = CancelNotice {
        channel_order_id: bench.shop.buy("MUG", 1).unwrap().to_string(),
        lines: Vec::new(),
        reason: CancelReason::Other,
        note: None,
        key: "can_1".into(),
    };
    connection
        .cancellations()
        .unwrap()
        .cancel(&cancelled)
        .await
        .unwrap();
    bench.orders().await;
}

#[tokio::test]
async fn every_request_and_every_answer_is_as_documented() {
    let Some(spec) = spec() else { return };
    let bench = selling(vec![
        WooProduct::new("MUG", 9),
        WooProduct::variable("SHIRT", vec![WooProduct::new("SHIRT-S", 3)]),
    ]);
    everything(&bench).await;
    let sent: Vec<_> = std::mem::take(&mut *bench.world.sent.lock().unwrap());
    let mut problems = Vec::new();
    let mut checked = 0;
    for request in &sent {
        let path = request.uri().path();
        if matches!(path, "/wp-json/" | "/wp-json/wc/v3") {
            continue;
        }
        let Some((name, table)) = resource(path) else {
            continue;
        };
        checked += 1;
        let known = &spec["resources"][name]["tables"]["Available parameters"];
        for (parameter, value) in
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        {
            if EVERYWHERE.contains(&parameter.as_ref()) {
                continue;
            }
            let options = known[parameter.as_ref()]["options"].as_array();
            // Sorting by change is newer than the list; the connector does without where it is refused.
            let listed = options.is_none_or(|o| o.iter().any(|o| *o == *value)) || value == "modified";
            if known[parameter.as_ref()].is_null() || !listed {
                problems.push(format!(
                    "{} {path}: `{parameter}={value}` is not documented",
                    request.method()
                ));
            }
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        match body["update"].as_array() {
            Some(items) => items
                .iter()
                .for_each(|item| check(&spec, name, table, item, true, &mut problems)),
            None => check(&spec, name, table, &body, true, &mut problems),
        }
        if request.method() == http::Method::GET
            && let CallOutcome::Answer(response) = bench.shop.call(request)
        {
            let answer: Value = serde_json::from_slice(response.body()).unwrap();
            let things = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
            things
                .iter()
                .for_each(|thing| check(&spec, name, table, thing, false, &mut problems));
        }
    }
    problems.sort();
    problems.dedup();
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(checked > 30, "{checked}");
}
