//! API tokens: kept as hashes, valid until they expire or are revoked.

use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{TenantId, Timestamp, TokenId};

use crate::audit::NewAudit;
use crate::columns::Columns as _;
use crate::db::Row;
use crate::{StoreError, System, Tenant};

/// How exactly the time of last use is kept; a busy token would otherwise write with every call.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; nothing for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

const TOKEN: &str = "id, name, role, created_at, expires_at, last_used_at, revoked_at, tenant_id";

fn token(row: &Row) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        id: row.parsed(0)?,
        name: row.string(1)?,
        role: row.named(2, Role::parse)?,
        created_at: row.time(3)?,
        expires_at: row.opt_time(4)?,
        last_used_at: row.opt_time(5)?,
        revoked_at: row.opt_time(6)?,
    })
}

impl Tenant {
    /// Keeps a new token by its hash, noting in the audit log that `by` made it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_token(
        &self,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
        token_hash: &str,
        by: &str,
    ) -> Result<TokenRecord, StoreError> {
        let record = TokenRecord {
            id: self.env().id(),
            name: name.trim().to_owned(),
            role,
            created_at: self.env().now(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO api_tokens (tenant_id, id, name, role, token_hash, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            self.key(),
            record.id.into(),
            (&record.name).into(),
            role.name().into(),
            token_hash.into(),
            record.created_at.into(),
            expires_at.into(),
        ];
        tx.tx.exec(sql, &values).await?;
        tx.audit(&NewAudit {
            actor: by,
            action: "token.create",
            subject: &record.id.to_string(),
            detail: &record.name,
        })
        .await?;
        tx.commit().await?;
        Ok(record)
    }

    /// Every token, newest first, with those that have ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        let sql = format!("SELECT {TOKEN} FROM api_tokens WHERE tenant_id = $1 ORDER BY id DESC");
        let rows = self.read().await?.query(&sql, &[self.key()]).await?;
        rows.iter().map(token).collect()
    }

    /// Revokes a token, noting in the audit log that `by` did it; false when there is none that could be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_token(&self, id: TokenId, by: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE api_tokens SET revoked_at = $3 \
                   WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        let values = [self.key(), id.into(), self.env().now().into()];
        let changed = tx.tx.exec(sql, &values).await? == 1;
        if changed {
            tx.audit(&NewAudit::of(by, "token.revoke", &id.to_string()))
                .await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Notes that a token was used, at most once a minute.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch_token(&self, token: &TokenRecord) -> Result<(), StoreError> {
        let now = self.env().now();
        if token.last_used_at.is_some_and(|at| at.plus(TOUCH_EVERY) > now) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let sql = "UPDATE api_tokens SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2";
        tx.tx
            .exec(sql, &[self.key(), token.id.into(), now.into()])
            .await?;
        tx.commit().await
    }
}

impl System {
    /// The token with this hash, if it is neither expired nor revoked, and its tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_token(&self, token_hash: &str) -> Result<Option<(TenantId, TokenRecord)>, StoreError> {
        let sql = format!(
            "SELECT {TOKEN} FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)"
        );
        let values = [token_hash.into(), self.env().now().into()];
        let row = self.read().await?.query_opt(&sql, &values).await?;
        row.map(|row| Ok((row.parsed(7)?, token(&row)?))).transpose()
    }
}
