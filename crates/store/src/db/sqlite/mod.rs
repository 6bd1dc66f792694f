//! SQLite: one writer connection behind a fair lock, a pool of read-only connections, write-ahead logging.
//!
//! Why one writer: a transaction that reads first and writes later fails at once with BUSY when another
//! connection wrote in between, and no time-out helps. One connection, `BEGIN IMMEDIATE` and a queue in front
//! of it make that impossible. Readers never wait for the writer, nor it for them.

mod error;
mod flush;
mod readers;
mod values;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection};
use stockbridge_domain::clock::{Turn, Turns};
use tokio::sync::{OwnedMutexGuard, Semaphore};

use super::dialect::alone;
use super::{Access, Row, Value};
use crate::StoreError;
use error::sqlite_error;
use flush::Flusher;
use readers::{Reader, Readers};
use values::{bind, fetch};

/// How long a transaction may wait for the writer or a reader.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Cache of a connection that reads everything once, in KiB: what the inner pages of the largest tables take.
const MUCH_KIB: u32 = 49_152;

/// Prepared statements kept per connection; more than the program has.
const STATEMENTS: usize = 512;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Sqlite {
    writer: Arc<tokio::sync::Mutex<Connection>>,
    /// Missing for a database in memory, whose only connection is the writer's.
    readers: Option<Arc<Readers>>,
    /// Missing for a database in memory.
    flusher: Option<Arc<Flusher>>,
    /// Held as long as the database is open, so that a second process is refused.
    _lock: Option<Arc<File>>,
    /// In the simulation: who goes next.
    turns: Option<Arc<dyn Turns>>,
}

impl Sqlite {
    /// Opens or creates the file and takes the folder's lock.
    pub(super) fn open(path: &Path, readers: usize) -> Result<Self, StoreError> {
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let lock = lock_folder(dir)?;
        let writer = Connection::open(path).map_err(|error| sqlite_error(&error))?;
        let mode: String = writer
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(|error| sqlite_error(&error))?;
        if mode != "wal" {
            return Err(StoreError::Storage {
                detail: format!(
                    "write-ahead logging is not possible in {}; use a local disk",
                    dir.display()
                ),
            });
        }
        // NORMAL because the `Flusher` syncs the log; its first transaction creates the log. The cache holds what a
        // page of orders touches in a large database; the log grows to 16 MiB before its pages are moved, because
        // moving them, the same ones again and again, costs more than the transactions that wrote them.
        configure(
            &writer,
            "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -24576; \
             PRAGMA wal_autocheckpoint = 4000; BEGIN IMMEDIATE; COMMIT;",
        )?;
        let flusher = Flusher::open(path)?;
        let readers = Readers {
            path: path.into(),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(readers.max(1))),
        };
        Ok(Self {
            writer: Arc::new(tokio::sync::Mutex::new(writer)),
            readers: Some(Arc::new(readers)),
            flusher: Some(Arc::new(flusher)),
            _lock: Some(Arc::new(lock)),
            turns: None,
        })
    }

    /// A database that vanishes when the last clone is dropped.
    pub(super) fn in_memory(turns: Option<Arc<dyn Turns>>) -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory().map_err(|error| sqlite_error(&error))?;
        configure(&connection, "")?;
        if let Some(turns) = turns.clone() {
            connection
                .update_hook(Some(move |_, _: &str, table: &str, _| turns.wrote(table)))
                .map_err(|error| sqlite_error(&error))?;
        }
        Ok(Self {
            writer: Arc::new(tokio::sync::Mutex::new(connection)),
            readers: None,
            flusher: None,
            _lock: None,
            turns,
        })
    }

    pub(super) async fn begin(&self, access: Access) -> Result<SqliteTx, StoreError> {
        if let Some(turns) = &self.turns {
            turns.take(Turn::Begin).await;
        }
        let connection = match (&self.readers, access) {
            (Some(readers), Access::Read) => Held::Reader(Readers::take(readers).await?),
            // Simulated time does not pass while somebody waits, so there is no limit to it either.
            _ if self.turns.is_some() => Held::Writer(Arc::clone(&self.writer).lock_owned().await),
            _ => Held::Writer(
                tokio::time::timeout(MAX_WAIT, Arc::clone(&self.writer).lock_owned())
                    .await
                    .map_err(|_| busy("writer"))?,
            ),
        };
        self.begin_on(connection, access)
    }

    /// A read with a connection of its own, whose cache is large, and which is closed afterwards.
    pub(super) async fn begin_much(&self) -> Result<SqliteTx, StoreError> {
        match &self.readers {
            Some(readers) => {
                let connection = blocking(|| readers.connect(MUCH_KIB))?;
                self.begin_on(Held::Own(connection), Access::Read)
            }
            None => self.begin(Access::Read).await,
        }
    }

    /// Whether reads have connections of their own.
    pub(super) fn has_readers(&self) -> bool {
        self.readers.is_some()
    }

    fn begin_on(&self, connection: Held, access: Access) -> Result<SqliteTx, StoreError> {
        // Built before BEGIN, so that its Drop undoes whatever a failing BEGIN left behind.
        let mut tx = SqliteTx {
            connection,
            access,
            shared: self.readers.is_none(),
            flusher: self.flusher.clone(),
            turns: self.turns.clone(),
            changes_before: 0,
            schema_changed: false,
        };
        tx.changes_before = tx.connection()?.total_changes();
        blocking(|| tx.begin())?;
        Ok(tx)
    }
}

