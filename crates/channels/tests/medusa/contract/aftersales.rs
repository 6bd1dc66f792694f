//! Calling off, money back, goods back.

use std::time::Duration;

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Fault, LineUnits, RefundNotice, ReturnQuery, ReturnStatus,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Currency, Money};

use super::parcels::{line_of, notice};
use crate::side::{Side, now};

pub async fn cancelled(side: &Side) {
    let connection = side.connect();
    let sink = connection.cancellations().unwrap();
    let id = side.buy("MUG-RED", 1).await;
    let mut cancel = CancelNotice {
        channel_order_id: id.clone(),
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    for _ in 0..2 {
        sink.cancel(&cancel).await.unwrap();
    }
    let order = connection.orders().unwrap().get(&id).await.unwrap();
    assert_eq!(
        (order.status, order.lines[0].cancelled),
        (Some(OrderStatus::Cancelled), 1)
    );
    cancel.lines.push(LineUnits {
        channel_line_id: order.lines[0].channel_line_id.clone(),
        quantity: 1,
    });
    assert_eq!(
        sink.cancel(&cancel).await.unwrap_err().fault,
        Fault::Rejected,
        "only whole orders"
    );
    cancel.lines.clear();
    cancel.channel_order_id = side.buy("MUG-RED", 1).await;
    let line = line_of(&*connection, &cancel.channel_order_id).await;
    let parcel = notice(&cancel.channel_order_id, 1, &line, 1, "JD-7");
    connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
    assert_eq!(
        sink.cancel(&cancel).await.unwrap_err().fault,
        Fault::Rejected,
        "it is on its way"
    );
}

pub async fn refunded(side: &Side) {
    let connection = side.connect();
    let sink = connection.refunds().unwrap();
    let id = side.buy("MUG-BLUE", 1).await;
    let mut refund = RefundNotice {
        channel_order_id: id.clone(),
        amount: Money::from_decimal("5.25", Currency::parse("EUR").unwrap()).unwrap(),
        lines: Vec::new(),
        pay_out: true,
        note: Some("a scratch".into()),
        key: "rfd_1".into(),
    };
    let uncaptured = sink.refund(&refund).await.unwrap_err();
    assert_eq!(uncaptured.fault, Fault::Rejected, "{uncaptured}");
    side.capture(&id).await;
    let first = sink.refund(&refund).await.unwrap();
    assert!(first.is_some());
    assert_eq!(
        sink.refund(&refund).await.unwrap(),
        first,
        "the same key, the same refund"
    );
    refund.key = "rfd_2".into();
    assert_ne!(sink.refund(&refund).await.unwrap(), first);
    refund.key = "rfd_3".into();
    refund.amount = Money::from_decimal("500", Currency::parse("EUR").unwrap()).unwrap();
    assert_eq!(sink.refund(&refund).await.unwrap_err().fault, Fault::Rejected);
    refund.pay_out = false;
    assert_eq!(sink.refund(&refund).await.unwrap_err().fault, Fault::Rejected);
    let order = connection.orders().unwrap().get(&id).await.unwrap();
    assert_eq!(order.channel_status, "pending, partially_refunded, not_fulfilled");
    assert_eq!(order.status, Some(OrderStatus::Open));
}

pub async fn returned(side: &Side) {
    let connection = side.connect();
    let since = now().minus(Duration::from_secs(5));
    let id = side.buy("MUG-BLUE", 2).await;
    let line = line_of(&*connection, &id).await;
    let parcel = notice(&id, 1, &line, 2, "JD-8");
    connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
    side.send_back(&id, &line).await;
    let query = ReturnQuery { since, cursor: None };
    let page = connection.returns().unwrap().page(&query).await.unwrap();
    assert!(
        page.unreadable.is_empty() && page.complete_until.is_some(),
        "{page:?}"
    );
    let one = page
        .returns
        .iter()
        .find(|one| one.channel_order_id == id)
        .unwrap();
    assert_eq!(
        (one.status, one.channel_status.as_str()),
        (Some(ReturnStatus::Open), "requested")
    );
    assert_eq!(
        (one.lines[0].quantity, one.lines[0].sku.as_deref()),
        (1, Some("MUG-BLUE"))
    );
    assert_eq!(one.lines[0].channel_line_id.as_deref(), Some(line.as_str()));
    let order = connection.orders().unwrap().get(&id).await.unwrap();
    assert_eq!(order.status, Some(OrderStatus::Shipped), "{order:?}");
}
