//! Accounts: connecting, testing, changing, pausing and disconnecting them (the API calls them stores).

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::{AccountDraft, Capability, Channel, ChannelKind, Health, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, FieldError};
use stockbridge_store::{AccountChange, AccountRecord, AccountStatus, ConnectError, NewAccount, NewAudit};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::pulls::{schedules, start_work};

/// How far back the first import looks for orders that are still open.
const FIRST_LOOK_BACK: Duration = Duration::from_secs(7 * 86_400);

/// What a person typed in to connect an account.
#[derive(Debug, Clone, Default)]
pub struct ConnectRequest {
    /// What to call it.
    pub name: String,
    /// Marketplaces by code or id.
    pub marketplaces: Vec<String>,
    /// Secrets by the names of the channel's fields.
    pub credentials: BTreeMap<String, SecretText>,
    /// Addresses that replace the channel's own.
    pub endpoints: BTreeMap<String, String>,
    /// Channel-specific settings.
    pub options: BTreeMap<String, serde_json::Value>,
}

/// What to change about an account; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct AccountPatch {
    /// What to call it.
    pub name: Option<String>,
    /// Channel-specific settings, all of them.
    pub options: Option<BTreeMap<String, serde_json::Value>>,
    /// Pauses, in seconds, by kind of data.
    pub schedules: BTreeMap<String, u64>,
    /// Pause or resume its work.
    pub paused: Option<bool>,
}

impl Hub {
    pub(crate) fn known_channel(&self, kind: &str) -> Result<&std::sync::Arc<dyn Channel>, Refusal> {
        self.channel(kind).ok_or_else(|| {
            let known: Vec<&str> = self.channels().iter().map(|c| c.descriptor().kind).collect();
            Refusal::NotFound(format!(
                "there is no channel `{kind}`; the channels are {}",
                known.join(", ")
            ))
        })
    }

