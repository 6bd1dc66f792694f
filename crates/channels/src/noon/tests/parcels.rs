//! Waybills, shipments, and units out of stock.

use super::*;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, LineUnits, PaperKind, Papers, ParcelRequest, ShipmentNotice, ShippedLine,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::Fault as Trouble;

fn notice(nr: &str, parcel: u32, carrier: &str, tracking: &str, lines: &[(&str, i64)]) -> ShipmentNotice {
    let line = |(id, quantity): &(&str, i64)| ShippedLine {
        channel_line_id: (*id).to_owned(),
        quantity: *quantity,
    };
    ShipmentNotice {
        channel_order_id: nr.to_owned(),
        marketplace: None,
        parcel,
        carrier: carrier.to_owned(),
        method: None,
        tracking: tracking.to_owned(),
        shipped_at: now(),
        lines: lines.iter().map(line).collect(),
    }
}

fn drop_units(nr: &str, lines: &[(&str, i64)]) -> CancelNotice {
    let line = |(id, quantity): &(&str, i64)| LineUnits {
        channel_line_id: (*id).to_owned(),
        quantity: *quantity,
    };
    CancelNotice {
        channel_order_id: nr.to_owned(),
        lines: lines.iter().map(line).collect(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    }
}

#[tokio::test]
async fn a_parcel_is_made_once_and_takes_the_lowest_open_units() {
    let market = market(|_| {}, &draft(json!({})));
    let sink = market.connection.fulfilment().unwrap();
    let nr = market.shop.buy_all(&[("MUG", 3), ("BOWL", 1)]).unwrap();
    market.shop.fail_next("createShipment", Trouble::TimeoutAfter, 1);
    let first = notice(&nr, 1, "Aramex", "A1", &[("MUG", 1), ("MUG", 1)]);
    assert_eq!(sink.confirm(&first).await.unwrap_err().fault, Fault::Ambiguous);
    for _ in 0..2 {
        sink.confirm(&first).await.unwrap();
    }
    let shipments = market.shop.shipments();
    assert_eq!(
        (
            shipments.len(),
            shipments[0].units.len(),
            shipments[0].number.as_str()
        ),
        (1, 2, "F00000001-1")
    );
    assert_eq!(
        market.order(&nr).await.status,
        Some(OrderStatus::PartiallyShipped)
    );
    let error = sink
        .confirm(&notice(&nr, 2, "Aramex", "A2", &[("MUG", 2)]))
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Conflict, "one is left: {error:?}");
    sink.confirm(&notice(&nr, 2, "Aramex", "A2", &[])).await.unwrap();
    assert_eq!(market.order(&nr).await.status, Some(OrderStatus::Shipped));
}

#[tokio::test]
async fn noons_own_waybills_are_kept_in_reserve_and_printed() {
    let market = market(|_| {}, &draft(json!({})));
    let source = market.connection.papers().unwrap();
    for _ in 0..3 {
        let parcel = ParcelRequest {
            channel_order_id: market.shop.buy("MUG", 1, 0).unwrap(),
            parcel: 1,
            lines: Vec::new(),
            weight_grams: None,
            size_mm: None,
            invoice_number: None,
        };
        assert_eq!(
            source.hand_over(&parcel).await.unwrap_err().fault,
            Fault::Conflict
        );
        let first = source.papers(&parcel).await.unwrap();
        assert_eq!(
            source.papers(&parcel).await.unwrap(),
            first,
            "asking again makes no second one"
        );
        let Papers::Ready { papers, tracking } = first else {
            panic!("at once");
        };
        let (courier, number) = tracking.unwrap();
        assert_eq!((papers[0].kind, courier.as_str()), (PaperKind::Label, "noon"));
        assert!(String::from_utf8_lossy(&papers[0].bytes).contains(&number));
        source.hand_over(&parcel).await.unwrap();
        let confirm = notice(&parcel.channel_order_id, 1, "Noon", &number, &[]);
        market
            .connection
            .fulfilment()
            .unwrap()
            .confirm(&confirm)
            .await
            .unwrap();
    }
    assert_eq!(market.shop.shipments().len(), 3);
    assert_eq!(market.calls("/noon-logistics-awbs/get"), 1, "ten at once");
}

#[tokio::test]
async fn units_are_out_of_stock_once_however_often_it_is_said() {
    let market = market(|_| {}, &draft(json!({})));
    let sink = market.connection.cancellations().unwrap();
    let nr = market.shop.buy("MUG", 3, 0).unwrap();
    market.shop.fail_next("updateOrder", Trouble::TimeoutAfter, 1);
    assert_eq!(
        sink.cancel(&drop_units(&nr, &[("MUG", 1)]))
            .await
            .unwrap_err()
            .fault,
        Fault::Ambiguous
    );
    for _ in 0..2 {
        sink.cancel(&drop_units(&nr, &[("MUG", 1)])).await.unwrap();
    }
    let order = market.order(&nr).await;
    assert_eq!(
        (order.status, order.lines[0].cancelled),
        (Some(OrderStatus::Open), 1)
    );
    market
        .connection
        .fulfilment()
        .unwrap()
        .confirm(&notice(&nr, 1, "Aramex", "A1", &[("MUG", 1)]))
        .await
        .unwrap();
    let error = sink.cancel(&drop_units(&nr, &[("MUG", 3)])).await.unwrap_err();
    assert_eq!(error.fault, Fault::Conflict, "one is shipped: {error:?}");
    assert_eq!(
        sink.cancel(&drop_units(&nr, &[("CUP", 1)]))
            .await
            .unwrap_err()
            .fault,
        Fault::NotFound
    );
    for _ in 0..2 {
        sink.cancel(&drop_units(&nr, &[])).await.unwrap();
    }
    let order = market.order(&nr).await;
    assert_eq!(
        (order.status, order.lines[0].shipped, order.lines[0].cancelled),
        (Some(OrderStatus::Shipped), 1, 2)
    );
    let other = CancelNotice {
        reason: CancelReason::Customer,
        ..drop_units(&nr, &[])
    };
    assert_eq!(sink.cancel(&other).await.unwrap_err().fault, Fault::Rejected);
}
