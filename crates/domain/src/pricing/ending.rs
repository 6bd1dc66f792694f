//! Endings: prices that look like prices, such as 19.99.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Parts of a currency's unit that endings are written in: no currency has more than four digits.
const SCALE: i64 = 10_000;
/// The longest step between two endings, in units of the currency.
const MOST_EVERY: i64 = 1_000_000;

/// Which way an amount goes to the next price with the ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// Up, so that rounding never costs the seller anything. What is meant when nothing is said.
    Up,
    /// To the nearer one; up from the middle.
    Nearest,
    /// Down, unless there is none above zero.
    Down,
}

/// How prices end. As text: `none`, `.99`, `9.99`, `99` (the last two digits before the point), `/0.05` (steps of five
/// hundredths), each of them with ` nearest` or ` down` after it when amounts are not to be rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// As calculated.
    Exact,
    /// One of `tail`, `tail + every`, `tail + 2 every` …, in ten-thousandths of the currency's unit.
    Tail {
        /// What it ends with; less than `every`.
        tail: i64,
        /// From one such price to the next.
        every: i64,
        /// Which way.
        toward: Toward,
    },
}

/// A text that is no ending.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an ending; write `none`, `.99`, `9.99` or `/0.05`, with ` nearest` or ` down` after it if amounts are not to go up"
)]
pub struct EndingError(String);

impl Ending {
    /// Tail and step in minor units of a currency with `digits`; nothing when the currency has no such price.
    fn in_minor(self, digits: u32) -> Option<(i64, i64, Toward)> {
        let Self::Tail { tail, every, toward } = self else {
            return None;
        };
        let per_unit = 10_i64.checked_pow(digits)?;
        let minor = |part: i64| {
            let scaled = part.checked_mul(per_unit)?;
            (scaled % SCALE == 0).then_some(scaled / SCALE)
        };
        let (tail, every) = (minor(tail)?, minor(every)?);
        (every > 0).then_some((tail, every, toward))
    }

    /// The least price with this ending that is not below `minor`; nothing when the currency has no such price.
    pub fn at_least(self, minor: i64, digits: u32) -> Option<i64> {
        let (tail, every, _) = self.in_minor(digits)?;
        minor.checked_add((tail - minor).rem_euclid(every))
    }

    /// The price with this ending that `minor` becomes; nothing when the currency has no such price. Above zero for
    /// amounts above zero.
    pub fn apply(self, minor: i64, digits: u32) -> Option<i64> {
        let (_, every, toward) = self.in_minor(digits)?;
        let above = self.at_least(minor, digits)?;
        let below = above - every;
        let down = above != minor
            && below > 0
            && match toward {
                Toward::Up => false,
                Toward::Nearest => minor - below < above - minor,
                Toward::Down => true,
            };
        let price = if down { below } else { above };
        if price > 0 {
            Some(price)
        } else {
            price.checked_add(every)
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Tail { tail, every, toward } = *self else {
            return f.write_str("none");
        };
        let decimal = |parts: i64| {
            let (whole, rest) = (parts / SCALE, parts % SCALE);
            if rest == 0 {
                whole.to_string()
            } else {
                format!("{whole}.{}", format!("{rest:04}").trim_end_matches('0'))
            }
        };
        if tail == 0 {
            write!(f, "/{}", decimal(every))?;
        } else if tail < SCALE && every == SCALE {
            f.write_str(decimal(tail).trim_start_matches('0'))?;
        } else {
            // As many digits before the point as the step says.
            let places = (every / SCALE).ilog10();
            let text = decimal(tail);
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let point = if fraction.is_empty() { "" } else { "." };
            write!(
                f,
                "{whole:0>width$}{point}{fraction}",
                width = usize::try_from(places).unwrap_or(0)
            )?;
        }
        match toward {
            Toward::Up => Ok(()),
            Toward::Nearest => f.write_str(" nearest"),
            Toward::Down => f.write_str(" down"),
        }
    }
}

impl FromStr for Ending {
    type Err = EndingError;

