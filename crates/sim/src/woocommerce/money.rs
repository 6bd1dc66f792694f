//! Decimal texts of prices.

use rust_decimal::Decimal;

/// `price` times `units`, as the API writes it.
pub(super) fn times(price: &str, units: i64) -> String {
    text(value(price) * Decimal::from(units))
}

/// The amount of a decimal text; nothing for what is none.
pub(super) fn value(text: &str) -> Decimal {
    text.parse().unwrap_or_default()
}

/// An amount as the API writes it.
pub(super) fn text(value: Decimal) -> String {
    format!("{:.2}", value.round_dp(2))
}
