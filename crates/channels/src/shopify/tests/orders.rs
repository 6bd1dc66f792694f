//! Orders: what is counted, what is shipped, called off, returned and refunded.

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Fault, OrderQuery, OrderTime, ReturnQuery, ReturnStatus, ShipmentNotice,
    ShippedLine,
};
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};

use super::super::orders::Words;
use super::*;

fn two_places() -> Stage {
    Stage::with(vec![
        ShopifyVariant::at("A", &[("101", 2), ("102", 4)]),
        ShopifyVariant::at("B", &[("101", 9)]),
    ])
}

fn parcel(order: &OrderSnapshot, tracking: &str, units: &[i64]) -> ShipmentNotice {
    let line = |(line, quantity): (&LineSnapshot, &i64)| ShippedLine {
        channel_line_id: line.channel_line_id.clone(),
        quantity: *quantity,
    };
    ShipmentNotice {
        channel_order_id: order.channel_order_id.clone(),
        marketplace: None,
        parcel: 1,
        carrier: "DHL".into(),
        method: None,
        tracking: tracking.into(),
        shipped_at: now(),
        lines: order.lines.iter().zip(units).map(line).collect(),
    }
}

impl Stage {
    async fn order(&self, id: &str) -> OrderSnapshot {
        self.connect().orders().unwrap().get(id).await.unwrap()
    }
}

#[tokio::test]
async fn units_that_came_back_and_units_never_sent_are_told_apart() {
    let stage = two_places();
    let id = stage.shop.buy("A", 3).unwrap();
    let counts = |order: &OrderSnapshot| {
        let line = &order.lines[0];
        (line.ordered, line.shipped, line.cancelled)
    };
    assert_eq!(counts(&stage.order(&id).await), (3, 0, 0));
    let order = stage.order(&id).await;
    stage
        .connect()
        .fulfilment()
        .unwrap()
        .confirm(&parcel(&order, "T1", &[1]))
        .await
        .unwrap();
    assert_eq!(counts(&stage.order(&id).await), (3, 1, 0));
    assert!(stage.shop.refund(&id, 1), "one of the two not sent yet");
    let order = stage.order(&id).await;
    assert_eq!(counts(&order), (3, 1, 1));
    stage
        .connect()
        .fulfilment()
        .unwrap()
        .confirm(&parcel(&order, "T2", &[1]))
        .await
        .unwrap();
    assert!(stage.shop.refund(&id, 1), "one that was sent came back");
    let order = stage.order(&id).await;
    assert_eq!(
        (counts(&order), order.status),
        ((3, 2, 1), Some(OrderStatus::Shipped))
    );
}

#[tokio::test]
async fn a_parcel_from_two_locations_is_two_and_repeating_it_makes_no_third() {
    let stage = two_places();
    let id = stage.shop.buy_all(&[("A", 3), ("B", 1)]).unwrap();
    let order = stage.order(&id).await;
    let notice = parcel(&order, "T1", &[3, 1]);
    let connection = stage.connect();
    let sink = connection.fulfilment().unwrap();
    for _ in 0..2 {
        sink.confirm(&notice).await.unwrap();
    }
    let truth = stage.shop.orders();
    assert_eq!(truth[0].parcels.len(), 2, "one for each location");
    let corrected = parcel(&order, "T9", &[3, 1]);
    let refused = sink.confirm(&corrected).await.unwrap_err();
    assert_eq!(
        refused.fault,
        Fault::Conflict,
        "which of the two parcels is meant cannot be told"
    );
    let id = stage.shop.buy("B", 2).unwrap();
    let order = stage.order(&id).await;
    sink.confirm(&parcel(&order, "T2", &[2])).await.unwrap();
    sink.confirm(&parcel(&order, "T3", &[2])).await.unwrap();
    let truth = stage.shop.orders();
    assert_eq!(
        truth[1]
            .parcels
            .iter()
            .map(|p| p.tracking.as_str())
            .collect::<Vec<_>>(),
        ["T3"],
        "corrected"
    );
}

#[tokio::test]
async fn the_search_is_behind_and_what_changes_meanwhile_is_not_lost() {
    let stage = two_places();
    let id = stage.shop.buy("A", 1).unwrap();
    let connection = stage.connect();
    let query = OrderQuery {
        since: now(),
        by: OrderTime::Updated,
        cursor: None,
    };
    let page = connection.orders().unwrap().page(&query).await.unwrap();
    assert!(page.orders.is_empty(), "not in the index yet");
    assert!(
        page.complete_until
            .is_some_and(|until| until <= stage.world.io().env.now()),
        "Shopify's own time"
    );
    stage.pass(5);
    let page = connection.orders().unwrap().page(&query).await.unwrap();
    assert_eq!(page.orders[0].channel_order_id, id);
}

#[tokio::test]
async fn calling_off_and_returns() {
    let stage = two_places();
    let id = stage.shop.buy("A", 2).unwrap();
    let notice = CancelNotice {
        channel_order_id: id.clone(),
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    stage
        .connect()
        .cancellations()
        .unwrap()
        .cancel(&notice)
        .await
        .unwrap();
    assert_eq!(stage.order(&id).await.status, Some(OrderStatus::Cancelled));
    assert_eq!(
        stage.shop.shown("A"),
        4,
        "what is not there does not go on sale again"
    );
    let id = stage.shop.buy("B", 2).unwrap();
    let order = stage.order(&id).await;
    stage
        .connect()
        .fulfilment()
        .unwrap()
        .confirm(&parcel(&order, "T1", &[2]))
        .await
        .unwrap();
    let back = stage.shop.send_back(&id, 1).unwrap();
    stage.pass(10);
    let query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    let page = stage.connect().returns().unwrap().page(&query).await.unwrap();
    let [found] = &page.returns[..] else {
        panic!("{page:?}")
    };
    assert_eq!((&found.channel_return_id, &found.channel_order_id), (&back, &id));
    assert_eq!(
        (found.status, found.lines[0].quantity),
        (Some(ReturnStatus::Requested), 1)
    );
    assert_eq!(found.lines[0].sku.as_deref(), Some("B"));
}

#[test]
fn the_table_of_words() {
    let of = |cancelled, financial, fulfilment| {
        let mut oddities = Vec::new();
        let words = Words {
            cancelled,
            financial: Some(financial),
            fulfilment,
        };
        (
            words.status(false, &mut oddities),
            words.status(true, &mut oddities),
        )
    };
    let open = Some(OrderStatus::Open);
    assert_eq!(of(false, "PAID", "UNFULFILLED"), (open, open));
    assert_eq!(of(false, "AUTHORIZED", "ON_HOLD"), (open, open));
    assert_eq!(
        of(false, "PENDING", "UNFULFILLED"),
        (Some(OrderStatus::Pending), open)
    );
    let shipped = Some(OrderStatus::Shipped);
    assert_eq!(
        of(false, "PENDING", "FULFILLED"),
        (shipped, shipped),
        "sent is sent"
    );
    assert_eq!(
        of(false, "REFUNDED", "FULFILLMENT_NOT_REQUIRED"),
        (shipped, shipped)
    );
    let cancelled = Some(OrderStatus::Cancelled);
    assert_eq!(of(true, "VOIDED", "UNFULFILLED"), (cancelled, cancelled));
    assert_eq!(of(false, "PAID", "AT_THE_FLORIST"), (None, None));
    assert_eq!(of(false, "IN_SEASHELLS", "UNFULFILLED"), (None, None));
}
