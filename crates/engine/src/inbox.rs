//! What people do with the inbox: have a message worked again, look at what it said, see how an account's webhooks stand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::channel::{Inbound, InboundRefusal, Letter, Mailbox, Nudge, Reading, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, InboxId, Timestamp};
use stockbridge_store::{
    AccountHealth, AccountRecord, AccountStatus, InboxRecord, InboxState, NewAudit, SubscriptionRecord,
};

use crate::caller::{Caller, Refusal};
use crate::connections::Opened;
use crate::hub::Hub;
use crate::{care, intake};

/// How long a channel is asked to end its subscriptions before an account is disconnected without.
const FAREWELL: Duration = Duration::from_secs(5);

/// How an account's webhooks stand.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookState {
    /// Whether its channel sends what happens.
    pub supported: bool,
    /// Where it is to send, with `{topic}` for the last part; nothing while the hub has no public address.
    pub address: Option<String>,
    /// The same with the unguessable part some channels need; for admins alone.
    pub address_with_key: Option<String>,
    /// What a person has to do before anything can be sent.
    pub missing: Option<String>,
    /// When its last message came.
    pub last_event_at: Option<Timestamp>,
    /// How it was found when it was last looked after.
    #[serde(flatten)]
    pub health: AccountHealth,
}

/// How an account's mailbox stands.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxState {
    /// Where it is; nothing for an account without one.
    pub address: Option<String>,
    /// When it was last emptied, to a few minutes where it was empty.
    pub emptied_at: Option<Timestamp>,
    /// How many letters were taken out of it so far.
    pub letters: i64,
    /// When it could not be read.
    pub failed_at: Option<Timestamp>,
    /// Why; nothing once it can again.
    pub error: Option<String>,
    /// What the channel was asked to write about.
    pub subscriptions: Vec<SubscriptionRecord>,
}

impl Hub {
    /// Where people and channels reach this hub, without a slash at the end.
    fn public_base(&self) -> Option<&str> {
        let url = self.settings().public_url.as_deref()?;
        Some(url.trim_end_matches('/'))
    }

    /// The address an account's channel is told, without topic; nothing while the hub has no public address.
    pub(crate) fn webhook_url(&self, channel: &str, account: AccountId) -> Option<String> {
        Some(format!(
            "{}/api/v1/webhooks/{channel}/{account}",
            self.public_base()?
        ))
    }

