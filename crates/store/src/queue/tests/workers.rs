//! Many workers, and workers that die.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins the tasks it starts itself"
)]

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_workers_do_each_job_once_and_share_no_lane() {
    for world in worlds().await {
        let jobs: Vec<NewJob> = (0..400)
            .map(|i| NewJob {
                lane: format!("{}/{}", world.tenant.id(), i % 7),
                ..world.job(None, Priority(i % 3))
            })
            .collect();
        let mut tx = world.tenant.begin().await.unwrap();
        tx.enqueue_many(jobs).await.unwrap();
        tx.commit().await.unwrap();
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let system = world.system.clone();
                tokio::spawn(async move { drain(&system, &format!("worker {worker}")).await })
            })
            .collect();
        let mut seen = BTreeMap::<JobId, u32>::new();
        for worker in workers {
            for job in worker.await.unwrap() {
                *seen.entry(job).or_default() += 1;
            }
        }
        assert_eq!((seen.len(), seen.values().max()), (400, Some(&1)));
        assert_eq!(world.tenant.queue_counts().await.unwrap(), QueueCounts::default());
    }
}

/// Works until nothing is to be had.
async fn drain(system: &System, owner: &str) -> Vec<JobId> {
    let mut seen = Vec::new();
    while let Some(lease) = system.claim_lane(owner, LEASE).await.unwrap() {
        let jobs = system.take_jobs(&lease, 9).await.unwrap();
        let results: Vec<_> = jobs.iter().map(|job| (job.id, done())).collect();
        assert!(
            system.finish(&lease, results).await.unwrap(),
            "nobody else holds the lane"
        );
        seen.extend(jobs.iter().map(|job| job.id));
        system.release_lane(&lease, None).await.unwrap();
    }
    seen
}

/// Workers die at every point between two statements; whatever they leave behind is done, and its effect, written
/// in the transaction that finishes it, exists once.
#[tokio::test]
async fn dying_workers_lose_and_double_nothing() {
    for world in worlds().await {
        let lanes: Vec<String> = (0..3).map(|i| format!("{}/{i}", world.tenant.id())).collect();
        let jobs = (0..60).map(|i| NewJob {
            lane: lanes[i % 3].clone(),
            ..world.job(None, Priority::PULL)
        });
        world.enqueue(jobs.collect()).await;
        let env = world.clock.env();
        let dies = || env.below(4) == 0;
        let mut effects = 0;
        for _ in 0..2_000 {
            let Some(lease) = world.claim().await else {
                if world.system.next_wake().await.unwrap().is_none() {
                    break;
                }
                world.clock.advance(LEASE);
                continue;
            };
            if dies() {
                continue;
            }
            for job in world.system.take_jobs(&lease, 4).await.unwrap() {
                if dies() {
                    break;
                }
                let mut tx = world.tenant.begin().await.unwrap();
                assert!(tx.finish_job(&lease, job.id, done()).await.unwrap());
                // The effect: a job in another lane.
                let effect = NewJob {
                    kind: "test.effect",
                    run_at: Timestamp::MAX,
                    ..world.job(None, Priority::PULL)
                };
                tx.enqueue(effect).await.unwrap();
                if !dies() {
                    tx.commit().await.unwrap();
                    effects += 1;
                }
            }
            if !dies() {
                world.system.release_lane(&lease, None).await.unwrap();
            }
        }
        let counts = world.tenant.queue_counts().await.unwrap();
        assert_eq!(
            (effects, counts.queued, counts.running, counts.dead),
            (60, 60, 0, 0)
        );
    }
}
