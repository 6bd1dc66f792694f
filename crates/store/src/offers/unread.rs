//! Stores whose listings have not all been read yet.
//!
//! A store that was just connected may have been selling anything, at any number, and nobody knows which of its listings
//! there are. Until all of them were read once, nothing more of any product is promised to anybody: no listing is raised,
//! and the own store waits. What is shown too much is taken back all the same.

use stockbridge_domain::AccountId;

use crate::{StoreError, TenantTx};

impl TenantTx {
    /// Notes that an account's listings have all to be read before anything more is promised. Call it when a store is
    /// connected whose channel has listings, in a transaction that marks every product.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn await_listings(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET listings_unread = 1 WHERE tenant_id = $1 AND id = $2";
        self.tx.exec(sql, &[self.key(), account.into()]).await?;
        // Of a store that comes back nobody knows what it sold meanwhile; its offers were forgotten when it went.
        let unknown = "UPDATE listings SET exposure_since = 0 WHERE tenant_id = $1 AND account_id = $2 \
                       AND exposure = 0 AND shown_at IS NULL";
        self.tx.exec(unknown, &[self.key(), account.into()]).await?;
        Ok(())
    }

    /// Notes that all listings of an account were read, or that it is gone, and marks every product if that had been
    /// waited for. Answers whether it had.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn listings_read(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET listings_unread = 0 WHERE tenant_id = $1 AND id = $2 AND listings_unread = 1";
        if self.tx.exec(sql, &[self.key(), account.into()]).await? == 0 {
            return Ok(false);
        }
        self.mark_all_dirty(None, "listings read").await?;
        Ok(true)
    }

    /// Whether an active account has listings that nobody has read yet. Ask it under the lock of the products: connecting
    /// a store locks them too.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn listings_awaited(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM accounts WHERE tenant_id = $1 AND listings_unread = 1 AND status = 'active' LIMIT 1";
        Ok(self.tx.query_opt(sql, &[self.key()]).await?.is_some())
    }
}
