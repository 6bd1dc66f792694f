//! Conflicts: what channels show otherwise than they should, and what a person may do about it.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The list of conflicts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConflictsPage {
    /// By state.
    pub tabs: Vec<Tab>,
    /// By account.
    pub accounts: Vec<Choice>,
    /// By field.
    pub fields: Vec<Choice>,
    /// The view that stays when filtering.
    pub state: String,
    /// The conflicts.
    pub rows: Vec<ConflictRow>,
    /// They can still be decided.
    pub live: bool,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
    /// What a person is about to do to many.
    pub confirm: Option<Confirm>,
    /// Who wins by itself.
    pub strategies: Vec<StrategyRow>,
    /// Channels somebody may set a winner for.
    pub channels: Vec<Choice>,
    /// When a field counts as fought over, in words.
    pub limit: String,
    /// So often the hub sets a field right within the window.
    pub repushes: i64,
    /// The window, in hours.
    pub window_hours: i64,
    /// Fields somebody may set a winner for.
    pub set_fields: Vec<Choice>,
    /// Winners somebody may set.
    pub set_winners: Vec<Choice>,
    /// Ways to resolve those that were chosen.
    pub winners: Vec<Choice>,
    /// What was done last.
    pub history: Vec<EventRow>,
}

/// One conflict.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConflictPage {
    /// The conflict.
    pub row: ConflictRow,
    /// The product's page.
    pub product: Option<String>,
    /// Since when the channel shows it.
    pub since: When,
    /// Who wins it by itself and where that was said.
    pub rule: String,
    /// Ways to resolve it; none when it is over.
    pub winners: Vec<Choice>,
    /// What cannot be done about it, and why.
    pub cannot: String,
    /// What was done about it, the last first.
    pub history: Vec<EventRow>,
}

/// One conflict.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConflictRow {
    /// Its id.
    pub id: String,
    /// Its page.
    pub href: String,
    /// The listing's SKU.
    pub sku: String,
    /// Name of the account.
    pub account: String,
    /// What differs.
    pub field: String,
    /// What the channel should show.
    pub expected: String,
    /// What it shows.
    pub shown: String,
    /// How it stands.
    pub state: Badge,
    /// What that means, in a sentence.
    pub means: &'static str,
    /// When it was last seen.
    pub last: When,
    /// How often.
    pub times: i64,
}

/// What is to be confirmed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Confirm {
    /// The conflicts.
    pub ids: Vec<String>,
    /// Who is to win.
    pub strategy: String,
    /// What happens then.
    pub text: String,
}

/// Who wins a field.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StrategyRow {
    /// What it holds for.
    pub of: String,
    /// The field.
    pub field: String,
    /// Who wins, in words.
    pub winner: String,
}

/// Something that was done.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventRow {
    /// When.
    pub at: When,
    /// What.
    pub text: String,
    /// By whom.
    pub actor: String,
}

/// What the list says when nothing is wrong.
pub(crate) const ALL_AGREE: Empty = Empty {
    title: "Every channel shows what it should",
    text: "When another tool or a person changes a listing on a channel, it is found when the listing is read back, and shown here.",
    step: None,
};

/// What a filter says when it finds nothing.
pub(crate) const NONE_HERE: Empty = Empty {
    title: "No conflict here",
    text: "There may be some in another state, of another field or on another account.",
    step: Some(("/conflicts", "Show all conflicts")),
};

#[cfg(test)]
mod samples {
    //! Nothing to decide, a day with some, and the most there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, tabs, three, when};

    fn row(sku: &str, field: &str, expected: &str, shown: &str) -> ConflictRow {
        ConflictRow {
            id: "con_1".into(),
            href: "/conflicts/con_1".into(),
            sku: sku.into(),
            account: "Nordlicht IN".into(),
            field: field.into(),
            expected: expected.into(),
            shown: shown.into(),
            state: Badge::new(Tone::Bad, "fought over"),
            means: "The hub has stopped writing it.",
            last: when("2 min ago"),
            times: 4,
        }
    }

    fn event(text: &str) -> EventRow {
        EventRow {
            at: when("2 min ago"),
            text: text.into(),
            actor: "hub".into(),
        }
    }

    impl ConflictPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                row: row("TEA-250", "data", "Assam tea, 250 g", "ASSAM TEA 250g *NEW*"),
                product: None,
                since: when("3 days ago"),
                rule: "a person decides, as usual; nobody set anything for it".into(),
                winners: vec![],
                cannot: String::new(),
                history: vec![],
            };
            let typical = Self {
                product: Some("/stock/TEA-250".into()),
                winners: choices(&["the channel wins", "leave both as they are"]),
                cannot: "the hub does not write titles to channels; change it there".into(),
                history: vec![event("data: somebody is asked")],
                ..empty.clone()
            };
            let extreme = Self {
                row: row(LONG_SKU, "data", &HOSTILE.repeat(5), &"words ".repeat(60)),
                history: vec![event(HOSTILE); 100],
                ..typical.clone()
            };
            three(empty, typical, extreme)
        }
    }

    impl ConflictsPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                tabs: tabs(),
                accounts: choices(&["All accounts"]),
                fields: choices(&["All fields", "quantity"]),
                state: String::new(),
                rows: vec![],
                live: true,
                pager: Pager::default(),
                empty: ALL_AGREE,
                confirm: None,
                strategies: vec![],
                channels: choices(&["All channels", "Bazaar"]),
                limit: "3 times in 24 h".into(),
                repushes: 3,
                window_hours: 24,
                set_fields: choices(&["quantity", "price"]),
                set_winners: choices(&["as usual", "the hub"]),
                winners: choices(&["the hub wins", "the channel wins"]),
                history: vec![],
            };
            let typical = Self {
                rows: vec![
                    row("TEA-250", "quantity", "5", "60"),
                    row("MUG-BLUE", "price", "14.99 EUR", "12.50 EUR"),
                ],
                strategies: vec![StrategyRow {
                    of: "TEA-250 on Nordlicht IN".into(),
                    field: "price".into(),
                    winner: "the higher of the two".into(),
                }],
                history: vec![event("quantity: written again, 60 → 5")],
                ..empty.clone()
            };
            let mut extreme = typical.clone();
            extreme.confirm = Some(Confirm {
                ids: vec![HOSTILE.into(); 200],
                strategy: HOSTILE.into(),
                text: HOSTILE.into(),
            });
            for _ in 0..200 {
                extreme
                    .rows
                    .push(row(LONG_SKU, "title", HOSTILE, &"words ".repeat(60)));
            }
            three(empty, typical, extreme)
        }
    }
}
