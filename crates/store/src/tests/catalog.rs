//! Products and locations.

use std::collections::BTreeSet;

use stockbridge_domain::catalog::{Attribute, Dimensions};
use stockbridge_domain::kit::Part;

use super::*;
use crate::{EntryError, ProductError, StoreError};

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
        let blue = |p: &mut Product| {
            "Blue 100% cotton".clone_into(&mut p.title);
            p.base_price = None;
            p.details.barcodes = vec!["4006381333931".into()];
        };
        assert!(edit(ours, made[3].id, blue).await);
        let mut stolen = made[3].clone();
        "Red".clone_into(&mut stolen.title);
        assert_eq!(world.theirs.change_products(&[stolen]).await.unwrap(), 0);
        let skus = |found: Vec<Product>| found.into_iter().map(|p| p.sku.to_string()).collect::<Vec<_>>();
        let all = walk!(async |query: PageQuery| ours.products(None, &query).await);
        assert_eq!(skus(all), ["A-1", "A-2", "A_3", "B-1", "b-2"], "{}", world.label);
        for (text, wanted) in [
            ("A-", vec!["A-1", "A-2"]),
            ("A_", vec!["A_3"]),
            ("COTTON", vec!["B-1"]),
            ("0% c", vec!["B-1"]),
            ("4006381333931", vec!["B-1"]),
            ("04006381333931", vec!["B-1"]),
            ("title of b", vec!["b-2"]),
            ("nothing", vec![]),
        ] {
            let found = walk!(async |query: PageQuery| ours.products(Some(text), &query).await);
            assert_eq!(skus(found), wanted, "{}: {text}", world.label);
        }
        let blue = ours.product(made[3].id).await.unwrap().unwrap();
        assert_eq!((blue.base_price, blue.barcode()), (None, Some("4006381333931")));
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

/// A product of which everything is known.
fn known(text: &str, parent: &str, size: &str) -> NewProduct {
    let options = BTreeMap::from([("size".to_owned(), size.to_owned())]);
    NewProduct {
        details: ProductDetails {
            barcodes: vec!["4006381333931".into(), "036000291452".into()],
            brand: Some("Nord".into()),
            category: Some("Kitchen > Mugs".into()),
            weight_g: Some(310),
            dimensions_mm: Some(Dimensions {
                length: 120,
                width: 80,
                height: 95,
            }),
            images: vec!["https://example.com/a.png".into()],
            attributes: BTreeMap::from([("dishwasher".to_owned(), Attribute::Bool(true))]),
            parent: Some(sku(parent)),
            options,
        },
        ..new_product(text)
    }
}

#[tokio::test]
async fn everything_that_is_known_of_a_product_comes_back() {
    for world in worlds().await {
        let ours = &world.ours;
        let made = ours
            .create_products(vec![known("M-S", "M", "S"), known("M-L", "M", "L")])
            .await;
        let made = made.unwrap().products;
        assert_eq!(
            ours.product(made[0].id).await.unwrap().as_ref(),
            Some(&made[0]),
            "{}",
            world.label
        );
        assert_eq!(
            ours.variants(&sku("M")).await.unwrap(),
            [made[1].clone(), made[0].clone()]
        );
        assert_eq!(world.theirs.variants(&sku("M")).await.unwrap(), []);
        let texts = ours.product_texts().await.unwrap();
        assert_eq!(texts[0].1.as_str(), "M-L");
        assert_eq!(world.theirs.product_texts().await.unwrap(), []);
        let gtins = vec!["00036000291452".to_owned()];
        assert_eq!(ours.products_of_barcodes(gtins.clone()).await.unwrap().len(), 2);
        assert_eq!(
            world.theirs.products_of_barcodes(gtins.clone()).await.unwrap(),
            []
        );
        assert!(edit(ours, made[0].id, |p| p.details = ProductDetails::default()).await);
        assert_eq!(
            ours.product(made[0].id).await.unwrap().unwrap().details,
            ProductDetails::default()
        );
        assert_eq!(ours.products_of_barcodes(gtins).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_variant_is_there_once_and_variants_may_change_places() {
    for world in worlds().await {
        let ours = &world.ours;
        let made = ours
            .create_products(vec![known("M-S", "M", "S"), known("M-L", "M", "L")])
            .await;
        let made = made.unwrap().products;
        let again = ours
            .create_products(vec![known("M-X", "M", "L")])
            .await
            .unwrap_err();
        assert!(
            matches!(&again, ProductError::VariantTaken { sku, .. } if sku.as_str() == "M-L"),
            "{}: {again}",
            world.label
        );
        let swapped: Vec<Product> = [(0, "L"), (1, "S")]
            .map(|(n, size): (usize, &str)| {
                let mut product = made[n].clone();
                product.details.options = BTreeMap::from([("size".to_owned(), size.to_owned())]);
                product
            })
            .into();
        assert_eq!(ours.change_products(&swapped).await.unwrap(), 2);
        let both = ours.variants(&sku("M")).await.unwrap();
        assert_eq!(both[0].details.options["size"], "S");
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.variant_clashes(&swapped).await.unwrap().len(), 0);
        drop(tx);
        let mut same = swapped[0].clone();
        same.details.options = BTreeMap::from([("size".to_owned(), "S".to_owned())]);
        assert!(ours.change_products(&[same]).await.is_err());
        world
            .theirs
            .create_products(vec![known("M-S", "M", "S")])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn costs_and_counts_are_entered_in_one_go() {
    for world in worlds().await {
        let ours = &world.ours;
        let made = world.products(&["A", "B", "KIT"]).await;
        let (a, b, kit) = (made[0].id, made[1].id, made[2].id);
        let mut tx = ours.begin().await.unwrap();
        tx.set_kit(kit, &[Part { product: a, units: 1 }]).await.unwrap();
        tx.commit().await.unwrap();
        let skus = || ["A", "KIT", "NONE"].map(str::to_owned).to_vec();
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(
            tx.lock_catalogue(skus()).await.unwrap(),
            BTreeSet::from([sku("KIT")]),
            "{}",
            world.label
        );
        tx.set_costs(&BTreeMap::from([(a, Some(eur(700)))]))
            .await
            .unwrap();
        let counted = BTreeMap::from([(a, 7), (b, 0)]);
        let word = ("file", "import", "cli");
        assert_eq!(tx.enter_counts(&counted, word).await.unwrap(), 2);
        assert_eq!(tx.enter_counts(&counted, word).await.unwrap(), 0, "once");
        let refused = tx.enter_counts(&BTreeMap::from([(kit, 1)]), word).await;
        assert!(matches!(refused, Err(EntryError::Kit(_))));
        assert_eq!(
            tx.products_with_costs(skus()).await.unwrap()["A"].1,
            Some(eur(700))
        );
        tx.commit().await.unwrap();
        let known = ours.products_with_costs(skus()).await.unwrap();
        assert_eq!((known.len(), known["KIT"].1), (2, None));
        assert!(world.theirs.products_with_costs(skus()).await.unwrap().is_empty());
        let stock = ours.stock(None, None, 10).await.unwrap();
        assert_eq!(
            (stock[0].on_hand, stock[0].counted, stock[1].counted),
            (7, true, true)
        );
        let mut tx = world.theirs.begin().await.unwrap();
        let stolen = tx.enter_counts(&counted, word).await;
        assert!(matches!(stolen, Err(EntryError::NoProduct(_))));
        drop(tx);
        let mut tx = ours.begin().await.unwrap();
        assert!(tx.set_base_price(a, Some(eur(1))).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(!tx.set_base_price(a, None).await.unwrap());
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
