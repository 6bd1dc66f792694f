//! Importing orders.

use stockbridge_domain::order::OrderStatus::{Cancelled, Open, PartiallyShipped, Pending, Shipped, Unknown};
use stockbridge_domain::stock::Balance;

use super::shop::{at, order};
use super::*;
use crate::{Notice, StoreError};

pub(super) fn balance(on_hand: i64, reserved: i64) -> Balance {
    Balance { on_hand, reserved }
}

/// Everything importing may write, as numbers.
async fn footprint(world: &World) -> Vec<i64> {
    let mut numbers = Vec::new();
    for table in [
        "orders",
        "order_lines",
        "stock_ledger",
        "stock_balances",
        "dirty_products",
    ] {
        numbers.push(world.rows(table).await);
    }
    for sum in [
        "SELECT CAST(COALESCE(SUM(updated_at + imported_at), 0) AS BIGINT) FROM orders WHERE tenant_id = $1",
        "SELECT CAST(COALESCE(SUM(updated_at), 0) AS BIGINT) FROM stock_balances WHERE tenant_id = $1",
        "SELECT CAST(COALESCE(SUM(exposure + sold_at + sold_milli), 0) AS BIGINT) FROM listings WHERE tenant_id = $1",
    ] {
        numbers.push(world.number(sum).await);
    }
    numbers
}

#[tokio::test]
async fn a_page_becomes_orders_reservations_entries_and_marks() {
    for world in worlds().await {
        let account = world.account("in").await;
        let (a, b) = (world.counted("A", 10).await, world.counted("B", 4).await);
        let la = world.listing(account, "A", Some(a), 1, Some(6)).await;
        world.forget_marks().await;
        let page = [
            order("1", Open, 20, &[("A", 2, 0, 0), ("B", 1, 0, 0)]),
            order("2", Pending, 21, &[("A", 3, 0, 0)]),
        ];
        let done = world.import(account, &page).await;
        assert_eq!(
            (done.seen, done.created, done.changed, done.unchanged, done.dirty),
            (2, 2, 0, 0, 2),
            "{}",
            world.label
        );
        assert_eq!(done.notices, []);
        assert_eq!(world.balance(a).await, balance(10, 5));
        assert_eq!(world.balance(b).await, balance(4, 1));
        assert_eq!(world.rows("order_lines").await, 3);
        assert_eq!(world.rows("stock_ledger").await, 2 + 3);
        let offer = world.offer(la).await;
        assert_eq!((offer.exposure, offer.settled), (1, true), "no push is needed");
        let marks = world.marks().await;
        assert_eq!(
            marks
                .iter()
                .map(|m| m.0)
                .collect::<std::collections::BTreeSet<_>>(),
            [a, b].into()
        );
        assert!(marks.iter().all(|m| m.1.starts_with("order ")), "{marks:?}");
        world.books_agree().await;
    }
}

#[tokio::test]
async fn the_same_page_again_writes_nothing() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        world.listing(account, "A", Some(a), 1, Some(6)).await;
        let page = [
            order("1", Open, 20, &[("A", 2, 0, 0)]),
            order("2", Shipped, 21, &[("A", 3, 3, 0)]),
        ];
        world.import(account, &page).await;
        world.forget_marks().await;
        world.later(Duration::from_secs(60));
        let before = footprint(&world).await;
        let again = world.import(account, &page).await;
        assert_eq!((again.seen, again.unchanged, again.dirty), (2, 2, 0));
        assert_eq!((again.created, again.changed), (0, 0));
        assert_eq!(footprint(&world).await, before, "{}", world.label);
    }
}

#[tokio::test]
async fn what_is_older_than_what_is_known_is_ignored() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        world
            .import(account, &[order("1", Shipped, 30, &[("A", 2, 2, 0)])])
            .await;
        let before = footprint(&world).await;
        let older = world
            .import(account, &[order("1", Open, 29, &[("A", 2, 0, 0)])])
            .await;
        assert_eq!((older.unchanged, older.changed), (1, 0));
        assert_eq!(footprint(&world).await, before, "{}", world.label);
        assert_eq!(world.balance(a).await, balance(8, 0));
        let same_instant = world
            .import(account, &[order("1", Cancelled, 30, &[("A", 2, 2, 0)])])
            .await;
        assert_eq!(same_instant.changed, 1, "of two at one instant the later counts");
        world.books_agree().await;
    }
}

