//! New secrets for an account that is connected, and what ends by itself unless somebody sees to it.
//!
//! Whoever authorises a seller anew, or enters a new secret, changes nothing but the credentials: orders, listings and stock stay,
//! and work that waited for it goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::channel::{AccountDraft, SecretText, Term};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{
    AccountChange, AccountRecord, AccountStatus, NewAlert, NewAudit, Severity, StoreError, TenantTx,
    TermRecord,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// Credentials that take the place of an account's.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// By the names of the channel's fields; those left out stay.
    pub credentials: BTreeMap<String, SecretText>,
    /// Somebody signed in at the channel for it, so that the authorisation begins anew even where its secret is the same.
    consent: bool,
}

impl Replaced {
    /// Typed by a person, or told by the channel.
    pub fn typed(credentials: BTreeMap<String, SecretText>) -> Self {
        Self {
            credentials,
            consent: false,
        }
    }

    /// Brought by a sign-in at the channel.
    pub(crate) fn by_consent(credentials: BTreeMap<String, SecretText>) -> Self {
        Self {
            credentials,
            consent: true,
        }
    }
}

/// Something of an account that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountTerm {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// When it began, as far as the hub knows.
    pub began_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whether the channel said so; otherwise it is reckoned from the beginning.
    pub told: bool,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Hub {
    /// Puts these credentials in the place of an account's: checked like those of a new account, and only for the same seller.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with every problem, [`Refusal::Conflict`] when they are another seller's or the account is disconnected.
    pub async fn replace_credentials(
        &self,
        caller: &Caller,
        account: AccountId,
        replaced: Replaced,
    ) -> Result<AccountRecord, Refusal> {
        caller.require(Role::Admin)?;
        let Some((before, config)) = self.tenant(caller.tenant).account_config(account).await? else {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        };
        if before.status == AccountStatus::Disconnected {
            return Err(Refusal::Conflict(format!(
                "store `{}` is disconnected; connect it again",
                before.name
            )));
        }
        if replaced.credentials.is_empty() {
            return Err(Refusal::field(
                "credentials",
                "name at least one credential that changes; those left out stay",
            ));
        }
        let channel = self.known_channel(before.channel.as_str())?;
        let changed: BTreeSet<String> = replaced
            .credentials
            .iter()
            .filter(|(name, text)| config.credentials.get(*name) != Some(text))
            .map(|(name, _)| name.clone())
            .collect();
        let mut credentials = config.credentials;
        credentials.extend(replaced.credentials);
        let draft = AccountDraft {
            name: before.name.clone(),
            marketplaces: before.marketplaces.clone(),
            credentials,
            endpoints: before.endpoints.clone(),
            options: before.options.clone(),
        };
        let checked = channel.check(&draft).map_err(Refusal::Fields)?;
        if checked.external_id != before.external_id {
            return Err(Refusal::Conflict(format!(
                "these credentials are of {}, while store `{}` is {}; nothing was changed. Sign in as that seller, or connect \
                 the other one as a store of its own",
                checked.external_id, before.name, before.external_id
            )));
        }
        let anew = terms_begun(channel.terms(), &changed, replaced.consent);
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let change = AccountChange {
            credentials: Some(draft.credentials),
            ..AccountChange::default()
        };
        tx.update_account(account, change).await?;
        tx.begin_terms(account, &anew, None).await?;
        for term in channel.terms().iter().filter(|term| anew.contains(&term.name)) {
            forget_warnings(&mut tx, account, term, None).await?;
        }
        if before.status == AccountStatus::NeedsReauthorisation {
            crate::care::resume(&mut tx, account).await?;
        }
        tx.resolve_alert(&job::reauthorise_key(account)).await?;
        tx.enqueue(job::check_account(account, self.env().now())).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "account.credentials",
            subject: &account.to_string(),
            detail: &before.name,
        })
        .await?;
        tx.commit().await?;
        self.account_changed(account);
        self.existing(caller, account).await
    }

    /// What of an account ends by itself, and when.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such account.
    pub async fn account_terms(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<AccountTerm>, Refusal> {
        caller.require(Role::Viewer)?;
        let record = self.existing(caller, account).await?;
        let known = self.tenant(caller.tenant).account_terms(account).await?;
        Ok(self.terms_of(&record, &known))
    }

    /// The terms of an account by what is known of them. Of an account from before terms were kept, they began when it was connected.
    pub(crate) fn terms_of(&self, record: &AccountRecord, known: &[TermRecord]) -> Vec<AccountTerm> {
        let channel = self.channel(record.channel.as_str());
        let terms = channel.map_or(&[][..], |channel| channel.terms());
        let of = |term: &Term| {
            let found = known.iter().find(|k| k.name == term.name);
            let began_at = found.map_or(record.connected_at, |k| k.began_at);
            let told = found.and_then(|k| k.ends_at);
            AccountTerm {
                name: term.name,
                label: term.label,
                began_at,
                ends_at: term.ends(began_at, told),
                told: told.is_some(),
                remedy: term.remedy,
            }
        };
        terms.iter().map(of).collect()
    }

    /// Where a person puts an account right again: the page with its button, for alerts.
    pub(crate) fn repair_link(&self, account: AccountId) -> String {
        let public = self.settings().public_url.as_deref().unwrap_or_default();
        format!("{}/channels/{account}/renew", public.trim_end_matches('/'))
    }

    /// Tells people of what ends soon, each warning once; what was seen to is told no more. Gives the sentences for the account's page.
    pub(crate) async fn tell_terms(
        &self,
        tx: &mut TenantTx,
        record: &AccountRecord,
        known: &[TermRecord],
    ) -> Result<Vec<String>, StoreError> {
        let (now, mut told) = (self.env().now(), Vec::new());
        let channel = self.channel(record.channel.as_str());
        let terms = channel.map_or(&[][..], |channel| channel.terms());
        for (term, found) in terms.iter().zip(self.terms_of(record, known)) {
            let due = term.due(found.ends_at, now);
            forget_warnings(tx, record.id, term, due).await?;
            let Some(days) = due else { continue };
            let when = match Term::days_left(found.ends_at, now) {
                Some(left) => format!("ends in {left} days"),
                None => "has ended".to_owned(),
            };
            let sentence = format!("{} {when}; {}", term.label, term.remedy);
            let last = term.warn_days.iter().min() == Some(&days);
            tx.raise_alert(NewAlert {
                kind: "account.term",
                severity: if last {
                    Severity::Critical
                } else {
                    Severity::Warning
                },
                dedupe_key: warning_key(record.id, term, days),
                account: Some(record.id),
                subject: Some(record.id.to_string()),
                title: format!("{}: {} {when}", record.name, term.label),
                detail: format!(
                    "{} It would end on {}. Do it here: {}",
                    capital(&format!("{}.", term.remedy)),
                    found.ends_at.to_string().chars().take(10).collect::<String>(),
                    self.repair_link(record.id)
                ),
            })
            .await?;
            told.push(sentence);
        }
        Ok(told)
    }
}

/// The terms that begin anew by these changes.
pub(crate) fn terms_begun(
    terms: &'static [Term],
    changed: &BTreeSet<String>,
    consent: bool,
) -> Vec<&'static str> {
    let anew = |term: &&Term| {
        (consent && term.takes_consent) || term.credentials.iter().any(|name| changed.contains(*name))
    };
    terms.iter().filter(anew).map(|term| term.name).collect()
}

fn warning_key(account: AccountId, term: &Term, days: u64) -> String {
    format!("account.term:{account}:{}:{days}", term.name)
}

/// Ends the warnings about a term other than the one that is due.
async fn forget_warnings(
    tx: &mut TenantTx,
    account: AccountId,
    term: &Term,
    due: Option<u64>,
) -> Result<(), StoreError> {
    for days in term.warn_days.iter().filter(|days| due != Some(**days)) {
        tx.resolve_alert(&warning_key(account, term, *days)).await?;
    }
    Ok(())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
