//! Accounts kept open for what comes in: finding one is a look into memory, for a few seconds at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stockbridge_domain::channel::{Connection, EventSource};
use stockbridge_domain::{AccountId, TenantId, Timestamp};
use stockbridge_store::StoreError;
use tokio::sync::Semaphore;

use crate::caller::Refusal;
use crate::hub::Hub;

/// How long an account is kept open; a change made by this process closes it at once.
const KEPT: Duration = Duration::from_secs(5);
/// Accounts kept open at most.
const MOST: usize = 2_048;
/// Accounts looked up at the same time: whoever guesses addresses keeps no more of the database busy.
const LOOK_UPS: usize = 4;

/// An account that takes what its channel sends.
pub struct WebhookDoor {
    /// Whose it is.
    pub(crate) tenant: TenantId,
    /// The account.
    pub(crate) account: AccountId,
    /// Its channel's name.
    pub(crate) channel: String,
    connection: Box<dyn Connection>,
}

impl WebhookDoor {
    /// What authenticates and reads.
    pub(super) fn source(&self) -> Option<&dyn EventSource> {
        self.connection.events()
    }
}

/// Accounts that are open.
pub(crate) struct Doors {
    open: Mutex<HashMap<AccountId, (Timestamp, Arc<WebhookDoor>)>>,
    look_ups: Semaphore,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            look_ups: Semaphore::new(LOOK_UPS),
        }
    }
}

impl Doors {
    fn find(&self, account: AccountId, now: Timestamp) -> Option<Arc<WebhookDoor>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, door) = open.get(&account)?;
        (*until > now).then(|| Arc::clone(door))
    }

    fn keep(&self, door: &Arc<WebhookDoor>, now: Timestamp) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            open.retain(|_, (until, _)| *until > now);
        }
        if open.len() >= MOST {
            open.clear();
        }
        open.insert(door.account, (now.plus(KEPT), Arc::clone(door)));
    }

    /// The account was changed: it is opened anew when it is needed.
    pub(crate) fn close(&self, account: AccountId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&account);
    }
}

impl Hub {
    /// The account a webhook is addressed to, if it is connected, of this channel (of any, for `None`), and its channel can
    /// send at all. Nothing tells these cases apart.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhook_door(
        &self,
        channel: Option<&str>,
        account: AccountId,
    ) -> Result<Option<Arc<WebhookDoor>>, StoreError> {
        let door = match self.intake().doors.find(account, self.env().now()) {
            Some(door) => Some(door),
            None => self.open_door(account).await?,
        };
        Ok(door.filter(|door| channel.is_none_or(|wanted| wanted == door.channel)))
    }

    async fn open_door(&self, account: AccountId) -> Result<Option<Arc<WebhookDoor>>, StoreError> {
        let doors = &self.intake().doors;
        // The semaphore is never closed, so that there is always a turn to wait for.
        let Ok(_turn) = doors.look_ups.acquire().await else {
            return Ok(None);
        };
        // Whoever waited here for the same account finds it open.
        if let Some(door) = doors.find(account, self.env().now()) {
            return Ok(Some(door));
        }
        let Some(tenant) = self.store().system().account_tenant(account).await? else {
            return Ok(None);
        };
        let opened = match self.open(tenant, account).await {
            Ok(opened) => opened,
            Err(Refusal::Store(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        if opened.connection.events().is_none() {
            return Ok(None);
        }
        let door = Arc::new(WebhookDoor {
            tenant,
            account,
            channel: opened.record.channel.as_str().to_owned(),
            connection: opened.connection,
        });
        doors.keep(&door, self.env().now());
        Ok(Some(door))
    }
}
