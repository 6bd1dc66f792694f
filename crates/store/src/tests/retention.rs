//! What was said of orders is forgotten once they have ended for a while; the books stay.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn what_was_said_of_an_order_is_forgotten_when_it_has_ended() {
    for world in worlds().await {
        let (ours, system) = (&world.ours, world.store.system());
        world.products(&["A"]).await;
        let account = world.account("one").await;
        world.show(account, &[listing("A", 50)]).await;
        let mut ended = order("1", START, &[("A", 1)]);
        ended.status = Some(OrderStatus::Cancelled);
        for line in &mut ended.lines {
            line.cancelled = line.ordered;
        }
        let open = order("2", START, &[("A", 1)]);
        world.place(account, &[ended, open]).await;
        let kept = async || {
            let mut tx = ours.begin().await.unwrap();
            let sql =
                "SELECT channel_order_id, payload FROM orders WHERE tenant_id = $1 ORDER BY channel_order_id";
            let rows = tx.tx.query(sql, &[ours.key()]).await.unwrap();
            let has = |row: &crate::db::Row| !row.bytes(1).unwrap().is_empty();
            rows.iter().map(has).collect::<Vec<_>>()
        };
        let later = START.plus(Duration::from_secs(86_400));
        assert_eq!(system.forget_order_payloads(START, 10).await.unwrap(), 0);
        assert_eq!(kept().await, [true, true]);
        assert_eq!(system.forget_order_payloads(later, 10).await.unwrap(), 1);
        assert_eq!(system.forget_order_payloads(later, 10).await.unwrap(), 0);
        assert_eq!(
            kept().await,
            [false, true],
            "{}: an open order's is needed",
            world.label
        );
    }
}
