//! The edge between columns and the domain: ids, times, names, money and JSON.
//!
//! Columns hold integers, text and bytes alone. Every table's file converts through here, so that an id of the wrong
//! kind or an unknown state in a row is an error that names its column, never a default.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use stockbridge_domain::{
    AccountId, AlertId, AuditId, BulkId, CancellationId, ChannelReturnId, CheckId, ConflictEventId,
    ConflictId, CountId, Currency, InboxId, JobId, LedgerEntryId, ListingId, LocationId, Money, OrderId,
    OrderLineId, PaperId, ParcelId, ProductId, PushId, QuarantineId, RefundId, ReportId, ReturnId, RunId,
    SaleId, SessionId, ShipmentId, Sku, TenantId, Timestamp, TokenId, TransferId, UserId,
};

use crate::StoreError;
use crate::db::{Row, Value};

macro_rules! text_values {
    ($($name:ident),+) => { $(
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                Self::Text(value.to_string())
            }
        }
    )+ };
}

text_values!(
    AccountId,
    AlertId,
    AuditId,
    BulkId,
    CancellationId,
    ChannelReturnId,
    ParcelId,
    PaperId,
    ReportId,
    RefundId,
    ConflictEventId,
    ConflictId,
    InboxId,
    JobId,
    LedgerEntryId,
    ListingId,
    LocationId,
    OrderId,
    OrderLineId,
    ProductId,
    PushId,
    QuarantineId,
    CountId,
    CheckId,
    ReturnId,
    TransferId,
    RunId,
    SaleId,
    SessionId,
    ShipmentId,
    TenantId,
    TokenId,
    UserId
);

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.micros())
    }
}

impl From<&Sku> for Value {
    fn from(sku: &Sku) -> Self {
        Self::Text(sku.as_str().to_owned())
    }
}

/// A closed list of words, as kept in a column, in JSON and on pages.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+ }
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The word.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $text,)+ } }
            /// Reads [`Self::name`].
            pub fn parse(name: &str) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.name() == name) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}
pub(crate) use words;

/// The two columns of an amount: minor units and currency, both NULL for none.
pub(crate) fn money_values(money: Option<Money>) -> [Value; 2] {
    [
        money.map(Money::minor).into(),
        money.map(|m| m.currency().code()).into(),
    ]
}

/// A value as JSON text.
pub(crate) fn json_value(value: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_string(value)
        .map(Value::Text)
        .map_err(|error| StoreError::Invalid {
            detail: format!("a value has no JSON form ({error}); this is a bug, please report it"),
        })
}

/// Reads a row's columns, by index, as domain values.
pub(crate) trait Columns {
    /// An id or anything else that reads its own text.
    fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, i: usize) -> Result<T, StoreError>;
    /// The same, or nothing for NULL.
    fn opt_parsed<T: FromStr<Err: std::fmt::Display>>(&self, i: usize) -> Result<Option<T>, StoreError>;
    /// A value of a closed list, by its name.
    fn named<T>(&self, i: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError>;
    /// An instant.
    fn time(&self, i: usize) -> Result<Timestamp, StoreError>;
    /// An instant, or nothing for NULL.
    fn opt_time(&self, i: usize) -> Result<Option<Timestamp>, StoreError>;
    /// An amount in columns `i` (minor units) and `i + 1` (currency).
    fn opt_money(&self, i: usize) -> Result<Option<Money>, StoreError>;
    /// A SKU.
    fn sku(&self, i: usize) -> Result<Sku, StoreError>;
    /// A SKU, or nothing for NULL.
    fn opt_sku(&self, i: usize) -> Result<Option<Sku>, StoreError>;
    /// A value kept as JSON.
    fn json<T: DeserializeOwned>(&self, i: usize) -> Result<T, StoreError>;
    /// Text of one's own.
    fn string(&self, i: usize) -> Result<String, StoreError>;
    /// Text of one's own, or nothing for NULL.
    fn opt_string(&self, i: usize) -> Result<Option<String>, StoreError>;
}

impl Columns for Row {
    fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, i: usize) -> Result<T, StoreError> {
        self.text(i)?.parse().map_err(|error| self.unreadable(i, error))
    }

    fn opt_parsed<T: FromStr<Err: std::fmt::Display>>(&self, i: usize) -> Result<Option<T>, StoreError> {
        let parse = |text: &str| text.parse().map_err(|error| self.unreadable(i, error));
        self.opt_text(i)?.map(parse).transpose()
    }

    fn named<T>(&self, i: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text(i)?;
        parse(text).ok_or_else(|| self.unreadable(i, format_args!("holds the unknown word `{text}`")))
    }

    fn time(&self, i: usize) -> Result<Timestamp, StoreError> {
        self.int(i).map(Timestamp::from_micros)
    }

    fn opt_time(&self, i: usize) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.opt_int(i)?.map(Timestamp::from_micros))
    }

    fn opt_money(&self, i: usize) -> Result<Option<Money>, StoreError> {
        let (Some(minor), Some(code)) = (self.opt_int(i)?, self.opt_text(i + 1)?) else {
            return Ok(None);
        };
        let currency = Currency::parse(code).map_err(|error| self.unreadable(i + 1, error))?;
        Ok(Some(Money::from_minor(minor, currency)))
    }

    fn sku(&self, i: usize) -> Result<Sku, StoreError> {
        Sku::parse(self.text(i)?).map_err(|error| self.unreadable(i, error))
    }

    fn opt_sku(&self, i: usize) -> Result<Option<Sku>, StoreError> {
        let parse = |text: &str| Sku::parse(text).map_err(|error| self.unreadable(i, error));
        self.opt_text(i)?.map(parse).transpose()
    }

    fn json<T: DeserializeOwned>(&self, i: usize) -> Result<T, StoreError> {
        serde_json::from_str(self.text(i)?).map_err(|error| self.unreadable(i, error))
    }

    fn string(&self, i: usize) -> Result<String, StoreError> {
        self.text(i).map(str::to_owned)
    }

    fn opt_string(&self, i: usize) -> Result<Option<String>, StoreError> {
        Ok(self.opt_text(i)?.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: Vec<Value>) -> Row {
        Row::new(values, "SELECT a, b FROM t".into())
    }

    #[test]
    fn an_id_of_another_kind_is_an_error_that_names_its_column() {
        let id = "ord_01jd0000000000000000000000";
        let row = row(vec![id.into(), Value::Null]);
        assert_eq!(row.parsed::<OrderId>(0).unwrap().to_string(), id);
        assert_eq!(row.opt_parsed::<OrderId>(1).unwrap(), None);
        let message = row.parsed::<AccountId>(0).unwrap_err().to_string();
        assert!(
            message.contains("column 0") && message.contains("acc_"),
            "{message}"
        );
    }

    #[test]
    fn money_comes_back_as_it_was_written() {
        let money = Money::from_minor(49_950, Currency::parse("INR").unwrap());
        assert_eq!(
            row(money_values(Some(money)).into()).opt_money(0).unwrap(),
            Some(money)
        );
        assert_eq!(row(money_values(None).into()).opt_money(0).unwrap(), None);
        let bad = row(vec![1.into(), "???".into()]);
        assert!(bad.opt_money(0).is_err());
    }
}
