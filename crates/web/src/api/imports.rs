//! Files: products and mappings taken in, products given out.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use stockbridge_engine::{Caller, ImportOptions, ImportReport, Refusal};

use super::stores;
use crate::extract::{ApiJson, ApiPath, ApiQuery, FileBody, Who, parsed};
use crate::problem::{FieldProblem, Problem};
use crate::route::{self, Param, Route};
use crate::state::App;

const OPTIONS: &[Param] = &[
    Param {
        name: "dry_run",
        about: "`true` checks every row and writes nothing",
    },
    Param {
        name: "skip_bad",
        about: "`true` writes the good rows and leaves the bad ones out; otherwise all or nothing is written",
    },
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/products/import",
            "Take in a CSV or XLSX file of products",
            products,
        )
        .query(OPTIONS)
        .takes_file()
        .gives(200, "ImportReport"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/mappings/import",
            "Take in a CSV or XLSX file that says which product each listing of a store sells",
            mappings,
        )
        .query(OPTIONS)
        .takes_file()
        .gives(200, "ImportReport"),
        route::get(
            "/api/v1/exports/products",
            "Every product as CSV, in the form in which it can be taken in again",
            export,
        )
        .text("text/csv"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    dry_run: Option<String>,
    skip_bad: Option<String>,
}

impl Wanted {
    fn options(self) -> Result<ImportOptions, Problem> {
        Ok(ImportOptions {
            dry_run: parsed("dry_run", self.dry_run)?.unwrap_or(false),
            skip_bad: parsed("skip_bad", self.skip_bad)?.unwrap_or(false),
        })
    }
}

async fn products(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
    FileBody(file): FileBody,
) -> Result<ApiJson<ImportReport>, Problem> {
    let options = wanted.options()?;
    told(options, app.hub().import_products(&caller, file, options).await?)
}

async fn mappings(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiQuery(wanted): ApiQuery<Wanted>,
    FileBody(file): FileBody,
) -> Result<ApiJson<ImportReport>, Problem> {
    let store = stores::found(&app, &who, &path).await?;
    let options = wanted.options()?;
    told(
        options,
        app.hub().import_mappings(&who.0, store.id, file, options).await?,
    )
}

/// The report, or a problem when nothing was written because rows are wrong.
fn told(options: ImportOptions, report: ImportReport) -> Result<ApiJson<ImportReport>, Problem> {
    let refused = !report.problems.is_empty() && !report.written && !options.dry_run && !options.skip_bad;
    if !refused {
        return Ok(ApiJson(report));
    }
    let count = report.problems.len() + report.problems_left_out;
    let errors = report.problems.into_iter().map(|problem| {
        let column = problem.column.replace('~', "~0").replace('/', "~1");
        let pointer = match column.as_str() {
            "" => format!("/rows/{}", problem.row),
            column => format!("/rows/{}/{column}", problem.row),
        };
        FieldProblem {
            pointer,
            message: problem.message,
        }
    });
    let mut problem = Problem::fields(errors.collect());
    problem.detail = format!(
        "Nothing was written: {count} things are wrong in {} rows. `errors` names each with its remedy; `skip_bad=true` \
         leaves these rows out.",
        report.refused
    );
    Err(problem)
}

async fn export(State(app): State<App>, Who(caller): Who) -> Result<Response, Problem> {
    let (first, next) = app.hub().export_products(&caller, None).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"products.csv\""),
    ];
    let body = Body::from_stream(pages(app, caller, Some((Bytes::from(first), next))));
    Ok((headers, body).into_response())
}

/// The pages of a file, the first of which is there: the next one is read when this one is on its way.
fn pages(
    app: App,
    caller: Caller,
    first: Option<(Bytes, Option<String>)>,
) -> impl futures_util::Stream<Item = Result<Bytes, Refusal>> {
    stream::try_unfold(first, move |page| {
        let (app, caller) = (app.clone(), caller.clone());
        async move {
            let Some((bytes, next)) = page else {
                return Ok(None);
            };
            let after = match next {
                None => None,
                Some(cursor) => {
                    let (more, next) = app.hub().export_products(&caller, Some(cursor)).await?;
                    Some((Bytes::from(more), next))
                }
            };
            Ok(Some((bytes, after)))
        }
    })
}
