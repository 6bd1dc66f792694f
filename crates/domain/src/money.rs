//! Money in minor units with its currency; no floating point anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads a three-letter code; lower case is accepted.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] names the text.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(&code.trim().to_ascii_uppercase())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(12).collect()))
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point: 2 for EUR and INR, 0 for JPY, 3 for BHD.
    pub fn digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&std::borrow::Cow::<'de, str>::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// Why an amount of money was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a currency of ISO 4217.
    #[error("`{0}` is not a currency code of ISO 4217, such as EUR")]
    UnknownCurrency(String),
    /// Not a decimal number.
    #[error("`{0}` is not an amount of money; write digits and at most one point, such as 499.00")]
    NotANumber(String),
    /// More digits than the currency has.
    #[error(
        "`{text}` has more than {digits} digits after the point, which {currency} does not have; round it first"
    )]
    TooManyDigits {
        /// The amount as given.
        text: String,
        /// What the currency allows.
        digits: u32,
        /// The currency.
        currency: Currency,
    },
    /// Larger than an amount can be.
    #[error("`{0}` is too large for an amount of money")]
    TooLarge(String),
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added; convert one of them first")]
    Mixed(Currency, Currency),
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From minor units (cents, paise).
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads an amount such as `"499.00"`, `"-3.5"` or `"1200"`.
    ///
    /// Refuses more digits than the currency has, unless they are zeros: rounding money silently loses it.
    ///
    /// # Errors
    /// See [`MoneyError`].
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let shown = || text.chars().take(40).collect::<String>();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || digits.ends_with('.') {
            return Err(MoneyError::NotANumber(shown()));
        }
        let places = usize::try_from(currency.digits()).unwrap_or(0);
        let (kept, surplus) = fraction.split_at(fraction.len().min(places));
        if surplus.bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooManyDigits {
                text: shown(),
                digits: currency.digits(),
                currency,
            });
        }
        let minor = format!("{whole}{kept:0<places$}")
            .parse::<i64>()
            .map_err(|_| MoneyError::TooLarge(shown()))?;
        Ok(Self {
            minor: if negative { -minor } else { minor },
            currency,
        })
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount without the currency: `"499.00"`.
    pub fn amount(self) -> String {
        let places = usize::try_from(self.currency.digits()).unwrap_or(0);
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] when the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or_else(|| MoneyError::TooLarge(self.amount()))?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// Money in JSON: `{"amount": "499.00", "currency": "INR"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Written {
            amount: self.amount(),
            currency: self.currency,
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let Written { amount, currency } = Written::deserialize(d)?;
        Self::from_decimal(&amount, currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn amounts_follow_the_digits_of_the_currency() {
        let inr = Money::from_decimal("499.5", currency("INR")).unwrap();
        assert_eq!((inr.minor(), inr.amount().as_str()), (49_950, "499.50"));
        let jpy = Money::from_decimal("1200", currency("JPY")).unwrap();
        assert_eq!((jpy.minor(), jpy.amount().as_str()), (1_200, "1200"));
        assert_eq!(Money::from_decimal("1200.00", currency("JPY")).unwrap(), jpy);
        assert_eq!(
            Money::from_decimal("-0.05", currency("EUR")).unwrap().amount(),
            "-0.05"
        );
    }

    #[test]
    fn what_is_not_money_is_refused_with_the_reason() {
        let eur = currency("EUR");
        let message = Money::from_decimal("1.005", eur).unwrap_err().to_string();
        assert!(message.contains("1.005") && message.contains("EUR"), "{message}");
        for text in ["", ".", "1.", ".5", "1,5", "1e3", "+1", "--1", "NaN", "1 "] {
            assert!(
                matches!(Money::from_decimal(text, eur), Err(MoneyError::NotANumber(_))),
                "{text}"
            );
        }
        assert!(matches!(
            Money::from_decimal("99999999999999999999", eur),
            Err(MoneyError::TooLarge(_))
        ));
        assert!(Currency::parse("XXQ").is_err());
    }

    proptest::proptest! {
        #[test]
        fn text_round_trips(minor in -1_000_000_000_000i64..1_000_000_000_000, code in proptest::sample::select(vec!["EUR", "JPY", "BHD", "INR"])) {
            let money = Money::from_minor(minor, currency(code));
            proptest::prop_assert_eq!(Money::from_decimal(&money.amount(), money.currency()).unwrap(), money);
        }
    }
}
