//! Writes and their answers.

use stockbridge_domain::offer::WriteState;
use stockbridge_domain::stock::EntryKind;

use super::*;
use crate::Amount;
use crate::tests::shop::entry;

#[tokio::test]
async fn a_write_is_recorded_before_it_is_sent_and_goes_its_whole_way() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = remote(&[one, two]);
        let a = world.counted("A", 8).await;
        let full = world.listing(one, "A", Some(a), 1, Some(8)).await;
        let empty = world.listing(two, "A", Some(a), 1, Some(0)).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent.len(), 1, "{}", world.label);
        assert_eq!(
            (sent[0].listing, sent[0].level.quantity, sent[0].level.believed),
            (full, 0, Some(8))
        );
        let write = world.offer(full).await.write.unwrap();
        assert_eq!(
            (write.push, write.quantity, write.state),
            (sent[0].push, 0, WriteState::Sent)
        );
        assert_eq!(world.push(&sent[0]).await, ("sent".to_owned(), None, false));
        assert_eq!(world.planned(full).await.due, None);
        assert_eq!(
            world.begin_writes(one, &accounts, 10).await.len(),
            0,
            "one at a time"
        );

        world.finish(&sent[0], Answer::Accepted).await;
        assert_eq!(world.offer(full).await.write.unwrap().state, WriteState::Accepted);
        assert_eq!(world.marks().await, []);
        world.later(Duration::from_secs(3));
        world.read_back(one, "A", Some(0)).await;
        assert_eq!(
            world.push(&sent[0]).await,
            ("accepted".to_owned(), None, true),
            "the channel shows it"
        );
        assert_eq!(
            world.offer(full).await.exposure,
            8,
            "orders up to the reading are missing"
        );
        world.plan(&accounts).await;
        assert_eq!(world.planned(empty).await, planned(4, None, Some("no_headroom")));
        world.later(Duration::from_secs(63));
        let settled = world.settle(one).await;
        assert_eq!((settled.settled, settled.notices.len()), (1, 0));
        assert_eq!(world.offer(full).await.exposure, 0);
        assert_eq!(world.plan(&accounts).await.due.len(), 2);
        assert_eq!(world.planned(full).await, planned(4, Some(4), None));
        assert_eq!(world.planned(empty).await, planned(4, Some(4), None));
        assert_eq!(world.settle(one).await.settled, 0);
    }
}

#[tokio::test]
async fn what_is_due_is_decided_anew_under_the_lock() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (a, listing) = world.due(one, "A", 5, 0).await;
        assert_eq!(world.planned(listing).await, planned(5, Some(5), None));
        let mut tx = world.ours.begin().await.unwrap();
        tx.enter_stock(&entry(a, EntryKind::Damage, Amount::Change(-5), "flood"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            world.begin_writes(one, &accounts, 10).await.len(),
            0,
            "{}",
            world.label
        );
        assert_eq!(world.planned(listing).await, planned(0, None, None));
        assert_eq!(world.rows("pushes").await, 0);
        assert_eq!(world.offer(listing).await.write, None);
    }
}

#[tokio::test]
async fn decreases_leave_first() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (_, more) = world.due(one, "A", 9, 0).await;
        world.later(Duration::from_secs(9));
        let (_, less) = world.due(one, "B", 3, 9).await;
        let first = world.begin_writes(one, &accounts, 1).await;
        assert_eq!((first[0].listing, first.len()), (less, 1), "{}", world.label);
        let rest = world.begin_writes(one, &accounts, 9).await;
        assert_eq!((rest[0].listing, rest.len()), (more, 1));

        let two = world.account("two").await;
        world.due(two, "C", 9, 0).await;
        world.due(two, "D", 3, 9).await;
        let both = world.begin_writes(two, &remote(&[two]), 9).await;
        let quantities: Vec<_> = both.iter().map(|o| o.level.quantity).collect();
        assert_eq!(quantities, [0, 9]);
    }
}