    /// Connects an account: checks what was typed, seals the credentials, sets the schedules and starts the first pulls,
    /// all in one transaction and without any network.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with every problem, [`Refusal::Conflict`] when the account is connected already.
    pub async fn connect(
        &self,
        caller: &Caller,
        channel: &str,
        request: ConnectRequest,
    ) -> Result<AccountRecord, Refusal> {
        caller.require(Role::Admin)?;
        let channel = self.known_channel(channel)?;
        let descriptor = channel.descriptor();
        let mut problems = self.request_problems(caller, &request).await?;
        let name = request.name.trim().to_owned();
        let draft = AccountDraft {
            name: name.clone(),
            marketplaces: request.marketplaces,
            credentials: request.credentials,
            endpoints: request.endpoints,
            options: request.options,
        };
        let checked = match channel.check(&draft) {
            Ok(checked) if problems.is_empty() => checked,
            Ok(_) => return Err(Refusal::Fields(problems)),
            Err(more) => {
                problems.extend(more);
                return Err(Refusal::Fields(problems));
            }
        };
        let new = NewAccount {
            channel: ChannelKind::new(descriptor.kind),
            name,
            checked,
            credentials: draft.credentials,
            endpoints: draft.endpoints,
            options: draft.options,
            orders_from: self.env().now().minus(FIRST_LOOK_BACK),
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let record = tx.create_account(new).await.map_err(|error| match error {
            ConnectError::Store(error) => Refusal::Store(error),
            taken @ ConnectError::AlreadyConnected { .. } => Refusal::Conflict(taken.to_string()),
        })?;
        let terms: Vec<&str> = channel.terms().iter().map(|term| term.name).collect();
        tx.begin_terms(record.id, &terms, None).await?;
        tx.resume_lanes(record.id).await?;
        tx.resolve_alert(&job::reauthorise_key(record.id)).await?;
        crate::care::forget_pause(&mut tx, record.id).await?;
        start_work(&mut tx, channel.as_ref(), &record, "connect").await?;
        if descriptor.can(Capability::Events) && self.settings().public_url.is_some() {
            tx.enqueue(job::register_webhooks(record.id, self.env().now()))
                .await?;
        }
        if descriptor.remote && descriptor.can(Capability::Listings) {
            tx.await_listings(record.id).await?;
        }
        tx.mark_all_dirty(None, "store connected").await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "account.connect",
            subject: &record.id.to_string(),
            detail: &record.name,
        })
        .await?;
        tx.commit().await?;
        self.account_changed(record.id);
        self.ask_for_mail(caller, record.id).await?;
        Ok(record)
    }

    /// What is wrong with a request whatever its channel.
    pub(crate) async fn request_problems(
        &self,
        caller: &Caller,
        request: &ConnectRequest,
    ) -> Result<Vec<FieldError>, Refusal> {
        let mut problems = Vec::new();
        let name = request.name.trim();
        if name.is_empty() || name.chars().count() > 80 {
            problems.push(FieldError::new("name", "a store's name has 1 to 80 characters"));
        }
        if !request.endpoints.is_empty() && !self.settings().endpoint_overrides {
            problems.push(FieldError::new(
                "endpoints",
                "replacing a channel's addresses is switched off; the operator can allow it with \
                 `channels.endpoint_overrides = true`",
            ));
        }
        problems.extend(self.unknown_locations(caller, &request.options).await?);
        Ok(problems)
    }

    /// Makes the cheapest signed-in call and says what it shows.
    ///
    /// # Errors
    /// [`Refusal::Channel`] with the channel's fault.
    pub async fn test_account(&self, caller: &Caller, account: AccountId) -> Result<Health, Refusal> {
        caller.require(Role::Operator)?;
        let opened = self.open(caller.tenant, account).await?;
        let tenant = self.tenant(caller.tenant);
        match opened.connection.probe().await {
            Ok(health) => {
                tenant.note_ok(account).await?;
                Ok(health)
            }
            Err(error) => {
                tenant.note_error(account, &error.to_string()).await?;
                Err(Refusal::Channel(error))
            }
        }
    }

    /// Changes an account's settings.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for settings the channel does not take.
    pub async fn update_account(
        &self,
        caller: &Caller,
        account: AccountId,
        patch: AccountPatch,
    ) -> Result<AccountRecord, Refusal> {
        caller.require(Role::Admin)?;
        let tenant = self.tenant(caller.tenant);
        let before = self.existing(caller, account).await?;
        if before.status == AccountStatus::Disconnected {
            return Err(Refusal::Conflict(format!(
                "store `{}` is disconnected; connect it again first",
                before.name
            )));
        }
        let schedules = schedules(&patch.schedules)?;
        if let Some(options) = &patch.options {
            self.check_options(caller, account, &before, options).await?;
        }
        if patch
            .name
            .as_deref()
            .is_some_and(|n| n.trim().is_empty() || n.chars().count() > 80)
        {
            return Err(Refusal::field("name", "a store's name has 1 to 80 characters"));
        }
        let now = self.env().now();
        let mut tx = tenant.begin().await?;
        let replan = patch.options.is_some();
        let change = AccountChange {
            name: patch.name,
            options: patch.options,
            ..AccountChange::default()
        };
        tx.update_account(account, change).await?;
        for (kind, every) in schedules {
            tx.set_schedule(account, kind, every, now.plus(every)).await?;
        }
        if replan {
            tx.forget_subscriptions(account).await?;
            tx.mark_all_dirty(Some(account), "store changed").await?;
            tx.enqueue(job::plan(caller.tenant, now)).await?;
        }
        if patch.paused.is_some() {
            crate::care::forget_pause(&mut tx, account).await?;
        }
        match patch.paused {
            Some(true) => {
                tx.set_account_status(account, AccountStatus::Paused, Some("paused by a person"))
                    .await?;
                tx.pause_lanes(account, "the store is paused").await?;
            }
            Some(false) => {
                tx.set_account_status(account, AccountStatus::Active, None)
                    .await?;
                tx.resume_lanes(account).await?;
                tx.mark_all_dirty(Some(account), "store resumed").await?;
                tx.enqueue(job::plan(caller.tenant, now)).await?;
            }
            None => {}
        }
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "account.change",
            subject: &account.to_string(),
            detail: &before.name,
        })
        .await?;
        tx.commit().await?;
        self.account_changed(account);
        if replan {
            self.ask_for_mail(caller, account).await?;
        }
        self.existing(caller, account).await
    }

    /// Has the channel asked to write into an account's mailbox, if it has one. An account that cannot be opened is told of elsewhere.
    async fn ask_for_mail(&self, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
        let opened = self.open(caller.tenant, account).await;
        if opened.is_ok_and(|opened| opened.connection.mailbox().is_some()) {
            let mut tx = self.tenant(caller.tenant).begin().await?;
            tx.enqueue(job::register_webhooks(account, self.env().now()))
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn check_options(
        &self,
        caller: &Caller,
        account: AccountId,
        before: &AccountRecord,
        options: &BTreeMap<String, serde_json::Value>,
    ) -> Result<(), Refusal> {
        let unknown = self.unknown_locations(caller, options).await?;
        if !unknown.is_empty() {
            return Err(Refusal::Fields(unknown));
        }
        let draft = AccountDraft {
            name: before.name.clone(),
            marketplaces: before.marketplaces.clone(),
            credentials: self
                .tenant(caller.tenant)
                .credentials(account)
                .await?
                .unwrap_or_default(),
            endpoints: before.endpoints.clone(),
            options: options.clone(),
        };
        self.known_channel(before.channel.as_str())?
            .check(&draft)
            .map(|_| ())
            .map_err(Refusal::Fields)
    }

    pub(crate) async fn existing(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<AccountRecord, Refusal> {
        self.tenant(caller.tenant)
            .account(account)
            .await?
            .ok_or_else(|| Refusal::NotFound(format!("there is no store {account}")))
    }

    /// Disconnects an account: its channel is asked to send no more, its work stops, its credentials are forgotten, its orders and ledger stay.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub async fn disconnect(&self, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
        caller.require(Role::Admin)?;
        let before = self.existing(caller, account).await?;
        self.say_farewell(caller, &before).await;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        crate::care::forget_pause(&mut tx, account).await?;
        tx.disconnect_account(account).await?;
        tx.clear_schedules(account).await?;
        tx.forget_subscriptions(account).await?;
        tx.pause_lanes(account, "the store is disconnected").await?;
        tx.listings_read(account).await?;
        tx.forget_offers(account).await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "account.disconnect",
            subject: &account.to_string(),
            detail: &before.name,
        })
        .await?;
        tx.commit().await?;
        self.account_changed(account);
        Ok(())
    }
}
