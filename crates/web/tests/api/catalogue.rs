//! Products with all that is known of them, files of them, and mappings: what is taken, and how what is wrong is told.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Sku, Timestamp};
use stockbridge_store::ImportAccount;

use crate::document::Document;
use crate::goods::Goods;
use crate::world::{START, World};

const EAN: &str = "4006381333931";

async fn import(world: &World, query: &str, file: &str) -> crate::world::Answer {
    world.post(&format!("/products/import{query}"), json!(file)).await
}

fn problems(report: &Value) -> Vec<(i64, String)> {
    let of = |p: &Value| {
        (
            p["row"].as_i64().unwrap(),
            p["column"].as_str().unwrap().to_owned(),
        )
    };
    report["problems"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn a_dry_run_tells_every_row_and_writes_nothing() {
    let world = World::with_stock(2).await;
    let file = format!(
        "sku;title;barcode;cost;currency;weight_g;quantity\nA;Mug;{EAN};2.00;EUR;310;4\nA;Mug again;;;;;\n\
         B;Cup;4006381333932;-1.00;EUR;1.2 kg;\nC;;;;;;\nP-1;Product 1;;;;;10\n"
    );
    let report = import(&world, "?dry_run=true", &file).await.expect(200);
    assert_eq!(
        (&report["written"], &report["dry_run"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(report["rows"], 5);
    let told = problems(&report);
    for wanted in [
        (3, "sku"),
        (4, "barcode"),
        (4, "cost"),
        (4, "weight_g"),
        (5, "title"),
    ] {
        assert!(
            told.contains(&(wanted.0, wanted.1.to_owned())),
            "{wanted:?} in {report}"
        );
    }
    let said = report.to_string();
    for remedy in [
        "is on row 2 too",
        "would be 1, not 2",
        "below zero",
        "write digits alone",
    ] {
        assert!(said.contains(remedy), "{remedy} in {said}");
    }
    assert_eq!(world.get("/products/A").await.status, 404);
    let refused = import(&world, "", &file).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.pointers().contains(&"/rows/4/barcode"),
        "{}",
        refused.body
    );
    assert_eq!(world.get("/products/A").await.status, 404, "all or nothing");
    let skipped = import(&world, "?skip_bad=true", &file).await.expect(200);
    assert_eq!(
        (&skipped["created"], &skipped["written"]),
        (&json!(1), &json!(true))
    );
    let made = world.get("/products/A").await.expect(200);
    assert_eq!(
        (&made["barcodes"], &made["weight_g"]),
        (&json!([EAN]), &json!(310))
    );
    assert_eq!(world.get("/inventory/stock/A").await.expect(200)["on_hand"], 4);
}

#[tokio::test]
async fn what_is_exported_is_taken_in_again_unchanged() {
    let world = World::with_stock(2).await;
    let all = json!({ "sku": "=V-1", "title": "A \"big\", odd; title\nin two lines", "barcodes": [EAN, "036000291452"],
        "brand": "@brand", "category": "Kitchen > Mugs", "price": { "amount": "4.50", "currency": "EUR" },
        "cost": { "amount": "2.00", "currency": "USD" }, "weight_g": 310,
        "dimensions_mm": { "length": 120, "width": 80, "height": 95 },
        "images": ["https://example.com/a.png", "https://example.com/b.png"],
        "attributes": { "n": 1.5, "t": "1.5", "b": true }, "parent": "V", "options": { "size": "M", "colour": "red" } });
    world.post("/products", all).await.expect(201);
    let before = world.get("/products/%3DV-1").await.expect(200);
    let request = Request::get("/api/v1/exports/products")
        .header("authorization", format!("Bearer {}", world.owner))
        .body(Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(world.app.clone(), request)
        .await
        .unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap()
        .to_bytes();
    let file = String::from_utf8(body.to_vec()).unwrap();
    let report = import(&world, "", &file).await.expect(200);
    assert_eq!(
        (&report["unchanged"], &report["updated"]),
        (&json!(3), &json!(0)),
        "{report}\n{file}"
    );
    assert_eq!(world.get("/products/%3DV-1").await.expect(200), before);
    let changed = import(&world, "", "sku,brand\n'=V-1,\n").await.expect(200);
    assert_eq!(changed["updated"], 1);
    let after = world.get("/products/%3DV-1").await.expect(200);
    assert_eq!((&after["brand"], &after["weight_g"]), (&Value::Null, &json!(310)));
}

#[tokio::test]
async fn files_that_are_none_are_told_so() {
    let world = World::with_stock(1).await;
    for (file, told) in [
        ("", "empty"),
        ("<!doctype html>", "web page"),
        ("sku,title\n", "no rows"),
        ("sku,title\nA,\"Mug", "never closed"),
    ] {
        let refused = import(&world, "?dry_run=true", file).await;
        assert_eq!(
            (refused.status.as_u16(), refused.pointers()),
            (422, vec!["/file"]),
            "{file}"
        );
        assert!(refused.body.to_string().contains(told), "{}", refused.body);
    }
    let unknown = import(&world, "?dry_run=true", "sku,colour\nA,red\n")
        .await
        .expect(200);
    assert_eq!(problems(&unknown), [(1, "colour".to_owned())]);
    let formula = import(&world, "?dry_run=true", "sku,title\nA,=1+1\n")
        .await
        .expect(200);
    assert!(formula.to_string().contains("formula"));
    assert_eq!(
        import(&world, "?dry_run=maybe", "sku\nA\n").await.pointers(),
        ["/query/dry_run"]
    );
    let large = "x".repeat(stockbridge_engine::MAX_FILE + 1_000_000);
    assert_eq!(import(&world, "", &large).await.status, 413);
}

#[tokio::test]
async fn what_cannot_be_of_a_product_is_pointed_at() {
    let world = World::with_stock(1).await;
    let bad =
        json!({ "sku": "X", "title": "x", "barcodes": ["123"], "weight_g": 0, "options": { "size": "M" } });
    let refused = world.post("/products", bad).await;
    assert_eq!(
        refused.pointers(),
        ["/barcodes", "/weight_g", "/parent"],
        "{}",
        refused.body
    );
    let variant = |sku: &str| json!({ "sku": sku, "title": "x", "parent": "V", "options": { "size": "M" } });
    world.post("/products", variant("V-1")).await.expect(201);
    let taken = world.post("/products", variant("V-2")).await;
    assert!(
        taken.status == 409 && taken.body.to_string().contains("V-1"),
        "{}",
        taken.body
    );
    let clash = import(
        &world,
        "?dry_run=true",
        "sku,title,parent,options\nV-3,x,V,size=M\n",
    )
    .await
    .expect(200);
    assert_eq!(problems(&clash), [(2, "options".to_owned())]);
    let patch = json!({ "weight_g": -1 });
    let refused = world.change(Method::PATCH, "/products/V-1", patch).await;
    assert_eq!(refused.pointers(), ["/weight_g"]);
    let odd = world
        .change(Method::PATCH, "/products/V-1", json!({ "colour": 1 }))
        .await;
    assert_eq!(odd.status, 422);
}

/// An order of one unit of a SKU.
fn order(text: &str) -> OrderSnapshot {
    OrderSnapshot {
        channel_order_id: "B-77".into(),
        channel_status: "new".into(),
        status: Some(OrderStatus::Open),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        placed_at: START,
        updated_at: START,
        ship_by: None,
        total: None,
        lines: vec![LineSnapshot {
            channel_line_id: "1".into(),
            sku: Some(Sku::parse(text).unwrap()),
            title: "Sold".into(),
            ordered: 2,
            shipped: 0,
            cancelled: 0,
            total: None,
        }],
        oddities: Vec::new(),
        payload: "{}".into(),
    }
}

#[tokio::test]
async fn orders_wait_visibly_and_are_reserved_when_a_suggestion_is_taken() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let account = goods.ids["store"].parse().unwrap();
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    let known = ImportAccount {
        id: account,
        connected_at: Timestamp::EPOCH,
    };
    tx.import_orders(&known, &[order("UNMAPPED")]).await.unwrap();
    tx.commit().await.unwrap();
    let document = Document::of(world).await;
    let waiting = world.get("/mappings/waiting").await.expect(200);
    document.answers(
        &document.operation("GET", "/api/v1/mappings/waiting"),
        200,
        &waiting,
    );
    assert_eq!(
        (
            waiting["data"].as_array().unwrap().len(),
            &waiting["data"][0]["units"]
        ),
        (1, &json!(2))
    );
    let queue = world.get("/mappings/unmapped").await.expect(200);
    assert_eq!(queue["data"][0]["orders_waiting"], 1);
    world
        .post("/products", json!({ "sku": "U", "title": "Listing of UNMAPPED" }))
        .await
        .expect(201);
    let id = &goods.ids["unmapped"];
    let suggested = world
        .get(&format!("/listings/{id}/suggestions"))
        .await
        .expect(200);
    let best = &suggested["data"][0];
    assert_eq!(
        (&best["sku"], &best["score"]),
        (&json!("U"), &json!(100)),
        "{suggested}"
    );
    let accept = format!(
        "/listings/{id}/suggestions/{}/accept",
        best["product"].as_str().unwrap()
    );
    for _ in 0..2 {
        world.post(&accept, json!({})).await.expect(200);
        assert_eq!(world.get("/inventory/stock/U").await.expect(200)["reserved"], 2);
    }
    assert_eq!(
        world.get("/mappings/waiting").await.expect(200)["data"],
        json!([])
    );
    let other = accept.replace(best["product"].as_str().unwrap(), &goods.ids["product"]);
    assert_eq!(world.post(&other, json!({})).await.status, 409);
}

#[tokio::test]
async fn mappings_are_taken_in_from_a_file() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let path = format!(
        "/integrations/bazaar/stores/{}/mappings/import",
        goods.ids["store"]
    );
    let bad = "sku,product_sku,units\nUNMAPPED,P-3,0\nNONE,P-1,1\nP-1,NOPE,\nP-1,P-2,\n";
    let report = world
        .post(&format!("{path}?dry_run=true"), json!(bad))
        .await
        .expect(200);
    let wanted = [(2, "units"), (3, "sku"), (4, "product_sku"), (5, "sku")];
    assert_eq!(
        problems(&report),
        wanted.map(|(row, column)| (row, column.to_owned()))
    );
    assert_eq!(world.post(&path, json!(bad)).await.status, 422);
    let good = "sku,product_sku,units\nUNMAPPED,P-3,2\nP-1,P-1,1\n";
    let report = world.post(&path, json!(good)).await.expect(200);
    assert_eq!((&report["created"], &report["unchanged"]), (&json!(1), &json!(1)));
    let mapped = world
        .get(&format!("/listings/{}", goods.ids["unmapped"]))
        .await
        .expect(200);
    assert_eq!(
        (&mapped["units"], &mapped["mapped_by"]),
        (&json!(2), &json!("person"))
    );
    let again = world.post(&path, json!(good)).await.expect(200);
    assert_eq!(
        (&again["unchanged"], &again["written"]),
        (&json!(2), &json!(false))
    );
}