#[tokio::test]
async fn what_never_left_is_due_again() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (_, listing) = world.due(one, "A", 5, 0).await;
        let before = world.offer(listing).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        world
            .finish(&sent[0], Answer::Later("429: slow down".into()))
            .await;
        assert_eq!(world.offer(listing).await, before, "{}", world.label);
        assert_eq!(
            world.push(&sent[0]).await,
            ("later".into(), Some("429: slow down".into()), false)
        );
        assert_eq!(world.planned(listing).await, planned(5, Some(5), None));
        // For want of budget it is not even an attempt.
        let again = world.begin_writes(one, &accounts, 10).await;
        world.finish(&again[0], Answer::Postponed).await;
        assert_eq!(world.offer(listing).await, before, "{}", world.label);
        assert_eq!(world.planned(listing).await, planned(5, Some(5), None));
        assert_eq!(
            world
                .number("SELECT COUNT(*) FROM pushes WHERE tenant_id = $1")
                .await,
            1
        );
    }
}

#[tokio::test]
async fn what_was_refused_waits_a_quarter_of_an_hour() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (_, listing) = world.due(one, "A", 5, 0).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        world
            .finish(&sent[0], Answer::Refused("8541: no such thing".into()))
            .await;
        assert_eq!(world.offer(listing).await.exposure, 0);
        let told = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND last_problem LIKE '8541%' \
                    AND problem_at IS NOT NULL";
        assert_eq!(world.number(told).await, 1, "{}", world.label);
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(listing).await,
            planned(5, None, Some("not_writable"))
        );
        world.later(Duration::from_secs(901));
        let mut tx = world.ours.begin().await.unwrap();
        tx.mark_all_dirty(None, "pass").await.unwrap();
        tx.commit().await.unwrap();
        world.plan(&accounts).await;
        let again = world.begin_writes(one, &accounts, 10).await;
        world.finish(&again[0], Answer::Accepted).await;
        assert_eq!(world.number(told).await, 0, "it is no problem any more");
    }
}

#[tokio::test]
async fn an_unknown_outcome_keeps_the_bound_until_it_is_read_back() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (a, listing) = world.due(one, "A", 5, 0).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        world.finish(&sent[0], Answer::Unknown("no answer".into())).await;
        let offer = world.offer(listing).await;
        assert_eq!(
            (offer.exposure, offer.write.unwrap().state),
            (5, WriteState::Unknown)
        );
        assert_eq!(world.marks().await, [], "{}", world.label);
        let mut tx = world.ours.begin().await.unwrap();
        tx.mark_dirty([a, a], "test", START).await.unwrap();
        tx.commit().await.unwrap();
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(listing).await,
            planned(5, None, Some("awaiting_read_back"))
        );
        // An answer to some other write says nothing of this one.
        let mut other = sent[0].clone();
        other.push = world.store.env().id();
        world.finish(&other, Answer::Refused("late".into())).await;
        assert_eq!(world.offer(listing).await, offer);
    }
}

#[tokio::test]
async fn writes_whose_sender_died_are_read_back() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (_, listing) = world.due(one, "A", 5, 0).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        let orphans = async |before| {
            let mut tx = world.ours.begin().await.unwrap();
            let count = tx.adopt_orphaned_writes(one, before).await.unwrap();
            tx.commit().await.unwrap();
            count
        };
        assert_eq!(
            orphans(world.store.env().now()).await,
            0,
            "it may still be sending"
        );
        let now = world.later(Duration::from_secs(1));
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.adopt_orphaned_writes(one, now).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(orphans(now).await, 1, "{}", world.label);
        assert_eq!(orphans(now).await, 0);
        let offer = world.offer(listing).await;
        assert_eq!(
            (offer.exposure, offer.write.unwrap().state),
            (5, WriteState::Unknown)
        );
        assert_eq!(world.push(&sent[0]).await.0, "unknown");
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.next_reading(one).await.unwrap(), Some(now));
        assert_eq!(skus(tx.listings_to_read(one, 5).await.unwrap()), [sku("A")]);
    }
}
