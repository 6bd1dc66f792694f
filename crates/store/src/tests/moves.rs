//! What moves without a channel: transfers, deliveries, counts, returns, and own orders that are not paid.

use std::collections::BTreeSet;

use stockbridge_domain::moves::{Condition, CountStatus, TransferStatus};
use stockbridge_domain::order::OrderStatus::{Open, Shipped};
use stockbridge_domain::{CountId, LocationId, OrderId, OrderLineId, ProductId, TransferId};

use super::sales::{buy, own_line};
use super::shop::order;
use super::*;
use crate::{
    Arrival, CountError, Counted, Delivery, EntryError, NewReturn, NewTransfer, Notice, OwnOrder, Payment,
    ReturnError, ReturnedLine, TransferError, TransferLine, TransferRecord,
};

/// Runs one step of ours as a transaction that commits when it was taken.
macro_rules! step {
    ($world:expr, |$tx:ident| $step:expr) => {{
        let mut $tx = $world.ours.begin().await.unwrap();
        let done = $step.await;
        if done.is_ok() {
            $tx.commit().await.unwrap();
        }
        done
    }};
}
pub(super) use step;

fn arrival(product: ProductId, received: i64, lost: i64) -> Arrival {
    Arrival {
        product,
        received,
        lost,
    }
}

impl World {
    async fn main(&self) -> LocationId {
        self.ours.default_location().await.unwrap().unwrap()
    }

    async fn noted(&self, reference: &str, to: LocationId, lines: &[(ProductId, i64)]) -> TransferRecord {
        let new = NewTransfer {
            reference: reference.to_owned(),
            from: self.main().await,
            to,
            lines: lines.to_vec(),
            note: None,
            actor: "test".to_owned(),
        };
        step!(self, |tx| tx.create_transfer(&new)).unwrap()
    }
}

