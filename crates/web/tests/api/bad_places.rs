//! Bad input about places and what moves between them: each names the field, and nothing is changed by it.

use axum::http::Method;
use serde_json::json;

use crate::bad_input::refused;
use crate::world::World;

#[tokio::test]
async fn locations_that_cannot_be() {
    let world = World::with_stock(2).await;
    let open = async |body| world.post("/inventory/locations", body).await;
    refused(&open(json!({ "name": "  " })).await, 422, "/name", "1 to 60");
    refused(
        &open(json!({ "name": "x".repeat(61) })).await,
        422,
        "/name",
        "1 to 60",
    );
    refused(&open(json!({ "name": "A", "rank": -1 })).await, 422, "/rank", "0");
    refused(
        &open(json!({ "name": "A", "rank": 1_000_000 })).await,
        422,
        "/rank",
        "1000",
    );
    refused(&open(json!({ "name": "Main" })).await, 409, "", "already");
    let list = world.get("/inventory/locations").await.expect(200);
    let main = list["locations"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/inventory/locations/{main}");
    let close = world.change(Method::PATCH, &path, json!({ "open": false })).await;
    refused(&close, 409, "", "cannot be closed");
    let nowhere = "/inventory/locations/loc_01jd0000000000000000000000";
    let unknown = world.change(Method::PATCH, nowhere, json!({ "rank": 1 })).await;
    refused(&unknown, 404, "", "location");
    assert_eq!(
        world.get("/inventory/locations").await.expect(200),
        list,
        "nothing changed"
    );
}

#[tokio::test]
async fn quantities_that_cannot_be() {
    let world = World::with_stock(2).await;
    let nowhere = "loc_01jd0000000000000000000000";
    let safety = async |body| {
        world
            .change(Method::PUT, "/inventory/stock/P-1/safety", body)
            .await
    };
    refused(
        &safety(json!({ "units": -1 })).await,
        422,
        "/units",
        "0 to 100000000",
    );
    refused(
        &safety(json!({ "units": 100_000_001 })).await,
        422,
        "/units",
        "0 to 100000000",
    );
    refused(
        &safety(json!({ "units": 1, "location": nowhere })).await,
        422,
        "/location",
        "no open location",
    );
    let enter = async |body| world.post("/inventory/adjustments", body).await;
    refused(
        &enter(json!({ "sku": "P-1", "kind": "damage", "change": -5000 })).await,
        422,
        "/change",
        "by the books",
    );
    refused(
        &enter(json!({ "sku": "P-1", "change": 1, "location": nowhere })).await,
        422,
        "/location",
        "no open location",
    );
    refused(
        &enter(json!({ "sku": "P-1", "counted": -1 })).await,
        422,
        "/counted",
        "0 to 100000000",
    );
    let ledger = world.get("/inventory/stock/P-1/ledger").await.expect(200);
    assert_eq!(ledger["data"].as_array().unwrap().len(), 1, "nothing was entered");
}
