//! A worker killed at any call, before or after the channel applied it: nothing is lost, nothing is doubled, nothing is
//! oversold, and the next worker brings everything to its end.

use std::time::Duration;
use stockbridge_domain::stock::EntryKind;
use stockbridge_engine::Parcel;
use stockbridge_sim::BuyOptions;

use super::harness::{GERMANY, INDIA, World, seller};

/// A day in short: stock goes out, buyers buy on both channels, a parcel leaves; the worker dies at one call of it.
async fn day_with_a_crash(at_call: i64, applied: bool) -> bool {
    let (india, germany) = (
        seller("A1INDIA", INDIA, &[("SKU-1", 0)]),
        seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]),
    );
    let mut world = World::new(vec![india.clone(), germany.clone()]).await;
    world.stocked("SKU-1", 9).await;
    world.connect(&india, INDIA).await;
    world.connect(&germany, GERMANY).await;
    let mut reached = world
        .kill_at_call(at_call, applied, Duration::from_secs(40))
        .await;
    world.secs(520).await;
    for (seller, marketplace) in [(&india, INDIA), (&germany, GERMANY)] {
        world
            .sim
            .buy(&seller.seller_id, marketplace, "SKU-1", 1, BuyOptions::default())
            .expect("in stock");
    }
    if !reached {
        reached = world
            .kill_at_call(at_call, applied, Duration::from_secs(220))
            .await;
    }
    world.secs(300).await;
    let orders = world.orders().await;
    assert_eq!(
        orders.len(),
        2,
        "call {at_call}, applied {applied}: every order once"
    );
    let parcel = Parcel {
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
    world.secs(600).await;
    judge(&world, at_call, applied).await;
    reached
}

async fn judge(world: &World, at_call: i64, applied: bool) {
    let case = format!("call {at_call}, applied {applied}");
    let truth = world.sim.truth();
    let on_sale: i64 = truth
        .listings
        .iter()
        .filter_map(|l| l.quantity)
        .map(i64::from)
        .sum();
    assert_eq!(world.available("SKU-1").await, 7, "{case}");
    assert!(on_sale <= 7, "{case}: {on_sale} on sale of 7");
    assert!(on_sale >= 5, "{case}: only {on_sale} on sale of 7");
    let check = world.tenant().check_ledger().await.unwrap();
    assert!(check.ok(), "{case}: {:?}", check.findings);
    let sku = stockbridge_domain::Sku::parse("SKU-1").unwrap();
    let product = world.tenant().product_by_sku(&sku).await.unwrap().unwrap();
    let ledger = world.tenant().ledger(product.id, None, 100).await.unwrap();
    let kinds = |kind| ledger.iter().filter(|e| e.kind == kind).count();
    assert_eq!(
        (kinds(EntryKind::Sale), kinds(EntryKind::Shipment)),
        (2, 1),
        "{case}"
    );
    let shipped: u32 = truth
        .orders
        .iter()
        .flat_map(|o| &o.lines)
        .map(|l| l.shipped)
        .sum();
    assert_eq!(shipped, 1, "{case}: the channel knows one parcel");
}

#[tokio::test]
async fn a_worker_may_die_at_any_call() {
    for applied in [false, true] {
        let mut reached = 0;
        for at_call in 0..10 {
            reached += i32::from(day_with_a_crash(at_call, applied).await);
        }
        assert_eq!(reached, 10, "all of these calls are really made");
    }
}
