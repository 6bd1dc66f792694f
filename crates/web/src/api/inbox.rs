//! The inbox: what channels sent, what came of it, and having it worked again.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, InboxId};
use stockbridge_engine::WebhookState;
use stockbridge_store::{InboxFilter, InboxRecord, InboxState};

use super::paged;
use super::stores::found;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, one_of, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const FILTERS: &[Param] = paged![
    "state": "new, done, refused or dead",
    "account": "Only this store's, by id",
    "topic": "Only this topic, in the channel's words",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/api/v1/inbox", "What channels sent, the last first", list)
            .query(FILTERS)
            .lists("InboxEvent"),
        route::get("/api/v1/inbox/{id}", "One message, without its body", get).gives(200, "InboxEvent"),
        route::get(
            "/api/v1/inbox/{id}/body",
            "What it said, as it came; that you looked is written to the audit log",
            body,
        )
        .needs(Role::Admin)
        .gives(200, "InboxBody"),
        route::post("/api/v1/inbox/{id}/replay", "Have it worked again", replay).gives(200, "InboxEvent"),
        route::get(
            "/api/v1/integrations/{channel}/stores/{id}/webhooks",
            "Where the store's channel sends to, and how that stands",
            state,
        )
        .gives(200, "WebhookState"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/check",
            "Look after the store now: test it and put its webhooks in order",
            check,
        ),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    state: Option<String>,
    account: Option<String>,
    topic: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<InboxRecord>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    let filter = InboxFilter {
        state: one_of("state", wanted.state, InboxState::ALL)?,
        account: parsed::<AccountId>("account", wanted.account)?,
        topic: wanted.topic,
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).inbox(&filter, &page).await?.into(),
    ))
}

async fn get(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<InboxRecord>, Problem> {
    let id: InboxId = path.id("id")?;
    let event = app.tenant(caller.tenant).inbox_event(id).await?;
    event
        .map(ApiJson)
        .ok_or_else(|| Problem::not_found(format!("There is no message {id}.")))
}

/// A body: as text where it is text, in base64 in any case.
#[derive(Debug, Serialize)]
struct InboxBody {
    text: Option<String>,
    base64: String,
}

async fn body(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<InboxBody>, Problem> {
    let body = app.hub().event_body(&caller, path.id("id")?).await?;
    Ok(ApiJson(InboxBody {
        base64: STANDARD.encode(&body),
        text: String::from_utf8(body).ok(),
    }))
}

async fn replay(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<InboxRecord>, Problem> {
    Ok(ApiJson(app.hub().replay_event(&caller, path.id("id")?).await?))
}

async fn state(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<WebhookState>, Problem> {
    let account = found(&app, &who, &path).await?;
    Ok(ApiJson(app.hub().webhook_state(&who.0, account.id).await?))
}

async fn check(State(app): State<App>, who: Who, path: ApiPath) -> Result<StatusCode, Problem> {
    let account = found(&app, &who, &path).await?;
    app.hub().ask_account_check(&who.0, account.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
