//! How a job ends, or waits for another try.

use stockbridge_domain::{JobId, Timestamp};

use crate::db::{Kind, Set, Tx, Value};
use crate::lanes::{Lease, release};
use crate::{StoreError, System, TenantTx};

/// What becomes of a job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It did its work.
    Done {
        /// `ok`, `rejected`, `superseded` or whatever the handler calls it.
        outcome: String,
    },
    /// It could not begin yet; this is not an attempt.
    Snooze {
        /// When to try.
        until: Timestamp,
        /// Why, for people.
        reason: String,
    },
    /// It failed and is tried again.
    Retry {
        /// When to try.
        at: Timestamp,
        /// What went wrong, for people.
        error: String,
    },
    /// It failed for good and waits for a person.
    Dead {
        /// What went wrong, for people.
        error: String,
    },
}

/// A job taken anew by a later holder of the lane does not match.
const HELD: &str = "jobs.fence = $3 AND jobs.state = 'running'";
const DONE: Set<'_> = Set {
    assignments: "state = 'done', outcome = $4, finished_at = $5",
    only: HELD,
};
const DEAD: Set<'_> = Set {
    assignments: "state = 'dead', attempts = attempts + 1, last_error = $4, finished_at = $5",
    only: HELD,
};
/// Of both: tenant, job, fence, text, now.
const ENDED: [Kind; 5] = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Int];
/// `$1` tenant, `$2` job, `$3` fence, `$4` text, `$5` now, `$6` attempts, `$7` when to try.
/// Back to the queue, unless a newer job with the same key waits there, which then does this one's work too.
const REQUEUE: &str = "UPDATE jobs SET attempts = attempts + $6, last_error = $4, run_at = $7, \
     state = CASE WHEN twin.n = 0 THEN 'queued' ELSE 'done' END, \
     outcome = CASE WHEN twin.n = 0 THEN NULL ELSE 'superseded' END, \
     finished_at = CASE WHEN twin.n = 0 THEN NULL ELSE $5 END \
     FROM (SELECT COUNT(*) AS n FROM jobs me JOIN jobs other ON other.tenant_id = me.tenant_id \
     AND other.kind = me.kind AND other.dedupe_key = me.dedupe_key AND other.state = 'queued' \
     WHERE me.tenant_id = $1 AND me.id = $2) twin \
     WHERE jobs.tenant_id = $1 AND jobs.id = $2 AND jobs.fence = $3 AND jobs.state = 'running'";

impl System {
    /// Ends or postpones jobs that were taken with `lease`. Returns false, and writes nothing, when the lane was lost
    /// and at least one of them has been taken anew.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub async fn finish(&self, lease: &Lease, results: Vec<(JobId, Finish)>) -> Result<bool, StoreError> {
        self.end_jobs(lease, results, false).await
    }

    /// The same for the last of the jobs that were taken, and gives the lane back with it, as
    /// [`System::release_lane`] does.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub async fn finish_and_release(
        &self,
        lease: &Lease,
        job: JobId,
        finish: Finish,
    ) -> Result<bool, StoreError> {
        self.end_jobs(lease, vec![(job, finish)], true).await
    }

    async fn end_jobs(
        &self,
        lease: &Lease,
        results: Vec<(JobId, Finish)>,
        give_back: bool,
    ) -> Result<bool, StoreError> {
        let mut tries = 0;
        loop {
            let mut tx = self.store().tenant(lease.tenant).begin().await?;
            let now = tx.env.now();
            match write(&mut tx.tx, lease, now, results.clone()).await {
                Ok(false) => return Ok(false),
                Ok(true) => {
                    // Jobs first, then the lane: the order in which whoever enqueues writes them.
                    let ready_at = match give_back {
                        true => release(&mut tx.tx, lease, now, None).await?,
                        false => None,
                    };
                    tx.commit().await?;
                    if ready_at.is_some_and(|at| at <= now) {
                        self.store().waker().wake();
                    }
                    return Ok(true);
                }
                // A twin was enqueued between the look for one and the write; now the look will find it.
                Err(error) if error.is_unique_violation() && tries < 3 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl TenantTx {
    /// Ends or postpones a job in the transaction that holds its effect, so that both happen or neither. On false the
    /// lane was lost and another worker has the job: drop the transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_job(
        &mut self,
        lease: &Lease,
        job: JobId,
        finish: Finish,
    ) -> Result<bool, StoreError> {
        let now = self.env.now();
        write(&mut self.tx, lease, now, vec![(job, finish)]).await
    }
}

/// One round trip per way of ending.
async fn write(
    tx: &mut Tx,
    lease: &Lease,
    now: Timestamp,
    results: Vec<(JobId, Finish)>,
) -> Result<bool, StoreError> {
    let (mut done, mut dead, mut requeue) = (Vec::new(), Vec::new(), Vec::new());
    for (job, finish) in results {
        let row = |text: String| -> Vec<Value> {
            vec![
                lease.tenant.into(),
                job.into(),
                lease.fence.into(),
                text.into(),
                now.into(),
            ]
        };
        let again = |text: String, attempts: i64, at: Timestamp| {
            let mut row = row(text);
            row.extend([attempts.into(), at.into()]);
            row
        };
        match finish {
            Finish::Done { outcome } => done.push(row(outcome)),
            Finish::Dead { error } => dead.push(row(error)),
            Finish::Snooze { until, reason } => requeue.push(again(reason, 0, until)),
            Finish::Retry { at, error } => requeue.push(again(error, 1, at)),
        }
    }
    for (set, rows) in [(&DONE, done), (&DEAD, dead)] {
        let wanted = u64::try_from(rows.len()).map_err(StoreError::other)?;
        if tx.update_many("jobs", set, &ENDED, rows).await? != wanted {
            return Ok(false);
        }
    }
    let wanted = u64::try_from(requeue.len()).map_err(StoreError::other)?;
    Ok(tx.exec_many(REQUEUE, &requeue).await? == wanted)
}
