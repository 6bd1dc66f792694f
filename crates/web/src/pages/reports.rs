//! Reports that channels make: asked for, looked at, fetched.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use stockbridge_domain::report::ReportState;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ReportId, Timestamp};
use stockbridge_engine::{ReportRequest, ReportRow};
use stockbridge_store::{AccountRecord, AccountStatus, PageQuery, ReportFilter, ReportRecord};

use super::doers::Doers;
use super::{Accounts, Frame, choice, done, pager};
use crate::api::reports::sent;
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::reports::{NO_REPORTS, NO_SOURCE, ReportLine, ReportPage, ReportsPage};
use crate::view::words::{number, when};
use crate::view::{Badge, Choice, Tone};

/// Rows shown at once.
const ROWS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, operator) = (Access::Role(Role::Viewer), Access::Role(Role::Operator));
    vec![
        Route::page(Method::GET, "/reports", viewer, list),
        Route::page(Method::POST, "/reports", operator, ask),
        Route::page(Method::GET, "/reports/{id}", viewer, show),
        Route::page(Method::GET, "/reports/{id}/file", operator, file),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    account: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let account = wanted.account.unwrap_or_default();
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let filter = ReportFilter {
        account: account.parse::<AccountId>().ok(),
        kind: None,
    };
    let tenant = frame.tenant();
    let found = tenant.reports(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let doers = Doers::of(&tenant).await?;
    let now = frame.app.now();
    let sources: Vec<&AccountRecord> = accounts.0.iter().filter(|a| is_source(&frame.app, a)).collect();
    let line = |report: &ReportRecord| line(&frame.app, report, &accounts, &doers, now);
    let page = ReportsPage {
        rows: found.items.iter().map(line).collect(),
        pager: pager(
            "/reports",
            &[("account", account.as_str())],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        filter: accounts.choices(&account),
        kinds: kinds(&frame.app, &sources),
        empty: if sources.is_empty() { NO_SOURCE } else { NO_REPORTS },
        accounts: sources.iter().map(|a| choice(a, &account)).collect(),
    };
    frame.show("reports", "Reports", "sync", &page).await
}

fn is_source(app: &App, account: &AccountRecord) -> bool {
    let channel = app.hub().channel(account.channel.as_str());
    account.status != AccountStatus::Disconnected
        && channel.is_some_and(|channel| !channel.descriptor().reports.is_empty())
}

/// What these accounts' channels make.
fn kinds(app: &App, sources: &[&AccountRecord]) -> Vec<Choice> {
    let mut kinds: Vec<Choice> = Vec::new();
    for account in sources {
        let Some(channel) = app.hub().channel(account.channel.as_str()) else {
            continue;
        };
        for kind in channel.descriptor().reports {
            if !kinds.iter().any(|known| known.value == kind.name) {
                kinds.push(Choice {
                    value: kind.name.to_owned(),
                    text: match kind.columns {
                        [] => format!("{} (as it comes)", kind.title),
                        _ => kind.title.to_owned(),
                    },
                    chosen: kinds.is_empty(),
                });
            }
        }
    }
    kinds
}

fn line(app: &App, report: &ReportRecord, accounts: &Accounts, doers: &Doers, now: Timestamp) -> ReportLine {
    let account = accounts.0.iter().find(|a| a.id == report.account);
    let channel = account.and_then(|a| app.hub().channel(a.channel.as_str()));
    let kind = channel.and_then(|c| c.descriptor().reports.iter().find(|k| k.name == report.kind));
    let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
    ReportLine {
        href: format!("/reports/{}", report.id),
        title: kind.map_or_else(|| report.kind.clone(), |kind| kind.title.to_owned()),
        kind: report.kind.clone(),
        account: accounts.name(report.account),
        about: match (report.from, report.to) {
            (Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
            (Some(from), None) => format!("since {}", day(from)),
            (None, Some(to)) => format!("until {}", day(to)),
            (None, None) => "how things were then".to_owned(),
        },
        state: match (report.state, &report.problem) {
            (ReportState::Waiting, _) => Badge::new(Tone::Info, "asking the channel"),
            (ReportState::Making, _) => Badge::new(Tone::Info, "being made"),
            (ReportState::Done, None) => Badge::new(Tone::Good, "there"),
            (ReportState::Done, Some(_)) => Badge::new(Tone::Warn, "there"),
            (ReportState::Empty, _) => Badge::new(Tone::Info, "nothing to report"),
            (ReportState::Failed, _) => Badge::new(Tone::Bad, "failed"),
        },
        problem: report.problem.clone(),
        rows: number((report.lines - 1).max(0)),
        asked: when(report.created_at, now),
        who: doers.name(&report.actor),
    }
}

async fn ask(frame: Frame, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let account: AccountId = form
        .get("account")
        .parse()
        .map_err(|_| Problem::field("/account", "choose an account"))?;
    let day = |name: &str| match form.get(name).trim() {
        "" => Ok(None),
        text => Timestamp::parse(&format!("{text}T00:00:00Z"))
            .map(Some)
            .map_err(|message| Problem::field(format!("/{name}"), message)),
    };
    let text = |name: &str| Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let request = ReportRequest {
        kind: text("other").unwrap_or_else(|| form.get("kind").to_owned()),
        from: day("from")?,
        to: day("to")?,
        marketplace: text("marketplace"),
    };
    let report = frame.app.hub().request_report(&caller, account, &request).await?;
    Ok(done(
        &frame.app,
        &format!("/reports/{}", report.id),
        "The channel is asked for it; this page shows when it is there.",
    ))
}

#[derive(Deserialize)]
struct Lines {
    from: Option<String>,
}

async fn show(frame: Frame, path: ApiPath, ApiQuery(wanted): ApiQuery<Lines>) -> Result<Response, Problem> {
    let id: ReportId = path.id("id")?;
    let report = frame.app.hub().report(&frame.who.0, id).await?;
    let tenant = frame.tenant();
    let accounts = Accounts::of(&tenant).await?;
    let doers = Doers::of(&tenant).await?;
    let mut page = ReportPage {
        report: line(&frame.app, &report, &accounts, &doers, frame.app.now()),
        id: id.to_string(),
        file: !report.state.is_open() && report.bytes > 0,
        waits: report.state.is_open(),
        columns: Vec::new(),
        rows: Vec::new(),
        next: None,
    };
    if page.file {
        let from = wanted.from.and_then(|text| text.parse().ok()).unwrap_or(1);
        let read = frame.app.hub().report_rows(&frame.who.0, id, from, ROWS).await?;
        page.rows = read.rows.iter().map(|row| cells(row, &read.columns)).collect();
        page.next = read.next.map(|line| format!("/reports/{id}?from={line}"));
        page.columns = read.columns;
    }
    frame.show("report", &page.report.title, "sync", &page).await
}

fn cells(row: &ReportRow, columns: &[String]) -> (i64, Vec<(String, bool)>) {
    let cell = |column: &String| {
        let text = match row.values.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        (text, row.odd.contains(column))
    };
    (row.line, columns.iter().map(cell).collect())
}

async fn file(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<Response, Problem> {
    let report = app.hub().fetch_report(&caller, path.id("id")?).await?;
    Ok(sent(app.tenant(caller.tenant), &report))
}
