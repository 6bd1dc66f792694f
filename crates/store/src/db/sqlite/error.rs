//! What SQLite's errors mean.

use rusqlite::ErrorCode;

use crate::StoreError;
use crate::error::ConstraintKind;

/// The meaning of a driver's error. Result codes: <https://sqlite.org/rescode.html>.
pub(super) fn sqlite_error(error: &rusqlite::Error) -> StoreError {
    let detail = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return StoreError::Other { detail };
    };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy { detail },
        ErrorCode::DiskFull => StoreError::Full { detail },
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { detail },
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => StoreError::Storage { detail },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt { detail },
        ErrorCode::OperationInterrupted => StoreError::Timeout { detail },
        ErrorCode::ConstraintViolation => {
            constraint(failure.extended_code, message.as_deref().unwrap_or_default())
        }
        _ => StoreError::Other { detail },
    }
}

/// Reads `UNIQUE constraint failed: t.a, t.b`, `CHECK constraint failed: name`.
fn constraint(extended_code: i32, message: &str) -> StoreError {
    use rusqlite::ffi;
    let kind = match extended_code {
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::Foreign,
        ffi::SQLITE_CONSTRAINT_CHECK => ConstraintKind::Check,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ConstraintKind::Unique
        }
        _ => return StoreError::other(message),
    };
    let names = message.split_once(": ").map_or("", |(_, names)| names);
    let table = names.split_once('.').map_or("", |(table, _)| table);
    let columns = names
        .split(", ")
        .map(|name| name.split_once('.').map_or(name, |(_, column)| column));
    StoreError::Constraint {
        kind,
        table: table.to_owned(),
        name: columns.collect::<Vec<_>>().join(","),
    }
}
