//! What moves without a channel: deliveries, transfers between locations, counts of the shelf.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The form for a delivery.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReceivePage {
    /// Where it may lie, when there is more than one place.
    pub places: Vec<Choice>,
    /// What the lines begin with.
    pub lines: String,
}

/// The list of transfers with the form for a new one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TransfersPage {
    /// By status.
    pub tabs: Vec<Tab>,
    /// The transfers, newest first.
    pub rows: Vec<TransferRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
    /// Open locations, when there is more than one.
    pub places: Vec<Choice>,
    /// What the lines begin with.
    pub lines: String,
}

/// One transfer in a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TransferRow {
    /// Its page.
    pub href: String,
    /// What people call it.
    pub reference: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// How far it has come.
    pub status: Badge,
    /// How much was sent.
    pub units: String,
    /// Units on their way, while there are some.
    pub open: Option<String>,
    /// When it was sent, or written down.
    pub at: When,
}

/// One transfer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TransferPage {
    /// Its id, for forms.
    pub id: String,
    /// Where it goes and how far it has come.
    pub row: TransferRow,
    /// A remark.
    pub note: Option<String>,
    /// What is moved.
    pub lines: Vec<TransferLineRow>,
    /// It was not sent.
    pub draft: bool,
    /// It was sent and has not arrived whole.
    pub under_way: bool,
    /// Makes entering the same arrival twice harmless.
    pub once: String,
}

/// One product of a transfer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TransferLineRow {
    /// The product's id, for forms.
    pub product: String,
    /// Its SKU.
    pub sku: String,
    /// Its page.
    pub href: String,
    /// Units sent.
    pub units: String,
    /// Units that arrived.
    pub received: String,
    /// Units known to be lost.
    pub lost: String,
    /// Units on their way.
    pub open: i64,
}

/// The list of counts with the form that begins one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CountsPage {
    /// By status.
    pub tabs: Vec<Tab>,
    /// The counts, newest first.
    pub rows: Vec<CountRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
    /// Open locations, when there is more than one.
    pub places: Vec<Choice>,
    /// What the list of products begins with.
    pub skus: String,
}

/// One count in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CountRow {
    /// Its page.
    pub href: String,
    /// What people call it.
    pub reference: String,
    /// Where.
    pub place: String,
    /// How far it has come.
    pub status: Badge,
    /// When it was closed, or begun.
    pub at: When,
}

/// One count.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CountPage {
    /// Its id, for forms.
    pub id: String,
    /// Where.
    pub place: String,
    /// How far it has come.
    pub status: Badge,
    /// When it began.
    pub begun: When,
    /// A remark.
    pub note: Option<String>,
    /// Numbers may be entered.
    pub open: bool,
    /// How much is left to do, in words.
    pub summary: String,
    /// The products.
    pub lines: Vec<CountLineRow>,
}

/// One product of a count.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CountLineRow {
    /// The product's id, for forms.
    pub product: String,
    /// Its SKU.
    pub sku: String,
    /// Its page.
    pub href: String,
    /// Units by the books.
    pub expected: String,
    /// Units counted; empty while nobody did.
    pub counted: String,
    /// What that is against the books.
    pub difference: Option<Badge>,
}

/// What the list of transfers says when it is empty.
pub(crate) const NO_TRANSFERS: Empty = Empty {
    title: "No transfer here",
    text: "Goods that go from one location to another are nobody's to sell until they arrive.",
    step: None,
};

/// What the list of counts says when it is empty.
pub(crate) const NO_COUNTS: Empty = Empty {
    title: "No count here",
    text: "A count lists what the books expect at a location; what is found otherwise is entered when it is closed.",
    step: None,
};

#[cfg(test)]
mod samples {
    //! Each page with nothing, with a usual day, and with the longest texts there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, tabs, three, when};

