//! Lanes as people see them: the list, stopping, going on.

use serde::Serialize;
use stockbridge_domain::{AccountId, Timestamp};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::{StoreError, Tenant, TenantTx};

/// A lane, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaneRecord {
    /// Its name.
    pub lane: String,
    /// The account it works for.
    pub account: Option<AccountId>,
    /// Jobs waiting, counted up to 1,000.
    pub queued: i64,
    /// Jobs taken.
    pub running: i64,
    /// Jobs waiting for a person.
    pub dead: i64,
    /// When it has work next; nothing when it is idle.
    pub ready_at: Option<Timestamp>,
    /// Whether it was stopped.
    pub paused: bool,
    /// Why it waits or was stopped.
    pub wait_reason: Option<String>,
    /// Whether a worker holds it.
    pub leased: bool,
}

impl TenantTx {
    /// Stops the account's lanes, also those it gets later, until they are resumed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_lanes(&mut self, account: AccountId, reason: &str) -> Result<(), StoreError> {
        let sql = "UPDATE lanes SET paused = 1, wait_reason = $3 WHERE tenant_id = $1 AND account_id = $2";
        self.tx
            .exec(sql, &[self.key(), account.into(), reason.into()])
            .await?;
        Ok(())
    }

    /// Lets the account's lanes go on at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_lanes(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE lanes SET paused = 0, wait_reason = NULL, \
                   ready_at = CASE WHEN ready_at < $4 THEN $3 ELSE ready_at END \
                   WHERE tenant_id = $1 AND account_id = $2 AND paused = 1";
        let params = [
            self.key(),
            account.into(),
            self.env.now().into(),
            Timestamp::MAX.into(),
        ];
        self.tx.exec(sql, &params).await?;
        self.lanes.resumed = true;
        Ok(())
    }
}

impl Tenant {
    /// Stops the account's lanes; see [`TenantTx::pause_lanes`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_lanes(&self, account: AccountId, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.pause_lanes(account, reason).await?;
        tx.commit().await
    }

    /// Lets the account's lanes go on; see [`TenantTx::resume_lanes`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_lanes(&self, account: AccountId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.resume_lanes(account).await?;
        tx.commit().await
    }

    /// All lanes by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lanes(&self) -> Result<Vec<LaneRecord>, StoreError> {
        let sql = "SELECT l.lane, l.account_id, l.ready_at, l.paused, l.wait_reason, \
             CASE WHEN l.lease_owner IS NOT NULL AND l.lease_until > $2 THEN 1 ELSE 0 END, \
             (SELECT COUNT(*) FROM (SELECT 1 FROM jobs j WHERE j.tenant_id = $1 AND j.lane = l.lane \
             AND j.state = 'queued' LIMIT 1000) few), \
             (SELECT COUNT(*) FROM jobs j WHERE j.tenant_id = $1 AND j.lane = l.lane AND j.state = 'running'), \
             COALESCE(d.n, 0) FROM lanes l LEFT JOIN (SELECT lane, COUNT(*) AS n FROM jobs \
             WHERE tenant_id = $1 AND state = 'dead' GROUP BY lane) d ON d.lane = l.lane \
             WHERE l.tenant_id = $1 ORDER BY l.lane";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), self.env().now().into()])
            .await?;
        let read = |row: &Row| {
            Ok(LaneRecord {
                lane: row.string(0)?,
                account: row.opt_parsed(1)?,
                ready_at: Some(row.time(2)?).filter(|at| *at < Timestamp::MAX),
                paused: row.flag(3)?,
                wait_reason: row.opt_string(4)?,
                leased: row.flag(5)?,
                queued: row.int(6)?,
                running: row.int(7)?,
                dead: row.int(8)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
