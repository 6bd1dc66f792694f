//! A system of one's own beside the marketplace, in stepped time: the same products, nothing oversold.

use std::sync::Arc;

use stockbridge_sim::{BuyOptions, CustomShop, FaultConfig, SellerConfig, ShopConfig, ShopListing, TimeMode};

use super::harness::{GERMANY, START, World, seller};

fn shop(listings: Vec<ShopListing>) -> Arc<CustomShop> {
    CustomShop::new(ShopConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        locations: listings[0]
            .quantities
            .keys()
            .filter(|l| !l.is_empty())
            .cloned()
            .collect(),
        listings,
        ..ShopConfig::default()
    })
}

/// Nine units, offered in the marketplace and in a shop of one's own that takes quantities in `mode`.
async fn nine_units(mode: &str) -> (World, SellerConfig, Arc<CustomShop>) {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    let world = World::new(vec![germany.clone()]).await;
    let shop = shop(vec![ShopListing::new("SKU-1", 0)]);
    world.stocked("SKU-1", 9).await;
    world.connect(&germany, GERMANY).await;
    world.connect_shop(&shop, mode).await;
    world.secs(300).await;
    (world, germany, shop)
}

fn location(name: &str) -> stockbridge_engine::LocationRequest {
    stockbridge_engine::LocationRequest {
        name: name.to_owned(),
        sellable: None,
        rank: None,
    }
}

/// Says that `ours` feeds the shop's location in Graz.
async fn map_locations(
    world: &World,
    account: stockbridge_domain::AccountId,
    ours: &str,
) -> Result<(), stockbridge_engine::Refusal> {
    let mut options = world.tenant().account(account).await.unwrap().unwrap().options;
    options.insert("location_map".into(), serde_json::json!({ours: "graz"}));
    let patch = stockbridge_engine::AccountPatch {
        options: Some(options),
        ..Default::default()
    };
    let changed = world.hub.update_account(&world.caller, account, patch).await;
    changed.map(drop)
}

/// Everything sold in either place.
fn sold(world: &World, shop: &CustomShop) -> u32 {
    let there = world.sim.truth();
    let there = there.orders.iter().flat_map(|o| &o.lines).map(|l| l.quantity);
    let here = shop
        .orders()
        .into_iter()
        .filter(|o| !o.cancelled)
        .map(|o| o.quantity);
    there.sum::<u32>() + here.sum::<u32>()
}

async fn assert_sound(world: &World, shop: &CustomShop, seller: &SellerConfig) {
    let left = world.available("SKU-1").await;
    let on_sale = world.shown(seller, "SKU-1") + i64::from(shop.shown("SKU-1"));
    assert_eq!(left, 9 - i64::from(sold(world, shop)), "every order is in");
    assert!(on_sale <= left, "{on_sale} on sale of {left}");
    let check = world.tenant().check_ledger().await.unwrap();
    assert!(check.ok(), "{:?}", check.findings);
    assert_eq!(shop.refused(), 0, "every request was signed");
}

#[tokio::test]
async fn both_sell_the_same_product_in_every_mode_and_nothing_is_oversold() {
    for mode in ["compare_and_set", "relative", "absolute"] {
        let (world, germany, shop) = nine_units(mode).await;
        assert!(
            shop.shown("SKU-1") > 0 && world.shown(&germany, "SKU-1") > 0,
            "{mode}: both sell"
        );
        shop.set_faults(FaultConfig {
            max_late_ms: 6_000,
            slow_patch_ms: 5_000,
            unknown_value: 0.02,
            ..FaultConfig::wild()
        });
        // Buyers want more than there is, first in one place, then in the other.
        for round in 0..24_u64 {
            let late = (round * 7 % 5) * 1_000;
            if round % 3 == 0 {
                let options = BuyOptions {
                    late_ms: Some(late),
                    ..BuyOptions::default()
                };
                let _ = world.sim.buy(&germany.seller_id, GERMANY, "SKU-1", 1, options);
            } else {
                shop.buy("SKU-1", 1, late);
            }
            assert!(
                sold(&world, &shop) <= 9,
                "{mode}, round {round}: {} of 9 sold",
                sold(&world, &shop)
            );
            world.secs(5 + round * 11 % 40).await;
        }
        shop.set_faults(FaultConfig::none());
        world.secs(900).await;
        assert!(
            sold(&world, &shop) >= 8,
            "{mode}: safety is not bought by selling nothing"
        );
        assert_sound(&world, &shop, &germany).await;
    }
}

#[tokio::test]
async fn every_location_shows_what_lies_where_it_is_fed_from() {
    for mode in ["compare_and_set", "relative", "absolute"] {
        let world = World::new(vec![]).await;
        world.stocked("SKU-1", 8).await;
        let graz = world
            .hub
            .create_location(&world.caller, location("Graz"))
            .await
            .unwrap();
        world.counted_at("SKU-1", 4, Some(graz.id)).await;
        let shop = shop(vec![ShopListing::at("SKU-1", &[("berlin", 0), ("graz", 0)])]);
        let account = world.connect_shop(&shop, mode).await;
        world.secs(200).await;
        let shown = || {
            let at = shop.quantities("SKU-1");
            (at["berlin"], at["graz"])
        };
        assert_eq!(
            shown(),
            (12, 0),
            "{mode}: all at the channel's first location until mapped"
        );

        map_locations(&world, account, "Graz").await.unwrap();
        world.secs(200).await;
        if mode == "absolute" {
            assert_eq!(shown(), (12, 0), "overwriting waits for the next change");
        } else {
            assert_eq!(shown(), (8, 4), "{mode}: the same twelve, where they lie");
        }

        shop.buy("SKU-1", 3, 0).unwrap();
        world.counted_at("SKU-1", 1, Some(graz.id)).await;
        world.secs(400).await;
        let at_graz = shown().1;
        let on_sale = i64::from(shown().0 + at_graz);
        assert!(at_graz <= 1, "{mode}: {at_graz} shown where one lies");
        let left = world.available("SKU-1").await;
        let sold: u32 = shop.orders().iter().map(|order| order.quantity).sum();
        assert_eq!((left, sold), (6, 3), "{mode}");
        assert!(
            (left - 1..=left).contains(&on_sale),
            "{mode}: {on_sale} of {left}"
        );

        let refused = map_locations(&world, account, "Linz").await.unwrap_err();
        assert!(
            refused.to_string().contains("there is no location `Linz`"),
            "{refused}"
        );
        let check = world.tenant().check_ledger().await.unwrap();
        assert!(check.ok(), "{mode}: {:?}", check.findings);
    }
}

#[tokio::test]
async fn the_account_is_tested_and_its_prices_and_parcels_arrive() {
    let (world, _, shop) = nine_units("compare_and_set").await;
    let accounts = world.tenant().accounts().await.unwrap();
    let account = accounts.iter().find(|a| a.channel.as_str() == "custom").unwrap();
    let health = world.hub.test_account(&world.caller, account.id).await.unwrap();
    assert_eq!(health.summary, "Answered as Simulated shop.");
    shop.buy("SKU-1", 1, 0).unwrap();
    world.secs(120).await;
    let orders = world.orders().await;
    assert_eq!(orders.len(), 1);
    let parcel = stockbridge_engine::Parcel {
        carrier: "DHL".into(),
        method: None,
        tracking: "JD1".into(),
        lines: vec![],
    };
    world
        .hub
        .ship_order(&world.caller, orders[0].id, parcel)
        .await
        .unwrap();
    world.secs(30).await;
    assert_eq!(shop.orders()[0].shipped, 1);
}
