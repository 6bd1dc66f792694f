//! The main job, end to end: a channel sells, the order comes in, stock falls in one ledger, every other channel is told,
//! and what it shows is read back.

use stockbridge_domain::channel::DataKind;
use stockbridge_domain::order::OrderStatus;
use stockbridge_engine::{CancelRequest, OwnOrderLine, OwnOrderRequest, Parcel, Refusal};
use stockbridge_sim::BuyOptions;
use stockbridge_store::{AccountStatus, AlertFilter, ListingFilter, PageQuery};

use super::harness::{GERMANY, INDIA, World, seller};

fn own_order(sku: &str, quantity: i64) -> OwnOrderRequest {
    OwnOrderRequest {
        account: None,
        reference: None,
        lines: vec![OwnOrderLine {
            sku: sku.to_owned(),
            quantity,
            unit_price: None,
        }],
        buyer: None,
        unpaid: false,
    }
}

#[tokio::test]
async fn stock_goes_out_to_every_channel_and_is_read_back() {
    let (india, germany) = (
        seller("A1INDIA", INDIA, &[("SKU-1", 0)]),
        seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]),
    );
    let world = World::new(vec![india.clone(), germany.clone()]).await;
    world.stocked("SKU-1", 30).await;
    world.connect(&india, INDIA).await;
    world.connect(&germany, GERMANY).await;
    world.own_store().await;
    world.secs(30).await;
    assert_eq!(
        (world.shown(&india, "SKU-1"), world.shown(&germany, "SKU-1")),
        (10, 10),
        "a third each"
    );
    let unverified = ListingFilter {
        verified: Some(false),
        ..ListingFilter::default()
    };
    let left = world
        .tenant()
        .listings(&unverified, &PageQuery::first(10))
        .await
        .unwrap()
        .items;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_sale_lowers_stock_once_and_moves_the_others() {
    let (india, germany) = (
        seller("A1INDIA", INDIA, &[("SKU-1", 0)]),
        seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]),
    );
    for world in World::each(&[india.clone(), germany.clone()]).await {
        world.stocked("SKU-1", 90).await;
        let account = world.connect(&india, INDIA).await;
        world.connect(&germany, GERMANY).await;
        world.own_store().await;
        world.secs(240).await;
        assert_eq!(world.shown(&germany, "SKU-1"), 30);
        for _ in 0..5 {
            world
                .sim
                .buy(&india.seller_id, INDIA, "SKU-1", 4, BuyOptions::default())
                .expect("in stock");
        }
        world.secs(2).await;
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Orders])
            .await
            .unwrap();
        world.secs(20).await;
        assert_eq!(world.available("SKU-1").await, 70);
        assert!(
            world.shown(&germany, "SKU-1") < 30,
            "the other channel is told: {}",
            world.shown(&germany, "SKU-1")
        );
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Orders])
            .await
            .unwrap();
        world.secs(240).await;
        assert_eq!(
            (world.orders().await.len(), world.available("SKU-1").await),
            (5, 70),
            "the same page again changes nothing"
        );
        assert!(world.tenant().check_ledger().await.unwrap().ok());
    }
}

#[tokio::test]
async fn the_own_store_sells_only_what_no_channel_can() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 10).await;
    world.connect(&india, INDIA).await;
    world.own_store().await;
    world.secs(240).await;
    assert_eq!(world.shown(&india, "SKU-1"), 5);
    let refused = world
        .hub
        .create_order(&world.caller, own_order("SKU-1", 6))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Refusal::Shortage(f) if f[0].field == "lines/0/quantity" && f[0].message.contains("5 of SKU-1")),
        "{refused}"
    );
    let order = world
        .hub
        .create_order(&world.caller, own_order("SKU-1", 5))
        .await
        .unwrap()
        .order;
    assert_eq!(world.available("SKU-1").await, 5);
    let called_off = world
        .hub
        .cancel_order(&world.caller, order.id, CancelRequest::default())
        .await;
    called_off.unwrap();
    assert_eq!(world.available("SKU-1").await, 10);
}

