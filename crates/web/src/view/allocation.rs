//! Allocation: the policies of every level as a form, and what a change of them would do.

use serde::Serialize;

use super::{Choice, Tone};

/// How stock is shared out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AllocationPage {
    /// The product whose own policies these are; nothing for those of all products.
    pub sku: String,
    /// Levels, from the general to the particular.
    pub rows: Vec<LevelRow>,
    /// What is wrong with what was typed in.
    pub problems: Vec<String>,
    /// What it would do, after a preview was asked for.
    pub preview: Option<PreviewTable>,
    /// Products with policies of their own.
    pub products: Vec<OwnPolicies>,
    /// What contradicts itself across levels.
    pub contradictions: Vec<String>,
}

/// One level and what it says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LevelRow {
    /// Begins the names of its fields.
    pub key: String,
    /// What it is for.
    pub label: String,
    /// What kind: `all`, `channel` or `store`.
    pub kind: &'static str,
    /// It says something.
    pub set: bool,
    /// Modes.
    pub modes: Vec<Choice>,
    /// Methods; empty where there is no choice.
    pub methods: Vec<Choice>,
    /// Whether it can have a share.
    pub shares: bool,
    /// The share in percent.
    pub share: String,
    /// Days of stock below which hybrid is strict.
    pub cover_days: String,
    /// The tier.
    pub tier: String,
    /// The fixed amount.
    pub fixed: String,
    /// The cap.
    pub cap: String,
    /// The minimum.
    pub minimum: String,
    /// Units kept back.
    pub buffer_units: String,
    /// Part kept back, in percent.
    pub buffer_part: String,
}

/// What a change would do.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PreviewTable {
    /// How many change, in a sentence.
    pub summary: String,
    /// Listing by listing.
    pub rows: Vec<PreviewLine>,
}

/// What a change would do to one listing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PreviewLine {
    /// The product's SKU.
    pub sku: String,
    /// The store.
    pub account: String,
    /// The listing's SKU when it is another, with the units in it.
    pub listing: String,
    /// What is available.
    pub available: String,
    /// As it is.
    pub before: String,
    /// As it would be.
    pub after: String,
    /// More, less or the same.
    pub tone: Tone,
    /// The difference with its sign; empty when there is none.
    pub change: String,
    /// What each of the channel's locations shows before and after, when it has several.
    pub places: Option<String>,
    /// Why not more.
    pub withheld: String,
    /// What else to know.
    pub remarks: Vec<String>,
}

/// A product with policies of its own.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OwnPolicies {
    /// Its SKU.
    pub sku: String,
    /// Where to change them.
    pub href: String,
    /// What they say.
    pub says: String,
}

#[cfg(test)]
fn line(sku: &str, tone: Tone, change: &str) -> PreviewLine {
    PreviewLine {
        sku: sku.into(),
        account: "Nordlicht IN".into(),
        listing: "pack of 4".into(),
        available: "100".into(),
        before: "35".into(),
        after: "30".into(),
        tone,
        change: change.into(),
        places: Some("berlin 20 → 18 · graz 15 → 12".into()),
        withheld: "others 65 · buffer 5".into(),
        remarks: vec!["Hybrid is strict now: the stock covers 10 days, the threshold is 14.".into()],
    }
}

#[cfg(test)]
impl AllocationPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, LONG_SKU, choices, three};
        let row = |key: &str, label: &str, kind, share: &str| LevelRow {
            key: key.into(),
            label: label.into(),
            kind,
            set: !share.is_empty(),
            modes: choices(&["", "Strict", "Shared", "Hybrid"]),
            methods: if kind == "all" {
                choices(&["Split", "Priority", "Velocity"])
            } else {
                Vec::new()
            },
            shares: kind != "all",
            share: share.into(),
            cover_days: String::new(),
            tier: String::new(),
            fixed: String::new(),
            cap: "40".into(),
            minimum: String::new(),
            buffer_units: "2".into(),
            buffer_part: "7.5".into(),
        };
        let empty = Self {
            sku: String::new(),
            rows: vec![row("all", "Everything", "all", "")],
            problems: vec![],
            preview: None,
            products: vec![],
            contradictions: vec![],
        };
        let typical = Self {
            rows: vec![
                row("all", "Everything", "all", ""),
                row("channel:own", "Own store", "channel", "30"),
                row("channel:bazaar", "Bazaar", "channel", "35"),
                row("account:acc_1", "Nordlicht IN", "store", ""),
            ],
            preview: Some(PreviewTable {
                summary: "2 of 3 listings change.".into(),
                rows: vec![
                    line("MUG-1", Tone::Warn, "−5"),
                    line("MUG-2", Tone::Good, "+5"),
                    line("MUG-3", Tone::Quiet, ""),
                ],
            }),
            products: vec![OwnPolicies {
                sku: "MUG-1".into(),
                href: "/settings/allocation?sku=MUG-1".into(),
                says: "cap 5".into(),
            }],
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        extreme.sku = LONG_SKU.into();
        extreme.problems = vec![
            HOSTILE.into(),
            "Bazaar: share: more than 100 percent; lower it".into(),
        ];
        extreme.contradictions = vec![HOSTILE.into()];
        extreme.rows.push(row(HOSTILE, HOSTILE, "store", HOSTILE));
        if let Some(preview) = &mut extreme.preview {
            preview.rows.push(line(LONG_SKU, Tone::Bad, HOSTILE));
        }
        three(empty, typical, extreme)
    }
}
