//! Mailboxes: what channels write into queues is fetched, stored with the work it causes, and only then removed.
//!
//! Letters are handed out hidden and come again unless they are removed, so whatever happens between fetching and removing loses
//! nothing, and what comes twice is known by its id. A letter nobody of the tenant can be found for is left for whoever it is meant
//! for; after a few times it is kept in the inbox for a person and removed. One that cannot be read is kept there at once.

mod keep;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::channel::{ChannelError, Delivered, Letter, Mailbox, Reading, Told};
use stockbridge_domain::{AccountId, TenantId};
use stockbridge_store::{AccountStatus, NewAlert, NewEvent, Severity, StoreError, TenantTx};

use crate::caller::{Caller, Refusal};
use crate::connections::Opened;
use crate::hub::Hub;
use crate::intake::stored_as;
use crate::renewals::Replaced;

/// How long letters stay hidden from other readers; longer while storing them takes longer.
const HIDDEN: Duration = Duration::from_secs(60);
/// Handed out so often, a letter that is nobody's is kept for a person instead.
const GIVE_UP: u32 = 4;

/// What emptying a mailbox came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Letters that were handed out.
    pub letters: usize,
    /// Of those, the ones that are stored and removed.
    pub removed: usize,
}

/// One of the accounts that share a mailbox.
struct Reader {
    opened: Opened,
    subscriptions: BTreeSet<String>,
}

impl Reader {
    fn id(&self) -> AccountId {
        self.opened.record.id
    }
}

/// What a letter comes to: what is to be stored, and what it tells besides.
#[derive(Default)]
struct Sorted {
    events: Vec<NewEvent>,
    told: Vec<(AccountId, String, Told)>,
}

impl Hub {
    /// Fetches what lies in an account's mailbox, once, waiting up to `wait` for the first letter.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for an account without a mailbox, [`Refusal::Channel`] when it cannot be reached; then nothing is lost.
    pub async fn empty_mailbox(
        &self,
        tenant: TenantId,
        account: AccountId,
        wait: Duration,
    ) -> Result<Emptied, Refusal> {
        let opened = self.open(tenant, account).await?;
        let Some(mailbox) = opened.connection.mailbox() else {
            return Err(Refusal::Conflict(format!(
                "store `{}` has no mailbox",
                opened.record.name
            )));
        };
        let letters = mailbox.collect(wait, HIDDEN).await.map_err(Refusal::Channel)?;
        if letters.is_empty() {
            return Ok(Emptied::default());
        }
        let storing = self.store_letters(tenant, &opened, &letters);
        let stored = while_hidden(mailbox, &letters, storing).await?;
        let done: Vec<Letter> = letters
            .iter()
            .zip(stored)
            .filter(|(_, stored)| *stored)
            .map(|(letter, _)| letter.clone())
            .collect();
        if !done.is_empty() {
            mailbox.remove(&done).await.map_err(Refusal::Channel)?;
        }
        Ok(Emptied {
            letters: letters.len(),
            removed: done.len(),
        })
    }

    /// Stores letters with the work they cause; says of each whether it is done with.
    async fn store_letters(
        &self,
        tenant: TenantId,
        opened: &Opened,
        letters: &[Letter],
    ) -> Result<Vec<bool>, Refusal> {
        let readers = self.readers(tenant, opened).await?;
        let mut done = Vec::with_capacity(letters.len());
        for letter in letters {
            let Some(sorted) = sort(&readers, opened.record.id, letter) else {
                done.push(false);
                continue;
            };
            match self.store_sorted(tenant, sorted).await {
                Ok(stored) => done.push(stored),
                Err(Refusal::Store(error)) => return Err(error.into()),
                // It comes again, and goes to the dead letters in the end; the others are not held up.
                Err(refusal) => {
                    tracing::warn!(account.id = %opened.record.id, %refusal, "a letter could not be acted on");
                    done.push(false);
                }
            }
        }
        Ok(done)
    }

    /// The accounts of a tenant that share the mailbox of `opened`, that one first.
    async fn readers(&self, tenant: TenantId, opened: &Opened) -> Result<Vec<Reader>, Refusal> {
        let address = opened
            .connection
            .mailbox()
            .map(Mailbox::address)
            .unwrap_or_default();
        let mut accounts = self.tenant(tenant).accounts().await?;
        accounts.retain(|a| a.channel == opened.record.channel && a.status != AccountStatus::Disconnected);
        accounts.sort_by_key(|a| a.id != opened.record.id);
        let mut readers = Vec::new();
        for account in accounts {
            let Ok(opened) = self.open(tenant, account.id).await else {
                continue;
            };
            if opened.connection.mailbox().map(Mailbox::address) != Some(address) {
                continue;
            }
            let known = self.tenant(tenant).subscriptions(account.id).await?;
            readers.push(Reader {
                subscriptions: known.into_iter().filter_map(|s| s.id).collect(),
                opened,
            });
        }
        Ok(readers)
    }

