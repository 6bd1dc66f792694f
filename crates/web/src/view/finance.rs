//! Money that channels moved: sums by kind, and the transactions.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FinancePage {
    /// By period.
    pub tabs: Vec<Tab>,
    /// Accounts to choose from.
    pub accounts: Vec<Choice>,
    /// What a transaction can be about.
    pub events: Vec<Choice>,
    /// The order looked for.
    pub order: String,
    /// The period that stays when filtering.
    pub days: String,
    /// Sums by account and currency.
    pub sums: Vec<SumRow>,
    /// The transactions, the latest first.
    pub rows: Vec<MoneyRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One account's sums in one currency.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SumRow {
    /// The account.
    pub account: String,
    /// Amounts by kind, as people read them.
    pub kinds: Vec<(String, String)>,
    /// All of it but what was paid out.
    pub net: String,
    /// Of this held back.
    pub held: String,
}

/// One transaction.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MoneyRow {
    /// When it was posted.
    pub posted: When,
    /// What it is about.
    pub event: Badge,
    /// The channel's words for it.
    pub told: String,
    /// The account.
    pub account: String,
    /// The order's number.
    pub order: Option<String>,
    /// The order's page, if it was read.
    pub href: Option<String>,
    /// Whether the money is the seller's.
    pub state: Badge,
    /// What it is made of.
    pub parts: Vec<(String, String)>,
    /// All of it.
    pub total: String,
}

/// The page of what channels paid.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SettlementsPage {
    /// Accounts to choose from.
    pub accounts: Vec<Choice>,
    /// The settlements, the latest first.
    pub rows: Vec<SettlementRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One settlement.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SettlementRow {
    /// The channel's id.
    pub id: String,
    /// The account.
    pub account: String,
    /// Its first instant.
    pub from: When,
    /// Its end.
    pub to: When,
    /// When the money was sent to the bank.
    pub deposited: Option<When>,
    /// How much was paid.
    pub paid: String,
    /// The sum of the transactions that name it.
    pub expected: Option<String>,
    /// Whether they agree.
    pub verdict: Badge,
    /// What to do about it.
    pub meaning: String,
}

/// What the page says when nothing was paid yet.
pub(crate) const NOTHING_PAID: Empty = Empty {
    title: "No settlement yet",
    text: "What a channel paid to your bank is read once a day, as soon as the channel has made its report of it.",
    step: Some(("/finance", "See the transactions")),
};

/// What the channel posted of one order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderMoneyRow {
    /// Whether it fits what the order says.
    pub verdict: Badge,
    /// What that means.
    pub meaning: String,
    /// Amounts by kind, as people read them.
    pub kinds: Vec<(String, String)>,
    /// What is left for the seller.
    pub net: String,
    /// Of this held back.
    pub held: Option<String>,
}

/// What the page says when nothing was ever read.
pub(crate) const NOTHING_MOVED: Empty = Empty {
    title: "No money was told of yet",
    text: "Channels that tell what they took, kept and paid out are read once a day. They post late: orders of the last two \
           days may be missing.",
    step: Some(("/channels", "Look at the channels")),
};

/// What a view without transactions says.
pub(crate) const NONE_HERE: Empty = Empty {
    title: "None here",
    text: "No transaction fits.",
    step: Some(("/finance", "Show all")),
};

#[cfg(test)]
impl FinancePage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, choices, tabs, three, when};
        let empty = Self {
            tabs: tabs(),
            accounts: choices(&["All accounts"]),
            events: choices(&["Everything"]),
            order: String::new(),
            days: String::new(),
            sums: vec![],
            rows: vec![],
            pager: Pager::default(),
            empty: NOTHING_MOVED,
        };
        let amounts = |text: &str| {
            vec![
                (text.to_owned(), "EUR 19.99".to_owned()),
                ("commission".into(), "EUR −3.00".into()),
            ]
        };
        let row = |told: &str| MoneyRow {
            posted: when("2 d ago"),
            event: Badge::new(Tone::Good, "sale"),
            told: told.to_owned(),
            account: "Nordlicht DE".into(),
            order: Some("402-8812001-1029384".into()),
            href: Some("/orders/ord_1".into()),
            state: Badge::new(Tone::Warn, "held back"),
            parts: amounts("goods"),
            total: "EUR 16.99".into(),
        };
        let sum = |account: &str| SumRow {
            account: account.to_owned(),
            kinds: amounts("goods"),
            net: "EUR 16.99".into(),
            held: "EUR 0.00".into(),
        };
        let typical = Self {
            sums: vec![sum("Nordlicht DE")],
            rows: vec![row("Shipment"), row("Order Payment")],
            ..empty.clone()
        };
        let mut extreme = Self {
            sums: vec![sum(HOSTILE); 20],
            rows: vec![row(HOSTILE); 50],
            order: HOSTILE.into(),
            ..empty.clone()
        };
        extreme.rows[0].parts = vec![(HOSTILE.into(), "INR 99,999,999,999.00".into()); 30];
        extreme.rows[1].href = None;
        extreme.rows[2].order = None;
        three(empty, typical, extreme)
    }
}

#[cfg(test)]
impl SettlementsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, choices, three, when};
        let empty = Self {
            accounts: choices(&["All accounts"]),
            rows: vec![],
            pager: Pager::default(),
            empty: NOTHING_PAID,
        };
        let row = |id: &str| SettlementRow {
            id: id.to_owned(),
            account: id.to_owned(),
            from: when("30 d ago"),
            to: when("16 d ago"),
            deposited: Some(when("14 d ago")),
            paid: "EUR 1,095.00".into(),
            expected: None,
            verdict: Badge::new(Tone::Good, "agrees"),
            meaning: id.to_owned(),
        };
        let typical = Self {
            rows: vec![row("11223344")],
            ..empty.clone()
        };
        let extreme = Self {
            rows: vec![row(HOSTILE); 50],
            ..empty.clone()
        };
        three(empty, typical, extreme)
    }
}

#[cfg(test)]
impl OrderMoneyRow {
    /// One as usual, with this word of a kind in it.
    pub(crate) fn sample(kind: &str) -> Self {
        Self {
            verdict: Badge::new(super::Tone::Good, "agrees"),
            meaning: "The channel posted what the order says.".into(),
            kinds: vec![(kind.to_owned(), "EUR 19.99".into())],
            net: "EUR 16.99".into(),
            held: Some("EUR 16.99".into()),
        }
    }
}
