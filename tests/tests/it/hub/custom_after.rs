//! After the sale at a system of one's own: called off, given back once though the answer is lost, and returns that are read.

use std::sync::Arc;

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::{Currency, Money};
use stockbridge_engine::{CancelRequest, RefundRequest};
use stockbridge_sim::{CustomShop, Fault, ShopConfig, ShopListing, TimeMode};
use stockbridge_store::OrderDetail;

use super::harness::{START, World};

async fn joined(after_sales: &[&str]) -> (World, Arc<CustomShop>) {
    let world = World::new(Vec::new()).await;
    let shop = CustomShop::new(ShopConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        after_sales: after_sales.iter().map(|word| (*word).to_owned()).collect(),
        listings: vec![ShopListing::new("SKU-1", 9)],
        ..ShopConfig::default()
    });
    world.stocked("SKU-1", 9).await;
    world.connect_shop(&shop, "compare_and_set").await;
    world.secs(300).await;
    (world, shop)
}

async fn detail(world: &World) -> OrderDetail {
    let id = world.orders().await[0].id;
    world.tenant().order(id).await.unwrap().unwrap()
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").unwrap())
}

#[tokio::test]
async fn units_are_called_off_and_money_goes_back_once() {
    let offers = ["line_cancellations", "refunds", "returns"];
    let (world, shop) = joined(&offers).await;
    let bought = shop.buy("SKU-1", 3, 0).unwrap();
    world.secs(200).await;
    let order = detail(&world).await.order;
    let cancel = CancelRequest {
        reason: Some(CancelReason::OutOfStock),
        lines: vec![(order.lines[0].id, 1)],
        ..CancelRequest::default()
    };
    shop.fail_next("cancelOrder", Fault::TimeoutAfter, 1);
    world
        .hub
        .cancel_order(&world.caller, order.id, cancel)
        .await
        .unwrap();
    shop.fail_next("refundOrder", Fault::TimeoutAfter, 1);
    let refund = RefundRequest {
        amount: Some(eur(1_250)),
        ..RefundRequest::default()
    };
    world
        .hub
        .refund_order(&world.caller, order.id, refund)
        .await
        .unwrap();
    world.secs(1_800).await;
    let now = detail(&world).await;
    let asked: Vec<_> = now
        .after_sales
        .cancellations
        .iter()
        .map(|c| c.ask.status)
        .collect();
    assert_eq!(asked, [AskStatus::Done], "{:?}", now.after_sales);
    let asked: Vec<_> = now.after_sales.refunds.iter().map(|r| r.ask.status).collect();
    assert_eq!(asked, [AskStatus::Done], "{:?}", now.after_sales);
    let truth = &shop.orders()[0];
    assert_eq!((truth.cancelled, truth.refunds.len()), (1, 1), "{truth:?}");
    assert_eq!(
        (truth.refunds[0].amount, truth.refunds[0].paid_out),
        (1_250, false)
    );
    assert_eq!(world.available("SKU-1").await, 7, "the unit is free again");

    let parcel = stockbridge_engine::Parcel {
        carrier: "DHL".into(),
        method: None,
        tracking: "JD1".into(),
        lines: Vec::new(),
    };
    world
        .hub
        .ship_order(&world.caller, order.id, parcel)
        .await
        .unwrap();
    world.secs(300).await;
    shop.send_back(&bought, 1).unwrap();
    world.secs(7_200).await;
    let returns = &detail(&world).await.after_sales.returns;
    assert_eq!(returns.len(), 1, "{returns:?}");
}

#[tokio::test]
async fn what_a_system_does_not_offer_is_refused_with_its_word() {
    let (world, shop) = joined(&[]).await;
    shop.buy("SKU-1", 2, 0).unwrap();
    world.secs(200).await;
    let order = detail(&world).await.order;
    let whole = CancelRequest::default();
    world
        .hub
        .cancel_order(&world.caller, order.id, whole)
        .await
        .unwrap();
    world.secs(120).await;
    let asked = &detail(&world).await.after_sales.cancellations[0].ask;
    assert_eq!(asked.status, AskStatus::Refused);
    assert!(
        asked
            .message
            .as_ref()
            .is_some_and(|m| m.contains("`cancellations`")),
        "{asked:?}"
    );
    assert_eq!(shop.orders()[0].cancelled, 0);
}
