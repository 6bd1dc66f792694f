//! Channels: connected accounts with their health, and connecting one by a form drawn from the channel's descriptor.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use stockbridge_domain::channel::{Descriptor, OptionKind, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_engine::{AccountPatch, ConnectRequest, Refusal, WebhookState};
use stockbridge_store::{AccountRecord, AccountStatus};

use super::overview::status;
use super::{Accounts, Frame, channel_label, component, done, is_remote};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::{FieldProblem, Problem};
use crate::route::Route;
use crate::state::App;
use crate::view::channels::{
    AccountCard, ChannelCard, ChannelsPage, ConnectPage, FormField, MarketChoice, Region, WebhookCard,
};
use crate::view::words::{count, when};
use crate::view::{Badge, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    let admin = Access::Role(Role::Admin);
    let post = Method::POST;
    vec![
        Route::page(Method::GET, "/channels", Access::Role(Role::Viewer), list),
        Route::page(Method::GET, "/channels/connect/{channel}", admin, form),
        Route::page(post.clone(), "/channels/connect/{channel}", admin, connect),
        Route::page(post.clone(), "/channels/{id}/sync", operator, sync),
        Route::page(post.clone(), "/channels/{id}/test", operator, test),
        Route::page(post.clone(), "/channels/{id}/check", operator, check),
        Route::page(post.clone(), "/channels/{id}/pause", admin, pause),
        Route::page(post.clone(), "/channels/{id}/resume", admin, resume),
        Route::page(post, "/channels/{id}/disconnect", admin, disconnect),
    ]
}

async fn list(frame: Frame) -> Result<Response, Problem> {
    let mut accounts = Accounts::of(&frame.tenant()).await?.0;
    accounts.sort_by_key(|a| (a.status == AccountStatus::Disconnected, a.connected_at));
    let now = frame.app.now();
    let mut cards = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let state = frame.app.hub().webhook_state(&frame.who.0, account.id).await?;
        cards.push(card(&frame.app, account, state, now));
    }
    let page = ChannelsPage {
        accounts: cards,
        channels: frame
            .app
            .hub()
            .channels()
            .iter()
            .map(|c| about(c.descriptor()))
            .collect(),
    };
    frame.show("channels", "Channels", "channels", &page).await
}

fn about(descriptor: &Descriptor) -> ChannelCard {
    ChannelCard {
        href: format!("/channels/connect/{}", component(descriptor.kind)),
        label: descriptor.label.into(),
        summary: descriptor.summary.into(),
        can: descriptor
            .capabilities
            .iter()
            .map(|capability| capability.label())
            .collect(),
    }
}

fn card(app: &App, account: &AccountRecord, state: WebhookState, now: Timestamp) -> AccountCard {
    let kind = account.channel.as_str();
    let descriptor = app.hub().channel(kind).map(|c| c.descriptor());
    let code = |id: &String| {
        let market = descriptor.and_then(|d| d.marketplace(id));
        market.map_or_else(|| id.clone(), |m| m.code.to_owned())
    };
    // An error that was followed by a success is history.
    let failing = account
        .last_error_at
        .is_some_and(|at| account.last_ok_at.is_none_or(|ok| ok < at));
    let remote = is_remote(app, kind);
    AccountCard {
        id: account.id.to_string(),
        name: account.name.clone(),
        channel: channel_label(app, kind),
        external_id: account.external_id.clone(),
        marketplaces: account.marketplaces.iter().map(code).collect(),
        status: status(account.status),
        reason: account.status_reason.clone(),
        last_ok: account.last_ok_at.map(|at| when(at, now)),
        last_error_at: account.last_error_at.filter(|_| failing).map(|at| when(at, now)),
        last_error: account.last_error.clone().filter(|_| failing),
        remedy: match account.status {
            AccountStatus::NeedsReauthorisation => {
                Some("Authorise it again under Credentials; its work goes on where it stopped.".into())
            }
            _ => failing.then(|| "It is tried again by itself. If it stays, test the connection.".into()),
        },
        complete_until: Some(account.orders_complete_until)
            .filter(|at| remote && *at > account.connected_at)
            .map(|at| when(at, now)),
        remote,
        paused: account.status == AccountStatus::Paused,
        disconnected: matches!(account.status, AccountStatus::Disconnected),
        reconnect: format!("/channels/connect/{}", component(kind)),
        checked: state.health.checked_at.map(|at| when(at, now)),
        warnings: state.health.warnings.clone(),
        webhooks: state.supported.then(|| webhooks(state, now)),
    }
}

