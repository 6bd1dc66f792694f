//! A listing whose SKU says nothing finds its product by the barcode its channel shows.

use stockbridge_domain::catalog::ProductDetails;
use stockbridge_engine::NewProductRequest;
use stockbridge_sim::{CustomShop, ShopConfig, ShopListing, TimeMode};
use stockbridge_store::{ListingFilter, MappedBy, PageQuery};

use super::harness::{START, World};

const EAN: &str = "4006381333931";

#[tokio::test]
async fn a_listing_of_another_sku_is_mapped_by_its_barcode_and_kept_in_step() {
    let coded = ShopListing {
        barcode: Some(EAN.to_owned()),
        ..ShopListing::new("SHOP-17", 0)
    };
    let shop = CustomShop::new(ShopConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        listings: vec![coded, ShopListing::new("SHOP-18", 0)],
        ..ShopConfig::default()
    });
    let world = World::new(Vec::new()).await;
    let product = NewProductRequest {
        sku: "MUG".to_owned(),
        title: "Mug, blue".to_owned(),
        cost: None,
        details: ProductDetails {
            barcodes: vec![EAN.to_owned()],
            ..ProductDetails::default()
        },
        price: None,
    };
    world
        .hub
        .create_products(&world.caller, vec![product])
        .await
        .unwrap();
    world.counted("MUG", 9).await;
    world.connect_shop(&shop, "absolute").await;
    world.secs(300).await;
    let listings = world
        .tenant()
        .listings(&ListingFilter::default(), &PageQuery::default())
        .await
        .unwrap();
    let mapped: Vec<_> = listings
        .items
        .iter()
        .map(|listing| (listing.sku.as_str(), listing.mapped_by))
        .collect();
    assert_eq!(mapped, [("SHOP-17", Some(MappedBy::Barcode)), ("SHOP-18", None)]);
    assert_eq!(shop.shown("SHOP-17"), 9, "its stock is told there");
    assert_eq!(shop.shown("SHOP-18"), 0);
}
