//! A seller's accounts on channels: how they are connected, what is secret of them, how they fare.

mod care;
mod health;
mod mailboxes;
mod renewing;
mod secrets;
mod terms;

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::channel::{ChannelKind, CheckedAccount, SecretText};
use stockbridge_domain::{AccountId, Currency, Timestamp};

use crate::columns::{Columns as _, json_value, words};
use crate::db::{Row, Tx, Value};
use crate::{StoreError, Tenant, TenantTx};
pub use care::{AccountCheck, AccountHealth, RefusedRequest};
pub use mailboxes::{MailboxRecord, SubscriptionRecord};
use secrets::{WEBHOOK_KEY, seal_credentials, webhook_key};
pub use terms::TermRecord;

words! {
    /// Whether an account is worked for.
    AccountStatus {
        /// In use.
        Active = "active",
        /// Paused by a person.
        Paused = "paused",
        /// The channel refuses the credentials; the seller has to authorise anew.
        NeedsReauthorisation = "needs_reauthorisation",
        /// Disconnected: its credentials are gone, its history stays.
        Disconnected = "disconnected",
    }
}

/// An account to be connected.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Which channel.
    pub channel: ChannelKind,
    /// What people call it.
    pub name: String,
    /// What the channel said of the draft.
    pub checked: CheckedAccount,
    /// Secrets; sealed before they are written.
    pub credentials: BTreeMap<String, SecretText>,
    /// Addresses that replace the channel's own.
    pub endpoints: BTreeMap<String, String>,
    /// Channel-specific settings.
    pub options: BTreeMap<String, serde_json::Value>,
    /// From when on orders are imported. An account that comes back goes on where it was.
    pub orders_from: Timestamp,
}

/// An account without its secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// Which channel.
    pub channel: ChannelKind,
    /// What people call it.
    pub name: String,
    /// What tells it from every other account on the channel.
    pub external_id: String,
    /// Its marketplaces in the channel's spelling.
    pub marketplaces: Vec<String>,
    /// The currency of the first marketplace.
    pub currency: Option<Currency>,
    /// Addresses that replace the channel's own.
    pub endpoints: BTreeMap<String, String>,
    /// Channel-specific settings.
    pub options: BTreeMap<String, serde_json::Value>,
    /// Whether it is worked for.
    pub status: AccountStatus,
    /// Why it has this status, for people.
    pub status_reason: Option<String>,
    /// When it was connected, last if more than once.
    pub connected_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
    /// Orders changed before this instant are all imported, by the channel's own word.
    pub orders_complete_until: Timestamp,
    /// When the channel last answered as it should, to ten seconds.
    pub last_ok_at: Option<Timestamp>,
    /// When it last failed.
    pub last_error_at: Option<Timestamp>,
    /// What it said then.
    pub last_error: Option<String>,
    /// Failures in a row.
    pub error_streak: i64,
}

/// Settings of an account to be changed; `None` leaves one as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// What people call it.
    pub name: Option<String>,
    /// Secrets, all of them.
    pub credentials: Option<BTreeMap<String, SecretText>>,
    /// Addresses that replace the channel's own, all of them.
    pub endpoints: Option<BTreeMap<String, String>>,
    /// Channel-specific settings, all of them.
    pub options: Option<BTreeMap<String, serde_json::Value>>,
}

