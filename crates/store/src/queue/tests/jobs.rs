//! Enqueueing, taking and ending jobs.

use super::*;

#[tokio::test]
async fn equal_work_is_one_job_with_the_sooner_time_and_the_more_urgent_priority() {
    for world in worlds().await {
        let mut late = world.job(Some("a"), Priority::PULL);
        late.run_at = world.after(60);
        let mut later = world.job(Some("a"), Priority::STOCK_DECREASE);
        later.run_at = world.after(90);
        let ids = world.enqueue(vec![late.clone(), later]).await;
        assert!(ids[0].is_new && !ids[1].is_new && ids[0].job == ids[1].job);
        let mut tx = world.tenant.begin().await.unwrap();
        let mut sooner = late.clone();
        sooner.run_at = world.after(30);
        let mut other = late.clone();
        other.dedupe_key = Some("b".to_owned());
        other.run_at = world.after(99);
        tx.enqueue_many(vec![late.clone(), sooner, other.clone(), other])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let job = world.tenant.job(ids[0].job).await.unwrap().unwrap();
        assert_eq!(
            (job.run_at, job.priority),
            (world.after(30), Priority::STOCK_DECREASE)
        );
        assert_eq!(world.tenant.queue_counts().await.unwrap().queued, 2);
        assert_eq!(world.system.next_wake().await.unwrap(), Some(world.after(30)));
        let found = world.system.find_work("worker", LEASE, 10).await.unwrap();
        assert_eq!(found, Found::Nothing(Some(world.after(30))));
        // One that runs does not count: its reason may be newer than its look.
        world.clock.advance(Duration::from_secs(30));
        let (_, jobs) = world.take(10).await;
        assert_eq!(jobs.len(), 1);
        assert!(world.enqueue(vec![late]).await[0].is_new);
    }
}

#[tokio::test]
async fn jobs_without_a_key_are_all_kept_and_nothing_is_enqueued_by_a_dropped_transaction() {
    for world in worlds().await {
        let mut wakes = world.store.wakes();
        let mut tx = world.tenant.begin().await.unwrap();
        tx.enqueue(world.job(None, Priority::PULL)).await.unwrap();
        drop(tx);
        assert!(!wakes.has_changed().unwrap());
        assert_eq!(world.claim().await, None);
        let mut tx = world.tenant.begin().await.unwrap();
        let jobs = (0..300).map(|_| world.job(None, Priority::PULL)).collect();
        tx.enqueue_many(jobs).await.unwrap();
        tx.commit().await.unwrap();
        assert!(wakes.has_changed().unwrap());
        wakes.mark_unchanged();
        let (_, jobs) = world.take(1000).await;
        assert_eq!(jobs.len(), 300);
        assert_eq!(jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>().len(), 300);
        assert_eq!(jobs[0].payload, serde_json::json!({ "key": null }));
    }
}