fn webhooks(state: WebhookState, now: Timestamp) -> WebhookCard {
    let health = state.health;
    let registered = match (health.registered_at, health.by_hand.is_empty()) {
        (None, _) => Badge::new(Tone::Warn, "not registered yet"),
        (Some(_), true) => Badge::new(Tone::Good, "registered"),
        (Some(_), false) if state.last_event_at.is_some() => Badge::new(Tone::Good, "set up by hand"),
        (Some(_), false) => Badge::new(Tone::Warn, "to be set up by hand"),
    };
    let refused = health.refusals.first().map(|last| {
        format!(
            "{} refused within an hour, the last {}: {}",
            count(health.refused_lately, "request was", "requests were"),
            when(last.at, now).text,
            last.reason
        )
    });
    WebhookCard {
        address: state.address_with_key.or(state.address),
        missing: state.missing,
        registered,
        last: state.last_event_at.map(|at| when(at, now)),
        by_hand: health.by_hand,
        refused,
    }
}

/// The descriptor of the path's channel.
fn descriptor(app: &App, path: &ApiPath) -> Result<&'static Descriptor, Problem> {
    let channel = app.hub().channel(path.text("channel"));
    channel
        .map(|c| c.descriptor())
        .ok_or_else(|| Problem::not_found("There is no such channel."))
}

async fn form(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let descriptor = descriptor(&frame.app, &path)?;
    let page = drawn(&frame.app, descriptor, &Form::default(), &[]);
    frame.show("connect", descriptor.label, "channels", &page).await
}

/// The form of a channel with what was typed and what is wrong with it.
fn drawn(app: &App, descriptor: &Descriptor, typed: &Form, problems: &[FieldProblem]) -> ConnectPage {
    let mut left: Vec<&FieldProblem> = problems.iter().collect();
    let mut problem_of = |pointer: String| {
        let at = left.iter().position(|p| p.pointer == pointer)?;
        Some(left.remove(at).message.clone())
    };
    let mut field = |name: String, label: &str, help: &str| FormField {
        problem: problem_of(format!("/{name}")),
        value: typed.get(&name).into(),
        name,
        label: label.into(),
        help: help.into(),
        secret: false,
        required: false,
        multiline: false,
        choices: vec![],
    };
    let name = FormField {
        required: true,
        ..field(
            "name".into(),
            "Name",
            "What your people call it, such as the shop and its country.",
        )
    };
    let credentials = descriptor
        .credentials
        .iter()
        .map(|asked| {
            let drawn = field(format!("credentials/{}", asked.name), asked.label, asked.help);
            FormField {
                secret: asked.secret,
                required: asked.required,
                multiline: asked.multiline,
                value: if asked.secret {
                    String::new()
                } else {
                    drawn.value.clone()
                },
                ..drawn
            }
        })
        .collect();
    let options = descriptor
        .options
        .iter()
        .map(|option| FormField {
            required: option.required,
            choices: choices(option.kind),
            ..field(format!("options/{}", option.name), option.label, option.help)
        })
        .collect();
    let allowed = app.hub().settings().endpoint_overrides;
    let endpoints = descriptor
        .endpoints
        .iter()
        .filter(|_| allowed)
        .map(|name| {
            let help = "An address that replaces the channel's own.";
            field(format!("endpoints/{name}"), name, help)
        })
        .collect();
    let marketplaces_problem = left
        .iter()
        .position(|p| p.pointer.starts_with("/marketplaces"))
        .map(|at| left.remove(at).message.clone());
    ConnectPage {
        kind: descriptor.kind.into(),
        label: descriptor.label.into(),
        summary: descriptor.summary.into(),
        name,
        regions: regions(descriptor, &typed.all("marketplaces")),
        marketplaces_problem,
        credentials,
        options,
        consent: consent_fields(app, descriptor),
        endpoints,
        problems: left.iter().map(|p| p.message.clone()).collect(),
    }
}

/// What an option lets people choose from.
fn choices(kind: OptionKind) -> Vec<String> {
    match kind {
        OptionKind::Text | OptionKind::Number => vec![],
        OptionKind::Flag => vec!["false".into(), "true".into()],
        OptionKind::Choice(choices) => choices.iter().map(|c| (*c).to_owned()).collect(),
    }
}

/// Labels of the fields to be typed before signing in at the channel, where that is possible.
fn consent_fields(app: &App, descriptor: &Descriptor) -> Option<Vec<String>> {
    let asks = app.hub().channel(descriptor.kind)?.consent()?.asks();
    let asked = descriptor.credentials.iter().filter(|f| asks.contains(&f.name));
    Some(asked.map(|f| f.label.to_owned()).collect())
}

