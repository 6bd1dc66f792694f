//! People who sign in: users, dashboard sessions and one-time links. API tokens are in `tokens`.
//!
//! Of every secret only a hash is kept; the caller makes both. Looking one up is [`System`]'s work, because the tenant
//! is what the lookup finds out.

use serde::Serialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{SessionId, TenantId, Timestamp, UserId};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::tenants::{insert_user, plain_email};
use crate::{StoreError, System, Tenant, TenantError};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserRecord {
    /// Its id.
    pub id: UserId,
    /// The address to sign in with, in lower case.
    pub email: String,
    /// What the person may do.
    pub role: Role,
    /// When the person was added.
    pub created_at: Timestamp,
    /// The password's hash; nothing for those who sign in by link alone.
    #[serde(skip)]
    pub password_hash: Option<String>,
}

/// A dashboard session that is valid now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The person's address.
    pub email: String,
    /// What the person may do now.
    pub role: Role,
    /// What forms have to send back.
    #[serde(skip)]
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a new session is made of.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose it is.
    pub user: UserId,
    /// Hash of the cookie's secret.
    pub token_hash: String,
    /// What forms have to send back.
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

const USER: &str = "id, email, role, created_at, password_hash, tenant_id";
const SESSION: &str = "SELECT s.id, s.user_id, u.email, u.role, s.csrf, s.expires_at, s.tenant_id FROM sessions s \
     JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id";

fn user(row: &Row) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: row.parsed(0)?,
        email: row.string(1)?,
        role: row.named(2, Role::parse)?,
        created_at: row.time(3)?,
        password_hash: row.opt_string(4)?,
    })
}

fn session(row: &Row) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        id: row.parsed(0)?,
        user: row.parsed(1)?,
        email: row.string(2)?,
        role: row.named(3, Role::parse)?,
        csrf: row.string(4)?,
        expires_at: row.time(5)?,
    })
}

impl Tenant {
    /// Adds a person.
    ///
    /// # Errors
    /// [`TenantError::EmailTaken`] when the address is in use, in any tenant.
    pub async fn create_user(
        &self,
        email: &str,
        role: Role,
        password_hash: Option<&str>,
    ) -> Result<UserRecord, TenantError> {
        let (id, now) = (self.env().id(), self.env().now());
        let mut tx = self.begin().await?;
        insert_user(&mut tx.tx, self.id(), id, email, role, now).await?;
        tx.tx
            .exec(
                "UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND id = $2",
                &[self.key(), id.into(), password_hash.into()],
            )
            .await?;
        tx.commit().await?;
        Ok(UserRecord {
            id,
            email: plain_email(email),
            role,
            created_at: now,
            password_hash: password_hash.map(str::to_owned),
        })
    }

    /// One person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {USER} FROM users WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(user).transpose()
    }

    /// Everybody, longest-serving first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let sql = format!("SELECT {USER} FROM users WHERE tenant_id = $1 ORDER BY id");
        let rows = self.read().await?.query(&sql, &[self.key()]).await?;
        rows.iter().map(user).collect()
    }

    /// Sets a person's password; false when there is no such person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), id.into(), password_hash.into()];
        let changed = tx.tx.exec(sql, &values).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Begins a session; nothing when there is no such person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(&self, new: NewSession) -> Result<Option<SessionId>, StoreError> {
        let (id, now) = (self.env().id::<SessionId>(), self.env().now());
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO sessions (tenant_id, id, user_id, token_hash, csrf, created_at, expires_at) \
                   SELECT tenant_id, $3, id, $4, $5, $6, $7 FROM users WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            new.user.into(),
            id.into(),
            new.token_hash.into(),
            new.csrf.into(),
            now.into(),
            new.expires_at.into(),
        ];
        let written = tx.tx.exec(sql, &values).await?;
        tx.commit().await?;
        Ok((written == 1).then_some(id))
    }

    /// Ends a session; false when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, id: SessionId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM sessions WHERE tenant_id = $1 AND id = $2";
        let ended = tx.tx.exec(sql, &[self.key(), id.into()]).await?;
        tx.commit().await?;
        Ok(ended == 1)
    }

    /// Keeps a link that signs a person in `uses` times; false when there is no such person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_signin_link(
        &self,
        token_hash: &str,
        user: UserId,
        expires_at: Timestamp,
        uses: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO signin_links (tenant_id, token_hash, user_id, expires_at, uses_left) \
                   SELECT tenant_id, $3, id, $4, $5 FROM users WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            user.into(),
            token_hash.into(),
            expires_at.into(),
            uses.into(),
        ];
        let written = tx.tx.exec(sql, &values).await?;
        tx.commit().await?;
        Ok(written == 1)
    }
}

impl System {
    /// The person who signs in with this address, and the tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_user_by_email(
        &self,
        email: &str,
    ) -> Result<Option<(TenantId, UserRecord)>, StoreError> {
        let sql = format!("SELECT {USER} FROM users WHERE email = $1");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[plain_email(email).into()])
            .await?;
        row.map(|row| Ok((row.parsed(5)?, user(&row)?))).transpose()
    }

    /// The session with this hash, if it has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_session(
        &self,
        token_hash: &str,
    ) -> Result<Option<(TenantId, SessionRecord)>, StoreError> {
        let sql = format!("{SESSION} WHERE s.token_hash = $1 AND s.expires_at > $2");
        let values = [token_hash.into(), self.env().now().into()];
        let row = self.read().await?.query_opt(&sql, &values).await?;
        row.map(|row| Ok((row.parsed(6)?, session(&row)?))).transpose()
    }

    /// Uses a link once: whom it signs in, if it was still good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_signin_link(&self, token_hash: &str) -> Result<Option<(TenantId, UserId)>, StoreError> {
        let mut tx = self.write().await?;
        let sql = "UPDATE signin_links SET uses_left = uses_left - 1 \
                   WHERE token_hash = $1 AND expires_at > $2 AND uses_left > 0 RETURNING tenant_id, user_id";
        let row = tx
            .query_opt(sql, &[token_hash.into(), self.env().now().into()])
            .await?;
        tx.commit().await?;
        row.map(|row| Ok((row.parsed(0)?, row.parsed(1)?))).transpose()
    }

    /// Removes sessions and links that have ended; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_signins(&self) -> Result<u64, StoreError> {
        let now = self.env().now();
        let mut tx = self.write().await?;
        let sessions = tx
            .exec("DELETE FROM sessions WHERE expires_at <= $1", &[now.into()])
            .await?;
        let sql = "DELETE FROM signin_links WHERE expires_at <= $1 OR uses_left <= 0";
        let links = tx.exec(sql, &[now.into()]).await?;
        tx.commit().await?;
        Ok(sessions + links)
    }
}
