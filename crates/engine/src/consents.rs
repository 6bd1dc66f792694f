//! Connecting an account by signing in at its channel: the person is sent there with a text nobody can guess, and whoever
//! comes back with it, once and in time, brings the secrets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{
    AccountDraft, BucketSpec, Channel, Consent, Grant, Io, Learned, Pacer, Returned, SecretText, Ticket,
    Unkept,
};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, BoxFut, Env, Timestamp};
use stockbridge_store::{AccountRecord, AccountStatus, NewAudit, NewConsent};

use crate::accounts::ConnectRequest;
use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::people::hash;
use crate::renewals::Replaced;

/// How long a person has to agree at the channel.
const TIME_TO_AGREE: Duration = Duration::from_secs(30 * 60);

/// Where to send a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentAddress {
    /// The channel's page.
    pub consent_url: String,
    /// Until when the person may come back.
    pub expires_at: Timestamp,
}

/// A request as it waits for its secrets, and where the channel was told to send the person.
#[derive(Serialize, Deserialize)]
struct Waiting {
    name: String,
    marketplaces: Vec<String>,
    credentials: BTreeMap<String, String>,
    endpoints: BTreeMap<String, String>,
    options: BTreeMap<String, serde_json::Value>,
    return_to: String,
    /// The account that is authorised anew; none for one to be connected.
    #[serde(default)]
    account: Option<AccountId>,
}

impl Waiting {
    fn of(request: &ConnectRequest, return_to: &str, account: Option<AccountId>) -> Self {
        Self {
            account,
            name: request.name.clone(),
            marketplaces: request.marketplaces.clone(),
            credentials: request
                .credentials
                .iter()
                .map(|(name, text)| (name.clone(), text.expose().to_owned()))
                .collect(),
            endpoints: request.endpoints.clone(),
            options: request.options.clone(),
            return_to: return_to.to_owned(),
        }
    }

    fn into_request(self) -> ConnectRequest {
        ConnectRequest {
            name: self.name,
            marketplaces: self.marketplaces,
            credentials: self
                .credentials
                .into_iter()
                .map(|(name, text)| (name, SecretText::new(text)))
                .collect(),
            endpoints: self.endpoints,
            options: self.options,
        }
    }
}

fn draft(request: &ConnectRequest) -> AccountDraft {
    AccountDraft {
        name: request.name.clone(),
        marketplaces: request.marketplaces.clone(),
        credentials: request.credentials.clone(),
        endpoints: request.endpoints.clone(),
        options: request.options.clone(),
    }
}

impl Hub {
    /// Begins to connect an account by signing in at the channel: answers where to send the person.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with every problem, [`Refusal::Conflict`] where the channel has no sign-in or nobody could come back.
    pub async fn begin_consent(
        &self,
        caller: &Caller,
        channel: &str,
        request: &ConnectRequest,
    ) -> Result<ConsentAddress, Refusal> {
        caller.require(Role::Admin)?;
        let problems = self.request_problems(caller, request).await?;
        if !problems.is_empty() {
            return Err(Refusal::Fields(problems));
        }
        self.send_away(caller, channel, request, None).await
    }

    /// Begins to authorise a connected account anew with what is kept of it: answers where to send the person. Nothing changes
    /// until they come back.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where the channel has no sign-in, nobody could come back, or the account is disconnected.
    pub async fn begin_reauthorisation(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<ConsentAddress, Refusal> {
        caller.require(Role::Admin)?;
        let Some((record, config)) = self.tenant(caller.tenant).account_config(account).await? else {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        };
        if record.status == AccountStatus::Disconnected {
            return Err(Refusal::Conflict(format!(
                "store `{}` is disconnected and its credentials are forgotten; connect it again",
                record.name
            )));
        }
        let request = ConnectRequest {
            name: record.name,
            marketplaces: record.marketplaces,
            credentials: config.credentials,
            endpoints: record.endpoints,
            options: record.options,
        };
        let channel = record.channel.as_str();
        self.send_away(caller, channel, &request, Some(account)).await
    }

    async fn send_away(
        &self,
        caller: &Caller,
        channel: &str,
        request: &ConnectRequest,
        account: Option<AccountId>,
    ) -> Result<ConsentAddress, Refusal> {
        let (channel, consent) = self.signing_in(channel)?;
        let kind = channel.descriptor().kind;
        let Some(public) = self.settings().public_url.as_deref() else {
            return Err(Refusal::Conflict(
                "signing in needs an address the channel can send people back to; the operator sets it with \
                 `server.public_url`"
                    .to_owned(),
            ));
        };
        let return_to = format!(
            "{}/api/v1/integrations/{kind}/callback",
            public.trim_end_matches('/')
        );
        let state = SecretText::new(self.secret());
        let ticket = Ticket {
            state: state.clone(),
            return_to: return_to.clone(),
        };
        let consent_url = consent
            .address(&draft(request), &ticket)
            .map_err(Refusal::Fields)?;
        let waiting = serde_json::to_string(&Waiting::of(request, &return_to, account))
            .map_err(|error| Refusal::Conflict(format!("what was typed cannot be kept: {error}")))?;
        let expires_at = self.env().now().plus(TIME_TO_AGREE);
        let new = NewConsent {
            state_hash: hash(state.expose()),
            channel: kind.to_owned(),
            actor: caller.actor.clone(),
            draft: SecretText::new(waiting),
            expires_at,
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.begin_consent(new).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "account.consent",
            subject: kind,
            detail: &request.name,
        })
        .await?;
        tx.commit().await?;
        Ok(ConsentAddress {
            consent_url,
            expires_at,
        })
    }

