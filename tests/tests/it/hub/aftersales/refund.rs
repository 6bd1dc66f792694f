//! Money goes back at the channel once, never more than was paid, and through the payment provider only when asked.

use stockbridge_domain::Money;
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_engine::{RefundRequest, Refusal};
use stockbridge_sim::Fault;

use super::super::harness::World;
use super::{shopify, woo};

fn amount(money: Money, pay_out: bool) -> RefundRequest {
    RefundRequest {
        amount: Some(money),
        pay_out,
        ..RefundRequest::default()
    }
}

#[tokio::test]
async fn money_goes_back_once_though_the_answer_is_lost_and_is_not_paid_out_unasked() {
    for world in World::each(&[]).await {
        let shop = woo(&world).await;
        let number = shop.buy("MUG", 2).unwrap();
        let id = world.imported(&number.to_string()).await;
        let order = world.detail(id).await.order;
        let (paid, line) = (order.total.unwrap(), order.lines[0].id);
        shop.fail_next("POST /orders/{id}/refunds", Fault::TimeoutAfter, 1);
        let units = RefundRequest {
            lines: vec![(line, 1)],
            note: Some("scratched".to_owned()),
            ..RefundRequest::default()
        };
        let asked = world.hub.refund_order(&world.caller, id, units.clone()).await;
        let first = asked.unwrap().after_sales.refunds[0].amount;
        world.secs(900).await;
        let detail = world.detail(id).await;
        let refund = &detail.after_sales.refunds[0];
        assert_eq!(refund.ask.status, AskStatus::Done, "{refund:?}");
        assert!(refund.channel_refund_id.is_some());
        let made = shop.orders().remove(0);
        assert_eq!(made.refunds.len(), 1, "once");
        assert!(
            made.refunds.iter().all(|refund| !refund.paid_out),
            "never unasked"
        );

        let left = Money::from_minor(paid.minor() - first.minor(), paid.currency());
        let more = Money::from_minor(left.minor() + 1, paid.currency());
        let refused = world
            .hub
            .refund_order(&world.caller, id, amount(more, false))
            .await;
        assert!(
            matches!(&refused, Err(Refusal::Fields(f)) if f[0].field == "amount"),
            "{refused:?}"
        );
        let both = RefundRequest {
            lines: vec![(line, 2)],
            ..units
        };
        let twice = world.hub.refund_order(&world.caller, id, both).await;
        assert!(
            matches!(&twice, Err(Refusal::Fields(f)) if f[0].field == "lines"),
            "{twice:?}"
        );
        world
            .hub
            .refund_order(&world.caller, id, amount(left, true))
            .await
            .unwrap();
        world.secs(60).await;
        let made = shop.orders().remove(0);
        assert_eq!(made.refunds.iter().filter(|refund| refund.paid_out).count(), 1);
        let nothing = world
            .hub
            .refund_order(&world.caller, id, amount(left, false))
            .await;
        assert!(matches!(nothing, Err(Refusal::Fields(_))), "all of it is back");
    }
}

#[tokio::test]
async fn what_the_channel_refuses_to_refund_is_shown_and_told() {
    let world = World::new(Vec::new()).await;
    let shop = shopify(&world).await;
    let number = shop.buy("MUG", 1).unwrap();
    let id = world.imported(&number).await;
    let paid = world.detail(id).await.order.total.unwrap();
    // This shop notes no money that it does not send, unless units are named.
    world
        .hub
        .refund_order(&world.caller, id, amount(paid, false))
        .await
        .unwrap();
    world.secs(60).await;
    let detail = world.detail(id).await;
    let refund = &detail.after_sales.refunds[0];
    assert_eq!(refund.ask.status, AskStatus::Refused, "{refund:?}");
    let said = refund.ask.message.clone().unwrap_or_default();
    assert!(said.contains("name the units"), "{said}");
    assert_eq!(world.alerts_of("refund.refused").await.len(), 1);
}
