//! What a channel posted of an order, from the sale to the money back.

use std::time::Duration;

use stockbridge_domain::channel::{DataKind, MoneyKind, MoneyVerdict, OrderMoney, SettlementVerdict};
use stockbridge_domain::{AccountId, OrderId};
use stockbridge_engine::Parcel;
use stockbridge_sim::BuyOptions;
use stockbridge_store::{MoneyFilter, PageQuery, SettlementFilter};

use super::harness::{GERMANY, World, seller};

const DAY: Duration = Duration::from_secs(86_400);

async fn posted(world: &World, account: AccountId, order: OrderId) -> OrderMoney {
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Finance])
        .await
        .expect("asked");
    world.secs(60).await;
    let money = world.tenant().order_money(order).await.expect("read");
    money.expect("the order").remove(0)
}

#[tokio::test]
async fn a_sale_is_held_back_released_and_given_back_and_agrees_with_the_order() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        world.stocked("SKU-1", 10).await;
        let account = world.connect(&germany, GERMANY).await;
        world.secs(240).await;
        let bought = world
            .sim
            .buy(&germany.seller_id, GERMANY, "SKU-1", 2, BuyOptions::default())
            .expect("in stock");
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Orders])
            .await
            .expect("asked");
        world.secs(240).await;
        let order = world.orders().await[0].id;
        assert_eq!(
            posted(&world, account, order).await.verdict,
            MoneyVerdict::Waiting
        );
        let parcel = Parcel {
            carrier: "DHL".into(),
            method: None,
            tracking: "JD1".into(),
            lines: Vec::new(),
        };
        world
            .hub
            .ship_order(&world.caller, order, parcel)
            .await
            .expect("shipped");
        world.secs(400).await;
        let held = posted(&world, account, order).await;
        assert_eq!(held.verdict, MoneyVerdict::Agrees, "{held:?}");
        assert_eq!((held.held, held.net), (held.net, held.net));
        assert!(held.fees.minor() < 0 && held.net.minor() > 0, "{held:?}");
        world.sim.advance(DAY * 8);
        world.clock.advance(DAY * 8);
        let released = posted(&world, account, order).await;
        assert_eq!(
            (released.verdict, released.net, released.held.minor()),
            (held.verdict, held.net, 0),
            "counted once"
        );
        world.sim.refund(&bought).expect("shipped");
        world.secs(400).await;
        let back = posted(&world, account, order).await;
        assert_eq!((back.net.minor(), back.verdict), (0, MoneyVerdict::Agrees));
        assert!(back.kinds[&MoneyKind::Refund].minor() < 0);
        let all = world
            .tenant()
            .money(&MoneyFilter::default(), &PageQuery::default())
            .await
            .expect("read");
        settled(&world, account).await;
        assert_eq!(all.items.len(), 3, "each once, however often it was read");
        assert!(all.items.iter().all(|r| r.order == Some(order)));
    }
}

/// Two weeks on, what was released is paid, and it is what the transactions say.
async fn settled(world: &World, account: AccountId) {
    world.sim.advance(DAY * 15);
    world.clock.advance(DAY * 15);
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Finance])
        .await
        .expect("asked");
    world.secs(120).await;
    let paid = world
        .tenant()
        .settlements(&SettlementFilter::default(), &PageQuery::default())
        .await
        .expect("read");
    assert!(!paid.items.is_empty());
    for one in &paid.items {
        assert_eq!(one.verdict, SettlementVerdict::Agrees, "{one:?}");
    }
}
