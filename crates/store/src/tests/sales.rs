//! Orders of the hub's own channels, and parcels.

use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, PartiallyShipped, Shipped};
use stockbridge_domain::stock::Balance;
use stockbridge_domain::{AccountId, OrderId, OrderLineId, ProductId};
use tokio::task::JoinSet;

use super::shop::order;
use super::*;
use crate::columns::Columns as _;
use crate::{
    CancelError, ImportOutcome, NewCancellation, OwnLine, OwnOrder, ParcelError, Shipped as Parcel, Shortage,
    StoreError,
};

pub(super) fn balance(on_hand: i64, reserved: i64) -> Balance {
    Balance { on_hand, reserved }
}

pub(super) fn own_line(product: ProductId, name: &str, quantity: i64) -> OwnLine {
    OwnLine {
        product,
        sku: sku(name),
        title: name.to_owned(),
        quantity,
        total: Some(eur(quantity * 500)),
    }
}

pub(super) async fn buy(tenant: &Tenant, account: AccountId, reference: &str, lines: &[OwnLine]) -> OwnOrder {
    let mut tx = tenant.begin().await.unwrap();
    let account = World::connected(account);
    let order = tx
        .create_own_order(&account, reference, lines, "{}".to_owned())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    order
}

pub(super) fn created(order: &OwnOrder) -> OrderId {
    match order {
        OwnOrder::Created(id, _) => *id,
        other => panic!("not created: {other:?}"),
    }
}

/// Units of an order to be called off, or all of it.
pub(super) fn whole(order: OrderId, lines: &[(OrderLineId, i64)]) -> NewCancellation {
    NewCancellation {
        order,
        lines: lines.to_vec(),
        reason: CancelReason::Customer,
        note: Some("changed their mind".to_owned()),
        actor: "test".to_owned(),
    }
}

impl World {
    pub(super) async fn cancel(
        &self,
        order: OrderId,
        lines: &[(OrderLineId, i64)],
    ) -> Result<ImportOutcome, CancelError> {
        let mut tx = self.ours.begin().await.unwrap();
        let outcome = tx.cancel_own(&whole(order, lines)).await?;
        tx.commit().await.unwrap();
        Ok(outcome)
    }

    pub(super) async fn ship(
        &self,
        order: OrderId,
        lines: &[(OrderLineId, i64)],
        own: bool,
    ) -> Result<Parcel, ParcelError> {
        let mut tx = self.ours.begin().await.unwrap();
        let parcel = tx.ship_lines(order, lines, own).await.unwrap();
        tx.commit().await.unwrap();
        parcel
    }

    pub(super) async fn lines_of(&self, order: OrderId) -> Vec<OrderLineId> {
        let sql =
            "SELECT id FROM order_lines WHERE tenant_id = $1 AND order_id = $2 ORDER BY channel_line_id";
        let mut tx = self.ours.read().await.unwrap();
        let rows = tx.query(sql, &[self.ours.key(), order.into()]).await.unwrap();
        rows.iter().map(|row| row.parsed(0).unwrap()).collect()
    }

    pub(super) async fn status_of(&self, order: OrderId) -> String {
        let sql = "SELECT status FROM orders WHERE tenant_id = $1 AND id = $2";
        let mut tx = self.ours.read().await.unwrap();
        tx.query_one(sql, &[self.ours.key(), order.into()])
            .await
            .unwrap()
            .string(0)
            .unwrap()
    }
}

