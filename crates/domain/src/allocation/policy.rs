//! Policies: what people say about sharing stock out, level by level, and what applies when levels differ.
//!
//! A policy holds for everything of a tenant, for a channel, for one account, for a product, or for a product on a
//! channel or account. Field by field the most specific one that says something is used. What contradicts itself on one
//! level is refused when it is set ([`Terms::check`]); contradictions that arise by combining levels are found by
//! [`Terms::contradictions`] and have a fixed outcome that never gives away more.

use serde::{Deserialize, Deserializer, Serialize};

use super::{BasisPoints, Buffer, Claim, Method};
use crate::listing::named;
use crate::mode::{COVER_DAYS, Mode};
use crate::{FieldError, Quantity};

named! {
    /// What a policy holds for, from the general to the specific.
    Level {
        /// Everything.
        Tenant = "tenant",
        /// A channel.
        Channel = "channel",
        /// One account of a channel.
        Account = "account",
        /// A product.
        Product = "product",
        /// A product on a channel.
        ProductOnChannel = "product_on_channel",
        /// A product on one account.
        ProductOnAccount = "product_on_account",
    }
}

/// What one level says; what it leaves out is left to the levels above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// How much every channel may be told of.
    pub mode: Option<Mode>,
    /// Days of stock below which hybrid mode is strict.
    pub cover_days: Option<i64>,
    /// How the stock of a product is shared out.
    pub method: Option<Method>,
    /// A channel's or account's share, in hundredths of a percent.
    pub share: Option<BasisPoints>,
    /// The tier; 1 is filled first.
    pub tier: Option<i64>,
    /// So many units, whatever the method.
    pub fixed: Option<i64>,
    /// No more units than that.
    pub cap: Option<i64>,
    /// No fewer units than that while there are enough.
    pub minimum: Option<i64>,
    /// Units kept back.
    pub buffer_units: Option<i64>,
    /// Part of what is available that is kept back, in hundredths of a percent.
    pub buffer_part: Option<BasisPoints>,
}

/// What changes of a level's terms: what is left out stays, null is left to the levels above from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TermsPatch {
    /// See [`Terms::mode`].
    #[serde(deserialize_with = "present")]
    pub mode: Option<Option<Mode>>,
    /// See [`Terms::cover_days`].
    #[serde(deserialize_with = "present")]
    pub cover_days: Option<Option<i64>>,
    /// See [`Terms::method`].
    #[serde(deserialize_with = "present")]
    pub method: Option<Option<Method>>,
    /// See [`Terms::share`].
    #[serde(deserialize_with = "present")]
    pub share: Option<Option<BasisPoints>>,
    /// See [`Terms::tier`].
    #[serde(deserialize_with = "present")]
    pub tier: Option<Option<i64>>,
    /// See [`Terms::fixed`].
    #[serde(deserialize_with = "present")]
    pub fixed: Option<Option<i64>>,
    /// See [`Terms::cap`].
    #[serde(deserialize_with = "present")]
    pub cap: Option<Option<i64>>,
    /// See [`Terms::minimum`].
    #[serde(deserialize_with = "present")]
    pub minimum: Option<Option<i64>>,
    /// See [`Terms::buffer_units`].
    #[serde(deserialize_with = "present")]
    pub buffer_units: Option<Option<i64>>,
    /// See [`Terms::buffer_part`].
    #[serde(deserialize_with = "present")]
    pub buffer_part: Option<Option<BasisPoints>>,
}

/// Tells a null that was sent from nothing sent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

impl TermsPatch {
    /// What a level says afterwards that said `before`.
    #[must_use]
    pub fn apply(self, before: Terms) -> Terms {
        Terms {
            mode: self.mode.unwrap_or(before.mode),
            cover_days: self.cover_days.unwrap_or(before.cover_days),
            method: self.method.unwrap_or(before.method),
            share: self.share.unwrap_or(before.share),
            tier: self.tier.unwrap_or(before.tier),
            fixed: self.fixed.unwrap_or(before.fixed),
            cap: self.cap.unwrap_or(before.cap),
            minimum: self.minimum.unwrap_or(before.minimum),
            buffer_units: self.buffer_units.unwrap_or(before.buffer_units),
            buffer_part: self.buffer_part.unwrap_or(before.buffer_part),
        }
    }
}

/// Two things that cannot both be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// The cap is kept.
    MinimumOverCap {
        /// The minimum.
        minimum: i64,
        /// The cap.
        cap: i64,
    },
    /// The cap is kept.
    FixedOverCap {
        /// The fixed amount.
        fixed: i64,
        /// The cap.
        cap: i64,
    },
    /// The fixed amount is kept.
    FixedUnderMinimum {
        /// The fixed amount.
        fixed: i64,
        /// The minimum.
        minimum: i64,
    },
}

impl std::fmt::Display for Contradiction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinimumOverCap { minimum, cap } => {
                write!(
                    f,
                    "a minimum of {minimum} is above the cap of {cap}; the cap is kept"
                )
            }
            Self::FixedOverCap { fixed, cap } => {
                write!(
                    f,
                    "a fixed amount of {fixed} is above the cap of {cap}; the cap is kept"
                )
            }
            Self::FixedUnderMinimum { fixed, minimum } => write!(
                f,
                "a fixed amount of {fixed} is below the minimum of {minimum}; the fixed amount is kept"
            ),
        }
    }
}

