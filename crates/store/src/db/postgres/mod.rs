//! PostgreSQL: a bounded pool of connections, each with its prepared statements and its tenant.
//!
//! The pool's objects are our own [`Session`]s rather than a ready-made client pool's, because a connection
//! must remember two things beside its statements: the scope its row-level security is set to, so that the
//! setting is sent again only when it changes, and that a transaction left behind was undone.

mod types;
mod url;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, PoolError, RecycleError, TimeoutType};
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Access, Kind, Row, Scope, Value};
use crate::StoreError;
use types::{Column, decode, postgres_error};
use url::{read_url, verified_tls};

/// How long a transaction may wait for a free connection.
const POOL_WAIT: Duration = Duration::from_secs(30);
/// Prepared statements kept per connection before it starts anew.
const STATEMENTS: usize = 512;
/// Statements of one pipeline in flight at once; bounds the memory for their answers.
const PIPELINE: usize = 256;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: managed::Pool<Sessions>,
}

/// Makes sessions for the pool.
struct Sessions {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// One connection with what it remembers.
pub(super) struct Session {
    client: Client,
    statements: HashMap<Arc<str>, Statement>,
    /// The scope that `stockbridge.tenant` and `stockbridge.system` are set to; unknown while being set.
    scope: Option<Scope>,
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = StoreError;

    #[expect(
        clippy::disallowed_methods,
        reason = "the driver's task ends with the client it belongs to"
    )]
    async fn create(&self) -> Result<Session, StoreError> {
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = self
                    .config
                    .connect(tls.clone())
                    .await
                    .map_err(|error| postgres_error(&error))?;
                drop(tokio::spawn(connection.map(log_end)));
                client
            }
            None => {
                let (client, connection) = self
                    .config
                    .connect(NoTls)
                    .await
                    .map_err(|error| postgres_error(&error))?;
                drop(tokio::spawn(connection.map(log_end)));
                client
            }
        };
        Ok(Session {
            client,
            statements: HashMap::new(),
            scope: None,
        })
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _: &managed::Metrics,
    ) -> managed::RecycleResult<StoreError> {
        if session.client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        Ok(())
    }
}

fn log_end(ended: Result<(), tokio_postgres::Error>) {
    if let Err(error) = ended {
        tracing::warn!(error = %error, "a database connection ended; a new one is made when needed");
    }
}

impl Postgres {
    /// Reads the URL and makes one connection, so that a wrong address shows at the start.
    pub(super) async fn open(url: &str, max_connections: usize) -> Result<Self, StoreError> {
        let (config, tls) = read_url(url)?;
        let manager = Sessions {
            config,
            tls: if tls { Some(verified_tls()?) } else { None },
        };
        let pool = managed::Pool::builder(manager)
            .max_size(max_connections.max(1))
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(StoreError::other)?;
        let postgres = Self { pool };
        drop(postgres.session().await?);
        Ok(postgres)
    }

    async fn session(&self) -> Result<managed::Object<Sessions>, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(TimeoutType::Wait) => StoreError::Busy {
                detail: format!(
                    "all {} connections were in use for {} seconds",
                    self.pool.status().max_size,
                    POOL_WAIT.as_secs()
                ),
            },
            other => StoreError::Connection {
                detail: other.to_string(),
            },
        })
    }

    /// One round trip: the scope, when it changes, travels together with BEGIN.
    pub(super) async fn begin(&self, scope: Scope, access: Access) -> Result<PostgresTx, StoreError> {
        let mut session = self.session().await?;
        let begin = match access {
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            // The snapshot that SQLite's readers have.
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let changed = session.scope.as_ref() != Some(&scope);
        if changed {
            session.scope = None;
        }
        // From here on, dropping undoes whatever was begun.
        let mut tx = PostgresTx { session, open: true };
        let client = &tx.session.client;
        if changed {
            // Outside of the transaction, so that its rollback does not revert the setting; the id was checked
            // to consist of letters, digits and `_`.
            let (tenant, system) = match &scope {
                Scope::Tenant(id) => (id.as_str(), ""),
                Scope::System => ("", "on"),
            };
            let set = format!(
                "SELECT set_config('stockbridge.tenant', '{tenant}', false), \
                 set_config('stockbridge.system', '{system}', false)"
            );
            futures_util::try_join!(client.batch_execute(&set), client.batch_execute(begin))
                .map_err(|error| postgres_error(&error))?;
            tx.session.scope = Some(scope);
        } else {
            client
                .batch_execute(begin)
                .await
                .map_err(|error| postgres_error(&error))?;
        }
        Ok(tx)
    }

    /// A read with the memory to sort and hash much. Statements that take seconds are not worth compiling either.
    pub(super) async fn begin_much(&self, scope: Scope) -> Result<PostgresTx, StoreError> {
        let tx = self.begin(scope, Access::Read).await?;
        tx.session
            .client
            .batch_execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
            .await
            .map_err(|error| postgres_error(&error))?;
        Ok(tx)
    }
}

/// A transaction on a pooled connection.
pub(super) struct PostgresTx {
    session: managed::Object<Sessions>,
    open: bool,
}

