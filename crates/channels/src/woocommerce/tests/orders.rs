//! Orders: pages that drift, statuses, refunds, what is vouched for.

use std::collections::BTreeSet;

use stockbridge_domain::channel::{Fault, OrderQuery};
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::Fault as Bad;

use super::*;

#[tokio::test]
async fn a_paid_order_is_open_with_its_lines_and_money() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let id = bench.shop.buy("MUG", 2).unwrap();
    let orders = bench.orders().await;
    let [order] = orders.as_slice() else {
        panic!("{orders:?}")
    };
    assert_eq!(
        (order.channel_order_id.as_str(), order.status),
        (id.to_string().as_str(), Some(OrderStatus::Open))
    );
    assert_eq!(order.total.unwrap().to_string(), "25.00 EUR");
    assert_eq!(
        (order.placed_at, order.oddities.as_slice()),
        (now(), [].as_slice()),
        "UTC, not the shop's own hour"
    );
    let line = &order.lines[0];
    assert_eq!(
        (
            line.sku.as_ref().unwrap().as_str(),
            line.ordered,
            line.shipped,
            line.cancelled
        ),
        ("MUG", 2, 0, 0)
    );
    assert_eq!(line.total.unwrap().minor(), 2_500);
}

#[tokio::test]
async fn each_status_is_told_in_our_words_and_unknown_ones_are_kept() {
    let bench = selling(vec![WooProduct::new("MUG", 99)]);
    for (word, status, open, shipped) in [
        ("pending", Some(OrderStatus::Pending), 2, 0),
        ("on-hold", Some(OrderStatus::Pending), 2, 0),
        ("processing", Some(OrderStatus::Open), 2, 0),
        ("completed", Some(OrderStatus::Shipped), 0, 2),
        ("cancelled", Some(OrderStatus::Cancelled), 0, 0),
        ("trash", Some(OrderStatus::Cancelled), 0, 0),
        ("refunded", Some(OrderStatus::Cancelled), 0, 0),
        ("failed", Some(OrderStatus::Pending), 0, 0),
        ("awaiting-engraving", None, 2, 0),
    ] {
        let id = bench.shop.checkout("MUG", 2).unwrap();
        bench.shop.set_status(id, word);
        let order = bench.order(id).await;
        let line = &order.lines[0];
        assert_eq!((order.status, order.channel_status.as_str()), (status, word));
        assert_eq!(
            (line.ordered - line.shipped - line.cancelled, line.shipped),
            (open, shipped),
            "{word}"
        );
        assert_eq!(
            order.oddities.is_empty(),
            status.is_some(),
            "{word}: {:?}",
            order.oddities
        );
    }
    let draft = bench.shop.checkout("MUG", 1).unwrap();
    bench.shop.set_status(draft, "checkout-draft");
    assert!(
        bench
            .orders()
            .await
            .iter()
            .all(|o| o.channel_order_id != draft.to_string()),
        "no order yet"
    );
}

#[tokio::test]
async fn an_order_that_is_paid_late_is_open_by_a_later_word_whatever_became_of_it_meanwhile() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let id = bench.shop.checkout("MUG", 2).unwrap();
    let unpaid = bench.order(id).await;
    assert_eq!(unpaid.status, Some(OrderStatus::Pending));
    bench.pass(61 * 60);
    let expired = bench.order(id).await;
    assert_eq!(
        (expired.status, bench.listing("MUG").await.quantity),
        (Some(OrderStatus::Cancelled), Some(9)),
        "the shop holds its units no longer"
    );
    bench.pass(60);
    // The gateway's word comes after the shop has called it off.
    bench.shop.set_status(id, "processing");
    let paid = bench.order(id).await;
    assert_eq!(paid.status, Some(OrderStatus::Open));
    assert!(paid.updated_at > expired.updated_at, "a later word");
    assert_eq!(bench.listing("MUG").await.quantity, Some(7), "counted down now");
    let found = bench.orders().await;
    assert!(found.contains(&paid), "in the list of what changed");
}

