//! Random snapshots in random order, with repeats: the books always agree with themselves and with the orders.

use proptest::prelude::*;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::EntryKind;

use super::shop::{at, entry, order};
use super::*;
use crate::testing::sqlite;
use crate::{Amount, EntryError};

/// What a channel says of one order: which, status, when, and of each line ordered, shipped, cancelled.
#[derive(Debug, Clone)]
struct Said {
    order: usize,
    status: Option<OrderStatus>,
    updated: i64,
    lines: Vec<(usize, i64, i64, i64)>,
}

const SKUS: [&str; 4] = ["A", "B", "A-THREE", "UNMAPPED"];

fn said() -> impl Strategy<Value = Said> {
    let status = prop::option::weighted(0.9, prop::sample::select(OrderStatus::ALL));
    let line = (0..SKUS.len(), 0i64..5, 0i64..5, 0i64..3);
    (0usize..4, status, 0i64..30, prop::collection::vec(line, 0..4)).prop_map(
        |(order, status, updated, lines)| Said {
            order,
            status,
            updated,
            lines,
        },
    )
}

/// Pages; a step may also enter stock, which is what goes on beside imports.
fn pages() -> impl Strategy<Value = Vec<(Vec<Said>, i64)>> {
    prop::collection::vec((prop::collection::vec(said(), 1..6), -3i64..4), 1..12)
}

/// The books without the bounds: a line that changes its SKU, as none does outside of here, leaves no trace of where it
/// was sold before.
async fn books_agree(world: &World) {
    let mut check = world.ours.check_ledger().await.unwrap();
    check
        .findings
        .retain(|finding| finding.rule != crate::Rule::Exposure);
    assert!(check.ok(), "{:#?}", check.findings);
}

async fn run(pages: Vec<(Vec<Said>, i64)>) {
    let db = sqlite().unwrap();
    let world = world_on(db).await;
    let account = world.account("in").await;
    let (a, b) = (world.counted("A", 9).await, world.counted("B", 9).await);
    world.listing(account, "A", Some(a), 1, Some(4)).await;
    world.listing(account, "A-THREE", Some(a), 3, Some(1)).await;
    let unmapped = world.listing(account, "UNMAPPED", None, 1, Some(2)).await;
    let half = pages.len() / 2;
    for (step, (page, goods)) in pages.into_iter().enumerate() {
        let snapshots: Vec<_> = page
            .iter()
            .map(|said| {
                let lines: Vec<_> = said
                    .lines
                    .iter()
                    .map(|(s, o, f, c)| (SKUS[*s], *o, *f, *c))
                    .collect();
                let mut snapshot = order(&said.order.to_string(), OrderStatus::Open, said.updated, &lines);
                snapshot.status = said.status;
                // Every other order is older than the account.
                snapshot.placed_at = at(if said.order % 2 == 0 { 5 } else { -5 });
                snapshot
            })
            .collect();
        world.import(account, &snapshots).await;
        books_agree(&world).await;
        let again = world.import(account, &snapshots[snapshots.len() - 1..]).await;
        assert_eq!((again.created, again.dirty), (0, 0), "said before");
        let mut tx = world.ours.begin().await.unwrap();
        let reference = step.to_string();
        let entered = tx
            .enter_stock(&entry(
                b,
                EntryKind::Adjustment,
                Amount::Change(goods),
                &reference,
            ))
            .await;
        assert!(
            matches!(entered, Ok(_) | Err(EntryError::BelowZero { .. })),
            "{entered:?}"
        );
        tx.commit().await.unwrap();
        if step == half {
            world.ours.map_listing(unmapped, b, 2).await.unwrap();
        }
        books_agree(&world).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_books_agree_whatever_a_channel_says(pages in pages()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(pages));
    }
}