    fn from_str(text: &str) -> Result<Self, EndingError> {
        let wrong = || EndingError(text.chars().take(20).collect());
        let (pattern, word) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let toward = match word.trim() {
            "" | "up" => Toward::Up,
            "nearest" => Toward::Nearest,
            "down" => Toward::Down,
            _ => return Err(wrong()),
        };
        if pattern == "none" {
            return Ok(Self::Exact);
        }
        if let Some(step) = pattern.strip_prefix('/') {
            let every = parts(step)
                .filter(|e| *e > 0 && *e <= MOST_EVERY * SCALE)
                .ok_or_else(wrong)?;
            return Ok(Self::Tail {
                tail: 0,
                every,
                toward,
            });
        }
        let whole = pattern.split_once('.').map_or(pattern, |(whole, _)| whole);
        let tail = parts(pattern).filter(|_| whole.len() <= 6).ok_or_else(wrong)?;
        let places = u32::try_from(whole.len()).map_err(|_| wrong())?;
        let every = 10_i64.pow(places) * SCALE;
        Ok(Self::Tail { tail, every, toward })
    }
}

/// A decimal number in ten-thousandths; `.99` is one.
fn parts(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || text.ends_with('.') || fraction.len() > 4 || whole.len() > 9 {
        return None;
    }
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<4}").parse().ok()
}

impl Serialize for Ending {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ending {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(text: &str) -> Ending {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_go_to_the_next_price_with_the_ending() {
        assert_eq!(ending(".99").apply(20_01, 2), Some(20_99));
        assert_eq!(ending(".99").apply(20_99, 2), Some(20_99));
        assert_eq!(ending(".99 nearest").apply(20_01, 2), Some(19_99));
        assert_eq!(
            ending(".99 nearest").apply(20_49, 2),
            Some(20_99),
            "from the middle up"
        );
        assert_eq!(ending(".99 down").apply(20_98, 2), Some(19_99));
        assert_eq!(ending(".99 down").apply(50, 2), Some(99), "there is none below");
        assert_eq!(ending("9.99").apply(21_00, 2), Some(29_99));
        assert_eq!(ending("/0.05").apply(21_01, 2), Some(21_05));
        assert_eq!(ending("/1").apply(1, 2), Some(100));
        assert_eq!(ending("80").apply(1_201, 0), Some(1_280));
        assert_eq!(ending("none").apply(1_201, 2), None);
    }

    #[test]
    fn a_currency_without_such_prices_is_left_alone() {
        assert_eq!(ending(".99").apply(1_201, 0), None);
        assert_eq!(ending("/0.05").at_least(1_201, 0), None);
        assert_eq!(ending(".995").apply(1_000, 2), None);
        assert_eq!(ending(".995").apply(1_000, 3), Some(1_995));
    }

    #[test]
    fn what_is_no_ending_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            "-.99",
            "9,99",
            ".99 sideways",
            "/0",
            ".99999",
            "1234567.99",
            "/x",
        ] {
            assert!(text.parse::<Ending>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn endings_come_back_from_their_text(text in proptest::sample::select(vec![
            "none", ".99", ".99 nearest", "9.99", "99", "09.5 down", "/0.05", "/1", "/10 nearest", ".995", "095.25",
        ])) {
            let read = ending(text);
            proptest::prop_assert_eq!(ending(&read.to_string()), read);
        }

        #[test]
        fn never_below_what_it_must_reach(
            text in proptest::sample::select(vec![".99", "9.99", "/0.05", "/1", "99 nearest"]),
            minor in 1i64..10_000_000,
        ) {
            let price = ending(text).at_least(minor, 2).unwrap();
            proptest::prop_assert!(price >= minor);
            proptest::prop_assert_eq!(ending(text).at_least(price, 2), Some(price));
        }
    }
}
