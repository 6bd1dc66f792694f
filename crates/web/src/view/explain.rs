//! Why a number is what it is: what holds now, and what led to it.

use serde::Serialize;

use super::{Badge, Choice, When};

/// A quantity, price or status, explained.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExplainPage {
    /// The product's SKU.
    pub sku: String,
    /// The SKU as part of a path.
    pub sku_path: String,
    /// What is explained, as the beginning of a sentence: `Available`, `Price at Nordlicht DE`.
    pub subject: String,
    /// What it is; nothing while it is not known.
    pub value: Option<String>,
    /// The product itself, and each of its listings.
    pub places: Vec<Choice>,
    /// Quantity, price, status; only of a listing.
    pub fields: Vec<Choice>,
    /// What holds now, in the order in which it leads to the value.
    pub now: Vec<LinkRow>,
    /// What happened, the last first.
    pub past: Vec<LinkRow>,
    /// The same for programs.
    pub api: String,
}

/// One link of the chain.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LinkRow {
    /// When.
    pub at: When,
    /// The instant to the second, for those who compare it with another system.
    pub clock: String,
    /// What kind of thing it is.
    pub kind: Badge,
    /// One sentence.
    pub what: String,
    /// What it came to.
    pub value: Option<String>,
    /// Where there is more of it.
    pub more: Option<(String, &'static str)>,
}

#[cfg(test)]
mod samples {
    //! A product nothing happened to, a listing's price, and everything at its largest.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, three, when};

    impl ExplainPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                sku: "TEA-250".into(),
                sku_path: "TEA-250".into(),
                subject: "Available".into(),
                value: None,
                places: vec![],
                fields: vec![],
                now: vec![],
                past: vec![],
                api: "/api/v1/inventory/stock/TEA-250/explain?field=quantity".into(),
            }
        }

        fn typical() -> Self {
            Self {
                subject: "Quantity at Nordlicht DE".into(),
                value: Some("3".into()),
                places: choices(&["The product itself", "Nordlicht DE", "Nordlicht IN"]),
                fields: choices(&["Quantity", "Price", "Status"]),
                now: vec![
                    link(
                        "rule",
                        "12 on hand less 3 reserved for orders leaves 9 available.",
                        None,
                    ),
                    link(
                        "rule",
                        "strict mode, shared out by split: the policies give it 3",
                        Some("3"),
                    ),
                    link("plan", "The channel showed 3, 14 s ago.", None),
                ],
                past: vec![
                    link("read", "a reading showed 3", None),
                    link("answered", "the channel's answer: accepted", None),
                    link(
                        "sent",
                        "3 was sent in place of 4, because of order 402-8812001",
                        Some("3"),
                    ),
                    Self::of_order(),
                ],
                ..Self::empty()
            }
        }

        fn of_order() -> LinkRow {
            let mut row = link("stock", "sale by import: +0 on hand, +1 reserved", Some("9"));
            row.more = Some(("/orders/ord_1".into(), "the order"));
            row
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.sku = LONG_SKU.into();
            extreme.subject = format!("Price at {HOSTILE} {}", "Very long name ".repeat(12));
            extreme.value = Some("INR −99,999,999,999.00".into());
            for _ in 0..40 {
                let mut one = link(
                    "problem",
                    &format!("{HOSTILE} {}", "words ".repeat(80)),
                    Some(HOSTILE),
                );
                one.kind = Badge::new(Tone::Bad, "problem");
                extreme.past.push(one.clone());
                extreme.now.push(one);
            }
            extreme
        }
    }

    fn link(kind: &str, what: &str, value: Option<&str>) -> LinkRow {
        LinkRow {
            at: when("14 s ago"),
            clock: "2026-11-21 03:25:00".into(),
            kind: Badge::new(Tone::Quiet, kind),
            what: what.into(),
            value: value.map(str::to_owned),
            more: None,
        }
    }
}
