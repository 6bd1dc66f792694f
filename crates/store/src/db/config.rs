//! Where a database is, and on whose behalf it is spoken to.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use stockbridge_domain::clock::Turns;

use crate::StoreError;

/// Where the data is and how many connections may be used.
#[derive(Clone)]
pub enum DbConfig {
    /// The embedded database: one file in a folder that this process alone uses.
    Sqlite {
        /// The database's file; its folder is created when missing.
        path: PathBuf,
        /// How many reads may run at once.
        readers: usize,
    },
    /// The embedded database without a file; reads and writes share one connection, so a task must end one
    /// transaction before it begins the next.
    Memory,
    /// The same for the deterministic simulation: every transaction asks for its turn.
    Simulated {
        /// Who goes next.
        turns: Arc<dyn Turns>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgresql://user:password@host:port/name?sslmode=verify-full`, or libpq's `key=value` form.
        url: String,
        /// How many connections this process may hold.
        max_connections: usize,
    },
}

impl fmt::Debug for DbConfig {
    /// Leaves out the URL, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path, readers } => f
                .debug_struct("Sqlite")
                .field("path", path)
                .field("readers", readers)
                .finish(),
            Self::Memory => f.write_str("Memory"),
            Self::Simulated { .. } => f.write_str("Simulated"),
            Self::Postgres { max_connections, .. } => f
                .debug_struct("Postgres")
                .field("max_connections", max_connections)
                .finish_non_exhaustive(),
        }
    }
}

/// On whose behalf a transaction runs. PostgreSQL's row-level security enforces it; on SQLite it is the
/// statements' own `tenant_id = $1` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Rows of one tenant; the id consists of `a-z`, `0-9` and `_`.
    Tenant(String),
    /// Rows of all tenants: work of the system itself.
    System,
}

impl Scope {
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let Self::Tenant(id) = self else { return Ok(()) };
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(StoreError::Invalid {
                detail: "a tenant id consists of a-z, 0-9 and `_`; use the id the system gave out".to_owned(),
            });
        }
        Ok(())
    }
}
