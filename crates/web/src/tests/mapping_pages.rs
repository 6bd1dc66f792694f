//! Files and mapping on the dashboard: a form with a file, the queue, and what is known of a product.

use stockbridge_domain::Sku;
use stockbridge_domain::channel::ListingSnapshot;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};

use super::*;

/// A form with a file, as a browser sends it.
fn upload(token: &str, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    body.extend(b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--edge--\r\n");
    Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn a_file_is_checked_and_taken_in_from_its_page() {
    let world = World::new().await;
    let token = world.token(Role::Operator).await;
    let send = async |act: &str, file: &str| {
        let fields = [("back", "/products/import"), ("do", act)];
        world
            .send(upload(&token, "/products/import", &fields, file.as_bytes()))
            .await
    };
    let bad = send("check", "sku,title,barcode\nA,Mug,123\nB,<b>Cup</b>,\n").await;
    assert_eq!(bad.status, 200, "{}", bad.text);
    assert!(
        bad.text.contains("1 row wrong") && bad.text.contains("has 3"),
        "{}",
        bad.text
    );
    let good = "sku,title\nA,Mug\nB,Cup\n";
    let checked = send("check", good).await;
    assert!(
        checked.text.contains("2 rows checked, all good"),
        "{}",
        checked.text
    );
    assert_eq!(
        world.get(&token, "/stock/A").await.status,
        404,
        "nothing is written yet"
    );
    let taken = send("import", good).await;
    assert_eq!(
        (taken.status.as_u16(), taken.headers["location"].to_str().unwrap()),
        (303, "/stock")
    );
    assert_eq!(world.get(&token, "/stock/A").await.status, 200);
    let none = send("import", "").await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("choose a file"), "{}", none.text);
    let page = send("import", "<html>").await;
    assert!(
        page.status == 422 && page.text.contains("web page"),
        "{}",
        page.text
    );
    let large = "x".repeat(stockbridge_engine::MAX_FILE + 1_000_000);
    assert_eq!(send("import", &large).await.status, 413);
}

#[tokio::test]
async fn a_file_sent_without_the_sessions_token_is_refused() {
    let world = World::new().await;
    let until = world.hub.env().now().plus(std::time::Duration::from_secs(60));
    let secret = world
        .hub
        .create_signin_link(world.tenant, world.owner, until, 1)
        .await
        .unwrap();
    let cookies = world.get("", &format!("/signin/{secret}")).await.cookies();
    let mut request = upload(
        "",
        "/products/import",
        &[("csrf", "guessed")],
        b"sku,title\nA,Mug\n",
    );
    request.headers_mut().remove("authorization");
    request.headers_mut().insert("cookie", cookies.parse().unwrap());
    let got = world.send(request).await;
    assert_eq!(got.status, 403, "{}", got.text);
    assert_eq!(
        world
            .get(&world.token(Role::Owner).await, "/stock/A")
            .await
            .status,
        404
    );
}

async fn listed(world: &World, store: &str, sku: &str, title: &str) {
    let shown = ListingSnapshot {
        sku: Sku::parse(sku).unwrap(),
        channel_ref: None,
        barcode: None,
        title: Some(title.into()),
        fulfilled_by: FulfilledBy::Seller,
        quantity: Some(2),
        places: Vec::new(),
        price: None,
        status: ListingStatus::Active,
        images: None,
        handle: None,
        issues: Vec::new(),
    };
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    tx.upsert_listings(store.parse().unwrap(), &[shown], world.hub.env().now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Sends a form of a listing on the queue and gives back where it led.
async fn act(world: &World, token: &str, listing: &str, what: &str, fields: &str) -> Got {
    let request = Request::post(format!("/listings/{listing}/{what}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("back=%2Fmappings&{fields}")));
    world.send(request.unwrap()).await
}

#[tokio::test]
async fn the_queue_suggests_maps_leaves_alone_and_makes_products() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let product = serde_json::json!({ "sku": "MUG", "title": "Stoneware mug, blue" });
    world.post(&token, "/api/v1/products", product).await;
    listed(&world, &store, "X-1", "Blue stoneware mug").await;
    listed(&world, &store, "X-2", "<i>Garden hose</i>").await;
    let page = world.get(&token, "/mappings").await.text;
    assert!(
        page.contains("X-1") && page.contains("MUG") && page.contains("of 100"),
        "{page}"
    );
    assert!(!page.contains("<i>Garden"), "data is never markup");
    let rows = world.get(&token, "/api/v1/mappings/unmapped").await.json();
    let id = |n: usize| rows["data"][n]["listing"].as_str().unwrap().to_owned();
    assert_eq!(act(&world, &token, &id(0), "map", "sku=MUG").await.status, 303);
    assert_eq!(act(&world, &token, &id(1), "ignore", "").await.status, 303);
    assert!(
        world
            .get(&token, "/mappings")
            .await
            .text
            .contains("Every listing has its product")
    );
    assert!(
        world
            .get(&token, "/mappings?show=ignored")
            .await
            .text
            .contains("Garden hose")
    );
    assert!(
        world
            .get(&token, "/mappings?show=orders")
            .await
            .text
            .contains("No order waits")
    );
    assert_eq!(act(&world, &token, &id(1), "restore", "").await.status, 303);
    assert_eq!(act(&world, &token, &id(1), "product", "").await.status, 303);
    assert_eq!(world.get(&token, "/stock/X-2").await.status, 200);
    let again = act(&world, &token, &id(1), "product", "").await;
    assert_eq!(again.status, 409, "{}", again.text);
    let stranger = world.token_of(world.other_tenant().await, Role::Owner).await;
    for what in ["ignore", "restore", "product"] {
        assert_eq!(
            act(&world, &stranger, &id(1), what, "").await.status,
            404,
            "{what}"
        );
    }
    assert!(!world.get(&stranger, "/mappings").await.text.contains("X-"));
}

#[tokio::test]
async fn what_is_known_of_a_product_is_changed_on_its_page() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let product = serde_json::json!({ "sku": "MUG", "title": "Mug" });
    world.post(&token, "/api/v1/products", product).await;
    let send = async |fields: &str| {
        let request = Request::post("/stock/MUG/data")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("back=%2Fstock%2FMUG&title=Mug&{fields}")));
        world.send(request.unwrap()).await
    };
    let good =
        "barcodes=4006381333931&weight_g=310&parent=MUGS&options=size%3DM&attributes=%7B%22a%22%3Atrue%7D";
    assert_eq!(send(good).await.status, 303);
    let page = world.get(&token, "/stock/MUG").await.text;
    assert!(
        page.contains("310 g") && page.contains("4006381333931") && page.contains("<dd>yes</dd>"),
        "{page}"
    );
    for (fields, told) in [
        ("barcodes=4006381333932", "would be 1"),
        ("weight_g=1.2+kg", "not a whole number"),
        ("dimensions_mm.length=4", "all three sides"),
        ("options=size", "name=value"),
        ("attributes=x", "JSON object"),
    ] {
        let wrong = send(fields).await;
        assert!(
            wrong.status == 422 && wrong.text.contains(told),
            "{told}: {}",
            wrong.text
        );
    }
}