#[tokio::test]
async fn units_refunded_before_they_left_are_called_off_and_afterwards_they_stay_shipped() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let id = bench.shop.buy("MUG", 3).unwrap();
    bench.shop.refund(id, 1, true).unwrap();
    let line = bench.order(id).await.lines.remove(0);
    assert_eq!((line.ordered, line.shipped, line.cancelled), (3, 0, 1));
    bench.pass(10);
    bench.shop.set_status(id, "completed");
    bench.pass(10);
    bench.shop.refund(id, 1, true).unwrap();
    let order = bench.order(id).await;
    let line = &order.lines[0];
    assert_eq!(
        (order.status, line.shipped, line.cancelled),
        (Some(OrderStatus::Shipped), 2, 1)
    );
}

#[tokio::test]
async fn no_order_slips_through_between_pages_however_they_drift() {
    for sorts_by_change in [true, false] {
        let bench = super::bench(WooConfig {
            sorts_by_change,
            ..config(vec![WooProduct::new("MUG", 9_999)])
        });
        let mut bought = BTreeSet::new();
        for n in 0..250 {
            bought.insert(bench.shop.buy("MUG", 1).unwrap().to_string());
            // Many in one second, and then one a second.
            if n > 120 {
                bench.pass(1);
            }
        }
        let (connection, mut cursor, mut seen, mut pages) = (bench.open(), None, BTreeSet::new(), 0);
        loop {
            let page = connection.orders().unwrap().page(&query(cursor)).await.unwrap();
            pages += 1;
            seen.extend(page.orders.iter().map(|o| o.channel_order_id.clone()));
            // Meanwhile somebody looks at orders that were read, which changes their date and their place.
            for order in page.orders.iter().take(3) {
                bench.shop.touch(order.channel_order_id.parse().unwrap());
            }
            cursor = page.next;
            if cursor.is_none() || pages > 20 {
                break;
            }
        }
        assert_eq!(seen, bought, "sorted: {sorts_by_change}");
        assert!(pages <= 6, "{pages}");
    }
}

#[tokio::test]
async fn a_shop_that_cannot_sort_by_change_is_asked_for_it_once() {
    let bench = super::bench(WooConfig {
        sorts_by_change: false,
        ..config(vec![WooProduct::new("MUG", 9)])
    });
    bench.shop.buy("MUG", 1).unwrap();
    assert_eq!(bench.orders().await.len(), 1);
    assert_eq!(bench.orders().await.len(), 1);
    let targets = bench.world.targets();
    assert_eq!(
        targets.iter().filter(|t| t.contains("orderby=modified")).count(),
        1,
        "{targets:?}"
    );
}

#[tokio::test]
async fn what_is_vouched_for_is_the_shops_clock_less_a_margin() {
    let bench = selling(vec![]);
    let page = bench.open().orders().unwrap().page(&query(None)).await.unwrap();
    assert_eq!(page.complete_until.unwrap().to_string(), "2026-11-21T03:24:00Z");
    let placed = OrderQuery {
        by: OrderTime::Placed,
        ..query(None)
    };
    bench.open().orders().unwrap().page(&placed).await.unwrap();
    let target = bench.world.targets().pop().unwrap();
    for part in [
        "/wp-json/wc/v3/orders?after=2026-11-21T03%3A24%3A59&",
        "dates_are_gmt=true",
        "orderby=date",
        "per_page=100",
        "_cb=",
    ] {
        assert!(target.contains(part), "{target}");
    }
}

#[tokio::test]
async fn an_order_is_found_by_its_id_alone() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let connection = bench.open();
    for wrong in ["999", "R-17", "../products"] {
        let error = connection.orders().unwrap().get(wrong).await.unwrap_err();
        assert_eq!(error.fault, Fault::NotFound, "{wrong}");
    }
    bench.shop.fail_next("GET /orders/{id}", Bad::ServerError, 1);
    let id = bench.shop.buy("MUG", 1).unwrap().to_string();
    assert_eq!(
        connection.orders().unwrap().get(&id).await.unwrap_err().fault,
        Fault::Unavailable
    );
    assert!(connection.orders().unwrap().get(&id).await.is_ok());
    let wrong = OrderQuery {
        cursor: Some("page-2".into()),
        ..query(None)
    };
    assert_eq!(
        connection.orders().unwrap().page(&wrong).await.unwrap_err().fault,
        Fault::Rejected
    );
}
