//! A worker's way through a lane: claim, take, renew, release.
//!
//! On SQLite these commits do not wait for the disk. When the machine fails, the workers fail with it, so a claim that
//! is forgotten has no holder left; what they finished is a commit that waits and takes all earlier ones along.

use std::time::Duration;

use stockbridge_domain::guards::{Guard, Guards};
use stockbridge_domain::{TenantId, Timestamp};

use super::Lease;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::queue::{Job, job_columns, read_job};
use crate::{StoreError, System};

/// The priority of a lane without work, after every other.
const IDLE: i64 = 1_000_000;

/// `$1` now, `$2` owner, `$3` end of the lease.
const CLAIM: &str = "UPDATE lanes SET lease_owner = $2, lease_until = $3, fence = fence + 1, wait_reason = NULL \
     WHERE (tenant_id, lane) = (SELECT tenant_id, lane FROM lanes \
     WHERE paused = 0 AND ready_at <= $1 AND lease_until <= $1 ORDER BY priority, ready_at LIMIT 1 {skip_locked}) \
     RETURNING tenant_id, lane, account_id, fence";

/// The waiting jobs' priorities, each with its earliest time, by one look into the index per priority.
const PROFILE: &str = "WITH RECURSIVE levels(priority) AS (\
     SELECT MIN(priority) FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'queued' \
     UNION ALL SELECT (SELECT MIN(jobs.priority) FROM jobs WHERE jobs.tenant_id = $1 AND jobs.lane = $2 AND jobs.state = 'queued' \
     AND jobs.priority > levels.priority) FROM levels WHERE levels.priority IS NOT NULL) \
     SELECT levels.priority, (SELECT MIN(jobs.run_at) FROM jobs WHERE jobs.tenant_id = $1 AND jobs.lane = $2 AND jobs.state = 'queued' \
     AND jobs.priority = levels.priority) FROM levels WHERE levels.priority IS NOT NULL";

// {materialized} below: inside IN, PostgreSQL may run a locking sub-select again and again, each time with other rows.

/// `$1` tenant, `$2` lane, `$3` fence, `$4` at most so many.
const TAKE_LEFT_BEHIND: &str = concat!(
    "WITH taken AS {materialized} (SELECT id FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'running' \
     AND fence < $3 LIMIT $4 {skip_locked}) UPDATE jobs SET fence = $3, attempts = attempts + 1 \
     WHERE tenant_id = $1 AND id IN (SELECT id FROM taken) RETURNING ",
    job_columns!()
);

/// `$1` tenant, `$2` lane, `$3` priority, `$4` now, `$5` at most so many. Read first and marked then: SQLite keeps a table
/// aside for what an update returns, which costs more than both.
const DUE: &str = concat!(
    "SELECT ",
    job_columns!(),
    " FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'queued' AND priority = $3 AND run_at <= $4 \
     ORDER BY run_at, id LIMIT $5 {skip_locked}"
);
/// `$1` tenant, `$2` fence, `$3` jobs.
const TAKE: &str = "UPDATE jobs SET state = 'running', fence = $2 WHERE tenant_id = $1 AND id {in $3}";

/// What a held lane has: whether an earlier holder left something running, the most urgent that runs, the most and the
/// least urgent that wait. `$1` tenant, `$2` lane, `$3` fence.
const CONTENT: &str = "SELECT \
     (SELECT COUNT(*) FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'running' AND fence < $3), \
     (SELECT MIN(priority) FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'running'), \
     (SELECT MIN(priority) FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'queued'), \
     (SELECT MAX(priority) FROM jobs WHERE tenant_id = $1 AND lane = $2 AND state = 'queued')";

const HOLD: &str = "SELECT 1 FROM lanes WHERE tenant_id = $1 AND lane = $2 AND fence = $3 {for_update}";

