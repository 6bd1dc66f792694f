//! Checks of the books made beside the server's work.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stockbridge_engine::BooksState;
use stockbridge_store::CheckRecord;

use crate::extract::{ApiJson, List, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

const PATH: &str = "/api/v1/inventory/checks";
/// Checks listed; no more are kept.
const MOST: i64 = 30;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(PATH, "The last checks of the books, the last first", list).lists("LedgerCheckMade"),
        route::post(PATH, "Have the books checked beside the server's work", ask).gives(202, "Books"),
    ]
}

/// A check with its verdict.
#[derive(Serialize)]
struct Made {
    ok: bool,
    #[serde(flatten)]
    record: CheckRecord,
}

impl From<CheckRecord> for Made {
    fn from(record: CheckRecord) -> Self {
        Self {
            ok: record.check.ok(),
            record,
        }
    }
}

async fn list(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<Made>>, Problem> {
    let checks = app.tenant(caller.tenant).ledger_checks(MOST).await?;
    Ok(List::whole(checks.into_iter().map(Made::from).collect()))
}

/// What is known of the books.
#[derive(Serialize)]
struct Books {
    under_way: bool,
    last: Option<Made>,
}

async fn ask(State(app): State<App>, Who(caller): Who) -> Result<(StatusCode, ApiJson<Books>), Problem> {
    app.hub().ask_books_check(&caller).await?;
    let BooksState { under_way, last } = app.hub().books_state(caller.tenant).await?;
    let books = Books {
        under_way,
        last: last.map(Made::from),
    };
    Ok((StatusCode::ACCEPTED, ApiJson(books)))
}
