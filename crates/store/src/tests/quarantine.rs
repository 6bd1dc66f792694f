//! What could not be read.

use std::time::Duration;

use stockbridge_domain::channel::Unreadable;

use super::*;
use crate::StoreError;

fn thing(id: &str) -> Unreadable {
    Unreadable {
        id: Some(id.to_owned()),
        reason: "quantity: `1.5` is no whole number".to_owned(),
        raw: format!("{{\"id\":\"{id}\"}}"),
    }
}

#[tokio::test]
async fn unreadable_things_are_kept_once_and_as_they_came() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(
            tx.quarantine(one, "order", &[thing("1"), thing("1")])
                .await
                .unwrap(),
            1
        );
        assert_eq!(tx.quarantine(one, "order", &[]).await.unwrap(), 0);
        world.later(Duration::from_millis(1));
        assert_eq!(
            tx.quarantine(one, "order", &[thing("1"), thing("2")])
                .await
                .unwrap(),
            1
        );
        world.later(Duration::from_millis(1));
        assert_eq!(tx.quarantine(two, "listing", &[thing("1")]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let kept = walk!(async |query: PageQuery| ours.quarantined(None, &query).await);
        let what: Vec<_> = kept
            .iter()
            .map(|record| (record.account, record.channel_id.as_deref()))
            .collect();
        assert_eq!(
            what,
            [(two, Some("1")), (one, Some("2")), (one, Some("1"))],
            "{}",
            world.label
        );
        let of_two = ours
            .quarantined(Some(two), &PageQuery::default())
            .await
            .unwrap()
            .items;
        assert_eq!(of_two, kept[..1]);
        assert!(of_two[0].reason.contains("1.5"));
        assert_eq!(
            world
                .theirs
                .quarantined(None, &PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );
        assert!(matches!(
            ours.quarantined(None, &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));

        let id = kept[1].id;
        assert_eq!(world.theirs.quarantined_payload(id, "eve").await.unwrap(), None);
        let raw = ours.quarantined_payload(id, "owner").await.unwrap();
        assert_eq!(raw.as_deref(), Some("{\"id\":\"2\"}"));
        let log = ours.audit_log(&PageQuery::default()).await.unwrap().items;
        assert_eq!(log[0].action, "quarantine.read_payload");
        assert!(!world.theirs.discard_quarantined(id).await.unwrap());
        assert!(ours.discard_quarantined(id).await.unwrap());
        assert!(!ours.discard_quarantined(id).await.unwrap());
    }
}
