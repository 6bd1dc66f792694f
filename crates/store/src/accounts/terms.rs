//! When what ends by itself began, account by account.

use stockbridge_domain::{AccountId, Timestamp};

use crate::columns::Columns as _;
use crate::{StoreError, Tenant, TenantTx};

/// Something of an account that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermRecord {
    /// Its name on the channel.
    pub name: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends, if the channel has said so.
    pub ends_at: Option<Timestamp>,
}

impl Tenant {
    /// What is known of an account's terms.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_terms(&self, account: AccountId) -> Result<Vec<TermRecord>, StoreError> {
        let sql = "SELECT name, began_at, ends_at FROM account_terms \
                   WHERE tenant_id = $1 AND account_id = $2 ORDER BY name";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), account.into()])
            .await?;
        let record = |row: &crate::db::Row| {
            Ok(TermRecord {
                name: row.string(0)?,
                began_at: row.time(1)?,
                ends_at: row.opt_time(2)?,
            })
        };
        rows.iter().map(record).collect()
    }
}

impl TenantTx {
    /// These terms begin now; `ends_at` where the channel says when they end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_terms(
        &mut self,
        account: AccountId,
        names: &[&str],
        ends_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let now = self.env.now();
        for name in names {
            let sql = "INSERT INTO account_terms (tenant_id, account_id, name, began_at, ends_at) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, account_id, name) DO UPDATE SET \
                       began_at = excluded.began_at, ends_at = excluded.ends_at";
            let values = [
                self.key(),
                account.into(),
                (*name).into(),
                now.into(),
                ends_at.into(),
            ];
            self.tx.exec(sql, &values).await?;
        }
        Ok(())
    }

    /// The channel said when a term ends; when it began stays as it is, or is `began` if nobody knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_term_end(
        &mut self,
        account: AccountId,
        name: &str,
        began: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO account_terms (tenant_id, account_id, name, began_at, ends_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, account_id, name) DO UPDATE SET \
                   ends_at = excluded.ends_at";
        let values = [
            self.key(),
            account.into(),
            name.into(),
            began.into(),
            ends_at.into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}
