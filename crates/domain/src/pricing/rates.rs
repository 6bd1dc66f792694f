//! Exchange rates: one number a day for each currency, as the European Central Bank publishes them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Reason, Unpriced};
use crate::{Currency, Money, Timestamp};

/// Rates are kept in millionths.
pub const RATE_SCALE: i64 = 1_000_000;
/// More units of a currency for one euro than this are a mistake.
const MOST_RATE: i64 = 10_000_000 * RATE_SCALE;
const DAY_SECS: i64 = 86_400;

/// A day of the calendar, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day an instant falls on, in UTC.
    pub fn of(at: Timestamp) -> Self {
        Self(at.micros().div_euclid(DAY_SECS * 1_000_000))
    }

    /// Reads `2026-11-20`.
    ///
    /// # Errors
    /// A sentence naming the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` is not a day like 2026-11-20",
                text.chars().take(20).collect::<String>()
            )
        };
        if text.len() != 10 {
            return Err(wrong());
        }
        Timestamp::parse(&format!("{text}T00:00:00Z"))
            .map(Self::of)
            .map_err(|_| wrong())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Timestamp::from_secs(self.0.saturating_mul(DAY_SECS)).to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&std::borrow::Cow::<'de, str>::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// What one euro costs in a currency on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The day.
    pub day: Day,
    /// The currency.
    pub currency: Currency,
    /// Units of the currency for one euro, in millionths.
    pub per_euro_micro: i64,
}

/// Why rates were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// No rate at all.
    #[error("there is no rate in it; give the file the European Central Bank publishes, eurofxref-daily.xml")]
    Nothing,
    /// A rate that cannot be one.
    #[error(
        "the rate `{rate}` of {currency} is not above 0 and below 10 million with at most 6 digits after the point"
    )]
    Rate {
        /// Which currency.
        currency: String,
        /// The text.
        rate: String,
    },
    /// A day that cannot be one.
    #[error("{0}")]
    Day(String),
    /// Not a currency.
    #[error("`{0}` is not a currency code of ISO 4217")]
    Currency(String),
}

/// Reads a rate such as `1.0876`, in millionths.
///
/// # Errors
/// [`RateError::Rate`].
pub fn rate_micro(currency: &str, text: &str) -> Result<i64, RateError> {
    let wrong = || RateError::Rate {
        currency: currency.chars().take(12).collect(),
        rate: text.chars().take(30).collect(),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return Err(wrong());
    }
    let micro: i64 = format!("{whole}{fraction:0<6}").parse().map_err(|_| wrong())?;
    if micro > 0 && micro < MOST_RATE {
        Ok(micro)
    } else {
        Err(wrong())
    }
}

/// Reads the European Central Bank's file of reference rates, of one day or of several
/// (<https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml>): `Cube` elements with `time`, and in them some with
/// `currency` and `rate`.
///
/// # Errors
/// See [`RateError`]; nothing is to be used then.
pub fn read_ecb(xml: &str) -> Result<Vec<Quote>, RateError> {
    let (mut day, mut quotes) = (None, Vec::new());
    for element in xml.split('<').filter(|e| e.starts_with("Cube")) {
        let tag = element.split('>').next().unwrap_or_default();
        if let Some(time) = attribute(tag, "time") {
            day = Some(Day::parse(time).map_err(RateError::Day)?);
        }
        let (Some(code), Some(rate)) = (attribute(tag, "currency"), attribute(tag, "rate")) else {
            continue;
        };
        let day =
            day.ok_or_else(|| RateError::Day(format!("the rate of {code} stands before any `time`")))?;
        let currency =
            Currency::parse(code).map_err(|_| RateError::Currency(code.chars().take(12).collect()))?;
        quotes.push(Quote {
            day,
            currency,
            per_euro_micro: rate_micro(code, rate)?,
        });
    }
    if quotes.is_empty() {
        Err(RateError::Nothing)
    } else {
        Ok(quotes)
    }
}