    impl ReceivePage {
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let of = |places: &[&str], lines: &str| Self {
                places: choices(places),
                lines: lines.into(),
            };
            three(
                of(&[], ""),
                of(&["Main", "Shop"], "MUG-BLUE "),
                of(&["Main", HOSTILE], HOSTILE),
            )
        }
    }

    fn transfer(reference: &str) -> TransferRow {
        TransferRow {
            href: "/transfers/trf_1".into(),
            reference: reference.into(),
            from: "Main".into(),
            to: "Shop, Kothrud".into(),
            status: Badge::new(Tone::Info, "on its way"),
            units: "12 units".into(),
            open: Some("8".into()),
            at: when("2 h ago"),
        }
    }

    impl TransfersPage {
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                tabs: tabs(),
                rows: vec![],
                pager: Pager::default(),
                empty: NO_TRANSFERS,
                places: vec![],
                lines: String::new(),
            };
            let typical = Self {
                rows: vec![transfer("T-17"), transfer("T-18")],
                places: choices(&["Main", "Shop, Kothrud"]),
                ..empty.clone()
            };
            let extreme = Self {
                rows: vec![transfer(&HOSTILE.repeat(3)); 50],
                lines: format!("{LONG_SKU} "),
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }

    impl TransferPage {
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let line = |sku: &str, open| TransferLineRow {
                product: "prd_1".into(),
                sku: sku.into(),
                href: "/stock/X".into(),
                units: "12".into(),
                received: "4".into(),
                lost: "0".into(),
                open,
            };
            let empty = Self {
                id: "trf_1".into(),
                row: transfer("T-17"),
                note: None,
                lines: vec![line("MUG-BLUE", 12)],
                draft: true,
                under_way: false,
                once: "trf_2".into(),
            };
            let typical = Self {
                lines: vec![line("MUG-BLUE", 8)],
                draft: false,
                under_way: true,
                ..empty.clone()
            };
            let extreme = Self {
                row: transfer(HOSTILE),
                note: Some(HOSTILE.repeat(5)),
                lines: (0..40)
                    .map(|n| TransferLineRow {
                        product: format!("prd_{n}"),
                        ..line(LONG_SKU, 100_000_000)
                    })
                    .collect(),
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }

    impl CountsPage {
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let row = |reference: &str| CountRow {
                href: "/counts/cnt_1".into(),
                reference: reference.into(),
                place: "Main".into(),
                status: Badge::new(Tone::Info, "under way"),
                at: when("10 min ago"),
            };
            let empty = Self {
                tabs: tabs(),
                rows: vec![],
                pager: Pager::default(),
                empty: NO_COUNTS,
                places: vec![],
                skus: String::new(),
            };
            let typical = Self {
                rows: vec![row("Year's end"), row("C-2")],
                places: choices(&["Main", "Shop"]),
                skus: "MUG-BLUE".into(),
                ..empty.clone()
            };
            let extreme = Self {
                rows: vec![row(&HOSTILE.repeat(3)); 50],
                skus: LONG_SKU.into(),
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }

    impl CountPage {
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let line = |n: usize, sku: &str, counted: &str, difference: Option<Badge>| CountLineRow {
                product: format!("prd_{n}"),
                sku: sku.into(),
                href: "/stock/X".into(),
                expected: "40".into(),
                counted: counted.into(),
                difference,
            };
            let empty = Self {
                id: "cnt_1".into(),
                place: "Main".into(),
                status: Badge::new(Tone::Info, "under way"),
                begun: when("10 min ago"),
                note: None,
                open: true,
                summary: "0 products are not counted yet, 0 differ from the books.".into(),
                lines: vec![],
            };
            let typical = Self {
                lines: vec![
                    line(1, "MUG-BLUE", "38", Some(Badge::new(Tone::Warn, "−2"))),
                    line(
                        2,
                        "MUG-RED",
                        "40",
                        Some(Badge::new(Tone::Good, "as in the books")),
                    ),
                    line(3, "TEA-250", "", None),
                ],
                ..empty.clone()
            };
            let extreme = Self {
                note: Some(HOSTILE.repeat(5)),
                place: HOSTILE.into(),
                lines: (0..60)
                    .map(|n| {
                        line(
                            n,
                            LONG_SKU,
                            "100000000",
                            Some(Badge::new(Tone::Warn, "+99,999,960")),
                        )
                    })
                    .collect(),
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }
}
