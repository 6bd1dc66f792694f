//! Workers: claim the most urgent lane that is ready, do some of its work in order, give it back.
//!
//! Any number of workers in any number of processes may run; a lane is held by one at a time, under a lease with a fencing
//! token. Killing a worker at any moment loses nothing: its lease runs out, and its jobs are taken again.

use std::time::Duration;

use stockbridge_domain::Timestamp;
use stockbridge_domain::job::Priority;
use stockbridge_store::{DueSchedule, Finish, Found, Job, Lease, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Hub;
use crate::job::{self, JobCtx};

/// How long a lane is held without a sign of life; longer than the longest single call to a channel.
pub(crate) const LEASE: Duration = Duration::from_secs(90);
/// Jobs taken at once: few, so that something urgent that comes in meanwhile waits for few.
const TAKE: i64 = 4;
/// Longest pause between looks at the queue; a wake-up or a due instant ends it sooner.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Due schedules handled in one go.
const SCHEDULES: i64 = 200;

/// How a worker is to run.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Lanes worked at the same time.
    pub workers: usize,
    /// Who holds the leases, for people.
    pub owner: String,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A lane was worked, or schedules became jobs.
    Worked,
    /// There is nothing to do before this instant, as far as is known.
    Idle(Option<Timestamp>),
}

/// Works the queue.
#[derive(Clone)]
pub struct Worker {
    hub: Hub,
    options: WorkerOptions,
}

impl Worker {
    /// A worker on a hub.
    pub fn new(hub: Hub, options: WorkerOptions) -> Self {
        Self { hub, options }
    }

    /// Works, does the upkeep and reads mailboxes, until `shutdown` turns true; work under way is finished first.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let upkeep = self.hub.clone().keep_up(shutdown.clone());
        let mailboxes = self.hub.clone().keep_mailboxes(shutdown.clone());
        tokio::join!(self.work_lanes(shutdown), upkeep, mailboxes);
    }

    async fn work_lanes(self, shutdown: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        for _ in 0..self.options.workers.max(1) {
            tasks.spawn(self.clone().work(shutdown.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended
                && !*shutdown.borrow()
            {
                // A panic in a handler must not stop the others: its lease runs out and somebody takes the job again.
                tracing::error!(%error, "a worker ended; another takes its place");
                tasks.spawn(self.clone().work(shutdown.clone()));
            }
        }
    }

    async fn work(self, mut shutdown: watch::Receiver<bool>) {
        let mut wakes = self.hub.store().wakes();
        while !*shutdown.borrow() {
            wakes.mark_unchanged();
            let pause = match self.step().await {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle(until)) => self.pause(until),
                Err(error) => {
                    tracing::warn!(%error, "the queue could not be worked; trying again");
                    LONGEST_PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = wakes.changed() => {}
                _ = shutdown.changed() => {}
            }
        }
    }

    fn pause(&self, until: Option<Timestamp>) -> Duration {
        let now = self.hub.env().now();
        until
            .map_or(LONGEST_PAUSE, |at| at.since(now))
            .clamp(Duration::from_millis(5), LONGEST_PAUSE)
    }

    /// One unit of work: due schedules become jobs, or one lane is worked for a while.
    ///
    /// # Errors
    /// When the database fails; the lease runs out then.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let system = self.hub.store().system();
        let lease = match system.find_work(&self.options.owner, LEASE, SCHEDULES).await? {
            Found::Lane(lease) => lease,
            Found::Nothing(next) => return Ok(Step::Idle(next)),
            Found::Schedules(due) => {
                self.run_schedules(due).await?;
                return Ok(Step::Worked);
            }
        };
        let mut taken = system.take_jobs(&lease, TAKE).await?.into_iter().peekable();
        while let Some(job) = taken.next() {
            let Some(finish) = self.run_job(&lease, &job).await else {
                return Ok(Step::Worked);
            };
            if taken.peek().is_none() {
                system.finish_and_release(&lease, job.id, finish).await?;
                return Ok(Step::Worked);
            }
            if !system.finish(&lease, vec![(job.id, finish)]).await? {
                return Ok(Step::Worked);
            }
        }
        system.release_lane(&lease, None).await?;
        Ok(Step::Worked)
    }

    async fn run_job(&self, lease: &Lease, taken: &Job) -> Option<Finish> {
        let ctx = JobCtx {
            hub: &self.hub,
            tenant: self.hub.tenant(lease.tenant),
            job: taken,
            lease,
        };
        Box::pin(job::run(&ctx)).await
    }

    /// Turns due schedules into jobs, each tenant's in one transaction: a schedule moves on in the one that enqueues its
    /// job.
    async fn run_schedules(&self, mut due: Vec<DueSchedule>) -> Result<(), StoreError> {
        due.sort_by_key(|due| due.tenant);
        for due in due.chunk_by(|a, b| a.tenant == b.tenant) {
            let mut tx = self.hub.tenant(due[0].tenant).begin().await?;
            let mut moved = false;
            for due in due {
                if tx.advance_schedule(due).await? {
                    let now = self.hub.env().now();
                    tx.enqueue(job::pull(due.kind, due.account, "schedule", Priority::PULL, now))
                        .await?;
                    moved = true;
                }
            }
            if moved {
                tx.commit().await?;
            }
        }
        Ok(())
    }
}
