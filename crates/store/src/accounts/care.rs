//! How an account was found when it was last looked after: its check, its webhooks, and what was not taken in.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::Registered;
use stockbridge_domain::{AccountId, Timestamp};

use crate::columns::{Columns as _, json_value};
use crate::db::Row;
use crate::{StoreError, Tenant, TenantTx};

/// So many refused requests are kept to look at.
const KEPT: usize = 10;
/// Refused requests are counted for so long at a time.
const WINDOW: Duration = Duration::from_secs(3_600);

/// What is known of an account beside its settings. Empty for one that was never looked after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AccountHealth {
    /// When it was last checked.
    pub checked_at: Option<Timestamp>,
    /// What the check found, in a sentence.
    pub summary: Option<String>,
    /// What works less well than it should, each with a remedy.
    pub warnings: Vec<String>,
    /// When its webhooks were last found or put in order at the channel.
    pub registered_at: Option<Timestamp>,
    /// The address the channel was told, without topic.
    pub registered_url: Option<String>,
    /// What has to be done by hand at the channel so that it sends what happens.
    pub by_hand: Vec<String>,
    /// Since when the hub itself has paused it because it failed again and again.
    pub paused_at: Option<Timestamp>,
    /// Requests to its webhook address that were refused, ever.
    pub refused: i64,
    /// Of those, the ones within the hour of the last.
    pub refused_lately: i64,
    /// The last few of them, the newest first.
    pub refusals: Vec<RefusedRequest>,
}

/// Requests to an account's webhook address that were not taken. What they said is not kept: nobody knows who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRequest {
    /// When the last of them came.
    pub at: Timestamp,
    /// `unauthentic` or `stale`.
    pub kind: String,
    /// The last part of the address.
    pub topic: String,
    /// What is missing or wrong.
    pub reason: String,
    /// How many of them there were.
    pub times: i64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCheck {
    /// In a sentence.
    pub summary: String,
    /// What works less well than it should, each with a remedy.
    pub warnings: Vec<String>,
}

const HEALTH: &str = "checked_at, summary, warnings, registered_at, registered_url, by_hand, paused_at, refused, \
     refused_lately, refusals, refused_since";

fn health(row: &Row) -> Result<(AccountHealth, Option<Timestamp>), StoreError> {
    let health = AccountHealth {
        checked_at: row.opt_time(0)?,
        summary: row.opt_string(1)?,
        warnings: row.json(2)?,
        registered_at: row.opt_time(3)?,
        registered_url: row.opt_string(4)?,
        by_hand: row.json(5)?,
        paused_at: row.opt_time(6)?,
        refused: row.int(7)?,
        refused_lately: row.int(8)?,
        refusals: row.json(9)?,
    };
    Ok((health, row.opt_time(10)?))
}

impl Tenant {
    /// How an account was found when it was last looked after.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_health(&self, account: AccountId) -> Result<AccountHealth, StoreError> {
        let sql = format!("SELECT {HEALTH} FROM account_health WHERE tenant_id = $1 AND account_id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), account.into()])
            .await?;
        Ok(row.as_ref().map(health).transpose()?.unwrap_or_default().0)
    }
}

impl TenantTx {
    /// Keeps what a check found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_account_check(
        &mut self,
        account: AccountId,
        check: &AccountCheck,
    ) -> Result<(), StoreError> {
        self.ensure_health(account).await?;
        let sql = "UPDATE account_health SET checked_at = $3, summary = $4, warnings = $5 \
                   WHERE tenant_id = $1 AND account_id = $2";
        let params = [
            self.key(),
            account.into(),
            self.env.now().into(),
            (&check.summary).into(),
            json_value(&check.warnings)?,
        ];
        self.tx.exec(sql, &params).await?;
        Ok(())
    }

    /// Keeps that the channel was told `url`, and what has to be done there by hand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_registered(
        &mut self,
        account: AccountId,
        url: &str,
        registered: &Registered,
    ) -> Result<(), StoreError> {
        self.ensure_health(account).await?;
        let sql = "UPDATE account_health SET registered_at = $3, registered_url = $4, by_hand = $5 \
                   WHERE tenant_id = $1 AND account_id = $2";
        let params = [
            self.key(),
            account.into(),
            self.env.now().into(),
            url.into(),
            json_value(&registered.by_hand)?,
        ];
        self.tx.exec(sql, &params).await?;
        Ok(())
    }

    /// Notes since when the hub itself has paused an account, or that it no longer does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_paused_by_hub(
        &mut self,
        account: AccountId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.ensure_health(account).await?;
        let sql = "UPDATE account_health SET paused_at = $3 WHERE tenant_id = $1 AND account_id = $2";
        self.tx
            .exec(sql, &[self.key(), account.into(), since.into()])
            .await?;
        Ok(())
    }

    /// Counts requests that were refused and keeps the last few; answers how many there were within an hour.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_refused(
        &mut self,
        account: AccountId,
        refused: RefusedRequest,
    ) -> Result<i64, StoreError> {
        self.ensure_health(account).await?;
        let sql = format!(
            "SELECT {HEALTH} FROM account_health WHERE tenant_id = $1 AND account_id = $2 {{for_update}}"
        );
        let row = self.tx.query_one(&sql, &[self.key(), account.into()]).await?;
        let (before, since) = health(&row)?;
        let window = since.filter(|since| since.plus(WINDOW) > refused.at);
        let lately = refused.times + window.map_or(0, |_| before.refused_lately);
        let since = window.unwrap_or(refused.at);
        let total = before.refused.saturating_add(refused.times);
        let mut refusals = before.refusals;
        refusals.insert(0, refused);
        refusals.truncate(KEPT);
        let sql = "UPDATE account_health SET refused = $3, refused_lately = $4, refused_since = $5, refusals = $6 \
                   WHERE tenant_id = $1 AND account_id = $2";
        let params = [
            self.key(),
            account.into(),
            total.into(),
            lately.into(),
            since.into(),
            json_value(&refusals)?,
        ];
        self.tx.exec(sql, &params).await?;
        Ok(lately)
    }

    async fn ensure_health(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "INSERT INTO account_health (tenant_id, account_id, warnings, by_hand, refused, refused_lately, refusals) \
                   VALUES ($1, $2, '[]', '[]', 0, 0, '[]') ON CONFLICT (tenant_id, account_id) DO NOTHING";
        self.tx.exec(sql, &[self.key(), account.into()]).await?;
        Ok(())
    }
}
