//! Stores: connected accounts, their tests and syncs.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stockbridge_domain::channel::{DataKind, Health, SecretText};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, OrderId};
use stockbridge_engine::{AccountPatch, ChannelLocation, ConnectRequest, Parcel};
use stockbridge_store::{
    AccountRecord, BudgetRecord, JobFilter, JobRecord, LaneRecord, PageQuery, RunRecord, ScheduleRecord,
    ShipmentRecord,
};

use crate::extract::{ApiJson, ApiPath, List, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/integrations/{channel}/connect",
            "Connect an account",
            connect,
        )
        .needs(Role::Admin)
        .takes("Connect")
        .gives(201, "Store"),
        route::get(
            "/api/v1/integrations/{channel}/stores",
            "Stores of a channel",
            list,
        )
        .lists("Store"),
        route::get("/api/v1/stores", "Stores of every channel", all).lists("Store"),
        route::get("/api/v1/integrations/{channel}/stores/{id}", "One store", get).gives(200, "Store"),
        route::patch(
            "/api/v1/integrations/{channel}/stores/{id}",
            "Rename, change options and schedules, pause or resume",
            patch,
        )
        .needs(Role::Admin)
        .takes("StorePatch")
        .gives(200, "Store"),
        route::get(
            "/api/v1/integrations/{channel}/stores/{id}/locations",
            "The channel's own locations, and which of ours feed them; the options `location_map` and `default_location` say so",
            locations,
        )
        .lists("ChannelLocation"),
        route::delete(
            "/api/v1/integrations/{channel}/stores/{id}",
            "Disconnect: forget the credentials, keep the history",
            delete,
        )
        .needs(Role::Admin),
    ]
    .into_iter()
    .chain(work())
    .collect()
}

/// What a store is asked to do.
fn work() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/test",
            "Test the connection",
            test,
        )
        .gives(200, "Health"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/sync-orders",
            "Read orders now",
            sync_orders,
        )
        .gives(202, "SyncStarted"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/sync-inventory",
            "Read back what the channel shows now",
            sync_inventory,
        )
        .gives(202, "SyncStarted"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/sync",
            "Read these kinds of data now",
            sync,
        )
        .takes("Sync")
        .gives(202, "SyncStarted"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/update-tracking",
            "Ship what is left of an order and tell the channel",
            update_tracking,
        )
        .takes("Tracking")
        .gives(201, "Shipment"),
        route::get(
            "/api/v1/integrations/{channel}/stores/{id}/sync-status",
            "What is read when, what runs, what waits",
            status,
        )
        .gives(200, "SyncStatus"),
    ]
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

impl From<Connect> for ConnectRequest {
    fn from(body: Connect) -> Self {
        let secret = |(name, text): (String, String)| (name, SecretText::new(text));
        Self {
            name: body.name,
            marketplaces: body.marketplaces,
            credentials: body.credentials.into_iter().map(secret).collect(),
            endpoints: body.endpoints,
            options: body.options,
        }
    }
}

async fn connect(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Connect>,
) -> Result<(StatusCode, ApiJson<AccountRecord>), Problem> {
    let channel = known(&app, &path)?;
    let account = app.hub().connect(&caller, channel, body.into()).await?;
    Ok((StatusCode::CREATED, ApiJson(account)))
}

