//! Runs.

use std::time::Duration;

use super::*;
use crate::{RunProgress, RunState, StoreError};

#[tokio::test]
async fn a_run_goes_on_where_it_was_and_ends_once() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        assert_eq!(
            world
                .theirs
                .start_run(account, "orders", "schedule")
                .await
                .unwrap(),
            None
        );
        let run = ours
            .start_run(account, "orders", "schedule")
            .await
            .unwrap()
            .unwrap();
        let progress = RunProgress {
            seen: 100,
            changed: 7,
            failed: 1,
            cursor: Some("page 2".to_owned()),
        };
        assert!(ours.progress_run(run, &progress).await.unwrap());
        assert!(ours.progress_run(run, &progress).await.unwrap());
        assert!(!world.theirs.progress_run(run, &progress).await.unwrap());
        let open = ours.open_run(account, "orders").await.unwrap().unwrap();
        assert_eq!((open.id, open.seen, open.changed, open.failed), (run, 200, 14, 2));
        assert_eq!(
            (open.cursor.as_deref(), open.state),
            (Some("page 2"), RunState::Running)
        );
        assert_eq!(ours.open_run(account, "listings").await.unwrap(), None);
        assert_eq!(world.theirs.open_run(account, "orders").await.unwrap(), None);
        let ended = world.later(Duration::from_secs(3));
        assert!(!world.theirs.end_run(run, RunState::Failed, None).await.unwrap());
        assert!(ours.end_run(run, RunState::Done, Some("all in")).await.unwrap());
        assert!(
            !ours.end_run(run, RunState::Failed, None).await.unwrap(),
            "{}",
            world.label
        );
        assert!(!ours.progress_run(run, &progress).await.unwrap());
        let done = ours.run(run).await.unwrap().unwrap();
        assert_eq!((done.state, done.ended_at), (RunState::Done, Some(ended)));
        assert_eq!((done.message.as_deref(), done.cursor), (Some("all in"), None));
        assert_eq!(ours.open_run(account, "orders").await.unwrap(), None);
        assert_eq!(world.theirs.run(run).await.unwrap(), None);
    }
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        let mut made = Vec::new();
        for account in [one, two, one, one] {
            world.later(Duration::from_secs(1));
            made.insert(
                0,
                ours.start_run(account, "orders", "test").await.unwrap().unwrap(),
            );
        }
        let ids = |rows: Vec<crate::RunRecord>| rows.into_iter().map(|run| run.id).collect::<Vec<_>>();
        assert_eq!(
            ids(walk!(async |query: PageQuery| ours.runs(None, &query).await)),
            made
        );
        made.remove(2);
        let of_one = ids(walk!(async |query: PageQuery| ours.runs(Some(one), &query).await));
        assert_eq!(of_one, made, "{}", world.label);
        assert_eq!(
            world
                .theirs
                .runs(None, &PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );
        assert!(matches!(
            ours.runs(None, &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}
