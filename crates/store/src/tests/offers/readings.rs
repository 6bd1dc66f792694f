//! Readings, and bounds that become exact.

use stockbridge_domain::offer::Settled;
use stockbridge_domain::order::OrderStatus::Open;

use super::*;
use crate::SettleNotice;
use crate::tests::shop::order;

#[tokio::test]
async fn a_quantity_somebody_raised_is_believed_at_once() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 5).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.forget_marks().await;
        world.read_back(one, "A", Some(50)).await;
        world.read_back(one, "NOT-OURS", Some(9)).await;
        assert_eq!(world.offer(listing).await.exposure, 50, "{}", world.label);
        assert_eq!(world.marks().await, [(a, "read-back".to_owned())]);
        world.plan(&remote(&[one])).await;
        assert_eq!(world.planned(listing).await.due, Some(0), "taken back");
    }
}

#[tokio::test]
async fn a_quantity_somebody_lowered_is_believed_when_all_orders_are_in() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 8).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(8)).await;
        world.later(Duration::from_secs(100));
        world.read_back(one, "A", Some(3)).await;
        assert_eq!(
            world.offer(listing).await.exposure,
            8,
            "five may have been sold unseen"
        );
        world.later(Duration::from_secs(61));
        assert_eq!(world.settle(one).await.settled, 0, "{}: too early", world.label);
        world
            .import(one, &[order("1", Open, 20, &[("A", 2, 0, 0)])])
            .await;
        world.forget_marks().await;
        world.later(Duration::from_secs(2));
        let outcome = world.settle(one).await;
        assert_eq!(
            outcome.notices,
            [SettleNotice {
                listing,
                sku: "A".into(),
                found: Settled::Drift {
                    expected: 6,
                    shown: 3
                }
            }]
        );
        let offer = world.offer(listing).await;
        assert_eq!((offer.exposure, offer.settled), (3, true));
        assert_eq!(world.marks().await, [(a, "settled".to_owned())]);
    }
}

#[tokio::test]
async fn a_write_that_never_lands_is_told() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (_, listing) = world.due(one, "A", 20, 5).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        world.finish(&sent[0], Answer::Accepted).await;
        world.later(Duration::from_secs(31));
        world.read_back(one, "A", Some(5)).await;
        world.later(Duration::from_secs(70));
        let outcome = world.settle(one).await;
        assert_eq!(
            outcome.notices,
            [SettleNotice {
                listing,
                sku: "A".into(),
                found: Settled::NeverApplied {
                    wanted: sent[0].level.quantity,
                    shown: 5
                }
            }],
            "{}",
            world.label
        );
        let offer = world.offer(listing).await;
        assert_eq!((offer.exposure, offer.write), (5, None));
        assert!(!world.push(&sent[0]).await.2, "not verified");
        world.plan(&accounts).await;
        assert_eq!(world.planned(listing).await.due, Some(sent[0].level.quantity));
    }
}

#[tokio::test]
async fn a_listing_the_channel_does_not_know_any_more_shows_nothing() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 5).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.read_back(one, "A", None).await;
        world.later(Duration::from_secs(70));
        world.settle(one).await;
        assert_eq!(world.offer(listing).await.exposure, 0, "{}", world.label);
    }
}

#[tokio::test]
async fn readings_out_of_turn_are_ignored() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 5).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.read_back(one, "A", Some(4)).await;
        let now = world.offer(listing).await;
        let older = Reading {
            sku: sku("A"),
            quantity: Some(77),
            places: Vec::new(),
        };
        let mut tx = world.ours.begin().await.unwrap();
        let before = START.minus(Duration::from_secs(1));
        tx.apply_readings(one, &[older], before).await.unwrap();
        assert!(!tx.has_marked(), "{}: nothing is to be planned", world.label);
        tx.commit().await.unwrap();
        assert_eq!(world.offer(listing).await, now, "{}", world.label);
        let newer = Reading {
            sku: sku("A"),
            quantity: Some(77),
            places: Vec::new(),
        };
        let mut tx = world.ours.begin().await.unwrap();
        let later = world.store.env().now().plus(Duration::from_secs(1));
        tx.apply_readings(one, &[newer], later).await.unwrap();
        assert!(tx.has_marked(), "{}", world.label);
    }
}