impl System {
    /// Claims the most urgent lane that has work, is not stopped and is not held; the one that has waited longest
    /// among equals, so that tenants take turns.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_lane(&self, owner: &str, lease: Duration) -> Result<Option<Lease>, StoreError> {
        let mut tx = self.write().await?;
        let Some(lease) = claim(&mut tx, self.env().now(), owner, lease).await? else {
            return Ok(None);
        };
        tx.commit_soon().await?;
        Ok(Some(lease))
    }

    /// Ends the leases of a process that is known to be gone, so that nobody waits for them to run out: those of `owner`,
    /// or all of them. Whoever held one and lives after all is refused by the lane. Answers how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_leases(&self, owner: Option<&str>) -> Result<u64, StoreError> {
        let sql = "UPDATE lanes SET lease_owner = NULL, lease_until = $1, fence = fence + 1 \
             WHERE lease_owner IS NOT NULL AND lease_until > $1 AND ($2 = '' OR lease_owner = $2)";
        let mut tx = self.write().await?;
        let params = [self.env().now().into(), owner.unwrap_or_default().into()];
        let ended = tx.exec(sql, &params).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// When there will be a lane to claim if nothing is enqueued before: in the past when there is one now, nothing
    /// when all are idle.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(CASE WHEN lease_until > ready_at THEN lease_until ELSE ready_at END) \
                   FROM lanes WHERE paused = 0 AND ready_at < $1";
        let row = self
            .read()
            .await?
            .query_one(sql, &[Timestamp::MAX.into()])
            .await?;
        row.opt_time(0)
    }

    /// Takes up to `limit` jobs: first those an earlier holder left behind, each counted as a failed attempt, then the
    /// most urgent that are due. Nothing when the lane was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_jobs(&self, lease: &Lease, limit: i64) -> Result<Vec<Job>, StoreError> {
        let tenant = self.store().tenant(lease.tenant);
        let mut held = tenant.begin().await?;
        let (tx, now) = (&mut held.tx, self.env().now());
        if tx.query_opt(HOLD, &lease.key()).await?.is_none() {
            return Ok(Vec::new());
        }
        let content = Content::read(tx, lease).await?;
        let mut jobs = Vec::new();
        if content.left_behind && take_left_behind(self.env().guards()) {
            let mut params = lease.key().to_vec();
            params.push(limit.into());
            collect(
                &mut jobs,
                lease.tenant,
                tx.query(TAKE_LEFT_BEHIND, &params).await?,
            )?;
        }
        for priority in content.due(tx, lease, now).await? {
            let left = limit - i64::try_from(jobs.len()).unwrap_or(limit);
            if left <= 0 {
                break;
            }
            jobs.append(&mut take_due(tx, lease, priority, now, left).await?);
        }
        held.commit_soon().await?;
        Ok(jobs)
    }

    /// Prolongs the lease from now on; false when the lane was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew(&self, lease: &Lease, by: Duration) -> Result<bool, StoreError> {
        let mut tx = self.store().tenant(lease.tenant).begin().await?;
        let sql = "UPDATE lanes SET lease_until = $4 WHERE tenant_id = $1 AND lane = $2 AND fence = $3 \
                   AND lease_owner IS NOT NULL";
        let mut params = lease.key().to_vec();
        params.push(self.env().now().plus(by).into());
        let held = tx.tx.exec(sql, &params).await? == 1;
        tx.commit_soon().await?;
        Ok(held)
    }

    /// Gives the lane back. It has work again when its next job is due, at the back of the line of equally urgent
    /// lanes, and not before `wait_until`, whose reason people see. Nothing happens when the lane was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_lane(
        &self,
        lease: &Lease,
        wait_until: Option<(Timestamp, &str)>,
    ) -> Result<(), StoreError> {
        let tenant = self.store().tenant(lease.tenant);
        let mut held = tenant.begin().await?;
        let now = self.env().now();
        let Some(ready_at) = release(&mut held.tx, lease, now, wait_until).await? else {
            return Ok(());
        };
        held.commit_soon().await?;
        if ready_at <= now {
            self.store().waker().wake();
        }
        Ok(())
    }
}

/// Takes up to `limit` jobs of one priority, in the order in which they are to be done.
async fn take_due(
    tx: &mut Tx,
    lease: &Lease,
    priority: i64,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let [tenant, lane, fence] = lease.key();
    let params = [tenant.clone(), lane, priority.into(), now.into(), limit.into()];
    let mut jobs = Vec::new();
    collect(&mut jobs, lease.tenant, tx.query(DUE, &params).await?)?;
    if !jobs.is_empty() {
        let ids: Vec<String> = jobs.iter().map(|job| job.id.to_string()).collect();
        tx.exec(TAKE, &[tenant, fence, ids.into()]).await?;
    }
    Ok(jobs)
}

/// [`System::claim_lane`] in a transaction.
pub(super) async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    owner: &str,
    lease: Duration,
) -> Result<Option<Lease>, StoreError> {
    let until = now.plus(lease);
    let row = tx
        .query_opt(CLAIM, &[now.into(), owner.into(), until.into()])
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Lease {
        tenant: row.parsed(0)?,
        lane: row.string(1)?,
        account: row.opt_parsed(2)?,
        fence: row.int(3)?,
        until,
    }))
}