#[tokio::test]
async fn urgent_work_goes_first_and_nothing_before_its_time() {
    for world in worlds().await {
        let mut early = world.job(Some("pull early"), Priority::PULL);
        early.run_at = Timestamp::from_secs(1);
        let mut later = world.job(Some("not yet"), Priority::STOCK_DECREASE);
        later.run_at = world.after(5);
        let pull = world.job(Some("pull"), Priority::PULL);
        let urgent = world.job(Some("urgent"), Priority::SHIPMENT);
        world.enqueue(vec![pull, early, later, urgent]).await;
        let keys = |jobs: &[Job]| {
            jobs.iter()
                .filter_map(|job| job.dedupe_key.clone())
                .collect::<Vec<_>>()
        };
        let (lease, jobs) = world.take(2).await;
        assert_eq!(keys(&jobs), ["urgent", "pull early"]);
        world.clock.advance(Duration::from_secs(5));
        let jobs = world.system.take_jobs(&lease, 10).await.unwrap();
        assert_eq!(keys(&jobs), ["not yet", "pull"]);
        assert!(world.system.take_jobs(&lease, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_job_ends_or_waits_as_its_handler_says() {
    for world in worlds().await {
        let keys = ["done", "snooze", "retry", "dead"];
        let jobs = keys
            .iter()
            .map(|key| world.job(Some(key), Priority::PULL))
            .collect();
        let ids: Vec<JobId> = world.enqueue(jobs).await.iter().map(|e| e.job).collect();
        let (lease, _) = world.take(10).await;
        let at = world.after(60);
        let finishes = [
            done(),
            Finish::Snooze {
                until: at,
                reason: "throttled".into(),
            },
            Finish::Retry {
                at,
                error: "503".into(),
            },
            Finish::Dead {
                error: "refused".into(),
            },
        ];
        let results = ids.iter().copied().zip(finishes).collect();
        assert!(world.system.finish(&lease, results).await.unwrap());
        assert_eq!(
            world.state(ids[0]).await,
            (JobState::Done, 0, Some("ok".into()), None)
        );
        assert_eq!(
            world.state(ids[1]).await,
            (JobState::Queued, 0, None, Some("throttled".into()))
        );
        assert_eq!(
            world.state(ids[2]).await,
            (JobState::Queued, 1, None, Some("503".into()))
        );
        assert_eq!(
            world.state(ids[3]).await,
            (JobState::Dead, 1, None, Some("refused".into()))
        );
        assert!(
            !world.finish(&lease, ids[0], done()).await,
            "it does not run any more"
        );
        world.system.release_lane(&lease, None).await.unwrap();
        assert_eq!(world.claim().await, None);
        assert_eq!(world.system.next_wake().await.unwrap(), Some(at));
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(world.take(10).await.1.len(), 2);
    }
}

#[tokio::test]
async fn a_job_that_would_wait_beside_its_twin_gives_way() {
    for world in worlds().await {
        let first = world.enqueue(vec![world.job(Some("a"), Priority::PULL)]).await[0].job;
        let (lease, _) = world.take(1).await;
        let twin = world.enqueue(vec![world.job(Some("a"), Priority::PULL)]).await[0].job;
        let retry = Finish::Retry {
            at: world.after(9),
            error: "503".into(),
        };
        assert!(world.finish(&lease, first, retry).await);
        let superseded = (
            JobState::Done,
            1,
            Some("superseded".to_owned()),
            Some("503".to_owned()),
        );
        assert_eq!(world.state(first).await, superseded);
        let jobs = world.system.take_jobs(&lease, 9).await.unwrap();
        assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [twin]);
    }
}

#[tokio::test]
async fn people_list_retry_and_cancel_jobs_of_their_tenant_alone() {
    for world in worlds().await {
        let jobs = (0..5).map(|_| world.job(None, Priority::PULL)).collect();
        let ids: Vec<JobId> = world.enqueue(jobs).await.iter().map(|e| e.job).collect();
        let (lease, _) = world.take(1).await;
        let dead = Finish::Dead {
            error: "refused".into(),
        };
        let taken = world
            .tenant
            .jobs(&running(), &PageQuery::default())
            .await
            .unwrap()
            .items[0]
            .id;
        assert!(world.finish(&lease, taken, dead).await);
        let counts = QueueCounts {
            queued: 4,
            running: 0,
            dead: 1,
        };
        assert_eq!(world.tenant.queue_counts().await.unwrap(), counts);

        let stranger = world.store.tenant(world.clock.env().id());
        assert!(
            !stranger.retry_job(taken, "ann").await.unwrap()
                && !stranger.cancel_job(taken, "ann").await.unwrap()
        );
        assert_eq!(stranger.job(taken).await.unwrap(), None);
        assert_eq!(stranger.queue_counts().await.unwrap(), QueueCounts::default());
        assert!(
            stranger
                .jobs(&JobFilter::default(), &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert!(stranger.lanes().await.unwrap().is_empty());

        assert!(
            world.tenant.retry_job(taken, "ann").await.unwrap()
                && !world.tenant.retry_job(taken, "ann").await.unwrap()
        );
        assert_eq!(world.state(taken).await.0, JobState::Queued);
        assert!(
            world.tenant.cancel_job(taken, "ann").await.unwrap()
                && !world.tenant.cancel_job(taken, "ann").await.unwrap()
        );
        assert_eq!(world.state(taken).await.2.as_deref(), Some("cancelled"));

        assert_eq!(all_jobs(&world).await, ids.into_iter().collect());
        let other_kind = JobFilter {
            kind: Some("other".to_owned()),
            ..JobFilter::default()
        };
        assert!(
            world
                .tenant
                .jobs(&other_kind, &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );

        assert_eq!(world.system.purge_done(world.now(), 10).await.unwrap(), 0);
        assert_eq!(world.system.purge_done(world.after(1), 10).await.unwrap(), 1);
        assert_eq!(world.tenant.job(taken).await.unwrap(), None);
    }
}

/// Every job of the tenant, two to a page.
async fn all_jobs(world: &World) -> BTreeSet<JobId> {
    let (mut page, mut found) = (PageQuery::first(2), BTreeSet::new());
    loop {
        let jobs = world.tenant.jobs(&JobFilter::default(), &page).await.unwrap();
        found.extend(jobs.items.iter().map(|job| job.id));
        page.cursor = jobs.next;
        if page.cursor.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn who_changed_a_job_is_in_the_audit_log() {
    for world in worlds().await {
        let job = world.enqueue(vec![world.job(None, Priority::PULL)]).await[0].job;
        assert!(
            !world.tenant.retry_job(job, "ann").await.unwrap(),
            "it is not dead"
        );
        assert!(world.tenant.cancel_job(job, "bob").await.unwrap());
        let noted = world.tenant.audit_log(&PageQuery::default()).await.unwrap().items;
        let noted: Vec<_> = noted
            .iter()
            .map(|e| (e.actor.as_str(), e.action.as_str()))
            .collect();
        assert_eq!(noted, [("bob", "job.cancel")], "what was refused is not noted");
    }
}

fn running() -> JobFilter {
    JobFilter {
        state: Some(JobState::Running),
        ..JobFilter::default()
    }
}

#[tokio::test]
async fn jobs_that_wait_for_a_channel_are_woken_by_the_reason_they_wait_for() {
    for world in worlds().await {
        let account: AccountId = world.clock.env().id();
        let of = |key: &str, account: AccountId| NewJob {
            account: Some(account),
            ..world.job(Some(key), Priority::PULL)
        };
        let somebody_else: AccountId = world.clock.env().id();
        let jobs = vec![
            of("ready", account),
            of("busy", account),
            of("other", somebody_else),
        ];
        let ids: Vec<JobId> = world.enqueue(jobs).await.iter().map(|e| e.job).collect();
        let (lease, _) = world.take(10).await;
        let until = world.after(600);
        let waits = |reason: &str| Finish::Snooze {
            until,
            reason: reason.into(),
        };
        let finishes = [waits("preparing"), waits("throttled"), waits("preparing")];
        let results = ids.iter().copied().zip(finishes).collect();
        assert!(world.system.finish(&lease, results).await.unwrap());
        let mut tx = world.tenant.begin().await.unwrap();
        assert_eq!(tx.wake_jobs(account, "preparing").await.unwrap(), 1);
        assert_eq!(
            tx.wake_jobs(account, "preparing").await.unwrap(),
            0,
            "it is due already"
        );
        tx.commit().await.unwrap();
        world.system.release_lane(&lease, None).await.unwrap();
        let (_, jobs) = world.take(10).await;
        assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[0]]);
    }
}
