//! Rules: what a level says of prices, and what holds when the levels are put together.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Ending, MOST_MINOR};
use crate::allocation::BasisPoints;
use crate::channel::ChannelKind;
use crate::{AccountId, FieldError, ListingId, Money, ProductId};

/// The largest part of a price a channel can keep.
pub const MOST_FEE: BasisPoints = BasisPoints(9_500);
/// The largest margin: ten times the cost.
pub const MOST_MARGIN: BasisPoints = BasisPoints(100_000);

/// For what a rule or a sale is meant. As text `tenant`, `channel:NAME`, `account:acc_…`, `product:prd_…`,
/// `listing:lst_…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything.
    Tenant,
    /// Accounts of a channel.
    Channel(ChannelKind),
    /// One account.
    Account(AccountId),
    /// Every listing of a product; for sales alone.
    Product(ProductId),
    /// One listing.
    Listing(ListingId),
}

impl Scope {
    /// How special it is; of two that apply, the greater counts.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Tenant => 0,
            Self::Channel(_) => 1,
            Self::Account(_) => 2,
            Self::Product(_) => 3,
            Self::Listing(_) => 4,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant"),
            Self::Channel(kind) => write!(f, "channel:{}", kind.as_str()),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Product(id) => write!(f, "product:{id}"),
            Self::Listing(id) => write!(f, "listing:{id}"),
        }
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of `tenant`, `channel:NAME`, `account:ID`, `product:ID`, `listing:ID`")]
pub struct ScopeError(String);

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let wrong = || ScopeError(text.chars().take(60).collect());
        if text == "tenant" {
            return Ok(Self::Tenant);
        }
        let (level, name) = text.split_once(':').ok_or_else(wrong)?;
        match level {
            "channel" if !name.is_empty() => Ok(Self::Channel(ChannelKind::new(name))),
            "account" => name.parse().map(Self::Account).map_err(|_| wrong()),
            "product" => name.parse().map(Self::Product).map_err(|_| wrong()),
            "listing" => name.parse().map(Self::Listing).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What one level says of prices. What it leaves out, the level above says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whether the hub computes and sends prices here. Nobody's prices are touched before a level says so.
    #[serde(default)]
    pub keep: Option<bool>,
    /// The part of the price the channel keeps. Prices are raised so that the seller still gets the whole base price.
    #[serde(default)]
    pub fee_part: Option<BasisPoints>,
    /// What the channel keeps of each sale besides.
    #[serde(default)]
    pub fee_fixed: Option<Money>,
    /// What must remain over the cost, as a part of the cost, after the channel's fees.
    #[serde(default)]
    pub margin: Option<BasisPoints>,
    /// The least a buyer pays for one of the listing.
    #[serde(default)]
    pub floor: Option<Money>,
    /// How prices end.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// The price of a listing, instead of what the base price gives.
    #[serde(default)]
    pub price: Option<Money>,
}

impl Rule {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with a rule of `scope`, if anything.
    pub fn problems(&self, scope: &Scope) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, message: String| problems.push(FieldError::new(field, message));
        if self.fee_part.is_some_and(|part| part > MOST_FEE) {
            wrong(
                "fee_part",
                "a channel keeps at most 95 percent (9500); a fee of all of the price leaves no price"
                    .to_owned(),
            );
        }
        if self.margin.is_some_and(|margin| margin > MOST_MARGIN) {
            wrong(
                "margin",
                "the margin is at most 1000 percent of the cost (100000)".to_owned(),
            );
        }
        if let Some(fee) = self.fee_fixed.filter(|fee| fee.minor() < 0) {
            wrong(
                "fee_fixed",
                format!("a fee is not below zero, as {fee} is; give 0 for none"),
            );
        }
        for (field, money) in [
            ("floor", self.floor),
            ("price", self.price),
            ("fee_fixed", self.fee_fixed),
        ] {
            if let Some(message) = money.and_then(|m| too_much(m, field != "fee_fixed")) {
                wrong(field, message);
            }
        }
        if self.price.is_some() && !matches!(scope, Scope::Listing(_)) {
            wrong(
                "price",
                "a price of its own belongs to one listing; name it as the scope".to_owned(),
            );
        }
        if matches!(scope, Scope::Product(_)) {
            wrong(
                "scope",
                "rules are for a tenant, a channel, an account or a listing".to_owned(),
            );
        }
        if let (Some(floor), Some(price)) = (self.floor, self.price)
            && floor.currency() == price.currency()
            && floor.minor() > price.minor()
        {
            wrong(
                "floor",
                format!("the floor {floor} is above the price {price}; lower the floor or raise the price"),
            );
        }
        problems
    }
}