/// [`System::release_lane`] in a transaction; answers when the lane has work next, nothing when it was lost.
pub(crate) async fn release(
    tx: &mut Tx,
    lease: &Lease,
    now: Timestamp,
    wait_until: Option<(Timestamp, &str)>,
) -> Result<Option<Timestamp>, StoreError> {
    if tx.query_opt(HOLD, &lease.key()).await?.is_none() {
        return Ok(None);
    }
    let (mut ready_at, priority) = next_work(tx, lease, now).await?;
    let wait = wait_until.filter(|(until, _)| *until > ready_at && *until > now);
    if let Some((until, _)) = wait {
        ready_at = until;
    }
    let sql = "UPDATE lanes SET lease_owner = NULL, lease_until = 0, ready_at = $4, priority = $5, \
               wait_reason = CAST($6 AS TEXT) WHERE tenant_id = $1 AND lane = $2 AND fence = $3";
    let mut params = lease.key().to_vec();
    params.extend([
        ready_at.into(),
        priority.into(),
        wait.map(|(_, reason)| reason).into(),
    ]);
    tx.exec(sql, &params).await?;
    Ok(Some(ready_at))
}

/// When a lane has work next, and how urgent that is.
async fn next_work(tx: &mut Tx, lease: &Lease, now: Timestamp) -> Result<(Timestamp, i64), StoreError> {
    let content = Content::read(tx, lease).await?;
    let mut urgent = content.running;
    let mut later: Option<(Timestamp, i64)> = None;
    let levels = match content.queued {
        Some(_) => tx.query(PROFILE, &lane_key(lease.tenant, &lease.lane)).await?,
        None => Vec::new(),
    };
    for level in levels {
        let (priority, run_at) = (level.int(0)?, level.time(1)?);
        if run_at <= now {
            urgent = Some(urgent.map_or(priority, |found| found.min(priority)));
        } else if later.is_none_or(|(at, _)| run_at < at) {
            later = Some((run_at, priority));
        }
    }
    Ok(match urgent {
        Some(priority) => (now, priority),
        None => later.unwrap_or((Timestamp::MAX, IDLE)),
    })
}

/// What a held lane has, by one look: most have one job or none, and then nothing more has to be asked.
struct Content {
    left_behind: bool,
    /// The most urgent priority that runs.
    running: Option<i64>,
    /// The most and the least urgent priority that waits.
    queued: Option<(i64, i64)>,
}

impl Content {
    async fn read(tx: &mut Tx, lease: &Lease) -> Result<Self, StoreError> {
        let row = tx.query_one(CONTENT, &lease.key()).await?;
        Ok(Self {
            left_behind: row.int(0)? > 0,
            running: row.opt_int(1)?,
            queued: row.opt_int(2)?.zip(row.opt_int(3)?),
        })
    }

    /// The priorities at which something may be due, the most urgent first.
    async fn due(&self, tx: &mut Tx, lease: &Lease, now: Timestamp) -> Result<Vec<i64>, StoreError> {
        match self.queued {
            None => Ok(Vec::new()),
            Some((first, last)) if first == last => Ok(vec![first]),
            Some(_) => {
                let mut due = Vec::new();
                for level in tx.query(PROFILE, &lane_key(lease.tenant, &lease.lane)).await? {
                    if level.time(1)? <= now {
                        due.push(level.int(0)?);
                    }
                }
                Ok(due)
            }
        }
    }
}

/// Appends rows in the order in which they are to be done, which RETURNING does not promise.
fn collect(jobs: &mut Vec<Job>, tenant: TenantId, rows: Vec<Row>) -> Result<(), StoreError> {
    let mut taken = rows
        .iter()
        .map(|row| read_job(tenant, row))
        .collect::<Result<Vec<_>, _>>()?;
    taken.sort_by_key(|job| (job.priority, job.run_at, job.id));
    jobs.append(&mut taken);
    Ok(())
}

fn lane_key(tenant: TenantId, lane: &str) -> [Value; 2] {
    [tenant.into(), lane.into()]
}

impl Lease {
    fn key(&self) -> [Value; 3] {
        [self.tenant.into(), self.lane.as_str().into(), self.fence.into()]
    }
}

/// [`Guard::LeftBehind`]: whether a new holder takes up what an earlier one left running.
fn take_left_behind(guards: Guards) -> bool {
    guards.on(Guard::LeftBehind)
}
