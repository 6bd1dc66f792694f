//! One database façade over SQLite and PostgreSQL: the only place that talks to a driver.
//!
//! A table's file begins a [`Tx`] for a [`Scope`], runs shared SQL text with `$1` parameters and reads [`Row`]s.
//! The façade is no query builder; what the databases write differently is listed in `dialect`.
//!
//! Behaviour that both databases share, held by the conformance tests:
//! - a write transaction is undone unless [`Tx::commit`] returned; dropping it, also in the middle of a
//!   cancelled call, leaves nothing behind and no open transaction on a pooled connection;
//! - after a failed statement the transaction refuses further work and cannot be committed;
//! - a read transaction sees one consistent snapshot and cannot write;
//! - text is ordered by code point, integers have 64 bits, empty text is not NULL.
//!
//! SQLite has one writer, so write transactions run one after the other, in the order in which they were
//! asked for: keep them short and never hold one while waiting for anything but the database.

mod config;
mod counters;
mod dialect;
mod postgres;
#[cfg(test)]
pub(crate) mod schema;
mod sqlite;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::sync::Arc;

use counters::Counters;
use dialect::Translations;

pub use config::DbConfig;
pub(crate) use config::Scope;
pub(crate) use dialect::{Dialect, Set, migration_text};
pub(crate) use value::{Kind, Row, Value};

use crate::StoreError;

/// An open database; cloning shares it.
#[derive(Clone)]
pub struct Db {
    backend: Backend,
    translations: Arc<Translations>,
    counters: Arc<Counters>,
}

#[derive(Clone)]
enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("dialect", &self.translations.dialect())
            .finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database without touching its schema.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process works in the SQLite folder, [`StoreError::Connection`] when
    /// the server cannot be reached, [`StoreError::Storage`] when the folder cannot be used.
    pub async fn open(config: &DbConfig) -> Result<Self, StoreError> {
        let (backend, dialect) = match config {
            DbConfig::Sqlite { path, readers } => (
                Backend::Sqlite(sqlite::Sqlite::open(path, *readers)?),
                Dialect::Sqlite,
            ),
            DbConfig::Memory => (Backend::Sqlite(sqlite::Sqlite::in_memory(None)?), Dialect::Sqlite),
            DbConfig::Simulated { turns } => {
                let database = sqlite::Sqlite::in_memory(Some(Arc::clone(turns)))?;
                (Backend::Sqlite(database), Dialect::Sqlite)
            }
            DbConfig::Postgres { url, max_connections } => {
                let server = postgres::Postgres::open(url, *max_connections).await?;
                (Backend::Postgres(server), Dialect::Postgres)
            }
        };
        Ok(Self {
            backend,
            translations: Arc::new(Translations::new(dialect)),
            counters: Arc::default(),
        })
    }

    /// Which database this is.
    pub(crate) fn dialect(&self) -> Dialect {
        self.translations.dialect()
    }

    /// Begins a transaction that may write.
    pub(crate) async fn write(&self, scope: Scope) -> Result<Tx, StoreError> {
        self.begin(scope, Access::Write).await
    }

    /// Begins a transaction that sees one snapshot and cannot write.
    pub(crate) async fn read(&self, scope: Scope) -> Result<Tx, StoreError> {
        self.begin(scope, Access::Read).await
    }

    /// The same with the memory to read a whole database: tens of mebibytes until it ends, and no place that others who
    /// read could wait for.
    pub(crate) async fn read_much(&self, scope: Scope) -> Result<Tx, StoreError> {
        scope.check()?;
        let backend = match &self.backend {
            Backend::Sqlite(db) => BackendTx::Sqlite(db.begin_much().await?),
            Backend::Postgres(db) => BackendTx::Postgres(Box::new(db.begin_much(scope).await?)),
        };
        Ok(self.tx(backend))
    }

    /// Whether several can read at the same time.
    pub(crate) fn reads_at_once(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(db) => db.has_readers(),
            Backend::Postgres(_) => true,
        }
    }

    async fn begin(&self, scope: Scope, access: Access) -> Result<Tx, StoreError> {
        scope.check()?;
        let backend = match &self.backend {
            Backend::Sqlite(db) => BackendTx::Sqlite(db.begin(access).await?),
            Backend::Postgres(db) => BackendTx::Postgres(Box::new(Box::pin(db.begin(scope, access)).await?)),
        };
        Ok(self.tx(backend))
    }

    fn tx(&self, backend: BackendTx) -> Tx {
        Tx {
            backend,
            translations: Arc::clone(&self.translations),
            counters: Arc::clone(&self.counters),
            state: State::Open,
        }
    }
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// A transaction; dropping it without [`commit`](Tx::commit) undoes it.
pub(crate) struct Tx {
    backend: BackendTx,
    translations: Arc<Translations>,
    counters: Arc<Counters>,
    state: State,
}

