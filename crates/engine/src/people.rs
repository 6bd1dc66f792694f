//! Signing in: passwords, links, sessions, API tokens. Secrets leave once and are kept as hashes.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{TenantId, Timestamp, UserId};
use stockbridge_store::{NewSession, StoreError, TokenRecord};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;

/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(12 * 3_600);
/// What an API token starts with, so that scanners for leaked secrets know it.
const TOKEN_PREFIX: &str = "sbt_";

/// A fresh session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The cookie's secret; kept as a hash only.
    pub token: String,
    /// What forms have to send back.
    pub csrf: String,
    /// Whose data.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The stored form of a secret: long and random, so a plain hash is enough.
pub(crate) fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

impl Hub {
    pub(crate) fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.env().bytes::<32>())
    }

    /// The stored form of a password.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a password that is too short or too long.
    pub fn hash_password(&self, password: &str) -> Result<String, Refusal> {
        if password.chars().count() < 12 || password.len() > 500 {
            return Err(Refusal::field(
                "password",
                "a password has 12 to 500 characters; a sentence is a good one",
            ));
        }
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &self.env().bytes::<16>())
            .map(|h| h.to_string())
            .map_err(|e| Refusal::field("password", format!("it cannot be used ({e}); choose another")))
    }

    /// Signs a person in with a password. `None` does not say which of the two was wrong.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Option<SignedIn>, StoreError> {
        let found = self.store().system().find_user_by_email(email).await?;
        // Somebody unknown costs as much time as somebody known.
        let stored = found
            .as_ref()
            .and_then(|(_, u)| u.password_hash.clone())
            .unwrap_or_else(|| DUMMY_HASH.to_owned());
        let valid = argon2::PasswordHash::new(&stored).is_ok_and(|parsed| {
            Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
        });
        match found {
            Some((tenant, user)) if valid && user.password_hash.is_some() => {
                self.start_session(tenant, user.id).await
            }
            _ => Ok(None),
        }
    }

    /// Signs a person in by a link that was given out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in_by_link(&self, secret: &str) -> Result<Option<SignedIn>, StoreError> {
        match self.store().system().take_signin_link(&hash(secret)).await? {
            Some((tenant, user)) => self.start_session(tenant, user).await,
            None => Ok(None),
        }
    }

    async fn start_session(&self, tenant: TenantId, user: UserId) -> Result<Option<SignedIn>, StoreError> {
        let (token, csrf) = (self.secret(), self.secret());
        let expires_at = self.env().now().plus(SESSION);
        let session = NewSession {
            user,
            token_hash: hash(&token),
            csrf: csrf.clone(),
            expires_at,
        };
        let made = self.tenant(tenant).create_session(session).await?;
        Ok(made.map(|_| SignedIn {
            token,
            csrf,
            tenant,
            user,
            expires_at,
        }))
    }

    /// A link that signs `user` in, `uses` times until `expires_at`: the secret part of its address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_signin_link(
        &self,
        tenant: TenantId,
        user: UserId,
        expires_at: Timestamp,
        uses: i64,
    ) -> Result<String, StoreError> {
        let secret = self.secret();
        self.tenant(tenant)
            .create_signin_link(&hash(&secret), user, expires_at, uses)
            .await?;
        Ok(secret)
    }

    /// Who a session's cookie belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let found = self.store().system().find_session(&hash(token)).await?;
        Ok(found.map(|(tenant, session)| Caller {
            tenant,
            actor: format!("user:{}", session.user),
            role: session.role,
            csrf: Some(session.csrf),
            name: session.email,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        if let Some((tenant, session)) = self.store().system().find_session(&hash(token)).await? {
            self.tenant(tenant).end_session(session.id).await?;
        }
        Ok(())
    }

    /// Who an API token belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bearer(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let Some((tenant, record)) = self.store().system().find_token(&hash(token)).await? else {
            return Ok(None);
        };
        self.tenant(tenant).touch_token(&record).await?;
        let (actor, name) = (format!("token:{}", record.id), record.name);
        Ok(Some(Caller {
            tenant,
            actor,
            role: record.role,
            csrf: None,
            name,
        }))
    }

    /// Makes an API token; its secret is answered this once.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for a role above the caller's own or below admin, [`Refusal::Fields`] for a bad name.
    pub async fn create_token(
        &self,
        caller: &Caller,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> Result<(String, TokenRecord), Refusal> {
        caller.require(Role::Admin)?;
        caller.require(role)?;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 80 {
            return Err(Refusal::field("name", "a token's name has 1 to 80 characters"));
        }
        if expires_at.is_some_and(|at| at <= self.env().now()) {
            return Err(Refusal::field(
                "expires_at",
                "it lies in the past; choose a later instant or leave it out",
            ));
        }
        let secret = format!("{TOKEN_PREFIX}{}", self.secret());
        let record = self
            .tenant(caller.tenant)
            .create_token(name, role, expires_at, &hash(&secret), &caller.actor)
            .await?;
        Ok((secret, record))
    }
}

/// The hash of nobody's password, for those who do not exist.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
     0xpUTSi4mW0zD8hYJtEuMBrwIXMCKFR8hoZDF4oVTvk";
