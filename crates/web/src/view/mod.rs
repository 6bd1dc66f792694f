//! View contexts: everything a template may show, already worded and formatted.
//!
//! Templates only lay out. What a number means, which tone it takes and what the next step is called is decided here or
//! in the page's handler, where it can be tested. Every context has samples (empty, typical, extreme) with which the
//! tests render every template.

pub(crate) mod after;
pub(crate) mod alerts;
pub(crate) mod allocation;
pub(crate) mod awaited;
pub(crate) mod channel_locations;
pub(crate) mod channels;
pub(crate) mod conflicts;
pub(crate) mod explain;
pub(crate) mod finance;
pub(crate) mod inbox;
pub(crate) mod listings;
pub(crate) mod locations;
pub(crate) mod mapping;
pub(crate) mod moves;
pub(crate) mod orders;
pub(crate) mod overview;
pub(crate) mod prices;
pub(crate) mod product;
pub(crate) mod renew;
pub(crate) mod reports;
pub(crate) mod signin;
pub(crate) mod stock;
pub(crate) mod sync;
pub(crate) mod warehouses;
pub(crate) mod words;

use serde::Serialize;

use crate::kept::Kept;

/// How something is to be taken; decides colour and mark, never colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// Needs a person now.
    Bad,
    /// Will need one, or is under way.
    Warn,
    /// As it should be.
    Good,
    /// Worth knowing.
    Info,
    /// Of no concern.
    Quiet,
}

/// A word with a tone: a status as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Badge {
    /// How to take it.
    pub tone: Tone,
    /// One or two words.
    pub text: String,
}

impl Badge {
    /// A badge.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            tone,
            text: text.into(),
        }
    }
}

/// An instant as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct When {
    /// RFC 3339, for machines and for the tooltip.
    pub iso: String,
    /// `12 s ago`.
    pub text: String,
}

/// A choice in a filter or a form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Choice {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub text: String,
    /// Chosen now.
    pub chosen: bool,
}

/// A filter that is a link: one of several views of a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tab {
    /// Where it leads.
    pub href: String,
    /// What people read.
    pub text: String,
    /// How many things are in it, where that is known.
    pub count: Option<i64>,
    /// Shown now.
    pub chosen: bool,
}

/// Where the rest of a list is.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Pager {
    /// Link to the next page.
    pub next: Option<String>,
    /// Link back to the start, unless this is it.
    pub first: Option<String>,
}

/// What a list or page says when there is nothing in it: why, and the next step.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Empty {
    /// What is not there.
    pub title: &'static str,
    /// Why, and what to do.
    pub text: &'static str,
    /// The next step: where it leads and what it is called.
    pub step: Option<(&'static str, &'static str)>,
}

/// The outcome of what the person did last, shown once on top.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Notice {
    /// How to take it.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
    /// Problems of single fields.
    pub fields: Vec<String>,
}

/// What surrounds every page of a signed-in person.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chrome {
    /// Title of the page.
    pub title: String,
    /// Which entry of the navigation is current.
    pub section: &'static str,
    /// Name of the tenant.
    pub tenant: String,
    /// Who is signed in.
    pub person: String,
    /// May do daily work.
    pub may_operate: bool,
    /// May connect accounts.
    pub may_admin: bool,
    /// Goes into every form.
    pub csrf: String,
    /// `light`, `dark` or `auto`.
    pub theme: &'static str,
    /// Open alerts, shown in the navigation.
    pub alerts_open: i64,
    /// This page's own address, to come back to.
    pub here: String,
    /// Outcome of the last action.
    pub notice: Option<Notice>,
    /// The form that comes back, with what was typed.
    pub kept: Option<Kept>,
}

/// A page: what surrounds it and what is on it.
#[derive(Debug, Serialize)]
pub(crate) struct Framed<'a, P> {
    /// The surroundings.
    pub chrome: &'a Chrome,
    /// The page.
    pub page: &'a P,
}

#[cfg(test)]
pub(crate) mod samples {
    //! Pieces from which the samples of all pages are made.

    use super::*;

    /// Markup where text is expected: must come out as text.
    pub(crate) const HOSTILE: &str = "<script>alert(\"&'x\")</script>";
    /// The longest SKU there can be, without a place to break.
    pub(crate) const LONG_SKU: &str = "SKU-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789-ABCDEFGHIJK";

    /// The three samples every page has.
    pub(crate) fn three<T>(empty: T, typical: T, extreme: T) -> Vec<(&'static str, T)> {
        vec![("empty", empty), ("typical", typical), ("extreme", extreme)]
    }

    pub(crate) fn chrome(title: &str, section: &'static str) -> Chrome {
        Chrome {
            title: title.into(),
            section,
            tenant: "Nordlicht Trading".into(),
            person: "asha@example.com".into(),
            may_operate: true,
            may_admin: true,
            csrf: "csrf-of-the-session".into(),
            theme: "auto",
            alerts_open: 3,
            here: "/orders?status=open".into(),
            notice: None,
            kept: None,
        }
    }

    pub(crate) fn extreme_chrome(title: &str, section: &'static str) -> Chrome {
        Chrome {
            tenant: format!("Gesellschaft für außergewöhnlich lange Firmennamen mbH & Co. KG {HOSTILE}"),
            person: format!("{HOSTILE}.surname.with.many.parts@subdomain.of.a.long.example.com"),
            may_operate: false,
            may_admin: false,
            theme: "dark",
            alerts_open: 12_345,
            here: "/x?a=\"><script>".into(),
            notice: Some(Notice {
                tone: Tone::Bad,
                text: format!("That could not be done: {HOSTILE}"),
                fields: vec!["sku: a SKU cannot be empty".into(), HOSTILE.into()],
            }),
            ..chrome(title, section)
        }
    }

    pub(crate) fn when(text: &str) -> When {
        When {
            iso: "2026-11-21T03:25:00Z".into(),
            text: text.into(),
        }
    }

    pub(crate) fn tabs() -> Vec<Tab> {
        ["All", "Open", "Shipped", "Cancelled"]
            .into_iter()
            .enumerate()
            .map(|(i, text)| Tab {
                href: format!("?status={text}"),
                text: text.into(),
                count: (i == 1).then_some(1_204),
                chosen: i == 1,
            })
            .collect()
    }

    pub(crate) fn choices(texts: &[&str]) -> Vec<Choice> {
        texts
            .iter()
            .enumerate()
            .map(|(i, text)| Choice {
                value: text.to_lowercase(),
                text: (*text).into(),
                chosen: i == 0,
            })
            .collect()
    }
}
