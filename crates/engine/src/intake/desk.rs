//! Requests that come at the same time are stored together: one transaction, one wait for the disk.
//!
//! Whoever comes first works for all who came meanwhile. When its client hangs up in the middle, those it worked for are
//! told nothing and begin again; what it had stored already they find to be there.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use stockbridge_domain::{InboxId, TenantId};
use stockbridge_store::{NewEvent, StoreError};
use tokio::sync::oneshot;

use super::nudges;
use crate::hub::Hub;

/// Messages stored together at most.
const TOGETHER: usize = 64;

/// What became of a message: its new id, or nothing when it was there; nothing at all when the database failed.
type Stored = Option<Option<InboxId>>;

struct Waiting {
    event: Arc<NewEvent>,
    tell: oneshot::Sender<Stored>,
}

/// Where one tenant's messages wait.
#[derive(Default)]
struct Desk {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

/// One desk for each tenant that has been sent something authentic.
#[derive(Default)]
pub(super) struct Desks(Mutex<HashMap<TenantId, Arc<Desk>>>);

impl Desks {
    fn of(&self, tenant: TenantId) -> Arc<Desk> {
        let mut desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(desks.entry(tenant).or_default())
    }

    /// Stores a message with its work.
    pub(super) async fn store(&self, hub: &Hub, tenant: TenantId, event: NewEvent) -> Stored {
        let (desk, event) = (self.of(tenant), Arc::new(event));
        loop {
            let (tell, mut told) = oneshot::channel();
            desk.add(Waiting {
                event: Arc::clone(&event),
                tell,
            });
            let turn = tokio::select! {
                biased;
                answer = &mut told => match answer {
                    Ok(stored) => return stored,
                    Err(_) => continue,
                },
                turn = desk.turn.lock() => turn,
            };
            loop {
                match told.try_recv() {
                    Ok(stored) => return stored,
                    Err(oneshot::error::TryRecvError::Closed) => break,
                    Err(oneshot::error::TryRecvError::Empty) => desk.work(hub, tenant).await,
                }
            }
            drop(turn);
        }
    }
}

impl Desk {
    fn add(&self, one: Waiting) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(one);
    }

    async fn work(&self, hub: &Hub, tenant: TenantId) {
        let batch: Vec<Waiting> = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let count = waiting.len().min(TOGETHER);
            waiting.drain(..count).collect()
        };
        let events: Vec<&NewEvent> = batch.iter().map(|one| &*one.event).collect();
        let stored = match store(hub, tenant, &events).await {
            Ok(stored) => stored.into_iter().map(Some).collect(),
            Err(error) => {
                tracing::error!(%error, messages = batch.len(), "messages of channels could not be stored");
                vec![None; batch.len()]
            }
        };
        for (one, stored) in batch.into_iter().zip(stored) {
            // Nobody listens any more when the client has hung up.
            let _heard = one.tell.send(stored);
        }
    }
}

/// Stores messages with their work in one transaction; of those that are there already nothing is written.
async fn store(
    hub: &Hub,
    tenant: TenantId,
    events: &[&NewEvent],
) -> Result<Vec<Option<InboxId>>, StoreError> {
    let mut tx = hub.tenant(tenant).begin().await?;
    let ids = tx.receive_events(events).await?;
    let mut asked: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (event, id) in events.iter().zip(&ids) {
        if let Some(id) = id {
            asked
                .entry(event.account)
                .or_default()
                .push((*id, event.nudges.as_slice()));
        }
    }
    if asked.is_empty() {
        return Ok(ids);
    }
    nudges::enqueue(&mut tx, asked).await?;
    tx.commit().await?;
    Ok(ids)
}
