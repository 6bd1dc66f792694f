//! Labels, handing over, self-ship, cancellations and returns, against the simulated marketplace.

use super::*;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, LineUnits, PaperKind, Papers, ParcelRequest, ReturnQuery, ReturnStatus,
    ShipmentNotice,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::Fault as Trouble;

fn parcel(id: &str) -> ParcelRequest {
    ParcelRequest {
        channel_order_id: id.to_owned(),
        parcel: 1,
        lines: Vec::new(),
        weight_grams: Some(350),
        size_mm: Some([125, 80, 40]),
        invoice_number: Some("INV-1".to_owned()),
    }
}

fn notice(id: &str, tracking: &str) -> ShipmentNotice {
    ShipmentNotice {
        channel_order_id: id.to_owned(),
        marketplace: None,
        parcel: 1,
        carrier: "DTDC".into(),
        method: None,
        tracking: tracking.into(),
        shipped_at: now(),
        lines: Vec::new(),
    }
}

fn cancel(id: &str, lines: &[(&str, i64)], reason: CancelReason) -> CancelNotice {
    let line = |(id, quantity): &(&str, i64)| LineUnits {
        channel_line_id: (*id).to_owned(),
        quantity: *quantity,
    };
    CancelNotice {
        channel_order_id: id.to_owned(),
        lines: lines.iter().map(line).collect(),
        reason,
        note: None,
        key: "can_1".into(),
    }
}

#[tokio::test]
async fn a_label_is_made_later_fetched_and_handed_over_once() {
    let market = market(|_| {}, json!({"label_hours": 12}));
    let source = market.connection.papers().unwrap();
    let id = market.shop.buy("MUG", 2, 0).unwrap();
    let error = source.hand_over(&parcel(&id)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Conflict, "nothing is packed yet");
    market.shop.fail_next("pack", Trouble::TimeoutAfter, 1);
    assert_eq!(
        source.papers(&parcel(&id)).await.unwrap_err().fault,
        Fault::Ambiguous
    );
    for _ in 0..2 {
        let Papers::Pending(again) = source.papers(&parcel(&id)).await.unwrap() else {
            panic!("it is being made");
        };
        assert_eq!(
            again,
            market.world.clock.env().now().plus(Duration::from_secs(15))
        );
    }
    market.pass(15);
    let Papers::Ready { papers, tracking } = source.papers(&parcel(&id)).await.unwrap() else {
        panic!("it is there");
    };
    assert_eq!(
        (papers[0].kind, papers[0].media_type.as_str()),
        (PaperKind::LabelAndInvoice, "application/pdf")
    );
    assert_eq!(
        papers[0].expires_at,
        Some(
            market
                .world
                .clock
                .env()
                .now()
                .plus(Duration::from_secs(12 * 3_600))
        )
    );
    assert_eq!(
        tracking,
        Some(("E-Kart Logistics".to_owned(), format!("FMP{id}")))
    );
    let sent = market.world.sent.lock().unwrap().clone();
    let packed = sent
        .iter()
        .find(|r| r.method() == "POST" && r.uri().path().ends_with("/labels"))
        .map(body)
        .unwrap();
    assert_eq!(
        packed["shipments"][0]["subShipments"][0]["dimensions"],
        json!({"length": 12.5, "breadth": 8.0, "height": 4.0, "weight": 0.35})
    );
    assert_eq!(packed["shipments"][0]["invoices"][0]["invoiceNumber"], "INV-1");
    drop(sent);
    for _ in 0..2 {
        source.hand_over(&parcel(&id)).await.unwrap();
    }
    assert_eq!(market.shop.orders()[0].items[0].status, "READY_TO_DISPATCH");
    market.shop.move_on(&id, "PICKUP_COMPLETE");
    source.hand_over(&parcel(&id)).await.unwrap();
    assert_eq!(market.order(&id).await.status, Some(OrderStatus::Shipped));
}

#[tokio::test]
async fn what_cannot_be_packed_says_why() {
    let market = market(|config| config.dispatch_after_ms = 3_600_000, json!({}));
    let source = market.connection.papers().unwrap();
    let id = market.shop.buy("MUG", 1, 0).unwrap();
    let Papers::Pending(after) = source.papers(&parcel(&id)).await.unwrap() else {
        panic!("not before its time");
    };
    assert_eq!(after, now().plus(Duration::from_secs(3_600)));
    market.shop.hold(&id, true);
    let error = source.papers(&parcel(&id)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Conflict, "{error:?}");
    assert_eq!(market.order(&id).await.status, Some(OrderStatus::Pending));
    market.shop.hold(&id, false);
    market.pass(3_600);
    market.shop.fail_forms(1);
    source.papers(&parcel(&id)).await.unwrap();
    market.pass(15);
    let error = source.papers(&parcel(&id)).await.unwrap_err();
    assert!(
        error.fault == Fault::Rejected && error.message.contains("eway_bill"),
        "{error:?}"
    );
    let own = market.shop.buy_all(&[("MUG", 1)], true).unwrap();
    let error = source.papers(&parcel(&own)).await.unwrap_err();
    assert!(error.message.contains("tracking number"), "{error:?}");
    let second = ParcelRequest {
        parcel: 2,
        ..parcel(&id)
    };
    assert_eq!(source.papers(&second).await.unwrap_err().fault, Fault::Rejected);
}

