//! Every operation refuses who must not use it: nobody, those with too low a role, and other tenants.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::document::{Document, Operation};
use crate::goods::Goods;

fn guarded(document: &Document) -> Vec<Operation> {
    document
        .operations()
        .into_iter()
        .filter(|o| o.role.is_some())
        .collect()
}

#[tokio::test]
async fn only_the_servers_own_pages_are_open_to_everybody() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    let open: Vec<String> = document
        .operations()
        .into_iter()
        .filter(|o| o.role.is_none())
        .map(|o| o.path)
        .collect();
    // What channels send proves itself by its signature, or by the state of a sign-in that only they were told.
    let (sent, open): (Vec<String>, Vec<String>) = open
        .into_iter()
        .partition(|path| path.contains("webhook") || path.ends_with("/callback"));
    let addresses = [
        "/api/v1/integrations/{channel}/callback",
        "/api/v1/integrations/{channel}/callback",
        "/api/v1/inventory/webhook",
        "/api/v1/webhooks/{channel}/{store_id}/{topic}",
    ];
    assert_eq!(sent, addresses);
    assert_eq!(open, ["/docs", "/healthz", "/openapi.json", "/readyz"]);
    for path in open {
        let answer = goods
            .world
            .send(Request::get(&path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
    }
    assert!(guarded(&document).len() > 50);
}

#[tokio::test]
async fn nobody_is_401_everywhere() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    for operation in guarded(&document) {
        let request = Request::builder()
            .method(operation.method.as_str())
            .uri(goods.concrete(&operation.path))
            .header("content-type", "application/json")
            .body(Body::from("{}"))
            .unwrap();
        let answer = goods.world.send(request).await;
        assert_eq!(answer.status.as_u16(), 401, "{operation:?}");
        document.answers(&operation, 401, &answer.body);
    }
}

#[tokio::test]
async fn too_low_a_role_is_403_everywhere() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    let world = &goods.world;
    let mut tried = 0;
    for operation in guarded(&document) {
        let token = match operation.role.as_deref() {
            Some("operator") => &world.viewer,
            Some("admin" | "owner") => &world.operator,
            _ => continue,
        };
        tried += 1;
        let method: Method = operation.method.parse().unwrap();
        let answer = world
            .call(token, method, &goods.concrete(&operation.path), Some(json!({})))
            .await;
        assert_eq!(answer.status.as_u16(), 403, "{operation:?}");
        document.answers(&operation, 403, &answer.body);
    }
    assert!(tried > 20);
}

/// A body that would be taken, so that only the id can be what is refused.
fn good_body(operation: &Operation) -> serde_json::Value {
    match operation.path.rsplit('/').next().unwrap() {
        "sync" => json!({ "kinds": ["orders"] }),
        "mappings" => json!({ "sku": "P-1", "product_sku": "P-1" }),
        "update-tracking" => {
            json!({ "order": "ord_01jd0000000000000000000000", "carrier": "Post", "tracking": "T" })
        }
        "map" => json!({ "product_sku": null }),
        "import" => json!("sku,product_sku\nP-1,P-1\n"),
        "lines" => json!({ "lines": [{ "sku": "P-1", "counted": 1 }] }),
        "return" => {
            let line = "oln_01jd0000000000000000000000";
            json!({ "lines": [{ "line": line, "quantity": 1, "condition": "sellable" }] })
        }
        "receive" if operation.path.contains("/channel-returns/") => json!({ "condition": "sellable" }),
        "generate-label" | "dispatch" => json!({ "order": "ord_01jd0000000000000000000000" }),
        "kit" => json!({ "components": [] }),
        "safety" => json!({ "units": 1 }),
        "fulfil" => json!({ "carrier": "Post", "tracking": "T" }),
        "{id}" if operation.path.contains("/listings/") => {
            json!({ "price": { "amount": "1.00", "currency": "INR" } })
        }
        "resolve" => json!({ "strategy": "hub_wins" }),
        "approve" => json!({ "price": { "amount": "1.00", "currency": "INR" } }),
        "{id}" if operation.path.contains("/alerts/") => json!({ "state": "resolved" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn another_tenants_things_are_404_everywhere() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    let world = &goods.world;
    let mut tried = 0;
    for operation in guarded(&document) {
        if !operation.path.contains("{id}") && !operation.path.contains("{sku}") {
            continue;
        }
        tried += 1;
        let method: Method = operation.method.parse().unwrap();
        let path = goods.concrete(&operation.path);
        let answer = world
            .call(
                &world.stranger,
                method.clone(),
                &path,
                Some(good_body(&operation)),
            )
            .await;
        assert_eq!(answer.status.as_u16(), 404, "{operation:?}: {}", answer.body);
        document.answers(&operation, 404, &answer.body);
        let odd = path.replace("_0", "_!").replace("P-1", "NOT-THERE");
        let answer = world
            .call(&world.owner, method, &odd, Some(good_body(&operation)))
            .await;
        assert_eq!(answer.status.as_u16(), 404, "{odd}: {}", answer.body);
    }
    assert!(tried > 25);
}

#[tokio::test]
async fn lists_show_nothing_of_another_tenant() {
    let goods = Goods::new().await;
    let document = Document::of(&goods.world).await;
    for operation in guarded(&document) {
        if operation.method != "GET" || operation.path.contains('{') || operation.path.ends_with("/events") {
            continue;
        }
        let path = match operation.path.as_str() {
            "/api/v1/shipments" => format!("/api/v1/shipments?order={}", goods.ids["order"]),
            path => path.to_owned(),
        };
        let seen = goods
            .world
            .call(&goods.world.stranger, Method::GET, &path, None)
            .await
            .expect(200);
        for (what, id) in &goods.ids {
            assert!(
                !seen.to_string().contains(id.as_str()),
                "{path} shows their {what}"
            );
        }
    }
}
