//! The main road: connect, enter products, count, sell, ship; and who may ask at all.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn an_order_of_the_own_store_lowers_stock_and_can_be_shipped() {
    let world = World::with_stock(2).await;
    let order = json!({ "reference": "T-1", "lines": [{ "sku": "P-1", "quantity": 3 }] });
    let order = world.post("/orders", order).await.expect(201);
    assert_eq!(
        order["order"]["total"],
        json!({ "amount": "1497.00", "currency": "INR" })
    );
    let stock = world.get("/inventory/stock/P-1").await.expect(200);
    assert_eq!((&stock["on_hand"], &stock["available"]), (&json!(10), &json!(7)));
    let id = order["order"]["id"].as_str().unwrap();
    let parcel = json!({ "carrier": "Post", "tracking": "T-123" });
    let shipment = world
        .post(&format!("/orders/{id}/fulfil"), parcel)
        .await
        .expect(201);
    assert_eq!(shipment["status"], "local");
    let stock = world.get("/inventory/stock/P-1").await.expect(200);
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(7), &json!(0)));
    let why = world.get("/inventory/stock/P-1/why").await.expect(200);
    assert!(
        why["because"][0].as_str().unwrap().contains("7 available"),
        "{why}"
    );
}

#[tokio::test]
async fn a_store_is_connected_and_shows_no_secret() {
    let world = World::new().await;
    let body =
        json!({ "name": "Bazaar IN", "marketplaces": ["IN"], "credentials": { "key": "s3cret-value" } });
    let store = world.post("/integrations/bazaar/connect", body).await.expect(201);
    assert_eq!(
        (&store["channel"], &store["status"]),
        (&json!("bazaar"), &json!("active"))
    );
    let path = format!("/integrations/bazaar/stores/{}", store["id"].as_str().unwrap());
    world.get(&path).await.expect(200);
    let health = world.post(&format!("{path}/test"), json!({})).await.expect(200);
    assert_eq!(health["summary"], "Signed in.");
    let jobs = world.get("/jobs?state=queued").await.expect(200);
    assert!(
        jobs["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|j| j["kind"] == "orders.pull"),
        "{jobs}"
    );
    let status = world.get(&format!("{path}/sync-status")).await.expect(200);
    assert_eq!(status["schedules"].as_array().unwrap().len(), 3, "{status}");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let world = World::new().await;
    for header in [None, Some("Bearer sbt_wrong"), Some("Basic eDp5"), Some("Bearer")] {
        let mut request = Request::get("/api/v1/me");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 401, "{header:?}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["status"], 401);
    }
    let me = world
        .call(&world.viewer, Method::GET, "/api/v1/me", None)
        .await
        .expect(200);
    assert_eq!(me["role"], "viewer");
}
