//! When what ends by itself began.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_term_begins_anew_and_ends_when_the_channel_says() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("Shop").await;
        assert!(ours.account_terms(account).await.unwrap().is_empty());
        let began = world.clock.env().now();
        let mut tx = ours.begin().await.unwrap();
        tx.begin_terms(account, &["authorisation", "secret"], None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let told = began.plus(Duration::from_secs(900));
        let mut tx = ours.begin().await.unwrap();
        tx.set_term_end(account, "secret", began, told).await.unwrap();
        tx.set_term_end(account, "key", began, told).await.unwrap();
        tx.commit().await.unwrap();
        let found = ours.account_terms(account).await.unwrap();
        let names: Vec<_> = found.iter().map(|t| (t.name.as_str(), t.ends_at)).collect();
        assert_eq!(
            names,
            [
                ("authorisation", None),
                ("key", Some(told)),
                ("secret", Some(told))
            ]
        );
        assert!(found.iter().all(|t| t.began_at == began));

        world.clock.advance(Duration::from_secs(60));
        let mut tx = ours.begin().await.unwrap();
        tx.begin_terms(account, &["secret"], None).await.unwrap();
        tx.commit().await.unwrap();
        let found = ours.account_terms(account).await.unwrap();
        assert_eq!(
            (found[2].began_at, found[2].ends_at),
            (began.plus(Duration::from_secs(60)), None),
            "what the channel said held for the former one"
        );
        assert!(world.theirs.account_terms(account).await.unwrap().is_empty());
    }
}
