//! Live figures: the first event at once, the next when something changed, the end with the server.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::World;

fn figures(chunk: &[u8]) -> Value {
    let text = std::str::from_utf8(chunk).unwrap();
    let data = text.lines().find_map(|l| l.strip_prefix("data: ")).unwrap();
    assert!(text.contains("event: snapshot"), "{text}");
    serde_json::from_str(data).unwrap()
}

#[tokio::test(start_paused = true)]
async fn figures_come_at_once_then_when_they_change_and_end_with_the_server() {
    let world = World::with_stock(1).await;
    let request = Request::get("/api/v1/events")
        .header("authorization", format!("Bearer {}", world.viewer))
        .body(Body::empty())
        .unwrap();
    let response = world.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let first = figures(&events.next().await.unwrap().unwrap());
    assert_eq!(
        (&first["orders_open"], &first["units_available"]),
        (&json!(0), &json!(10))
    );

    world
        .post("/orders", json!({ "lines": [{ "sku": "P-1", "quantity": 4 }] }))
        .await
        .expect(201);
    world.clock.advance(Duration::from_secs(1));
    let second = figures(&events.next().await.unwrap().unwrap());
    assert_eq!(
        (&second["orders_open"], &second["units_available"]),
        (&json!(1), &json!(6))
    );

    world.stop.send(true).unwrap();
    assert!(
        events.next().await.is_none(),
        "the stream ends so that the server can"
    );
}
