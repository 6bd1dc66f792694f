//! How an account fares: when its channel last answered, and how often in a row it failed.

use std::time::Duration;

use stockbridge_domain::AccountId;

use crate::{StoreError, Tenant};

/// How exactly the time of the last success is kept; every page would otherwise write it.
const OK_EVERY: Duration = Duration::from_secs(10);

impl Tenant {
    /// Notes that the channel answered as it should.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_ok(&self, id: AccountId) -> Result<(), StoreError> {
        let now = self.env().now();
        let known = "SELECT 1 FROM accounts WHERE tenant_id = $1 AND id = $2 AND error_streak = 0 AND last_ok_at > $3";
        let params = [self.key(), id.into(), now.minus(OK_EVERY).into()];
        if self.read().await?.query_opt(known, &params).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let sql = "UPDATE accounts SET last_ok_at = $3, error_streak = 0 WHERE tenant_id = $1 AND id = $2";
        tx.tx.exec(sql, &[self.key(), id.into(), now.into()]).await?;
        tx.commit().await
    }

    /// Notes that the channel failed, and returns how often in a row it has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_error(&self, id: AccountId, message: &str) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE accounts SET last_error_at = $3, last_error = $4, error_streak = error_streak + 1 \
                   WHERE tenant_id = $1 AND id = $2 RETURNING error_streak";
        let values = [self.key(), id.into(), self.env().now().into(), message.into()];
        let row = tx.tx.query_opt(sql, &values).await?;
        tx.commit().await?;
        row.map_or(Ok(0), |row| row.int(0))
    }
}
