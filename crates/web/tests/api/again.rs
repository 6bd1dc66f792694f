//! Idempotency keys: the same request again is answered, not done.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn keyed(world: &World, token: &str, key: &str, path: &str, body: Value) -> Answer {
    let request = Request::post(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()))
        .unwrap();
    world.send(request).await
}

#[tokio::test]
async fn the_same_key_and_body_answer_the_first_answer() {
    let world = World::with_stock(1).await;
    let order = json!({ "lines": [{ "sku": "P-1", "quantity": 2 }] });
    let first = keyed(&world, &world.owner, "k1", "/orders", order.clone()).await;
    assert_eq!(
        (first.status.as_u16(), first.header("idempotency-replayed")),
        (201, "")
    );
    let second = keyed(&world, &world.owner, "k1", "/orders", order).await;
    assert_eq!(
        (second.status.as_u16(), second.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("content-type"), "application/json");
    let orders = world.get("/orders").await.expect(200);
    assert_eq!(orders["data"].as_array().unwrap().len(), 1, "ordered once");
}

#[tokio::test]
async fn another_body_or_address_under_the_same_key_is_refused() {
    let world = World::with_stock(1).await;
    let count = |n: i64| json!({ "sku": "P-1", "counted": n });
    keyed(&world, &world.owner, "k1", "/inventory/counts", count(5))
        .await
        .expect(201);
    let other = keyed(&world, &world.owner, "k1", "/inventory/counts", count(6)).await;
    assert!(
        other.expect(409)["detail"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key")
    );
    keyed(&world, &world.owner, "k1", "/inventory/adjustments", count(5))
        .await
        .expect(409);
    assert_eq!(world.get("/inventory/stock/P-1").await.expect(200)["on_hand"], 5);
}

#[tokio::test]
async fn keys_belong_to_their_tenant_and_have_bounds() {
    let world = World::with_stock(1).await;
    let product = json!({ "sku": "X", "title": "X" });
    keyed(&world, &world.owner, "k1", "/products", product.clone())
        .await
        .expect(201);
    let theirs = keyed(&world, &world.stranger, "k1", "/products", product.clone()).await;
    assert_eq!(
        (theirs.status.as_u16(), theirs.header("idempotency-replayed")),
        (201, "")
    );
    let long = "k".repeat(256);
    keyed(&world, &world.owner, &long, "/products", product)
        .await
        .expect(400);
}

#[tokio::test]
async fn a_request_still_under_way_is_refused_and_a_failed_one_can_be_sent_again() {
    let world = World::with_stock(1).await;
    let body = json!({ "name": "t", "credentials": { "key": "t" }, "options": { "fails": "throttled" } });
    let store = world.post("/integrations/bazaar/connect", body).await.expect(201);
    let path = format!(
        "/integrations/bazaar/stores/{}/test",
        store["id"].as_str().unwrap()
    );
    for _ in 0..2 {
        let answer = keyed(&world, &world.owner, "k1", &path, json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("idempotency-replayed")),
            (503, "")
        );
    }
    let first = keyed(
        &world,
        &world.owner,
        "k2",
        "/inventory/counts",
        json!({ "sku": "P-1", "counted": -1 }),
    )
    .await;
    let again = keyed(
        &world,
        &world.owner,
        "k2",
        "/inventory/counts",
        json!({ "sku": "P-1", "counted": -1 }),
    )
    .await;
    assert_eq!(
        (first.status, again.status.as_u16()),
        (again.status, 422),
        "a refusal is an answer"
    );
    assert_eq!(again.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_token_is_shown_once_even_under_a_key() {
    let world = World::new().await;
    let token = json!({ "name": "ci", "role": "viewer" });
    let first = keyed(&world, &world.owner, "k1", "/tokens", token.clone())
        .await
        .expect(201);
    assert!(first["token"].as_str().unwrap().starts_with("sbt_"));
    let second = keyed(&world, &world.owner, "k1", "/tokens", token)
        .await
        .expect(201);
    assert_eq!((&second["id"], &second["token"]), (&first["id"], &Value::Null));
}
