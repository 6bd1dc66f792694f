//! How values travel to and from PostgreSQL, and what its errors mean.

use bytes::BytesMut;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::super::value::decode_error;
use super::super::{Kind, Value};
use crate::StoreError;
use crate::error::ConstraintKind;

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    /// Sends integers in the width the server inferred, refusing those that do not fit.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *ty == Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
            Self::Int(number) if *ty == Type::INT2 => i16::try_from(*number)?.to_sql(ty, out),
            Self::Int(number) if *ty == Type::INT8 => number.to_sql(ty, out),
            Self::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            Self::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            Self::TextList(texts) if *ty == Type::TEXT_ARRAY => texts.to_sql(ty, out),
            Self::IntList(numbers) if *ty == Type::INT8_ARRAY => numbers.to_sql(ty, out),
            _ => Err(format!("a parameter of type {ty} was given a value of another type").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One column of many rows, sent as an array.
#[derive(Debug)]
pub(super) struct Column {
    name: String,
    cells: Cells,
}

#[derive(Debug)]
enum Cells {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    pub(super) fn new(name: &str, kind: Kind, rows: usize) -> Self {
        let cells = match kind {
            Kind::Int => Cells::Int(Vec::with_capacity(rows)),
            Kind::Text => Cells::Text(Vec::with_capacity(rows)),
            Kind::Bytes => Cells::Bytes(Vec::with_capacity(rows)),
        };
        Self {
            name: name.to_owned(),
            cells,
        }
    }

    pub(super) fn push(&mut self, value: Value) -> Result<(), StoreError> {
        match (&mut self.cells, value) {
            (Cells::Int(cells), Value::Int(number)) => cells.push(Some(number)),
            (Cells::Int(cells), Value::Null) => cells.push(None),
            (Cells::Text(cells), Value::Text(text)) => cells.push(Some(text)),
            (Cells::Text(cells), Value::Null) => cells.push(None),
            (Cells::Bytes(cells), Value::Bytes(bytes)) => cells.push(Some(bytes)),
            (Cells::Bytes(cells), Value::Null) => cells.push(None),
            _ => {
                return Err(StoreError::other(format!(
                    "column `{}` was given a value of another type",
                    self.name
                )));
            }
        }
        Ok(())
    }

    pub(super) fn array_type(&self) -> Type {
        match self.cells {
            Cells::Int(_) => Type::INT8_ARRAY,
            Cells::Text(_) => Type::TEXT_ARRAY,
            Cells::Bytes(_) => Type::BYTEA_ARRAY,
        }
    }
}

impl ToSql for Column {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match &self.cells {
            Cells::Int(cells) => cells.to_sql(ty, out),
            Cells::Text(cells) => cells.to_sql(ty, out),
            Cells::Bytes(cells) => cells.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Column `i` of a row.
pub(super) fn decode(row: &tokio_postgres::Row, i: usize, sql: &str) -> Result<Value, StoreError> {
    row.try_get::<_, Decoded>(i)
        .map(|value| value.0)
        .map_err(|error| {
            decode_error(
                i,
                sql,
                std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string),
            )
        })
}

struct Decoded(Value);

impl<'a> FromSql<'a> for Decoded {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Int(bool::from_sql(ty, raw)?.into()),
            Type::NUMERIC => Value::Int(whole_numeric(raw)?),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            Type::VOID => Value::Null,
            _ if <&str as FromSql>::accepts(ty) => Value::Text(String::from_sql(ty, raw)?),
            _ => return Err(format!("has the type {ty}, which is neither BIGINT, TEXT nor BYTEA").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Reads a NUMERIC without fraction: what `SUM` of a BIGINT column is.
///
/// Format (`numeric_send` in PostgreSQL's `numeric.c`): number of digits, weight of the first digit, sign,
/// display scale, then digits to the base of 10,000; each a big-endian 16-bit number.
fn whole_numeric(raw: &[u8]) -> Result<i64, BoxError> {
    let mut words = raw
        .chunks_exact(2)
        .map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let mut next = || words.next().ok_or("holds a damaged NUMERIC");
    let (digits, weight, sign, _scale) = (next()?, next()?, next()?, next()?);
    if digits > weight + 1 {
        return Err("holds a fraction, which no column may".into());
    }
    let mut number: i128 = 0;
    for i in 0..=weight {
        let digit = if i < digits { next()? } else { 0 };
        number = number
            .checked_mul(10_000)
            .and_then(|n| n.checked_add(digit.into()))
            .ok_or("holds a number beyond 64 bits")?;
    }
    match sign {
        0 => Ok(number.try_into()?),
        0x4000 => Ok((-number).try_into()?),
        _ => Err("holds a NUMERIC that is not a number".into()),
    }
}

/// The meaning of a driver's error.
/// Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
pub(super) fn postgres_error(error: &tokio_postgres::Error) -> StoreError {
    let Some(server) = error.as_db_error() else {
        let detail =
            std::error::Error::source(error).map_or(error.to_string(), |source| format!("{error}: {source}"));
        let sending = error.to_string().starts_with("error serializing");
        return if sending {
            StoreError::Other { detail }
        } else {
            StoreError::Connection { detail }
        };
    };
    let code = server.code();
    let detail = format!("{} ({})", server.message(), code.code());
    let constraint = |kind| StoreError::Constraint {
        kind,
        table: server.table().unwrap_or_default().to_owned(),
        name: server
            .constraint()
            .or(server.column())
            .unwrap_or_default()
            .to_owned(),
    };
    match *code {
        SqlState::UNIQUE_VIOLATION => constraint(ConstraintKind::Unique),
        SqlState::FOREIGN_KEY_VIOLATION => constraint(ConstraintKind::Foreign),
        SqlState::CHECK_VIOLATION => constraint(ConstraintKind::Check),
        SqlState::NOT_NULL_VIOLATION => constraint(ConstraintKind::NotNull),
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy { detail },
        SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => StoreError::Full { detail },
        SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::INSUFFICIENT_PRIVILEGE => {
            StoreError::ReadOnly { detail }
        }
        SqlState::QUERY_CANCELED | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            StoreError::Timeout { detail }
        }
        SqlState::IO_ERROR => StoreError::Storage { detail },
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => StoreError::Corrupt { detail },
        _ if matches!(code.code().get(..2), Some("08" | "28" | "3D"))
            || matches!(code.code(), "57P01" | "57P02" | "57P03") =>
        {
            StoreError::Connection { detail }
        }
        _ => StoreError::Other { detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_without_fraction_become_integers() {
        let raw = |words: &[i16]| {
            words
                .iter()
                .flat_map(|word| word.to_be_bytes())
                .collect::<Vec<_>>()
        };
        assert_eq!(whole_numeric(&raw(&[0, 0, 0, 0])).unwrap(), 0);
        assert_eq!(whole_numeric(&raw(&[2, 1, 0, 0, 12, 3456])).unwrap(), 123_456);
        assert_eq!(whole_numeric(&raw(&[1, 2, 0x4000, 0, 7])).unwrap(), -700_000_000);
        for bad in [&[1, -1, 0, 1, 5000][..], &[0, 0, -0x4000, 0], &[3, 2, 0, 0, 1]] {
            assert!(whole_numeric(&raw(bad)).is_err(), "{bad:?}");
        }
    }
}