/// The channel of the path, if there is such a one.
pub(crate) fn known<'p>(app: &App, path: &'p ApiPath) -> Result<&'p str, Problem> {
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
pub(crate) async fn found(app: &App, who: &Who, path: &ApiPath) -> Result<AccountRecord, Problem> {
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

async fn locations(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
) -> Result<ApiJson<List<ChannelLocation>>, Problem> {
    let account = found(&app, &who, &path).await?;
    let locations = app.hub().channel_locations(&who.0, account.id).await?;
    Ok(List::whole(locations))
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

/// What was asked for and what is under way.
#[derive(Debug, Serialize)]
struct Started {
    jobs: Vec<JobRecord>,
    runs: Vec<RunRecord>,
}

type Starting = Result<(StatusCode, ApiJson<Started>), Problem>;

async fn start(app: &App, who: &Who, path: &ApiPath, kinds: &[DataKind]) -> Starting {
    let account = found(app, who, path).await?;
    let runs = app.hub().sync_now(&who.0, account.id, kinds).await?;
    let mut jobs = Vec::new();
    for kind in kinds {
        jobs.extend(pull_job(app, who, account.id, *kind).await?);
    }
    Ok((StatusCode::ACCEPTED, ApiJson(Started { jobs, runs })))
}

/// The newest job that pulls a kind of data.
pub(crate) async fn pull_job(
    app: &App,
    who: &Who,
    account: AccountId,
    kind: DataKind,
) -> Result<Option<JobRecord>, Problem> {
    let filter = JobFilter {
        kind: Some(format!("{}.pull", kind.name())),
        account: Some(account),
        state: None,
    };
    let newest = app
        .tenant(who.0.tenant)
        .jobs(&filter, &PageQuery::first(1))
        .await?;
    Ok(newest.items.into_iter().next())
}

async fn sync_orders(State(app): State<App>, who: Who, path: ApiPath) -> Starting {
    start(&app, &who, &path, &[DataKind::Orders]).await
}

async fn sync_inventory(State(app): State<App>, who: Who, path: ApiPath) -> Starting {
    start(&app, &who, &path, &[DataKind::Inventory]).await
}

/// What is to be read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sync {
    kinds: Vec<DataKind>,
}

async fn sync(State(app): State<App>, who: Who, path: ApiPath, ApiJson(body): ApiJson<Sync>) -> Starting {
    if body.kinds.is_empty() || body.kinds.len() > DataKind::ALL.len() {
        return Err(Problem::field(
            "/kinds",
            "name one or more of orders, listings, inventory, returns, warehouse, finance, reports",
        ));
    }
    start(&app, &who, &path, &body.kinds).await
}

async fn update_tracking(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Tracking>,
) -> Result<(StatusCode, ApiJson<ShipmentRecord>), Problem> {
    let store = found(&app, &who, &path).await?;
    let order = app.tenant(who.0.tenant).order(body.order).await?;
    if order.is_none_or(|o| o.order.account != store.id) {
        let message = format!("store `{}` has no order {}", store.name, body.order);
        return Err(Problem::field("/order", message));
    }
    let parcel = Parcel {
        carrier: body.carrier,
        method: body.method,
        tracking: body.tracking,
        lines: Vec::new(),
    };
    let shipment = app.hub().ship_order(&who.0, body.order, parcel).await?;
    Ok((StatusCode::CREATED, ApiJson(shipment)))
}

/// A tracking number of everything of an order that is left to ship.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tracking {
    order: OrderId,
    carrier: String,
    method: Option<String>,
    tracking: String,
}

/// How a store stands.
#[derive(Debug, Serialize)]
struct Status {
    store: AccountRecord,
    schedules: Vec<ScheduleAbout>,
    runs: Vec<RunRecord>,
    lanes: Vec<LaneRecord>,
    budgets: Vec<BudgetRecord>,
}

#[derive(Debug, Serialize)]
struct ScheduleAbout {
    every_secs: u64,
    #[serde(flatten)]
    schedule: ScheduleRecord,
}

/// How many runs are looked through for the last of each kind.
const RUNS: i64 = 500;

async fn status(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<Status>, Problem> {
    let store = found(&app, &who, &path).await?;
    let tenant = app.tenant(who.0.tenant);
    let mut lanes = tenant.lanes().await?;
    lanes.retain(|lane| lane.account == Some(store.id));
    let mut budgets = tenant.budgets().await?;
    budgets.retain(|budget| budget.account == store.id);
    let mut schedules = tenant.schedules().await?;
    schedules.retain(|schedule| schedule.account == store.id);
    let mut runs: Vec<RunRecord> = Vec::new();
    for run in tenant.runs(Some(store.id), &PageQuery::first(RUNS)).await?.items {
        if runs.iter().all(|newer| newer.kind != run.kind) {
            runs.push(run);
        }
    }
    let schedules = schedules.into_iter().map(|schedule| ScheduleAbout {
        every_secs: schedule.every.as_secs(),
        schedule,
    });
    Ok(ApiJson(Status {
        schedules: schedules.collect(),
        store,
        runs,
        lanes,
        budgets,
    }))
}
