//! Bad input: each a problem that names the field and says what would be right, and nothing is changed by it.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn raw(world: &World, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {}", world.owner))
        .header("content-type", kind)
        .body(body.into())
        .unwrap();
    world.send(request).await
}

/// The answer is this problem, and names this field in words.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, pointer: &str, words: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        answer.pointers().first().copied().unwrap_or_default(),
        pointer,
        "{}",
        answer.body
    );
    let text = answer.body.to_string();
    assert!(text.contains(words), "`{words}` is not in {text}");
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let world = World::new().await;
    let json = "application/json";
    refused(
        &raw(&world, "POST", "/products", json, "{\"sku\": ").await,
        400,
        "",
        "not JSON",
    );
    refused(
        &raw(&world, "POST", "/products", json, "").await,
        400,
        "",
        "not JSON",
    );
    refused(
        &raw(&world, "POST", "/orders", json, "[]").await,
        422,
        "",
        "expected",
    );
    refused(
        &raw(&world, "POST", "/orders", "text/csv", "a,b").await,
        415,
        "",
        "application/json",
    );
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    refused(
        &raw(&world, "POST", "/products", json, huge).await,
        413,
        "",
        "bytes",
    );
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_there() {
    let world = World::new().await;
    refused(&world.get("/nothing/here").await, 404, "", "/docs");
    let answer = world.change(Method::DELETE, "/products", json!({})).await;
    refused(&answer, 405, "", "DELETE");
    assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    refused(
        &world
            .post("/integrations/ebay/connect", json!({ "name": "x" }))
            .await,
        404,
        "",
        "bazaar, own",
    );
}

#[tokio::test]
async fn queries_that_cannot_be() {
    let world = World::with_stock(1).await;
    for (path, pointer, words) in [
        ("/products?limit=0", "/query/limit", "1 to 200"),
        ("/products?limit=201", "/query/limit", "1 to 200"),
        ("/products?limit=ten", "/query/limit", "1 to 200"),
        ("/products?cursor=rubbish", "/query/cursor", "next_cursor"),
        ("/inventory/stock?cursor=rubbish", "/query/cursor", "next_cursor"),
        (
            "/inventory/stock/P-1/ledger?cursor=rubbish",
            "/query/cursor",
            "next_cursor",
        ),
        ("/orders?status=lost", "/query/status", "partially_shipped"),
        ("/orders?account=acc_1", "/query/account", "acc_"),
        (
            "/orders?placed_from=yesterday",
            "/query/placed_from",
            "2026-11-21T03:25:00Z",
        ),
        ("/orders?colour=red", "/query/colour", "unknown field"),
        ("/jobs?state=lost", "/query/state", "queued, running, done, dead"),
        ("/alerts?severity=loud", "/query/severity", "critical"),
        ("/listings?verified=maybe", "/query/verified", "true"),
        ("/inventory/seller?status=gone", "/query/status", "suppressed"),
        ("/inventory/seller?channel=ebay", "/query/channel", "bazaar, own"),
        ("/shipments", "/query/order", "name the order"),
    ] {
        refused(&world.get(path).await, 422, pointer, words);
    }
}

#[tokio::test]
async fn orders_and_products_that_cannot_be() {
    let world = World::with_stock(1).await;
    let line = |quantity: Value| json!({ "lines": [{ "sku": "P-1", "quantity": 1 }, { "sku": "P-1", "quantity": quantity }] });
    let price = |amount: &str, currency: &str| json!([{ "sku": "Q", "title": "Q", "price": { "amount": amount, "currency": currency } }]);
    for (path, body, pointer, words) in [
        (
            "/orders",
            line(json!(-1)),
            "/lines/1/quantity",
            "whole number from 0",
        ),
        ("/orders", line(json!(1.5)), "/lines/1/quantity", "whole number"),
        ("/orders", line(json!("3")), "/lines/1/quantity", "whole number"),
        ("/orders", line(json!(0)), "/lines/1/quantity", "at least one"),
        ("/orders", json!({ "lines": [] }), "/lines", "1 to 500"),
        (
            "/orders",
            json!({ "lines": [{ "sku": "NONE", "quantity": 1 }] }),
            "/lines/0/sku",
            "no product",
        ),
        ("/products", price("1.005", "INR"), "/0/price", "digits"),
        ("/products", price("1,50", "INR"), "/0/price", "not an amount"),
        ("/products", price("1.00", "ZZZ"), "/0/price/currency", "ISO 4217"),
        ("/products", json!([]), "/products", "1 to 1000"),
    ] {
        refused(&world.post(path, body).await, 422, pointer, words);
    }
    assert_eq!(
        world.get("/orders").await.expect(200)["data"],
        json!([]),
        "nothing was ordered"
    );
}

#[tokio::test]
async fn changes_of_stock_that_cannot_be() {
    let world = World::with_stock(1).await;
    let before = world.get("/inventory/stock/P-1").await.expect(200);
    for (path, body, pointer, words) in [
        (
            "/inventory/counts",
            json!({ "sku": "P-1", "counted": -1 }),
            "/counted",
            "whole number from 0",
        ),
        (
            "/inventory/counts",
            json!({ "sku": "P-1", "counted": 2.5 }),
            "/counted",
            "whole number",
        ),
        (
            "/inventory/counts",
            json!({ "sku": "P-1" }),
            "/counted",
            "missing field",
        ),
        (
            "/inventory/counts",
            json!({ "sku": " ", "counted": 1 }),
            "/sku",
            "empty",
        ),
        (
            "/inventory/adjustments",
            json!({ "sku": "P-1" }),
            "/change",
            "either",
        ),
        (
            "/inventory/adjustments",
            json!({ "sku": "P-1", "change": 1, "kind": "sale" }),
            "/kind",
            "restock",
        ),
        (
            "/inventory/adjustments",
            json!({ "sku": "P-1", "change": 1, "kind": "gift" }),
            "/kind",
            "restock",
        ),
        (
            "/inventory/adjustments",
            json!({ "sku": "P-1", "change": 1, "why": "x" }),
            "/why",
            "unknown field",
        ),
    ] {
        refused(&world.post(path, body).await, 422, pointer, words);
    }
    let unknown = json!({ "sku": "NONE", "counted": 1 });
    refused(
        &world.post("/inventory/counts", unknown).await,
        404,
        "",
        "no product",
    );
    assert_eq!(
        world.get("/inventory/stock/P-1").await.expect(200),
        before,
        "nothing was changed"
    );
}

#[tokio::test]
async fn tokens_and_syncs_that_cannot_be() {
    let world = World::with_stock(1).await;
    for (path, body, pointer, words) in [
        ("/inventory/sync", json!({ "type": "some" }), "/type", "partial"),
        (
            "/inventory/sync",
            json!({ "type": "partial", "skus": ["P-1", "NONE"] }),
            "/skus/1",
            "no product",
        ),
        (
            "/tokens",
            json!({ "name": "t", "role": "king" }),
            "/role",
            "viewer",
        ),
        (
            "/tokens",
            json!({ "name": "t", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z" }),
            "/expires_at",
            "past",
        ),
    ] {
        refused(&world.post(path, body).await, 422, pointer, words);
    }
}

#[tokio::test]
async fn too_much_of_a_product_is_ordered() {
    let world = World::with_stock(1).await;
    let answer = world
        .post("/orders", json!({ "lines": [{ "sku": "P-1", "quantity": 11 }] }))
        .await;
    refused(&answer, 409, "/lines/0/quantity", "10 of P-1 are free");
}
