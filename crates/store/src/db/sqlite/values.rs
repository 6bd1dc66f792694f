//! How values travel to and from SQLite.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, ToSql};

use super::super::value::decode_error;
use super::super::{Row, Value};
use super::error::sqlite_error;
use crate::StoreError;

/// Binds all parameters, refusing a wrong number of them; lists by their one element where the statement is the one for
/// that ([`alone`](super::super::dialect::alone)).
pub(super) fn bind(
    statement: &mut CachedStatement<'_>,
    params: &[Value],
    alone: bool,
) -> Result<(), StoreError> {
    if statement.parameter_count() != params.len() {
        let (wanted, given) = (statement.parameter_count(), params.len());
        return Err(StoreError::other(format!(
            "a statement with {wanted} parameters was given {given}"
        )));
    }
    for (i, value) in params.iter().enumerate() {
        let bound = match value {
            Value::TextList(texts) if alone => statement.raw_bind_parameter(i + 1, texts.first()),
            Value::IntList(numbers) if alone => statement.raw_bind_parameter(i + 1, numbers.first()),
            value => statement.raw_bind_parameter(i + 1, value),
        };
        bound.map_err(|error| sqlite_error(&error))?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json = |text: Result<String, serde_json::Error>| {
            text.map(|text| ToSqlOutput::Owned(text.into()))
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
        };
        match self {
            Self::Null => Ok(ToSqlOutput::Borrowed(ValueRef::Null)),
            Self::Int(number) => Ok(ToSqlOutput::Borrowed(ValueRef::Integer(*number))),
            Self::Text(text) => Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            Self::Bytes(bytes) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
            Self::TextList(texts) => json(serde_json::to_string(texts)),
            Self::IntList(numbers) => json(serde_json::to_string(numbers)),
        }
    }
}

/// Runs a statement and appends its rows to `out`.
pub(super) fn fetch(
    statement: &mut CachedStatement<'_>,
    sql: &Arc<str>,
    (params, alone): (&[Value], bool),
    out: &mut Vec<Row>,
) -> Result<(), StoreError> {
    bind(statement, params, alone)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| sqlite_error(&error))? {
        let mut values = Vec::with_capacity(columns);
        for i in 0..columns {
            values.push(match row.get_ref(i).map_err(|error| sqlite_error(&error))? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Real(_) => {
                    return Err(decode_error(
                        i,
                        sql,
                        "holds a fraction, which no column may".to_owned(),
                    ));
                }
                ValueRef::Text(text) => match str::from_utf8(text) {
                    Ok(text) => Value::Text(text.to_owned()),
                    Err(error) => return Err(decode_error(i, sql, error.to_string())),
                },
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
            });
        }
        out.push(Row::new(values, Arc::clone(sql)));
    }
    Ok(())
}
