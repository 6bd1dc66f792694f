//! Sync: lanes, budgets, runs and jobs that gave up.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use stockbridge_domain::channel::DataKind;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_engine::BooksState;
use stockbridge_store::{
    AccountStatus, BudgetRecord, JobFilter, JobRecord, JobState, LaneRecord, PageQuery, RunRecord, RunState,
};

use super::{Accounts, Frame, choice, done, is_remote, pager};
use crate::api::work::{cancelled, retried};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::sync::{BooksRow, BudgetRow, DeadRow, FindingRow, LaneRow, RunRow, SyncPage};
use crate::view::words::{count, duration, number, when};
use crate::view::{Badge, Tone};

/// Findings shown; the API has them all.
const FINDINGS: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/sync", Access::Role(Role::Viewer), show),
        Route::page(Method::POST, "/sync", operator, start),
        Route::page(Method::POST, "/sync/check", operator, check),
        Route::page(Method::POST, "/jobs/{id}/retry", operator, retry),
        Route::page(Method::POST, "/jobs/{id}/cancel", operator, cancel),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    cursor: Option<String>,
}

async fn show(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let now = frame.app.now();
    let accounts = Accounts::of(&tenant).await?;
    let counts = tenant.queue_counts().await?;
    let query = PageQuery {
        limit: 20,
        cursor: wanted.cursor,
    };
    let runs = tenant.runs(None, &query).await?;
    let gave_up = JobFilter {
        state: Some(JobState::Dead),
        ..JobFilter::default()
    };
    let dead = tenant.jobs(&gave_up, &PageQuery::first(20)).await?;
    let lanes = tenant.lanes().await?;
    let budgets = tenant.budgets().await?;
    let page = SyncPage {
        queued: number(counts.queued),
        running: number(counts.running),
        dead: number(counts.dead),
        any_dead: counts.dead > 0,
        lanes: lanes.iter().map(|l| lane(l, &accounts, now)).collect(),
        budgets: budgets.iter().map(|b| budget(b, &accounts, now)).collect(),
        runs: runs.items.iter().map(|r| run(r, &accounts, now)).collect(),
        runs_pager: pager("/sync", &[], query.cursor.as_deref(), runs.next.as_deref()),
        dead_jobs: dead.items.iter().map(|j| job(j, &accounts, now)).collect(),
        accounts: accounts
            .0
            .iter()
            .filter(|a| a.status == AccountStatus::Active && is_remote(&frame.app, a.channel.as_str()))
            .map(|a| choice(a, ""))
            .collect(),
        books: books(&frame.app.hub().books_state(frame.who.0.tenant).await?, now),
    };
    frame.show("sync", "Sync", "sync", &page).await
}

fn books(state: &BooksState, now: Timestamp) -> BooksRow {
    let Some(last) = &state.last else {
        return BooksRow {
            state: Badge::new(Tone::Quiet, "not checked yet"),
            under_way: state.under_way,
            at: None,
            looked_at: String::new(),
            findings: Vec::new(),
        };
    };
    let check = &last.check;
    let mut findings: Vec<FindingRow> = check
        .findings
        .iter()
        .map(|finding| FindingRow {
            broken: finding.broken,
            what: finding.what.clone(),
            remedy: finding.remedy.to_string(),
        })
        .collect();
    findings.sort_by_key(|finding| !finding.broken);
    findings.truncate(FINDINGS);
    BooksRow {
        state: if check.ok() {
            Badge::new(Tone::Good, "the books agree")
        } else {
            Badge::new(Tone::Bad, "the books do not agree")
        },
        under_way: state.under_way,
        at: Some(when(last.ended_at, now)),
        looked_at: format!(
            "{}, {}, {} and {} compared in {}",
            count(check.entries, "entry", "entries"),
            count(check.balances, "balance", "balances"),
            count(check.order_lines, "order line", "order lines"),
            count(check.listings, "listing", "listings"),
            duration(last.ended_at.since(last.began_at))
        ),
        findings,
    }
}