impl Contradiction {
    /// The field to change first.
    pub const fn field(self) -> &'static str {
        match self {
            Self::MinimumOverCap { .. } => "minimum",
            Self::FixedOverCap { .. } | Self::FixedUnderMinimum { .. } => "fixed",
        }
    }
}

/// The longest cover that can be asked for, in days.
const MOST_DAYS: i64 = 365;
/// The last tier.
const LAST_TIER: i64 = 99;

impl Terms {
    /// Says nothing.
    pub const NONE: Self = Self {
        mode: None,
        cover_days: None,
        method: None,
        share: None,
        tier: None,
        fixed: None,
        cap: None,
        minimum: None,
        buffer_units: None,
        buffer_part: None,
    };

    /// What holds when `self` is more specific than `outer`.
    #[must_use]
    pub fn over(self, outer: Self) -> Self {
        Self {
            mode: self.mode.or(outer.mode),
            cover_days: self.cover_days.or(outer.cover_days),
            method: self.method.or(outer.method),
            share: self.share.or(outer.share),
            tier: self.tier.or(outer.tier),
            fixed: self.fixed.or(outer.fixed),
            cap: self.cap.or(outer.cap),
            minimum: self.minimum.or(outer.minimum),
            buffer_units: self.buffer_units.or(outer.buffer_units),
            buffer_part: self.buffer_part.or(outer.buffer_part),
        }
    }

    /// The mode, strict unless said otherwise.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or_default()
    }

    /// The method, by shares unless said otherwise.
    pub fn method(&self) -> Method {
        self.method.unwrap_or(Method::Split)
    }

    /// Days of stock below which hybrid mode is strict.
    pub fn cover_days(&self) -> i64 {
        self.cover_days.unwrap_or(COVER_DAYS)
    }

    /// What is kept back.
    pub fn buffer(&self) -> Buffer {
        Buffer {
            units: self.buffer_units.unwrap_or(0),
            part: self.buffer_part.unwrap_or_default(),
        }
    }

    /// What of these terms contradicts itself.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        if let (Some(minimum), Some(cap)) = (self.minimum, self.cap)
            && minimum > cap
        {
            found.push(Contradiction::MinimumOverCap { minimum, cap });
        }
        if let (Some(fixed), Some(cap)) = (self.fixed, self.cap)
            && fixed > cap
        {
            found.push(Contradiction::FixedOverCap { fixed, cap });
        }
        if let (Some(fixed), Some(minimum)) = (self.fixed, self.minimum)
            && fixed < minimum
        {
            found.push(Contradiction::FixedUnderMinimum { fixed, minimum });
        }
        found
    }

    /// Everything that is wrong with these terms as the policy of one level; empty when they can be set.
    pub fn check(&self, level: Level) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut within = |field: &str, value: Option<i64>, least: i64, most: i64| {
            if value.is_some_and(|v| v < least || v > most) {
                wrong.push(FieldError::new(
                    field,
                    format!("give a whole number from {least} to {most}"),
                ));
            }
        };
        let most = i64::from(Quantity::MAX);
        within("cover_days", self.cover_days, 1, MOST_DAYS);
        within("tier", self.tier, 1, LAST_TIER);
        within("fixed", self.fixed, 0, most);
        within("cap", self.cap, 0, most);
        within("minimum", self.minimum, 0, most);
        within("buffer_units", self.buffer_units, 0, most);
        for (field, part) in [("share", self.share), ("buffer_part", self.buffer_part)] {
            if part.is_some_and(|p| p > BasisPoints::ALL) {
                wrong.push(FieldError::new(field, "more than 100 percent (10000); lower it"));
            }
        }
        if self.method.is_some() && !matches!(level, Level::Tenant | Level::Product) {
            wrong.push(FieldError::new(
                "method",
                "all channels share a product's stock by the same method; set it for everything or for a product",
            ));
        }
        if self.share.is_some() && matches!(level, Level::Tenant | Level::Product) {
            wrong.push(FieldError::new(
                "share",
                "a share belongs to a channel or a store; name one",
            ));
        }
        if self.share.is_some() && self.fixed.is_some() {
            wrong.push(FieldError::new(
                "fixed",
                "a fixed amount and a share contradict each other; leave one of them out",
            ));
        }
        if *self == Self::NONE {
            wrong.push(FieldError::new(
                "",
                "it says nothing; give at least one field, or remove the policy",
            ));
        }
        let contradictions = self.contradictions().into_iter();
        wrong.extend(
            contradictions.map(|c| FieldError::new(c.field(), format!("{c}; change one of the two"))),
        );
        wrong
    }
}

/// What the levels say for one product on one account, from the general to the specific.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// In the order of [`Level::ALL`].
    pub terms: [Option<&'a Terms>; 6],
}

impl<'a> Layers<'a> {
    /// The same with `terms` on a level.
    #[must_use]
    pub fn with(mut self, level: Level, terms: Option<&'a Terms>) -> Self {
        self.terms[level as usize] = terms;
        self
    }

