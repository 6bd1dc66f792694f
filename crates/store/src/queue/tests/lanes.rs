//! Leases, waits and turns.

use super::*;

#[tokio::test]
async fn a_worker_that_lost_its_lane_changes_nothing() {
    for world in worlds().await {
        let id = world.enqueue(vec![world.job(Some("a"), Priority::PULL)]).await[0].job;
        let (old, _) = world.take(1).await;
        assert_eq!(world.claim().await, None, "it is held");
        assert!(world.system.renew(&old, LEASE).await.unwrap());
        world.clock.advance(LEASE);
        let (new, jobs) = world.take(9).await;
        assert!(new.fence > old.fence);
        assert_eq!((jobs[0].id, jobs[0].attempts), (id, 1), "left behind: an attempt");
        assert!(!world.finish(&old, id, done()).await);
        let mut tx = world.tenant.begin().await.unwrap();
        assert!(!tx.finish_job(&old, id, done()).await.unwrap());
        drop(tx);
        assert!(!world.system.renew(&old, LEASE).await.unwrap());
        assert!(world.system.take_jobs(&old, 9).await.unwrap().is_empty());
        world.system.release_lane(&old, None).await.unwrap();
        assert_eq!(world.claim().await, None, "still the new worker's");
        assert_eq!(world.state(id).await.0, JobState::Running);
        let mut tx = world.tenant.begin().await.unwrap();
        assert!(tx.finish_job(&new, id, done()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(world.state(id).await.0, JobState::Done);
    }
}

#[tokio::test]
async fn the_last_job_gives_its_lane_back_unless_it_was_lost() {
    for world in worlds().await {
        let job = || world.job(None, Priority::PULL);
        world.enqueue(vec![job(), job()]).await;
        let find = async || match world.system.find_work("worker", LEASE, 10).await.unwrap() {
            Found::Lane(lease) => lease,
            other => panic!("{other:?}"),
        };
        let take = async |lease| world.system.take_jobs(lease, 1).await.unwrap().remove(0).id;
        let last = async |lease, id| {
            let finished = world.system.finish_and_release(lease, id, done()).await;
            finished.unwrap()
        };
        let first = find().await;
        let done_first = take(&first).await;
        assert!(last(&first, done_first).await);
        let second = find().await;
        assert!(second.fence > first.fence, "there was more to do");
        let done_later = take(&second).await;
        assert!(!last(&first, done_later).await, "not its own");
        world.clock.advance(LEASE);
        let third = find().await;
        assert!(last(&second, done_later).await, "nobody has taken it anew");
        assert_eq!(world.claim().await, None, "the lane stays the third one's");
        world.system.release_lane(&third, None).await.unwrap();
        let found = world.system.find_work("worker", LEASE, 10).await.unwrap();
        assert_eq!(found, Found::Nothing(None));
    }
}

#[tokio::test]
async fn a_lane_of_a_process_that_is_gone_is_free_at_once() {
    for world in worlds().await {
        let id = world.enqueue(vec![world.job(Some("a"), Priority::PULL)]).await[0].job;
        let (old, _) = world.take(1).await;
        assert_eq!(world.system.end_leases(Some("somebody else")).await.unwrap(), 0);
        assert_eq!(world.claim().await, None, "it is held");
        assert_eq!(world.system.end_leases(None).await.unwrap(), 1);
        let (_, jobs) = world.take(9).await;
        assert_eq!((jobs[0].id, jobs[0].attempts), (id, 1), "left behind: an attempt");
        assert!(
            !world.finish(&old, id, done()).await,
            "whoever lives after all is refused"
        );
        assert_eq!(world.system.end_leases(None).await.unwrap(), 1, "the new one's");
        assert_eq!(world.system.end_leases(None).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_lane_that_must_wait_wakes_for_nothing_else() {
    for world in worlds().await {
        let job = || world.job(None, Priority::PULL);
        world.enqueue(vec![job()]).await;
        let lease = world.claim().await.unwrap();
        let until = world.after(120);
        world
            .system
            .release_lane(&lease, Some((until, "quota used up")))
            .await
            .unwrap();
        world
            .enqueue(vec![world.job(None, Priority::STOCK_DECREASE)])
            .await;
        assert_eq!(world.claim().await, None);
        let lane = &world.tenant.lanes().await.unwrap()[0];
        assert_eq!(
            (lane.wait_reason.as_deref(), lane.ready_at),
            (Some("quota used up"), Some(until))
        );
        assert_eq!((lane.queued, lane.running, lane.leased), (2, 0, false));
        world.clock.advance(Duration::from_secs(120));
        let (lease, jobs) = world.take(9).await;
        assert_eq!(jobs.len(), 2);
        for job in jobs {
            assert!(world.finish(&lease, job.id, done()).await);
        }
        // An idle lane's wait does not hold back what comes later, nor does one that ends before the next job.
        world
            .system
            .release_lane(&lease, Some((world.after(5), "quota used up")))
            .await
            .unwrap();
        assert_eq!(world.system.next_wake().await.unwrap(), None);
        world.enqueue(vec![job()]).await;
        assert_eq!(world.take(9).await.1.len(), 1);
    }
}

#[tokio::test]
async fn lanes_are_claimed_by_urgency_then_in_turn() {
    for world in worlds().await {
        let other = world.store.tenant(world.clock.env().id());
        let of = |tenant: &Tenant, lane: &str, priority| NewJob {
            lane: format!("{}/{lane}", tenant.id()),
            ..world.job(None, priority)
        };
        // A tenant with much work, then one with little.
        let many = (0..3)
            .map(|_| of(&world.tenant, "bulk", Priority::PULL))
            .collect();
        world.enqueue(many).await;
        world.clock.advance(Duration::from_secs(1));
        enqueue(&other, vec![of(&other, "bulk", Priority::PULL)]).await;
        let mut turns = Vec::new();
        while let Some(lease) = world.claim().await {
            let job = &world.system.take_jobs(&lease, 1).await.unwrap()[0];
            turns.push(lease.tenant == other.id());
            assert!(world.finish(&lease, job.id, done()).await);
            world.clock.advance(Duration::from_secs(1));
            world.system.release_lane(&lease, None).await.unwrap();
        }
        assert_eq!(turns, [false, true, false, false]);
        world
            .enqueue(vec![of(&world.tenant, "bulk", Priority::PULL)])
            .await;
        world.clock.advance(Duration::from_secs(1));
        enqueue(&other, vec![of(&other, "urgent", Priority::STOCK_DECREASE)]).await;
        assert_eq!(world.claim().await.unwrap().tenant, other.id());
    }
}

#[tokio::test]
async fn a_paused_account_rests_until_it_is_resumed() {
    for world in worlds().await {
        let account: AccountId = world.clock.env().id();
        let job = |lane: &str| NewJob {
            lane: format!("{account}/{lane}"),
            account: Some(account),
            ..world.job(None, Priority::PULL)
        };
        world.enqueue(vec![job("orders")]).await;
        world
            .tenant
            .pause_lanes(account, "reconnect the account")
            .await
            .unwrap();
        world.enqueue(vec![job("orders"), job("listings")]).await;
        assert_eq!(world.claim().await, None);
        assert_eq!(world.system.next_wake().await.unwrap(), None);
        let lanes = world.tenant.lanes().await.unwrap();
        assert!(
            lanes
                .iter()
                .all(|lane| lane.paused && lane.account == Some(account)),
            "{lanes:?}"
        );
        assert!(
            lanes
                .iter()
                .all(|lane| lane.wait_reason.as_deref() == Some("reconnect the account"))
        );
        let wakes = world.store.wakes();
        world.tenant.resume_lanes(account).await.unwrap();
        assert!(wakes.has_changed().unwrap());
        let first = world.claim().await.unwrap();
        let second = world.claim().await.unwrap();
        assert_ne!(first.lane, second.lane);
    }
}

#[tokio::test]
async fn lanes_belong_to_their_tenant() {
    for world in worlds().await {
        let tenant: TenantId = world.clock.env().id();
        let lease = Lease {
            tenant,
            lane: format!("{}/main", world.tenant.id()),
            account: None,
            fence: 1,
            until: Timestamp::MAX,
        };
        let id = world.enqueue(vec![world.job(None, Priority::PULL)]).await[0].job;
        let (real, _) = world.take(1).await;
        assert_eq!(real.fence, lease.fence);
        assert!(world.system.take_jobs(&lease, 9).await.unwrap().is_empty());
        assert!(!world.finish(&lease, id, done()).await);
        assert!(!world.system.renew(&lease, LEASE).await.unwrap());
        world.system.release_lane(&lease, None).await.unwrap();
        assert!(world.finish(&real, id, done()).await);
    }
}
