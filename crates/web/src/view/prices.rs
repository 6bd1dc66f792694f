//! Prices: what waits for a word, sales, rules and rates; and one product's prices with a preview.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, When};

/// Settings and state of prices as a whole.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PricesPage {
    /// Prices that are not sent.
    pub held: Vec<HeldRow>,
    /// The rest of them.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
    /// Rules by level.
    pub rules: Vec<RuleRow>,
    /// Levels a rule can be set for.
    pub scopes: Vec<Choice>,
    /// Sales.
    pub sales: Vec<SaleRow>,
    /// The day of the latest rates.
    pub rates: Option<String>,
    /// How far a price may move by itself.
    pub variance: String,
    /// How old rates may be.
    pub rate_days: i64,
    /// What prices would be under the rule typed in.
    pub preview: Option<PreviewPart>,
    /// What the chosen level says already.
    pub draft: Draft,
}

/// What a level says already, as a person types it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Draft {
    /// yes, no or nothing.
    pub keep: &'static str,
    /// In percent.
    pub fee_part: String,
    /// An amount with its currency.
    pub fee_fixed: String,
    /// In percent.
    pub margin: String,
    /// An amount with its currency.
    pub floor: String,
    /// How prices end.
    pub ending: String,
}

/// What prices would be.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PreviewPart {
    /// Each listing.
    pub rows: Vec<PreviewRow>,
    /// How many would wait for a word or could not be computed.
    pub held: usize,
}

/// A listing's price before and after.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PreviewRow {
    /// Its SKU.
    pub sku: String,
    /// Its account.
    pub account: String,
    /// What the channel shows.
    pub before: Option<String>,
    /// What it would show.
    pub after: Option<String>,
    /// Each step: amount and reason.
    pub steps: Vec<(String, String)>,
    /// Why it would not be sent.
    pub held: Option<String>,
    /// Nobody has the hub keep it.
    pub unkept: bool,
    /// The listing's id, for forms.
    pub listing: String,
    /// The listing's own price as typed, empty for none; nothing where it is not asked for.
    pub own: Option<String>,
}

/// A price that is not sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HeldRow {
    /// The listing's id.
    pub id: String,
    /// Its SKU.
    pub sku: String,
    /// Its account.
    pub account: String,
    /// Why.
    pub reason: Badge,
    /// What the channel shows.
    pub shown: Option<String>,
    /// What waits.
    pub waits: Option<String>,
    /// The same as the form sends it.
    pub value: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleRow {
    /// Its scope as sent.
    pub scope: String,
    /// For what, in words.
    pub name: String,
    /// Where it is changed.
    pub href: Option<String>,
    /// What it says, in words.
    pub text: String,
}

/// A sale.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SaleRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// For what.
    pub scope: String,
    /// What it does.
    pub text: String,
    /// From when on.
    pub from: When,
    /// Until when.
    pub to: When,
    /// Whether it holds.
    pub now: bool,
}

/// One product's prices.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProductPricesPage {
    /// Its SKU.
    pub sku: String,
    /// The SKU as part of a path.
    pub sku_path: String,
    /// Its title.
    pub title: String,
    /// Base price as typed in.
    pub base: String,
    /// Cost as typed in.
    pub cost: String,
    /// Floor as typed in.
    pub floor: String,
    /// These are only supposed.
    pub supposed: bool,
    /// The product as the scope of a sale.
    pub scope: String,
    /// What its listings show and would show.
    pub preview: PreviewPart,
}

/// How far prices may move, and exchange rates.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PriceSettingsPage {
    /// How far a price may move by itself, in percent.
    pub variance: String,
    /// How old rates may be, in days.
    pub rate_max_days: i64,
    /// Today, for rates that are typed.
    pub today: String,
    /// Rates, the latest day first.
    pub rates: Vec<RateRow>,
    /// The rest of them.
    pub pager: Pager,
}

/// An exchange rate.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RateRow {
    /// Of which day.
    pub day: String,
    /// The currency.
    pub currency: String,
    /// Units of it for one euro.
    pub per_euro: String,
    /// Where it came from.
    pub source: String,
    /// When it was taken in.
    pub imported: When,
}

/// What the list says when every price is sent.
pub(crate) const ALL_SENT: Empty = Empty {
    title: "No price waits",
    text: "A price that moves further than allowed, or cannot be computed, is not sent and waits here.",
    step: None,
};

