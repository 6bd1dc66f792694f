//! Writes to channels that compare before they set, or take changes.

use stockbridge_domain::channel::{Change, WriteMode};
use stockbridge_domain::offer::WriteState;

use super::*;

fn in_mode(accounts: &[AccountId], mode: WriteMode) -> OfferAccounts {
    let mut all = remote(accounts);
    all.values_mut().for_each(|account| account.mode = mode);
    all
}

impl World {
    /// Plans every product, as the periodic full pass does.
    async fn plan_again(&self, accounts: &OfferAccounts) {
        let mut tx = self.ours.begin().await.unwrap();
        tx.mark_all_dirty(None, "full pass").await.unwrap();
        tx.commit().await.unwrap();
        self.plan(accounts).await;
    }
}

#[tokio::test]
async fn units_move_between_comparing_channels_with_the_answer_and_without_zero() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = in_mode(&[one, two], WriteMode::CompareAndSet);
        let a = world.counted("A", 8).await;
        let full = world.listing(one, "A", Some(a), 1, Some(8)).await;
        let empty = world.listing(two, "A", Some(a), 1, Some(0)).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(
            (sent[0].level.quantity, sent[0].level.change),
            (4, Change::From(8)),
            "{}",
            world.label
        );
        assert_eq!(world.planned(empty).await.due, None, "nothing is free yet");
        world.finish(&sent[0], Answer::Applied).await;
        let offer = world.offer(full).await;
        assert_eq!(
            (offer.exposure, offer.write.unwrap().state),
            (4, WriteState::Applied)
        );
        assert_eq!(world.marks().await.len(), 1);
        world.plan(&accounts).await;
        assert_eq!(world.planned(empty).await, planned(4, Some(4), None));
        assert_eq!(
            world.begin_writes(two, &accounts, 10).await[0].level.change,
            Change::From(0)
        );
        let history = world.ours.pushes_of_listing(full, "quantity", 5).await.unwrap();
        assert_eq!(
            (history[0].mode, history[0].compared, history[0].outcome.as_str()),
            (Some(WriteMode::CompareAndSet), Some(8), "applied")
        );
        world.later(Duration::from_secs(3));
        world.read_back(one, "A", Some(4)).await;
        world.later(Duration::from_secs(70));
        assert_eq!(world.settle(one).await.notices.len(), 0);
        assert_eq!(world.offer(full).await.write, None);
        let check = world.ours.check_ledger().await.unwrap();
        assert!(!check.findings.iter().any(|f| f.broken), "{:?}", check.findings);
    }
}

#[tokio::test]
async fn a_refused_comparison_is_planned_anew_from_what_is_shown() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = in_mode(&[one], WriteMode::CompareAndSet);
        let a = world.counted("A", 9).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent[0].level.change, Change::From(5), "{}", world.label);
        let message = "it shows 4".to_owned();
        let shown = Some(4);
        world
            .finish(
                &sent[0],
                Answer::Differs {
                    shown,
                    places: Vec::new(),
                    message,
                },
            )
            .await;
        assert_eq!(world.push(&sent[0]).await.0, "differs");
        let offer = world.offer(listing).await;
        assert_eq!(
            (offer.exposure, offer.write, offer.believed()),
            (5, None, Some(4))
        );
        world.plan(&accounts).await;
        let again = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(again[0].level.change, Change::From(4), "not the same again");
        assert_eq!(world.offer(listing).await.exposure, again[0].level.quantity + 1);

        let message = "it shows something else".to_owned();
        world
            .finish(
                &again[0],
                Answer::Differs {
                    shown: None,
                    places: Vec::new(),
                    message,
                },
            )
            .await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(listing).await,
            planned(9, None, Some("awaiting_read_back"))
        );
        world.later(Duration::from_secs(3));
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(
            tx.listings_to_read(one, 5).await.unwrap().len(),
            1,
            "it is looked at first"
        );
    }
}

#[tokio::test]
async fn a_lost_relative_change_is_looked_up_and_never_sent_again() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = in_mode(&[one], WriteMode::Relative);
        let a = world.counted("A", 9).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(5)).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent[0].level.change, Change::By(4), "{}", world.label);
        world
            .finish(&sent[0], Answer::Unknown("no answer".to_owned()))
            .await;
        assert_eq!(world.offer(listing).await.exposure, 9);
        world.plan_again(&accounts).await;
        assert_eq!(world.begin_writes(one, &accounts, 10).await.len(), 0);
        world.later(Duration::from_secs(3));
        world.read_back(one, "A", Some(9)).await;
        world.later(Duration::from_secs(70));
        assert_eq!(world.settle(one).await.settled, 1);
        world.plan_again(&accounts).await;
        assert_eq!(
            world.begin_writes(one, &accounts, 10).await.len(),
            0,
            "it had been applied"
        );
        assert_eq!(world.offer(listing).await.exposure, 9);
    }
}