#[tokio::test]
async fn of_one_order_twice_in_a_page_the_latest_counts() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let page = [
            order("1", Open, 31, &[("A", 5, 0, 0)]),
            order("1", Open, 30, &[("A", 2, 0, 0)]),
        ];
        let done = world.import(account, &page).await;
        assert_eq!((done.seen, done.created, done.unchanged), (2, 1, 1));
        assert_eq!(world.balance(a).await, balance(10, 5), "{}", world.label);
        let mut twice = order("2", Open, 31, &[("A", 1, 0, 0), ("A", 1, 0, 0)]);
        twice.lines[1].channel_line_id = "1".into();
        let done = world.import(account, &[twice]).await;
        assert!(
            matches!(&done.notices[..], [Notice::Odd { what, .. }] if what.contains("listed twice")),
            "{:?}",
            done.notices
        );
        assert_eq!(
            world.balance(a).await.reserved,
            6,
            "one bad order does not stop the page"
        );
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_cancellation_releases_and_has_the_listing_read_again() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        world
            .import(account, &[order("1", Open, 20, &[("A", 4, 0, 0)])])
            .await;
        world.forget_marks().await;
        let to_read = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND read_due_at IS NOT NULL";
        assert_eq!(world.number(to_read).await, 0);
        world
            .import(account, &[order("1", Cancelled, 25, &[("A", 4, 0, 4)])])
            .await;
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
        let offer = world.offer(listing).await;
        assert_eq!(
            (offer.exposure, offer.settled),
            (6, false),
            "the channel may offer the units again"
        );
        assert_eq!(world.number(to_read).await, 1);
        assert_eq!(world.marks().await[0].0, a);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_cancelled_order_that_lists_no_lines_any_more_is_released() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(6)).await;
        world
            .import(account, &[order("1", Open, 20, &[("A", 4, 0, 0)])])
            .await;
        world.import(account, &[order("1", Cancelled, 25, &[])]).await;
        assert_eq!(world.balance(a).await, balance(10, 0), "{}", world.label);
        assert_eq!(world.offer(listing).await.exposure, 6);
        world.books_agree().await;

        // A line taken out of an order that was shipped is not taken from the shelf; one without its SKU still is.
        let two = [("A", 2, 0, 0), ("A", 3, 0, 0)];
        world.import(account, &[order("2", Open, 20, &two)]).await;
        let mut rest = order("2", Shipped, 30, &[("A", 2, 2, 0)]);
        rest.lines[0].sku = None;
        world.import(account, &[rest]).await;
        assert_eq!(world.balance(a).await, balance(8, 0));
        assert_eq!(
            world.offer(listing).await.exposure,
            4,
            "what was taken out may be offered again"
        );
        world.books_agree().await;
    }
}

#[tokio::test]
async fn parcels_leave_one_by_one() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let snapshots = [
            (Open, 0, 0, balance(10, 5)),
            (PartiallyShipped, 2, 0, balance(8, 3)),
            (PartiallyShipped, 2, 1, balance(8, 2)),
            (Shipped, 4, 1, balance(6, 0)),
        ];
        for (n, (status, shipped, cancelled, expected)) in (20..).zip(snapshots) {
            world
                .import(account, &[order("1", status, n, &[("A", 5, shipped, cancelled)])])
                .await;
            assert_eq!(world.balance(a).await, expected, "{} {status}", world.label);
            world.books_agree().await;
        }
    }
}

#[tokio::test]
async fn unknown_words_keep_the_status_and_are_shown() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        let mut odd = order("1", Open, 20, &[("A", 2, 0, 0)]);
        (odd.status, odd.channel_status) = (None, "FROBBED".into());
        let done = world.import(account, std::slice::from_ref(&odd)).await;
        assert_eq!(world.balance(a).await.reserved, 2, "reserved to be safe");
        assert_eq!(
            done.notices,
            [Notice::UnknownStatus {
                order: "1".into(),
                word: "FROBBED".into()
            }]
        );
        let status = format!("SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND status = '{Unknown}'");
        assert_eq!(world.number(&status).await, 1, "{}", world.label);
        let attention = "SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND attention LIKE '%FROBBED%'";
        assert_eq!(world.number(attention).await, 1);
        world
            .import(account, &[order("1", Open, 21, &[("A", 2, 0, 0)])])
            .await;
        assert_eq!(world.number(attention).await, 0, "understood now");
        odd.updated_at = at(22);
        world.import(account, &[odd]).await;
        let open = "SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND status = 'open' AND channel_status = 'FROBBED'";
        assert_eq!(world.number(open).await, 1);
    }
}

