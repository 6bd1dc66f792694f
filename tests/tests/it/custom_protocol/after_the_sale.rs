//! Cancellations, refunds and returns, of systems that offer them.

use std::time::Duration;

use stockbridge_domain::Money;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Connection, Fault, LineUnits, RefundNotice, ReturnQuery, ReturnStatus,
};
use stockbridge_domain::order::OrderStatus;

use super::{Buyers, OtherSide, SECRET, now, parcel_of, shown};

/// What a system may do with orders after the sale, as far as it says so in `after_sales`.
pub(super) async fn keeps_the_contract(other: &OtherSide, buyers: &impl Buyers) {
    let connection = other.connect(SECRET);
    let began = now().minus(Duration::from_secs(5));
    called_off(&*connection, buyers).await;
    given_back(&*connection, &buyers.buy("BOWL", 2).await).await;
    let order = buyers.buy("BOWL", 1).await;
    let parcel = parcel_of(
        &order,
        &connection.orders().unwrap().get(&order).await.unwrap().lines[0],
    );
    connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
    buyers.send_back(&order).await;
    let query = ReturnQuery {
        since: began,
        cursor: None,
    };
    let page = connection.returns().unwrap().page(&query).await.unwrap();
    assert_eq!(
        (page.returns.len(), page.unreadable.len(), page.next),
        (1, 0, None)
    );
    let back = &page.returns[0];
    assert!(page.complete_until.unwrap() >= back.updated_at);
    assert_eq!(
        (
            back.channel_order_id.as_str(),
            back.status,
            back.lines[0].quantity
        ),
        (order.as_str(), Some(ReturnStatus::Requested), 1)
    );
    assert_eq!(back.lines[0].channel_line_id.as_deref(), Some("1"));
}

/// One unit, then the rest; each once, however often it is sent.
async fn called_off(connection: &dyn Connection, buyers: &impl Buyers) {
    let before = shown(connection, "MUG-RED").await;
    let order = buyers.buy("MUG-RED", 3).await;
    let sink = connection.cancellations().unwrap();
    let mut notice = CancelNotice {
        channel_order_id: order.clone(),
        lines: vec![LineUnits {
            channel_line_id: "1".into(),
            quantity: 1,
        }],
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can-1".into(),
    };
    for _ in 0..2 {
        sink.cancel(&notice).await.unwrap();
    }
    let read = connection.orders().unwrap().get(&order).await.unwrap();
    assert_eq!(
        (read.status, read.lines[0].cancelled),
        (Some(OrderStatus::Open), 1)
    );
    notice.lines.clear();
    notice.key = "can-2".into();
    for _ in 0..2 {
        sink.cancel(&notice).await.unwrap();
    }
    let read = connection.orders().unwrap().get(&order).await.unwrap();
    assert_eq!(
        (read.status, read.lines[0].cancelled),
        (Some(OrderStatus::Cancelled), 3)
    );
    assert_eq!(
        shown(connection, "MUG-RED").await,
        before,
        "they are for sale again"
    );
    notice.key = "can-3".into();
    assert_eq!(sink.cancel(&notice).await.unwrap_err().fault, Fault::Rejected);
}

/// Once for a key, and never more than was paid.
async fn given_back(connection: &dyn Connection, order: &str) {
    let sink = connection.refunds().unwrap();
    let total = connection
        .orders()
        .unwrap()
        .get(order)
        .await
        .unwrap()
        .total
        .unwrap();
    let mut notice = RefundNotice {
        channel_order_id: order.to_owned(),
        amount: Money::from_minor(total.minor() - 100, total.currency()),
        lines: Vec::new(),
        pay_out: false,
        note: Some("broken".into()),
        key: "ref-1".into(),
    };
    let first = sink.refund(&notice).await.unwrap();
    assert!(first.is_some());
    assert_eq!(
        sink.refund(&notice).await.unwrap(),
        first,
        "the same refund is made once"
    );
    notice.key = "ref-2".into();
    assert_eq!(sink.refund(&notice).await.unwrap_err().fault, Fault::Rejected);
    notice.amount = Money::from_minor(100, total.currency());
    let second = sink.refund(&notice).await.unwrap();
    assert!(second.is_some() && second != first);
}
