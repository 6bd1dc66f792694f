//! Sign-ins at channels that are under way: what was typed waits, sealed, until the person comes back with the state.

use stockbridge_domain::channel::SecretText;
use stockbridge_domain::{TenantId, Timestamp};

use crate::columns::Columns as _;
use crate::{StoreError, System, TenantTx};

/// What drafts are sealed for.
const DRAFT: &str = "consent.draft";

/// A sign-in to be begun.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// Hash of the state the channel gives back.
    pub state_hash: String,
    /// On which channel.
    pub channel: String,
    /// Who began it.
    pub actor: String,
    /// What was typed, as text; may hold secrets and is sealed.
    pub draft: SecretText,
    /// Until when the person may come back.
    pub expires_at: Timestamp,
}

/// A sign-in that somebody came back from, in time and for the first time.
#[derive(Debug, Clone)]
pub struct TakenConsent {
    /// Whose.
    pub tenant: TenantId,
    /// Who began it.
    pub actor: String,
    /// What was typed.
    pub draft: SecretText,
}

impl TenantTx {
    /// Remembers a sign-in that begins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_consent(&mut self, new: NewConsent) -> Result<(), StoreError> {
        let draft = self
            .sealer()
            .await?
            .seal(DRAFT, &new.state_hash, new.draft.expose().as_bytes())?;
        let sql = "INSERT INTO consents (tenant_id, state_hash, channel, actor, draft, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            self.key(),
            new.state_hash.into(),
            new.channel.into(),
            new.actor.into(),
            draft.into(),
            new.expires_at.into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl System {
    /// Takes the sign-in whose state has this hash, on this channel: once, and not after its time. The tenant is what the
    /// look-up finds out.
    ///
    /// # Errors
    /// When the database fails or the draft does not open.
    pub async fn take_consent(
        &self,
        channel: &str,
        state_hash: &str,
    ) -> Result<Option<TakenConsent>, StoreError> {
        let now = self.env().now();
        let mut tx = self.write().await?;
        let sql = "UPDATE consents SET used_at = $3 WHERE state_hash = $1 AND channel = $2 \
                   AND used_at IS NULL AND expires_at > $3 RETURNING tenant_id, actor, draft";
        let values = [state_hash.into(), channel.into(), now.into()];
        let Some(row) = tx.query_opt(sql, &values).await? else {
            return Ok(None);
        };
        tx.commit().await?;
        let tenant = self.store().tenant(row.parsed(0)?);
        let mut tx = tenant.read().await?;
        let plain = tenant
            .sealer(&mut tx)
            .await?
            .open(DRAFT, state_hash, row.bytes(2)?)?;
        let draft =
            String::from_utf8(plain.to_vec()).map_err(|_| StoreError::other("a draft that is no text"))?;
        Ok(Some(TakenConsent {
            tenant: tenant.id(),
            actor: row.string(1)?,
            draft: SecretText::new(draft),
        }))
    }

    /// Forgets sign-ins that are over; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_consents(&self) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM consents WHERE expires_at <= $1 OR used_at IS NOT NULL";
        let gone = tx.exec(sql, &[self.env().now().into()]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
