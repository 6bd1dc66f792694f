//! The audit log.

use std::time::Duration;

use super::*;
use crate::{NewAudit, StoreError};

#[tokio::test]
async fn the_log_is_kept_newest_first() {
    for world in worlds().await {
        let ours = &world.ours;
        for subject in ["a", "b", "c"] {
            let new = NewAudit {
                actor: "owner",
                action: "account.connect",
                subject,
                detail: "test",
            };
            ours.audit(&new).await.unwrap();
            world.later(Duration::from_millis(1));
        }
        let log = walk!(async |query: PageQuery| ours.audit_log(&query).await);
        let subjects: Vec<_> = log.iter().map(|entry| entry.subject.as_str()).collect();
        assert_eq!(subjects, ["c", "b", "a"], "{}", world.label);
        assert_eq!((log[2].at, log[2].detail.as_str()), (START, "test"));
        assert_eq!(
            world.theirs.audit_log(&PageQuery::default()).await.unwrap().items,
            []
        );
        assert!(matches!(
            ours.audit_log(&bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}
