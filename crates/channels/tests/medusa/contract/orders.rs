//! Orders: read by change and by placing, one by one, and what a payment does to them.

use std::time::Duration;

use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Fault, OrderQuery, OrderSnapshot, OrderTime};
use stockbridge_domain::order::OrderStatus;

use crate::side::{Side, now};

async fn all(side: &Side, since: Timestamp, by: OrderTime) -> Vec<OrderSnapshot> {
    let connection = side.connect();
    let mut query = OrderQuery {
        since,
        by,
        cursor: None,
    };
    let mut orders = Vec::new();
    loop {
        let page = connection.orders().unwrap().page(&query).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        let until = page.complete_until.unwrap();
        assert!(until < now().plus(Duration::from_secs(5)), "{until}");
        orders.extend(page.orders);
        query.cursor = page.next;
        if query.cursor.is_none() {
            return orders;
        }
    }
}

pub async fn read(side: &Side) {
    let connection = side.connect();
    let source = connection.orders().unwrap();
    let before = now().minus(Duration::from_secs(5));
    let id = side.buy("MUG-BLUE", 2).await;
    for by in [OrderTime::Updated, OrderTime::Placed] {
        let orders = all(side, before, by).await;
        let order = orders.iter().find(|order| order.channel_order_id == id).unwrap();
        assert_eq!(order.status, Some(OrderStatus::Open), "{order:?}");
        assert_eq!(order.channel_status, "pending, authorized, not_fulfilled");
        assert!(order.oddities.is_empty(), "{:?}", order.oddities);
        let line = &order.lines[0];
        assert_eq!((line.ordered, line.shipped, line.cancelled), (2, 0, 0));
        assert_eq!(line.sku.as_ref().map(|sku| sku.as_str()), Some("MUG-BLUE"));
        assert_eq!(line.total.unwrap().amount(), "29.75", "two at 12.50 and 19 % tax");
        assert!(order.total.is_some());
    }
    let later = all(side, now().plus(Duration::from_secs(60)), OrderTime::Updated).await;
    assert!(later.is_empty(), "{later:?}");
    let one = source.get(&id).await.unwrap();
    assert_eq!(one.channel_order_id, id);

    side.capture(&id).await;
    let paid = source.get(&id).await.unwrap();
    assert_eq!(paid.channel_status, "pending, captured, not_fulfilled");
    assert!(
        paid.updated_at >= one.updated_at,
        "a payment makes an order no older"
    );
    for unknown in ["order_nope", "a/b?c", "..", "."] {
        let error = source.get(unknown).await.unwrap_err();
        assert_eq!(error.fault, Fault::NotFound, "{unknown}: {error}");
    }
}
