//! The document is true: every operation is called, and its real request and answer hold against the schemas.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use crate::document::Document;
use crate::goods::Goods;

/// A call: method, path of the document, path as called (or the usual ids), body, status.
type Call = (&'static str, &'static str, Option<String>, Value, u16);

fn writes(goods: &Goods) -> Vec<Call> {
    const STORE: &str = "/api/v1/integrations/{channel}/stores/{id}";
    let ids = &goods.ids;
    let inr = |amount: &str| json!({ "amount": amount, "currency": "INR" });
    let own = |rest: &str| {
        Some(format!(
            "/api/v1/integrations/own/stores/{}{rest}",
            ids["own_store"]
        ))
    };
    let connect =
        json!({ "name": "Second", "marketplaces": ["IN-1"], "credentials": { "key": "k2" }, "options": {} });
    let patch = json!({ "name": "Renamed", "schedules": { "orders": 90 }, "paused": false });
    let order = json!({ "reference": "R", "lines": [{ "sku": "P-4", "quantity": 1, "unit_price": inr("5.00") }],
        "buyer": { "name": "A" } });
    let tracking = json!({ "order": ids["other_order"], "carrier": "Post", "tracking": "T2" });
    let bulk = json!({ "items": [{ "sku": "P-1", "quantity": 8, "price": inr("450.00") }, { "sku": "NONE", "quantity": 1 }] });
    let alerts = json!({ "ids": [ids["alert"]], "state": "acknowledged" });
    let snooze = json!({ "state": "snoozed", "snooze_until": "2030-01-01T00:00:00Z" });
    let token = json!({ "name": "ci", "role": "viewer", "expires_at": "2030-01-01T00:00:00Z" });
    let unmapped = Some(format!("/api/v1/listings/{}/map", ids["unmapped"]));
    let cancel = Some(format!("/api/v1/orders/{}/cancel", ids["order"]));
    let nothing = || json!({});
    vec![
        (
            "POST",
            "/api/v1/integrations/{channel}/connect",
            None,
            connect,
            201,
        ),
        ("PATCH", STORE, None, patch, 200),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/test",
            None,
            nothing(),
            200,
        ),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/sync-orders",
            None,
            nothing(),
            202,
        ),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/sync-inventory",
            None,
            nothing(),
            202,
        ),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/sync",
            None,
            json!({ "kinds": ["orders", "listings"] }),
            202,
        ),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/mappings",
            None,
            json!({ "sku": "UNMAPPED", "product_sku": "P-5", "units": 2 }),
            201,
        ),
        (
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/update-tracking",
            own("/update-tracking"),
            tracking,
            201,
        ),
        (
            "POST",
            "/api/v1/inventory/adjustments",
            None,
            json!({ "sku": "P-1", "kind": "restock", "change": 5, "note": "van", "reference": "D-1" }),
            201,
        ),
        (
            "POST",
            "/api/v1/inventory/counts",
            None,
            json!({ "sku": "P-1", "counted": 12 }),
            201,
        ),
        (
            "POST",
            "/api/v1/inventory/sync",
            None,
            json!({ "type": "partial", "skus": ["P-1"] }),
            202,
        ),
        ("POST", "/api/v1/inventory/bulk-update", None, bulk, 200),
        (
            "PUT",
            "/api/v1/inventory/policies",
            None,
            json!({ "buffer": { "units": 1, "part": 500 }, "shares": { ids["store"].as_str(): 4000 } }),
            200,
        ),
        ("PATCH", "/api/v1/inventory/alerts", None, alerts.clone(), 200),
        ("PATCH", "/api/v1/alerts", None, alerts, 200),
        ("PATCH", "/api/v1/alerts/{id}", None, snooze, 200),
        (
            "POST",
            "/api/v1/products",
            None,
            json!({ "sku": "NEW", "title": "New", "price": inr("9.50") }),
            201,
        ),
        (
            "PATCH",
            "/api/v1/listings/{id}",
            None,
            json!({ "price": inr("444.00") }),
            200,
        ),
        (
            "POST",
            "/api/v1/listings/{id}/map",
            unmapped,
            json!({ "product_id": ids["product"], "units": 1 }),
            200,
        ),
        ("POST", "/api/v1/orders", None, order, 201),
        (
            "POST",
            "/api/v1/orders/{id}/fulfil",
            None,
            json!({ "carrier": "Post", "tracking": "T3" }),
            201,
        ),
        ("POST", "/api/v1/orders/{id}/cancel", cancel, nothing(), 409),
        ("POST", "/api/v1/jobs/{id}/cancel", None, nothing(), 200),
        ("POST", "/api/v1/jobs/{id}/retry", None, nothing(), 409),
        ("POST", "/api/v1/tokens", None, token, 201),
        ("DELETE", STORE, None, Value::Null, 204),
        // The last call: it may end the caller's own token.
        ("DELETE", "/api/v1/tokens/{id}", None, Value::Null, 204),
    ]
}

#[tokio::test]
async fn every_write_takes_and_answers_what_the_document_says() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    let mut called = BTreeSet::new();
    for (method, path, concrete, body, status) in writes(&goods) {
        let operation = document.operation(method, path);
        called.insert((method.to_owned(), path.to_owned()));
        if !body.is_null() {
            document.takes(&operation, &body);
        }
        let concrete = concrete.unwrap_or_else(|| goods.concrete(path));
        let method: Method = method.parse().unwrap();
        let answer = goods
            .world
            .call(
                &goods.world.owner,
                method,
                &concrete,
                Some(body).filter(|b| !b.is_null()),
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        document.answers(&operation, status, &answer.body);
    }
    let all = document
        .operations()
        .into_iter()
        .filter(|o| o.method != "GET")
        .map(|o| (o.method, o.path));
    let left: Vec<_> = all.filter(|o| !called.contains(o)).collect();
    assert!(left.is_empty(), "not called: {left:?}");
}

#[tokio::test]
async fn every_read_answers_what_the_document_says() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    let mut empty = Vec::new();
    for operation in document.operations() {
        if operation.method != "GET" || operation.path.ends_with("/events") || operation.path == "/docs" {
            continue;
        }
        let mut path = goods.concrete(&operation.path);
        if operation.path == "/api/v1/shipments" {
            path = format!("{path}?order={}", goods.ids["order"]);
        }
        let answer = goods
            .world
            .call(&goods.world.owner, Method::GET, &path, None)
            .await;
        let body = answer.expect(200);
        if operation.path == "/openapi.json" {
            continue;
        }
        document.answers(&operation, 200, &body);
        if body["data"].as_array().is_some_and(Vec::is_empty) {
            empty.push(operation.path);
        }
    }
    // A list without anything in it would prove nothing.
    let nothing_yet = ["/api/v1/budgets", "/api/v1/inventory/sync"];
    empty.retain(|path| !nothing_yet.contains(&path.as_str()));
    assert!(empty.is_empty(), "nothing in {empty:?}");
}