/// The value of an attribute of a tag, in either kind of quotes.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest[..at].chars().next_back();
        let after = rest[at + name.len()..].trim_start();
        rest = &rest[at + name.len()..];
        if before.is_none_or(char::is_whitespace)
            && let Some(value) = after.strip_prefix('=').map(str::trim_start)
            && let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"'))
        {
            return value[1..].split(quote).next();
        }
    }
}

/// Which way a converted amount is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// To the nearest, half up.
    Half,
    /// Up: for what a price must not be below.
    Up,
}

/// The latest rate of each currency, and how old one may be.
#[derive(Debug, Clone)]
pub struct Rates {
    quotes: BTreeMap<Currency, Quote>,
    today: Day,
    max_age_days: i64,
}

impl Rates {
    /// Rates for `today`; of each currency the latest that is not from a later day.
    pub fn new(quotes: impl IntoIterator<Item = Quote>, today: Day, max_age_days: i64) -> Self {
        let mut latest: BTreeMap<Currency, Quote> = BTreeMap::new();
        for quote in quotes.into_iter().filter(|q| q.day <= today) {
            let kept = latest.entry(quote.currency).or_insert(quote);
            if quote.day > kept.day {
                *kept = quote;
            }
        }
        Self {
            quotes: latest,
            today,
            max_age_days,
        }
    }

    /// The rate of a currency, if it is not too old to be used.
    ///
    /// # Errors
    /// [`Reason::NoRate`] or [`Reason::StaleRate`], with what to do.
    pub fn of(&self, currency: Currency) -> Result<Quote, Unpriced> {
        if currency.code() == "EUR" {
            return Ok(Quote {
                day: self.today,
                currency,
                per_euro_micro: RATE_SCALE,
            });
        }
        let Some(quote) = self.quotes.get(&currency) else {
            return Err(Unpriced::new(
                Reason::NoRate,
                format!("There is no exchange rate for {currency}. Import a file of rates that has one."),
            ));
        };
        let age = self.today.0 - quote.day.0;
        if age > self.max_age_days {
            return Err(Unpriced::new(
                Reason::StaleRate,
                format!(
                    "The exchange rate of {currency} is of {}, {age} days old; at most {} are allowed. Import the \
                     rates of today.",
                    quote.day, self.max_age_days
                ),
            ));
        }
        Ok(*quote)
    }

