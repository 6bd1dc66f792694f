//! Secrets that a channel replaces while they are used: one process at a time exchanges them, all others use what it got.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{SecretText, Turn};

use super::secrets::{open_credentials, seal_credentials};
use crate::columns::Columns as _;
use crate::db::Value;
use crate::{StoreError, Tenant, TenantTx};

/// How long one process has for an exchange before another may try: longer than the exchange's own timeout.
const TURN: Duration = Duration::from_secs(30);
/// When to look again while another process is at it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Tenant {
    /// Asks for the turn to replace an account's secret `name`, which is `seen` as far as the caller knows.
    ///
    /// # Errors
    /// When the database fails, the secrets do not open, or there is no such account.
    pub async fn take_renewal_turn(
        &self,
        account: AccountId,
        name: &str,
        seen: Option<&SecretText>,
    ) -> Result<Turn, StoreError> {
        let now = self.env().now();
        let mut tx = self.begin().await?;
        let (kept, until) = tx.lock_secrets(account).await?;
        if kept.get(name) != seen {
            return Ok(Turn::Done(kept));
        }
        if let Some(until) = until.filter(|until| *until > now) {
            return Ok(Turn::Busy(until.min(now.plus(LOOK_AGAIN))));
        }
        tx.set_renewing(account, Some(now.plus(TURN))).await?;
        tx.commit().await?;
        Ok(Turn::Yours(kept))
    }

    /// Keeps new secrets beside those that stay and ends the turn. An account that was disconnected meanwhile keeps none.
    ///
    /// # Errors
    /// When the database fails or there is no such account.
    pub async fn keep_renewed(
        &self,
        account: AccountId,
        fresh: BTreeMap<String, SecretText>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (mut kept, _) = tx.lock_secrets(account).await?;
        if !kept.is_empty() && !fresh.is_empty() {
            kept.extend(fresh);
            let sealed = seal_credentials(&tx.sealer().await?, account, &kept)?;
            let sql = "UPDATE accounts SET credentials = $3 WHERE tenant_id = $1 AND id = $2";
            tx.tx.exec(sql, &[self.key(), account.into(), sealed]).await?;
        }
        tx.set_renewing(account, None).await?;
        tx.commit().await
    }
}

impl TenantTx {
    async fn lock_secrets(
        &mut self,
        account: AccountId,
    ) -> Result<
        (
            BTreeMap<String, SecretText>,
            Option<stockbridge_domain::Timestamp>,
        ),
        StoreError,
    > {
        let sql =
            "SELECT credentials, renewing_until FROM accounts WHERE tenant_id = $1 AND id = $2 {for_update}";
        let row = self.tx.query_opt(sql, &[self.key(), account.into()]).await?;
        let row = row.ok_or_else(|| StoreError::other(format!("there is no store {account}")))?;
        let kept = open_credentials(&self.sealer().await?, account, row.bytes(0)?)?;
        Ok((kept, row.opt_time(1)?))
    }

    async fn set_renewing(
        &mut self,
        account: AccountId,
        until: Option<stockbridge_domain::Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET renewing_until = $3 WHERE tenant_id = $1 AND id = $2";
        let until = until.map_or(Value::Null, Value::from);
        self.tx.exec(sql, &[self.key(), account.into(), until]).await?;
        Ok(())
    }
}
