//! SKUs and quantities as they come from people and channels.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stock keeping unit: the seller's own name of a product, or of a listing on a channel.
///
/// Kept exactly as written (case matters, inner spaces stay) but for surrounding white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sku(String);

/// Why a text is not a SKU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkuError {
    /// Nothing in it.
    #[error("a SKU cannot be empty")]
    Empty,
    /// Longer than any channel allows.
    #[error("a SKU has at most {max} characters, this one has {length}", max = Sku::MAX_CHARS)]
    TooLong {
        /// How many characters were given.
        length: usize,
    },
    /// Line breaks, tabs and the like.
    #[error("a SKU cannot contain control characters such as line breaks or tabs")]
    Control,
}

impl Sku {
    /// The longest SKU kept, in characters. (The channels' own limits are 40 to 100.)
    pub const MAX_CHARS: usize = 100;

    /// Reads a SKU.
    ///
    /// # Errors
    /// See [`SkuError`].
    pub fn parse(text: &str) -> Result<Self, SkuError> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            Err(SkuError::Empty)
        } else if length > Self::MAX_CHARS {
            Err(SkuError::TooLong { length })
        } else if text.chars().any(char::is_control) {
            Err(SkuError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&std::borrow::Cow::<'de, str>::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// A count of units, never negative and never fractional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Quantity(u32);

/// Why a number is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a whole number from 0 to {max}, not `{given}`", max = Quantity::MAX)]
pub struct QuantityError {
    given: String,
}

impl Quantity {
    /// The largest quantity accepted; beyond it a typing error is likelier than stock.
    pub const MAX: u32 = 100_000_000;
    /// No units.
    pub const ZERO: Self = Self(0);

    /// Checks a number.
    ///
    /// # Errors
    /// [`QuantityError`] for negative and absurdly large numbers.
    pub fn new(units: i64) -> Result<Self, QuantityError> {
        u32::try_from(units)
            .ok()
            .filter(|u| *u <= Self::MAX)
            .map(Self)
            .ok_or_else(|| QuantityError {
                given: units.to_string(),
            })
    }

    /// Reads digits.
    ///
    /// # Errors
    /// [`QuantityError`] names the text, for example for `1.5` or `-2`.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        text.trim()
            .parse::<i64>()
            .ok()
            .and_then(|n| Self::new(n).ok())
            .ok_or_else(|| QuantityError {
                given: text.chars().take(40).collect(),
            })
    }

    /// The number of units.
    pub const fn units(self) -> i64 {
        self.0 as i64
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(d)?;
        Self::parse(&number.to_string()).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skus_are_kept_as_written() {
        assert_eq!(Sku::parse(" A b/ü%+,#١ ").unwrap().as_str(), "A b/ü%+,#١");
        assert_eq!(Sku::parse("  "), Err(SkuError::Empty));
        assert_eq!(Sku::parse("a\tb"), Err(SkuError::Control));
        assert_eq!(
            Sku::parse(&"x".repeat(101)),
            Err(SkuError::TooLong { length: 101 })
        );
    }

    #[test]
    fn quantities_are_whole_and_not_negative() {
        assert_eq!(Quantity::parse("17").unwrap().units(), 17);
        for text in ["-1", "1.5", "1e3", "", "99999999999"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Quantity>("2.0").is_err());
        assert!(
            serde_json::from_str::<Quantity>("-2")
                .unwrap_err()
                .to_string()
                .contains("-2")
        );
        assert_eq!(serde_json::from_str::<Quantity>("3").unwrap(), Quantity(3));
    }
}
