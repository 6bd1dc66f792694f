//! The inbox: what channels sent by themselves, and what came of it.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The list of messages.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InboxPage {
    /// By state.
    pub tabs: Vec<Tab>,
    /// By account.
    pub accounts: Vec<Choice>,
    /// The view that stays when filtering.
    pub state: String,
    /// The topic looked for.
    pub topic: String,
    /// The messages.
    pub rows: Vec<MessageRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One message in a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MessageRow {
    /// Its id.
    pub id: String,
    /// Its page.
    pub href: String,
    /// What it is about, in the channel's words.
    pub topic: String,
    /// What it asked to look at.
    pub asks: String,
    /// Name of the account.
    pub account: String,
    /// When it came.
    pub received: When,
    /// What became of it.
    pub state: Badge,
    /// The same in words.
    pub outcome: Option<String>,
    /// It makes sense to have it worked again.
    pub again: bool,
}

/// One message.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MessagePage {
    /// The message.
    pub row: MessageRow,
    /// The channel's id of it.
    pub event_id: String,
    /// When it happened, by the channel's clock.
    pub occurred: Option<When>,
    /// How often its work was tried.
    pub attempts: i64,
    /// When it was last tried.
    pub worked: Option<When>,
    /// Its headers, by name.
    pub headers: Vec<(String, String)>,
    /// What it said, once an admin asked.
    pub body: Option<String>,
}

/// What an empty inbox says.
pub(crate) const NOTHING_CAME: Empty = Empty {
    title: "Nothing came in yet",
    text: "Channels that send what happens are listened to here. Until then orders are read on schedule, only later.",
    step: Some(("/channels", "Look at the webhook addresses")),
};

/// What a view without messages says.
pub(crate) const NONE_HERE: Empty = Empty {
    title: "None here",
    text: "No message fits.",
    step: Some(("/inbox", "Show all messages")),
};

#[cfg(test)]
impl MessageRow {
    fn sample(topic: &str, state: Badge) -> Self {
        Self {
            id: "inb_1".into(),
            href: "/inbox/inb_1".into(),
            topic: topic.into(),
            asks: "order 4711".into(),
            account: "Nordlicht IN".into(),
            received: super::samples::when("12 s ago"),
            state,
            outcome: Some("order 4711 imported".into()),
            again: true,
        }
    }
}

#[cfg(test)]
impl InboxPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, LONG_SKU, tabs};
        let empty = Self {
            tabs: tabs(),
            accounts: vec![],
            state: String::new(),
            topic: String::new(),
            rows: vec![],
            pager: Pager::default(),
            empty: NOTHING_CAME,
        };
        let typical = Self {
            rows: vec![
                MessageRow::sample("orders/create", Badge::new(Tone::Good, "done")),
                MessageRow::sample("orders/updated", Badge::new(Tone::Info, "new")),
                MessageRow::sample("inventory", Badge::new(Tone::Bad, "failed")),
            ],
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        extreme.topic = HOSTILE.into();
        for _ in 0..60 {
            let mut row = MessageRow::sample(HOSTILE, Badge::new(Tone::Warn, "unreadable"));
            row.asks = format!("listing {LONG_SKU}, {HOSTILE}");
            row.outcome = Some(format!("{HOSTILE} {}", "words ".repeat(60)));
            extreme.rows.push(row);
        }
        vec![("empty", empty), ("typical", typical), ("extreme", extreme)]
    }
}

#[cfg(test)]
impl MessagePage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, when};
        let mut row = MessageRow::sample("ping", Badge::new(Tone::Good, "done"));
        row.outcome = None;
        let empty = Self {
            row,
            event_id: "evt-1".into(),
            occurred: None,
            attempts: 0,
            worked: None,
            headers: vec![],
            body: None,
        };
        let typical = Self {
            row: MessageRow::sample("orders/create", Badge::new(Tone::Good, "done")),
            occurred: Some(when("14 s ago")),
            attempts: 1,
            worked: Some(when("10 s ago")),
            headers: vec![("content-type".into(), "application/json".into())],
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        extreme.event_id = "x".repeat(200);
        extreme.headers = (0..64).map(|n| (format!("x-{n}"), HOSTILE.repeat(8))).collect();
        extreme.body = Some(format!(
            "{{\"buyer\": \"{HOSTILE}\", \"long\": \"{}\"}}",
            "a".repeat(2_000)
        ));
        vec![("empty", empty), ("typical", typical), ("extreme", extreme)]
    }
}