#[tokio::test]
async fn goods_in_transit_are_nobodys_to_sell() {
    for world in worlds().await {
        let (main, shop) = (world.main().await, world.location("Shop", true, 1).await);
        let a = world.counted("A", 10).await;
        let made = world.noted("T1", shop, &[(a, 4)]).await;
        assert_eq!(made.status, TransferStatus::Draft, "{}", world.label);
        assert_eq!(
            world.noted("T1", shop, &[(a, 9)]).await,
            made,
            "the same reference is the same transfer"
        );
        assert_eq!(world.stock("A").await.available, 10);
        for _ in 0..2 {
            let sent = step!(world, |tx| tx.send_transfer(made.id, "test")).unwrap();
            assert_eq!(sent.status, TransferStatus::InTransit);
        }
        let stock = world.stock("A").await;
        assert_eq!((stock.on_hand, stock.available, stock.incoming), (6, 6, 4));
        assert_eq!(world.at("A", main).await.0, 6);
        for _ in 0..2 {
            let part = [arrival(a, 1, 1)];
            let part = step!(world, |tx| tx.receive_transfer(made.id, "van 1", &part, "test")).unwrap();
            let line = TransferLine {
                product: a,
                sku: sku("A"),
                units: 4,
                received: 1,
                lost: 1,
            };
            assert_eq!(part.lines, [line], "the same receipt counts once");
        }
        let stock = world.stock("A").await;
        assert_eq!((stock.available, stock.incoming), (7, 2));
        let many = step!(world, |tx| tx.receive_transfer(
            made.id,
            "van 2",
            &[arrival(a, 3, 0)],
            "test"
        ));
        assert!(matches!(
            many,
            Err(TransferError::TooMany {
                asked: 3,
                open: 2,
                ..
            })
        ));
        let over = step!(world, |tx| tx.receive_transfer(made.id, "van 2", &[], "test")).unwrap();
        assert_eq!(over.status, TransferStatus::Received);
        assert!(over.closed_at.is_some());
        let stock = world.stock("A").await;
        assert_eq!((stock.on_hand, stock.available, stock.incoming), (9, 9, 0));
        assert_eq!(world.at("A", shop).await, (3, 0, 3));
        let first = PageQuery::default();
        let page = world.ours.transfers(Some(TransferStatus::Received), &first).await;
        assert_eq!(page.unwrap().items, std::slice::from_ref(&over));
        assert_eq!(world.ours.transfer(made.id).await.unwrap(), Some(over));
        assert_eq!(world.theirs.transfer(made.id).await.unwrap(), None);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_transfer_takes_only_what_is_free_and_is_called_off_only_before() {
    for world in worlds().await {
        let account = world.account("in").await;
        let shop = world.location("Shop", true, 1).await;
        let a = world.counted("A", 5).await;
        world
            .import(account, &[order("1", Open, 20, &[("A", 3, 0, 0)])])
            .await;
        let made = world.noted("T1", shop, &[(a, 2), (a, 1)]).await;
        let short = step!(world, |tx| tx.send_transfer(made.id, "test"));
        assert!(
            matches!(
                short,
                Err(TransferError::Short {
                    wanted: 3,
                    free: 2,
                    ..
                })
            ),
            "{}: {short:?}",
            world.label
        );
        let early = step!(world, |tx| tx.receive_transfer(made.id, "r", &[], "test"));
        assert!(matches!(
            early,
            Err(TransferError::NotNow(TransferStatus::Draft, _))
        ));
        for _ in 0..2 {
            let off = step!(world, |tx| tx.cancel_transfer(made.id)).unwrap();
            assert_eq!(off.status, TransferStatus::Cancelled);
        }
        let late = step!(world, |tx| tx.send_transfer(made.id, "test"));
        assert!(matches!(
            late,
            Err(TransferError::NotNow(TransferStatus::Cancelled, _))
        ));
        let good = world.noted("T2", shop, &[(a, 1)]).await;
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(matches!(
            tx.send_transfer(good.id, "x").await,
            Err(TransferError::NotFound(_))
        ));
        drop(tx);
        step!(world, |tx| tx.send_transfer(good.id, "test")).unwrap();
        assert!(matches!(
            step!(world, |tx| tx.cancel_transfer(good.id)),
            Err(TransferError::NotNow(TransferStatus::InTransit, _))
        ));
        let nothing: TransferId = world.store.env().id();
        assert!(matches!(
            step!(world, |tx| tx.cancel_transfer(nothing)),
            Err(TransferError::NotFound(_))
        ));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_delivery_is_entered_once() {
    for world in worlds().await {
        let shop = world.location("Shop", true, 1).await;
        let ids: Vec<ProductId> = world.products(&["A", "B"]).await.iter().map(|p| p.id).collect();
        let delivery = |lines: &[(ProductId, i64)]| Delivery {
            reference: "D-7".to_owned(),
            location: Some(shop),
            lines: lines.to_vec(),
            note: Some("pallet".to_owned()),
            actor: "test".to_owned(),
        };
        let first = step!(world, |tx| tx
            .receive_goods(&delivery(&[(ids[0], 4), (ids[0], 2)])))
        .unwrap();
        assert_eq!((first.len(), first[0].after.on_hand), (1, 6), "{}", world.label);
        let again = step!(world, |tx| tx
            .receive_goods(&delivery(&[(ids[0], 4), (ids[1], 3)])))
        .unwrap();
        assert_eq!(again[0], first[0], "what was entered before is answered");
        assert_eq!(world.stock("A").await.available, 6);
        assert_eq!(world.stock("B").await.available, 3);
        let mut elsewhere = delivery(&[(ids[0], 1)]);
        elsewhere.location = Some(world.store.env().id());
        elsewhere.reference = "D-8".into();
        assert!(matches!(
            step!(world, |tx| tx.receive_goods(&elsewhere)),
            Err(EntryError::NoLocation(_))
        ));
        let mut tx = world.theirs.begin().await.unwrap();
        let mut foreign = delivery(&[(ids[0], 1)]);
        foreign.location = None;
        assert!(matches!(
            tx.receive_goods(&foreign).await,
            Err(EntryError::NoProduct(_))
        ));
        drop(tx);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_count_posts_what_is_missing_but_not_what_was_shipped_meanwhile() {
    for world in worlds().await {
        let account = world.account("in").await;
        let main = world.main().await;
        let (a, b, c) = (
            world.counted("A", 10).await,
            world.counted("B", 5).await,
            world.counted("C", 1).await,
        );
        let begun = step!(world, |tx| tx.open_count("INV-1", main, None, None, "test")).unwrap();
        let again = step!(world, |tx| tx.open_count("INV-1", main, None, None, "test")).unwrap();
        assert_eq!((again.id, begun.lines.len()), (begun.id, 3), "{}", world.label);
        let counted_at = world.later(Duration::from_secs(60));
        world.later(Duration::from_secs(60));
        world
            .import(account, &[order("1", Shipped, 200, &[("A", 3, 3, 0)])])
            .await;
        let number = |product, units, at| Counted { product, units, at };
        let numbers = [number(a, 9, Some(counted_at)), number(c, 4, None)];
        let noted = step!(world, |tx| tx.enter_count(begun.id, &numbers)).unwrap();
        assert_eq!(noted.lines[0].expected, 10);
        let d = world.products(&["D"]).await[0].id;
        step!(world, |tx| tx.enter_count(begun.id, &[number(d, 2, None)])).unwrap();
        for at in [START.minus(Duration::from_secs(1)), at_end()] {
            let wrong = step!(world, |tx| tx.enter_count(begun.id, &[number(a, 9, Some(at))]));
            assert!(matches!(wrong, Err(CountError::BadTime)), "{wrong:?}");
        }
        world.forget_marks().await;
        for _ in 0..2 {
            let (posted, _) = step!(world, |tx| tx.post_count(begun.id, "test")).unwrap();
            assert_eq!(posted.status, CountStatus::Posted);
            let found: Vec<_> = posted.lines.iter().map(|l| l.difference).collect();
            assert_eq!(found, [Some(-1), None, Some(3), Some(2)], "B was not counted");
        }
        for (name, units) in [("A", 6), ("B", 5), ("C", 4), ("D", 2)] {
            assert_eq!(world.stock(name).await.on_hand, units, "{name}");
        }
        assert_eq!(world.balance(b).await.on_hand, 5);
        assert_eq!(world.marks().await.len(), 3);
        let late = step!(world, |tx| tx.enter_count(begun.id, &[number(a, 1, None)]));
        assert!(matches!(late, Err(CountError::Over(CountStatus::Posted))));
        let listed = world
            .ours
            .stock_counts(None, &PageQuery::default())
            .await
            .unwrap();
        assert_eq!(listed.items.len(), 1);
        let found = world.ours.stock_count(begun.id).await.unwrap().unwrap();
        assert_eq!(found.lines.len(), 4);
        assert_eq!(world.theirs.stock_count(begun.id).await.unwrap(), None);
        world.books_agree().await;
    }
}

/// Long after every case is over.
fn at_end() -> Timestamp {
    START.plus(Duration::from_secs(10_000_000))
}

#[tokio::test]
async fn a_count_may_find_less_than_nothing_and_says_so() {
    for world in worlds().await {
        let account = world.account("in").await;
        let main = world.main().await;
        let a = world.counted("A", 5).await;
        let only = BTreeSet::from([a]);
        let begun = step!(world, |tx| tx.open_count("INV", main, Some(&only), None, "test")).unwrap();
        let counted_at = world.later(Duration::from_secs(9));
        world.later(Duration::from_secs(9));
        world
            .import(account, &[order("1", Shipped, 200, &[("A", 4, 4, 0)])])
            .await;
        let number = Counted {
            product: a,
            units: 3,
            at: Some(counted_at),
        };
        step!(world, |tx| tx.enter_count(begun.id, &[number])).unwrap();
        let (_, notices) = step!(world, |tx| tx.post_count(begun.id, "test")).unwrap();
        assert!(
            matches!(&notices[..], [Notice::BelowZero(below)] if below.on_hand == -1),
            "{}: {notices:?}",
            world.label
        );
        let other = step!(world, |tx| tx.open_count(
            "INV-2",
            main,
            Some(&only),
            None,
            "test"
        ))
        .unwrap();
        for _ in 0..2 {
            let off = step!(world, |tx| tx.cancel_count(other.id)).unwrap();
            assert_eq!(off.status, CountStatus::Cancelled);
        }
        assert!(matches!(
            step!(world, |tx| tx.post_count(other.id, "test")),
            Err(CountError::Over(CountStatus::Cancelled))
        ));
        let nothing: CountId = world.store.env().id();
        assert!(matches!(
            step!(world, |tx| tx.cancel_count(nothing)),
            Err(CountError::NotFound(_))
        ));
    }
}

fn back(order: OrderId, reference: &str, lines: &[ReturnedLine]) -> NewReturn {
    NewReturn {
        order,
        reference: reference.to_owned(),
        lines: lines.to_vec(),
        note: None,
        actor: "test".to_owned(),
    }
}

#[tokio::test]
async fn returns_are_sold_again_or_written_off() {
    for world in worlds().await {
        let account = world.account("in").await;
        let repairs = world.location("Repairs", false, 9).await;
        let a = world.counted("A", 10).await;
        world.listing(account, "A-TWO", Some(a), 2, Some(3)).await;
        let page = [order("1", Shipped, 20, &[("A-TWO", 3, 3, 0)])];
        world.import(account, &page).await;
        assert_eq!(world.stock("A").await.on_hand, 4, "{}", world.label);
        let sql = "SELECT id, order_id FROM order_lines WHERE tenant_id = $1";
        let (line, of): (OrderLineId, OrderId) = {
            use crate::columns::Columns as _;
            let mut tx = world.ours.read().await.unwrap();
            let row = tx.query_one(sql, &[world.ours.key()]).await.unwrap();
            (row.parsed(0).unwrap(), row.parsed(1).unwrap())
        };
        let part = |units, condition, location| ReturnedLine {
            line,
            units,
            condition,
            location,
        };
        let sellable = back(of, "R1", &[part(1, Condition::Sellable, None)]);
        let first = step!(world, |tx| tx.return_goods(&sellable)).unwrap();
        let again = step!(world, |tx| tx.return_goods(&sellable)).unwrap();
        assert_eq!((first.len(), &again), (1, &first), "the same return counts once");
        assert_eq!(world.stock("A").await.available, 6, "two units of it are back");
        let offered = back(of, "R2", &[part(1, Condition::Damaged, Some(world.main().await))]);
        assert!(matches!(
            step!(world, |tx| tx.return_goods(&offered)),
            Err(ReturnError::Offered)
        ));
        let kept = back(of, "R2", &[part(1, Condition::Damaged, Some(repairs))]);
        let kept = step!(world, |tx| tx.return_goods(&kept)).unwrap();
        assert_eq!(kept[0].location, Some(repairs));
        let stock = world.stock("A").await;
        assert_eq!((stock.on_hand, stock.withheld, stock.available), (8, 2, 6));
        let many = back(of, "R3", &[part(2, Condition::Damaged, None)]);
        assert!(matches!(
            step!(world, |tx| tx.return_goods(&many)),
            Err(ReturnError::TooMany {
                asked: 2,
                left: 1,
                ..
            })
        ));
        let gone = back(of, "R3", &[part(1, Condition::Damaged, None)]);
        let gone = step!(world, |tx| tx.return_goods(&gone)).unwrap();
        assert_eq!(gone[0].location, None);
        assert_eq!(world.stock("A").await.on_hand, 8, "written off");
        let listed = world.ours.returns(Some(of), &PageQuery::default()).await.unwrap();
        assert_eq!(listed.items.len(), 3);
        let foreign = world.theirs.returns(None, &PageQuery::default()).await.unwrap();
        assert!(foreign.items.is_empty());
        let nobody: OrderId = world.store.env().id();
        assert!(matches!(
            step!(world, |tx| tx.return_goods(&back(nobody, "R4", &[]))),
            Err(ReturnError::NoOrder(_))
        ));
        world.books_agree().await;
    }
}

impl World {
    async fn unpaid(&self, account: AccountId, reference: &str, product: ProductId) -> OrderId {
        let mut tx = self.ours.begin().await.unwrap();
        let pay_by = self.store.env().now().plus(Duration::from_secs(60));
        let lines = [own_line(product, "A", 2)];
        let order = tx
            .create_unpaid_order(
                &Self::connected(account),
                reference,
                &lines,
                "{}".to_owned(),
                pay_by,
            )
            .await
            .unwrap();
        tx.commit().await.unwrap();
        match order {
            OwnOrder::Created(id, _) => id,
            other => panic!("not created: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_unpaid_order_reserves_until_its_time_is_over_and_a_paid_one_for_good() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 4).await;
        let (late, paid) = (world.unpaid(own, "1", a).await, world.unpaid(own, "2", a).await);
        assert_eq!(world.balance(a).await.available(), 0, "{}", world.label);
        assert!(matches!(
            buy(&world.ours, own, "3", &[own_line(a, "A", 1)]).await,
            OwnOrder::Short(_)
        ));
        assert!(
            step!(world, |tx| tx.expire_order(late)).unwrap().is_none(),
            "it has time"
        );
        assert!(matches!(
            step!(world, |tx| tx.pay_order(paid)),
            Ok(Payment::Taken(_))
        ));
        assert!(matches!(
            step!(world, |tx| tx.pay_order(paid)),
            Ok(Payment::Before)
        ));
        world.later(Duration::from_secs(61));
        assert!(
            step!(world, |tx| tx.expire_order(paid)).unwrap().is_none(),
            "paid is paid"
        );
        assert!(step!(world, |tx| tx.expire_order(late)).unwrap().is_some());
        assert!(
            step!(world, |tx| tx.expire_order(late)).unwrap().is_none(),
            "once"
        );
        assert!(matches!(
            step!(world, |tx| tx.pay_order(late)),
            Ok(Payment::TooLate)
        ));
        assert_eq!(world.balance(a).await.available(), 2);
        let told = world.ours.order(late).await.unwrap().unwrap();
        assert_eq!(told.order.channel_status, "not paid in time");
        let nobody: OrderId = world.store.env().id();
        assert!(matches!(
            step!(world, |tx| tx.pay_order(nobody)),
            Ok(Payment::NoOrder)
        ));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn of_payment_and_expiry_at_one_moment_one_wins_and_the_books_agree() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 40).await;
        let mut orders = Vec::new();
        for n in 0..12 {
            orders.push(world.unpaid(own, &n.to_string(), a).await);
        }
        world.later(Duration::from_secs(61));
        let mut kept = 0;
        for id in orders {
            let pay = async {
                let mut tx = world.ours.begin().await.unwrap();
                let paid = tx.pay_order(id).await.unwrap();
                tx.commit().await.unwrap();
                matches!(paid, Payment::Taken(_))
            };
            let expire = async {
                let mut tx = world.ours.begin().await.unwrap();
                let expired = tx.expire_order(id).await.unwrap();
                tx.commit().await.unwrap();
                expired.is_some()
            };
            let (paid, expired) = if id.to_string().ends_with(['0', '2', '4', '6', '8']) {
                tokio::join!(pay, expire)
            } else {
                let (expired, paid) = tokio::join!(expire, pay);
                (paid, expired)
            };
            assert!(paid != expired, "{}: exactly one of them", world.label);
            kept += i64::from(paid);
        }
        assert_eq!(world.balance(a).await.reserved, kept * 2);
        world.books_agree().await;
    }
}
