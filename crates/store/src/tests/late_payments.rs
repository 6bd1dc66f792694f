//! Orders that are paid late: after they were imported unpaid, and after they were called off for it.

use stockbridge_domain::order::OrderStatus::{self, Cancelled, Open, Pending, Shipped};

use super::import::balance;
use super::shop::order;
use super::*;
use crate::Notice;

async fn status(world: &World) -> OrderStatus {
    let status = "SELECT status FROM orders WHERE tenant_id = $1";
    let mut tx = world.ours.begin().await.unwrap();
    let row = tx.tx.query_one(status, &[world.ours.key()]).await.unwrap();
    OrderStatus::parse(row.text(0).unwrap()).unwrap()
}

#[tokio::test]
async fn an_unpaid_order_that_is_paid_goes_on_with_the_units_it_holds() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        world
            .import(account, &[order("1", Pending, 20, &[("A", 2, 0, 0)])])
            .await;
        assert_eq!(world.balance(a).await, balance(10, 2), "{}", world.label);
        let bound = world.offer(listing).await.exposure;
        let paid = world
            .import(account, &[order("1", Open, 90, &[("A", 2, 0, 0)])])
            .await;
        assert_eq!(paid.notices, []);
        assert_eq!(status(&world).await, Open);
        assert_eq!(world.balance(a).await, balance(10, 2), "held once");
        assert_eq!(world.offer(listing).await.exposure, bound);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn an_order_that_is_paid_after_it_was_called_off_is_reserved_anew_and_told() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        let lines: &[_] = &[("A", 2, 0, 0)];
        world.import(account, &[order("1", Pending, 20, lines)]).await;
        world.import(account, &[order("1", Cancelled, 60, lines)]).await;
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
        let bound = world.offer(listing).await.exposure;
        world.forget_marks().await;
        let paid = [order("1", Open, 90, lines)];
        let done = world.import(account, &paid).await;
        assert_eq!(
            done.notices,
            [Notice::TakenUp {
                order: "1".into(),
                word: "OPEN".into()
            }]
        );
        assert!(done.reread, "what the channel shows now has to be seen");
        assert_eq!(status(&world).await, Open);
        assert_eq!(world.balance(a).await, balance(10, 2));
        assert_eq!(world.marks().await[0].0, a, "its offers are computed anew");
        assert!(
            world.offer(listing).await.exposure >= bound,
            "when the channel took its units is not known, so its bound is not lowered"
        );
        world.books_agree().await;
        let again = world.import(account, &paid).await;
        assert_eq!((again.unchanged, again.changed), (1, 0));
        let late = world.import(account, &[order("1", Cancelled, 60, lines)]).await;
        assert_eq!(late.unchanged, 1, "an older word changes nothing");
        world
            .import(account, &[order("1", Shipped, 95, &[("A", 2, 2, 0)])])
            .await;
        assert_eq!(world.balance(a).await, balance(8, 0));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn the_last_unit_that_was_sold_meanwhile_is_short_and_told() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 1).await;
        let lines: &[_] = &[("A", 1, 0, 0)];
        world.import(account, &[order("1", Pending, 20, lines)]).await;
        world.import(account, &[order("1", Cancelled, 60, lines)]).await;
        world.import(account, &[order("2", Open, 70, lines)]).await;
        let done = world.import(account, &[order("1", Open, 90, lines)]).await;
        assert!(
            done.notices.contains(&Notice::Short { product: a, units: 1 }),
            "{}: {:?}",
            world.label,
            done.notices
        );
        assert_eq!(world.balance(a).await, balance(1, 2));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn two_words_of_one_instant_leave_it_called_off() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let lines: &[_] = &[("A", 2, 0, 0)];
        world.import(account, &[order("1", Cancelled, 60, lines)]).await;
        let done = world.import(account, &[order("1", Open, 60, lines)]).await;
        assert!(
            matches!(done.notices[..], [Notice::Contradiction { kept: Cancelled, .. }]),
            "{:?}",
            done.notices
        );
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
    }
}
