//! Prices: from a base price and rules to what a listing shows, in whole minor units, each step explained.
//!
//! The way of a price, for one listing:
//!
//! 1. the listing's own price, or the product's base price times the units in one of the listing;
//! 2. converted to the listing's currency at the day's rate ([`Rates`]);
//! 3. raised by the channel's fees, so that the seller still gets the whole amount: `(amount + fixed) / (1 - part)`,
//!    rounded up ([`Rule::fee_part`]);
//! 4. lowered by the sale that holds now ([`sale`]);
//! 5. rounded to its ending, up unless the rule says otherwise ([`Ending`]);
//! 6. never below the floor: the highest of the absolute floors and of the cost with its margin and the fees. The floor
//!    is rounded to its ending upwards, so the result stays above it whatever the inputs.
//!
//! A price of one's own and a sale at one price were chosen digit by digit, so they get neither fees nor an ending; the
//! floor holds for them too. A price that cannot be computed with certainty is not guessed: see [`Reason`].

pub mod ending;
mod floor;
pub mod rates;
pub mod rule;
pub mod sale;

use serde::{Deserialize, Serialize};

pub use ending::{Ending, EndingError, Toward};
pub use rates::{Day, Quote, RateError, Rates, rate_micro, read_ecb};
pub use rule::{Effective, Rule, Said, Scope, too_much};
pub use sale::{Sale, SaleChange};

use crate::allocation::BasisPoints;
use crate::listing::named;
use crate::{Currency, Money};
use floor::{Fees, highest_floor};
use rates::Round;

/// No price has more minor units than this: whatever needs more is a mistake.
pub const MOST_MINOR: i64 = 100_000_000_000;

named! {
    /// Why the hub sends no price for a listing whose price it keeps.
    Reason {
        /// Neither the product nor the listing has a price.
        NoBase = "no_base_price",
        /// The hub does not know what the listing is sold in.
        NoCurrency = "no_currency",
        /// There is no exchange rate.
        NoRate = "no_rate",
        /// The exchange rate is too old.
        StaleRate = "stale_rate",
        /// The result is no price.
        TooLarge = "too_large",
        /// It differs more from the present price than may pass without a person's word.
        Variance = "variance",
    }
}

/// A price that is not computed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Unpriced {
    /// Why.
    pub reason: Reason,
    /// A sentence for people.
    pub detail: String,
}

impl Unpriced {
    /// Names the reason and says what to do.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

named! {
    /// What a step of the computation does.
    StepKind {
        /// Begins with the base price.
        Base = "base",
        /// Begins with the listing's own price.
        Own = "own",
        /// Another currency.
        Convert = "convert",
        /// The channel's fees on top.
        Fee = "fee",
        /// A sale.
        Sale = "sale",
        /// The ending.
        Ending = "ending",
        /// The floor.
        Floor = "floor",
    }
}

/// One step on the way to a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The amount after it.
    pub amount: Money,
    /// Why, in words.
    pub because: String,
}

/// A price with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// What the listing shows.
    pub price: Money,
    /// What it would show without a sale.
    pub normal: Money,
    /// What no price may be below.
    pub floor: Option<Money>,
    /// How it came about.
    pub steps: Vec<Step>,
}

/// What a price is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The product's price before any channel's rules, for one unit.
    pub base: Option<Money>,
    /// What one unit of the product costs the seller.
    pub cost: Option<Money>,
    /// The least a buyer pays for one unit of the product.
    pub product_floor: Option<Money>,
    /// Units of the product in one of the listing.
    pub units: i64,
    /// What the listing is sold in.
    pub currency: Option<Currency>,
    /// The rules that hold.
    pub rules: &'a Effective,
    /// The sale that holds now.
    pub sale: Option<&'a Sale>,
    /// The day's rates.
    pub rates: &'a Rates,
}

/// Computes a listing's price.
///
/// # Errors
/// [`Unpriced`] when something needed is missing, too old or absurd.
pub fn price(inputs: &Inputs<'_>) -> Result<Priced, Unpriced> {
    let normal = Way::start(inputs)?.end(inputs, None)?;
    match inputs.sale {
        None => Ok(normal),
        Some(sale) => {
            let on_sale = Way::start(inputs)?.end(inputs, Some(sale))?;
            Ok(Priced {
                normal: normal.price,
                ..on_sale
            })
        }
    }
}

/// How far a price is from another, in hundredths of a percent of the latter, rounded up; `None` when they cannot be
/// compared (another currency, nothing to compare with), which is as far as can be.
pub fn variance(present: Money, wanted: Money) -> Option<u64> {
    if present.currency() != wanted.currency() || present.minor() <= 0 {
        return None;
    }
    let difference = u128::from(present.minor().abs_diff(wanted.minor())) * 10_000;
    u64::try_from(difference.div_ceil(u128::from(present.minor().unsigned_abs()))).ok()
}

/// A computation under way.
struct Way {
    amount: Money,
    /// Somebody chose the digits: neither fees nor an ending.
    chosen: bool,
    steps: Vec<Step>,
}

