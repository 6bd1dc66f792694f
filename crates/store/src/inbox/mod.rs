//! The inbox: what channels sent by themselves, each message once, with what came of it.
//!
//! A message is stored together with the work it causes, in one transaction, before it is answered. Which messages wait
//! for which work is kept apart (`work`), because a thousand messages may wait for one job and one message for several.

mod browse;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use stockbridge_domain::channel::Nudge;
use stockbridge_domain::{AccountId, InboxId, Timestamp};

pub use browse::InboxFilter;
pub use work::Worked;

use crate::columns::{Columns as _, json_value, words};
use crate::db::{Kind, Row, Value};
use crate::{StoreError, Tenant, TenantTx};

/// What bodies are sealed for: they may hold personal data.
const PURPOSE: &str = "inbox.body";

words! {
    /// What became of a message.
    InboxState {
        /// Its work is not done yet.
        New = "new",
        /// What it asked for was done.
        Done = "done",
        /// It was authentic and could not be read.
        Refused = "refused",
        /// Its work failed for good.
        Dead = "dead",
    }
}

/// An authentic message that just came in.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Whose.
    pub account: AccountId,
    /// The channel's id of the message, at most a few hundred bytes.
    pub event_id: String,
    /// What it is about, in the channel's words.
    pub topic: String,
    /// When it happened, by the channel's clock.
    pub occurred_at: Option<Timestamp>,
    /// Its headers, without secrets.
    pub headers: BTreeMap<String, String>,
    /// Its body as it came.
    pub body: Bytes,
    /// What to look at.
    pub nudges: Vec<Nudge>,
    /// Why it could not be read, if it could not.
    pub refused: Option<String>,
}

/// A message, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxRecord {
    /// Its id.
    pub id: InboxId,
    /// Which account it came to.
    pub account: AccountId,
    /// The channel's id of it.
    pub event_id: String,
    /// What it is about, in the channel's words.
    pub topic: String,
    /// When it happened, by the channel's clock.
    pub occurred_at: Option<Timestamp>,
    /// When it came.
    pub received_at: Timestamp,
    /// Its headers, without secrets.
    pub headers: BTreeMap<String, String>,
    /// What it asked to look at.
    pub nudges: Vec<Nudge>,
    /// What became of it.
    pub state: InboxState,
    /// The same in words.
    pub outcome: Option<String>,
    /// How often its work was tried.
    pub attempts: i64,
    /// When its work was last tried.
    pub worked_at: Option<Timestamp>,
}

const EVENT: &str = "id, account_id, event_id, topic, occurred_at, received_at, headers, nudges, state, outcome, \
     attempts, worked_at";

fn record(row: &Row) -> Result<InboxRecord, StoreError> {
    Ok(InboxRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        event_id: row.string(2)?,
        topic: row.string(3)?,
        occurred_at: row.opt_time(4)?,
        received_at: row.time(5)?,
        headers: row.json(6)?,
        nudges: row.json(7)?,
        state: row.named(8, InboxState::parse)?,
        outcome: row.opt_string(9)?,
        attempts: row.int(10)?,
        worked_at: row.opt_time(11)?,
    })
}

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("account_id", Kind::Text),
    ("event_id", Kind::Text),
    ("topic", Kind::Text),
    ("occurred_at", Kind::Int),
    ("received_at", Kind::Int),
    ("headers", Kind::Text),
    ("body", Kind::Bytes),
    ("nudges", Kind::Text),
    ("state", Kind::Text),
    ("outcome", Kind::Text),
    ("attempts", Kind::Int),
];

/// A message's name: its account and the channel's id of it.
type Name = (AccountId, String);

impl Tenant {
    /// Which of these messages are in the inbox already, by account and the channel's id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_events(&self, names: &[Name]) -> Result<BTreeSet<Name>, StoreError> {
        let mut tx = self.read().await?;
        let accounts: BTreeSet<String> = names.iter().map(|(account, _)| account.to_string()).collect();
        let events: BTreeSet<&String> = names.iter().map(|(_, event)| event).collect();
        let sql = "SELECT account_id, event_id FROM inbox \
                   WHERE tenant_id = $1 AND account_id {in $2} AND event_id {in $3}";
        let params = [
            self.key(),
            Value::TextList(accounts.into_iter().collect()),
            Value::TextList(events.into_iter().cloned().collect()),
        ];
        let rows = tx.query(sql, &params).await?;
        rows.iter()
            .map(|row| Ok((row.parsed(0)?, row.string(1)?)))
            .collect()
    }
}

impl TenantTx {
    /// Stores messages; each is there once, whoever stores it at the same time. Answers the id of each that is new, in
    /// order, and nothing for the others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receive_events(&mut self, events: &[&NewEvent]) -> Result<Vec<Option<InboxId>>, StoreError> {
        let (sealer, now) = (self.sealer().await?, self.env.now());
        // In one order everywhere, so that two transactions do not wait for each other; the first of a name counts.
        let mut rows: BTreeMap<Name, (InboxId, usize, Vec<Value>)> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let name = (event.account, event.event_id.clone());
            if rows.contains_key(&name) {
                continue;
            }
            let id: InboxId = self.env.id();
            let (state, outcome) = standing(event);
            let sealed = sealer.seal(PURPOSE, &id.to_string(), &event.body)?;
            let values = vec![
                self.key(),
                id.into(),
                event.account.into(),
                (&event.event_id).into(),
                (&event.topic).into(),
                event.occurred_at.map_or(Value::Null, Value::from),
                now.into(),
                json_value(&event.headers)?,
                sealed.into(),
                json_value(&event.nudges)?,
                state.name().into(),
                outcome.into(),
                0.into(),
            ];
            rows.insert(name, (id, place, values));
        }
        let mut ids = vec![None; events.len()];
        let mut values = Vec::with_capacity(rows.len());
        let mut places = BTreeMap::new();
        for (id, place, row) in rows.into_values() {
            places.insert(id, place);
            values.push(row);
        }
        // The rows that are new say so themselves: looking for those that are there takes a plan, and PostgreSQL has bad ones
        // for a table that has grown since it was last analysed.
        let tail = "ON CONFLICT (tenant_id, account_id, event_id) DO NOTHING RETURNING id";
        let written = self
            .tx
            .insert_many_returning("inbox", COLUMNS, tail, values)
            .await?;
        for row in &written {
            let id: InboxId = row.parsed(0)?;
            if let Some(slot) = places.get(&id).and_then(|place| ids.get_mut(*place)) {
                *slot = Some(id);
            }
        }
        Ok(ids)
    }
}

/// How a message stands that nobody has worked yet.
fn standing(event: &NewEvent) -> (InboxState, Option<&str>) {
    match &event.refused {
        Some(why) => (InboxState::Refused, Some(why)),
        None if event.nudges.is_empty() => (InboxState::Done, Some("asks for nothing")),
        None => (InboxState::New, None),
    }
}