    /// Somebody came back from a channel: exchanges what they bring for secrets and connects the account. `signed_in` is who
    /// the browser belongs to, if anybody: a sign-in that a person began on the dashboard is ended by nobody else.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a state that is unknown, used or too old; [`Refusal::Forbidden`] for somebody else's;
    /// otherwise as the channel or connecting says.
    pub async fn finish_consent(
        &self,
        channel: &str,
        returned: &Returned,
        signed_in: Option<&str>,
    ) -> Result<AccountRecord, Refusal> {
        let (channel, consent) = self.signing_in(channel)?;
        let kind = channel.descriptor().kind;
        let unknown = || {
            Refusal::NotFound(
                "this sign-in is not known, was used before, or took longer than half an hour; begin it again \
                 on the page Channels"
                    .to_owned(),
            )
        };
        let state = consent.state_of(returned).ok_or_else(unknown)?;
        let taken = self.store().system().take_consent(kind, &hash(&state)).await?;
        let taken = taken.ok_or_else(unknown)?;
        if let Some(actor) = signed_in
            && actor != taken.actor
        {
            return Err(Refusal::Forbidden(
                "this sign-in was begun by somebody else; begin your own on the page Channels".to_owned(),
            ));
        }
        let waiting: Waiting = serde_json::from_str(taken.draft.expose()).map_err(|_| unknown())?;
        let ticket = Ticket {
            state: SecretText::new(state),
            return_to: waiting.return_to.clone(),
        };
        let again = waiting.account;
        let mut request = waiting.into_request();
        let accepted = consent
            .accept(&draft(&request), &ticket, returned, &self.unbudgeted())
            .await;
        let consented = accepted.map_err(Refusal::Channel)?;
        request.credentials.extend(consented.credentials);
        let caller = Caller {
            tenant: taken.tenant,
            actor: taken.actor,
            role: Role::Admin,
            csrf: None,
            name: "Sign-in at the channel".to_owned(),
        };
        match again {
            Some(account) => {
                let brought = Replaced::by_consent(request.credentials);
                self.replace_credentials(&caller, account, brought).await
            }
            None => self.connect(&caller, kind, request).await,
        }
    }

    /// Whether the channel sends what was agreed to by itself, so that a browser that comes back has nothing to bring.
    pub fn consent_comes_by_message(&self, channel: &str) -> bool {
        let channel = self.channel(channel);
        channel.and_then(|c| c.consent()).is_some_and(Consent::by_message)
    }

    fn signing_in(&self, channel: &str) -> Result<(&Arc<dyn Channel>, &dyn Consent), Refusal> {
        let channel = self.known_channel(channel)?;
        let consent = channel.consent().ok_or_else(|| {
            Refusal::Conflict(format!(
                "{} has no sign-in; connect it by typing its credentials",
                channel.descriptor().label
            ))
        })?;
        Ok((channel, consent))
    }

    /// The way out for an account that does not exist yet, and so has no budget: one exchange, made by hand.
    fn unbudgeted(&self) -> Io {
        Io {
            transport: self.transport(),
            pacer: Arc::new(Unpaced(self.env().clone())),
            keeper: Arc::new(Unkept),
            env: self.env().clone(),
        }
    }
}

/// Lets every call go.
struct Unpaced(Env);

impl Pacer for Unpaced {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { Grant::Go })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, least: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async move { self.0.now().plus(least) })
    }
}
