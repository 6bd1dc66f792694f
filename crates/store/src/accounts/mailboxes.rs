//! Mailboxes of accounts: what the channel was asked to write into them, and how reading them goes.

use serde::Serialize;
use stockbridge_domain::{AccountId, Timestamp};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::{StoreError, Tenant, TenantTx};

/// One topic an account's channel was asked to write about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionRecord {
    /// What about, in the channel's words.
    pub topic: String,
    /// The channel's id of it, if it is in place.
    pub id: Option<String>,
    /// When it was last looked at.
    pub checked_at: Timestamp,
    /// Why it is not in place.
    pub trouble: Option<String>,
}

/// How reading an account's mailbox goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailboxRecord {
    /// When it was last emptied, to a few minutes where it was empty.
    pub emptied_at: Option<Timestamp>,
    /// How many letters were taken out of it so far.
    pub letters: i64,
    /// When it could not be read.
    pub failed_at: Option<Timestamp>,
    /// Why; nothing once it can again.
    pub error: Option<String>,
}

impl Tenant {
    /// What an account's channel was asked to write about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subscriptions(&self, account: AccountId) -> Result<Vec<SubscriptionRecord>, StoreError> {
        let sql = "SELECT topic, subscription_id, checked_at, trouble FROM account_subscriptions \
                   WHERE tenant_id = $1 AND account_id = $2 ORDER BY topic";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), account.into()])
            .await?;
        let record = |row: &Row| {
            Ok(SubscriptionRecord {
                topic: row.string(0)?,
                id: row.opt_string(1)?,
                checked_at: row.time(2)?,
                trouble: row.opt_string(3)?,
            })
        };
        rows.iter().map(record).collect()
    }

    /// How reading an account's mailbox goes; nothing for one that was never read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailbox(&self, account: AccountId) -> Result<Option<MailboxRecord>, StoreError> {
        let sql = "SELECT emptied_at, letters, failed_at, error FROM account_mailboxes \
                   WHERE tenant_id = $1 AND account_id = $2";
        let row = self
            .read()
            .await?
            .query_opt(sql, &[self.key(), account.into()])
            .await?;
        let record = |row: &Row| {
            Ok(MailboxRecord {
                emptied_at: row.opt_time(0)?,
                letters: row.int(1)?,
                failed_at: row.opt_time(2)?,
                error: row.opt_string(3)?,
            })
        };
        row.as_ref().map(record).transpose()
    }

    /// So many letters were taken out of an account's mailbox.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailbox_emptied(&self, account: AccountId, letters: usize) -> Result<(), StoreError> {
        let sql = "INSERT INTO account_mailboxes (tenant_id, account_id, emptied_at, letters) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (tenant_id, account_id) DO UPDATE SET emptied_at = excluded.emptied_at, \
                   letters = account_mailboxes.letters + excluded.letters, error = NULL";
        let letters = i64::try_from(letters).unwrap_or(i64::MAX);
        let values = [
            self.key(),
            account.into(),
            self.env().now().into(),
            letters.into(),
        ];
        let mut tx = self.begin().await?;
        tx.tx.exec(sql, &values).await?;
        tx.commit().await
    }

    /// An account's mailbox could not be read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailbox_failed(&self, account: AccountId, error: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO account_mailboxes (tenant_id, account_id, letters, failed_at, error) \
                   VALUES ($1, $2, 0, $3, $4) ON CONFLICT (tenant_id, account_id) DO UPDATE SET \
                   failed_at = excluded.failed_at, error = excluded.error";
        let values = [self.key(), account.into(), self.env().now().into(), error.into()];
        let mut tx = self.begin().await?;
        tx.tx.exec(sql, &values).await?;
        tx.commit().await
    }

    /// [`TenantTx::keep_subscription`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_subscription(
        &self,
        account: AccountId,
        topic: &str,
        found: Result<&str, &str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.keep_subscription(account, topic, found).await?;
        tx.commit().await
    }
}

impl TenantTx {
    /// Keeps the channel's id of a subscription that is in place, or why it is not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_subscription(
        &mut self,
        account: AccountId,
        topic: &str,
        found: Result<&str, &str>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO account_subscriptions (tenant_id, account_id, topic, subscription_id, checked_at, trouble) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, account_id, topic) DO UPDATE SET \
                   subscription_id = excluded.subscription_id, checked_at = excluded.checked_at, \
                   trouble = excluded.trouble";
        let values = [
            self.key(),
            account.into(),
            topic.into(),
            found.ok().into(),
            self.env.now().into(),
            found.err().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Forgets what an account's channel was asked to write about; every topic is put in order anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_subscriptions(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "DELETE FROM account_subscriptions WHERE tenant_id = $1 AND account_id = $2";
        self.tx.exec(sql, &[self.key(), account.into()]).await?;
        Ok(())
    }
}
