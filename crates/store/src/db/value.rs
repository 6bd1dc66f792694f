//! The values that travel between the program and either database.
//!
//! Only integers, text and bytes exist in columns; lists exist as parameters alone. Everything richer (ids,
//! money, times) is converted at the edge of each table's file, so that both databases hold the same bits.

use std::sync::Arc;

use crate::StoreError;

/// One parameter, or one column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT: numbers, booleans as 0 and 1, times in microseconds.
    Int(i64),
    /// TEXT. Must not contain the character NUL, which PostgreSQL cannot hold.
    Text(String),
    /// BYTEA.
    Bytes(Vec<u8>),
    /// A list for `{in $n}`; never a column.
    TextList(Vec<String>),
    /// A list for `{in $n}`; never a column.
    IntList(Vec<i64>),
}

/// The type of a column, for statements that are put together from a list of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// BIGINT.
    Int,
    /// TEXT.
    Text,
    /// BYTEA.
    Bytes,
}

impl Value {
    /// Refuses text that only one of the databases could hold.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let nul = match self {
            Self::Text(text) => text.contains('\0'),
            Self::TextList(texts) => texts.iter().any(|text| text.contains('\0')),
            Self::Null | Self::Int(_) | Self::Bytes(_) | Self::IntList(_) => false,
        };
        if nul {
            return Err(StoreError::Invalid {
                detail: "text contains the character NUL (U+0000); remove it".to_owned(),
            });
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Int(_) => "an integer",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::TextList(_) | Self::IntList(_) => "a list",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}
impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}
impl TryFrom<usize> for Value {
    type Error = StoreError;

    fn try_from(number: usize) -> Result<Self, StoreError> {
        i64::try_from(number)
            .map(Self::Int)
            .map_err(|_| StoreError::Invalid {
                detail: format!("{number} is larger than the database's integers; use a smaller number"),
            })
    }
}
impl TryFrom<u64> for Value {
    type Error = StoreError;

    fn try_from(number: u64) -> Result<Self, StoreError> {
        i64::try_from(number)
            .map(Self::Int)
            .map_err(|_| StoreError::Invalid {
                detail: format!("{number} is larger than the database's integers; use a smaller number"),
            })
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}
impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::TextList(texts)
    }
}
impl From<Vec<i64>> for Value {
    fn from(numbers: Vec<i64>) -> Self {
        Self::IntList(numbers)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer; columns are read by index, in the order of the SELECT or RETURNING list.
#[derive(Clone, Debug)]
pub struct Row {
    values: Vec<Value>,
    statement: Arc<str>,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>, statement: Arc<str>) -> Self {
        Self { values, statement }
    }

    /// The integer in column `i`.
    pub fn int(&self, i: usize) -> Result<i64, StoreError> {
        self.opt_int(i)?.ok_or_else(|| self.mismatch(i, "an integer"))
    }

    /// The 0 or 1 in column `i`; anything else is refused.
    pub fn flag(&self, i: usize) -> Result<bool, StoreError> {
        match self.int(i)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.mismatch(i, "0 or 1")),
        }
    }

    /// The text in column `i`.
    pub fn text(&self, i: usize) -> Result<&str, StoreError> {
        self.opt_text(i)?.ok_or_else(|| self.mismatch(i, "text"))
    }

    /// The bytes in column `i`.
    pub fn bytes(&self, i: usize) -> Result<&[u8], StoreError> {
        self.opt_bytes(i)?.ok_or_else(|| self.mismatch(i, "bytes"))
    }

    /// The integer in column `i`, or nothing for NULL.
    pub fn opt_int(&self, i: usize) -> Result<Option<i64>, StoreError> {
        match self.values.get(i) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.mismatch(i, "an integer or NULL")),
        }
    }

    /// The text in column `i`, or nothing for NULL.
    pub fn opt_text(&self, i: usize) -> Result<Option<&str>, StoreError> {
        match self.values.get(i) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.mismatch(i, "text or NULL")),
        }
    }

    /// The bytes in column `i`, or nothing for NULL.
    pub fn opt_bytes(&self, i: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.values.get(i) {
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.mismatch(i, "bytes or NULL")),
        }
    }

    /// An error saying that column `i` holds something a table's file cannot read, such as an unknown state.
    pub fn unreadable(&self, i: usize, why: impl std::fmt::Display) -> StoreError {
        decode_error(i, &self.statement, why.to_string())
    }

    fn mismatch(&self, i: usize, expected: &str) -> StoreError {
        let found = self.values.get(i).map_or("no such column", Value::name);
        self.unreadable(i, format_args!("should hold {expected} but holds {found}"))
    }
}

/// A [`StoreError::Decode`] that quotes the beginning of the statement.
pub(super) fn decode_error(column: usize, statement: &str, detail: String) -> StoreError {
    let statement: String = statement
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(80)
        .collect();
    StoreError::Decode {
        column,
        statement,
        detail,
    }
}
