//! A system of one's own beside the marketplace, in stepped time: the same products, nothing oversold.

use std::sync::Arc;

use stockbridge_domain::PushId;
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::conflict::Field;
use stockbridge_sim::{
    BuyOptions, CustomShop, Fault, FaultConfig, SellerConfig, ShopConfig, ShopListing, TimeMode,
};
use stockbridge_store::{AlertFilter, ConflictFilter, ListingFilter, ListingRecord, PageQuery};

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
        .filter(|o| o.cancelled < o.quantity)
        .map(|o| o.quantity);
    there.sum::<u32>() + here.sum::<u32>()
}

/// Every order of the counted units is in, no more is on sale than is left, and the books agree.
async fn assert_sound(world: &World, shop: &CustomShop, seller: &SellerConfig, counted: i64) {
    let left = world.available("SKU-1").await;
    let on_sale = world.shown(seller, "SKU-1") + i64::from(shop.shown("SKU-1"));
    assert_eq!(left, counted - i64::from(sold(world, shop)), "every order is in");
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
        assert_sound(&world, &shop, &germany, 9).await;
    }
}

async fn shop_listing(world: &World) -> ListingRecord {
    let wanted = ListingFilter {
        channel: Some(ChannelKind::new("custom")),
        ..ListingFilter::default()
    };
    let page = world.tenant().listings(&wanted, &PageQuery::first(1)).await;
    page.unwrap().items.remove(0)
}

/// The shop's listing shows what the hub believes, and that is all the shop is to sell.
async fn assert_converged(world: &World, shop: &CustomShop, told: &str) {
    let listing = shop_listing(world).await;
    let shown = i64::from(shop.shown("SKU-1"));
    assert_eq!(listing.expected, Some(shown), "{told}");
    // A difference of an eighth is not worth a write.
    let desired = listing.desired.unwrap();
    assert!(
        (desired - shown).abs() * 8 <= desired.max(shown),
        "{told}: {desired} and {shown}"
    );
    assert!(listing.verified && listing.offer.write.is_none(), "{told}");
}

/// What became of the last quantity that the shop was sent; waits until there is another than `before`.
async fn next_push(world: &World, before: Option<PushId>) -> (PushId, String) {
    for _ in 0..600 {
        let listing = shop_listing(world).await.id;
        let pushes = world.tenant().pushes_of_listing(listing, "quantity", 1).await;
        let last = pushes.unwrap().into_iter().next();
        if let Some(last) = last.filter(|push| Some(push.id) != before && push.outcome != "sent") {
            return (last.id, last.outcome);
        }
        world.secs(1).await;
    }
    panic!("nothing is sent to the shop");
}

#[tokio::test]
async fn a_comparison_whose_answer_is_lost_converges_made_or_not() {
    let faults = [
        (Fault::TimeoutAfter, true),
        (Fault::DropAfter, true),
        (Fault::TimeoutBefore, false),
        (Fault::DropBefore, false),
    ];
    for (fault, made) in faults {
        for counted in [3, 15] {
            let told = format!("{fault:?}, {counted} counted");
            let (world, germany, shop) = nine_units("compare_and_set").await;
            let (before, _) = next_push(&world, None).await;
            let shown = shop.shown("SKU-1");
            shop.fail_next("changeQuantities", fault, 1);
            world.counted("SKU-1", counted).await;
            let (_, outcome) = next_push(&world, Some(before)).await;
            assert_eq!(outcome, "unknown", "{told}");
            assert_eq!(
                shop.shown("SKU-1") != shown,
                made,
                "{told}: made before its answer was lost"
            );
            // A buyer comes while nobody knows what the shop shows.
            assert!(shop.buy("SKU-1", 1, 6_000).is_some(), "{told}");
            world.secs(900).await;
            assert!(i64::from(sold(&world, &shop)) <= counted, "{told}");
            assert_sound(&world, &shop, &germany, counted).await;
            assert_converged(&world, &shop, &told).await;
        }
    }
}

#[tokio::test]
async fn a_comparison_refused_for_a_sale_meanwhile_is_made_again_from_what_is_shown() {
    let (world, germany, shop) = nine_units("compare_and_set").await;
    let mut counted = 9;
    for _ in 0..20 {
        // One is sold, the list of orders shows it only later, and the hub has more to offer at the same time.
        shop.buy("SKU-1", 1, 7_000);
        counted += 2;
        world.counted("SKU-1", counted).await;
        world.secs(13).await;
        let bought = world
            .sim
            .buy(&germany.seller_id, GERMANY, "SKU-1", 1, BuyOptions::default());
        drop(bought);
        assert!(i64::from(sold(&world, &shop)) <= counted, "oversold");
    }
    let refused = shop.writes().iter().filter(|w| w.outcome == "differs").count();
    assert!(refused > 0, "some comparisons come too late: {:?}", shop.writes());
    world.secs(900).await;
    assert_sound(&world, &shop, &germany, counted).await;
    assert_converged(&world, &shop, "after the refusals").await;
}

#[tokio::test]
async fn more_than_was_ever_sent_is_told_and_taken_back_however_absurd() {
    for shown in [60, u32::MAX] {
        let (world, germany, shop) = nine_units("compare_and_set").await;
        shop.edit("SKU-1", "", shown);
        world.secs(650).await;
        let alerts = world
            .tenant()
            .alerts(&AlertFilter::default(), &PageQuery::first(20))
            .await
            .unwrap()
            .items;
        assert!(
            alerts.iter().any(|a| a.kind == "listing.drift"),
            "{shown}: {alerts:?}"
        );
        world.secs(900).await;
        assert_sound(&world, &shop, &germany, 9).await;
    }
}

#[tokio::test]
async fn a_listing_with_fewer_images_than_elsewhere_is_shown_to_a_person() {
    let (world, _, shop) = nine_units("compare_and_set").await;
    let differing = async || {
        let wanted = ConflictFilter {
            field: Some(Field::Images),
            ..ConflictFilter::default()
        };
        let page = world.tenant().conflicts(&wanted, &PageQuery::first(5)).await;
        page.unwrap().items
    };
    assert!(
        differing().await.is_empty(),
        "a shop that does not tell differs in nothing"
    );
    shop.illustrate("SKU-1", 0);
    world.secs(700).await;
    let found = differing().await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].expected.as_str(), found[0].shown.as_str()),
        ("a main image on Store A1PA6795UKMFR9", "no image")
    );
    shop.illustrate("SKU-1", 3);
    world.secs(700).await;
    assert!(differing().await.is_empty());
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
