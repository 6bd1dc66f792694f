//! A store that was just connected: nothing more is promised until all of its listings were read.

use super::*;

#[tokio::test]
async fn nothing_more_is_promised_while_a_stores_listings_are_unread() {
    for world in worlds().await {
        let (one, two, own) = (
            world.account("one").await,
            world.account("two").await,
            world.account("own").await,
        );
        let accounts = remote(&[one, two]);
        let mug = world.counted("MUG", 10).await;
        let tea = world.counted("TEA", 3).await;
        let low = world.listing(one, "MUG", Some(mug), 1, Some(2)).await;
        let high = world.listing(one, "TEA", Some(tea), 1, Some(9)).await;
        world.await_listings(two).await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(low).await,
            planned(10, None, Some("unknown")),
            "{}",
            world.label
        );
        assert!(
            world.planned(high).await.due.is_some(),
            "what is too much is taken back"
        );
        assert_eq!(world.free(own, mug).await, 0);

        assert_eq!(world.awaited().await, (true, false), "ours only");
        assert!(!world.theirs_read(two).await, "another tenant cannot end it");
        assert!(world.read(two).await);
        assert!(!world.read(two).await, "it ends once");
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(low).await,
            planned(10, Some(8), None),
            "{}",
            world.label
        );
        assert_eq!(world.free(own, mug).await, 8);
    }
}

#[tokio::test]
async fn a_store_that_is_not_worked_for_stops_nobody() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let mug = world.counted("MUG", 10).await;
        let low = world.listing(one, "MUG", Some(mug), 1, Some(2)).await;
        world.await_listings(two).await;
        let paused = crate::AccountStatus::Paused;
        world.ours.set_account_status(two, paused, None).await.unwrap();
        world.plan(&remote(&[one, two])).await;
        assert_eq!(world.planned(low).await.due, Some(8), "{}", world.label);
    }
}

impl World {
    async fn await_listings(&self, account: AccountId) {
        let mut tx = self.ours.begin().await.unwrap();
        tx.await_listings(account).await.unwrap();
        tx.mark_all_dirty(None, "store connected").await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn read(&self, account: AccountId) -> bool {
        let mut tx = self.ours.begin().await.unwrap();
        let awaited = tx.listings_read(account).await.unwrap();
        tx.commit().await.unwrap();
        awaited
    }

    /// Whether listings of ours, and of another tenant, are waited for.
    async fn awaited(&self) -> (bool, bool) {
        let ours = self.ours.begin().await.unwrap().listings_awaited().await;
        let theirs = self.theirs.begin().await.unwrap().listings_awaited().await;
        (ours.unwrap(), theirs.unwrap())
    }

    async fn theirs_read(&self, account: AccountId) -> bool {
        let mut tx = self.theirs.begin().await.unwrap();
        tx.listings_read(account).await.unwrap()
    }
}