/// Why an account was not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It is connected already.
    #[error(
        "credentials: this account is connected already as `{name}` ({id}); change that one, or disconnect it first"
    )]
    AlreadyConnected {
        /// The account.
        id: AccountId,
        /// What people call it.
        name: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ACCOUNT: &str = "id, channel, name, external_id, marketplaces, currency, endpoints, options, status, \
     status_reason, connected_at, updated_at, orders_complete_until, last_ok_at, last_error_at, last_error, \
     error_streak";

fn record(row: &Row) -> Result<AccountRecord, StoreError> {
    let currency = row.opt_text(5)?.map(Currency::parse).transpose();
    Ok(AccountRecord {
        id: row.parsed(0)?,
        channel: ChannelKind::new(row.text(1)?),
        name: row.string(2)?,
        external_id: row.string(3)?,
        marketplaces: row.json(4)?,
        currency: currency.map_err(|error| row.unreadable(5, error))?,
        endpoints: row.json(6)?,
        options: row.json(7)?,
        status: row.named(8, AccountStatus::parse)?,
        status_reason: row.opt_string(9)?,
        connected_at: row.time(10)?,
        updated_at: row.time(11)?,
        orders_complete_until: row.time(12)?,
        last_ok_at: row.opt_time(13)?,
        last_error_at: row.opt_time(14)?,
        last_error: row.opt_string(15)?,
        error_streak: row.int(16)?,
    })
}

impl TenantTx {
    /// Connects an account. One that was disconnected comes back under its old id, with its history.
    ///
    /// # Errors
    /// [`ConnectError::AlreadyConnected`] when the same account of the channel is connected.
    pub async fn create_account(&mut self, new: NewAccount) -> Result<AccountRecord, ConnectError> {
        let now = self.env.now();
        // One connects at a time, so that two cannot both find nothing.
        let lock = "SELECT tenant_id FROM tenants WHERE tenant_id = $1 {for_update}";
        self.tx.query(lock, &[self.key()]).await?;
        let id = match self.account_named(&new.channel, &new.checked.external_id).await? {
            Some((id, name, AccountStatus::Active | AccountStatus::Paused)) => {
                return Err(ConnectError::AlreadyConnected { id, name });
            }
            Some((id, ..)) => id,
            None => self.env.id(),
        };
        let mut credentials = new.credentials;
        credentials.insert(WEBHOOK_KEY.to_owned(), webhook_key(&self.env));
        let credentials = seal_credentials(&self.sealer().await?, id, &credentials)?;
        let sql = "INSERT INTO accounts (tenant_id, id, channel, name, external_id, marketplaces, currency, \
             endpoints, options, credentials, status, connected_at, updated_at, orders_complete_until, error_streak) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $11, $12, 0) \
             ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, marketplaces = excluded.marketplaces, \
             currency = excluded.currency, endpoints = excluded.endpoints, options = excluded.options, \
             credentials = excluded.credentials, status = 'active', status_reason = NULL, \
             connected_at = CASE WHEN accounts.status = 'disconnected' THEN excluded.connected_at \
             ELSE accounts.connected_at END, updated_at = excluded.updated_at, error_streak = 0";
        let values = [
            self.key(),
            id.into(),
            new.channel.as_str().into(),
            new.name.trim().into(),
            (&new.checked.external_id).into(),
            json_value(&new.checked.marketplaces)?,
            new.checked.currency.map(Currency::code).into(),
            json_value(&new.endpoints)?,
            json_value(&new.options)?,
            credentials,
            now.into(),
            new.orders_from.into(),
        ];
        self.tx.exec(sql, &values).await?;
        let account = find(&mut self.tx, self.tenant.into(), id).await?;
        account.ok_or_else(|| StoreError::other("an account just written is missing").into())
    }

    /// The account with this name on its channel.
    async fn account_named(
        &mut self,
        channel: &ChannelKind,
        external_id: &str,
    ) -> Result<Option<(AccountId, String, AccountStatus)>, StoreError> {
        let sql = "SELECT id, name, status FROM accounts \
                   WHERE tenant_id = $1 AND channel = $2 AND external_id = $3";
        let values = [self.key(), channel.as_str().into(), external_id.into()];
        let row = self.tx.query_opt(sql, &values).await?;
        row.map(|row| {
            Ok((
                row.parsed(0)?,
                row.string(1)?,
                row.named(2, AccountStatus::parse)?,
            ))
        })
        .transpose()
    }

    /// One account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&mut self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        find(&mut self.tx, self.tenant.into(), id).await
    }

    /// Changes settings; false when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_account(&mut self, id: AccountId, change: AccountChange) -> Result<bool, StoreError> {
        let credentials = match &change.credentials {
            None => Value::Null,
            Some(credentials) => {
                let kept = self.kept_webhook_key(id, credentials).await?;
                seal_credentials(&self.sealer().await?, id, &kept)?
            }
        };
        let sql = "UPDATE accounts SET name = COALESCE($3, name), credentials = COALESCE($4, credentials), \
             endpoints = COALESCE($5, endpoints), options = COALESCE($6, options), updated_at = $7 \
             WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            id.into(),
            change.name.map(|name| name.trim().to_owned()).into(),
            credentials,
            change.endpoints.as_ref().map_or(Ok(Value::Null), json_value)?,
            change.options.as_ref().map_or(Ok(Value::Null), json_value)?,
            self.env.now().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }

    /// Sets whether an account is worked for, and why; false when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_account_status(
        &mut self,
        id: AccountId,
        status: AccountStatus,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET status = $3, status_reason = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            id.into(),
            status.name().into(),
            reason.into(),
            self.env.now().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }

    /// Forgets the credentials and stops work for the account; its history stays. False when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disconnect_account(&mut self, id: AccountId) -> Result<bool, StoreError> {
        let forget = AccountChange {
            credentials: Some(BTreeMap::new()),
            ..AccountChange::default()
        };
        Ok(self.update_account(id, forget).await?
            && self
                .set_account_status(id, AccountStatus::Disconnected, None)
                .await?)
    }

    /// Notes that orders changed before `at` are all imported. Never moves backwards.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_orders_complete_until(
        &mut self,
        id: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET orders_complete_until = $3 \
                   WHERE tenant_id = $1 AND id = $2 AND orders_complete_until < $3";
        self.tx.exec(sql, &[self.key(), id.into(), at.into()]).await?;
        Ok(())
    }
}

impl Tenant {
    /// [`TenantTx::create_account`] as a transaction of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn create_account(&self, new: NewAccount) -> Result<AccountRecord, ConnectError> {
        let mut tx = self.begin().await?;
        let account = tx.create_account(new).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// [`TenantTx::update_account`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_account(&self, id: AccountId, change: AccountChange) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = tx.update_account(id, change).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// [`TenantTx::set_account_status`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_account_status(
        &self,
        id: AccountId,
        status: AccountStatus,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = tx.set_account_status(id, status, reason).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// One account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
        find(&mut self.read().await?, self.key(), id).await
    }

    /// Every account, oldest first, with those that were disconnected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM accounts WHERE tenant_id = $1 ORDER BY id");
        let rows = self.read().await?.query(&sql, &[self.key()]).await?;
        rows.iter().map(record).collect()
    }
}

async fn find(tx: &mut Tx, tenant: Value, id: AccountId) -> Result<Option<AccountRecord>, StoreError> {
    let sql = format!("SELECT {ACCOUNT} FROM accounts WHERE tenant_id = $1 AND id = $2");
    let row = tx.query_opt(&sql, &[tenant, id.into()]).await?;
    row.as_ref().map(record).transpose()
}
