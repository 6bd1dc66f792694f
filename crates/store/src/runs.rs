//! Runs: what a synchronisation did, as people see it, and where it goes on after a break.

use serde::Serialize;
use stockbridge_domain::{AccountId, RunId, Timestamp};

use crate::columns::{Columns as _, words};
use crate::db::Row;
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

words! {
    /// How a run stands.
    RunState {
        /// Not at its end.
        Running = "running",
        /// Came to its end.
        Done = "done",
        /// Gave up; the message says why.
        Failed = "failed",
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// For which account.
    pub account: AccountId,
    /// What it synchronises, such as `orders`.
    pub kind: String,
    /// What started it, such as `schedule` or a person.
    pub trigger: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Things looked at so far.
    pub seen: i64,
    /// Of these, changed here or there.
    pub changed: i64,
    /// Of these, refused or unreadable.
    pub failed: i64,
    /// Where it goes on after a break.
    pub cursor: Option<String>,
    /// What there is to say about it.
    pub message: Option<String>,
}

/// What a run has done since it last said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// More things looked at.
    pub seen: i64,
    /// More things changed.
    pub changed: i64,
    /// More things refused or unreadable.
    pub failed: i64,
    /// Where it goes on from here.
    pub cursor: Option<String>,
}

const RUN: &str =
    "id, account_id, kind, trigger, state, started_at, ended_at, seen, changed, failed, cursor, message";

fn record(row: &Row) -> Result<RunRecord, StoreError> {
    Ok(RunRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        kind: row.string(2)?,
        trigger: row.string(3)?,
        state: row.named(4, RunState::parse)?,
        started_at: row.time(5)?,
        ended_at: row.opt_time(6)?,
        seen: row.int(7)?,
        changed: row.int(8)?,
        failed: row.int(9)?,
        cursor: row.opt_string(10)?,
        message: row.opt_string(11)?,
    })
}

impl TenantTx {
    /// Begins a run; nothing when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_run(
        &mut self,
        account: AccountId,
        kind: &str,
        trigger: &str,
    ) -> Result<Option<RunId>, StoreError> {
        let id = self.env.id::<RunId>();
        let sql = "INSERT INTO runs (tenant_id, id, account_id, kind, trigger, state, started_at, seen, changed, \
             failed) SELECT tenant_id, $3, id, $4, $5, 'running', $6, 0, 0, 0 FROM accounts \
             WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            account.into(),
            id.into(),
            kind.into(),
            trigger.into(),
            self.env.now().into(),
        ];
        Ok((self.tx.exec(sql, &values).await? == 1).then_some(id))
    }

    /// Adds to what a run has done; false when it is not running.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn progress_run(&mut self, id: RunId, progress: &RunProgress) -> Result<bool, StoreError> {
        let sql = "UPDATE runs SET seen = seen + $3, changed = changed + $4, failed = failed + $5, cursor = $6 \
                   WHERE tenant_id = $1 AND id = $2 AND state = 'running'";
        let values = [
            self.key(),
            id.into(),
            progress.seen.into(),
            progress.changed.into(),
            progress.failed.into(),
            progress.cursor.clone().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }

    /// Ends a run; false when it is not running.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_run(
        &mut self,
        id: RunId,
        state: RunState,
        message: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE runs SET state = $3, message = $4, ended_at = $5, cursor = NULL \
                   WHERE tenant_id = $1 AND id = $2 AND state = 'running'";
        let values = [
            self.key(),
            id.into(),
            state.name().into(),
            message.into(),
            self.env.now().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

impl Tenant {
    /// [`TenantTx::start_run`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_run(
        &self,
        account: AccountId,
        kind: &str,
        trigger: &str,
    ) -> Result<Option<RunId>, StoreError> {
        let mut tx = self.begin().await?;
        let id = tx.start_run(account, kind, trigger).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// [`TenantTx::progress_run`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn progress_run(&self, id: RunId, progress: &RunProgress) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let running = tx.progress_run(id, progress).await?;
        tx.commit().await?;
        Ok(running)
    }

    /// [`TenantTx::end_run`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_run(
        &self,
        id: RunId,
        state: RunState,
        message: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let ended = tx.end_run(id, state, message).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// One run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(&self, id: RunId) -> Result<Option<RunRecord>, StoreError> {
        let sql = format!("SELECT {RUN} FROM runs WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// The newest run of a kind that has not come to its end, to go on with after a break.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_run(&self, account: AccountId, kind: &str) -> Result<Option<RunRecord>, StoreError> {
        let sql = format!(
            "SELECT {RUN} FROM runs WHERE tenant_id = $1 AND account_id = $2 AND kind = $3 AND state = 'running' \
             ORDER BY started_at DESC, id DESC LIMIT 1"
        );
        let values = [self.key(), account.into(), kind.into()];
        let row = self.read().await?.query_opt(&sql, &values).await?;
        row.as_ref().map(record).transpose()
    }

    /// Runs, newest first, of one account or of all.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn runs(
        &self,
        account: Option<AccountId>,
        query: &PageQuery,
    ) -> Result<Page<RunRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", account);
        filter.and_some("id < ?", query.after("runs")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {RUN} FROM runs WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("runs", items, |last| [last.id.to_string()]))
    }
}