#[tokio::test]
async fn only_units_no_channel_can_sell_are_sold_in_the_own_store() {
    for world in worlds().await {
        let (own, one) = (world.account("own").await, world.account("one").await);
        let (a, b) = (world.counted("A", 10).await, world.counted("B", 1).await);
        world.listing(one, "A-TWO", Some(a), 2, Some(3)).await;
        let lines = [own_line(a, "A", 3), own_line(a, "A", 2), own_line(b, "B", 1)];
        match buy(&world.ours, own, "1", &lines).await {
            OwnOrder::Short(short) => assert_eq!(
                short,
                [Shortage {
                    sku: sku("A"),
                    wanted: 5,
                    left: 4
                }],
                "{}",
                world.label
            ),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.rows("orders").await, 0);
        assert_eq!(world.balance(b).await, balance(1, 0));
        let order = created(&buy(&world.ours, own, "1", &lines[1..]).await);
        assert_eq!(world.balance(a).await, balance(10, 2));
        assert_eq!(world.balance(b).await, balance(1, 1));
        assert!(
            matches!(buy(&world.ours, own, "1", &lines[..1]).await, OwnOrder::Known(id) if id == order),
            "the same reference is the same order"
        );
        let negative = [own_line(a, "A", 9), own_line(a, "A", -8)];
        assert!(matches!(
            buy(&world.ours, own, "2", &negative).await,
            OwnOrder::Short(_)
        ));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn an_own_line_takes_what_its_sku_stands_for() {
    for world in worlds().await {
        let own = world.account("own").await;
        let (a, b) = (world.counted("A", 10).await, world.counted("B", 10).await);
        let pack = world.listing(own, "A-SIX", Some(a), 6, None).await;
        let order = buy(&world.ours, own, "1", &[own_line(a, "A-SIX", 1)]).await;
        created(&order);
        assert_eq!(world.balance(a).await, balance(10, 6), "{}", world.label);
        match buy(&world.ours, own, "2", &[own_line(a, "A-SIX", 1)]).await {
            OwnOrder::Short(short) => assert_eq!((short[0].wanted, short[0].left), (6, 4)),
            other => panic!("{other:?}"),
        }
        for (product, name) in [(b, "A"), (a, "NOBODY'S")] {
            let refused = buy(&world.ours, own, "3", &[own_line(product, name, 1)]).await;
            assert!(matches!(refused, OwnOrder::Short(_)), "{refused:?}");
        }
        assert_eq!(world.offer(pack).await.exposure, 0);
        world.books_agree().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_who_want_the_last_unit_one_gets_it() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 1).await;
        let mut buyers = JoinSet::new();
        for n in 0..8 {
            let tenant = world.ours.clone();
            buyers.spawn(async move { buy(&tenant, own, &n.to_string(), &[own_line(a, "A", 1)]).await });
        }
        let orders = buyers.join_all().await;
        let won = orders
            .iter()
            .filter(|o| matches!(o, OwnOrder::Created(..)))
            .count();
        let short = orders.iter().filter(|o| matches!(o, OwnOrder::Short(_))).count();
        assert_eq!((won, short), (1, 7), "{}", world.label);
        assert_eq!(world.balance(a).await, balance(1, 1));
        world.books_agree().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_reference_is_one_order_however_often_it_is_sent_at_once() {
    for world in worlds().await {
        let own = world.account("own").await;
        let (a, b) = (world.counted("A", 1).await, world.counted("B", 1).await);
        let mut requests = JoinSet::new();
        for n in 0..8 {
            let tenant = world.ours.clone();
            let line = if n % 2 == 0 {
                own_line(a, "A", 1)
            } else {
                own_line(b, "B", 1)
            };
            requests.spawn(async move { buy(&tenant, own, "same", &[line]).await });
        }
        let orders = requests.join_all().await;
        let known = orders.iter().filter(|o| matches!(o, OwnOrder::Known(_))).count();
        assert_eq!(known, 7, "{}: {orders:?}", world.label);
        assert_eq!(world.rows("orders").await, 1);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn an_own_order_moves_on_with_its_parcels() {
    for world in worlds().await {
        let own = world.account("own").await;
        let (a, b) = (world.counted("A", 10).await, world.counted("B", 10).await);
        let lines = [own_line(a, "A", 3), own_line(b, "B", 2)];
        let order = created(&buy(&world.ours, own, "1", &lines).await);
        let ids = world.lines_of(order).await;
        let parcel = world.ship(order, &[(ids[0], 1)], true).await.unwrap();
        assert_eq!((parcel.parcel, parcel.lines.len()), (1, 1));
        assert_eq!(world.balance(a).await, balance(9, 2), "{}", world.label);
        assert_eq!(world.status_of(order).await, PartiallyShipped.name());
        // Within the same tick of the clock.
        world.ship(order, &[(ids[0], 1)], true).await.unwrap();
        let refused = world.ship(order, &[(ids[0], 2)], true).await.unwrap_err();
        assert_eq!(
            refused,
            ParcelError::TooMany {
                line: ids[0],
                asked: 2,
                left: 1
            }
        );
        assert_eq!(
            world
                .ship(order, &[(ids[0], 1), (ids[0], 1)], true)
                .await
                .unwrap_err(),
            ParcelError::TooMany {
                line: ids[0],
                asked: 2,
                left: 1
            },
            "a line named twice is added up"
        );
        let foreign: OrderLineId = world.store.env().id();
        assert_eq!(
            world.ship(order, &[(foreign, 1)], true).await.unwrap_err(),
            ParcelError::NoLine(foreign)
        );
        assert_eq!(world.balance(a).await, balance(8, 1));
        let rest = world.ship(order, &[], true).await.unwrap();
        assert_eq!(rest.lines.iter().map(|l| l.2).collect::<Vec<_>>().len(), 2);
        assert_eq!(world.balance(a).await, balance(7, 0));
        assert_eq!(world.balance(b).await, balance(8, 0));
        assert_eq!(world.status_of(order).await, Shipped.name());
        assert_eq!(
            world.ship(order, &[], true).await.unwrap_err(),
            ParcelError::NotNow(Shipped)
        );
        let late = world.cancel(order, &[]).await.unwrap_err();
        assert!(matches!(late, CancelError::NotNow(Shipped)), "{late}");
        world.books_agree().await;
    }
}

#[tokio::test]
async fn an_own_order_that_is_called_off_gives_back_what_is_left() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 10).await;
        let order = created(&buy(&world.ours, own, "1", &[own_line(a, "A", 5)]).await);
        let ids = world.lines_of(order).await;
        world.ship(order, &[(ids[0], 2)], true).await.unwrap();
        world.forget_marks().await;
        let done = world.cancel(order, &[]).await.unwrap();
        assert_eq!((done.changed, done.notices.len()), (1, 0), "{}", world.label);
        assert_eq!(world.balance(a).await, balance(8, 0));
        assert_eq!(world.status_of(order).await, Cancelled.name());
        assert_eq!(world.marks().await[0].0, a);
        let again = world.cancel(order, &[]).await.unwrap_err();
        assert!(matches!(again, CancelError::NotNow(Cancelled)), "once: {again}");
        assert_eq!(
            world.ship(order, &[], true).await.unwrap_err(),
            ParcelError::NotNow(Cancelled)
        );
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_parcel_of_a_remote_order_is_not_taken_twice() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 30).await;
        world.listing(one, "A-TWO", Some(a), 2, Some(9)).await;
        let snapshot = |status, n, shipped| order("1", status, n, &[("A-TWO", 5, shipped, 0)]);
        let imported = world.import(one, &[snapshot(Open, 20, 0)]).await;
        let id = imported.orders["1"];
        let ids = world.lines_of(id).await;
        world.ship(id, &[(ids[0], 2)], false).await.unwrap();
        assert_eq!(world.balance(a).await, balance(26, 6));
        assert_eq!(
            world.status_of(id).await,
            Open.name(),
            "{}: the channel's word decides",
            world.label
        );
        let refused = world.ship(id, &[(ids[0], 4)], false).await.unwrap_err();
        assert!(matches!(refused, ParcelError::TooMany { left: 3, .. }));
        for (n, status, shipped, expected) in [
            (21, Open, 0, balance(26, 6)),
            (22, PartiallyShipped, 1, balance(26, 6)),
            (23, PartiallyShipped, 2, balance(26, 6)),
            (24, PartiallyShipped, 3, balance(24, 4)),
            (25, Shipped, 5, balance(20, 0)),
        ] {
            world.import(one, &[snapshot(status, n, shipped)]).await;
            assert_eq!(world.balance(a).await, expected, "{} {n}", world.label);
            world.books_agree().await;
        }
    }
}

#[tokio::test]
async fn another_tenant_ships_and_cancels_nothing_of_ours() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 10).await;
        let order = created(&buy(&world.ours, own, "1", &[own_line(a, "A", 5)]).await);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(
            tx.ship_lines(order, &[], true).await.unwrap().unwrap_err(),
            ParcelError::NoOrder
        );
        let foreign = tx.cancel_own(&whole(order, &[])).await.unwrap_err();
        assert!(matches!(foreign, CancelError::NoOrder(_)), "{foreign}");
        let account = World::connected(own);
        let refused = tx
            .create_own_order(&account, "2", &[own_line(a, "A", 1)], "{}".into())
            .await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
        tx.commit().await.unwrap();
        assert_eq!(world.balance(a).await, balance(10, 5), "{}", world.label);
        assert_eq!(world.rows("orders").await, 1);
        world.books_agree().await;
    }
}
