//! Who wins, by field and account, and when a field counts as fought over.

use serde::Serialize;
use stockbridge_domain::conflict::{Field, Limit, Strategy};
use stockbridge_domain::{AccountId, FieldError};

use crate::columns::Columns as _;
use crate::db::{Tx, Value};
use crate::{StoreError, Tenant, TenantTx};

/// The priority of a store nobody gave one.
pub(super) const USUAL_PRIORITY: i64 = 100;

/// A strategy for a field, of an account or of all that have none of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StrategyRecord {
    /// The account; nothing for the tenant's default.
    pub account: Option<AccountId>,
    /// The field.
    pub field: Field,
    /// Who wins.
    pub strategy: Strategy,
    /// Among sources that win: the lower number first.
    pub priority: i64,
}

/// What is wrong with a limit, if anything.
pub fn limit_problems(limit: &Limit) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if !(1..=100).contains(&limit.repushes) {
        let message = "a field may be set right 1 to 100 times before it counts as fought over";
        problems.push(FieldError::new("repushes", message));
    }
    if !(600..=2_592_000).contains(&limit.window_secs) {
        problems.push(FieldError::new(
            "window_secs",
            "the window is 600 seconds to 30 days (2592000)",
        ));
    }
    problems
}

impl TenantTx {
    /// Sets who wins for a field, on an account or, with none, on all that say nothing of their own; nothing for
    /// `strategy` takes it back. Whether the field allows it is the caller's to check ([`Field::strategies`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_conflict_strategy(
        &mut self,
        account: Option<AccountId>,
        field: Field,
        strategy: Option<(Strategy, i64)>,
    ) -> Result<(), StoreError> {
        let account = account.map(|id| id.to_string()).unwrap_or_default();
        let Some((strategy, priority)) = strategy else {
            let sql =
                "DELETE FROM conflict_strategies WHERE tenant_id = $1 AND account_id = $2 AND field = $3";
            self.tx
                .exec(sql, &[self.key(), account.into(), field.name().into()])
                .await?;
            return Ok(());
        };
        let sql = "INSERT INTO conflict_strategies (tenant_id, account_id, field, strategy, priority, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, account_id, field) DO UPDATE SET \
             strategy = excluded.strategy, priority = excluded.priority, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            account.into(),
            field.name().into(),
            strategy.name().into(),
            priority.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Sets when a field counts as fought over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_conflict_limit(&mut self, limit: &Limit) -> Result<(), StoreError> {
        let sql = "INSERT INTO conflict_settings (tenant_id, repush_limit, window_secs, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id) DO UPDATE SET repush_limit = excluded.repush_limit, \
             window_secs = excluded.window_secs, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            limit.repushes.into(),
            limit.window_secs.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl Tenant {
    /// Every strategy somebody set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_strategies(&self) -> Result<Vec<StrategyRecord>, StoreError> {
        strategies(&mut self.read().await?, self.key()).await
    }

    /// When a field counts as fought over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_limit(&self) -> Result<Limit, StoreError> {
        limit(&mut self.read().await?, self.key()).await
    }
}

/// Every strategy somebody set.
pub(super) async fn strategies(tx: &mut Tx, tenant: Value) -> Result<Vec<StrategyRecord>, StoreError> {
    let sql = "SELECT account_id, field, strategy, priority FROM conflict_strategies WHERE tenant_id = $1 \
         ORDER BY account_id, field";
    let rows = tx.query(sql, &[tenant]).await?;
    rows.iter()
        .map(|row| {
            let account = if row.text(0)?.is_empty() {
                None
            } else {
                Some(row.parsed(0)?)
            };
            Ok(StrategyRecord {
                account,
                field: row.named(1, Field::parse)?,
                strategy: row.named(2, Strategy::parse)?,
                priority: row.int(3)?,
            })
        })
        .collect()
}

/// When a field counts as fought over.
pub(super) async fn limit(tx: &mut Tx, tenant: Value) -> Result<Limit, StoreError> {
    let sql = "SELECT repush_limit, window_secs FROM conflict_settings WHERE tenant_id = $1";
    match tx.query_opt(sql, &[tenant]).await? {
        None => Ok(Limit::default()),
        Some(row) => Ok(Limit {
            repushes: row.int(0)?,
            window_secs: row.int(1)?,
        }),
    }
}
