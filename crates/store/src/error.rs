//! What can go wrong in the database, in the terms of the person who has to put it right.
//!
//! Both drivers' errors are folded into one closed set here, so that callers decide on meaning
//! (`Busy`, `Full`, `Constraint`) and never on a driver's code. Every message ends with the remedy.

use std::path::PathBuf;

/// Which rule of the schema a write broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// A unique index or primary key already holds these values.
    Unique,
    /// The row points at one that does not exist, or is still pointed at.
    Foreign,
    /// A CHECK condition is false.
    Check,
    /// A required column was given no value.
    NotNull,
}

/// A failed database operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds what this operation needs; nothing was changed.
    #[error(
        "the database is busy: {detail}; try again, and if it persists look for a long-running transaction or raise the pool size"
    )]
    Busy {
        /// What could not be had in time.
        detail: String,
    },
    /// No space is left; the transaction was undone as a whole.
    #[error(
        "the database's disk is full: {detail}; free some space or move the data folder, then retry: nothing was half-written"
    )]
    Full {
        /// The driver's words.
        detail: String,
    },
    /// The file system or the transaction does not allow writing.
    #[error(
        "the database cannot be written: {detail}; check the owner and permissions of the data folder, or connect to the primary server"
    )]
    ReadOnly {
        /// The driver's words.
        detail: String,
    },
    /// Reading or writing the database's files failed.
    #[error(
        "the database's files could not be read or written: {detail}; check the disk and the permissions of the data folder"
    )]
    Storage {
        /// The driver's words.
        detail: String,
    },
    /// Another process works in this data folder.
    #[error("the data folder {dir} is in use by another Stockbridge process; stop that process, choose another --data-dir, or use PostgreSQL to run several processes", dir = dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}; upgrade Stockbridge, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The version found in the database.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The write broke a rule of the schema.
    #[error("the write to `{table}` breaks a {kind:?} rule ({name}); change the value it names")]
    Constraint {
        /// Which kind of rule.
        kind: ConstraintKind,
        /// The table, empty when the database does not tell (SQLite's foreign keys).
        table: String,
        /// PostgreSQL: the constraint's name. SQLite: the columns, comma separated.
        name: String,
    },
    /// The server could not be reached or the connection was lost.
    #[error(
        "no connection to the database: {detail}; check that the server runs and that address, user, password and sslmode are right"
    )]
    Connection {
        /// What happened.
        detail: String,
    },
    /// The operation took longer than its limit and was given up.
    #[error("the database took too long: {detail}; try again, and if it persists check the server's load")]
    Timeout {
        /// Which limit was passed.
        detail: String,
    },
    /// A column does not hold what the program expects.
    #[error(
        "column {column} of `{statement}` {detail}; the data was changed by another program: restore a backup or report a bug"
    )]
    Decode {
        /// Index of the column in the answer, from 0.
        column: usize,
        /// The beginning of the statement.
        statement: String,
        /// What was expected and what was found.
        detail: String,
    },
    /// The database's file is damaged.
    #[error("the database is damaged: {detail}; stop the program and restore the latest backup")]
    Corrupt {
        /// The driver's words.
        detail: String,
    },
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated: {detail}")]
    Migration {
        /// What happened, with the remedy.
        detail: String,
    },
    /// A value can not be stored on both databases.
    #[error("the value cannot be stored: {detail}")]
    Invalid {
        /// Which value and why, with the remedy.
        detail: String,
    },
    /// A secret could not be opened, or the master key is not the database's.
    #[error("a secret cannot be opened: {detail}")]
    Sealed {
        /// Which one and why, with the remedy.
        detail: String,
    },
    /// A page was asked for with a cursor that this list never gave out.
    #[error("`cursor` is not one that this list gave out; leave it away to start with the first page")]
    BadCursor,
    /// An error in the program itself, such as a malformed statement.
    #[error("the database refused the operation: {detail}; this is a bug, please report it")]
    Other {
        /// The driver's words.
        detail: String,
    },
}

impl StoreError {
    /// Whether the same operation may succeed when tried again without anybody's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Connection { .. } | Self::Timeout { .. } => true,
            Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Storage { .. }
            | Self::Locked { .. }
            | Self::Newer { .. }
            | Self::Constraint { .. }
            | Self::Decode { .. }
            | Self::Corrupt { .. }
            | Self::Migration { .. }
            | Self::Invalid { .. }
            | Self::Sealed { .. }
            | Self::BadCursor
            | Self::Other { .. } => false,
        }
    }

    /// Whether a unique index refused the write, the usual sign of a repeated request.
    pub fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Self::Constraint {
                kind: ConstraintKind::Unique,
                ..
            }
        )
    }

    /// A misuse of the façade or a statement no database understands.
    pub(crate) fn other(detail: impl ToString) -> Self {
        Self::Other {
            detail: detail.to_string(),
        }
    }
}
