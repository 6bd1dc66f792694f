//! Requests sent again.

use std::time::Duration;

use super::*;
use crate::Idempotency::{Fresh, Mismatch, Replay, Running};

#[tokio::test]
async fn a_request_sent_again_answers_as_the_first_time() {
    for world in worlds().await {
        let (ours, theirs) = (&world.ours, &world.theirs);
        assert_eq!(ours.begin_request("k", "h").await.unwrap(), Fresh);
        assert_eq!(ours.begin_request("k", "h").await.unwrap(), Running);
        assert_eq!(
            theirs.begin_request("k", "h").await.unwrap(),
            Fresh,
            "a key is the tenant's own"
        );
        theirs.complete_request("k", 500, "theirs").await.unwrap();
        ours.complete_request("k", 201, "{}").await.unwrap();
        ours.complete_request("k", 500, "late").await.unwrap();
        let replay = Replay {
            status: 201,
            body: "{}".to_owned(),
        };
        assert_eq!(
            ours.begin_request("k", "h").await.unwrap(),
            replay,
            "{}",
            world.label
        );
        assert_eq!(ours.begin_request("k", "other").await.unwrap(), Mismatch);
        ours.release_request("k").await.unwrap();
        assert_eq!(
            ours.begin_request("k", "h").await.unwrap(),
            replay,
            "what is done stays done"
        );
    }
}

#[tokio::test]
async fn a_request_that_failed_or_got_lost_can_be_sent_again() {
    for world in worlds().await {
        let ours = &world.ours;
        assert_eq!(ours.begin_request("failed", "h").await.unwrap(), Fresh);
        ours.release_request("failed").await.unwrap();
        assert_eq!(ours.begin_request("failed", "h").await.unwrap(), Fresh);
        assert_eq!(ours.begin_request("lost", "h").await.unwrap(), Fresh);
        world.theirs.release_request("lost").await.unwrap();
        assert_eq!(ours.begin_request("lost", "h").await.unwrap(), Running);
        let now = world.later(Duration::from_secs(120));
        assert_eq!(
            ours.begin_request("lost", "h").await.unwrap(),
            Fresh,
            "{}",
            world.label
        );
        assert_eq!(ours.begin_request("lost", "h").await.unwrap(), Running);
        assert_eq!(world.store.system().purge_requests(now).await.unwrap(), 1);
        assert_eq!(ours.begin_request("lost", "h").await.unwrap(), Running);
    }
}
