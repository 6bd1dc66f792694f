//! How stock is shared out: what is kept back from every channel, and each account's share of the rest.

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::AccountId;
use stockbridge_domain::allocation::{BasisPoints, Buffer};

use crate::columns::Columns as _;
use crate::db::{Tx, Value};
use crate::{StoreError, Tenant, TenantTx};

/// How a tenant's stock is shared out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Kept back from every channel.
    pub buffer: Buffer,
    /// Shares set by a person. Accounts that are not here share what these leave over equally.
    pub shares: BTreeMap<AccountId, BasisPoints>,
}

/// Why a policy was refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The shares add up to more than all.
    #[error("shares: they add up to {} percent, more than 100; lower one of them", percent(*.sum))]
    MoreThanAll {
        /// The sum, in hundredths of a percent.
        sum: u64,
    },
    /// A part of more than all is to be kept back.
    #[error("buffer/part: at most 100 percent can be kept back; lower it")]
    BufferMoreThanAll,
    /// Less than nothing is to be kept back.
    #[error("buffer/units: the units kept back cannot be fewer than 0")]
    BufferNegative,
    /// No such account.
    #[error("account: there is no account {0}; see the list of accounts")]
    UnknownAccount(AccountId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn percent(basis_points: u64) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

impl TenantTx {
    /// How stock is shared out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy(&mut self) -> Result<Policy, StoreError> {
        load(&mut self.tx, self.tenant.into()).await
    }

    /// Sets what is kept back from every channel; every offer is computed anew.
    ///
    /// # Errors
    /// [`PolicyError::BufferMoreThanAll`], [`PolicyError::BufferNegative`].
    pub async fn set_buffer(&mut self, buffer: Buffer) -> Result<(), PolicyError> {
        if buffer.part > BasisPoints::ALL {
            return Err(PolicyError::BufferMoreThanAll);
        }
        if buffer.units < 0 {
            return Err(PolicyError::BufferNegative);
        }
        let sql = "INSERT INTO allocation_policies (tenant_id, account_id, buffer_units, buffer_bp, updated_at) \
             VALUES ($1, '', $2, $3, $4) ON CONFLICT (tenant_id, account_id) DO UPDATE SET \
             buffer_units = excluded.buffer_units, buffer_bp = excluded.buffer_bp, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            buffer.units.into(),
            buffer.part.0.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        self.mark_all_dirty(None, "policy").await?;
        Ok(())
    }

    /// Sets an account's share, or with `None` lets it share equally in what is left over; every offer is computed
    /// anew.
    ///
    /// # Errors
    /// [`PolicyError::UnknownAccount`]; [`PolicyError::MoreThanAll`], nothing may be committed then.
    pub async fn set_share(
        &mut self,
        account: AccountId,
        share: Option<BasisPoints>,
    ) -> Result<(), PolicyError> {
        if self.account(account).await?.is_none() {
            return Err(PolicyError::UnknownAccount(account));
        }
        let mut shares = self.policy().await?.shares;
        match share {
            Some(share) => shares.insert(account, share),
            None => shares.remove(&account),
        };
        let sum = shares.values().map(|share| u64::from(share.0)).sum();
        if sum > u64::from(BasisPoints::ALL.0) {
            return Err(PolicyError::MoreThanAll { sum });
        }
        let sql = "INSERT INTO allocation_policies (tenant_id, account_id, share_bp, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, account_id) DO UPDATE SET \
             share_bp = excluded.share_bp, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            account.into(),
            share.map(|share| share.0).into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        self.mark_all_dirty(None, "policy").await?;
        Ok(())
    }
}

impl Tenant {
    /// How stock is shared out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        load(&mut self.read().await?, self.key()).await
    }

    /// [`TenantTx::set_buffer`] as a transaction of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn set_buffer(&self, buffer: Buffer) -> Result<(), PolicyError> {
        let mut tx = self.begin().await?;
        tx.set_buffer(buffer).await?;
        Ok(tx.commit().await?)
    }

    /// [`TenantTx::set_share`] as a transaction of its own.
    ///
    /// # Errors
    /// As there; nothing is changed then.
    pub async fn set_share(&self, account: AccountId, share: Option<BasisPoints>) -> Result<(), PolicyError> {
        let mut tx = self.begin().await?;
        tx.set_share(account, share).await?;
        Ok(tx.commit().await?)
    }
}

async fn load(tx: &mut Tx, tenant: Value) -> Result<Policy, StoreError> {
    let sql =
        "SELECT account_id, share_bp, buffer_units, buffer_bp FROM allocation_policies WHERE tenant_id = $1";
    let mut policy = Policy::default();
    for row in tx.query(sql, &[tenant]).await? {
        let points = |i: usize| -> Result<Option<BasisPoints>, StoreError> {
            let value = row.opt_int(i)?.map(u32::try_from).transpose();
            Ok(value.map_err(|error| row.unreadable(i, error))?.map(BasisPoints))
        };
        if row.text(0)?.is_empty() {
            policy.buffer = Buffer {
                units: row.opt_int(2)?.unwrap_or(0),
                part: points(3)?.unwrap_or_default(),
            };
        } else if let Some(share) = points(1)? {
            policy.shares.insert(row.parsed(0)?, share);
        }
    }
    Ok(policy)
}
