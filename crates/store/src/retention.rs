//! What is kept of others only as long as it is needed.

use stockbridge_domain::Timestamp;

use crate::{StoreError, System};

impl System {
    /// Forgets what channels said of at most `limit` orders that ended before `before`, as it came. Orders, lines and ledger stay: they
    /// name no person. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_order_payloads(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "UPDATE orders SET payload = $3 WHERE (tenant_id, id) IN \
                   (SELECT tenant_id, id FROM orders WHERE updated_at < $1 \
                   AND status IN ('shipped', 'cancelled') AND LENGTH(payload) > 0 LIMIT $2)";
        let nothing: &[u8] = &[];
        let values = [before.into(), limit.into(), nothing.into()];
        let count = tx.exec(sql, &values).await?;
        tx.commit().await?;
        Ok(count)
    }
}
