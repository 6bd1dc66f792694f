//! Returns that channels announce, and receiving them.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::{AccountId, LocationId};
use stockbridge_engine::ReceiveRequest;
use stockbridge_store::{ChannelReturnFilter, ChannelReturnRecord, ReturnRecord};

use super::aftersales::{LineOf, units};
use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/channel-returns",
            "Returns as channels announce them, those that changed last first",
            list,
        )
        .query(paged![
            "account": "Only this store's, by id",
            "awaited": "`true` for those of which something may still come back",
        ])
        .lists("ChannelReturn"),
        route::get("/api/v1/channel-returns/{id}", "One announced return", get).gives(200, "ChannelReturn"),
        route::post(
            "/api/v1/channel-returns/{id}/receive",
            "Receive an announced return into stock, never more than was announced",
            receive,
        )
        .takes("ReceiveReturn")
        .lists_with(201, "Return"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    awaited: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<ChannelReturnRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = ChannelReturnFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        awaited: parsed("awaited", wanted.awaited)?.unwrap_or(false),
    };
    let found = app.tenant(caller.tenant).channel_returns(&filter, &page).await?;
    Ok(ApiJson(found.into()))
}

async fn get(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ChannelReturnRecord>, Problem> {
    let back = app.tenant(caller.tenant).channel_return(path.id("id")?).await?;
    Ok(ApiJson(back.ok_or_else(|| {
        Problem::not_found("There is no such announced return.")
    })?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiveReturn {
    condition: Condition,
    location: Option<LocationId>,
    #[serde(default)]
    lines: Vec<LineOf>,
    reference: Option<String>,
    note: Option<String>,
}

async fn receive(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<ReceiveReturn>,
) -> Result<(axum::http::StatusCode, ApiJson<List<ReturnRecord>>), Problem> {
    let request = ReceiveRequest {
        reference: body.reference,
        condition: body.condition,
        location: body.location,
        lines: units(body.lines),
        note: body.note,
    };
    let records = app.hub().receive_return(&caller, path.id("id")?, request).await?;
    Ok((axum::http::StatusCode::CREATED, List::whole(records)))
}
