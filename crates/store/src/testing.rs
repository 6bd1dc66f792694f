//! Fresh databases for tests: SQLite always, PostgreSQL where `STOCKBRIDGE_TEST_POSTGRES` names a cluster.
//!
//! The PostgreSQL databases belong to a role without privileges, so that row-level security applies to the
//! tests as it does to the program. `scripts/pg start DIR` starts a suitable cluster.

use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use stockbridge_domain::Env;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::{Db, DbConfig, MasterKey, Store, StoreError};

/// Names the URL of a superuser of a cluster for tests.
pub const POSTGRES_VARIABLE: &str = "STOCKBRIDGE_TEST_POSTGRES";

/// The unprivileged role that owns the databases of tests.
const ROLE: &str = "stockbridge_test_app";

/// An empty database that disappears when dropped.
#[derive(Debug)]
pub struct TestDb {
    /// `sqlite` or `postgres`, for messages.
    pub label: &'static str,
    /// How to open it, as often as needed (SQLite: by one at a time).
    pub config: DbConfig,
    leftover: Leftover,
}

#[derive(Debug)]
enum Leftover {
    Folder(PathBuf),
    Database { admin: String, name: String },
}

impl TestDb {
    /// Opens it, without a schema.
    ///
    /// # Errors
    /// Those of [`Db::open`].
    pub async fn open(&self) -> Result<Db, StoreError> {
        Db::open(&self.config).await
    }

    /// Opens it as a store, with the schema and a fixed master key.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn store(&self, env: Env) -> Result<Store, StoreError> {
        Store::with_db(self.open().await?, &MasterKey::Bytes([7; 32]), env).await
    }

    /// Has PostgreSQL tidy its tables and look at their contents, as its autovacuum does within a minute of such amounts;
    /// SQLite needs neither.
    ///
    /// # Errors
    /// When the cluster cannot be used.
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        if let DbConfig::Postgres { url, .. } = &self.config {
            let client = connect(url).await?;
            client
                .batch_execute("VACUUM (ANALYZE)")
                .await
                .map_err(StoreError::other)?;
        }
        Ok(())
    }

    /// The folder of the SQLite database.
    pub fn folder(&self) -> Option<&PathBuf> {
        match &self.leftover {
            Leftover::Folder(folder) => Some(folder),
            Leftover::Database { .. } => None,
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.leftover {
            Leftover::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Leftover::Database { admin, name } => {
                // Dropping cannot wait on the test's own runtime; what is left over goes with the cluster.
                let (admin, name) = (admin.clone(), name.clone());
                let work = move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .ok()?;
                    runtime.block_on(async {
                        let client = connect(&admin).await.ok()?;
                        client
                            .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                            .await
                            .ok()
                    })
                };
                drop(std::thread::spawn(work).join());
            }
        }
    }
}

/// Every database that tests can use here.
///
/// # Errors
/// When the cluster that the variable names cannot be used.
pub async fn databases() -> Result<Vec<TestDb>, StoreError> {
    let mut databases = vec![sqlite()?];
    databases.extend(postgres().await?);
    Ok(databases)
}

/// A SQLite database in a fresh folder.
///
/// # Errors
/// When the system's folder for temporary files cannot be written.
pub fn sqlite() -> Result<TestDb, StoreError> {
    let folder = std::env::temp_dir().join(unique_name());
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).map_err(StoreError::other)?;
    let config = DbConfig::Sqlite {
        path: folder.join("stockbridge.db"),
        readers: 4,
    };
    Ok(TestDb {
        label: "sqlite",
        config,
        leftover: Leftover::Folder(folder),
    })
}

/// A PostgreSQL database, or nothing (and one line on standard error) where no cluster is named.
///
/// # Errors
/// When the named cluster cannot be used.
#[expect(
    clippy::disallowed_methods,
    reason = "where the test cluster is comes from the environment, in tests only"
)]
pub async fn postgres() -> Result<Option<TestDb>, StoreError> {
    static TOLD: Once = Once::new();
    let Some(admin) = std::env::var(POSTGRES_VARIABLE)
        .ok()
        .filter(|url| !url.is_empty())
    else {
        TOLD.call_once(|| {
            let told = writeln!(
                std::io::stderr(),
                "{POSTGRES_VARIABLE} is not set: tests on PostgreSQL are left out (see scripts/pg)"
            );
            drop(told);
        });
        return Ok(None);
    };
    postgres_at(&admin).await.map(Some)
}

/// A PostgreSQL database on the cluster of the superuser's URL `admin`.
///
/// # Errors
/// When the cluster cannot be used.
pub async fn postgres_at(admin: &str) -> Result<TestDb, StoreError> {
    let client = connect(admin).await?;
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD 'stockbridge'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    client.batch_execute(&role).await.map_err(StoreError::other)?;
    let name = unique_name();
    let drop_old = format!("DROP DATABASE IF EXISTS {name}");
    client.batch_execute(&drop_old).await.map_err(StoreError::other)?;
    let create = format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0 ENCODING 'UTF8'");
    client.batch_execute(&create).await.map_err(StoreError::other)?;
    let url = format!("postgresql://{ROLE}:stockbridge@{}/{name}", address(admin)?);
    let config = DbConfig::Postgres {
        url,
        max_connections: 8,
    };
    let admin = admin.to_owned();
    Ok(TestDb {
        label: "postgres",
        config,
        leftover: Leftover::Database { admin, name },
    })
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "stockbridge_test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the driver's task ends with the client it belongs to"
)]
async fn connect(admin: &str) -> Result<Client, StoreError> {
    let (client, connection) =
        tokio_postgres::connect(admin, NoTls)
            .await
            .map_err(|error| StoreError::Connection {
                detail: format!("{POSTGRES_VARIABLE}: {error}"),
            })?;
    drop(tokio::spawn(connection));
    Ok(client)
}

/// `host:port` of the cluster.
fn address(admin: &str) -> Result<String, StoreError> {
    let config = Config::from_str(admin).map_err(StoreError::other)?;
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => Ok(format!("{host}:{port}")),
        #[cfg(unix)]
        Some(Host::Unix(path)) => Ok(format!(
            "{}:{port}",
            path.display().to_string().replace('/', "%2F")
        )),
        None => Err(StoreError::other(format!("{POSTGRES_VARIABLE} names no host"))),
    }
}

/// Makes the SQLite database in a folder look as if a newer program had written it.
///
/// # Errors
/// When it cannot be written.
pub fn pretend_newer(folder: &std::path::Path) -> Result<(), rusqlite::Error> {
    let database = rusqlite::Connection::open(folder.join("stockbridge.db"))?;
    let sql = "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'from_the_future', '')";
    database.execute(sql, []).map(drop)
}

/// Changes rows of the SQLite database in a folder as no program of ours would.
///
/// # Errors
/// When it cannot be written.
pub fn tamper(folder: &std::path::Path, sql: &str) -> Result<usize, rusqlite::Error> {
    rusqlite::Connection::open(folder.join("stockbridge.db"))?.execute(sql, [])
}
