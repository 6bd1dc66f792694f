//! Schedules: what is pulled from an account how often.
//!
//! Advancing a schedule and enqueueing its job are one transaction: ask what is due ([`System::find_work`](crate::System::find_work)), then, per tenant, begin a
//! transaction, [`TenantTx::advance_schedule`] and enqueue for those it says yes to.

use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::channel::DataKind;
use stockbridge_domain::{AccountId, TenantId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Tx};
use crate::{StoreError, Tenant, TenantTx};

/// A schedule whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueSchedule {
    /// Whose.
    pub tenant: TenantId,
    /// From where.
    pub account: AccountId,
    /// What.
    pub kind: DataKind,
    /// The time that has come.
    pub next_at: Timestamp,
}

/// A schedule, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScheduleRecord {
    /// From where.
    pub account: AccountId,
    /// What.
    pub kind: DataKind,
    /// How often.
    #[serde(skip)]
    pub every: Duration,
    /// When next.
    pub next_at: Timestamp,
}

impl TenantTx {
    /// Sets how often a kind of data is pulled, replacing what was set before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_schedule(
        &mut self,
        account: AccountId,
        kind: DataKind,
        every: Duration,
        first_at: Timestamp,
    ) -> Result<(), StoreError> {
        let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO schedules (tenant_id, account_id, kind, every_ms, next_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, account_id, kind) \
                   DO UPDATE SET every_ms = excluded.every_ms, next_at = excluded.next_at";
        let params = [
            self.key(),
            account.into(),
            kind.name().into(),
            every_ms.into(),
            first_at.into(),
        ];
        self.tx.exec(sql, &params).await?;
        Ok(())
    }

    /// Gives an account a schedule it has none of yet: it was connected before there were such. False when it has one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_schedule(
        &mut self,
        account: AccountId,
        kind: DataKind,
        every: Duration,
        first_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO schedules (tenant_id, account_id, kind, every_ms, next_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, account_id, kind) DO NOTHING";
        let params = [
            self.key(),
            account.into(),
            kind.name().into(),
            every_ms.into(),
            first_at.into(),
        ];
        Ok(self.tx.exec(sql, &params).await? == 1)
    }

    /// Forgets the account's schedules.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_schedules(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "DELETE FROM schedules WHERE tenant_id = $1 AND account_id = $2";
        self.tx.exec(sql, &[self.key(), account.into()]).await?;
        Ok(())
    }

    /// Moves a due schedule on by its interval, counted from now. False when another process did, or the schedule was
    /// changed: then there is nothing to enqueue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance_schedule(&mut self, due: &DueSchedule) -> Result<bool, StoreError> {
        let sql = "UPDATE schedules SET next_at = $5 + every_ms * 1000 \
                   WHERE tenant_id = $1 AND account_id = $2 AND kind = $3 AND next_at = $4";
        let params = [
            self.key(),
            due.account.into(),
            due.kind.name().into(),
            due.next_at.into(),
            self.env.now().into(),
        ];
        Ok(self.tx.exec(sql, &params).await? == 1)
    }
}

impl Tenant {
    /// All schedules.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRecord>, StoreError> {
        let sql = "SELECT account_id, kind, every_ms, next_at FROM schedules WHERE tenant_id = $1 \
                   ORDER BY account_id, kind";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        let read = |row: &Row| {
            Ok(ScheduleRecord {
                account: row.parsed(0)?,
                kind: row.named(1, DataKind::parse)?,
                every: Duration::from_millis(row.int(2)?.unsigned_abs()),
                next_at: row.time(3)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Schedules whose time has come, the longest overdue first.
pub(crate) async fn due_schedules(
    tx: &mut Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DueSchedule>, StoreError> {
    let sql = "SELECT tenant_id, account_id, kind, next_at FROM schedules WHERE next_at <= $1 \
               ORDER BY next_at LIMIT $2";
    let read = |row: &Row| {
        Ok(DueSchedule {
            tenant: row.parsed(0)?,
            account: row.parsed(1)?,
            kind: row.named(2, DataKind::parse)?,
            next_at: row.time(3)?,
        })
    };
    let rows = tx.query(sql, &[now.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use stockbridge_domain::clock::Stepped;
    use stockbridge_domain::job::Priority;

    use super::*;
    use crate::Found;
    use crate::NewJob;
    use crate::testing::databases;

    #[tokio::test]
    async fn a_schedule_advances_together_with_its_job_and_once() {
        for test in databases().await.unwrap() {
            let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 5);
            let (store, env) = (test.store(clock.env()).await.unwrap(), clock.env());
            let (system, tenant, account) = (store.system(), store.tenant(env.id()), env.id());
            let every = Duration::from_secs(300);
            let find = async || system.find_work("worker", every, 10).await.unwrap();
            let mut tx = tenant.begin().await.unwrap();
            tx.set_schedule(account, DataKind::Listings, every, Timestamp::MAX)
                .await
                .unwrap();
            tx.set_schedule(account, DataKind::Orders, every, Timestamp::MAX)
                .await
                .unwrap();
            tx.set_schedule(account, DataKind::Orders, every, env.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let Found::Schedules(due) = find().await else {
                panic!("a schedule is due")
            };
            assert_eq!(due.len(), 1);
            assert_eq!(
                (due[0].tenant, due[0].account, due[0].kind),
                (tenant.id(), account, DataKind::Orders)
            );
            let job = NewJob {
                kind: "orders.pull",
                lane: format!("{account}/orders"),
                account: Some(account),
                dedupe_key: None,
                payload: serde_json::Value::Null,
                priority: Priority::PULL,
                run_at: env.now(),
            };
            // Undone together, done together, done once.
            for (commit, jobs) in [(false, 0), (true, 1)] {
                let mut tx = tenant.begin().await.unwrap();
                assert!(tx.advance_schedule(&due[0]).await.unwrap());
                tx.enqueue(job.clone()).await.unwrap();
                if commit {
                    tx.commit().await.unwrap();
                } else {
                    drop(tx);
                }
                assert_eq!(tenant.queue_counts().await.unwrap().queued, jobs);
                assert_eq!(matches!(find().await, Found::Schedules(_)), !commit);
            }
            let mut tx = tenant.begin().await.unwrap();
            assert!(!tx.advance_schedule(&due[0]).await.unwrap());
            drop(tx);
            let records = tenant.schedules().await.unwrap();
            assert_eq!(records[1].next_at, env.now().plus(every));
            assert_eq!(
                (records.len(), records[1].kind, records[1].every),
                (2, DataKind::Orders, every)
            );
            let found = find().await;
            assert!(
                matches!(found, Found::Nothing(Some(_))),
                "its lane is held: {found:?}"
            );
            let stranger = store.tenant(env.id());
            assert!(stranger.schedules().await.unwrap().is_empty());
            let mut tx = stranger.begin().await.unwrap();
            tx.clear_schedules(account).await.unwrap();
            tx.commit().await.unwrap();
            let mut tx = tenant.begin().await.unwrap();
            tx.clear_schedules(account).await.unwrap();
            tx.commit().await.unwrap();
            assert!(tenant.schedules().await.unwrap().is_empty());
        }
    }
}
