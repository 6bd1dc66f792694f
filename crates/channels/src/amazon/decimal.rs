//! Decimals as Amazon writes them: texts in newer operations, JSON numbers in older ones, sometimes with an exponent.
//!
//! A number is taken from its own characters, so no amount ever passes through a float.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A decimal, as plain digits with at most one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal(String);

impl Decimal {
    /// The digits.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get().trim();
        if text.starts_with('"') {
            return serde_json::from_str(text)
                .map(Self)
                .map_err(serde::de::Error::custom);
        }
        plain(text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("`{}` is no amount", shown(text))))
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A JSON number without its exponent; nothing for what is none, or is beyond all money.
fn plain(number: &str) -> Option<String> {
    const MOST_ZEROS: i64 = 40;
    if !number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return None;
    }
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        return Some(number.to_owned());
    };
    let exponent: i64 = exponent.trim_start_matches('+').parse().ok()?;
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |d| ("-", d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if exponent.abs() > MOST_ZEROS {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + exponent;
    let mut all = format!("{whole}{fraction}");
    if point <= 0 {
        let zeros = "0".repeat(usize::try_from(-point).ok()?);
        return Some(trimmed(&format!("{sign}0.{zeros}{all}")));
    }
    let point = usize::try_from(point).ok()?;
    while all.len() < point {
        all.push('0');
    }
    let (whole, fraction) = all.split_at(point);
    Some(trimmed(&format!("{sign}{whole}.{fraction}")))
}

/// Without zeros after the point that say nothing.
fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_read_digit_by_digit() {
        for (json, digits) in [
            (r#""12.50""#, "12.50"),
            ("12.5", "12.5"),
            ("0.1", "0.1"),
            ("-0.29", "-0.29"),
            ("92233720368547758.07", "92233720368547758.07"),
            ("1E+2", "100"),
            ("1.25e1", "12.5"),
            ("-1.5E-3", "-0.0015"),
            ("1999e-2", "19.99"),
            ("0", "0"),
        ] {
            let read: Decimal = serde_json::from_str(json).unwrap();
            assert_eq!(read.as_str(), digits, "{json}");
        }
        for bad in ["null", "true", "{}", "1e999"] {
            assert!(serde_json::from_str::<Decimal>(bad).is_err(), "{bad}");
        }
    }
}
