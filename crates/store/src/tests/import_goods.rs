//! Which goods an imported order takes: mapped later, shipped long ago, shipped by the channel, sold in packs.

use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, PartiallyShipped, Pending, Shipped};

use super::import::balance;
use super::shop::{at, order};
use super::*;
use crate::Notice;

#[tokio::test]
async fn a_sku_without_a_product_waits_visibly_and_is_reserved_when_mapped() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 30).await;
        let listing = world.listing(account, "SIX-A", None, 1, Some(4)).await;
        let page = [
            order("1", Open, 20, &[("SIX-A", 2, 0, 0), ("A", 1, 0, 0)]),
            order("2", Cancelled, 20, &[("SIX-A", 1, 0, 1)]),
        ];
        let done = world.import(account, &page).await;
        assert!(
            done.notices.contains(&Notice::Unmapped {
                sku: "SIX-A".into(),
                order: "1".into()
            }),
            "{:?}",
            done.notices
        );
        assert_eq!(world.balance(a).await, balance(30, 1));
        let waiting = "SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND attention IS NOT NULL";
        assert_eq!(world.number(waiting).await, 2, "{}", world.label);
        world.forget_marks().await;

        let adopted = world.ours.map_listing(listing, a, 6).await.unwrap();
        assert_eq!(adopted.changed, 2);
        assert_eq!(world.balance(a).await, balance(30, 1 + 12));
        assert_eq!(
            world.offer(listing).await.exposure,
            2,
            "its sale left the channel's bound"
        );
        assert_eq!(world.number(waiting).await, 0);
        assert_eq!(world.marks().await[0].0, a);
        world.books_agree().await;

        // And what comes later of the order goes on from there.
        world
            .import(
                account,
                &[order("1", Shipped, 30, &[("SIX-A", 2, 2, 0), ("A", 1, 1, 0)])],
            )
            .await;
        assert_eq!(world.balance(a).await, balance(17, 0));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn mapping_keeps_what_else_an_order_wants_looked_at() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 30).await;
        let listing = world.listing(account, "X", None, 1, None).await;
        let mut odd = order("1", Open, 20, &[("X", 2, 0, 0)]);
        odd.oddities.push("`gift` says `maybe`".into());
        world.import(account, &[odd]).await;
        world.ours.map_listing(listing, a, 1).await.unwrap();
        let looked_at = "SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND attention LIKE '%maybe%'";
        assert_eq!(world.number(looked_at).await, 1, "{}", world.label);
    }
}

#[tokio::test]
async fn what_was_shipped_before_the_account_was_connected_stays_history() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        let mut old = order("1", Shipped, -50, &[("A", 3, 3, 0)]);
        old.placed_at = at(-100);
        let mut half = order("2", PartiallyShipped, -50, &[("A", 4, 1, 0)]);
        half.placed_at = at(-100);
        world.import(account, &[old.clone(), half.clone()]).await;
        assert_eq!(
            world.balance(a).await,
            balance(10, 3),
            "{}: of both only what is still to be shipped",
            world.label
        );
        assert_eq!(world.offer(listing).await.exposure, 6 - 3);
        old.updated_at = at(40);
        (half.updated_at, half.status) = (at(40), Some(Shipped));
        half.lines[0].shipped = 4;
        world.import(account, &[old, half]).await;
        assert_eq!(world.balance(a).await, balance(7, 0));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn history_without_a_product_stays_history_when_mapped() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "SIX", None, 1, None).await;
        let mut old = order("1", Shipped, -50, &[("SIX", 3, 3, 0)]);
        old.placed_at = at(-100);
        world.import(account, &[old]).await;
        world.ours.map_listing(listing, a, 6).await.unwrap();
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn what_the_channel_ships_itself_is_not_our_stock() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        world.forget_marks().await;
        for (n, status) in (20..).zip([Pending, Open, Shipped]) {
            let mut theirs = order("1", status, n, &[("A", 3, 0, 0)]);
            theirs.fulfilled_by = FulfilledBy::Channel;
            let done = world.import(account, &[theirs]).await;
            assert_eq!((done.dirty, done.notices.len()), (0, 0));
        }
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
        assert_eq!(world.offer(listing).await.exposure, 6);
        assert_eq!(world.rows("order_lines").await, 1, "but it is shown");
        assert_eq!(world.marks().await, []);
    }
}

#[tokio::test]
async fn a_pack_takes_all_its_units() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 20).await;
        let pack = world.listing(account, "A-SIX", Some(a), 6, Some(3)).await;
        world
            .import(account, &[order("1", Open, 20, &[("A-SIX", 2, 0, 0)])])
            .await;
        assert_eq!(world.balance(a).await, balance(20, 12), "{}", world.label);
        assert_eq!(world.offer(pack).await.exposure, 1, "in units of the listing");
        world
            .import(
                account,
                &[order("1", PartiallyShipped, 21, &[("A-SIX", 2, 1, 1)])],
            )
            .await;
        assert_eq!(world.balance(a).await, balance(14, 0));
        assert_eq!(world.offer(pack).await.exposure, 2);
        // What was reserved by six goes on by six, whatever the mapping says now.
        world
            .import(account, &[order("2", Open, 20, &[("A-SIX", 1, 0, 0)])])
            .await;
        world.ours.map_listing(pack, a, 4).await.unwrap();
        world
            .import(account, &[order("2", Shipped, 30, &[("A-SIX", 1, 1, 0)])])
            .await;
        assert_eq!(world.balance(a).await, balance(8, 0));
        world.books_agree().await;
    }
}
