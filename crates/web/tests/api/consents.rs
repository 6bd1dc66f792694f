//! Connecting by signing in at the channel: once, in time, and by whoever began it.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::world::World;

/// Begins a sign-in; answers the state the channel was told.
async fn begun(world: &World) -> String {
    let path = "/api/v1/integrations/bazaar/consent";
    let begun = world
        .call(
            &world.owner,
            Method::POST,
            path,
            Some(json!({ "name": "Signed in" })),
        )
        .await
        .expect(201);
    let address = begun["consent_url"].as_str().unwrap();
    assert!(
        address.ends_with("&back=https://hub.example.com/api/v1/integrations/bazaar/callback"),
        "{address}"
    );
    let state = address.split_once("state=").unwrap().1;
    state.split_once('&').unwrap().0.to_owned()
}

async fn come_back(world: &World, query: &str) -> String {
    let path = format!("/api/v1/integrations/bazaar/callback?{query}");
    let answer = world.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(answer.headers["location"], "/channels");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains("k-signed-in"), "{cookie}");
    cookie.to_owned()
}

async fn stores(world: &World, token: &str) -> Vec<Value> {
    let stores = world
        .call(token, Method::GET, "/api/v1/integrations/bazaar/stores", None)
        .await;
    stores.expect(200)["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn whoever_agrees_comes_back_with_a_store_once() {
    let world = World::new().await;
    let state = begun(&world).await;
    come_back(&world, "code=agreed&state=guessed").await;
    come_back(&world, "code=agreed").await;
    assert!(
        stores(&world, &world.owner).await.is_empty(),
        "nobody guesses the state"
    );

    come_back(&world, &format!("code=agreed&state={state}")).await;
    let found = stores(&world, &world.owner).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["name"], &found[0]["status"]),
        (&json!("Signed in"), &json!("active"))
    );
    assert!(
        stores(&world, &world.stranger).await.is_empty(),
        "it is its tenant's"
    );

    come_back(&world, &format!("code=agreed&state={state}")).await;
    assert_eq!(
        stores(&world, &world.owner).await.len(),
        1,
        "a state is good once"
    );
}

#[tokio::test]
async fn a_sign_in_that_was_declined_or_took_too_long_leaves_nothing() {
    let world = World::new().await;
    let declined = begun(&world).await;
    come_back(&world, &format!("code=no&state={declined}")).await;
    come_back(&world, &format!("code=agreed&state={declined}")).await;
    let late = begun(&world).await;
    world.clock.advance(Duration::from_secs(31 * 60));
    come_back(&world, &format!("code=agreed&state={late}")).await;
    assert!(stores(&world, &world.owner).await.is_empty());
}

#[tokio::test]
async fn who_may_not_connect_and_channels_without_a_sign_in_are_refused() {
    let world = World::new().await;
    let path = |channel: &str| format!("/api/v1/integrations/{channel}/consent");
    let body = json!({ "name": "Signed in" });
    let by = async |token: &str, channel: &str, body: &Value| {
        world
            .call(token, Method::POST, &path(channel), Some(body.clone()))
            .await
    };
    assert_eq!(by(&world.operator, "bazaar", &body).await.status.as_u16(), 403);
    assert_eq!(by(&world.owner, "own", &body).await.status.as_u16(), 409);
    let nameless = by(&world.owner, "bazaar", &json!({ "name": " " })).await;
    assert_eq!(nameless.pointers(), ["/name"]);
    // A channel that sends a message of its own is told whether it was taken.
    let told = Request::post("/api/v1/integrations/bazaar/callback?state=guessed")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(world.send(told).await.status.as_u16(), 404);
}
