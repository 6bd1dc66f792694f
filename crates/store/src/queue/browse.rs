//! The queue as people see it: lists, counts, trying again, giving up.

use serde::Serialize;
use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, JobId, Timestamp};

use super::{JobState, job_columns, read_job};
use crate::audit::NewAudit;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::page::{Page, PageQuery};
use crate::{StoreError, System, Tenant};

/// A job, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// The lane it belongs to.
    pub lane: String,
    /// The account it works for.
    pub account: Option<AccountId>,
    /// Its dedupe key.
    pub dedupe_key: Option<String>,
    /// What the handler needs to know.
    pub payload: serde_json::Value,
    /// What goes first within the lane.
    pub priority: Priority,
    /// Where it stands.
    pub state: JobState,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// How often it failed or was abandoned.
    pub attempts: i64,
    /// How it ended.
    pub outcome: Option<String>,
    /// Why it failed last or what it waits for.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Which jobs are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Where they stand.
    pub state: Option<JobState>,
    /// What is to be done.
    pub kind: Option<String>,
    /// The account they work for.
    pub account: Option<AccountId>,
}

/// How many jobs of a tenant are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct QueueCounts {
    /// Waiting, counted up to 10,000.
    pub queued: i64,
    /// Taken by a worker.
    pub running: i64,
    /// Waiting for a person.
    pub dead: i64,
}

const SELECT: &str = concat!(
    "SELECT ",
    job_columns!(),
    ", lane, state, outcome, last_error, finished_at FROM jobs"
);

fn read(tenant: &Tenant, row: &Row) -> Result<JobRecord, StoreError> {
    let job = read_job(tenant.id(), row)?;
    Ok(JobRecord {
        id: job.id,
        kind: job.kind,
        account: job.account,
        dedupe_key: job.dedupe_key,
        payload: job.payload,
        priority: job.priority,
        run_at: job.run_at,
        attempts: job.attempts,
        created_at: job.created_at,
        lane: row.string(9)?,
        state: row.named(10, JobState::parse)?,
        outcome: row.opt_string(11)?,
        last_error: row.opt_string(12)?,
        finished_at: row.opt_time(13)?,
    })
}

impl Tenant {
    /// Jobs, the newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`] for a cursor of another list.
    pub async fn jobs(&self, filter: &JobFilter, page: &PageQuery) -> Result<Page<JobRecord>, StoreError> {
        let before = page.after::<1>("jobs")?.map(|[id]| id);
        // The state is part of the text, so that the index of that state can serve.
        let of_state = match filter.state {
            None => "",
            Some(JobState::Queued) => "AND state = 'queued'",
            Some(JobState::Done) => "AND state = 'done'",
            Some(JobState::Dead) => "AND state = 'dead'",
            Some(JobState::Running) => {
                "AND state = 'running' AND id IN (SELECT j.id FROM lanes l JOIN jobs j ON j.tenant_id = l.tenant_id \
                 AND j.lane = l.lane AND j.state = 'running' WHERE l.tenant_id = $1)"
            }
        };
        let sql = format!(
            "{SELECT} WHERE tenant_id = $1 {of_state} AND ($2 = '' OR kind = $2) AND ($3 = '' OR account_id = $3) \
             AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5"
        );
        let params: [Value; 5] = [
            self.key(),
            filter.kind.as_deref().unwrap_or_default().into(),
            filter.account.map(|id| id.to_string()).unwrap_or_default().into(),
            before.unwrap_or_default().into(),
            page.fetch(),
        ];
        let rows = self.read().await?.query(&sql, &params).await?;
        let items = rows.iter().map(|row| read(self, row)).collect::<Result<_, _>>()?;
        Ok(page.page("jobs", items, |job: &JobRecord| [job.id.to_string()]))
    }

    /// One job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, id: JobId) -> Result<Option<JobRecord>, StoreError> {
        let sql = format!("{SELECT} WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.map(|row| read(self, &row)).transpose()
    }

    /// Lets a dead job try again from the start, and notes in the audit log that `by` did it. False when it is not dead, or when a queued job does the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_job(&self, id: JobId, by: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let now = self.env().now();
        let row = tx
            .tx
            .query_opt(
                "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $3, finished_at = NULL, outcome = NULL \
                 WHERE tenant_id = $1 AND id = $2 AND state = 'dead' AND NOT EXISTS (SELECT 1 FROM jobs twin \
                 WHERE twin.tenant_id = $1 AND twin.kind = jobs.kind AND twin.dedupe_key = jobs.dedupe_key \
                 AND twin.state = 'queued') RETURNING lane, account_id, priority",
                &[self.key(), id.into(), now.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(false) };
        tx.lanes
            .touch(row.string(0)?, row.opt_parsed(1)?, now, Priority(row.int(2)?));
        tx.audit(&NewAudit::of(by, "job.retry", &id.to_string())).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a queued or dead job without doing it, and notes in the audit log that `by` did it. False when it is neither.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_job(&self, id: JobId, by: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE jobs SET state = 'done', outcome = 'cancelled', finished_at = $3 \
                   WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'dead')";
        let params = [self.key(), id.into(), self.env().now().into()];
        let ended = tx.tx.exec(sql, &params).await? == 1;
        if ended {
            tx.audit(&NewAudit::of(by, "job.cancel", &id.to_string())).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// How many jobs are where; the ended ones, kept for a while, are not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_counts(&self) -> Result<QueueCounts, StoreError> {
        queue_counts(&mut self.read().await?, self.key()).await
    }
}

pub(crate) async fn queue_counts(tx: &mut Tx, tenant: Value) -> Result<QueueCounts, StoreError> {
    // By way of the lanes, because only they lead to the indexes of what is queued or running.
    let sql = "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM lanes l JOIN jobs j ON j.tenant_id = l.tenant_id \
               AND j.lane = l.lane AND j.state = 'queued' WHERE l.tenant_id = $1 LIMIT 10000) few), \
               (SELECT COUNT(*) FROM lanes l JOIN jobs j ON j.tenant_id = l.tenant_id \
               AND j.lane = l.lane AND j.state = 'running' WHERE l.tenant_id = $1), \
               (SELECT COUNT(*) FROM jobs WHERE tenant_id = $1 AND state = 'dead')";
    let row = tx.query_one(sql, &[tenant]).await?;
    Ok(QueueCounts {
        queued: row.int(0)?,
        running: row.int(1)?,
        dead: row.int(2)?,
    })
}

impl System {
    /// Forgets jobs that ended before `before`, at most `limit` of them; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_done(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM jobs WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM jobs \
                   WHERE state = 'done' AND finished_at < $1 ORDER BY finished_at LIMIT $2)";
        let count = tx.exec(sql, &[before.into(), limit.into()]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