    /// Converts an amount, with the words that explain it.
    pub(super) fn convert(
        &self,
        money: Money,
        to: Currency,
        round: Round,
    ) -> Result<(Money, String), Unpriced> {
        let from = money.currency();
        if from == to {
            return Ok((money, String::new()));
        }
        let (a, b) = (self.of(from)?, self.of(to)?);
        let power = |digits: u32| 10_i128.pow(digits);
        let above = i128::from(money.minor()) * i128::from(b.per_euro_micro) * power(to.digits());
        let below = i128::from(a.per_euro_micro) * power(from.digits());
        let minor = match round {
            Round::Half => (2 * above + below).div_euclid(2 * below),
            Round::Up => above.div_euclid(below) + i128::from(above.rem_euclid(below) > 0),
        };
        let amount = super::checked(minor, to)?;
        let day = a.day.min(b.day);
        let shown = |q: &Quote| {
            let digits = format!("{:06}", q.per_euro_micro % RATE_SCALE);
            let whole = q.per_euro_micro / RATE_SCALE;
            format!("{whole}.{:0<2} {}", digits.trim_end_matches('0'), q.currency)
        };
        let rate = match (from.code(), to.code()) {
            ("EUR", _) => format!("1 EUR = {}", shown(&b)),
            (_, "EUR") => format!("1 EUR = {}", shown(&a)),
            _ => format!("1 EUR = {} = {}", shown(&a), shown(&b)),
        };
        Ok((amount, format!("{rate}, rate of {day}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<Cube>
		<Cube time='2026-11-20'>
			<Cube currency='USD' rate='1.0876'/>
			<Cube currency='JPY' rate='163.55'/>
			<Cube currency="INR" rate="91.8450"/>
		</Cube>
	</Cube>
</gesmes:Envelope>"#;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn money(text: &str, code: &str) -> Money {
        Money::from_decimal(text, currency(code)).unwrap()
    }

    fn rates(age: i64) -> Rates {
        Rates::new(
            read_ecb(FILE).unwrap(),
            Day(Day::parse("2026-11-20").unwrap().0 + age),
            5,
        )
    }

    #[test]
    fn the_banks_file_is_read() {
        let quotes = read_ecb(FILE).unwrap();
        assert_eq!(quotes.len(), 3);
        assert_eq!(quotes[0].day.to_string(), "2026-11-20");
        assert_eq!(quotes[0].per_euro_micro, 1_087_600);
        assert_eq!(quotes[2].per_euro_micro, 91_845_000);
    }

    #[test]
    fn what_is_no_file_of_rates_is_refused_with_the_reason() {
        assert_eq!(read_ecb("<html>404</html>"), Err(RateError::Nothing));
        let with =
            |rate: &str| format!("<Cube time='2026-11-20'><Cube currency='USD' rate='{rate}'/></Cube>");
        for rate in ["0", "-1", "1e3", "", "1.0000001", "99999999999", "NaN"] {
            let error = read_ecb(&with(rate)).unwrap_err().to_string();
            assert!(error.contains("USD"), "{error}");
        }
        assert!(matches!(
            read_ecb("<Cube time='2026-02-31'><Cube currency='USD' rate='1'/></Cube>"),
            Err(RateError::Day(_))
        ));
        assert!(matches!(
            read_ecb("<Cube currency='USD' rate='1'/>"),
            Err(RateError::Day(_))
        ));
        assert!(matches!(
            read_ecb("<Cube time='2026-02-28'><Cube currency='QQX' rate='1'/></Cube>"),
            Err(RateError::Currency(_))
        ));
    }

    #[test]
    fn amounts_are_converted_through_the_euro() {
        let convert = |m: Money, to: &str, round| rates(0).convert(m, currency(to), round).unwrap();
        assert_eq!(
            convert(money("10.00", "EUR"), "USD", Round::Half).0,
            money("10.88", "USD")
        );
        assert_eq!(
            convert(money("10.88", "USD"), "EUR", Round::Half).0,
            money("10.00", "EUR")
        );
        assert_eq!(
            convert(money("10.00", "EUR"), "JPY", Round::Half).0,
            money("1636", "JPY")
        );
        assert_eq!(
            convert(money("0.01", "EUR"), "JPY", Round::Up).0,
            money("2", "JPY")
        );
        let (inr, words) = convert(money("10.00", "USD"), "INR", Round::Half);
        assert_eq!(inr, money("844.47", "INR"));
        assert!(
            words.contains("1.0876 USD") && words.contains("2026-11-20"),
            "{words}"
        );
    }

    #[test]
    fn a_rate_that_is_missing_or_old_blocks() {
        let wrong = |age, from: &str| {
            let rates = rates(age);
            rates
                .convert(money("1", from), currency("EUR"), Round::Half)
                .unwrap_err()
        };
        assert_eq!(wrong(0, "CHF").reason, Reason::NoRate);
        assert_eq!(wrong(6, "USD").reason, Reason::StaleRate);
        assert!(wrong(6, "USD").detail.contains("6 days old"));
        assert!(rates(5).of(currency("USD")).is_ok(), "a long weekend");
        assert!(
            rates(-1).of(currency("USD")).is_err(),
            "rates of tomorrow are not known"
        );
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_loses_no_more_than_rounding(minor in 1i64..1_000_000_000) {
            let there = rates(0).convert(Money::from_minor(minor, currency("EUR")), currency("INR"), Round::Half).unwrap().0;
            let back = rates(0).convert(there, currency("EUR"), Round::Half).unwrap().0;
            proptest::prop_assert!((back.minor() - minor).abs() <= 1);
        }
    }
}
