//! Reports that channels make: the list, and one with its rows.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, When};

/// The page of all reports.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportsPage {
    /// Accounts whose channel makes reports, for the form.
    pub accounts: Vec<Choice>,
    /// Accounts to filter by.
    pub filter: Vec<Choice>,
    /// What can be asked for.
    pub kinds: Vec<Choice>,
    /// The reports, the latest first.
    pub rows: Vec<ReportLine>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One report in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportLine {
    /// Its page.
    pub href: String,
    /// What people call its kind.
    pub title: String,
    /// The channel's name of it.
    pub kind: String,
    /// The account.
    pub account: String,
    /// The time it is about.
    pub about: String,
    /// How far it is.
    pub state: Badge,
    /// Why it failed, or what is odd about it.
    pub problem: Option<String>,
    /// How many rows it has.
    pub rows: String,
    /// When it was asked for.
    pub asked: When,
    /// By whom.
    pub who: String,
}

/// The page of one report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportPage {
    /// What the list says of it.
    pub report: ReportLine,
    /// Its id.
    pub id: String,
    /// Whether there is a file to fetch.
    pub file: bool,
    /// Whether something is still to come.
    pub waits: bool,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows: the line's number, then a cell for each column, and whether it is odd.
    pub rows: Vec<(i64, Vec<(String, bool)>)>,
    /// The address of the rows after these.
    pub next: Option<String>,
}

/// What the page says when nothing was ever asked for.
pub(crate) const NO_REPORTS: Empty = Empty {
    title: "No report yet",
    text: "A channel that makes reports makes one when it is asked, in minutes. Reports are kept for 30 days.",
    step: None,
};

/// What the page says when no channel makes reports.
pub(crate) const NO_SOURCE: Empty = Empty {
    title: "No channel makes reports",
    text: "None of your accounts is on a channel that makes reports.",
    step: Some(("/channels", "Connect a channel")),
};

#[cfg(test)]
impl ReportLine {
    fn sample(text: &str) -> Self {
        use super::Tone;
        Self {
            href: "/reports/rpt_1".into(),
            title: text.to_owned(),
            kind: "GET_MERCHANT_LISTINGS_ALL_DATA".into(),
            account: text.to_owned(),
            about: "now".into(),
            state: Badge::new(Tone::Good, "there"),
            problem: None,
            rows: "2,400".into(),
            asked: super::samples::when("2 h ago"),
            who: "anna@example.com".into(),
        }
    }
}

#[cfg(test)]
impl ReportsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, choices, three};
        let empty = Self {
            accounts: vec![],
            filter: choices(&["All accounts"]),
            kinds: vec![],
            rows: vec![],
            pager: Pager::default(),
            empty: NO_SOURCE,
        };
        let typical = Self {
            accounts: choices(&["Nordlicht DE"]),
            kinds: choices(&["All listings"]),
            rows: vec![ReportLine::sample("All listings")],
            ..empty.clone()
        };
        let mut extreme = Self {
            rows: vec![ReportLine::sample(HOSTILE); 50],
            ..typical.clone()
        };
        extreme.rows[0].problem = Some(HOSTILE.into());
        three(empty, typical, extreme)
    }
}

#[cfg(test)]
impl ReportPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, three};
        let empty = Self {
            report: ReportLine::sample("All listings"),
            id: "rpt_1".into(),
            file: false,
            waits: true,
            columns: vec![],
            rows: vec![],
            next: None,
        };
        let row = |text: &str| (1, vec![(text.to_owned(), false), ("three".into(), true)]);
        let typical = Self {
            file: true,
            waits: false,
            columns: vec!["sku".into(), "quantity".into()],
            rows: vec![row("MUG-BLUE")],
            next: Some("/reports/rpt_1?from=101".into()),
            ..empty.clone()
        };
        let extreme = Self {
            columns: vec![HOSTILE.into(); 40],
            rows: vec![(9_000_000, vec![(HOSTILE.into(), true); 40]); 100],
            ..typical.clone()
        };
        three(empty, typical, extreme)
    }
}
