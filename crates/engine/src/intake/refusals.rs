//! Requests that were refused: counted, the last few kept without what they said, and told to people when they pile up.
//!
//! Anybody can send them, so they write at most once a second for each account, with the number of all in between.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stockbridge_domain::channel::Inbound;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{NewAlert, RefusedRequest, Severity, StoreError};

use super::{NotTaken, WebhookDoor, bounded};
use crate::hub::Hub;

/// How often refusals of one account are written at most.
const EVERY: Duration = Duration::from_secs(1);
/// Accounts whose refusals are counted at the same time.
const MOST: usize = 2_048;
/// So many within an hour are told to people.
const PILE: i64 = 10;

/// Refusals that are not written yet.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<AccountId, (Timestamp, i64)>>);

impl Refusals {
    /// Counts one; answers how many are to be written now, if any.
    fn count(&self, account: AccountId, now: Timestamp) -> Option<i64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST {
            counts.retain(|_, (next, _)| *next > now);
        }
        if counts.len() >= MOST {
            return None;
        }
        let (next, waiting) = counts.entry(account).or_insert((now, 0));
        *waiting += 1;
        if *next > now {
            return None;
        }
        *next = now.plus(EVERY);
        Some(std::mem::take(waiting))
    }
}

/// The key of the alert about refused requests.
pub(crate) fn pile_key(account: AccountId) -> String {
    format!("webhook.refused:{account}")
}

impl Hub {
    /// Notes a refusal.
    pub(super) async fn refused(&self, door: &WebhookDoor, inbound: &Inbound, refused: &NotTaken) {
        let kind = match refused {
            NotTaken::Unauthentic(_) => "unauthentic",
            NotTaken::Stale(_) => "stale",
            NotTaken::Unavailable => return,
        };
        let now = self.env().now();
        let Some(times) = self.intake().refusals.count(door.account, now) else {
            return;
        };
        let request = RefusedRequest {
            at: now,
            kind: kind.to_owned(),
            topic: bounded(&inbound.topic, 100),
            reason: refused.to_string(),
            times,
        };
        if let Err(error) = self.note_refused(door, request).await {
            tracing::warn!(%error, "a refused webhook could not be noted");
        }
    }

    async fn note_refused(&self, door: &WebhookDoor, request: RefusedRequest) -> Result<(), StoreError> {
        let (kind, reason) = (request.kind.clone(), request.reason.clone());
        let mut tx = self.tenant(door.tenant).begin().await?;
        let lately = tx.note_refused(door.account, request).await?;
        if lately >= PILE {
            let remedy = if kind == "stale" {
                "Compare the clocks of both sides."
            } else {
                "Is it the wrong webhook secret? Compare the one at the channel with the store's, or register again."
            };
            tx.raise_alert(NewAlert {
                kind: "webhook.refused",
                severity: Severity::Warning,
                dedupe_key: pile_key(door.account),
                account: Some(door.account),
                subject: Some(door.account.to_string()),
                title: "Requests to the store's webhook address are refused".to_owned(),
                detail: format!(
                    "{lately} within an hour, the last because: {reason}. {remedy} Nothing is lost: orders are still read on \
                     schedule, only later."
                ),
            })
            .await?;
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_write_once_a_second_with_the_number_of_all() {
        let refusals = Refusals::default();
        let account: AccountId = "acc_00000000000000000000000007".parse().unwrap();
        let start = Timestamp::from_secs(1_000);
        assert_eq!(refusals.count(account, start), Some(1));
        for _ in 0..50 {
            assert_eq!(refusals.count(account, start), None);
        }
        assert_eq!(refusals.count(account, start.plus(EVERY)), Some(51));
    }
}
