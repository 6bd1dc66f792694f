//! Alerts: what needs a person.

use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, AlertId, Timestamp};
use stockbridge_store::{AlertFilter, AlertRecord, AlertState, Severity};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, one_of, parsed};
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::{Param, Route};
use crate::state::App;

const FILTERS: &[Param] = paged![
    "state": "open, acknowledged, snoozed or resolved",
    "severity": "info, warning or critical",
    "account": "Only this store's, by id",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let operator = Access::Role(Role::Operator);
    let mut routes = Vec::new();
    for path in ["/api/v1/alerts", "/api/v1/inventory/alerts"] {
        routes.push(
            Route::api(Method::GET, path, viewer, "Alerts, the last first", list)
                .query(FILTERS)
                .lists("Alert"),
        );
        routes.push(
            Route::api(
                Method::PATCH,
                path,
                operator,
                "Acknowledge, snooze, resolve or reopen alerts",
                patch,
            )
            .takes("AlertPatch")
            .lists("Alert"),
        );
    }
    routes.push(Route::api(Method::GET, "/api/v1/alerts/{id}", viewer, "One alert", get).gives(200, "Alert"));
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
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
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
    until: Option<Timestamp>,
}

async fn patch(
    State(app): State<App>,
    who: Who,
    ApiJson(body): ApiJson<Patch>,
) -> Result<ApiJson<List<AlertRecord>>, Problem> {
    if body.ids.is_empty() || body.ids.len() > 200 {
        return Err(Problem::field("/ids", "name 1 to 200 alerts by their ids"));
    }
    let snoozes = body.state == AlertState::Snoozed;
    match body.until {
        None if snoozes => return Err(Problem::field("/until", "say until when to snooze (RFC 3339)")),
        Some(_) if !snoozes => {
            return Err(Problem::field("/until", "leave it out; only snoozing has an end"));
        }
        Some(until) if until <= app.now() => return Err(Problem::field("/until", "this instant is past")),
        _ => {}
    }
    // All are there, or none is changed.
    for id in &body.ids {
        found(&app, &who, *id).await?;
    }
    let mut changed = Vec::with_capacity(body.ids.len());
    for id in body.ids {
        app.tenant(who.0.tenant)
            .set_alert_state(id, body.state, body.until)
            .await?;
        changed.push(found(&app, &who, id).await?);
    }
    Ok(List::whole(changed))
}
