//! Stores: connected accounts, their tests and syncs.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{DataKind, Health, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{AccountPatch, ConnectRequest};
use stockbridge_store::{AccountRecord, LaneRecord, PageQuery, RunRecord, ScheduleRecord};

use crate::extract::{ApiJson, ApiPath, List, Who};
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let operator = Access::Role(Role::Operator);
    let admin = Access::Role(Role::Admin);
    let post = Method::POST;
    vec![
        Route::api(
            Method::GET,
            "/api/v1/channels",
            viewer,
            "Channels that can be connected, with what they ask for",
            channels,
        )
        .lists("Channel"),
        Route::api(
            post.clone(),
            "/api/v1/integrations/{channel}/connect",
            admin,
            "Connect an account",
            connect,
        )
        .takes("Connect")
        .gives(201, "Store"),
        Route::api(
            Method::GET,
            "/api/v1/integrations/{channel}/stores",
            viewer,
            "Stores of a channel",
            list,
        )
        .lists("Store"),
        Route::api(
            Method::GET,
            "/api/v1/stores",
            viewer,
            "Stores of every channel",
            all,
        )
        .lists("Store"),
        Route::api(
            Method::GET,
            "/api/v1/integrations/{channel}/stores/{id}",
            viewer,
            "One store",
            get,
        )
        .gives(200, "Store"),
        Route::api(
            Method::PATCH,
            "/api/v1/integrations/{channel}/stores/{id}",
            admin,
            "Rename, change options and schedules, pause or resume",
            patch,
        )
        .takes("StorePatch")
        .gives(200, "Store"),
        Route::api(
            Method::DELETE,
            "/api/v1/integrations/{channel}/stores/{id}",
            admin,
            "Disconnect: forget the credentials, keep the history",
            delete,
        ),
        Route::api(
            post.clone(),
            "/api/v1/integrations/{channel}/stores/{id}/test",
            operator,
            "Test the connection",
            test,
        )
        .gives(200, "Health"),
        Route::api(
            post.clone(),
            "/api/v1/integrations/{channel}/stores/{id}/sync-orders",
            operator,
            "Read orders now",
            sync_orders,
        )
        .lists_with(202, "Run"),
        Route::api(
            post.clone(),
            "/api/v1/integrations/{channel}/stores/{id}/sync-inventory",
            operator,
            "Read back what the channel shows now",
            sync_inventory,
        )
        .lists_with(202, "Run"),
        Route::api(
            post,
            "/api/v1/integrations/{channel}/stores/{id}/sync",
            operator,
            "Read these kinds of data now",
            sync,
        )
        .takes("Sync")
        .lists_with(202, "Run"),
        Route::api(
            Method::GET,
            "/api/v1/integrations/{channel}/stores/{id}/sync-status",
            viewer,
            "What is read when, what runs, what waits",
            status,
        )
        .gives(200, "SyncStatus"),
    ]
}

/// A channel, described for those who connect one.
#[derive(Debug, Serialize)]
struct ChannelAbout {
    channel: &'static str,
    label: &'static str,
    summary: &'static str,
    capabilities: Vec<stockbridge_domain::channel::Capability>,
    credentials: Vec<FieldAbout>,
    marketplaces: Vec<MarketplaceAbout>,
    remote: bool,
}

#[derive(Debug, Serialize)]
struct FieldAbout {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    secret: bool,
    required: bool,
}

#[derive(Debug, Serialize)]
struct MarketplaceAbout {
    code: &'static str,
    id: &'static str,
    name: &'static str,
    currency: &'static str,
    region: &'static str,
}

async fn channels(State(app): State<App>) -> ApiJson<List<ChannelAbout>> {
    let data = app
        .hub()
        .channels()
        .iter()
        .map(|c| c.descriptor())
        .map(|d| ChannelAbout {
            channel: d.kind,
            label: d.label,
            summary: d.summary,
            capabilities: d.capabilities.to_vec(),
            credentials: d
                .credentials
                .iter()
                .map(|f| FieldAbout {
                    name: f.name,
                    label: f.label,
                    help: f.help,
                    secret: f.secret,
                    required: f.required,
                })
                .collect(),
            marketplaces: d
                .marketplaces
                .iter()
                .map(|m| MarketplaceAbout {
                    code: m.code,
                    id: m.id,
                    name: m.name,
                    currency: m.currency,
                    region: m.region,
                })
                .collect(),
            remote: d.remote,
        });
    List::whole(data.collect())
}

/// What connects an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    name: String,
    #[serde(default)]
    marketplaces: Vec<String>,
    #[serde(default)]
    credentials: BTreeMap<String, String>,
    #[serde(default)]
    endpoints: BTreeMap<String, String>,
    #[serde(default)]
    options: BTreeMap<String, Value>,
}

