//! Every mailbox has a reader of its own in each process that works; the queue itself sees to it that they share.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::channel::Fault;
use stockbridge_domain::{AccountId, TenantId, Timestamp};
use stockbridge_store::{AccountStatus, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::trouble;
use crate::caller::Refusal;
use crate::hub::Hub;

/// How often it is looked which mailboxes there are.
const LOOK: Duration = Duration::from_secs(15);
/// How long a reader waits for the first letter.
const WAIT: Duration = Duration::from_secs(20);
/// Readers that wait at the same time at most; beyond that they take turns and do not wait.
const AT_ONCE: usize = 64;
/// Shortest and longest pause after a mailbox could not be read.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How often it is noted that an empty mailbox was looked into.
const NOTE: Duration = Duration::from_secs(300);

/// A mailbox of a tenant.
type Place = (TenantId, String);

/// What is known of accounts between two looks: opening each again would be work for nothing.
#[derive(Default)]
struct Known(HashMap<AccountId, (Timestamp, Option<String>)>);

impl Hub {
    /// Reads every mailbox until `shutdown` turns true.
    pub(crate) async fn keep_mailboxes(self, mut shutdown: watch::Receiver<bool>) {
        let mut readers: JoinSet<()> = JoinSet::new();
        let mut at_work: HashMap<Place, (AccountId, AbortHandle)> = HashMap::new();
        let mut known = Known::default();
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        while !*shutdown.borrow() {
            match self.mailboxes(&mut known).await {
                Ok(places) => {
                    // A reader that was stopped had removed nothing that is not stored: its letters come again.
                    at_work.retain(|place, (account, reader)| {
                        let stays = places.get(place) == Some(&*account) && !reader.is_finished();
                        if !stays {
                            reader.abort();
                        }
                        stays
                    });
                    for (place, account) in places {
                        let tenant = place.0;
                        if let Entry::Vacant(free) = at_work.entry(place) {
                            let (turns, shutdown) = (turns.clone(), shutdown.clone());
                            let reader = self.clone().read_on(tenant, account, turns, shutdown);
                            free.insert((account, readers.spawn(reader)));
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the mailboxes could not be found; trying again"),
            }
            while readers.try_join_next().is_some() {}
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = shutdown.changed() => {}
            }
        }
        readers.shutdown().await;
    }

    /// Every mailbox with an account to read it for, the same one as long as it is there.
    async fn mailboxes(&self, known: &mut Known) -> Result<BTreeMap<Place, AccountId>, StoreError> {
        let mut places = BTreeMap::new();
        let mut seen = HashSet::new();
        for tenant in self.store().system().tenants().await? {
            for account in self.tenant(tenant.id).accounts().await? {
                if account.status == AccountStatus::Disconnected {
                    continue;
                }
                seen.insert(account.id);
                let address = match known.0.get(&account.id) {
                    Some((at, address)) if *at == account.updated_at => address.clone(),
                    _ => {
                        let opened = self.open(tenant.id, account.id).await.ok();
                        let address = opened.and_then(|o| Some(o.connection.mailbox()?.address().to_owned()));
                        known.0.insert(account.id, (account.updated_at, address.clone()));
                        address
                    }
                };
                if let Some(address) = address {
                    places.entry((tenant.id, address)).or_insert(account.id);
                }
            }
        }
        known.0.retain(|account, _| seen.contains(account));
        Ok(places)
    }

    async fn read_on(
        self,
        tenant: TenantId,
        account: AccountId,
        turns: Arc<Semaphore>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let (mut pause, mut noted, mut failing) = (PAUSE.0, None::<Timestamp>, false);
        while !*shutdown.borrow() {
            let wait = match turns.available_permits() {
                0 => Duration::ZERO,
                _ => WAIT,
            };
            let Ok(turn) = turns.acquire().await else { return };
            let began = self.env().now();
            let emptied = tokio::select! {
                emptied = self.empty_mailbox(tenant, account, wait) => emptied,
                _ = shutdown.changed() => return,
            };
            drop(turn);
            let now = self.env().now();
            match emptied {
                Ok(emptied) => {
                    pause = PAUSE.0;
                    // A mailbox that does not wait is not asked again and again.
                    if emptied.letters == 0 && now.since(began) < PAUSE.0 {
                        tokio::time::sleep(PAUSE.0).await;
                    }
                    let due = noted.is_none_or(|at| at.plus(NOTE) <= now);
                    if emptied.removed > 0 || due || failing {
                        noted = Some(now);
                        failing = false;
                        let kept = self
                            .tenant(tenant)
                            .mailbox_emptied(account, emptied.removed)
                            .await;
                        if let Err(error) = kept {
                            tracing::warn!(account.id = %account, %error, "a mailbox's state could not be noted");
                        }
                    }
                }
                Err(refusal) => {
                    failing = true;
                    self.note_trouble(tenant, account, &refusal).await;
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = shutdown.changed() => return,
                    }
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    }

    async fn note_trouble(&self, tenant: TenantId, account: AccountId, refusal: &Refusal) {
        tracing::warn!(account.id = %account, %refusal, "a mailbox could not be read; trying again");
        if let Refusal::Channel(error) = refusal
            && error.fault == Fault::Throttled
        {
            return;
        }
        let noted = self
            .tenant(tenant)
            .mailbox_failed(account, &trouble(refusal))
            .await;
        if let Err(error) = noted {
            tracing::warn!(account.id = %account, %error, "a mailbox's state could not be noted");
        }
    }
}
