//! Stock: the list of products.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{Adjustment, NewProductRequest};
use stockbridge_store::{LocationRecord, StockRecord, StoreError, Tenant};

use super::{Frame, address, done, pager, product_href};
use crate::api::inventory::{after_sku, sku_cursor};
use crate::extract::{ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::stock::{LOW_BELOW, NO_MATCH, NO_PRODUCTS, StockPage, StockRow, level};
use crate::view::words::number;
use crate::view::{Choice, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(Method::GET, "/stock", Access::Role(Role::Viewer), list),
        Route::page(Method::POST, "/stock", Access::Role(Role::Operator), create),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    q: Option<String>,
    at: Option<String>,
    cursor: Option<String>,
}

const TABS: &[(&str, &str)] = &[
    ("", "All"),
    ("low", "Low"),
    ("negative", "Negative"),
    ("uncounted", "Not counted"),
];

/// Products on one page.
const ROWS: usize = 50;
/// Products looked at for one page of a view that few belong to.
const LOOKED_AT: usize = 5_000;

/// Whether a product belongs in a view.
fn belongs(show: &str, stock: &StockRecord) -> bool {
    match show {
        "low" => stock.counted && stock.available < LOW_BELOW,
        "negative" => stock.available < 0,
        "uncounted" => !stock.counted,
        _ => true,
    }
}

/// A product's stock at one location alone; nothing when none ever lay there.
fn narrowed(mut stock: StockRecord, at: &str) -> Option<StockRecord> {
    if at.is_empty() {
        return Some(stock);
    }
    let there = stock
        .locations
        .iter()
        .find(|place| place.location.to_string() == at)?;
    (stock.on_hand, stock.reserved, stock.available) = (there.on_hand, there.reserved, there.available);
    stock.withheld = there.on_hand - there.reserved - there.available;
    Some(stock)
}

/// The next products of a view, and after which SKU there may be more.
async fn looked_up(
    tenant: &Tenant,
    (show, at): (&str, &str),
    search: Option<&str>,
    mut after: Option<String>,
) -> Result<(Vec<StockRecord>, Option<String>), StoreError> {
    let mut rows = Vec::new();
    let mut seen = 0;
    let batch = if show.is_empty() && at.is_empty() {
        ROWS + 1
    } else {
        500
    };
    loop {
        let limit = i64::try_from(batch).unwrap_or(i64::MAX);
        let found = tenant.stock(search, after.as_deref(), limit).await?;
        let last_batch = found.len() < batch;
        seen += found.len();
        for stock in found {
            if rows.len() == ROWS {
                return Ok((rows, after));
            }
            after = Some(stock.sku.to_string());
            rows.extend(narrowed(stock, at).filter(|stock| belongs(show, stock)));
        }
        if last_batch {
            return Ok((rows, None));
        }
        if seen >= LOOKED_AT {
            return Ok((rows, after));
        }
    }
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (show, search) = (wanted.show.unwrap_or_default(), wanted.q.unwrap_or_default());
    let at = wanted.at.unwrap_or_default();
    let locations = frame.tenant().locations().await?;
    let after = wanted.cursor.as_deref().map(after_sku).transpose()?;
    let term = Some(search.as_str()).filter(|s| !s.is_empty());
    let (rows, next) = looked_up(&frame.tenant(), (&show, &at), term, after).await?;
    let next = next
        .and_then(|sku| stockbridge_domain::Sku::parse(&sku).ok())
        .map(|sku| sku_cursor(&sku));
    let same = [("show", show.as_str()), ("q", &search), ("at", &at)];
    let page = StockPage {
        tabs: TABS
            .iter()
            .map(|(value, text)| Tab {
                href: address("/stock", &[("show", value), ("q", &search), ("at", &at)]),
                text: (*text).into(),
                count: None,
                chosen: *value == show,
            })
            .collect(),
        withholds: rows.iter().any(|stock| stock.withheld != 0),
        places: place_filter(&locations, &at),
        rows: rows.iter().map(row).collect(),
        pager: pager("/stock", &same, wanted.cursor.as_deref(), next.as_deref()),
        empty: if same.iter().any(|(_, v)| !v.is_empty()) {
            NO_MATCH
        } else {
            NO_PRODUCTS
        },
        search,
        show,
    };
    frame.show("stock", "Stock", "stock", &page).await
}

/// Every location and all of them together; nothing while there is one only.
fn place_filter(locations: &[LocationRecord], at: &str) -> Vec<Choice> {
    if locations.len() < 2 {
        return Vec::new();
    }
    let all = Choice {
        value: String::new(),
        text: "All locations".into(),
        chosen: at.is_empty(),
    };
    let one = |location: &LocationRecord| Choice {
        chosen: location.id.to_string() == at,
        value: location.id.to_string(),
        text: location.name.clone(),
    };
    std::iter::once(all).chain(locations.iter().map(one)).collect()
}

fn row(stock: &StockRecord) -> StockRow {
    let (tone, mark) = marked(stock);
    StockRow {
        href: product_href(stock.sku.as_str()),
        sku: stock.sku.to_string(),
        title: stock.title.clone(),
        on_hand: number(stock.on_hand),
        reserved: number(stock.reserved),
        withheld: number(stock.withheld),
        available: number(stock.available),
        tone,
        mark,
    }
}

/// How to take a product's stock.
pub(super) fn marked(stock: &StockRecord) -> (Tone, Option<&'static str>) {
    if stock.counted {
        level(stock.available)
    } else {
        (Tone::Info, Some("not counted"))
    }
}

async fn create(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let (sku, on_hand) = (form.get("sku").to_owned(), form.optional("on_hand"));
    let counted = on_hand
        .map(|text| {
            let wrong = || {
                Problem::field(
                    "/on_hand",
                    format!("`{text}` is not a number of units; write digits, such as 20"),
                )
            };
            text.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(wrong)
        })
        .transpose()?;
    let product = NewProductRequest {
        sku: sku.clone(),
        title: form.get("title").to_owned(),
        ..NewProductRequest::default()
    };
    app.hub().create_products(&caller, vec![product]).await?;
    if counted.is_some() {
        let adjustment = Adjustment {
            sku: sku.clone(),
            location: None,
            kind: EntryKind::Count,
            change: None,
            counted,
            note: Some("First count".into()),
            reference: None,
        };
        app.hub().adjust(&caller, adjustment).await?;
    }
    Ok(done(&app, &product_href(&sku), "The product is added."))
}