    /// The address a request was sent to, from the path and query it arrived with.
    pub fn sent_to(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.public_base().unwrap_or_default())
    }

    /// How an account's webhooks stand.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such account.
    pub async fn webhook_state(&self, caller: &Caller, account: AccountId) -> Result<WebhookState, Refusal> {
        caller.require(Role::Viewer)?;
        let tenant = self.tenant(caller.tenant);
        let Some((record, config)) = tenant.account_config(account).await? else {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        };
        let supported = record.status != AccountStatus::Disconnected && self.sends(&record);
        let url = self
            .webhook_url(record.channel.as_str(), account)
            .filter(|_| supported);
        let address = url.map(|url| format!("{url}/{{topic}}"));
        let key = config.webhook_key.expose();
        let may_see = caller.role.includes(Role::Admin) && !key.is_empty();
        Ok(WebhookState {
            supported,
            address_with_key: address
                .as_ref()
                .filter(|_| may_see)
                .map(|address| format!("{address}?key={key}")),
            missing: (supported && address.is_none()).then(|| care::NO_ADDRESS.to_owned()),
            address,
            last_event_at: tenant.last_event(account).await?.map(|e| e.received_at),
            health: tenant.account_health(account).await?,
        })
    }

    /// Whether an account's channel sends what happens, by its description.
    pub(crate) fn sends(&self, account: &AccountRecord) -> bool {
        self.channel(account.channel.as_str()).is_some_and(|channel| {
            channel
                .descriptor()
                .can(stockbridge_domain::channel::Capability::Events)
        })
    }

    /// Checks an account now rather than with the next day's turn.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such account.
    pub async fn ask_account_check(&self, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        if tenant.account(account).await?.is_none() {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        }
        let mut tx = tenant.begin().await?;
        tx.enqueue(crate::job::check_account(account, self.env().now()))
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Has a message worked again: what it asked to look at is looked at now. One that could not be read is read anew, as
    /// a later version of the channel may know how to.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], and [`Refusal::Conflict`] when its account is disconnected or it still cannot be read.
    pub async fn replay_event(&self, caller: &Caller, id: InboxId) -> Result<InboxRecord, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let event = self.event(caller, id).await?;
        let opened = self.open(caller.tenant, event.account).await?;
        let mut tx = tenant.begin().await?;
        let nudges = if event.state == InboxState::Refused {
            let body = tx.event_body(id).await?.unwrap_or_default();
            self.read_again(&opened, &event, body)?
        } else {
            event.nudges.clone()
        };
        tx.replay_event(id, &nudges).await?;
        let asked = BTreeMap::from([(event.account, vec![(id, nudges.as_slice())])]);
        intake::enqueue(&mut tx, asked).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "inbox.replay",
            subject: &id.to_string(),
            detail: &event.topic,
        })
        .await?;
        tx.commit().await?;
        self.event(caller, id).await
    }

    /// Reads a kept message as if it came in at the time it did.
    fn read_again(
        &self,
        opened: &Opened,
        event: &InboxRecord,
        body: Vec<u8>,
    ) -> Result<Vec<stockbridge_domain::channel::Nudge>, Refusal> {
        if let Some(mailbox) = opened.connection.mailbox() {
            return read_letter(mailbox, event, body);
        }
        let Some(source) = opened.connection.events() else {
            return Err(Refusal::Conflict("the channel no longer sends messages".into()));
        };
        let url = self.webhook_url(opened.descriptor.kind, event.account);
        let inbound = Inbound {
            topic: event.topic.clone(),
            url: format!("{}/{}", url.unwrap_or_default(), event.topic),
            method: "POST".to_owned(),
            headers: Default::default(),
            body: body.into(),
            key: Some(SecretText::new(opened.webhook_key.expose())),
        };
        match source.receive(&inbound.with_headers(&event.headers), event.received_at) {
            Ok(read) => Ok(intake::sound(read.nudges)),
            Err(
                InboundRefusal::Unreadable(why)
                | InboundRefusal::Unauthentic(why)
                | InboundRefusal::Stale(why),
            ) => Err(Refusal::Conflict(format!("it still cannot be read: {why}"))),
        }
    }

    async fn event(&self, caller: &Caller, id: InboxId) -> Result<InboxRecord, Refusal> {
        let event = self.tenant(caller.tenant).inbox_event(id).await?;
        event.ok_or_else(|| Refusal::NotFound(format!("there is no message {id} in the inbox")))
    }

    /// What a message said, as it came. It may hold personal data, so only admins see it, and that they did is written to the
    /// audit log.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] and [`Refusal::Forbidden`].
    pub async fn event_body(&self, caller: &Caller, id: InboxId) -> Result<Vec<u8>, Refusal> {
        caller.require(Role::Admin)?;
        let body = self.tenant(caller.tenant).inbox_body(id, &caller.actor).await?;
        body.ok_or_else(|| Refusal::NotFound(format!("there is no message {id} in the inbox")))
    }

    /// Asks the channel to send no more, as far as that can be had: an account is disconnected whether or not it answers.
    pub(crate) async fn say_farewell(&self, caller: &Caller, account: &AccountRecord) {
        self.end_mail(caller, account).await;
        let Some(url) = self.webhook_url(account.channel.as_str(), account.id) else {
            return;
        };
        if !self.sends(account) {
            return;
        }
        let Ok(opened) = self.open(caller.tenant, account.id).await else {
            return;
        };
        let Some(source) = opened.connection.events() else {
            return;
        };
        let ended = tokio::time::timeout(FAREWELL, source.unregister(&url)).await;
        let trouble = match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it did not answer in time".to_owned(),
        };
        tracing::warn!(account.id = %account.id, trouble, "the channel could not be told to send no more");
    }

    /// The same for what it writes into the account's mailbox.
    async fn end_mail(&self, caller: &Caller, account: &AccountRecord) {
        let Ok(opened) = self.open(caller.tenant, account.id).await else {
            return;
        };
        let Some(mailbox) = opened.connection.mailbox() else {
            return;
        };
        let known = self.tenant(caller.tenant).subscriptions(account.id).await;
        let ending = async {
            for known in known.unwrap_or_default() {
                if let Some(id) = &known.id {
                    mailbox.unsubscribe(&known.topic, id).await?;
                }
            }
            Ok::<_, stockbridge_domain::channel::ChannelError>(())
        };
        if !matches!(tokio::time::timeout(FAREWELL, ending).await, Ok(Ok(()))) {
            tracing::warn!(account.id = %account.id, "not all subscriptions could be ended");
        }
    }

    /// How an account's mailbox stands.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such account.
    pub async fn mailbox_state(&self, caller: &Caller, account: AccountId) -> Result<MailboxState, Refusal> {
        caller.require(Role::Viewer)?;
        let tenant = self.tenant(caller.tenant);
        if tenant.account(account).await?.is_none() {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        }
        let opened = self.open(caller.tenant, account).await.ok();
        let address = opened.and_then(|o| Some(o.connection.mailbox()?.address().to_owned()));
        let known = tenant.mailbox(account).await?;
        Ok(MailboxState {
            address,
            emptied_at: known.as_ref().and_then(|m| m.emptied_at),
            letters: known.as_ref().map_or(0, |m| m.letters),
            failed_at: known.as_ref().and_then(|m| m.failed_at),
            error: known.and_then(|m| m.error),
            subscriptions: tenant.subscriptions(account).await?,
        })
    }
}

/// Reads a kept letter as if it were fetched again.
fn read_letter(mailbox: &dyn Mailbox, event: &InboxRecord, body: Vec<u8>) -> Result<Vec<Nudge>, Refusal> {
    let letter = Letter {
        id: event.event_id.clone(),
        receipt: String::new(),
        body: body.into(),
        receives: 1,
    };
    match mailbox.read(&letter, &Default::default()) {
        Reading::Ours(delivered) => Ok(intake::sound(delivered.event.nudges)),
        Reading::NotOurs => Err(Refusal::Conflict("it is for no store of this tenant".into())),
        Reading::Unreadable { why, .. } => Err(Refusal::Conflict(format!("it still cannot be read: {why}"))),
    }
}
