//! What is secret of an account: sealed for it alone, opened only to connect.

use std::collections::BTreeMap;

use stockbridge_domain::channel::{AccountConfig, CheckedAccount, SecretText};
use stockbridge_domain::{AccountId, Env};

use super::{AccountRecord, find};
use crate::columns::json_value;
use crate::db::Value;
use crate::vault::Sealer;
use crate::{StoreError, Tenant, TenantTx};

/// What credentials are sealed for.
const CREDENTIALS: &str = "account.credentials";

/// Under which name the secret of the account's webhook address is sealed among its credentials.
pub(super) const WEBHOOK_KEY: &str = "webhook_key";

/// A new secret for an account's webhook address: 192 bits, fit for an address.
pub(super) fn webhook_key(env: &Env) -> SecretText {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(48);
    for byte in env.bytes::<24>() {
        let _ = write!(text, "{byte:02x}");
    }
    SecretText::new(text)
}

pub(super) fn seal_credentials(
    sealer: &Sealer,
    id: AccountId,
    credentials: &BTreeMap<String, SecretText>,
) -> Result<Value, StoreError> {
    let plain: BTreeMap<&str, &str> = credentials
        .iter()
        .map(|(k, v)| (k.as_str(), v.expose()))
        .collect();
    let Value::Text(json) = json_value(&plain)? else {
        return Err(StoreError::other("JSON that is no text"));
    };
    let json = zeroize::Zeroizing::new(json);
    sealer
        .seal(CREDENTIALS, &id.to_string(), json.as_bytes())
        .map(Value::Bytes)
}

pub(super) fn open_credentials(
    sealer: &Sealer,
    id: AccountId,
    sealed: &[u8],
) -> Result<BTreeMap<String, SecretText>, StoreError> {
    let plain = sealer.open(CREDENTIALS, &id.to_string(), sealed)?;
    let texts: BTreeMap<String, String> =
        serde_json::from_slice(&plain).map_err(|error| StoreError::Sealed {
            detail: format!("the credentials of {id} are no JSON ({error}); connect the account anew"),
        })?;
    Ok(texts.into_iter().map(|(k, v)| (k, SecretText::new(v))).collect())
}

impl Tenant {
    /// An account's secrets.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when they do not open.
    pub async fn credentials(
        &self,
        id: AccountId,
    ) -> Result<Option<BTreeMap<String, SecretText>>, StoreError> {
        let config = self.account_config(id).await?;
        Ok(config.map(|(_, config)| config.credentials))
    }

    /// Everything a channel needs to open a connection, secrets included.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when the secrets do not open.
    pub async fn account_config(
        &self,
        id: AccountId,
    ) -> Result<Option<(AccountRecord, AccountConfig)>, StoreError> {
        let mut tx = self.read().await?;
        let Some(account) = find(&mut tx, self.key(), id).await? else {
            return Ok(None);
        };
        let sql = "SELECT credentials FROM accounts WHERE tenant_id = $1 AND id = $2";
        let row = tx.query_one(sql, &[self.key(), id.into()]).await?;
        let mut credentials = open_credentials(&self.sealer(&mut tx).await?, id, row.bytes(0)?)?;
        // Accounts from before webhooks have none, and an empty key matches nothing.
        let webhook_key = credentials
            .remove(WEBHOOK_KEY)
            .unwrap_or_else(|| SecretText::new(""));
        let config = AccountConfig {
            account: id,
            checked: CheckedAccount {
                external_id: account.external_id.clone(),
                marketplaces: account.marketplaces.clone(),
                currency: account.currency,
            },
            credentials,
            endpoints: account.endpoints.clone(),
            options: account.options.clone(),
            webhook_key,
        };
        Ok(Some((account, config)))
    }
}

impl TenantTx {
    /// Replaced credentials with the account's webhook key, which nobody types. None are kept of an account without any.
    pub(super) async fn kept_webhook_key(
        &mut self,
        id: AccountId,
        replaced: &BTreeMap<String, SecretText>,
    ) -> Result<BTreeMap<String, SecretText>, StoreError> {
        let mut kept = replaced.clone();
        if kept.is_empty() {
            return Ok(kept);
        }
        let sql = "SELECT credentials FROM accounts WHERE tenant_id = $1 AND id = $2";
        let row = self.tx.query_opt(sql, &[self.key(), id.into()]).await?;
        if let Some(row) = row {
            let mut before = open_credentials(&self.sealer().await?, id, row.bytes(0)?)?;
            let key = before.remove(WEBHOOK_KEY);
            kept.insert(
                WEBHOOK_KEY.to_owned(),
                key.unwrap_or_else(|| webhook_key(&self.env)),
            );
        }
        Ok(kept)
    }
}
