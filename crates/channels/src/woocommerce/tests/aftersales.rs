//! Parcels, orders called off, money given back.

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Fault, LineUnits, RefundNotice, ShipmentNotice, ShippedLine,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Currency, Money};
use stockbridge_sim::{Fault as Bad, WooOrder, WooParcels};

use super::*;

fn parcel(order: &WooOrder, number: u32, units: i64) -> ShipmentNotice {
    ShipmentNotice {
        channel_order_id: order.id.to_string(),
        marketplace: None,
        parcel: number,
        carrier: "DHL".into(),
        method: None,
        tracking: format!("T-{number}"),
        shipped_at: now(),
        lines: vec![ShippedLine {
            channel_line_id: order.lines[0].id.to_string(),
            quantity: units,
        }],
    }
}

fn truth(bench: &Bench) -> WooOrder {
    bench.shop.orders().remove(0)
}

#[tokio::test]
async fn parcels_are_told_by_each_way_a_shop_has_and_the_last_completes_the_order() {
    for parcels in [WooParcels::Fulfillments, WooParcels::Tracking, WooParcels::None] {
        let bench = super::bench(WooConfig {
            parcels,
            ..config(vec![WooProduct::new("MUG", 9)])
        });
        let id = bench.shop.buy("MUG", 3).unwrap();
        let connection = bench.open();
        let confirm = async |notice: ShipmentNotice| connection.fulfilment().unwrap().confirm(&notice).await;
        confirm(parcel(&truth(&bench), 1, 2)).await.unwrap();
        let order = bench.order(id).await;
        assert_eq!(
            (order.status, order.lines[0].shipped),
            (Some(OrderStatus::PartiallyShipped), 2),
            "{parcels:?}"
        );
        assert_eq!(truth(&bench).status, "processing");
        // The answer to the second is lost on its way, and it is confirmed once more, and then again.
        bench.shop.fail_next("PUT /orders/{id}", Bad::TimeoutBefore, 1);
        assert_eq!(
            confirm(parcel(&truth(&bench), 2, 1)).await.unwrap_err().fault,
            Fault::Ambiguous
        );
        confirm(parcel(&truth(&bench), 2, 1)).await.unwrap();
        confirm(parcel(&truth(&bench), 2, 1)).await.unwrap();
        let (there, order) = (truth(&bench), bench.order(id).await);
        assert_eq!(
            (there.status.as_str(), order.status, order.lines[0].shipped),
            ("completed", Some(OrderStatus::Shipped), 3)
        );
        let told = match parcels {
            WooParcels::Fulfillments => there.fulfillments.len(),
            WooParcels::Tracking => there.trackings.len(),
            WooParcels::None => there.notes.len(),
        };
        assert_eq!(told, 2, "{parcels:?}: {there:?}");
        assert_eq!(bench.shop.shown("MUG"), 6, "shipping moves no stock in the shop");
    }
}

#[tokio::test]
async fn a_fulfilment_names_its_carrier_under_both_keys_and_a_changed_parcel_edits_it() {
    let bench = super::bench(WooConfig {
        parcels: WooParcels::Fulfillments,
        ..config(vec![WooProduct::new("MUG", 9)])
    });
    bench.shop.buy("MUG", 3).unwrap();
    let connection = bench.open();
    let mut notice = parcel(&truth(&bench), 1, 2);
    connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    notice.tracking = "T-9".into();
    connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    let there = truth(&bench);
    assert_eq!(there.fulfillments.len(), 1);
    let meta = there.fulfillments[0]["meta_data"].to_string();
    for part in ["_shipment_provider", "_shipping_provider", "DHL", "T-9", "_items"] {
        assert!(meta.contains(part), "{meta}");
    }
}

#[tokio::test]
async fn a_way_that_is_gone_is_looked_for_once_more() {
    let bench = super::bench(WooConfig {
        parcels: WooParcels::Tracking,
        ..config(vec![WooProduct::new("MUG", 9)])
    });
    bench.shop.buy("MUG", 1).unwrap();
    let connection = bench.open();
    assert!(
        connection
            .probe()
            .await
            .unwrap()
            .summary
            .contains("Shipment Tracking")
    );
    bench.shop.set_parcels(WooParcels::None);
    connection
        .fulfilment()
        .unwrap()
        .confirm(&parcel(&truth(&bench), 1, 1))
        .await
        .unwrap();
    assert_eq!(truth(&bench).notes.len(), 1);
}

