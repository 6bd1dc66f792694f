//! Bad input about stores, listings and many things at once.

use axum::http::Method;
use serde_json::{Value, json};

use crate::bad_input::refused;
use crate::goods::Goods;
use crate::world::World;

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

#[tokio::test]
async fn a_policy_that_cannot_be_says_which_field_is_wrong() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let store = &goods.ids["store"];
    let cases = [
        (
            json!({ "account": store, "terms": { "share": 10_001 } }),
            "terms/share",
            "100 percent",
        ),
        (
            json!({ "account": store, "terms": { "cap": -1 } }),
            "terms/cap",
            "from 0",
        ),
        (
            json!({ "account": store, "terms": { "minimum": 6, "cap": 5 } }),
            "terms/minimum",
            "above the cap of 5",
        ),
        (
            json!({ "account": store, "terms": { "fixed": 6, "share": 5 } }),
            "terms/fixed",
            "contradict",
        ),
        (json!({ "terms": { "share": 5 } }), "terms/share", "name one"),
        (json!({ "terms": {} }), "terms", "says nothing"),
        (json!({ "terms": { "mode": "generous" } }), "terms/mode", "hybrid"),
        (
            json!({ "channel": "nowhere", "terms": { "cap": 1 } }),
            "channel",
            "there is no channel `nowhere`",
        ),
        (
            json!({ "channel": "bazaar", "terms": { "method": "priority" } }),
            "terms/method",
            "for a product",
        ),
        (
            json!({ "channel": "bazaar", "account": store, "terms": { "cap": 1 } }),
            "account",
            "one of the two",
        ),
        (
            json!({ "sku": "NONE", "terms": { "cap": 1 } }),
            "sku",
            "enter it first",
        ),
    ];
    for (change, field, words) in cases {
        for path in ["/inventory/policies", "/inventory/policies/preview"] {
            let body = json!({ "changes": [{ "terms": { "cap": 9 } }, change] });
            let method = if path.ends_with("preview") {
                Method::POST
            } else {
                Method::PUT
            };
            let answer = world.change(method, path, body).await;
            refused(&answer, 422, &format!("/changes/1/{field}"), words);
        }
    }
    let listed = world.get("/inventory/policies").await.expect(200);
    let kept = listed["data"].as_array().map(Vec::len);
    assert_eq!(kept, Some(1), "nothing of a refused change is kept");
}

#[tokio::test]
async fn a_change_of_policies_names_something_that_is_there() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let foreign =
        json!({ "changes": [{ "account": "acc_00000000000000000000000000", "terms": { "cap": 1 } }] });
    let answer = world.change(Method::PUT, "/inventory/policies", foreign).await;
    refused(&answer, 422, "/changes/0/account", "there is no store");
    let answer = world
        .change(Method::PUT, "/inventory/policies", json!({ "changes": [] }))
        .await;
    refused(&answer, 422, "/changes", "at least one");
}

#[tokio::test]
async fn a_single_field_of_a_policy_is_set_or_left_to_others() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let patch = async |terms: serde_json::Value| {
        let body = json!({ "changes": [{ "sku": "P-1", "terms": terms }] });
        world.change(Method::PATCH, "/inventory/policies", body).await
    };
    let said = async || {
        let listed = world.get("/inventory/policies?sku=P-1").await.expect(200);
        listed["data"].get(0).map(|policy| policy["terms"].clone())
    };
    assert_eq!(patch(json!({ "cap": 5, "minimum": 2 })).await.status, 200);
    assert_eq!(patch(json!({ "cap": null, "mode": "shared" })).await.status, 200);
    let terms = said().await.unwrap();
    assert_eq!(
        (&terms["cap"], &terms["minimum"], &terms["mode"]),
        (&json!(null), &json!(2), &json!("shared"))
    );
    let answer = patch(json!({ "cap": 1 })).await;
    refused(&answer, 422, "/changes/0/terms/minimum", "cap");
    let answer = patch(json!({ "color": null })).await;
    refused(&answer, 422, "/changes/0/terms/color", "unknown field");
    assert_eq!(
        said().await.unwrap(),
        terms,
        "nothing of a refused change is kept"
    );
    assert_eq!(patch(json!({ "minimum": null, "mode": null })).await.status, 200);
    assert_eq!(said().await, None, "a policy that says nothing is none");
}

#[tokio::test]
async fn shares_are_added_up_when_all_are_set() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let share = |scope: &str, name: &str, points: u32| json!({ scope: name, "terms": { "share": points } });
    let store = goods.ids["store"].as_str();
    let both = json!({ "changes": [share("channel", "own", 6_000), share("account", store, 4_000)] });
    assert_eq!(
        world
            .change(Method::PUT, "/inventory/policies", both)
            .await
            .status,
        200
    );
    let more = json!({ "changes": [share("account", store, 4_001)] });
    let answer = world.change(Method::PUT, "/inventory/policies", more).await;
    refused(&answer, 422, "/changes/0/terms/share", "100.01 percent");
    let swapped = json!({ "changes": [share("account", store, 6_000), share("channel", "own", 4_000)] });
    assert_eq!(
        world
            .change(Method::PUT, "/inventory/policies", swapped)
            .await
            .status,
        200
    );
}
