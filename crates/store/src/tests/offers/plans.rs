//! What is due, and why not.

use stockbridge_domain::allocation::{BasisPoints, Terms};
use stockbridge_domain::job::Priority;

use super::*;
use crate::{PolicyDraft, PolicyScope};

#[tokio::test]
async fn stock_is_shared_out_and_what_differs_is_due() {
    for world in worlds().await {
        let (one, two, own) = (
            world.account("one").await,
            world.account("two").await,
            world.account("own").await,
        );
        let a = world.counted("A", 9).await;
        let first = world.listing(one, "A", Some(a), 1, Some(0)).await;
        let second = world.listing(two, "A", Some(a), 1, Some(3)).await;
        let mut accounts = remote(&[one, two, own]);
        accounts.get_mut(&own).unwrap().remote = false;
        let outcome = world.plan(&accounts).await;
        assert_eq!((outcome.products, outcome.listings, outcome.more), (1, 2, false));
        assert_eq!(
            outcome.due.into_iter().collect::<Vec<_>>(),
            [(one, Priority::STOCK_INCREASE)],
            "{}",
            world.label
        );
        assert_eq!(world.planned(first).await, planned(3, Some(3), None));
        assert_eq!(
            world.planned(second).await,
            planned(3, None, None),
            "a third stays for the hub's own store"
        );
        assert_eq!(world.marks().await, []);
        assert_eq!(world.plan(&accounts).await.products, 0);
    }
}

#[tokio::test]
async fn scarce_units_are_taken_from_the_listing_that_has_them() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let a = world.counted("A", 8).await;
        let full = world.listing(one, "A", Some(a), 1, Some(8)).await;
        let empty = world.listing(two, "A", Some(a), 1, Some(0)).await;
        let outcome = world.plan(&remote(&[one, two])).await;
        assert_eq!(
            outcome.due.into_iter().collect::<Vec<_>>(),
            [(one, Priority::STOCK_DECREASE)]
        );
        assert_eq!(
            world.planned(full).await,
            planned(4, Some(0), None),
            "{}: drained",
            world.label
        );
        assert_eq!(world.planned(empty).await, planned(4, None, Some("no_headroom")));
        let caused = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND due_cause = 'count first A' \
                      AND due_caused_at IS NOT NULL AND due_priority = 10";
        assert_eq!(world.number(caused).await, 1);
    }
}

#[tokio::test]
async fn shares_and_buffer_decide_who_gets_what() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let a = world.counted("A", 22).await;
        let first = world.listing(one, "A", Some(a), 1, Some(0)).await;
        let pack = world.listing(two, "A-FOUR", Some(a), 4, Some(0)).await;
        world
            .set(&PolicyScope::account(one), |t| t.share = Some(BasisPoints(7_000)))
            .await;
        world
            .set(&PolicyScope::ALL, |t| {
                (t.buffer_units, t.buffer_part) = (Some(2), Some(BasisPoints(500)));
            })
            .await;
        world.plan(&remote(&[one, two])).await;
        assert_eq!(
            world.planned(first).await,
            planned(14, Some(14), None),
            "{}",
            world.label
        );
        assert_eq!(
            world.planned(pack).await,
            planned(1, Some(1), None),
            "six units make one pack of four"
        );
    }
}

#[tokio::test]
async fn products_that_nobody_counted_are_left_alone() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.products(&["A"]).await[0].id;
        let listing = world.listing(one, "A", Some(a), 1, Some(7)).await;
        let mut tx = world.ours.begin().await.unwrap();
        tx.mark_all_dirty(Some(one), "pass").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.marks().await, [(a, "pass".to_owned())]);
        let outcome = world.plan(&remote(&[one])).await;
        assert_eq!((outcome.products, outcome.due.len()), (1, 0), "{}", world.label);
        let nothing = Planned {
            desired: None,
            due: None,
            hold: None,
        };
        assert_eq!(world.planned(listing).await, nothing);
        assert_eq!(world.begin_writes(one, &remote(&[one]), 10).await.len(), 0);
    }
}

#[tokio::test]
async fn a_listing_that_cannot_be_written_or_was_not_read_waits() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let three = world.account("three").await;
        let a = world.counted("A", 9).await;
        let paused = world.listing(one, "A", Some(a), 1, Some(0)).await;
        let unread = world.listing(two, "A", Some(a), 1, None).await;
        let unknown = world.listing(three, "A", Some(a), 1, Some(0)).await;
        let mut accounts = remote(&[one, two]);
        accounts.get_mut(&one).unwrap().writable = false;
        assert!(world.plan(&accounts).await.due.is_empty());
        assert_eq!(
            world.planned(paused).await,
            planned(3, None, Some("not_writable")),
            "{}",
            world.label
        );
        assert_eq!(world.planned(unread).await, planned(3, None, Some("not_read")));
        assert_eq!(
            world.planned(unknown).await,
            planned(3, None, Some("not_writable"))
        );
    }
}

#[tokio::test]
async fn marks_are_taken_oldest_first_and_in_batches() {
    for world in worlds().await {
        let one = world.account("one").await;
        for name in ["A", "B", "C"] {
            world.later(Duration::from_secs(1));
            world.counted(name, 1).await;
        }
        let mut batches = Vec::new();
        loop {
            let mut tx = world.ours.begin().await.unwrap();
            let outcome = tx.plan_dirty(&remote(&[one]), 2).await.unwrap();
            tx.commit().await.unwrap();
            batches.push((outcome.products, outcome.more, world.marks().await.len()));
            if !outcome.more {
                break;
            }
        }
        assert_eq!(batches, [(2, true, 1), (1, false, 0)], "{}", world.label);
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.mark_all_dirty(None, "pass").await.unwrap(), 3);
        tx.mark_dirty([], "nothing", START).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The planner finds a mark, somebody changes the policy and marks the product again: either the plan includes the new
/// policy or the mark is still there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_set_while_the_product_is_planned_is_not_lost() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 10).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(0)).await;
        let mut policy = world.ours.begin().await.unwrap();
        let buffer = PolicyDraft {
            scope: PolicyScope::ALL,
            terms: Some(Terms {
                buffer_units: Some(4),
                ..Terms::NONE
            }),
        };
        policy.change_policies(&[buffer]).await.unwrap();
        let mut planner = tokio::task::JoinSet::new();
        let tenant = world.ours.clone();
        planner.spawn(async move {
            let mut tx = tenant.begin().await.unwrap();
            let outcome = tx.plan_dirty(&remote(&[one]), 10).await.unwrap();
            tx.commit().await.unwrap();
            outcome
        });
        let outcome = world.until_blocked(&mut planner).await;
        policy.commit().await.unwrap();
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => planner.join_next().await.unwrap().unwrap(),
        };
        if world.marks().await.is_empty() {
            assert_eq!(outcome.products, 1);
            assert_eq!(world.planned(listing).await.desired, Some(6), "{}", world.label);
        }
    }
}
