//! Counts of the shelf: the list, the form that begins one, and one with what is counted and what that changes.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::CountId;
use stockbridge_domain::moves::CountStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{CountRequest, CountedRequest};
use stockbridge_store::{CountLine, CountRecord, PageQuery};

use super::product::place_choices;
use super::transfers::names;
use super::typed::{Lines, location, whole};
use super::{Frame, address, done, pager, product_href};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::moves::{CountLineRow, CountPage, CountRow, CountsPage, NO_COUNTS};
use crate::view::words::{change, count as counted_words, number, when};
use crate::view::{Badge, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let (viewer, operator) = (Access::Role(Role::Viewer), Access::Role(Role::Operator));
    vec![
        Route::page(Method::GET, "/counts", viewer, list),
        Route::page(Method::POST, "/counts", operator, open),
        Route::page(Method::GET, "/counts/{id}", viewer, show),
        Route::page(Method::POST, "/counts/{id}/enter", operator, enter),
        Route::page(Method::POST, "/counts/{id}/add", operator, add),
        Route::page(Method::POST, "/counts/{id}/post", operator, post),
        Route::page(Method::POST, "/counts/{id}/cancel", operator, cancel),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
    sku: Option<String>,
    cursor: Option<String>,
}

const TABS: &[(&str, &str)] = &[
    ("", "All"),
    ("open", "Under way"),
    ("posted", "In the books"),
    ("cancelled", "Called off"),
];

fn badge(status: CountStatus) -> Badge {
    match status {
        CountStatus::Open => Badge::new(Tone::Info, "under way"),
        CountStatus::Posted => Badge::new(Tone::Good, "in the books"),
        CountStatus::Cancelled => Badge::new(Tone::Quiet, "called off"),
    }
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let shown = wanted.status.unwrap_or_default();
    let tenant = frame.tenant();
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let found = tenant.stock_counts(CountStatus::parse(&shown), &query).await?;
    let locations = tenant.locations().await?;
    let (places, now) = (names(&locations), frame.app.now());
    let page = CountsPage {
        tabs: TABS
            .iter()
            .map(|(value, text)| Tab {
                href: address("/counts", &[("status", value)]),
                text: (*text).into(),
                count: None,
                chosen: *value == shown,
            })
            .collect(),
        rows: found
            .items
            .iter()
            .map(|record| CountRow {
                href: format!("/counts/{}", record.id),
                reference: record.reference.clone(),
                place: places.get(&record.location).map_or("", |n| n).to_owned(),
                status: badge(record.status),
                at: when(record.closed_at.unwrap_or(record.created_at), now),
            })
            .collect(),
        pager: pager(
            "/counts",
            &[("status", &shown)],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: NO_COUNTS,
        places: place_choices(&locations),
        skus: wanted.sku.unwrap_or_default(),
    };
    frame.show("counts", "Counts", "stock", &page).await
}

async fn open(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let skus: Vec<String> = form
        .get("skus")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    let request = CountRequest {
        reference: form.optional("reference"),
        location: location(&form, "location")?,
        skus: Some(skus).filter(|skus| !skus.is_empty()),
        note: form.optional("note"),
    };
    let begun = app.hub().open_count(&caller, request).await;
    let begun = begun.map_err(|refusal| {
        let mut problem = Problem::from(refusal);
        for error in &mut problem.errors {
            if error.pointer.starts_with("/lines") {
                error.pointer = "/skus".into();
            }
        }
        problem
    })?;
    let text = "The count has begun. Enter what lies there; the books stay as they are until it is closed.";
    Ok(done(&app, &format!("/counts/{}", begun.id), text))
}

async fn found(
    app: &App,
    caller: &stockbridge_engine::Caller,
    path: &ApiPath,
) -> Result<CountRecord, Problem> {
    let found = app.tenant(caller.tenant).stock_count(path.id("id")?).await?;
    found.ok_or_else(|| Problem::not_found("There is no such count."))
}

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let record = found(&frame.app, &frame.who.0, &path).await?;
    let locations = frame.tenant().locations().await?;
    let place = names(&locations)
        .get(&record.location)
        .map_or("", |n| n)
        .to_owned();
    let left = record.lines.iter().filter(|line| line.counted.is_none()).count();
    let differ = record.lines.iter().filter(|line| difference(line) != 0).count();
    let page = CountPage {
        id: record.id.to_string(),
        place,
        status: badge(record.status),
        begun: when(record.created_at, frame.app.now()),
        note: record.note.clone(),
        open: record.status == CountStatus::Open,
        summary: format!(
            "{} not counted yet, {} from the books.",
            counted_words(
                i64::try_from(left).unwrap_or(i64::MAX),
                "product is",
                "products are"
            ),
            counted_words(i64::try_from(differ).unwrap_or(i64::MAX), "differs", "differ"),
        ),
        lines: record.lines.iter().map(line).collect(),
    };
    frame.show("count", &record.reference, "stock", &page).await
}

/// What the line changes, or would change, by what the books said when it was listed.
fn difference(line: &CountLine) -> i64 {
    line.difference
        .or(line.counted.map(|counted| counted - line.expected))
        .unwrap_or(0)
}

fn line(line: &CountLine) -> CountLineRow {
    let differs = difference(line);
    CountLineRow {
        product: line.product.to_string(),
        sku: line.sku.to_string(),
        href: product_href(line.sku.as_str()),
        expected: number(line.expected),
        counted: line.counted.map(|units| units.to_string()).unwrap_or_default(),
        difference: line.counted.map(|_| {
            let tone = if differs == 0 { Tone::Good } else { Tone::Warn };
            Badge::new(
                tone,
                if differs == 0 {
                    "as in the books".into()
                } else {
                    change(differs)
                },
            )
        }),
    }
}

async fn enter(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let record = found(&app, &caller, &path).await?;
    let mut numbers = Vec::new();
    for line in &record.lines {
        let name = format!("counted.{}", line.product);
        let Some(counted) = whole(&form, &name)? else {
            continue;
        };
        if counted < 0 {
            let message = format!("{}: a shelf holds no fewer than 0 units, not {counted}", line.sku);
            return Err(Problem::field(format!("/{name}"), message));
        }
        // A number that is there already was counted when it was entered, not now.
        if line.counted != Some(counted) {
            numbers.push(CountedRequest {
                sku: line.sku.to_string(),
                counted,
                counted_at: None,
            });
        }
    }
    if numbers.is_empty() {
        return Ok(done(&app, &form.back(), "Nothing new was entered."));
    }
    let entered = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
    app.hub().enter_count(&caller, record.id, numbers).await?;
    let text = format!(
        "{} noted. The books stay as they are until the count is closed.",
        counted_words(entered, "number", "numbers")
    );
    Ok(done(&app, &form.back(), text))
}

/// Notes products that are not on the list.
async fn add(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: CountId = path.id("id")?;
    let lines = Lines::read(&form, "lines")?;
    let number = |line: &stockbridge_engine::UnitsOf| CountedRequest {
        sku: line.sku.clone(),
        counted: line.units,
        counted_at: None,
    };
    let numbers = lines.units.iter().map(number).collect();
    let entered = app.hub().enter_count(&caller, id, numbers).await;
    entered.map_err(|refusal| lines.problem(refusal))?;
    Ok(done(&app, &form.back(), "Noted."))
}

async fn post(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let record = app.hub().post_count(&caller, path.id("id")?).await?;
    let changed = record.lines.iter().filter(|line| difference(line) != 0).count();
    let text = format!(
        "The count is closed; the books changed for {}.",
        counted_words(i64::try_from(changed).unwrap_or(i64::MAX), "product", "products")
    );
    Ok(done(&app, &form.back(), text))
}

async fn cancel(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().cancel_count(&caller, path.id("id")?).await?;
    Ok(done(
        &app,
        &form.back(),
        "Called off; the books are as they were.",
    ))
}