fn regions(descriptor: &Descriptor, chosen: &[&str]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for market in descriptor.marketplaces {
        let choice = MarketChoice {
            code: market.code.into(),
            name: market.name.into(),
            currency: market.currency.into(),
            chosen: chosen.contains(&market.code),
        };
        match regions.iter_mut().find(|r| r.name == market.region) {
            Some(region) => region.marketplaces.push(choice),
            None => regions.push(Region {
                name: market.region.into(),
                marketplaces: vec![choice],
            }),
        }
    }
    regions
}

async fn connect(frame: Frame, path: ApiPath, typed: Form) -> Result<Response, Problem> {
    let descriptor = descriptor(&frame.app, &path)?;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let request = ConnectRequest {
        name: typed.get("name").to_owned(),
        marketplaces: typed
            .all("marketplaces")
            .into_iter()
            .map(ToOwned::to_owned)
            .collect(),
        credentials: typed
            .group("credentials/")
            .map(|(name, value)| (name.to_owned(), SecretText::new(value.to_owned())))
            .collect(),
        endpoints: typed.group("endpoints/").map(owned).collect(),
        options: typed
            .group("options/")
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    };
    if typed.get("how") == "consent" {
        let begun = frame
            .app
            .hub()
            .begin_consent(&frame.who.0, descriptor.kind, &request)
            .await;
        return match begun {
            Ok(address) => super::renew::go_there(&frame, descriptor, address).await,
            Err(refusal) => refused(&frame, descriptor, &typed, refusal).await,
        };
    }
    let connected = frame
        .app
        .hub()
        .connect(&frame.who.0, descriptor.kind, request)
        .await;
    match connected {
        Ok(account) => {
            let text = format!(
                "{} is connected; what it lists and sells is being read in.",
                account.name
            );
            Ok(done(&frame.app, "/channels", text))
        }
        Err(refusal) => refused(&frame, descriptor, &typed, refusal).await,
    }
}

/// The form again, with what was typed and what is wrong with it.
async fn refused(
    frame: &Frame,
    descriptor: &'static Descriptor,
    typed: &Form,
    refusal: Refusal,
) -> Result<Response, Problem> {
    let refused = match refusal {
        Refusal::Store(error) => return Err(error.into()),
        refusal => Problem::from(refusal),
    };
    let general = FieldProblem {
        pointer: String::new(),
        message: refused.detail,
    };
    let problems = if refused.errors.is_empty() {
        vec![general]
    } else {
        refused.errors
    };
    let page = drawn(&frame.app, descriptor, typed, &problems);
    let mut response = frame.show("connect", descriptor.label, "channels", &page).await?;
    *response.status_mut() = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    Ok(response)
}

async fn sync(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: AccountId = path.id("id")?;
    app.hub().sync_all(&caller, id).await?;
    Ok(done(
        &app,
        &form.back(),
        "Started: everything the channel has is being read.",
    ))
}

async fn test(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let health = app.hub().test_account(&caller, path.id("id")?).await?;
    let text = std::iter::once(health.summary)
        .chain(health.warnings)
        .collect::<Vec<_>>()
        .join(" ");
    Ok(done(&app, &form.back(), text))
}

async fn check(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().ask_account_check(&caller, path.id("id")?).await?;
    Ok(done(
        &app,
        &form.back(),
        "It is being looked after: tested, and its webhooks put in order.",
    ))
}

async fn set_paused(app: &App, who: &Who, path: &ApiPath, paused: bool) -> Result<AccountRecord, Problem> {
    let patch = AccountPatch {
        paused: Some(paused),
        ..AccountPatch::default()
    };
    Ok(app.hub().update_account(&who.0, path.id("id")?, patch).await?)
}

async fn pause(State(app): State<App>, who: Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    let account = set_paused(&app, &who, &path, true).await?;
    Ok(done(
        &app,
        &form.back(),
        format!("{} is paused; its work waits.", account.name),
    ))
}

async fn resume(State(app): State<App>, who: Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    let account = set_paused(&app, &who, &path, false).await?;
    Ok(done(&app, &form.back(), format!("{} works again.", account.name)))
}

async fn disconnect(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().disconnect(&caller, path.id("id")?).await?;
    Ok(done(
        &app,
        &form.back(),
        "Disconnected; its credentials are forgotten.",
    ))
}
