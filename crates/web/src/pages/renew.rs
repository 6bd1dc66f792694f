//! An account's page of credentials: what ends when, signing in again, and secrets typed anew.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{Descriptor, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{ConsentAddress, Replaced};
use stockbridge_store::{AccountRecord, AccountStatus};

use super::{Frame, channel_label, done};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::channels::{ConsentPage, FormField};
use crate::view::renew::{RenewPage, TermLine};
use crate::view::words::when;

const PATH: &str = "/channels/{id}/renew";

pub(super) fn routes() -> Vec<Route> {
    let admin = Access::Role(Role::Admin);
    vec![
        Route::page(Method::GET, PATH, admin, show),
        Route::page(Method::POST, PATH, admin, replace),
        Route::page(Method::POST, "/channels/{id}/consent", admin, sign_in),
    ]
}

async fn existing(frame: &Frame, path: &ApiPath) -> Result<AccountRecord, Problem> {
    let id: AccountId = path.id("id")?;
    let missing = || Problem::not_found("There is no such account.");
    frame.tenant().account(id).await?.ok_or_else(missing)
}

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let account = existing(&frame, &path).await?;
    let terms = frame.app.hub().account_terms(&frame.who.0, account.id).await?;
    let now = frame.app.now();
    let channel = frame.app.hub().channel(account.channel.as_str());
    let descriptor = channel.map(|channel| channel.descriptor());
    let page = RenewPage {
        id: account.id.to_string(),
        label: channel_label(&frame.app, account.channel.as_str()),
        refused: (account.status == AccountStatus::NeedsReauthorisation)
            .then(|| account.status_reason.clone().unwrap_or_default()),
        consent: channel.is_some_and(|channel| channel.consent().is_some()),
        terms: terms
            .into_iter()
            .map(|term| TermLine {
                label: term.label.to_owned(),
                over: term.ends_at <= now,
                ends: when(term.ends_at, now),
                told: term.told,
                remedy: term.remedy.to_owned(),
            })
            .collect(),
        credentials: descriptor.map(fields).unwrap_or_default(),
        name: account.name,
    };
    let title = format!("Credentials of {}", page.name);
    frame.show("renew", &title, "channels", &page).await
}

/// The channel's fields, all of them optional: what is left empty stays.
fn fields(descriptor: &Descriptor) -> Vec<FormField> {
    let field = |asked: &stockbridge_domain::channel::CredentialField| FormField {
        name: format!("credentials/{}", asked.name),
        label: asked.label.to_owned(),
        help: asked.help.to_owned(),
        secret: asked.secret,
        required: false,
        multiline: asked.multiline,
        choices: vec![],
        value: String::new(),
        problem: None,
    };
    descriptor.credentials.iter().map(field).collect()
}

async fn replace(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: AccountId = path.id("id")?;
    let typed = form
        .group("credentials/")
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), SecretText::new(value)))
        .collect();
    let replaced = Replaced::typed(typed);
    let account = app.hub().replace_credentials(&caller, id, replaced).await?;
    let said = format!("{} has its new credentials; they are being tried.", account.name);
    Ok(done(&app, &format!("/channels/{id}/renew"), said))
}

async fn sign_in(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let account = existing(&frame, &path).await?;
    let hub = frame.app.hub();
    let address = hub.begin_reauthorisation(&frame.who.0, account.id).await?;
    let channel = hub.channel(account.channel.as_str());
    let descriptor = channel
        .map(|channel| channel.descriptor())
        .ok_or_else(|| Problem::not_found("There is no such channel."))?;
    go_there(&frame, descriptor, address).await
}

/// A page with the link to the channel.
pub(super) async fn go_there(
    frame: &Frame,
    descriptor: &Descriptor,
    address: ConsentAddress,
) -> Result<Response, Problem> {
    let host = address.consent_url.split('/').nth(2).unwrap_or_default();
    let page = ConsentPage {
        kind: descriptor.kind.into(),
        label: descriptor.label.into(),
        host: host.to_owned(),
        until: when(address.expires_at, frame.app.now()),
        href: address.consent_url,
    };
    frame.show("consent", descriptor.label, "channels", &page).await
}
