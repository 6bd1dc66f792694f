//! The one way in for what channels send by themselves.
//!
//! A request is taken in two steps. [`Hub::webhook_door`] finds the account it is addressed to, before its body is read and
//! without any network: accounts are kept open for a few seconds, so that a burst costs one look at the database.
//! [`Hub::take_webhook`] has the channel authenticate the raw bytes, and stores the message together with the work it
//! causes before it is answered. A message is only a reason to look ([`nudges`]): forged, late, doubled or out of order it
//! costs a call and nothing else.

mod desk;
mod doors;
mod nudges;
mod refusals;

use std::collections::BTreeMap;

use bytes::Bytes;
use stockbridge_domain::channel::{Event, Inbound, InboundRefusal};
use stockbridge_domain::{AccountId, InboxId, TenantId, Timestamp};
use stockbridge_store::NewEvent;

pub(crate) use doors::Doors;
pub use doors::WebhookDoor;
pub(crate) use nudges::{awaited, enqueue, sound, worked};
pub(crate) use refusals::pile_key;

use crate::hub::Hub;
use desk::Desks;
use refusals::Refusals;

/// What the intake keeps in memory; every part is bounded.
#[derive(Default)]
pub(crate) struct Intake {
    pub(crate) doors: Doors,
    desks: Desks,
    refusals: Refusals,
}

/// What became of a request that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is stored, with its work.
    Stored(InboxId),
    /// It was there already; nothing was written.
    Duplicate,
}

/// Why a request was not taken. None of it says what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It does not come from the channel.
    #[error("{0}")]
    Unauthentic(String),
    /// It is too old.
    #[error("{0}")]
    Stale(String),
    /// It could not be stored; the same request again is welcome.
    #[error("it could not be stored just now; send it again")]
    Unavailable,
}

impl Hub {
    /// Authenticates a request to an account's webhook address and stores it with the work it causes. The answer is true
    /// on disk: once it is given, nothing is lost.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn take_webhook(&self, door: &WebhookDoor, inbound: &Inbound) -> Result<Taken, NotTaken> {
        let now = self.env().now();
        let event = match self.authentic(door, inbound, now) {
            Ok(event) => event,
            Err(refused) => {
                self.refused(door, inbound, &refused).await;
                return Err(refused);
            }
        };
        let stored = self.intake().desks.store(self, door.tenant, event).await;
        match stored {
            Some(Some(id)) => Ok(Taken::Stored(id)),
            Some(None) => Ok(Taken::Duplicate),
            None => Err(NotTaken::Unavailable),
        }
    }

    /// Stores a message with the work it causes, unless it is there already; false when the database fails.
    pub(crate) async fn store_event(&self, tenant: TenantId, event: NewEvent) -> bool {
        self.intake().desks.store(self, tenant, event).await.is_some()
    }

    /// The message a request brings, if it is authentic. One that cannot be read is kept as it came.
    fn authentic(&self, door: &WebhookDoor, inbound: &Inbound, now: Timestamp) -> Result<NewEvent, NotTaken> {
        let source = door.source().ok_or(NotTaken::Unavailable)?;
        let (event, refused) = match source.receive(inbound, now) {
            Ok(event) => (event, None),
            Err(InboundRefusal::Unauthentic(why)) => return Err(NotTaken::Unauthentic(bounded(&why, 300))),
            Err(InboundRefusal::Stale(why)) => return Err(NotTaken::Stale(bounded(&why, 300))),
            Err(InboundRefusal::Unreadable(why)) => (unreadable(inbound), Some(bounded(&why, 300))),
        };
        let headers = inbound.kept_headers();
        let stored = stored_as(door.account, event, inbound.body.clone(), refused);
        Ok(NewEvent { headers, ..stored })
    }
}

/// A message in the form it is stored in; `refused` says why it could not be read.
pub(crate) fn stored_as(account: AccountId, event: Event, body: Bytes, refused: Option<String>) -> NewEvent {
    NewEvent {
        account,
        event_id: fit(&event.id, &event.topic, &body),
        topic: bounded(&event.topic, 200),
        occurred_at: event.at,
        headers: BTreeMap::new(),
        body,
        nudges: nudges::sound(event.nudges),
        refused,
    }
}

fn unreadable(inbound: &Inbound) -> stockbridge_domain::channel::Event {
    stockbridge_domain::channel::Event {
        id: String::new(),
        topic: inbound.topic.clone(),
        at: None,
        nudges: Vec::new(),
    }
}

/// The message's id in a form that can be kept: as the channel has it, or a digest where that is missing, too long or holds
/// what no column does.
fn fit(id: &str, topic: &str, body: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    /// Longest id kept as it is, in bytes.
    const LONGEST: usize = 200;
    if !id.is_empty() && id.len() <= LONGEST && !id.chars().any(char::is_control) {
        return id.to_owned();
    }
    let mut hash = Sha256::new();
    if id.is_empty() {
        hash.update(topic);
        hash.update([0]);
        hash.update(body);
    } else {
        hash.update(id);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A text of others on one line, at most so many characters long.
fn bounded(text: &str, most: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_cannot_be_kept_become_digests_of_what_they_are() {
        assert_eq!(fit("evt-1", "t", b"{}"), "evt-1");
        let long = "x".repeat(201);
        for odd in ["", "a\0b", long.as_str()] {
            let id = fit(odd, "t", b"{}");
            assert!(id.starts_with("sha256:") && id.len() == 71, "{id}");
            assert_eq!(id, fit(odd, "t", b"{}"), "the same message has the same id");
        }
        assert_ne!(fit("", "t", b"{}"), fit("", "t", b"{ }"));
        assert_eq!(bounded("a\nb\u{0}cd", 4), "a b ");
    }
}
