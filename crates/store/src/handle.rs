//! The doors to the data: a [`Store`], one [`Tenant`] of it, a transaction in that tenant, and [`System`].
//!
//! Business tables are reached through a [`Tenant`] alone: it carries the tenant's id into every statement and, on
//! PostgreSQL, into row-level security. Work across tenants says so by going through [`System`]. The methods are in one
//! file per table.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use stockbridge_domain::clock::Turns;
use stockbridge_domain::{Env, TenantId};

use crate::StoreError;
use crate::db::{Db, DbConfig, Dialect, Scope, Tx, Value};
use crate::lanes::{Touched, Wakes};
use crate::migrate::{MIGRATIONS, migrate};
use crate::vault::{MasterKey, Sealer, Vault};

/// How many reads run at once on the embedded database.
const READERS: usize = 4;

/// Which database to use.
#[derive(Clone)]
pub enum Database {
    /// The embedded one, in a folder that one process alone uses.
    Sqlite {
        /// The folder; it is created when missing.
        dir: PathBuf,
    },
    /// The embedded one without a file: gone when the process ends.
    Memory,
    /// The same for the deterministic simulation: every transaction asks for its turn.
    Simulated {
        /// Who goes next.
        turns: Arc<dyn Turns>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgresql://user:password@host:port/name?sslmode=verify-full`.
        url: String,
        /// How many connections this process may hold.
        max_connections: usize,
    },
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&DbConfig::from(self), f)
    }
}

impl From<&Database> for DbConfig {
    fn from(database: &Database) -> Self {
        match database {
            Database::Sqlite { dir } => Self::Sqlite {
                path: dir.join("stockbridge.db"),
                readers: READERS,
            },
            Database::Memory => Self::Memory,
            Database::Simulated { turns } => Self::Simulated {
                turns: Arc::clone(turns),
            },
            Database::Postgres { url, max_connections } => Self::Postgres {
                url: url.clone(),
                max_connections: *max_connections,
            },
        }
    }
}

/// What a store is opened with.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database.
    pub database: Database,
    /// The operator's master key.
    pub master_key: MasterKey,
}

/// An open store; cloning shares it.
#[derive(Clone)]
pub struct Store {
    db: Db,
    env: Env,
    vault: Arc<Vault>,
    wakes: Wakes,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, brings its schema up to date and takes the master key.
    ///
    /// # Errors
    /// Those of [`Db::open`]; [`StoreError::Newer`] when a newer program has written the database;
    /// [`StoreError::Sealed`] when the master key is missing or is not this database's.
    pub async fn open(config: &StoreConfig, env: Env) -> Result<Self, StoreError> {
        let db = Db::open(&DbConfig::from(&config.database)).await?;
        Self::with_db(db, &config.master_key, env).await
    }

    /// The same for a database that is open already.
    pub(crate) async fn with_db(db: Db, master_key: &MasterKey, env: Env) -> Result<Self, StoreError> {
        migrate(&db, MIGRATIONS).await?;
        let mut tx = db.read(Scope::System).await?;
        let vault = Arc::new(Vault::open(&mut tx, master_key, env.clone()).await?);
        drop(tx);
        Ok(Self {
            db,
            env,
            vault,
            wakes: Wakes::default(),
        })
    }

    /// One tenant's data. The id is taken as it is: of a tenant that does not exist every list is empty.
    pub fn tenant(&self, id: TenantId) -> Tenant {
        Tenant {
            store: self.clone(),
            id,
        }
    }

    /// Work across tenants.
    pub fn system(&self) -> System {
        System { store: self.clone() }
    }

    /// Clock and entropy.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// `sqlite` or `postgres`, for people.
    pub fn backend(&self) -> &'static str {
        match self.db.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
        }
    }

    /// Tells this process's workers that there may be work.
    pub(crate) fn waker(&self) -> &Wakes {
        &self.wakes
    }

    /// The database, for its count of statements.
    pub fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// One tenant's data: reads, and writes that are one transaction each.
