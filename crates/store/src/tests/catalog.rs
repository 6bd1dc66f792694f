//! Products and locations.

use super::*;
use crate::{ProductError, StoreError};

#[tokio::test]
async fn products_are_entered_all_or_none() {
    for world in worlds().await {
        let ours = &world.ours;
        let made = world.products(&["B", "A b/ü%", "C"]).await;
        let taken = ours
            .create_products(vec![new_product("D"), new_product("C")])
            .await
            .unwrap_err();
        assert!(
            matches!(&taken, ProductError::SkuTaken { sku } if sku.as_str() == "C"),
            "{taken}"
        );
        let twice = ours
            .create_products(vec![new_product("E"), new_product("E")])
            .await
            .unwrap_err();
        assert!(
            matches!(&twice, ProductError::SkuTaken { sku } if sku.as_str() == "E"),
            "{twice}"
        );
        assert_eq!(
            ours.product_by_sku(&sku("D")).await.unwrap(),
            None,
            "{}",
            world.label
        );
        assert_eq!(ours.product(made[0].id).await.unwrap().as_ref(), Some(&made[0]));
        assert_eq!(
            ours.product_by_sku(&sku("A b/ü%")).await.unwrap().as_ref(),
            Some(&made[1])
        );
        assert_eq!(world.theirs.product(made[0].id).await.unwrap(), None);
        assert_eq!(world.theirs.product_by_sku(&sku("B")).await.unwrap(), None);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.product(made[0].id).await.unwrap(), None);
        let theirs = tx.create_products(vec![new_product("B")]).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(theirs.products[0].id, made[0].id, "a SKU is the tenant's own");
    }
}

#[tokio::test]
async fn products_are_listed_by_sku_and_found_by_words() {
    for world in worlds().await {
        let ours = &world.ours;
        let made = world.products(&["A-1", "A-2", "A_3", "B-1", "b-2"]).await;
        assert!(
            ours.update_product(made[3].id, "Blue 100% cotton", Some("4006381333931"), None)
                .await
                .unwrap()
        );
        assert!(
            !world
                .theirs
                .update_product(made[3].id, "Red", None, None)
                .await
                .unwrap()
        );
        let skus = |found: Vec<Product>| found.into_iter().map(|p| p.sku.to_string()).collect::<Vec<_>>();
        let all = walk!(async |query: PageQuery| ours.products(None, &query).await);
        assert_eq!(skus(all), ["A-1", "A-2", "A_3", "B-1", "b-2"], "{}", world.label);
        for (text, wanted) in [
            ("A-", vec!["A-1", "A-2"]),
            ("A_", vec!["A_3"]),
            ("COTTON", vec!["B-1"]),
            ("0% c", vec!["B-1"]),
            ("4006381333931", vec!["B-1"]),
            ("title of b", vec!["b-2"]),
            ("nothing", vec![]),
        ] {
            let found = walk!(async |query: PageQuery| ours.products(Some(text), &query).await);
            assert_eq!(skus(found), wanted, "{}: {text}", world.label);
        }
        let blue = ours.product(made[3].id).await.unwrap().unwrap();
        assert_eq!(
            (blue.base_price, blue.barcode.as_deref()),
            (None, Some("4006381333931"))
        );
        assert_eq!(
            world
                .theirs
                .products(None, &PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );
        let bad = ours.products(None, &bad_cursor()).await;
        assert!(matches!(bad, Err(StoreError::BadCursor)));
    }
}

#[tokio::test]
async fn every_tenant_begins_with_one_location() {
    for world in worlds().await {
        let ours = world.ours.locations().await.unwrap();
        assert_eq!(
            (ours.len(), ours[0].name.as_str(), ours[0].is_default),
            (1, "Main", true)
        );
        assert_eq!(world.ours.default_location().await.unwrap(), Some(ours[0].id));
        let mut tx = world.theirs.begin().await.unwrap();
        let theirs = tx.default_location().await.unwrap();
        assert!(theirs.is_some() && theirs != Some(ours[0].id), "{}", world.label);
    }
}