fn busy(what: &str) -> StoreError {
    StoreError::Busy {
        detail: format!("no {what} became free within {} seconds", MAX_WAIT.as_secs()),
    }
}

/// Creates the folder and takes its lock, which the operating system lets go of when the process ends.
fn lock_folder(dir: &Path) -> Result<File, StoreError> {
    let failed = |error: std::io::Error| {
        let detail = format!("{}: {error}", dir.display());
        match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full { detail },
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                StoreError::ReadOnly { detail }
            }
            _ => StoreError::Storage { detail },
        }
    };
    fs::create_dir_all(dir).map_err(failed)?;
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(dir.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn configure(connection: &Connection, more: &str) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(|error| sqlite_error(&error))?;
    // Without this, the planner peeks at parameters to see whether a partial index or a LIKE could serve, and prepares the
    // statement anew whenever one is bound to another value: more than half the time of a short statement.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|error| sqlite_error(&error))?;
    connection
        .execute_batch(&format!(
            "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; {more}"
        ))
        .map_err(|error| sqlite_error(&error))
}

enum Held {
    Writer(OwnedMutexGuard<Connection>),
    Reader(Reader),
    Own(Connection),
}

/// A transaction on one of the connections.
pub(super) struct SqliteTx {
    connection: Held,
    access: Access,
    /// Whether reads run on the writer's connection, which could write.
    shared: bool,
    flusher: Option<Arc<Flusher>>,
    turns: Option<Arc<dyn Turns>>,
    /// The connection's count of changed rows at the beginning, to tell whether there is anything to sync.
    changes_before: u64,
    schema_changed: bool,
}

impl SqliteTx {
    fn connection(&self) -> Result<&Connection, StoreError> {
        match &self.connection {
            Held::Writer(connection) => Ok(connection),
            Held::Own(connection) => Ok(connection),
            Held::Reader(reader) => reader
                .connection
                .as_ref()
                .ok_or_else(|| StoreError::other("the reader is gone")),
        }
    }

    fn begin(&self) -> Result<(), StoreError> {
        self.run(if self.access == Access::Read {
            "BEGIN"
        } else {
            "BEGIN IMMEDIATE"
        })
    }