#[derive(Clone, Debug)]
pub struct Tenant {
    store: Store,
    id: TenantId,
}

impl Tenant {
    /// The tenant's id.
    pub fn id(&self) -> TenantId {
        self.id
    }

    /// Clock and entropy.
    pub fn env(&self) -> &Env {
        &self.store.env
    }

    /// The store this tenant is in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Begins a transaction that writes; dropping it undoes it. Never hold one while waiting for anything but the
    /// database: on the embedded one there is a single writer.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when no connection becomes free in time.
    pub async fn begin(&self) -> Result<TenantTx, StoreError> {
        let tx = self.store.db.write(self.scope()).await?;
        Ok(TenantTx {
            tx,
            tenant: self.id,
            env: self.store.env.clone(),
            vault: Arc::clone(&self.store.vault),
            lanes: Touched::default(),
            marked: false,
            wakes: self.store.wakes.clone(),
        })
    }

    /// Begins a transaction that reads one snapshot.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        self.store.db.read(self.scope()).await
    }

    /// Begins a transaction that reads one snapshot, and much of it.
    pub(crate) async fn read_much(&self) -> Result<Tx, StoreError> {
        self.store.db.read_much(self.scope()).await
    }

    /// The tenant's id as a parameter, the `$1` of every statement.
    pub(crate) fn key(&self) -> Value {
        self.id.into()
    }

    fn scope(&self) -> Scope {
        Scope::Tenant(self.id.to_string())
    }

    /// Opens and seals this tenant's secrets, with `tx` to read the key if it is not in memory yet.
    pub(crate) async fn sealer(&self, tx: &mut Tx) -> Result<Sealer, StoreError> {
        self.store
            .vault()
            .sealer(tx, self.id)
            .await?
            .ok_or_else(|| no_key(self.id))
    }
}

/// A transaction that writes to one tenant's data.
pub struct TenantTx {
    pub(crate) tx: Tx,
    pub(crate) tenant: TenantId,
    pub(crate) env: Env,
    vault: Arc<Vault>,
    /// Lanes that got work, told when the transaction ends.
    pub(crate) lanes: Touched,
    /// Whether products were marked for new offers.
    pub(crate) marked: bool,
    wakes: Wakes,
}

impl TenantTx {
    /// The tenant's id.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Clock and entropy.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Makes everything written permanent.
    ///
    /// # Errors
    /// When the database refuses; nothing is written then, except that after [`StoreError::Connection`] the outcome is
    /// unknown.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let wake = self
            .lanes
            .write(&mut self.tx, self.tenant, self.env.now())
            .await?;
        self.tx.commit().await?;
        if wake {
            self.wakes.wake();
        }
        Ok(())
    }

    /// Commits without waiting for the disk: for what may be forgotten when the machine, not the program, fails.
    pub(crate) async fn commit_soon(self) -> Result<(), StoreError> {
        self.tx.commit_soon().await
    }

    /// The tenant's id as a parameter, the `$1` of every statement.
    pub(crate) fn key(&self) -> Value {
        self.tenant.into()
    }

    /// Seals and opens this tenant's secrets.
    pub(crate) async fn sealer(&mut self) -> Result<Sealer, StoreError> {
        self.vault
            .sealer(&mut self.tx, self.tenant)
            .await?
            .ok_or_else(|| no_key(self.tenant))
    }
}

fn no_key(tenant: TenantId) -> StoreError {
    StoreError::Sealed {
        detail: format!("there is no tenant {tenant}; create it first"),
    }
}

/// Work across tenants: sign-in before the tenant is known, the queue, upkeep. Every use is easy to find by this name.
#[derive(Clone, Debug)]
pub struct System {
    store: Store,
}

impl System {
    /// Clock and entropy.
    pub fn env(&self) -> &Env {
        &self.store.env
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Begins a transaction that writes to any tenant.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        self.store.db.write(Scope::System).await
    }

    /// Begins a transaction that reads any tenant.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        self.store.db.read(Scope::System).await
    }
}
