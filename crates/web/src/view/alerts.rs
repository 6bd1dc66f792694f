//! Alerts: what went wrong or will, worst first, with what to do.

use serde::Serialize;

use super::{Badge, Empty, Pager, Tab, Tone, When};

/// The list of alerts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlertsPage {
    /// Open, snoozed, resolved.
    pub tabs: Vec<Tab>,
    /// The alerts.
    pub rows: Vec<AlertRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One alert.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlertRow {
    /// Our id, for forms.
    pub id: String,
    /// How badly.
    pub tone: Tone,
    /// That in a word.
    pub severity: String,
    /// What happened.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// Where to look, with what is there; nothing where no page is nearer than others.
    pub link: Option<(String, &'static str)>,
    /// The account it is about.
    pub account: Option<String>,
    /// How often it happened.
    pub times: i64,
    /// First time.
    pub first: When,
    /// Last time.
    pub last: When,
    /// Where it stands.
    pub state: Badge,
    /// Not resolved yet.
    pub open: bool,
    /// Seen by a person already.
    pub acknowledged: bool,
}

/// What the list of open alerts says when it is empty.
pub(crate) const ALL_QUIET: Empty = Empty {
    title: "All quiet",
    text: "Nothing needs you. Alerts come up by themselves and go when their cause is gone.",
    step: None,
};

/// What the other views say when they are empty.
pub(crate) const NONE_HERE: Empty = Empty {
    title: "None here",
    text: "No alert is in this state.",
    step: Some(("/alerts", "Show open alerts")),
};

#[cfg(test)]
impl AlertsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, tabs, three, when};
        let empty = Self {
            tabs: tabs(),
            rows: vec![],
            pager: Pager::default(),
            empty: ALL_QUIET,
        };
        let row = |tone, severity: &str, title: &str| {
            AlertRow {
            id: "alr_1".into(),
            tone,
            severity: severity.into(),
            title: title.into(),
            detail: "Nordlicht DE refuses our token since 4 min. Its orders and quantities wait; nothing is lost. Authorise it again under Channels.".into(),
            link: Some(("/channels".into(), "Open channels")),
            account: Some("Nordlicht DE".into()),
            times: 3,
            first: when("1 h ago"),
            last: when("4 min ago"),
            state: Badge::new(Tone::Info, "open"),
            open: true,
            acknowledged: false,
        }
        };
        let typical = Self {
            rows: vec![
                row(Tone::Bad, "critical", "Nordlicht DE has to be authorised again"),
                row(Tone::Warn, "warning", "4 listings match no product"),
                row(Tone::Info, "info", "Somebody changed a quantity on the channel"),
            ],
            pager: Pager {
                next: Some("/alerts?cursor=x".into()),
                first: None,
            },
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        for i in 0..100 {
            let mut one = row(
                Tone::Bad,
                "critical",
                &format!("{HOSTILE} {}", "long title ".repeat(12)),
            );
            one.detail = format!("{HOSTILE} {}", "words ".repeat(100));
            one.times = 1_000_000;
            one.open = i % 3 != 0;
            one.acknowledged = i % 2 == 0;
            extreme.rows.push(one);
        }
        three(empty, typical, extreme)
    }
}
