//! Requests that a client may send again: the second time they answer what the first time did.

use std::time::Duration;

use stockbridge_domain::Timestamp;

use crate::columns::Columns as _;
use crate::{StoreError, System, Tenant};

/// How long a request is believed to be running; after that it is taken for lost and may be done anew.
pub const RUNNING_FOR: Duration = Duration::from_secs(120);

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// Nothing: do it, then complete or release the key.
    Fresh,
    /// It was done; answer this.
    Replay {
        /// The answer's status.
        status: i64,
        /// The answer's body.
        body: String,
    },
    /// The key was used for another request.
    Mismatch,
    /// It is being done right now.
    Running,
}

impl Tenant {
    /// Takes a key for a request with this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_request(&self, key: &str, request_hash: &str) -> Result<Idempotency, StoreError> {
        let now = self.env().now();
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO idempotency_keys (tenant_id, key, request_hash, created_at) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, key) DO NOTHING";
        let values = [self.key(), key.into(), request_hash.into(), now.into()];
        if tx.tx.exec(sql, &values).await? == 1 {
            tx.commit().await?;
            return Ok(Idempotency::Fresh);
        }
        let sql = "SELECT request_hash, status, body, created_at FROM idempotency_keys \
                   WHERE tenant_id = $1 AND key = $2 {for_update}";
        let row = tx.tx.query_one(sql, &[self.key(), key.into()]).await?;
        if row.text(0)? != request_hash {
            return Ok(Idempotency::Mismatch);
        }
        if let Some(status) = row.opt_int(1)? {
            let body = row.opt_string(2)?.unwrap_or_default();
            return Ok(Idempotency::Replay { status, body });
        }
        if row.time(3)?.plus(RUNNING_FOR) > now {
            return Ok(Idempotency::Running);
        }
        let sql = "UPDATE idempotency_keys SET created_at = $3 WHERE tenant_id = $1 AND key = $2";
        tx.tx.exec(sql, &[self.key(), key.into(), now.into()]).await?;
        tx.commit().await?;
        Ok(Idempotency::Fresh)
    }

    /// Keeps the answer of a request that was done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete_request(&self, key: &str, status: i64, body: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE idempotency_keys SET status = $3, body = $4 \
                   WHERE tenant_id = $1 AND key = $2 AND status IS NULL";
        let values = [self.key(), key.into(), status.into(), body.into()];
        tx.tx.exec(sql, &values).await?;
        tx.commit().await
    }

    /// Gives a key back whose request changed nothing, so that it can be sent again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_request(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key = $2 AND status IS NULL";
        tx.tx.exec(sql, &[self.key(), key.into()]).await?;
        tx.commit().await
    }
}

impl System {
    /// Forgets requests that began before `before`; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM idempotency_keys WHERE created_at < $1";
        let count = tx.exec(sql, &[before.into()]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
