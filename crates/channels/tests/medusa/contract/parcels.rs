//! Parcels: shipped once, partly or wholly, and told again without harm.

use stockbridge_domain::channel::{Connection, Fault, ShipmentNotice, ShippedLine};
use stockbridge_domain::order::OrderStatus;

use crate::side::{Side, now};

pub fn notice(order: &str, parcel: u32, line: &str, quantity: i64, tracking: &str) -> ShipmentNotice {
    ShipmentNotice {
        channel_order_id: order.to_owned(),
        marketplace: None,
        parcel,
        carrier: "DHL".into(),
        method: Some("Parcel".into()),
        tracking: tracking.into(),
        shipped_at: now(),
        lines: vec![ShippedLine {
            channel_line_id: line.to_owned(),
            quantity,
        }],
    }
}

pub async fn line_of(connection: &dyn Connection, order: &str) -> String {
    let order = connection.orders().unwrap().get(order).await.unwrap();
    order.lines[0].channel_line_id.clone()
}

pub async fn shipped(side: &Side) {
    let connection = side.connect();
    let (source, sink) = (connection.orders().unwrap(), connection.fulfilment().unwrap());
    let id = side.buy("MUG-BLUE", 3).await;
    let line = line_of(&*connection, &id).await;
    for _ in 0..2 {
        sink.confirm(&notice(&id, 1, &line, 1, "JD-1")).await.unwrap();
        let order = source.get(&id).await.unwrap();
        assert_eq!(
            (order.status, order.lines[0].shipped),
            (Some(OrderStatus::PartiallyShipped), 1)
        );
        assert_eq!(order.channel_status, "pending, authorized, partially_shipped");
    }
    let other = sink.confirm(&notice(&id, 1, &line, 1, "JD-9")).await.unwrap_err();
    assert_eq!(other.fault, Fault::Rejected, "{other}");
    let more = sink.confirm(&notice(&id, 2, &line, 3, "JD-2")).await.unwrap_err();
    assert_eq!(more.fault, Fault::Rejected, "more than is open: {more}");
    for _ in 0..2 {
        sink.confirm(&notice(&id, 2, &line, 2, "JD-2")).await.unwrap();
    }
    let order = source.get(&id).await.unwrap();
    assert_eq!(
        (order.status, order.lines[0].shipped),
        (Some(OrderStatus::Shipped), 3)
    );
    let unknown = sink
        .confirm(&notice("order_nope", 1, &line, 1, "JD-3"))
        .await
        .unwrap_err();
    assert_eq!(unknown.fault, Fault::NotFound, "{unknown}");
}