/// What is wrong with an amount as a price, if anything.
pub fn too_much(money: Money, above_zero: bool) -> Option<String> {
    if money.minor() > MOST_MINOR {
        return Some(format!("{money} is more than any price; check the digits"));
    }
    (above_zero && money.minor() <= 0).then(|| format!("{money} is no price; it is above zero"))
}

/// A part that holds, and the level that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// What.
    pub value: T,
    /// Where it was said.
    pub by: Scope,
}

/// What holds for one listing: of each part what the most special level says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    /// See [`Rule::keep`].
    pub keep: bool,
    /// See [`Rule::fee_part`].
    pub fee_part: Option<Said<BasisPoints>>,
    /// See [`Rule::fee_fixed`].
    pub fee_fixed: Option<Said<Money>>,
    /// See [`Rule::margin`].
    pub margin: Option<Said<BasisPoints>>,
    /// See [`Rule::floor`].
    pub floor: Option<Said<Money>>,
    /// See [`Rule::ending`].
    pub ending: Option<Said<Ending>>,
    /// See [`Rule::price`].
    pub price: Option<Said<Money>>,
}

impl Effective {
    /// Puts levels together, given in any order. A price of its own has the listing kept unless the listing's rule says
    /// otherwise.
    pub fn of<'a>(levels: impl IntoIterator<Item = (&'a Scope, &'a Rule)>) -> Self {
        let mut levels: Vec<_> = levels.into_iter().collect();
        levels.sort_by_key(|(scope, _)| scope.rank());
        let mut all = Self::default();
        for (scope, rule) in levels {
            fn say<T>(to: &mut Option<Said<T>>, value: Option<T>, by: &Scope) {
                if let Some(value) = value {
                    *to = Some(Said {
                        value,
                        by: by.clone(),
                    });
                }
            }
            all.keep = rule.keep.unwrap_or(all.keep || rule.price.is_some());
            say(&mut all.fee_part, rule.fee_part, scope);
            say(&mut all.fee_fixed, rule.fee_fixed, scope);
            say(&mut all.margin, rule.margin, scope);
            say(&mut all.floor, rule.floor, scope);
            say(&mut all.ending, rule.ending, scope);
            say(&mut all.price, rule.price, scope);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use crate::ids::Id as _;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::parse("EUR").unwrap())
    }

    fn listing() -> Scope {
        Scope::Listing(ListingId::from_uuid(uuid::Uuid::from_u128(7)))
    }

    #[test]
    fn the_most_special_level_counts_part_by_part() {
        let tenant = Rule {
            keep: Some(true),
            fee_part: Some(BasisPoints(500)),
            ending: Some(".99".parse().unwrap()),
            ..Rule::default()
        };
        let channel = Rule {
            fee_part: Some(BasisPoints(1_500)),
            ..Rule::default()
        };
        let own = Rule {
            ending: Some(Ending::Exact),
            ..Rule::default()
        };
        let somewhere = Scope::Channel(ChannelKind::new("somewhere"));
        let all = Effective::of([
            (&listing(), &own),
            (&somewhere, &channel),
            (&Scope::Tenant, &tenant),
        ]);
        assert!(all.keep);
        assert_eq!(
            all.fee_part,
            Some(Said {
                value: BasisPoints(1_500),
                by: somewhere
            })
        );
        assert_eq!(all.ending.map(|e| e.value), Some(Ending::Exact));
    }

    #[test]
    fn a_price_of_its_own_is_kept_and_nothing_else_without_a_word() {
        let own = Rule {
            price: Some(eur(500)),
            ..Rule::default()
        };
        assert!(Effective::of([(&listing(), &own)]).keep);
        assert!(!Effective::of([]).keep);
        let off = Rule {
            keep: Some(false),
            ..own
        };
        assert!(!Effective::of([(&listing(), &off)]).keep);
    }

    #[test]
    fn what_contradicts_itself_is_refused_field_by_field() {
        let rule = Rule {
            fee_part: Some(BasisPoints(10_000)),
            fee_fixed: Some(eur(-1)),
            margin: Some(BasisPoints(100_001)),
            floor: Some(eur(600)),
            price: Some(eur(500)),
            ..Rule::default()
        };
        let fields =
            |scope: &Scope| -> Vec<String> { rule.problems(scope).into_iter().map(|p| p.field).collect() };
        assert_eq!(fields(&listing()), ["fee_part", "margin", "fee_fixed", "floor"]);
        assert!(fields(&Scope::Tenant).contains(&"price".to_owned()));
        let absurd = Rule {
            floor: Some(eur(i64::MAX)),
            price: Some(eur(0)),
            ..Rule::default()
        };
        assert_eq!(absurd.problems(&listing()).len(), 3);
    }

    #[test]
    fn scopes_come_back_from_their_text() {
        for text in ["tenant", "channel:own", &listing().to_string()] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for text in ["", "channel:", "listing:acc_1", "shop:1"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
