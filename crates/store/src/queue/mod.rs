//! Durable work: jobs, enqueued in the transaction that causes them.
//!
//! A job waits in a lane (see `lanes`) until the lane's worker takes it, and it ends by [`finish`](finish), which
//! checks the fencing token: a worker that lost its lane changes nothing any more. At most one *queued* job exists
//! per (tenant, kind, dedupe key), so a thousand reasons to do the same thing are one job; a running one does not
//! count, because what caused the new one may have happened after it looked.

mod browse;
mod finish;
#[cfg(test)]
mod tests;
mod wake;

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, JobId, TenantId, Timestamp};

pub(crate) use browse::queue_counts;
pub use browse::{JobFilter, JobRecord, QueueCounts};
pub use finish::Finish;

use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Value};
use crate::{StoreError, TenantTx};

/// A job to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What is to be done, `noun.verb`; stable for ever.
    pub kind: &'static str,
    /// The lane it waits in, `{account}/{quota group}` or `{tenant}/{name}`; one lane belongs to one tenant.
    pub lane: String,
    /// The account it works for, whose pause holds it back.
    pub account: Option<AccountId>,
    /// At most one queued job of this kind has this key.
    pub dedupe_key: Option<String>,
    /// What the handler needs to know: ids rather than copies of data.
    pub payload: serde_json::Value,
    /// What goes first within the lane.
    pub priority: Priority,
    /// Not before this instant.
    pub run_at: Timestamp,
}

/// What became of a request to enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// The job that will do it.
    pub job: JobId,
    /// Whether it is a new one; otherwise a queued job with the same key does this work too.
    pub is_new: bool,
}

/// Whether a job waits, runs or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time and its lane.
    Queued,
    /// A worker has taken it.
    Running,
    /// Ended; kept for a while.
    Done,
    /// Failed too often and waits for a person.
    Dead,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Done, Self::Dead];

    /// The name in the API, in SQL and on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// Reads [`Self::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A job that a worker has taken.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What is to be done.
    pub kind: String,
    /// The account it works for.
    pub account: Option<AccountId>,
    /// Its dedupe key.
    pub dedupe_key: Option<String>,
    /// What the handler needs to know.
    pub payload: serde_json::Value,
    /// What goes first within the lane.
    pub priority: Priority,
    /// When it was due.
    pub run_at: Timestamp,
    /// How often it failed or was abandoned before.
    pub attempts: i64,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// The columns [`read_job`] reads, from index 0.
macro_rules! job_columns {
    () => {
        "id, kind, account_id, dedupe_key, payload, priority, run_at, attempts, created_at"
    };
}
pub(crate) use job_columns;

pub(crate) fn read_job(tenant: TenantId, row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.parsed(0)?,
        tenant,
        kind: row.string(1)?,
        account: row.opt_parsed(2)?,
        dedupe_key: row.opt_string(3)?,
        payload: row.json(4)?,
        priority: Priority(row.int(5)?),
        run_at: row.time(6)?,
        attempts: row.int(7)?,
        created_at: row.time(8)?,
    })
}

/// A second request keeps the earlier time and the more urgent priority of the two.
macro_rules! keep_one_queued {
    () => {
        "ON CONFLICT (tenant_id, kind, dedupe_key) WHERE state = 'queued' DO UPDATE SET \
         run_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END, \
         priority = CASE WHEN excluded.priority < jobs.priority THEN excluded.priority ELSE jobs.priority END"
    };
}

const ENQUEUE: &str = concat!(
    "INSERT INTO jobs (tenant_id, id, kind, lane, account_id, dedupe_key, payload, priority, run_at, \
     created_at, state, attempts, fence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', 0, 0) ",
    keep_one_queued!(),
    " RETURNING id"
);

const JOB_INSERT_COLUMNS: [(&str, crate::db::Kind); 13] = {
    use crate::db::Kind::{Int, Text};
    [
        ("tenant_id", Text),
        ("id", Text),
        ("kind", Text),
        ("lane", Text),
        ("account_id", Text),
        ("dedupe_key", Text),
        ("payload", Text),
        ("priority", Int),
        ("run_at", Int),
        ("created_at", Int),
        ("state", Text),
        ("attempts", Int),
        ("fence", Int),
    ]
};

impl TenantTx {
    /// Enqueues a job in this transaction: it exists if, and only if, the transaction commits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&mut self, job: NewJob) -> Result<Enqueued, StoreError> {
        let id: JobId = self.env.id();
        let params = self.job_values(id, &job)?;
        let row = self.tx.query_one(ENQUEUE, &params).await?;
        self.lanes.touch(job.lane, job.account, job.run_at, job.priority);
        let found: JobId = row.parsed(0)?;
        Ok(Enqueued {
            job: found,
            is_new: found == id,
        })
    }

    /// Enqueues many jobs at once. Of several with the same kind and key, one is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue_many(&mut self, jobs: Vec<NewJob>) -> Result<(), StoreError> {
        let mut plain = Vec::new();
        // In one order everywhere, so that two transactions do not wait for each other.
        let mut keyed: BTreeMap<(&'static str, String), Vec<Value>> = BTreeMap::new();
        for job in jobs {
            let values = self.job_values(self.env.id(), &job)?;
            self.lanes.touch(job.lane, job.account, job.run_at, job.priority);
            match job.dedupe_key {
                None => plain.push(with_constants(values)),
                Some(key) => {
                    keyed
                        .entry((job.kind, key))
                        .and_modify(|kept| keep_sooner(kept, &values))
                        .or_insert(values);
                }
            }
        }
        self.tx
            .insert_many("jobs", &JOB_INSERT_COLUMNS, "", plain)
            .await?;
        let keyed = keyed.into_values().map(with_constants).collect();
        self.tx
            .insert_many("jobs", &JOB_INSERT_COLUMNS, keep_one_queued!(), keyed)
            .await?;
        Ok(())
    }

    /// The parameters of [`ENQUEUE`].
    fn job_values(&self, id: JobId, job: &NewJob) -> Result<Vec<Value>, StoreError> {
        Ok(vec![
            self.key(),
            id.into(),
            job.kind.into(),
            job.lane.as_str().into(),
            job.account.into(),
            job.dedupe_key.clone().into(),
            json_value(&job.payload)?,
            job.priority.0.into(),
            job.run_at.into(),
            self.env.now().into(),
        ])
    }
}

/// The values of [`JOB_INSERT_COLUMNS`] from those of [`ENQUEUE`].
fn with_constants(mut values: Vec<Value>) -> Vec<Value> {
    values.extend([JobState::Queued.name().into(), 0.into(), 0.into()]);
    values
}

/// Gives `kept` the earlier time and the more urgent priority of two jobs in one batch.
fn keep_sooner(kept: &mut [Value], other: &[Value]) {
    for (mine, theirs) in kept.iter_mut().zip(other).skip(7).take(2) {
        if let (Value::Int(mine), Value::Int(theirs)) = (mine, theirs) {
            *mine = (*mine).min(*theirs);
        }
    }
}