impl PostgresTx {
    pub(super) async fn query(&mut self, sql: &Arc<str>, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.session.prepare(sql, params.iter().map(type_of)).await?;
        check_count(&statement, params.len())?;
        let rows = self.session.client.query_raw(&statement, params).await;
        collect(rows, sql).await
    }

    pub(super) async fn exec(&mut self, sql: &Arc<str>, params: &[Value]) -> Result<u64, StoreError> {
        let statement = self.session.prepare(sql, params.iter().map(type_of)).await?;
        check_count(&statement, params.len())?;
        self.session
            .client
            .execute_raw(&statement, params)
            .await
            .map_err(|error| postgres_error(&error))
    }

    /// Sends the rows one after the other without waiting for answers, which come back in the same order.
    pub(super) async fn exec_many(&mut self, sql: &Arc<str>, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let first = rows.first().map(Vec::as_slice).unwrap_or_default();
        let statement = self.session.prepare(sql, first.iter().map(type_of)).await?;
        rows.iter()
            .try_for_each(|params| check_count(&statement, params.len()))?;
        let client = &self.session.client;
        // A loop rather than a stream's closures, through which the compiler cannot see that this can be sent.
        let (mut count, mut under_way) = (0, FuturesOrdered::new());
        for params in rows {
            if under_way.len() == PIPELINE {
                count += answered(under_way.next().await)?;
            }
            under_way.push_back(client.execute_raw(&statement, params));
        }
        while !under_way.is_empty() {
            count += answered(under_way.next().await)?;
        }
        Ok(count)
    }

    pub(super) async fn exec_columns(
        &mut self,
        sql: &Arc<str>,
        columns: &[(&str, Kind)],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let columns = transpose(columns, rows)?;
        let statement = self
            .session
            .prepare(sql, columns.iter().map(Column::array_type))
            .await?;
        self.session
            .client
            .execute_raw(&statement, &columns)
            .await
            .map_err(|error| postgres_error(&error))
    }

    pub(super) async fn query_columns(
        &mut self,
        sql: &Arc<str>,
        columns: &[(&str, Kind)],
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        let columns = transpose(columns, rows)?;
        let statement = self
            .session
            .prepare(sql, columns.iter().map(Column::array_type))
            .await?;
        let rows = self.session.client.query_raw(&statement, &columns).await;
        collect(rows, sql).await
    }

    pub(super) async fn script(&mut self, script: &str) -> Result<(), StoreError> {
        self.session
            .client
            .batch_execute(script)
            .await
            .map_err(|error| postgres_error(&error))
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.session
            .client
            .batch_execute("COMMIT")
            .await
            .map_err(|error| postgres_error(&error))?;
        self.open = false;
        Ok(())
    }
}

impl Drop for PostgresTx {
    /// Polling once puts ROLLBACK on the wire ahead of anything the connection's next user sends; its answer
    /// needs no waiting for. A connection that is already closed is refused by the pool.
    fn drop(&mut self) {
        if self.open {
            drop(self.session.client.batch_execute("ROLLBACK").now_or_never());
        }
    }
}

impl Session {
    /// The prepared statement, from this connection's memory or the server.
    ///
    /// Parameter types come from the first call's values; NULL leaves the choice to the server.
    async fn prepare(
        &mut self,
        sql: &Arc<str>,
        types: impl Iterator<Item = Type>,
    ) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = types.collect();
        let statement = self
            .client
            .prepare_typed(sql, &types)
            .await
            .map_err(|error| postgres_error(&error))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(Arc::clone(sql), statement.clone());
        Ok(statement)
    }
}

/// The count in one answer of a pipeline.
fn answered(answer: Option<Result<u64, tokio_postgres::Error>>) -> Result<u64, StoreError> {
    answer
        .transpose()
        .map(Option::unwrap_or_default)
        .map_err(|error| postgres_error(&error))
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
        Value::TextList(_) => Type::TEXT_ARRAY,
        Value::IntList(_) => Type::INT8_ARRAY,
    }
}

/// The driver panics on a wrong number of parameters; this is an error instead.
fn check_count(statement: &Statement, given: usize) -> Result<(), StoreError> {
    let wanted = statement.params().len();
    if wanted != given {
        return Err(StoreError::other(format!(
            "a statement with {wanted} parameters was given {given}"
        )));
    }
    Ok(())
}

fn transpose(columns: &[(&str, Kind)], rows: Vec<Vec<Value>>) -> Result<Vec<Column>, StoreError> {
    let mut out: Vec<Column> = columns
        .iter()
        .map(|(name, kind)| Column::new(name, *kind, rows.len()))
        .collect();
    for row in rows {
        for (column, value) in out.iter_mut().zip(row) {
            column.push(value)?;
        }
    }
    Ok(out)
}

async fn collect(
    rows: Result<tokio_postgres::RowStream, tokio_postgres::Error>,
    sql: &Arc<str>,
) -> Result<Vec<Row>, StoreError> {
    let mut rows = std::pin::pin!(rows.map_err(|error| postgres_error(&error))?);
    let mut out = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| postgres_error(&error))?;
        let values = (0..row.len())
            .map(|i| decode(&row, i, sql))
            .collect::<Result<_, _>>()?;
        out.push(Row::new(values, Arc::clone(sql)));
    }
    Ok(out)
}
