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

#[tokio::test]
async fn kits_that_cannot_be() {
    let world = World::with_stock(3).await;
    for sku in ["KIT", "OTHER"] {
        world
            .post("/products", json!({ "sku": sku, "title": "Kit" }))
            .await
            .expect(201);
    }
    let set = async |sku: &str, parts: &[(&str, i64)]| {
        let parts: Vec<_> = parts
            .iter()
            .map(|(sku, units)| json!({ "sku": sku, "units": units }))
            .collect();
        let path = format!("/products/{sku}/kit");
        world
            .change(Method::PUT, &path, json!({ "components": parts }))
            .await
    };
    let loops = set("KIT", &[("P-1", 1), ("KIT", 1)]).await;
    refused(&loops, 422, "/components", "cannot contain itself");
    set("KIT", &[("P-1", 2)]).await.expect(200);
    let nested = set("OTHER", &[("P-2", 1), ("KIT", 1)]).await;
    refused(&nested, 422, "/components/1/sku", "is a kit itself");
    let unknown = set("OTHER", &[("NONE", 1)]).await;
    refused(&unknown, 422, "/components/0/sku", "no product");
    let units = set("OTHER", &[("P-2", -3)]).await;
    refused(&units, 422, "/components/0/units", "1 to 10000");
    refused(&set("P-3", &[("P-1", 1)]).await, 409, "", "stock of its own");
    let stocked = world
        .post("/inventory/adjustments", json!({ "sku": "KIT", "counted": 3 }))
        .await;
    refused(&stocked, 422, "/sku", "no stock of its own");
}

#[tokio::test]
async fn moves_that_cannot_be() {
    let world = World::with_stock(2).await;
    let shop = world
        .post("/inventory/locations", json!({ "name": "Shop" }))
        .await
        .expect(201);
    let places = world.get("/inventory/locations").await.expect(200);
    let places = places["locations"].as_array().unwrap();
    let main = places.iter().find(|place| place["is_default"] == true).unwrap();
    let lines = |sku: &str, units: i64| json!([{ "sku": sku, "units": units }]);
    let transfer = async |to: &serde_json::Value, lines| {
        let body = json!({ "from": main["id"], "to": to["id"], "lines": lines });
        world.post("/inventory/transfers", body).await
    };
    refused(&transfer(main, lines("P-1", 1)).await, 422, "/to", "choose two");
    refused(
        &transfer(&shop, lines("NONE", 1)).await,
        422,
        "/lines/0/sku",
        "no product",
    );
    refused(
        &transfer(&shop, lines("P-1", 0)).await,
        422,
        "/lines/0/units",
        "at least 1",
    );
    refused(
        &transfer(&shop, lines("P-1", 100_000_001)).await,
        422,
        "/lines/0/units",
        "100000000",
    );
    refused(&transfer(&shop, json!([])).await, 422, "/lines", "1 to 1000");
    let made = transfer(&shop, lines("P-1", 100_000)).await.expect(201);
    let send = format!("/inventory/transfers/{}/send", made["id"].as_str().unwrap());
    refused(&world.post(&send, json!({})).await, 409, "", "not promised");
    let delivery = json!({ "reference": "", "lines": lines("P-1", 1) });
    let delivery = world.post("/inventory/receipts", delivery).await;
    refused(&delivery, 422, "/reference", "1 to 100");
    let count = world
        .post("/inventory/count-sessions", json!({}))
        .await
        .expect(201);
    let path = format!(
        "/inventory/count-sessions/{}/lines",
        count["id"].as_str().unwrap()
    );
    let number = async |line| world.post(&path, json!({ "lines": [line] })).await;
    refused(
        &number(json!({ "sku": "P-1", "counted": -1 })).await,
        422,
        "/lines/0/units",
        "0 to 100000000",
    );
    let early = json!({ "sku": "P-1", "counted": 1, "counted_at": "2001-01-01T00:00:00Z" });
    refused(&number(early).await, 422, "/lines/counted_at", "beginning");
}
