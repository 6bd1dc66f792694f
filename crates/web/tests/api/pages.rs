//! Lists in pages: walking them shows everything once, in order.

use serde_json::json;

use crate::world::World;

async fn walk(world: &World, path: &str, key: &str) -> (Vec<String>, usize) {
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, None::<String>);
    loop {
        let next = cursor.map(|c| format!("&cursor={c}")).unwrap_or_default();
        let page = world.get(&format!("{path}?limit=2{next}")).await.expect(200);
        let data = page["data"].as_array().unwrap();
        assert!(!data.is_empty() && data.len() <= 2, "{page}");
        seen.extend(data.iter().map(|d| d[key].as_str().unwrap().to_owned()));
        pages += 1;
        cursor = page["next_cursor"].as_str().map(ToOwned::to_owned);
        if cursor.is_none() {
            return (seen, pages);
        }
    }
}

#[tokio::test]
async fn three_pages_show_five_things_once() {
    let world = World::with_stock(5).await;
    let skus = ["P-1", "P-2", "P-3", "P-4", "P-5"];
    for path in ["/products", "/inventory/stock"] {
        let (seen, pages) = walk(&world, path, "sku").await;
        assert_eq!(
            (seen.as_slice(), pages),
            (skus.map(str::to_owned).as_slice(), 3),
            "{path}"
        );
    }
    for n in 0..4 {
        world
            .post("/inventory/counts", json!({ "sku": "P-1", "counted": n }))
            .await
            .expect(201);
        world
            .post("/orders", json!({ "lines": [{ "sku": "P-2", "quantity": 1 }] }))
            .await
            .expect(201);
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    for (path, all) in [("/inventory/stock/P-1/ledger", 5_usize), ("/orders", 4)] {
        let (mut seen, pages) = walk(&world, path, "id").await;
        assert_eq!((seen.len(), pages), (all, all.div_ceil(2)), "{path}");
        assert!(seen.is_sorted_by(|a, b| a > b), "newest first: {seen:?}");
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}

#[tokio::test]
async fn a_cursor_of_one_list_is_none_of_another() {
    let world = World::with_stock(3).await;
    let page = world.get("/products?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for path in [
        "/orders",
        "/inventory/stock",
        "/inventory/stock/P-1/ledger",
        "/jobs",
    ] {
        world.get(&format!("{path}?cursor={cursor}")).await.expect(422);
    }
}