async fn connect(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Connect>,
) -> Result<(StatusCode, ApiJson<AccountRecord>), Problem> {
    let channel = known(&app, &path)?;
    let request = ConnectRequest {
        name: body.name,
        marketplaces: body.marketplaces,
        credentials: body
            .credentials
            .into_iter()
            .map(|(k, v)| (k, SecretText::new(v)))
            .collect(),
        endpoints: body.endpoints,
        options: body.options,
    };
    let account = app.hub().connect(&caller, channel, request).await?;
    Ok((StatusCode::CREATED, ApiJson(account)))
}

/// The channel of the path, if there is such a one.
fn known<'p>(app: &App, path: &'p ApiPath) -> Result<&'p str, Problem> {
    let channel = path.text("channel");
    if app.hub().channel(channel).is_some() {
        return Ok(channel);
    }
    let names: Vec<&str> = app.hub().channels().iter().map(|c| c.descriptor().kind).collect();
    Err(Problem::not_found(format!(
        "There is no channel `{channel}`; there are {}.",
        names.join(", ")
    )))
}

/// The store of the path, if it is of the path's channel.
async fn found(app: &App, who: &Who, path: &ApiPath) -> Result<AccountRecord, Problem> {
    let id: AccountId = path.id("id")?;
    let account = app.tenant(who.0.tenant).account(id).await?;
    account
        .filter(|a| a.channel.as_str() == path.text("channel"))
        .ok_or_else(|| Problem::not_found("There is no such store of this channel."))
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<List<AccountRecord>>, Problem> {
    let channel = known(&app, &path)?;
    let mut accounts = app.tenant(caller.tenant).accounts().await?;
    accounts.retain(|a| a.channel.as_str() == channel);
    Ok(List::whole(accounts))
}

async fn all(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<AccountRecord>>, Problem> {
    Ok(List::whole(app.tenant(caller.tenant).accounts().await?))
}

async fn get(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<AccountRecord>, Problem> {
    Ok(ApiJson(found(&app, &who, &path).await?))
}

/// What may be changed of a store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    name: Option<String>,
    options: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    schedules: BTreeMap<String, u64>,
    paused: Option<bool>,
}

async fn patch(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Patch>,
) -> Result<ApiJson<AccountRecord>, Problem> {
    let account = found(&app, &who, &path).await?;
    let patch = AccountPatch {
        name: body.name,
        options: body.options,
        schedules: body.schedules,
        paused: body.paused,
    };
    Ok(ApiJson(
        app.hub().update_account(&who.0, account.id, patch).await?,
    ))
}

async fn delete(State(app): State<App>, who: Who, path: ApiPath) -> Result<StatusCode, Problem> {
    let account = found(&app, &who, &path).await?;
    app.hub().disconnect(&who.0, account.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<Health>, Problem> {
    let account = found(&app, &who, &path).await?;
    Ok(ApiJson(app.hub().test_account(&who.0, account.id).await?))
}

type Started = Result<(StatusCode, ApiJson<List<RunRecord>>), Problem>;

async fn start(app: &App, who: &Who, path: &ApiPath, kinds: &[DataKind]) -> Started {
    let account = found(app, who, path).await?;
    let runs = app.hub().sync_now(&who.0, account.id, kinds).await?;
    Ok((StatusCode::ACCEPTED, List::whole(runs)))
}

async fn sync_orders(State(app): State<App>, who: Who, path: ApiPath) -> Started {
    start(&app, &who, &path, &[DataKind::Orders]).await
}

async fn sync_inventory(State(app): State<App>, who: Who, path: ApiPath) -> Started {
    start(&app, &who, &path, &[DataKind::Inventory]).await
}

/// What is to be read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sync {
    kinds: Vec<DataKind>,
}

async fn sync(State(app): State<App>, who: Who, path: ApiPath, ApiJson(body): ApiJson<Sync>) -> Started {
    if body.kinds.is_empty() {
        return Err(Problem::field(
            "/kinds",
            "name at least one of orders, listings, inventory",
        ));
    }
    start(&app, &who, &path, &body.kinds).await
}

/// How a store stands.
#[derive(Debug, Serialize)]
struct Status {
    store: AccountRecord,
    schedules: Vec<ScheduleAbout>,
    runs: Vec<RunRecord>,
    lanes: Vec<LaneRecord>,
}

#[derive(Debug, Serialize)]
struct ScheduleAbout {
    every_secs: u64,
    #[serde(flatten)]
    schedule: ScheduleRecord,
}

async fn status(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<Status>, Problem> {
    let store = found(&app, &who, &path).await?;
    let tenant = app.tenant(who.0.tenant);
    let mut lanes = tenant.lanes().await?;
    lanes.retain(|lane| lane.account == Some(store.id));
    let mut schedules = tenant.schedules().await?;
    schedules.retain(|schedule| schedule.account == store.id);
    let runs = tenant.runs(Some(store.id), &PageQuery::first(10)).await?.items;
    Ok(ApiJson(Status {
        store,
        schedules: schedules
            .into_iter()
            .map(|schedule| ScheduleAbout {
                every_secs: schedule.every.as_secs(),
                schedule,
            })
            .collect(),
        runs,
        lanes,
    }))
}