    /// Runs a statement that is always the same and returns no rows of interest.
    fn run(&self, sql: &str) -> Result<(), StoreError> {
        let mut statement = self
            .connection()?
            .prepare_cached(sql)
            .map_err(|error| sqlite_error(&error))?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| sqlite_error(&error))?.is_some() {}
        Ok(())
    }

    pub(super) fn query(&mut self, sql: &Arc<str>, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        blocking(|| {
            let mut out = Vec::new();
            fetch(&mut self.prepare(sql)?, sql, (params, alone(params)), &mut out)?;
            Ok(out)
        })
    }

    pub(super) fn query_many(&mut self, sql: &Arc<str>, rows: &[Vec<Value>]) -> Result<Vec<Row>, StoreError> {
        blocking(|| {
            let mut statement = self.prepare(sql)?;
            let mut out = Vec::with_capacity(rows.len());
            rows.iter()
                .try_for_each(|params| fetch(&mut statement, sql, (params, false), &mut out))?;
            Ok(out)
        })
    }

    pub(super) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        blocking(|| self.execute(&mut self.prepare(sql)?, params, alone(params)))
    }

    pub(super) fn exec_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        blocking(|| {
            let mut statement = self.prepare(sql)?;
            rows.iter().try_fold(0, |count, params| {
                Ok(count + self.execute(&mut statement, params, false)?)
            })
        })
    }

    pub(super) fn script(&mut self, script: &str) -> Result<(), StoreError> {
        blocking(|| {
            self.connection()?
                .execute_batch(script)
                .map_err(|error| sqlite_error(&error))
        })
    }

    /// Ends the transaction, lets the next writer begin, and waits until the changes are on disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let (flusher, turns) = (self.flusher.clone(), self.turns.clone());
        if let (Some(commit), Some(flusher)) = (self.commit_soon()?, flusher) {
            flusher.wait(commit).await?;
        }
        give_way(turns).await
    }

    /// Ends the transaction and lets the next writer begin.
    pub(super) async fn commit_without_waiting(self) -> Result<(), StoreError> {
        let turns = self.turns.clone();
        self.commit_soon()?;
        give_way(turns).await
    }

    /// Ends the transaction and lets the next writer begin; returns what to wait for, if anything was changed.
    fn commit_soon(self) -> Result<Option<u64>, StoreError> {
        blocking(|| self.run("COMMIT"))?;
        let changed = self.schema_changed || self.connection()?.total_changes() != self.changes_before;
        Ok(self
            .flusher
            .as_ref()
            .filter(|_| changed)
            .map(|flusher| flusher.appended()))
    }

    /// Reads on the writer's connection are kept from writing here: switching `query_only` back and forth would have
    /// SQLite forget every prepared statement each time.
    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        let statement = self
            .connection()?
            .prepare_cached(sql)
            .map_err(|error| sqlite_error(&error))?;
        if self.shared && self.access == Access::Read && !statement.readonly() {
            return Err(StoreError::ReadOnly {
                detail: "a transaction that reads was asked to write".to_owned(),
            });
        }
        Ok(statement)
    }

    fn execute(
        &self,
        statement: &mut CachedStatement<'_>,
        params: &[Value],
        alone: bool,
    ) -> Result<u64, StoreError> {
        bind(statement, params, alone)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| sqlite_error(&error))?.is_some() {}
        drop(rows);
        Ok(self.connection()?.changes())
    }
}

/// In the simulation, lets others go first after a commit.
async fn give_way(turns: Option<Arc<dyn Turns>>) -> Result<(), StoreError> {
    if let Some(turns) = turns {
        turns.take(Turn::Committed).await;
    }
    Ok(())
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Ok(connection) = self.connection() else { return };
        // Every read ends here, so the statement is prepared once like any other.
        if !connection.is_autocommit()
            && let Err(error) = self.run("ROLLBACK")
        {
            tracing::error!(error = %error, "a transaction could not be undone");
        }
    }
}

/// Runs work that waits for the disk without holding up the other tasks of this thread.
///
/// On a runtime with one thread (the simulation) there is nowhere to move them, so the work just runs.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