fn lane(lane: &LaneRecord, accounts: &Accounts, now: Timestamp) -> LaneRow {
    let ready = lane.ready_at.is_some_and(|at| at <= now);
    let state = if lane.paused {
        Badge::new(Tone::Warn, "stopped")
    } else if lane.leased {
        Badge::new(Tone::Good, "working")
    } else if lane.queued == 0 {
        Badge::new(Tone::Quiet, "idle")
    } else if ready {
        Badge::new(Tone::Info, "next")
    } else {
        Badge::new(Tone::Info, "waiting")
    };
    LaneRow {
        owner: lane
            .account
            .map_or_else(|| "This hub".into(), |id| accounts.name(id)),
        name: lane.lane.rsplit('/').next().unwrap_or_default().to_owned(),
        state,
        reason: lane.wait_reason.clone(),
        next: lane
            .ready_at
            .filter(|at| *at > now && !lane.paused)
            .map(|at| when(at, now)),
        queued: number(lane.queued),
        dead: number(lane.dead),
    }
}

fn budget(budget: &BudgetRecord, accounts: &Accounts, now: Timestamp) -> BudgetRow {
    let left = budget.level_micro.div_euclid(1_000_000);
    let missing =
        i128::from(1_000_000 - budget.level_micro) * 1_000_000 / i128::from(budget.rate_micro.max(1));
    let wait = Duration::from_micros(u64::try_from(missing).unwrap_or(0));
    let each = 1_000_000 / budget.rate_micro.max(1);
    BudgetRow {
        account: accounts.name(budget.account),
        bucket: budget.bucket.clone(),
        left: left.max(0),
        burst: budget.burst,
        rate: if each >= 1 {
            format!(
                "one in {}",
                duration(Duration::from_secs(u64::try_from(each).unwrap_or(0)))
            )
        } else {
            format!("{} a second", number(budget.rate_micro / 1_000_000))
        },
        next: (left < 1).then(|| when(now.plus(wait), now)),
    }
}

fn run(run: &RunRecord, accounts: &Accounts, now: Timestamp) -> RunRow {
    RunRow {
        account: accounts.name(run.account),
        kind: run.kind.clone(),
        trigger: run.trigger.clone(),
        state: match run.state {
            RunState::Running => Badge::new(Tone::Info, "running"),
            RunState::Done => Badge::new(Tone::Good, "done"),
            RunState::Failed => Badge::new(Tone::Bad, "failed"),
        },
        started: when(run.started_at, now),
        took: duration(run.ended_at.unwrap_or(now).since(run.started_at)),
        seen: number(run.seen),
        changed: number(run.changed),
        failed: number(run.failed),
        message: run.message.clone(),
    }
}

fn job(job: &JobRecord, accounts: &Accounts, now: Timestamp) -> DeadRow {
    DeadRow {
        id: job.id.to_string(),
        kind: job.kind.clone(),
        account: job
            .account
            .map_or_else(|| "This hub".into(), |id| accounts.name(id)),
        attempts: job.attempts,
        at: when(job.finished_at.unwrap_or(job.created_at), now),
        error: job
            .last_error
            .clone()
            .unwrap_or_else(|| "It did not say why.".into()),
    }
}

async fn start(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let account: AccountId = form
        .get("account")
        .parse()
        .map_err(|_| Problem::field("/account", "choose an account"))?;
    let kinds: Vec<DataKind> = form
        .all("kinds")
        .into_iter()
        .filter_map(DataKind::parse)
        .collect();
    if kinds.is_empty() {
        return Err(Problem::field(
            "/kinds",
            "choose at least one of orders, listings, inventory, returns, warehouse, finance, reports",
        ));
    }
    app.hub().sync_now(&caller, account, &kinds).await?;
    Ok(done(&app, &form.back(), "Started; it is listed under Runs."))
}

async fn check(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    app.hub().ask_books_check(&caller).await?;
    Ok(done(
        &app,
        &form.back(),
        "The books are being checked; the result is shown under Books.",
    ))
}

async fn retry(State(app): State<App>, who: Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    retried(&app, &who, path.id("id")?).await?;
    Ok(done(&app, &form.back(), "It is tried again now."))
}

async fn cancel(State(app): State<App>, who: Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    cancelled(&app, &who, path.id("id")?).await?;
    Ok(done(&app, &form.back(), "Let go."))
}
