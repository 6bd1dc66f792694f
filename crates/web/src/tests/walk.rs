//! Every page and form's target: refuses nobody's and too small a caller's requests, hides other tenants' things.

use super::*;
use crate::guard::Access;
use crate::route::Route;

/// An address of a route with ids that look right and belong to nobody.
fn filled(route: &Route, channel: &str) -> String {
    let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(26));
    let prefix = match route.path {
        p if p.contains("/stores/") || p.contains("/channels/") => "acc",
        p if p.contains("/channel-returns/") => "crt",
        p if p.contains("/papers/") => "ppr",
        p if p.contains("/parcels/") => "pcl",
        p if p.contains("/orders/") => "ord",
        p if p.contains("/listings/") => "lst",
        p if p.contains("/products/") => "prd",
        p if p.contains("/shipments/") => "shp",
        p if p.contains("/jobs/") => "job",
        p if p.contains("/runs/") => "run",
        p if p.contains("/alerts/") => "alr",
        p if p.contains("/transfers/") => "trf",
        p if p.contains("/counts/") => "cnt",
        p if p.contains("/locations/") => "loc",
        _ => "tok",
    };
    route
        .path
        .replace("{id}", &id(prefix))
        .replace("{channel}", channel)
        .replace("{sku}", "NONE")
        .replace("{secret}", "none")
        .replace("{name}", "none")
}

fn body_for(route: &Route) -> Option<Value> {
    (route.method != Method::GET).then(|| serde_json::json!({}))
}

#[tokio::test]
async fn nobody_passes_but_where_everybody_may() {
    let world = World::new().await;
    for route in crate::pages::routes() {
        let path = filled(&route, "own");
        let got = world
            .call("", route.method.clone(), &path, body_for(&route))
            .await;
        let name = format!("{} {}", route.method, route.path);
        match route.access {
            Access::Public => assert!(!got.headers.contains_key("www-authenticate"), "{name}"),
            Access::Role(_) if route.page && route.method == Method::GET => {
                assert_eq!(got.status, 303, "{name}");
                assert!(
                    got.headers["location"].to_str().unwrap().starts_with("/signin"),
                    "{name}"
                );
            }
            Access::Role(_) => {
                assert_eq!(got.status, 401, "{name}");
                let bad = world
                    .call("no-such-token", route.method.clone(), &path, body_for(&route))
                    .await;
                assert_eq!(bad.status, 401, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn too_small_a_role_is_refused() {
    let world = World::new().await;
    let smaller = |role: Role| Role::ALL.iter().copied().find(|r| !r.includes(role));
    let mut walked = 0;
    for route in crate::pages::routes() {
        let Access::Role(needed) = route.access else {
            continue;
        };
        let Some(role) = smaller(needed)
            .map(|_| Role::Viewer)
            .filter(|r| !r.includes(needed))
        else {
            continue;
        };
        let token = world.token(role).await;
        let path = filled(&route, "own");
        let got = world
            .call(&token, route.method.clone(), &path, body_for(&route))
            .await;
        assert_eq!(got.status, 403, "{} {}: {}", route.method, route.path, got.text);
        walked += 1;
    }
    assert!(walked > 15, "{walked}");
}

#[tokio::test]
async fn other_tenants_things_are_not_found() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let lines = serde_json::json!([{ "sku": "TEA/250 g", "quantity": 2 }]);
    let body = serde_json::json!({ "account": store, "lines": lines });
    let order = world.post(&token, "/api/v1/orders", body).await.json();
    let order = order["order"]["id"].as_str().unwrap();
    let stranger = world.token_of(world.other_tenant().await, Role::Owner).await;
    for page in [format!("/orders/{order}"), "/stock/TEA%2F250%20g".into()] {
        assert_eq!(world.get(&token, &page).await.status, 200, "{page}");
        let theirs = world.get(&stranger, &page).await;
        assert_eq!(theirs.status, 404, "{page}");
        assert!(!theirs.text.contains("tea"), "{page}");
    }
    for form in [
        format!("/orders/{order}/cancel"),
        format!("/channels/{store}/disconnect"),
        format!("/channels/{store}/pause"),
        "/stock/TEA%2F250%20g/adjust".into(),
    ] {
        let request = Request::post(&form)
            .header("authorization", format!("Bearer {stranger}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("kind=count&units=0"));
        assert_eq!(world.send(request.unwrap()).await.status, 404, "{form}");
    }
    for list in [
        "/orders",
        "/stock",
        "/listings",
        "/channels",
        "/sync",
        "/alerts",
        "/",
    ] {
        let theirs = world.get(&stranger, list).await;
        assert_eq!(theirs.status, 200, "{list}");
        assert!(!theirs.text.contains("TEA"), "{list}");
    }
}