#[tokio::test]
async fn a_pending_order_reserves_and_its_cancellation_gives_back() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&india)).await {
        world.stocked("SKU-1", 10).await;
        world.connect(&india, INDIA).await;
        world.secs(240).await;
        let pending = BuyOptions {
            pending: true,
            settle_after_ms: Some(3_600_000),
            ..BuyOptions::default()
        };
        let id = world
            .sim
            .buy(&india.seller_id, INDIA, "SKU-1", 3, pending)
            .expect("in stock");
        world.secs(210).await;
        assert_eq!(
            (world.orders().await[0].status, world.available("SKU-1").await),
            (OrderStatus::Pending, 7)
        );
        world.sim.cancel(&id, Some(true)).expect("cancellable");
        world.secs(900).await;
        assert_eq!(
            (world.orders().await[0].status, world.available("SKU-1").await),
            (OrderStatus::Cancelled, 10)
        );
        assert_eq!(world.shown(&india, "SKU-1"), 10);
    }
}

#[tokio::test]
async fn a_parcel_is_confirmed_on_the_channel_and_taken_from_the_shelf_once() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&india)).await {
        world.stocked("SKU-1", 10).await;
        world.connect(&india, INDIA).await;
        world.secs(60).await;
        world
            .sim
            .buy(&india.seller_id, INDIA, "SKU-1", 2, BuyOptions::default())
            .expect("in stock");
        world.secs(210).await;
        let order = world.orders().await[0].id;
        let parcel = Parcel {
            carrier: "DHL".into(),
            method: None,
            tracking: "JD0001".into(),
            lines: vec![],
        };
        world.hub.ship_order(&world.caller, order, parcel).await.unwrap();
        world.secs(420).await;
        let after = &world.orders().await[0];
        assert_eq!(after.status, OrderStatus::Shipped, "the channel says so");
        let sku = stockbridge_domain::Sku::parse("SKU-1").unwrap();
        let stock = world.tenant().stock_of(&sku).await.unwrap().unwrap();
        assert_eq!((stock.on_hand, stock.reserved), (8, 0));
        assert!(world.tenant().check_ledger().await.unwrap().ok());
    }
}

#[tokio::test]
async fn an_unmapped_listing_waits_and_its_orders_are_reserved_when_the_product_comes() {
    let india = seller("A1INDIA", INDIA, &[("SKU-9", 4)]);
    let world = World::new(vec![india.clone()]).await;
    world.connect(&india, INDIA).await;
    world.secs(10).await;
    world
        .sim
        .buy(&india.seller_id, INDIA, "SKU-9", 1, BuyOptions::default())
        .expect("in stock");
    world.secs(210).await;
    let order = &world.orders().await[0];
    assert!(order.attention.is_some() && order.lines[0].product.is_none());
    let alerts = world
        .tenant()
        .alerts(&AlertFilter::default(), &PageQuery::first(10))
        .await
        .unwrap()
        .items;
    assert!(alerts.iter().any(|a| a.kind == "listing.unmapped"), "{alerts:?}");
    world.stocked("SKU-9", 6).await;
    assert_eq!(world.available("SKU-9").await, 5, "reserved at once");
}

#[tokio::test]
async fn revoked_access_parks_the_store_and_reconnecting_resumes_it() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 10).await;
    let account = world.connect(&india, INDIA).await;
    world.secs(30).await;
    world.sim.set_revoked(&india.seller_id, true).expect("a seller");
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Orders])
        .await
        .unwrap();
    world.secs(30).await;
    let record = world.tenant().account(account).await.unwrap().unwrap();
    assert_eq!(record.status, AccountStatus::NeedsReauthorisation, "{record:?}");
    world.sim.set_revoked(&india.seller_id, false).expect("a seller");
    world.connect(&india, INDIA).await;
    world
        .sim
        .buy(&india.seller_id, INDIA, "SKU-1", 1, BuyOptions::default())
        .expect("in stock");
    world.secs(420).await;
    assert_eq!(world.orders().await.len(), 1, "nothing was lost meanwhile");
}

#[tokio::test]
async fn connecting_the_same_seller_twice_is_refused_by_name() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.connect(&india, INDIA).await;
    let refused = world
        .hub
        .connect(&world.caller, "amazon", world.request(&india, INDIA))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Refusal::Conflict(m) if m.contains("Store")),
        "{refused}"
    );
}
