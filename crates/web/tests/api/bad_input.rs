//! Bad input: each a problem that names the field and says what would be right, and nothing is changed by it.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::goods::Goods;
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
fn refused(answer: &Answer, status: u16, pointer: &str, words: &str) {
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
async fn too_much_of_a_product_is_ordered() {
    let world = World::with_stock(1).await;
    let answer = world
        .post("/orders", json!({ "lines": [{ "sku": "P-1", "quantity": 11 }] }))
        .await;
    refused(&answer, 409, "/lines/0/quantity", "10 of P-1 are free");
}

#[tokio::test]
async fn stores_that_cannot_be_connected() {
    let world = World::new().await;
    let connect = async |body: Value| world.post("/integrations/bazaar/connect", body).await;
    let body = |more: Value| {
        let mut body = json!({ "name": "B", "marketplaces": ["IN"], "credentials": { "key": "k" } });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    refused(
        &connect(body(json!({ "marketplaces": ["XX"] }))).await,
        422,
        "/marketplaces/0",
        "there is IN",
    );
    refused(
        &connect(body(json!({ "credentials": {} }))).await,
        422,
        "/credentials/key",
        "missing",
    );
    refused(
        &connect(body(json!({ "name": "" }))).await,
        422,
        "/name",
        "1 to 80",
    );
    refused(
        &connect(body(json!({ "credentials": { "key": 5 } }))).await,
        422,
        "/credentials/key",
        "string",
    );
    refused(
        &connect(body(json!({ "endpoints": { "api": "http://127.0.0.1" } }))).await,
        422,
        "/endpoints",
        "endpoint_overrides",
    );
    connect(body(json!({}))).await.expect(201);
    refused(
        &connect(body(json!({ "name": "Again" }))).await,
        409,
        "",
        "connected already",
    );
    let stores = world.get("/stores").await.expect(200);
    assert_eq!(stores["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn channels_that_fail_are_told_as_theirs() {
    let world = World::new().await;
    for (fails, status, retry_after) in [("credentials", 502, ""), ("throttled", 503, "30")] {
        let body = json!({ "name": fails, "credentials": { "key": fails }, "options": { "fails": fails } });
        let store = world.post("/integrations/bazaar/connect", body).await.expect(201);
        let path = format!(
            "/integrations/bazaar/stores/{}/test",
            store["id"].as_str().unwrap()
        );
        let answer = world.post(&path, json!({})).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(answer.header("retry-after"), retry_after);
    }
}

#[tokio::test]
async fn listings_that_cannot_be_mapped_or_priced_so() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let map = format!("/listings/{}/map", goods.ids["listing"]);
    refused(&world.post(&map, json!({})).await, 422, "/product_sku", "either");
    refused(
        &world.post(&map, json!({ "product_sku": "NONE" })).await,
        422,
        "/product_sku",
        "create it first",
    );
    refused(
        &world
            .post(&map, json!({ "product_sku": "P-2", "units": 0 }))
            .await,
        422,
        "/units",
        "unit",
    );
    let eur = json!({ "price": { "amount": "5.00", "currency": "EUR" } });
    let listing = format!("/listings/{}", goods.ids["listing"]);
    refused(
        &world.change(Method::PATCH, &listing, eur).await,
        422,
        "/price/currency",
        "INR",
    );
    let store = format!("/integrations/bazaar/stores/{}", goods.ids["store"]);
    let hourly = json!({ "schedules": { "orders": 0 } });
    refused(
        &world.change(Method::PATCH, &store, hourly).await,
        422,
        "/schedules/orders",
        "604800",
    );
    let kinds = json!({ "kinds": ["weather"] });
    refused(
        &world.post(&format!("{store}/sync"), kinds).await,
        422,
        "/kinds/0",
        "inventory",
    );
    let too_much = json!({ "shares": { goods.ids["store"].as_str(): 10_001 } });
    refused(
        &world.change(Method::PUT, "/inventory/policies", too_much).await,
        422,
        "/shares",
        "100",
    );
    let snooze = json!({ "state": "snoozed" });
    let alert = format!("/alerts/{}", goods.ids["alert"]);
    refused(
        &world.change(Method::PATCH, &alert, snooze).await,
        422,
        "/snooze_until",
        "until when",
    );
}

#[tokio::test]
async fn each_item_of_a_bulk_update_has_its_own_outcome() {
    let goods = Goods::new().await;
    let eur = json!({ "amount": "5.00", "currency": "EUR" });
    let items = json!([
        { "sku": "P-1", "quantity": 3 },
        { "sku": "P-1", "quantity": -3 },
        { "sku": "NONE", "quantity": 3 },
        { "sku": "P-1", "quantity": 9, "price": eur },
        { "sku": "P-1" },
    ]);
    let outcome = goods
        .world
        .post("/inventory/bulk-update", json!({ "items": items }))
        .await
        .expect(200);
    let got: Vec<(&str, &str)> = outcome["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            (
                o["status"].as_str().unwrap(),
                o["errors"][0]["pointer"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let wanted = [
        ("done", ""),
        ("refused", "/items/1/quantity"),
        ("refused", "/items/2"),
        ("refused", "/items/3/price/currency"),
        ("refused", "/items/4/quantity"),
    ];
    assert_eq!(got, wanted, "{outcome}");
    let stock = goods.world.get("/inventory/stock/P-1").await.expect(200);
    assert_eq!(stock["on_hand"], 3, "a refused item changes nothing");
    let many: Vec<Value> = (0..1_001)
        .map(|_| json!({ "sku": "P-1", "quantity": 1 }))
        .collect();
    refused(
        &goods
            .world
            .post("/inventory/bulk-update", json!({ "items": many }))
            .await,
        422,
        "/items",
        "1000",
    );
}