#[tokio::test]
async fn listings_are_read_again_when_due_and_all_of_them_now_and_then() {
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 10).await;
        world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.listing(one, "B", Some(a), 1, Some(5)).await;
        world.listing(one, "UNMAPPED", None, 1, Some(5)).await;
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.next_reading(one).await.unwrap(), None);
        assert_eq!(tx.read_all_again(one).await.unwrap(), 2, "{}", world.label);
        assert_eq!(tx.read_all_again(one).await.unwrap(), 0);
        assert_eq!(tx.next_reading(one).await.unwrap(), Some(START));
        assert_eq!(tx.listings_to_read(one, 1).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        world.read_back(one, "A", Some(5)).await;
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(skus(tx.listings_to_read(one, 9).await.unwrap()), [sku("B")]);
        drop(tx);

        let accounts = remote(&[one]);
        let (_, listing) = world.due(one, "C", 9, 0).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        let now = world.store.env().now();
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(skus(tx.listings_to_read(one, 9).await.unwrap()), [sku("B")]);
        drop(tx);
        world.finish(&sent[0], Answer::Accepted).await;
        let now = world.later(Duration::from_secs(2)).max(now);
        world.read_back(one, "C", Some(0)).await;
        let due = "SELECT read_due_at FROM listings WHERE tenant_id = $1 AND sku = 'C'";
        assert_eq!(
            world.number(due).await,
            now.plus(Duration::from_secs(3)).micros(),
            "not shown yet: soon again"
        );
        assert!(world.offer(listing).await.write.is_some());
        world.later(Duration::from_secs(3));
        world.read_back(one, "C", Some(9)).await;
        let none = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND sku = 'C' AND read_due_at IS NULL \
                    AND verified_at IS NOT NULL";
        assert_eq!(world.number(none).await, 1, "shown: no more");
    }
}

#[tokio::test]
async fn another_tenant_moves_no_offer_of_ours() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let (a, listing) = world.due(one, "A", 5, 0).await;
        let before = (world.offer(listing).await, world.planned(listing).await);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.plan_dirty(&accounts, 10).await.unwrap().products, 0);
        assert_eq!(tx.begin_writes(one, &accounts, 10).await.unwrap().len(), 0);
        assert_eq!(tx.read_all_again(one).await.unwrap(), 0);
        assert_eq!(tx.next_reading(one).await.unwrap(), None);
        assert_eq!(tx.listings_to_read(one, 9).await.unwrap(), []);
        assert_eq!(tx.mark_all_dirty(Some(one), "x").await.unwrap(), 0);
        assert_eq!(tx.mark_all_dirty(None, "x").await.unwrap(), 0);
        let reading = Reading {
            sku: sku("A"),
            quantity: Some(99),
            places: Vec::new(),
        };
        tx.apply_readings(one, &[reading], world.store.env().now())
            .await
            .unwrap();
        let late = world.later(Duration::from_secs(1_000));
        assert_eq!(
            tx.settle(one, late, stockbridge_domain::channel::OrderTime::Placed, TIMING)
                .await
                .unwrap()
                .settled,
            0
        );
        tx.commit().await.unwrap();
        let sent = world.begin_writes(one, &accounts, 10).await;
        let written = world.offer(listing).await;
        let mut tx = world.theirs.begin().await.unwrap();
        let answers = [WriteAnswer {
            listing,
            push: sent[0].push,
            answer: Answer::Refused("not yours".into()),
        }];
        tx.finish_writes(&answers).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.offer(listing).await, written, "{}", world.label);
        assert_eq!(world.push(&sent[0]).await.0, "sent");
        assert_eq!((before.0.write, before.1.due), (None, Some(5)));
        assert_eq!(world.marks().await, []);
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(
            tx.mark_dirty([a], "x", START).await.is_err(),
            "their mark cannot point at our product"
        );
    }
}