/// What PostgreSQL needs is put aside in boxes: its futures are large, and would make those of every caller as large.
enum BackendTx {
    Sqlite(sqlite::SqliteTx),
    Postgres(Box<postgres::PostgresTx>),
}

/// Whether the transaction may go on. It is `Broken` while a statement runs and stays so unless that statement
/// succeeds, because the outcome of a failed or cancelled one is undefined on at least one database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Broken,
}

impl Tx {
    /// Which database this is.
    pub(crate) fn dialect(&self) -> Dialect {
        self.translations.dialect()
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let sql = self.start(sql, params)?;
        let rows = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.query(&sql, params)?,
            BackendTx::Postgres(tx) => Box::pin(tx.query(&sql, params)).await?,
        };
        self.state = State::Open;
        Ok(rows)
    }

    /// Runs a statement that returns at most one row.
    pub(crate) async fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StoreError> {
        let mut rows = self.query(sql, params).await?;
        if rows.len() > 1 {
            return Err(StoreError::other(format!(
                "{} rows instead of one from `{sql}`",
                rows.len()
            )));
        }
        Ok(rows.pop())
    }

    /// Runs a statement that returns exactly one row.
    pub(crate) async fn query_one(&mut self, sql: &str, params: &[Value]) -> Result<Row, StoreError> {
        let row = self.query_opt(sql, params).await?;
        row.ok_or_else(|| StoreError::other(format!("no row from `{sql}`")))
    }

    /// Runs a statement and returns how many rows it wrote.
    pub(crate) async fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let sql = self.start(sql, params)?;
        let count = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.exec(&sql, params)?,
            BackendTx::Postgres(tx) => Box::pin(tx.exec(&sql, params)).await?,
        };
        self.wrote(count);
        Ok(count)
    }

    /// Runs one statement once per row of parameters, in order, and returns how many rows it wrote in all.
    ///
    /// One round trip in effect: PostgreSQL gets the rows pipelined, SQLite one prepared statement.
    pub(crate) async fn exec_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        rows.iter().flatten().try_for_each(Value::check)?;
        let sql = self.start(sql, &[])?;
        let count = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.exec_many(&sql, rows)?,
            BackendTx::Postgres(tx) => Box::pin(tx.exec_many(&sql, rows)).await?,
        };
        self.wrote(count);
        Ok(count)
    }

    /// Inserts many rows and returns how many were written. `tail` follows the values, such as
    /// `ON CONFLICT (tenant_id, id) DO NOTHING`; with `DO UPDATE` the rows must differ in the conflict key.
    pub(crate) async fn insert_many(
        &mut self,
        table: &str,
        columns: &[(&str, Kind)],
        tail: &str,
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let sql = self.start_insert(table, columns, tail, &rows)?;
        let count = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.exec_many(&sql, &rows)?,
            BackendTx::Postgres(tx) => Box::pin(tx.exec_columns(&sql, columns, rows)).await?,
        };
        self.wrote(count);
        Ok(count)
    }

    /// Inserts many rows and returns what `tail`'s RETURNING names, for the rows that were written.
    pub(crate) async fn insert_many_returning(
        &mut self,
        table: &str,
        columns: &[(&str, Kind)],
        tail: &str,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.start_insert(table, columns, tail, &rows)?;
        let answer = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.query_many(&sql, &rows)?,
            BackendTx::Postgres(tx) => Box::pin(tx.query_columns(&sql, columns, rows)).await?,
        };
        self.wrote(u64::try_from(answer.len()).unwrap_or(0));
        Ok(answer)
    }

    /// Updates many rows by their keys (`tenant_id`, `id`), each with its own values, and returns how many were there.
    ///
    /// A row's values have these kinds and begin with its key; `set` calls them `$1`, `$2` and so on. No key may occur
    /// twice.
    pub(crate) async fn update_many(
        &mut self,
        table: &str,
        set: &Set<'_>,
        kinds: &[Kind],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let columns: Vec<(&str, Kind)> = kinds.iter().map(|kind| (table, *kind)).collect();
        self.start_rows(table, &columns, &rows)?;
        let sql: Arc<str> = dialect::update_text(self.dialect(), table, set, kinds).into();
        let count = match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.exec_many(&sql, &rows)?,
            BackendTx::Postgres(tx) => Box::pin(tx.exec_columns(&sql, &columns, rows)).await?,
        };
        self.wrote(count);
        Ok(count)
    }

    /// Runs a script of several statements without parameters: migrations only.
    pub(crate) async fn script(&mut self, script: &str) -> Result<(), StoreError> {
        self.ensure_open()?;
        self.state = State::Broken;
        match &mut self.backend {
            BackendTx::Sqlite(tx) => tx.script(script)?,
            BackendTx::Postgres(tx) => Box::pin(tx.script(script)).await?,
        }
        self.state = State::Open;
        Ok(())
    }

    /// Makes the transaction's writes permanent: when this returns, they are on disk.
    ///
    /// A [`StoreError::Connection`] here leaves the outcome unknown, as does cancelling this call.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.ensure_open()?;
        match self.backend {
            BackendTx::Sqlite(tx) => tx.commit().await,
            BackendTx::Postgres(tx) => Box::pin(tx.commit()).await,
        }
    }

    /// The same without waiting for SQLite's disk: a crash of the machine may forget the writes, whole; one of the
    /// program does not. On PostgreSQL the server's `synchronous_commit` decides as always.
    pub(crate) async fn commit_soon(self) -> Result<(), StoreError> {
        self.ensure_open()?;
        match self.backend {
            BackendTx::Sqlite(tx) => tx.commit_without_waiting().await,
            BackendTx::Postgres(tx) => Box::pin(tx.commit()).await,
        }
    }

    /// A statement succeeded and wrote so many rows.
    fn wrote(&mut self, rows: u64) {
        self.counters.wrote(rows);
        self.state = State::Open;
    }

    fn ensure_open(&self) -> Result<(), StoreError> {
        if self.state == State::Broken {
            return Err(StoreError::other(
                "a statement of this transaction failed or was cancelled before",
            ));
        }
        Ok(())
    }

    fn start(&mut self, sql: &str, params: &[Value]) -> Result<Arc<str>, StoreError> {
        self.ensure_open()?;
        params.iter().try_for_each(Value::check)?;
        let sql = self.translations.get(sql, dialect::alone(params))?;
        self.counters.run();
        self.state = State::Broken;
        Ok(sql)
    }

    fn start_insert(
        &mut self,
        table: &str,
        columns: &[(&str, Kind)],
        tail: &str,
        rows: &[Vec<Value>],
    ) -> Result<Arc<str>, StoreError> {
        self.start_rows(table, columns, rows)?;
        Ok(dialect::insert_text(self.dialect(), table, columns, tail).into())
    }

    fn start_rows(
        &mut self,
        table: &str,
        columns: &[(&str, Kind)],
        rows: &[Vec<Value>],
    ) -> Result<(), StoreError> {
        self.ensure_open()?;
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            return Err(StoreError::other(format!(
                "a row for `{table}` has {} values for {} columns",
                row.len(),
                columns.len()
            )));
        }
        rows.iter().flatten().try_for_each(Value::check)?;
        self.counters.run();
        self.state = State::Broken;
        Ok(())
    }
}
