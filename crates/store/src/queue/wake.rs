//! Jobs that wait for a channel are looked at sooner when it says that it is ready.

use stockbridge_domain::AccountId;
use stockbridge_domain::job::Priority;

use crate::columns::Columns as _;
use crate::{StoreError, TenantTx};

impl TenantTx {
    /// An account's jobs that were put off for this reason are due now; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wake_jobs(&mut self, account: AccountId, reason: &str) -> Result<usize, StoreError> {
        let now = self.env.now();
        let sql = "UPDATE jobs SET run_at = $4 WHERE tenant_id = $1 AND account_id = $2 AND state = 'queued' \
                   AND last_error = $3 AND run_at > $4 RETURNING lane, priority";
        let values = [self.key(), account.into(), reason.into(), now.into()];
        let rows = self.tx.query(sql, &values).await?;
        for row in &rows {
            let priority = Priority(row.int(1)?);
            self.lanes.touch(row.string(0)?, Some(account), now, priority);
        }
        Ok(rows.len())
    }
}