#[tokio::test]
async fn an_order_is_called_off_once_and_not_when_it_has_left() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let id = bench.shop.buy("MUG", 3).unwrap();
    let mut notice = CancelNotice {
        channel_order_id: id.to_string(),
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    let connection = bench.open();
    let sink = connection.cancellations().unwrap();
    assert!(!sink.partial());
    sink.cancel(&notice).await.unwrap();
    sink.cancel(&notice).await.unwrap();
    assert_eq!(
        (truth(&bench).status.as_str(), bench.shop.shown("MUG")),
        ("cancelled", 9),
        "counted up once"
    );
    assert!(truth(&bench).refunds.is_empty(), "no money moves");
    let line = truth(&bench).lines[0].id.to_string();
    notice.lines.push(LineUnits {
        channel_line_id: line,
        quantity: 1,
    });
    assert_eq!(sink.cancel(&notice).await.unwrap_err().fault, Fault::Rejected);
    notice.lines.clear();
    bench.shop.set_status(id, "completed");
    assert_eq!(sink.cancel(&notice).await.unwrap_err().fault, Fault::Conflict);
}

fn refund(order: &WooOrder, minor: i64) -> RefundNotice {
    RefundNotice {
        channel_order_id: order.id.to_string(),
        amount: Money::from_minor(minor, Currency::parse("EUR").unwrap()),
        lines: vec![LineUnits {
            channel_line_id: order.lines[0].id.to_string(),
            quantity: 1,
        }],
        pay_out: false,
        note: Some("broken".into()),
        key: "rfd_1".into(),
    }
}

#[tokio::test]
async fn a_refund_is_made_once_and_pays_out_only_when_asked() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    bench.shop.buy("MUG", 3).unwrap();
    let connection = bench.open();
    let sink = connection.refunds().unwrap();
    let first = sink
        .refund(&refund(&truth(&bench), 1_000))
        .await
        .unwrap()
        .unwrap();
    let again = sink
        .refund(&refund(&truth(&bench), 1_000))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first, again);
    let there = truth(&bench);
    assert_eq!(
        (
            there.refunds.len(),
            there.refunds[0].paid_out,
            there.refunds[0].amount.as_str()
        ),
        (1, false, "10.00")
    );
    assert_eq!(
        bench.shop.shown("MUG"),
        7,
        "a unit that has not left is for sale again"
    );
    let paid = RefundNotice {
        pay_out: true,
        key: "rfd_2".into(),
        ..refund(&there, 500)
    };
    sink.refund(&paid).await.unwrap();
    assert!(truth(&bench).refunds[1].paid_out);
    let foreign = RefundNotice {
        amount: Money::from_minor(5, Currency::parse("USD").unwrap()),
        ..refund(&there, 1)
    };
    assert_eq!(sink.refund(&foreign).await.unwrap_err().fault, Fault::Rejected);
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_found_or_waited_for_and_never_made_twice() {
    for (fault, applied) in [(Bad::TimeoutAfter, true), (Bad::TimeoutBefore, false)] {
        let bench = selling(vec![WooProduct::new("MUG", 9)]);
        bench.shop.buy("MUG", 3).unwrap();
        let connection = bench.open();
        let sink = connection.refunds().unwrap();
        bench.shop.fail_next("POST /orders/{id}/refunds", fault, 1);
        let error = sink.refund(&refund(&truth(&bench), 1_000)).await.unwrap_err();
        assert_eq!(error.fault, Fault::Ambiguous);
        let second = sink.refund(&refund(&truth(&bench), 1_000)).await;
        if applied {
            assert!(second.unwrap().is_some(), "found");
        } else {
            let error = second.unwrap_err();
            assert_eq!(
                (error.fault, truth(&bench).refunds.len()),
                (Fault::Unavailable, 0),
                "it may be on its way"
            );
            assert!(
                error.message.contains("11 minutes") || error.message.contains("10 minutes"),
                "{error}"
            );
            bench.pass(601);
            assert!(
                sink.refund(&refund(&truth(&bench), 1_000))
                    .await
                    .unwrap()
                    .is_some()
            );
        }
        assert_eq!(truth(&bench).refunds.len(), 1, "{fault:?}");
    }
}