impl Way {
    fn start(inputs: &Inputs<'_>) -> Result<Self, Unpriced> {
        let (amount, kind, because, chosen) = match (&inputs.rules.price, inputs.base) {
            (Some(own), _) => (
                own.value,
                StepKind::Own,
                "the listing has a price of its own".to_owned(),
                true,
            ),
            (None, Some(base)) if inputs.units == 1 => {
                (base, StepKind::Base, "the product's base price".to_owned(), false)
            }
            (None, Some(base)) => {
                let because = format!(
                    "the base price {base} times {} units in one of the listing",
                    inputs.units
                );
                (times(base, inputs.units)?, StepKind::Base, because, false)
            }
            (None, None) => {
                return Err(Unpriced::new(
                    Reason::NoBase,
                    "The product has no base price. Set one, or give the listing a price of its own.",
                ));
            }
        };
        let currency = inputs.currency.unwrap_or(amount.currency());
        let mut way = Self {
            amount,
            chosen,
            steps: Vec::new(),
        };
        way.step(kind, amount, because);
        way.convert(inputs, currency)?;
        if !way.chosen {
            way.add_fees(inputs, currency)?;
        }
        Ok(way)
    }

    fn step(&mut self, kind: StepKind, amount: Money, because: String) {
        self.amount = amount;
        self.steps.push(Step {
            kind,
            amount,
            because,
        });
    }

    fn convert(&mut self, inputs: &Inputs<'_>, currency: Currency) -> Result<(), Unpriced> {
        if self.amount.currency() != currency {
            let (amount, words) = inputs.rates.convert(self.amount, currency, Round::Half)?;
            self.step(StepKind::Convert, amount, words);
        }
        Ok(())
    }

    fn add_fees(&mut self, inputs: &Inputs<'_>, currency: Currency) -> Result<(), Unpriced> {
        let fees = Fees::of(inputs, currency)?;
        if fees.any() {
            let because = format!("{} on top, so that {} remain after them", fees.words, self.amount);
            self.step(StepKind::Fee, fees.gross(self.amount)?, because);
        }
        Ok(())
    }

    /// Sale, ending and floor.
    fn end(mut self, inputs: &Inputs<'_>, sale: Option<&Sale>) -> Result<Priced, Unpriced> {
        let currency = self.amount.currency();
        if let Some(sale) = sale {
            self.sell(inputs, sale)?;
        }
        let ending = inputs.rules.ending.as_ref().filter(|_| !self.chosen);
        if let Some(said) = ending
            && let Some(minor) = said.value.apply(self.amount.minor(), currency.digits())
            && minor != self.amount.minor()
        {
            let because = format!("prices end with {} ({})", said.value, said.by);
            self.step(StepKind::Ending, checked(minor.into(), currency)?, because);
        }
        let floor = self.keep_above(inputs, ending.map(|e| e.value))?;
        Ok(Priced {
            price: checked_price(self.amount)?,
            normal: self.amount,
            floor,
            steps: self.steps,
        })
    }

    fn sell(&mut self, inputs: &Inputs<'_>, sale: &Sale) -> Result<(), Unpriced> {
        let currency = self.amount.currency();
        let until = format!("sale `{}` until {}", sale.name, sale.ends_at);
        match sale.change {
            SaleChange::Off(part) => {
                let left = i128::from(BasisPoints::ALL.0.saturating_sub(part.0));
                let minor = (i128::from(self.amount.minor()) * left + 5_000).div_euclid(10_000);
                let amount = checked(minor, currency)?;
                self.chosen = false;
                self.step(StepKind::Sale, amount, format!("{until}: {} off", percent(part)));
            }
            SaleChange::Price(price) => {
                // For a product the sale's price is that of one unit, as the base price is.
                let price = if matches!(sale.scope, Scope::Product(_)) {
                    times(price, inputs.units)?
                } else {
                    price
                };
                let (amount, rate) = inputs.rates.convert(price, currency, Round::Half)?;
                self.chosen = rate.is_empty();
                let rate = if rate.is_empty() {
                    rate
                } else {
                    format!("; {rate}")
                };
                self.step(StepKind::Sale, amount, format!("{until}: at {price}{rate}"));
            }
        }
        Ok(())
    }

    fn keep_above(&mut self, inputs: &Inputs<'_>, ending: Option<Ending>) -> Result<Option<Money>, Unpriced> {
        let currency = self.amount.currency();
        let Some((floor, why)) = highest_floor(inputs, currency)? else {
            return Ok(None);
        };
        if self.amount.minor() < floor.minor() {
            let rounded = ending.and_then(|e| e.at_least(floor.minor(), currency.digits()));
            let amount = checked(rounded.unwrap_or(floor.minor()).into(), currency)?;
            self.step(StepKind::Floor, amount, format!("not below {floor}: {why}"));
        }
        Ok(Some(floor))
    }
}

fn times(money: Money, units: i64) -> Result<Money, Unpriced> {
    checked(i128::from(money.minor()) * i128::from(units), money.currency())
}

/// An amount that fits a price.
fn checked(minor: i128, currency: Currency) -> Result<Money, Unpriced> {
    match i64::try_from(minor) {
        Ok(minor) if minor.abs() <= MOST_MINOR => Ok(Money::from_minor(minor, currency)),
        _ => Err(Unpriced::new(
            Reason::TooLarge,
            format!(
                "The price would have {minor} minor units of {currency}. Check base price, rate and rules."
            ),
        )),
    }
}

fn checked_price(money: Money) -> Result<Money, Unpriced> {
    if money.minor() > 0 {
        return Ok(money);
    }
    Err(Unpriced::new(
        Reason::TooLarge,
        format!("The price would be {money}. Check base price, rate and rules."),
    ))
}

/// Hundredths of a percent as people write them: `15 %`, `7.25 %`.
pub fn percent(part: BasisPoints) -> String {
    let (whole, rest) = (part.0 / 100, part.0 % 100);
    if rest == 0 {
        format!("{whole} %")
    } else {
        format!("{whole}.{} %", format!("{rest:02}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests;