#[tokio::test]
async fn a_channel_that_goes_back_on_a_shipment_is_not_believed() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 10).await;
        world
            .import(account, &[order("1", Shipped, 20, &[("A", 2, 2, 0)])])
            .await;
        let done = world
            .import(account, &[order("1", Open, 21, &[("A", 2, 0, 0)])])
            .await;
        assert_eq!(
            done.notices,
            [Notice::Contradiction {
                order: "1".into(),
                kept: Shipped,
                word: "OPEN".into()
            }]
        );
        assert_eq!(world.balance(a).await, balance(8, 0), "{}", world.label);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn more_sold_than_offered_and_more_sold_than_there_is_are_told() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 3).await;
        world.listing(account, "A", Some(a), 1, Some(2)).await;
        let done = world
            .import(account, &[order("1", Open, 20, &[("A", 5, 0, 0)])])
            .await;
        assert_eq!(
            done.notices,
            [
                Notice::Breach {
                    sku: "A".into(),
                    units: 3,
                    order: "1".into()
                },
                Notice::Short { product: a, units: 2 }
            ],
            "{}",
            world.label
        );
        let uncounted = world.products(&["B"]).await[0].id;
        let mut tx = world.ours.begin().await.unwrap();
        let called = tx
            .skus_of(vec![a, "prd_00000000000000000000000000".parse().unwrap()])
            .await
            .unwrap();
        drop(tx);
        assert_eq!(called.get(&a).map(Sku::as_str), Some("A"));
        assert_eq!(called.len(), 1, "one that is not there has no name");
        let done = world
            .import(account, &[order("2", Open, 20, &[("B", 5, 0, 0)])])
            .await;
        assert_eq!(done.notices, [], "nobody has said how many there are");
        assert_eq!(world.balance(uncounted).await, balance(0, 5));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn nothing_is_imported_for_an_account_that_is_not_there() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 3).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(2)).await;
        world
            .import(
                account,
                &[order("1", Open, 20, &[("X", 1, 0, 0), ("A", 1, 0, 0)])],
            )
            .await;
        let before = footprint(&world).await;
        let page = [
            order("1", Cancelled, 30, &[("A", 1, 0, 1)]),
            order("2", Open, 30, &[("A", 1, 0, 0)]),
        ];
        let mut tx = world.theirs.begin().await.unwrap();
        let refused = tx.import_orders(&World::connected(account), &page).await;
        assert!(
            matches!(&refused, Err(StoreError::Invalid { detail }) if detail.contains(&account.to_string())),
            "{refused:?}"
        );
        let refused = tx.adopt_lines(account, &sku("X")).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
        tx.commit().await.unwrap();
        assert_eq!(footprint(&world).await, before, "{}", world.label);
        assert_eq!(world.offer(listing).await.exposure, 1);
    }
}

/// A page costs the same number of statements whatever its length, and one that says nothing new costs two look-ups.
#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_the_page() {
    for world in worlds().await {
        let account = world.account("in").await;
        for n in 0..40 {
            let product = world.counted(&format!("S{n}"), 100).await;
            world
                .listing(account, &format!("S{n}"), Some(product), 1, Some(50))
                .await;
        }
        let page = |from: i64, to: i64| -> Vec<_> {
            (from..to)
                .map(|n| {
                    let names = [format!("S{}", n % 40), format!("S{}", (n + 1) % 40)];
                    order(
                        &n.to_string(),
                        Open,
                        20,
                        &[(&names[0], 1, 0, 0), (&names[1], 1, 0, 0)],
                    )
                })
                .collect()
        };
        let mut costs = Vec::new();
        for page in [page(0, 1), page(1, 3), page(3, 100), page(3, 100)] {
            let before = world.store.db().statements();
            world.import(account, &page).await;
            costs.push(world.store.db().statements() - before);
        }
        assert_eq!(costs[1], costs[0], "{}", world.label);
        assert_eq!(costs[2], costs[0], "{}: {costs:?}", world.label);
        assert!(costs[0] <= 16, "{costs:?}");
        assert_eq!(costs[3], 2, "{costs:?}");
        world.books_agree().await;
    }
}
