//! The queue's conformance: every case runs on both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::clock::Stepped;
use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, JobId, TenantId, Timestamp};

use super::*;
use crate::testing::{TestDb, databases};
use crate::{Found, Lease, PageQuery, Store, System, Tenant};

const LEASE: Duration = Duration::from_secs(30);

struct World {
    clock: Arc<Stepped>,
    store: Store,
    system: System,
    tenant: Tenant,
    _database: TestDb,
}

/// One world per database, with one tenant each.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for database in databases().await.unwrap() {
        let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 5);
        let store = database.store(clock.env()).await.unwrap();
        worlds.push(World {
            system: store.system(),
            tenant: store.tenant(clock.env().id()),
            clock,
            store,
            _database: database,
        });
    }
    worlds
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.env().now()
    }

    fn after(&self, seconds: u64) -> Timestamp {
        self.now().plus(Duration::from_secs(seconds))
    }

    fn job(&self, key: Option<&str>, priority: Priority) -> NewJob {
        NewJob {
            kind: "test.run",
            lane: format!("{}/main", self.tenant.id()),
            account: None,
            dedupe_key: key.map(str::to_owned),
            payload: serde_json::json!({ "key": key }),
            priority,
            run_at: self.now(),
        }
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Vec<Enqueued> {
        enqueue(&self.tenant, jobs).await
    }

    async fn claim(&self) -> Option<Lease> {
        self.system.claim_lane("worker", LEASE).await.unwrap()
    }

    /// Claims the lane that must be there and takes what it has.
    async fn take(&self, limit: i64) -> (Lease, Vec<Job>) {
        let lease = self.claim().await.unwrap();
        let jobs = self.system.take_jobs(&lease, limit).await.unwrap();
        (lease, jobs)
    }

    async fn finish(&self, lease: &Lease, job: JobId, finish: Finish) -> bool {
        self.system.finish(lease, vec![(job, finish)]).await.unwrap()
    }

    async fn state(&self, job: JobId) -> (JobState, i64, Option<String>, Option<String>) {
        let job = self.tenant.job(job).await.unwrap().unwrap();
        (job.state, job.attempts, job.outcome, job.last_error)
    }
}

async fn enqueue(tenant: &Tenant, jobs: Vec<NewJob>) -> Vec<Enqueued> {
    let mut tx = tenant.begin().await.unwrap();
    let mut done = Vec::new();
    for job in jobs {
        done.push(tx.enqueue(job).await.unwrap());
    }
    tx.commit().await.unwrap();
    done
}

fn done() -> Finish {
    Finish::Done {
        outcome: "ok".to_owned(),
    }
}

mod jobs;
mod lanes;
mod workers;
