//! Results of checks that were made beside the server's work, kept for people to read.

use serde::Serialize;
use stockbridge_domain::{CheckId, Timestamp};

use super::{Finding, LedgerCheck};
use crate::columns::Columns as _;
use crate::db::Row;
use crate::{StoreError, Tenant, TenantTx};

/// Results kept of a tenant.
const KEPT: i64 = 30;

/// A check of the books that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckRecord {
    /// Its id.
    pub id: CheckId,
    /// Who asked for it: a person, a program, or `upkeep`.
    pub asked_by: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What it found.
    #[serde(flatten)]
    pub check: LedgerCheck,
}

impl TenantTx {
    /// Keeps what a check that began at `began_at` and ends now found, and forgets the oldest results.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_check(
        &mut self,
        asked_by: &str,
        began_at: Timestamp,
        check: &LedgerCheck,
    ) -> Result<CheckId, StoreError> {
        let (id, findings) = (self.env.id::<CheckId>(), serde_json::to_string(&check.findings));
        let sql = "INSERT INTO ledger_checks (tenant_id, id, asked_by, began_at, ended_at, entries, balances, order_lines, \
             listings, pushes, findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let params = [
            self.key(),
            id.into(),
            asked_by.into(),
            began_at.into(),
            self.env.now().into(),
            check.entries.into(),
            check.balances.into(),
            check.order_lines.into(),
            check.listings.into(),
            check.pushes.into(),
            findings.map_err(StoreError::other)?.into(),
        ];
        self.tx.exec(sql, &params).await?;
        let old = "DELETE FROM ledger_checks WHERE tenant_id = $1 AND id NOT IN (SELECT id FROM ledger_checks \
             WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2)";
        self.tx.exec(old, &[self.key(), KEPT.into()]).await?;
        Ok(id)
    }
}

impl Tenant {
    /// The last checks, the last first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ledger_checks(&self, limit: i64) -> Result<Vec<CheckRecord>, StoreError> {
        let sql = "SELECT id, asked_by, began_at, ended_at, entries, balances, order_lines, listings, pushes, findings \
             FROM ledger_checks WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2";
        let rows = self.read().await?.query(sql, &[self.key(), limit.into()]).await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &Row) -> Result<CheckRecord, StoreError> {
    let findings: Vec<Finding> = serde_json::from_str(row.text(9)?).map_err(StoreError::other)?;
    Ok(CheckRecord {
        id: row.parsed(0)?,
        asked_by: row.string(1)?,
        began_at: row.time(2)?,
        ended_at: row.time(3)?,
        check: LedgerCheck {
            entries: row.int(4)?,
            balances: row.int(5)?,
            order_lines: row.int(6)?,
            listings: row.int(7)?,
            pushes: row.int(8)?,
            findings,
        },
    })
}
