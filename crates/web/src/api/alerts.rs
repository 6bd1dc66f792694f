//! Alerts: what needs a person.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::{AccountId, AlertId, Timestamp};
use stockbridge_store::{AlertFilter, AlertRecord, AlertState, Severity};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const FILTERS: &[Param] = paged![
    "state": "open, acknowledged, snoozed or resolved",
    "severity": "info, warning or critical",
    "account": "Only this store's, by id",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for path in ["/api/v1/alerts", "/api/v1/inventory/alerts"] {
        routes.push(
            route::get(path, "Alerts, the last first", list)
                .query(FILTERS)
                .lists("Alert"),
        );
        routes.push(
            route::patch(path, "Acknowledge, snooze, resolve or reopen alerts", patch)
                .takes("AlertPatch")
                .lists("Alert"),
        );
    }
    routes.push(
        route::patch(
            "/api/v1/alerts/{id}",
            "Acknowledge, snooze, resolve or reopen an alert",
            patch_one,
        )
        .takes("AlertChange")
        .gives(200, "Alert"),
    );
    routes.push(route::get("/api/v1/alerts/{id}", "One alert", get).gives(200, "Alert"));
    routes
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    state: Option<String>,
    severity: Option<String>,
    account: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<AlertRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = AlertFilter {
        state: one_of("state", wanted.state, AlertState::ALL)?,
        severity: one_of("severity", wanted.severity, Severity::ALL)?,
        account: parsed::<AccountId>("account", wanted.account)?,
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).alerts(&filter, &page).await?.into(),
    ))
}

async fn found(app: &App, who: &Who, id: AlertId) -> Result<AlertRecord, Problem> {
    let alert = app.tenant(who.0.tenant).alert(id).await?;
    alert.ok_or_else(|| Problem::not_found(format!("There is no alert {id}.")))
}

async fn get(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<AlertRecord>, Problem> {
    Ok(ApiJson(found(&app, &who, path.id("id")?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    ids: Vec<AlertId>,
    state: AlertState,
    snooze_until: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    state: AlertState,
    snooze_until: Option<Timestamp>,
}

/// Snoozing has an end that is to come; nothing else has one.
fn check_end(app: &App, state: AlertState, until: Option<Timestamp>) -> Result<(), Problem> {
    let wrong = match (state == AlertState::Snoozed, until) {
        (true, None) => "say until when to snooze, such as 2026-11-21T18:00:00Z",
        (false, Some(_)) => "leave it out; only snoozing has an end",
        (true, Some(until)) if until <= app.now() => "this instant is past; choose a later one",
        _ => return Ok(()),
    };
    Err(Problem::field("/snooze_until", wrong))
}

async fn patch(
    State(app): State<App>,
    who: Who,
    ApiJson(body): ApiJson<Patch>,
) -> Result<ApiJson<List<AlertRecord>>, Problem> {
    if body.ids.is_empty() || body.ids.len() > 200 {
        return Err(Problem::field("/ids", "name 1 to 200 alerts by their ids"));
    }
    check_end(&app, body.state, body.snooze_until)?;
    // All are there, or none is changed.
    for id in &body.ids {
        found(&app, &who, *id).await?;
    }
    let mut changed = Vec::with_capacity(body.ids.len());
    for id in body.ids {
        changed.push(set(&app, &who, id, body.state, body.snooze_until).await?);
    }
    Ok(List::whole(changed))
}

async fn patch_one(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Change>,
) -> Result<ApiJson<AlertRecord>, Problem> {
    let id: AlertId = path.id("id")?;
    check_end(&app, body.state, body.snooze_until)?;
    Ok(ApiJson(set(&app, &who, id, body.state, body.snooze_until).await?))
}

async fn set(
    app: &App,
    who: &Who,
    id: AlertId,
    state: AlertState,
    until: Option<Timestamp>,
) -> Result<AlertRecord, Problem> {
    app.tenant(who.0.tenant)
        .set_alert_state(id, state, until, &who.0.actor)
        .await?;
    found(app, who, id).await
}
