//! Amounts and units out of the shop's JSON numbers, by their digits: no float decides about money.
//!
//! The shop counts money in major units and does not round: a tax of 19 % on 4.90 is shown as 0.931.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use stockbridge_domain::{Currency, Money};

/// An amount as it came.
pub(super) type Amount = Box<RawValue>;

/// Reads an amount, rounded half up to the currency's digits.
///
/// # Errors
/// A sentence when it is no decimal number, or too large.
pub(super) fn money(amount: &RawValue, currency: Currency) -> Result<Money, String> {
    let text = amount.get();
    let places = usize::try_from(currency.digits()).unwrap_or(0);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let kept = fraction.get(..fraction.len().min(places)).unwrap_or_default();
    let number = if kept.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{kept}")
    };
    let cut = Money::from_decimal(&number, currency).map_err(|e| e.to_string())?;
    let rest = fraction.get(kept.len()..).unwrap_or_default();
    if !rest.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("`{}` is not an amount of money", short(text)));
    }
    let up = i64::from(rest.bytes().next().is_some_and(|digit| digit >= b'5'));
    let up = if text.starts_with('-') { -up } else { up };
    let minor = cut.minor().checked_add(up);
    minor
        .map(|minor| Money::from_minor(minor, currency))
        .ok_or_else(|| format!("`{}` is too large", short(text)))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads whole units; the shop writes them as `2` but may keep parts of units, which the hub does not.
pub(super) fn units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let raw = <Box<RawValue>>::deserialize(deserializer)?;
    whole(raw.get()).map_err(serde::de::Error::custom)
}

/// As [`units`]; missing and null are zero.
pub(super) fn units_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let raw = <Option<Box<RawValue>>>::deserialize(deserializer)?;
    raw.map_or(Ok(0), |raw| whole(raw.get()))
        .map_err(serde::de::Error::custom)
}

fn whole(text: &str) -> Result<i64, String> {
    let (units, parts) = text.split_once('.').unwrap_or((text, ""));
    if parts.bytes().any(|digit| digit != b'0') {
        return Err(format!("`{}` is not a whole number of units", short(text)));
    }
    units
        .parse()
        .map_err(|_| format!("`{}` is not a number of units", short(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, currency: &str) -> Result<i64, String> {
        let amount = RawValue::from_string(text.to_owned()).unwrap();
        money(&amount, Currency::parse(currency).unwrap()).map(Money::minor)
    }

    #[test]
    fn amounts_are_rounded_by_their_digits() {
        for (text, currency, minor) in [
            ("10.5", "EUR", 1050),
            ("65.331", "EUR", 6533),
            ("0.005", "EUR", 1),
            ("0.0049999999", "EUR", 0),
            ("-1.005", "EUR", -101),
            ("1200", "JPY", 1200),
            ("1200.5", "JPY", 1201),
            ("1.2345", "BHD", 1235),
            ("19.990000000000002", "EUR", 1999),
        ] {
            assert_eq!(read(text, currency), Ok(minor), "{text} {currency}");
        }
        for text in ["1e21", "1.2e3", "\"7\"", "null", "99999999999999999999"] {
            assert!(read(text, "EUR").is_err(), "{text}");
        }
    }

    #[test]
    fn units_are_whole() {
        assert_eq!(whole("2"), Ok(2));
        assert_eq!(whole("2.00"), Ok(2));
        assert_eq!(whole("-1"), Ok(-1));
        assert!(whole("1.5").unwrap_err().contains("whole"));
        assert!(whole("1e3").is_err());
    }
}
