//! Mailboxes: subscriptions by topic, and how reading goes.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn subscriptions_are_kept_topic_by_topic_with_what_keeps_them_from_being_in_place() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("Shop").await;
        ours.keep_subscription(account, "orders", Ok("sub-1"))
            .await
            .unwrap();
        ours.keep_subscription(account, "offers", Err("a role is missing"))
            .await
            .unwrap();
        let later = world.later(Duration::from_secs(60));
        let mut tx = ours.begin().await.unwrap();
        tx.keep_subscription(account, "offers", Ok("sub-2"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let found = ours.subscriptions(account).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|s| (s.topic.as_str(), s.id.as_deref(), s.trouble.as_deref()))
            .collect();
        assert_eq!(
            found,
            [("offers", Some("sub-2"), None), ("orders", Some("sub-1"), None)]
        );
        assert_eq!(ours.subscriptions(account).await.unwrap()[0].checked_at, later);
        assert!(world.theirs.subscriptions(account).await.unwrap().is_empty());
        let mut tx = ours.begin().await.unwrap();
        tx.forget_subscriptions(account).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ours.subscriptions(account).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_mailbox_counts_its_letters_and_tells_its_trouble_until_it_is_over() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("Shop").await;
        assert!(ours.mailbox(account).await.unwrap().is_none());
        ours.mailbox_failed(account, "no keys").await.unwrap();
        ours.mailbox_emptied(account, 3).await.unwrap();
        ours.mailbox_failed(account, "no queue").await.unwrap();
        let found = ours.mailbox(account).await.unwrap().unwrap();
        assert_eq!((found.letters, found.error.as_deref()), (3, Some("no queue")));
        let later = world.later(Duration::from_secs(60));
        ours.mailbox_emptied(account, 2).await.unwrap();
        let found = ours.mailbox(account).await.unwrap().unwrap();
        assert_eq!(
            (found.letters, found.error, found.emptied_at),
            (5, None, Some(later))
        );
        assert!(world.theirs.mailbox(account).await.unwrap().is_none());
    }
}