#[tokio::test]
async fn the_sellers_own_courier_is_told_once_and_corrected() {
    let market = market(|_| {}, json!({}));
    let sink = market.connection.fulfilment().unwrap();
    let id = market.shop.buy_all(&[("MUG", 2), ("BOWL", 1)], true).unwrap();
    market
        .shop
        .fail_next("submitSelfShiptDispatchRequest", Trouble::TimeoutAfter, 1);
    assert_eq!(
        sink.confirm(&notice(&id, "T1")).await.unwrap_err().fault,
        Fault::Ambiguous
    );
    sink.confirm(&notice(&id, "T1")).await.unwrap();
    let calls = |path: &str| {
        let sent = market.world.sent.lock().unwrap();
        sent.iter().filter(|r| r.uri().path().ends_with(path)).count()
    };
    assert_eq!(
        (calls("/selfShip/dispatch"), calls("/update")),
        (1, 0),
        "what is there is not told again"
    );
    sink.confirm(&notice(&id, "T2")).await.unwrap();
    assert_eq!(
        market.shop.orders()[0].tracking,
        Some(("DTDC".to_owned(), "T2".to_owned()))
    );
    assert_eq!(calls("/update"), 1);
    assert_eq!(market.order(&id).await.status, Some(OrderStatus::Shipped));
    let flipkarts = market.shop.buy("MUG", 1, 0).unwrap();
    let error = sink.confirm(&notice(&flipkarts, "T3")).await.unwrap_err();
    assert!(
        error.fault == Fault::Rejected && error.message.contains("label"),
        "{error:?}"
    );
}

#[tokio::test]
async fn items_are_called_off_by_their_groups_and_the_rest_stays() {
    let market = market(|_| {}, json!({}));
    let sink = market.connection.cancellations().unwrap();
    let id = market.shop.buy_all(&[("MUG", 2), ("BOWL", 1)], false).unwrap();
    let order = market.order(&id).await;
    let (mug, bowl) = (
        order.lines[0].channel_line_id.clone(),
        order.lines[1].channel_line_id.clone(),
    );
    let error = sink
        .cancel(&cancel(&id, &[(&mug, 1)], CancelReason::OutOfStock))
        .await
        .unwrap_err();
    assert!(error.message.contains("whole items"), "{error:?}");
    let error = sink
        .cancel(&cancel(&id, &[], CancelReason::Customer))
        .await
        .unwrap_err();
    assert!(error.message.contains("cancel_reason"), "{error:?}");
    let error = sink
        .cancel(&cancel(&id, &[("nine", 1)], CancelReason::OutOfStock))
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::NotFound);
    for _ in 0..2 {
        sink.cancel(&cancel(&id, &[(&mug, 2)], CancelReason::OutOfStock))
            .await
            .unwrap();
    }
    market.pass(5);
    // The list of cancellations shows the cancelled item alone; the rest must not be taken for cancelled.
    for order in market.orders(OrderTime::Updated).await {
        assert_eq!(order.status, Some(OrderStatus::Open), "{order:?}");
        let open: i64 = order.lines.iter().map(|l| l.ordered - l.cancelled).sum();
        assert_eq!(open, 1, "{order:?}");
    }
    sink.cancel(&cancel(&id, &[(&bowl, 1)], CancelReason::OutOfStock))
        .await
        .unwrap();
    assert_eq!(market.order(&id).await.status, Some(OrderStatus::Cancelled));
    let packed = market.shop.buy("MUG", 1, 0).unwrap();
    market
        .connection
        .papers()
        .unwrap()
        .papers(&parcel(&packed))
        .await
        .unwrap();
    market.pass(15);
    let error = sink
        .cancel(&cancel(&packed, &[], CancelReason::OutOfStock))
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Conflict, "{error:?}");
}

#[tokio::test]
async fn returns_are_read_page_by_page() {
    let market = market(|_| {}, json!({}));
    let mut made = Vec::new();
    for _ in 0..3 {
        let id = market.shop.buy("MUG", 1, 0).unwrap();
        market.shop.move_on(&id, "DELIVERED");
        made.push((market.shop.send_back(&id, "DEFECTIVE").unwrap(), id));
    }
    let source = market.connection.returns().unwrap();
    let mut query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    let mut found = Vec::new();
    loop {
        let page = source.page(&query).await.unwrap();
        assert!(page.complete_until.is_some() && page.unreadable.is_empty());
        found.extend(page.returns);
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let read: Vec<_> = found
        .iter()
        .map(|r| (r.channel_return_id.clone(), r.channel_order_id.clone()))
        .collect();
    assert_eq!(read, made);
    assert_eq!(
        (found[0].status, found[0].lines[0].quantity),
        (Some(ReturnStatus::Open), 1)
    );
    assert_eq!(found[0].lines[0].reason.as_deref(), Some("DEFECTIVE"));
}
