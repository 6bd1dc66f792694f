//! The work behind the scenes: runs, jobs, lanes and budgets.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::{AccountId, JobId, RunId};
use stockbridge_store::{BudgetRecord, BulkRecord, JobFilter, JobRecord, JobState, LaneRecord, RunRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/api/v1/runs", "Sync history, newest first", runs)
            .query(paged!["account": "Only this store's, by id"])
            .lists("Run"),
        route::get("/api/v1/runs/{id}", "One run", run).gives(200, "Run"),
        route::get(
            "/api/v1/batches",
            "Very many quantities handed in to a channel at once, newest first",
            batches,
        )
        .query(paged!["account": "Only this store's, by id"])
        .lists("Batch"),
        route::get("/api/v1/jobs", "Jobs, newest first", jobs)
            .query(paged![
                "state": "queued, running, done or dead",
                "kind": "Only this kind",
                "account": "Only this store's, by id",
            ])
            .lists("Job"),
        route::get("/api/v1/jobs/{id}", "One job", job).gives(200, "Job"),
        route::post("/api/v1/jobs/{id}/retry", "Try a dead job again", retry).gives(200, "Job"),
        route::post("/api/v1/jobs/{id}/cancel", "Let a waiting or dead job go", cancel).gives(200, "Job"),
        route::get("/api/v1/lanes", "Lanes with what they wait for", lanes).lists("Lane"),
        route::get("/api/v1/budgets", "Calls the channels still allow", budgets).lists("Budget"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedRuns {
    account: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn runs(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedRuns>,
) -> Result<ApiJson<List<RunRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let account = parsed::<AccountId>("account", wanted.account)?;
    Ok(ApiJson(
        app.tenant(caller.tenant).runs(account, &page).await?.into(),
    ))
}

async fn batches(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedRuns>,
) -> Result<ApiJson<List<BulkRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let account = parsed::<AccountId>("account", wanted.account)?;
    Ok(ApiJson(
        app.tenant(caller.tenant).bulks(account, &page).await?.into(),
    ))
}

async fn run(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<ApiJson<RunRecord>, Problem> {
    let id: RunId = path.id("id")?;
    let run = app.tenant(caller.tenant).run(id).await?;
    Ok(ApiJson(
        run.ok_or_else(|| Problem::not_found("There is no such run."))?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedJobs {
    state: Option<String>,
    kind: Option<String>,
    account: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn jobs(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedJobs>,
) -> Result<ApiJson<List<JobRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let unknown = |text: &str| {
        Problem::field(
            "/query/state",
            format!("`{text}` is none of queued, running, done, dead"),
        )
    };
    let state = wanted
        .state
        .map(|text| JobState::parse(&text).ok_or_else(|| unknown(&text)))
        .transpose()?;
    let filter = JobFilter {
        state,
        kind: wanted.kind,
        account: parsed::<AccountId>("account", wanted.account)?,
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).jobs(&filter, &page).await?.into(),
    ))
}

async fn found(app: &App, who: &Who, id: JobId) -> Result<JobRecord, Problem> {
    let job = app.tenant(who.0.tenant).job(id).await?;
    job.ok_or_else(|| Problem::not_found("There is no such job."))
}

async fn job(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<JobRecord>, Problem> {
    Ok(ApiJson(found(&app, &who, path.id("id")?).await?))
}

async fn retry(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<JobRecord>, Problem> {
    let id: JobId = path.id("id")?;
    retried(&app, &who, id).await?;
    Ok(ApiJson(found(&app, &who, id).await?))
}

/// Tries a dead job again.
pub(crate) async fn retried(app: &App, who: &Who, id: JobId) -> Result<(), Problem> {
    let job = found(app, who, id).await?;
    if app.tenant(who.0.tenant).retry_job(id, &who.0.actor).await? {
        return Ok(());
    }
    Err(Problem::conflict(format!(
        "The job is {}; only a dead job can be tried again.",
        job.state.name()
    )))
}

async fn cancel(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<JobRecord>, Problem> {
    let id: JobId = path.id("id")?;
    cancelled(&app, &who, id).await?;
    Ok(ApiJson(found(&app, &who, id).await?))
}

/// Lets a waiting or dead job go.
pub(crate) async fn cancelled(app: &App, who: &Who, id: JobId) -> Result<(), Problem> {
    let job = found(app, who, id).await?;
    if app.tenant(who.0.tenant).cancel_job(id, &who.0.actor).await? {
        return Ok(());
    }
    Err(Problem::conflict(format!(
        "The job is {}; only a waiting or dead job can be cancelled.",
        job.state.name()
    )))
}

async fn lanes(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<LaneRecord>>, Problem> {
    Ok(List::whole(app.tenant(caller.tenant).lanes().await?))
}

async fn budgets(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<BudgetRecord>>, Problem> {
    Ok(List::whole(app.tenant(caller.tenant).budgets().await?))
}
