//! Tenants: the companies whose data is kept apart.

use serde::Serialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{LocationId, TenantId, Timestamp, UserId};

use crate::columns::Columns as _;
use crate::db::{Row, Tx};
use crate::{StoreError, System, Tenant};

/// The name of the location every tenant starts with.
pub const DEFAULT_LOCATION: &str = "Main";

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantRecord {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Why a tenant or a person was not created.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// Another person, perhaps of another tenant, signs in with this address.
    #[error("email: a person with the address `{email}` exists already; use another address")]
    EmailTaken {
        /// The address.
        email: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl System {
    /// Creates a tenant with its owner, a default location and a data key.
    ///
    /// # Errors
    /// [`TenantError::EmailTaken`]; nothing is created then.
    pub async fn create_tenant(
        &self,
        name: &str,
        owner_email: &str,
    ) -> Result<(TenantId, UserId), TenantError> {
        let (env, now) = (self.env(), self.env().now());
        let (tenant, user): (TenantId, UserId) = (env.id(), env.id());
        let mut tx = self.write().await?;
        tx.exec(
            "INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $2, $3)",
            &[tenant.into(), name.trim().into(), now.into()],
        )
        .await?;
        self.store().vault().create_data_key(&mut tx, tenant, now).await?;
        tx.exec(
            "INSERT INTO locations (tenant_id, id, name, is_default, created_at) VALUES ($1, $2, $3, 1, $4)",
            &[
                tenant.into(),
                env.id::<LocationId>().into(),
                DEFAULT_LOCATION.into(),
                now.into(),
            ],
        )
        .await?;
        insert_user(&mut tx, tenant, user, owner_email, Role::Owner, now).await?;
        tx.commit().await?;
        Ok((tenant, user))
    }

    /// Every tenant, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenants(&self) -> Result<Vec<TenantRecord>, StoreError> {
        let sql = "SELECT tenant_id, name, created_at FROM tenants ORDER BY tenant_id";
        let rows = self.read().await?.query(sql, &[]).await?;
        rows.iter().map(record).collect()
    }
}

impl Tenant {
    /// The tenant itself; nothing when it does not exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self) -> Result<Option<TenantRecord>, StoreError> {
        let sql = "SELECT tenant_id, name, created_at FROM tenants WHERE tenant_id = $1";
        let row = self.read().await?.query_opt(sql, &[self.key()]).await?;
        row.as_ref().map(record).transpose()
    }
}

fn record(row: &Row) -> Result<TenantRecord, StoreError> {
    Ok(TenantRecord {
        id: row.parsed(0)?,
        name: row.string(1)?,
        created_at: row.time(2)?,
    })
}

/// The form in which addresses are kept and compared.
pub(crate) fn plain_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Writes a person without a password.
pub(crate) async fn insert_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    email: &str,
    role: Role,
    now: Timestamp,
) -> Result<(), TenantError> {
    let email = plain_email(email);
    let sql = "INSERT INTO users (tenant_id, id, email, role, created_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (email) DO NOTHING";
    let values = [
        tenant.into(),
        user.into(),
        (&email).into(),
        role.name().into(),
        now.into(),
    ];
    match tx.exec(sql, &values).await? {
        0 => Err(TenantError::EmailTaken { email }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::databases;
    use crate::{MasterKey, Store};
    use stockbridge_domain::clock::Stepped;

    #[tokio::test]
    async fn a_tenant_is_created_whole_or_not_at_all() {
        let env = Stepped::new(Timestamp::from_secs(1_700_000_000), 1).env();
        for test in databases().await.unwrap() {
            let store = test.store(env.clone()).await.unwrap();
            let (first, _) = store
                .system()
                .create_tenant(" Acme ", "Owner@Acme.example ")
                .await
                .unwrap();
            let taken = store
                .system()
                .create_tenant("Other", "owner@acme.EXAMPLE")
                .await
                .unwrap_err();
            assert!(taken.to_string().contains("owner@acme.example"), "{taken}");
            let all = store.system().tenants().await.unwrap();
            assert_eq!(all.len(), 1, "{}: the second left nothing", test.label);
            assert_eq!((all[0].id, all[0].name.as_str()), (first, "Acme"));
            let tenant = store.tenant(first);
            assert_eq!(tenant.record().await.unwrap().as_ref(), Some(&all[0]));
            assert_eq!(store.tenant(env.id()).record().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn secrets_open_after_a_restart_with_the_same_master_key_only() {
        let env = Stepped::new(Timestamp::from_secs(1_700_000_000), 1).env();
        for test in databases().await.unwrap() {
            let store = test.store(env.clone()).await.unwrap();
            let (id, _) = store
                .system()
                .create_tenant("Acme", "o@acme.example")
                .await
                .unwrap();
            let mut tx = store.tenant(id).begin().await.unwrap();
            let sealed = tx.sealer().await.unwrap().seal("test", "1", b"secret").unwrap();
            drop((tx, store));
            let wrong = Store::with_db(
                test.open().await.unwrap(),
                &MasterKey::Bytes([8; 32]),
                env.clone(),
            )
            .await;
            let message = wrong.unwrap_err().to_string();
            assert!(message.contains("master key"), "{}: {message}", test.label);
            let store = test.store(env.clone()).await.unwrap();
            let tenant = store.tenant(id);
            let mut tx = tenant.read().await.unwrap();
            let sealer = tenant.sealer(&mut tx).await.unwrap();
            assert_eq!(sealer.open_text("test", "1", &sealed).unwrap(), "secret");
            assert!(
                store.tenant(env.id()).sealer(&mut tx).await.is_err(),
                "no such tenant"
            );
        }
    }
}
