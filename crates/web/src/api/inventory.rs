//! Inventory: stock, its ledger, why a number is what it is, and adjustments.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{LocationId, Sku};
use stockbridge_engine::{Adjustment, Explanation};
use stockbridge_store::{LedgerCheck, LedgerRecord, StockRecord, StoreError};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/stock",
            "Products with their stock, by SKU",
            list,
        )
        .query(paged!["search": "In SKU and title"])
        .lists("Stock"),
        route::get("/api/v1/inventory/stock/{sku}", "Stock of one product", get).gives(200, "Stock"),
        route::get(
            "/api/v1/inventory/stock/{sku}/ledger",
            "Every movement of a product, newest first",
            ledger,
        )
        .query(paged![])
        .lists("LedgerEntry"),
        route::get(
            "/api/v1/inventory/stock/{sku}/why",
            "Why a product's quantities are what they are",
            why,
        )
        .gives(200, "Explanation"),
        route::get(
            "/api/v1/inventory/check",
            "Prove that balances, reservations, exposures and references agree",
            check,
        )
        .gives(200, "LedgerCheck"),
        route::post(
            "/api/v1/inventory/adjustments",
            "Enter a count or a change",
            adjust,
        )
        .takes("Adjustment")
        .gives(201, "LedgerEntry"),
        route::post(
            "/api/v1/inventory/counts",
            "Enter what was counted on the shelf",
            count,
        )
        .takes("Count")
        .gives(201, "LedgerEntry"),
    ]
}

/// Which products.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<StockRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let after = page.cursor.as_deref().map(after_sku).transpose()?;
    let mut data = app
        .tenant(caller.tenant)
        .stock(wanted.search.as_deref(), after.as_deref(), page.limit + 1)
        .await?;
    Ok(ApiJson(List {
        next_cursor: cut(&mut data, page.limit).map(|last| sku_cursor(&last.sku)),
        data,
    }))
}

/// Cuts a list that was read one too long; gives the last thing that stays when something was cut.
pub(crate) fn cut<T>(data: &mut Vec<T>, limit: i64) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if data.len() <= limit {
        return None;
    }
    data.truncate(limit);
    data.last()
}

/// What cursors of this list begin with, so that no other list's is taken for one.
const CURSOR_LEAD: &str = "stock\n";

/// A cursor after a SKU.
pub(crate) fn sku_cursor(sku: &Sku) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR_LEAD}{sku}"))
}

/// The SKU of a cursor.
pub(crate) fn after_sku(cursor: &str) -> Result<String, Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(CURSOR_LEAD).map(ToOwned::to_owned))
        .ok_or_else(|| StoreError::BadCursor.into())
}

/// The SKU of the path.
pub(crate) fn sku_of(path: &ApiPath) -> Result<Sku, Problem> {
    parsed_sku(path.text("sku"))
}

/// A SKU that a person named.
pub(crate) fn parsed_sku(text: &str) -> Result<Sku, Problem> {
    Sku::parse(text).map_err(|error| Problem::not_found(format!("No product has this SKU: {error}.")))
}

/// 404 for a SKU nothing has.
pub(crate) fn no_product(sku: &Sku) -> Problem {
    Problem::not_found(format!(
        "There is no product with the SKU `{sku}`; SKUs are case-sensitive."
    ))
}

async fn get(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<StockRecord>, Problem> {
    let sku = sku_of(&path)?;
    let stock = app.tenant(caller.tenant).stock_of(&sku).await?;
    Ok(ApiJson(stock.ok_or_else(|| no_product(&sku))?))
}

/// Which part of a ledger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    limit: Option<String>,
    cursor: Option<String>,
}

async fn ledger(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiQuery(window): ApiQuery<Window>,
) -> Result<ApiJson<List<LedgerRecord>>, Problem> {
    let sku = sku_of(&path)?;
    let page = Paging {
        limit: window.limit,
        cursor: None,
    }
    .query()?;
    let before = parsed("cursor", window.cursor).map_err(|_| Problem::from(StoreError::BadCursor))?;
    let tenant = app.tenant(caller.tenant);
    let product = tenant
        .product_by_sku(&sku)
        .await?
        .ok_or_else(|| no_product(&sku))?;
    let mut data = tenant.ledger(product.id, before, page.limit + 1).await?;
    Ok(ApiJson(List {
        next_cursor: cut(&mut data, page.limit).map(|last| last.id.to_string()),
        data,
    }))
}

async fn why(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<Explanation>, Problem> {
    let sku = sku_of(&path)?;
    let explanation = app.hub().explain(caller.tenant, &sku).await?;
    Ok(ApiJson(explanation.ok_or_else(|| no_product(&sku))?))
}

/// What checking found, with the verdict.
#[derive(Serialize)]
struct Checked {
    ok: bool,
    #[serde(flatten)]
    check: LedgerCheck,
}

async fn check(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<Checked>, Problem> {
    let check = app.tenant(caller.tenant).check_ledger().await?;
    Ok(ApiJson(Checked {
        ok: check.ok(),
        check,
    }))
}

/// A change of stock by a person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adjust {
    sku: String,
    location: Option<LocationId>,
    kind: Option<EntryKind>,
    change: Option<i64>,
    counted: Option<i64>,
    note: Option<String>,
    reference: Option<String>,
}

async fn adjust(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Adjust>,
) -> Result<(StatusCode, ApiJson<LedgerRecord>), Problem> {
    let usual = if body.counted.is_some() {
        EntryKind::Count
    } else {
        EntryKind::Adjustment
    };
    let adjustment = Adjustment {
        sku: body.sku,
        location: body.location,
        kind: body.kind.unwrap_or(usual),
        change: body.change,
        counted: body.counted,
        note: body.note,
        reference: body.reference,
    };
    let entry = app.hub().adjust(&caller, adjustment).await?;
    Ok((StatusCode::CREATED, ApiJson(entry)))
}

/// What lies on the shelf.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    sku: String,
    location: Option<LocationId>,
    counted: i64,
    note: Option<String>,
    reference: Option<String>,
}

async fn count(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Counted>,
) -> Result<(StatusCode, ApiJson<LedgerRecord>), Problem> {
    let adjustment = Adjustment {
        sku: body.sku,
        location: body.location,
        kind: EntryKind::Count,
        change: None,
        counted: Some(body.counted),
        note: body.note,
        reference: body.reference,
    };
    Ok((
        StatusCode::CREATED,
        ApiJson(app.hub().adjust(&caller, adjustment).await?),
    ))
}