    /// What applies: field by field the most specific.
    pub fn resolve(&self) -> Terms {
        let given = self.terms.iter().flatten();
        given.fold(Terms::NONE, |outer, inner| inner.over(outer))
    }

    /// Where the share comes from, on the channel with this number.
    pub fn claim(&self, channel: usize) -> Claim {
        let level = self.level_of(|t| t.share);
        let share = level.and_then(|level| self.terms[level as usize]?.share);
        let of_channel = matches!(level, Some(Level::Channel | Level::ProductOnChannel));
        Claim {
            own: share.filter(|_| !of_channel),
            channel,
            of_channel: share.filter(|_| of_channel),
        }
    }

    /// The most specific level that says something about a field.
    pub fn level_of<T>(&self, field: impl Fn(&Terms) -> Option<T>) -> Option<Level> {
        let said = |level: &&Level| self.terms[**level as usize].is_some_and(|t| field(t).is_some());
        Level::ALL.iter().rev().find(said).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(terms: Terms, level: Level) -> Vec<String> {
        terms.check(level).into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn the_most_specific_level_wins_field_by_field() {
        let tenant = Terms {
            mode: Some(Mode::Shared),
            buffer_units: Some(2),
            cap: Some(50),
            ..Terms::NONE
        };
        let account = Terms {
            cap: Some(20),
            ..Terms::NONE
        };
        let product = Terms {
            mode: Some(Mode::Strict),
            ..Terms::NONE
        };
        let layers = Layers::default()
            .with(Level::Tenant, Some(&tenant))
            .with(Level::Account, Some(&account))
            .with(Level::Product, Some(&product));
        let terms = layers.resolve();
        assert_eq!(
            (terms.mode(), terms.cap, terms.buffer().units),
            (Mode::Strict, Some(20), 2)
        );
        assert_eq!(layers.level_of(|t| t.cap), Some(Level::Account));
        assert_eq!(layers.level_of(|t| t.buffer_units), Some(Level::Tenant));
        assert_eq!(layers.level_of(|t| t.tier), None);
    }

    #[test]
    fn a_share_is_the_accounts_or_the_channels() {
        let share = |points| Terms {
            share: Some(BasisPoints(points)),
            ..Terms::NONE
        };
        let (channel, account) = (share(3_000), share(2_000));
        let layers = Layers::default().with(Level::Channel, Some(&channel));
        let claim = layers.claim(7);
        assert_eq!(
            (claim.own, claim.channel, claim.of_channel),
            (None, 7, Some(BasisPoints(3_000)))
        );
        let claim = layers.with(Level::Account, Some(&account)).claim(7);
        assert_eq!((claim.own, claim.of_channel), (Some(BasisPoints(2_000)), None));
        let claim = layers
            .with(Level::Account, Some(&account))
            .with(Level::ProductOnChannel, Some(&channel))
            .claim(7);
        assert_eq!((claim.own, claim.of_channel), (None, Some(BasisPoints(3_000))));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_field() {
        let terms = |change: fn(&mut Terms)| {
            let mut terms = Terms::NONE;
            change(&mut terms);
            terms
        };
        assert_eq!(fields(Terms::NONE, Level::Tenant), [""]);
        assert_eq!(fields(terms(|t| t.cap = Some(-1)), Level::Account), ["cap"]);
        assert_eq!(
            fields(terms(|t| t.cover_days = Some(0)), Level::Tenant),
            ["cover_days"]
        );
        assert_eq!(
            fields(terms(|t| t.share = Some(BasisPoints(10_001))), Level::Channel),
            ["share"]
        );
        assert_eq!(
            fields(terms(|t| t.share = Some(BasisPoints(1))), Level::Tenant),
            ["share"]
        );
        assert_eq!(
            fields(terms(|t| t.method = Some(Method::Priority)), Level::Channel),
            ["method"]
        );
        let both = terms(|t| (t.minimum, t.cap) = (Some(6), Some(5)));
        assert_eq!(fields(both, Level::Account), ["minimum"]);
        assert!(
            both.check(Level::Account)[0]
                .message
                .contains("minimum of 6 is above the cap of 5")
        );
        let both = terms(|t| (t.fixed, t.share) = (Some(6), Some(BasisPoints(5))));
        assert_eq!(fields(both, Level::Account), ["fixed"]);
        assert!(fields(terms(|t| t.cap = Some(0)), Level::Product).is_empty());
    }

    #[test]
    fn levels_that_contradict_each_other_are_found() {
        let tenant = Terms {
            minimum: Some(10),
            ..Terms::NONE
        };
        let account = Terms {
            cap: Some(5),
            fixed: Some(7),
            ..Terms::NONE
        };
        assert_eq!(
            account.over(tenant).contradictions(),
            [
                Contradiction::MinimumOverCap { minimum: 10, cap: 5 },
                Contradiction::FixedOverCap { fixed: 7, cap: 5 },
                Contradiction::FixedUnderMinimum {
                    fixed: 7,
                    minimum: 10
                },
            ]
        );
    }
}
