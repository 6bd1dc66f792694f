//! Orders are called off at their channel, and the hub believes what the channel shows.

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::order::OrderStatus;
use stockbridge_engine::{CancelRequest, Refusal};
use stockbridge_sim::Fault;

use super::super::harness::World;
use super::woo;

fn customer() -> CancelRequest {
    CancelRequest {
        reason: Some(CancelReason::Customer),
        note: Some("ordered twice".to_owned()),
        lines: Vec::new(),
    }
}

#[tokio::test]
async fn an_order_is_called_off_at_its_channel_and_free_when_the_channel_says_so() {
    for world in World::each(&[]).await {
        let shop = woo(&world).await;
        let number = shop.buy("MUG", 3).unwrap().to_string();
        let id = world.imported(&number).await;
        assert_eq!(world.available("MUG").await, 7);
        let asked = world.hub.cancel_order(&world.caller, id, customer()).await;
        let asked = asked.unwrap();
        assert_eq!(asked.after_sales.cancellations[0].ask.status, AskStatus::Waiting);
        assert_eq!(world.available("MUG").await, 7, "nothing is free before");
        let twice = world.hub.cancel_order(&world.caller, id, customer()).await;
        assert!(matches!(twice, Err(Refusal::Conflict(_))), "{twice:?}");
        world.work().await;
        let detail = world.detail(id).await;
        assert_eq!(detail.order.status, OrderStatus::Cancelled);
        assert_eq!(detail.after_sales.cancellations[0].ask.status, AskStatus::Done);
        assert_eq!(world.available("MUG").await, 10);
        assert!(shop.orders().iter().all(|order| order.status == "cancelled"));
        assert!(world.alerts_of("cancellation.refused").await.is_empty());
        let check = world.tenant().check_ledger().await.unwrap();
        assert!(check.ok(), "{:?}", check.findings);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_not_asked_for_blindly() {
    for applied in [true, false] {
        let world = World::new(Vec::new()).await;
        let shop = woo(&world).await;
        let number = shop.buy("MUG", 3).unwrap().to_string();
        let id = world.imported(&number).await;
        let fault = if applied {
            Fault::TimeoutAfter
        } else {
            Fault::TimeoutBefore
        };
        shop.fail_next("PUT /orders/{id}", fault, 1);
        world
            .hub
            .cancel_order(&world.caller, id, customer())
            .await
            .unwrap();
        world.secs(120).await;
        let detail = world.detail(id).await;
        assert_eq!(
            detail.after_sales.cancellations[0].ask.status,
            AskStatus::Done,
            "{applied}: {detail:?}"
        );
        assert_eq!(world.available("MUG").await, 10, "{applied}");
    }
}

#[tokio::test]
async fn a_worker_that_dies_between_asking_and_noting_loses_nothing() {
    for call in 0..4 {
        for applied in [true, false] {
            let mut world = World::new(Vec::new()).await;
            let shop = woo(&world).await;
            let number = shop.buy("MUG", 3).unwrap().to_string();
            let id = world.imported(&number).await;
            world
                .hub
                .cancel_order(&world.caller, id, customer())
                .await
                .unwrap();
            world
                .kill_at_call(call, applied, std::time::Duration::from_secs(10))
                .await;
            world.secs(300).await;
            let detail = world.detail(id).await;
            let status = detail.after_sales.cancellations[0].ask.status;
            assert_eq!(status, AskStatus::Done, "call {call}, applied {applied}");
            assert_eq!(world.available("MUG").await, 10, "call {call}, applied {applied}");
        }
    }
}

#[tokio::test]
async fn what_the_channel_refuses_is_shown_and_told() {
    let world = World::new(Vec::new()).await;
    let shop = woo(&world).await;
    let number = shop.buy("MUG", 3).unwrap().to_string();
    let id = world.imported(&number).await;
    let line = world.detail(id).await.order.lines[0].id;
    let some = CancelRequest {
        lines: vec![(line, 1)],
        ..customer()
    };
    let whole = world.hub.cancel_order(&world.caller, id, some).await;
    assert!(
        matches!(whole, Err(Refusal::Fields(_))),
        "whole orders only: {whole:?}"
    );
    // The shop sends it off before it hears of it.
    shop.set_status(number.parse().unwrap(), "completed");
    world
        .hub
        .cancel_order(&world.caller, id, customer())
        .await
        .unwrap();
    world.secs(30).await;
    let detail = world.detail(id).await;
    let asked = &detail.after_sales.cancellations[0];
    assert_eq!(asked.ask.status, AskStatus::Refused);
    let said = asked.ask.message.clone().unwrap_or_default();
    assert!(said.contains("can no longer be called off"), "{said}");
    let alerts = world.alerts_of("cancellation.refused").await;
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].title.contains(&number), "{}", alerts[0].title);
    assert_eq!(detail.order.status, OrderStatus::Shipped, "the hub read it again");
}