#[cfg(test)]
mod samples {
    //! No rules, a shop with some, and the widest there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, three, when};

    fn preview(sku: &str, steps: usize) -> PreviewRow {
        PreviewRow {
            sku: sku.into(),
            account: "Nordlicht DE".into(),
            before: Some("EUR 12.50".into()),
            after: Some("EUR 14.99".into()),
            steps: vec![("EUR 14.12".into(), "15 % fee (tenant) on top".into()); steps],
            held: Some("It moves too far.".into()),
            unkept: false,
            listing: "lst_1".into(),
            own: None,
        }
    }

    fn part(sku: &str, rows: usize, steps: usize) -> PreviewPart {
        PreviewPart {
            rows: vec![preview(sku, steps); rows],
            held: rows,
        }
    }

    /// The same, on a product's page.
    fn owned(sku: &str, rows: usize, steps: usize) -> PreviewPart {
        let mut part = part(sku, rows, steps);
        for (index, row) in part.rows.iter_mut().enumerate() {
            row.listing = format!("lst_{index}");
            row.own = Some(if index == 0 {
                "14.99 EUR".into()
            } else {
                String::new()
            });
        }
        part
    }

    impl PriceSettingsPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let rate = |currency: &str, source: &str| RateRow {
                day: "2026-11-20".into(),
                currency: currency.into(),
                per_euro: "1.0876".into(),
                source: source.into(),
                imported: when("2 h ago"),
            };
            let empty = Self {
                variance: "10".into(),
                rate_max_days: 5,
                today: "2026-11-21".into(),
                rates: vec![],
                pager: Pager::default(),
            };
            let typical = Self {
                rates: vec![rate("USD", "European Central Bank"), rate("INR", "entered")],
                ..empty.clone()
            };
            let extreme = Self {
                variance: "10000".into(),
                rates: vec![rate("USD", HOSTILE); 50],
                ..empty.clone()
            };
            three(empty, typical, extreme)
        }
    }

    impl PricesPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                held: vec![],
                pager: Pager::default(),
                empty: ALL_SENT,
                rules: vec![],
                scopes: choices(&["Everything"]),
                sales: vec![],
                rates: None,
                variance: "10 %".into(),
                rate_days: 5,
                preview: None,
                draft: Draft::default(),
            };
            let typical = Self {
                held: vec![held("MUG-BLUE")],
                rules: vec![RuleRow {
                    scope: "tenant".into(),
                    name: "Everything".into(),
                    href: Some("/prices?scope=tenant#rule".into()),
                    text: "kept; ends with .99".into(),
                }],
                sales: vec![SaleRow {
                    id: "sal_1".into(),
                    name: "Winter".into(),
                    scope: "Everything".into(),
                    text: "20 % off".into(),
                    from: when("2 h ago"),
                    to: when("in 3 d"),
                    now: true,
                }],
                rates: Some("2026-11-20".into()),
                preview: Some(part("MUG-BLUE", 2, 3)),
                ..empty.clone()
            };
            let mut extreme = typical.clone();
            extreme.held = vec![held(LONG_SKU); 50];
            extreme.rules[0].text = HOSTILE.repeat(5);
            extreme.sales[0].name = HOSTILE.into();
            extreme.preview = Some(part(LONG_SKU, 50, 7));
            extreme.draft.fee_part = HOSTILE.into();
            three(empty, typical, extreme)
        }
    }

    fn held(sku: &str) -> HeldRow {
        HeldRow {
            id: "lst_1".into(),
            sku: sku.into(),
            account: "Nordlicht DE".into(),
            reason: Badge::new(Tone::Warn, "moves too far"),
            shown: Some("EUR 12.50".into()),
            waits: Some("EUR 14.99".into()),
            value: Some("14.99 EUR".into()),
        }
    }

    impl ProductPricesPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                sku: "MUG-BLUE".into(),
                sku_path: "MUG-BLUE".into(),
                title: "Mug, blue".into(),
                base: String::new(),
                cost: String::new(),
                floor: String::new(),
                supposed: false,
                scope: "product:prd_1".into(),
                preview: part("MUG-BLUE", 0, 0),
            };
            let typical = Self {
                base: "12.50 EUR".into(),
                supposed: true,
                preview: owned("MUG-BLUE", 2, 3),
                ..empty.clone()
            };
            let extreme = Self {
                sku: LONG_SKU.into(),
                title: HOSTILE.into(),
                preview: owned(LONG_SKU, 50, 7),
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }
}
