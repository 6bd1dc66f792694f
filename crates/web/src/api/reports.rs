//! Reports that channels make when they are asked: asking for one, how far it is, its rows, its file.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use stockbridge_domain::report::{ColumnKind, ReportColumn};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ReportId, Timestamp};
use stockbridge_engine::{Refusal, ReportRequest, ReportRow, ReportRows};
use stockbridge_store::{ReportFilter, ReportRecord, Tenant};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// Rows of one answer unless another number is asked for.
const ROWS: usize = 100;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/reports",
            "Reports asked of channels, the latest first",
            list,
        )
        .query(paged![
            "account": "Only this store's, by id",
            "kind": "Only of this kind, by the channel's name",
        ])
        .lists("Report"),
        route::post("/api/v1/reports", "Have a channel make a report", ask)
            .takes("NewReport")
            .gives(201, "Report"),
        route::get(
            "/api/v1/integrations/{channel}/report-kinds",
            "The reports a channel makes",
            kinds,
        )
        .lists("ReportKind"),
        route::get("/api/v1/reports/{id}", "How far a report is", show).gives(200, "Report"),
        route::get(
            "/api/v1/reports/{id}/rows",
            "A report's rows, by column; `next_cursor` is the line to go on at",
            rows,
        )
        .query(paged![])
        .lists("ReportRow"),
        route::get(
            "/api/v1/reports/{id}/file",
            "A report's whole file, as the channel made it, unpacked",
            file,
        )
        .needs(Role::Operator)
        .text("text/plain"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    kind: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<ReportRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = ReportFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        kind: wanted.kind,
    };
    let found = app.tenant(caller.tenant).reports(&filter, &page).await?;
    Ok(ApiJson(found.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReport {
    account: AccountId,
    kind: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    marketplace: Option<String>,
}

async fn ask(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewReport>,
) -> Result<(StatusCode, ApiJson<ReportRecord>), Problem> {
    let request = ReportRequest {
        kind: body.kind,
        from: body.from,
        to: body.to,
        marketplace: body.marketplace,
    };
    let report = app.hub().request_report(&caller, body.account, &request).await?;
    Ok((StatusCode::CREATED, ApiJson(report)))
}

/// A report a channel makes.
#[derive(Debug, Serialize)]
struct Kind {
    name: &'static str,
    title: &'static str,
    /// How many days one may be about; nothing where it says how things are now.
    days: Option<u64>,
    columns: Vec<KindColumn>,
}

#[derive(Debug, Serialize)]
struct KindColumn {
    name: &'static str,
    kind: ColumnKind,
}

async fn kinds(State(app): State<App>, Who(_): Who, path: ApiPath) -> Result<ApiJson<List<Kind>>, Problem> {
    let channel = app.hub().channel(path.text("channel"));
    let channel = channel.ok_or_else(|| Problem::not_found("There is no such channel."))?;
    let reports = channel.descriptor().reports;
    let column = |column: &ReportColumn| KindColumn {
        name: column.name,
        kind: column.kind,
    };
    let kinds = reports.iter().map(|kind| Kind {
        name: kind.name,
        title: kind.title,
        days: kind.span.map(|span| span.as_secs() / 86_400),
        columns: kind.columns.iter().map(column).collect(),
    });
    Ok(List::whole(kinds.collect()))
}

async fn show(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ReportRecord>, Problem> {
    Ok(ApiJson(app.hub().report(&caller, path.id("id")?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    limit: Option<String>,
    cursor: Option<String>,
}

async fn rows(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiQuery(wanted): ApiQuery<Lines>,
) -> Result<ApiJson<List<ReportRow>>, Problem> {
    let from = parsed::<i64>("cursor", wanted.cursor)?.unwrap_or(1);
    let limit = parsed::<usize>("limit", wanted.limit)?.unwrap_or(ROWS);
    let ReportRows { rows, next, .. } = app
        .hub()
        .report_rows(&caller, path.id("id")?, from, limit)
        .await?;
    Ok(ApiJson(List {
        data: rows,
        next_cursor: next.map(|line| line.to_string()),
    }))
}

async fn file(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<Response, Problem> {
    let id = path.id("id")?;
    let report = app.hub().fetch_report(&caller, id).await?;
    Ok(sent(app.tenant(caller.tenant), &report))
}

/// A report's file, part by part. It is never shown in place: what it is, the channel said.
pub(crate) fn sent(tenant: Tenant, report: &ReportRecord) -> Response {
    let media = report.media_type.as_deref().unwrap_or_default();
    let end = match media {
        kind if kind.contains("json") => "json",
        kind if kind.contains("xml") => "xml",
        _ => "txt",
    };
    let charset = media.split(';').find(|part| part.trim().starts_with("charset="));
    let kind = match charset.map(str::trim) {
        Some(charset) => format!("text/plain; {charset}"),
        None => "text/plain".to_owned(),
    };
    let name = format!("{}-{}.{end}", report.kind, report.id);
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, Body::from_stream(parts(tenant, report.id))).into_response()
}

/// The next part is read when this one is on its way.
fn parts(tenant: Tenant, id: ReportId) -> impl futures_util::Stream<Item = Result<Bytes, Refusal>> {
    stream::try_unfold(0, move |line| {
        let tenant = tenant.clone();
        async move {
            let part = tenant.report_part(id, line).await?;
            Ok(part.map(|part| (Bytes::from(part.bytes), part.first_line + part.lines)))
        }
    })
}
