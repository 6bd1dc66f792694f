//! What no price may be below, and what the channel keeps of it.

use super::rates::Round;
use super::{Inputs, Unpriced, checked, percent, times};
use crate::allocation::BasisPoints;
use crate::{Currency, Money};

/// The highest of all floors, in the listing's currency, and why it is one.
pub(super) fn highest_floor(
    inputs: &Inputs<'_>,
    currency: Currency,
) -> Result<Option<(Money, String)>, Unpriced> {
    let up = |money: Money| inputs.rates.convert(money, currency, Round::Up);
    let mut floors = Vec::new();
    if let Some(said) = &inputs.rules.floor {
        floors.push((up(said.value)?.0, format!("the floor of {}", said.by)));
    }
    if let Some(floor) = inputs.product_floor {
        floors.push((
            up(times(floor, inputs.units)?)?.0,
            "the product's floor".to_owned(),
        ));
    }
    if let (Some(cost), Some(margin)) = (inputs.cost, &inputs.rules.margin) {
        let cost = up(times(cost, inputs.units)?)?.0;
        let all = i128::from(cost.minor()) * i128::from(10_000 + margin.value.0);
        let kept = checked(
            all.div_euclid(10_000) + i128::from(all.rem_euclid(10_000) > 0),
            currency,
        )?;
        let fees = Fees::of(inputs, currency)?;
        let mut why = format!("cost {cost} and {} margin ({})", percent(margin.value), margin.by);
        if fees.any() {
            why = format!("{why}, {} on top", fees.words);
        }
        floors.push((fees.gross(kept)?, why));
    }
    Ok(floors.into_iter().max_by_key(|(floor, _)| floor.minor()))
}

/// What the channel keeps, in the listing's currency.
pub(super) struct Fees {
    part: BasisPoints,
    fixed: Money,
    /// In words.
    pub(super) words: String,
}

impl Fees {
    /// What holds for a listing.
    pub(super) fn of(inputs: &Inputs<'_>, currency: Currency) -> Result<Self, Unpriced> {
        let mut words = Vec::new();
        let part = inputs.rules.fee_part.as_ref().filter(|f| f.value.0 > 0);
        if let Some(said) = part {
            words.push(format!("{} fee ({})", percent(said.value), said.by));
        }
        let mut fixed = Money::from_minor(0, currency);
        if let Some(said) = inputs.rules.fee_fixed.as_ref().filter(|f| f.value.minor() > 0) {
            fixed = inputs.rates.convert(said.value, currency, Round::Up)?.0;
            words.push(format!("{fixed} fee ({})", said.by));
        }
        Ok(Self {
            part: part.map(|f| f.value).unwrap_or_default(),
            fixed,
            words: words.join(" and "),
        })
    }

    /// Whether there are some.
    pub(super) fn any(&self) -> bool {
        !self.words.is_empty()
    }

    /// The least price of which `net` remains.
    pub(super) fn gross(&self, net: Money) -> Result<Money, Unpriced> {
        let above = (i128::from(net.minor()) + i128::from(self.fixed.minor())) * 10_000;
        let below = i128::from(BasisPoints::ALL.0.saturating_sub(self.part.0).max(1));
        checked(
            above.div_euclid(below) + i128::from(above.rem_euclid(below) > 0),
            net.currency(),
        )
    }
}