    /// Does what a letter tells and stores its events, unless they are there already; false when it has to come again.
    async fn store_sorted(&self, tenant: TenantId, sorted: Sorted) -> Result<bool, Refusal> {
        let names: Vec<_> = sorted
            .events
            .iter()
            .map(|event| (event.account, event.event_id.clone()))
            .collect();
        let known = self.tenant(tenant).known_events(&names).await?;
        for (account, event, told) in sorted.told {
            if !known.contains(&(account, event)) {
                self.told(tenant, account, told).await?;
            }
        }
        for event in sorted.events {
            if !self.store_event(tenant, event).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does what a letter tells of an account. Doing it twice changes nothing more.
    async fn told(&self, tenant: TenantId, account: AccountId, told: Told) -> Result<(), Refusal> {
        match told {
            Told::Secrets { credentials, ends } => {
                let caller = Caller {
                    actor: "channel".to_owned(),
                    name: "The channel".to_owned(),
                    ..Caller::operator(tenant)
                };
                let replaced = Replaced::typed(credentials);
                self.replace_credentials(&caller, account, replaced).await?;
                if let Some((term, at)) = ends {
                    self.told_end(tenant, account, term, at).await?;
                }
                tracing::info!(account.id = %account, "the channel sent new secrets, which are in use now");
                Ok(())
            }
            Told::Ends { term, at } => Ok(self.told_end(tenant, account, term, at).await?),
            Told::Prepared => {
                let mut tx = self.tenant(tenant).begin().await?;
                tx.wake_jobs(account, crate::job::PREPARING).await?;
                Ok(tx.commit().await?)
            }
            Told::Notice {
                key,
                critical,
                title,
                detail,
            } => {
                let mut tx = self.tenant(tenant).begin().await?;
                notice(&mut tx, account, key, critical, title, detail).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    async fn told_end(
        &self,
        tenant: TenantId,
        account: AccountId,
        term: &str,
        at: stockbridge_domain::Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant(tenant);
        let Some(record) = tenant.account(account).await? else {
            return Ok(());
        };
        let mut tx = tenant.begin().await?;
        tx.set_term_end(account, term, record.connected_at, at).await?;
        tx.enqueue(crate::job::check_account(account, self.env().now()))
            .await?;
        tx.commit().await
    }
}

/// What a letter comes to, or nothing while it may yet be fetched by whoever it is meant for.
fn sort(readers: &[Reader], fetched_for: AccountId, letter: &Letter) -> Option<Sorted> {
    let mut sorted = Sorted::default();
    let mut refused = None;
    for reader in readers {
        let Some(mailbox) = reader.opened.connection.mailbox() else {
            continue;
        };
        match mailbox.read(letter, &reader.subscriptions) {
            Reading::Ours(delivered) => {
                let Delivered { event, told, body } = *delivered;
                let event = stored_as(reader.id(), event, body, None);
                let id = event.event_id.clone();
                sorted
                    .told
                    .extend(told.into_iter().map(|told| (reader.id(), id.clone(), told)));
                sorted.events.push(event);
            }
            Reading::NotOurs => {}
            Reading::Unreadable { why, body } => refused = Some((why, body)),
        }
    }
    if !sorted.events.is_empty() {
        return Some(sorted);
    }
    let (why, body) = match refused {
        Some(refused) => refused,
        None if letter.receives >= GIVE_UP => (
            "it is for no store of this tenant; if it belongs to somebody else, give each tenant a queue of its own".to_owned(),
            letter.body.clone(),
        ),
        None => return None,
    };
    let event = stockbridge_domain::channel::Event {
        id: letter.id.clone(),
        topic: "letter".to_owned(),
        at: None,
        nudges: Vec::new(),
    };
    sorted.events.push(stored_as(fetched_for, event, body, Some(why)));
    Some(sorted)
}

/// Keeps letters hidden for as long as `work` takes.
async fn while_hidden<T>(mailbox: &dyn Mailbox, letters: &[Letter], work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(HIDDEN / 2) => {
                // What cannot be hidden longer comes again and is known then.
                if let Err(error) = mailbox.hide(letters, HIDDEN).await {
                    tracing::warn!(%error, "letters could not be kept hidden while they are stored");
                }
            }
        }
    }
}

async fn notice(
    tx: &mut TenantTx,
    account: AccountId,
    key: &str,
    critical: Option<bool>,
    title: String,
    detail: String,
) -> Result<(), StoreError> {
    let dedupe_key = format!("account.notice:{account}:{key}");
    let Some(critical) = critical else {
        tx.resolve_alert(&dedupe_key).await?;
        return Ok(());
    };
    tx.raise_alert(NewAlert {
        kind: "account.notice",
        severity: if critical {
            Severity::Critical
        } else {
            Severity::Warning
        },
        dedupe_key,
        account: Some(account),
        subject: Some(account.to_string()),
        title,
        detail,
    })
    .await?;
    Ok(())
}

/// What keeps a mailbox from being read, for people.
fn trouble(refusal: &Refusal) -> Arc<str> {
    match refusal {
        Refusal::Channel(ChannelError { message, .. }) => message.as_str().into(),
        other => other.to_string().into(),
    }
}
