//! The queue of listings without a product: suggestions, another product, a new one, or none.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ListingId};
use stockbridge_engine::{QueueEntry, Suggestion};
use stockbridge_store::{PageQuery, QueueFilter, WaitingLine};

use super::{Accounts, Frame, address, done, pager, product_href};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::mapping::{
    ALL_MAPPED, MappingPage, MappingRow, NO_ORDERS, NONE_IGNORED, SuggestionRow, WaitingRow,
};
use crate::view::words::{count, money, number, when};
use crate::view::{Badge, Pager, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/mappings", Access::Role(Role::Viewer), list),
        Route::page(Method::POST, "/mappings/auto", operator, auto),
        Route::page(Method::POST, "/listings/{id}/ignore", operator, ignore),
        Route::page(Method::POST, "/listings/{id}/restore", operator, restore),
        Route::page(Method::POST, "/listings/{id}/product", operator, create),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    account: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (show, account) = (
        wanted.show.unwrap_or_default(),
        wanted.account.unwrap_or_default(),
    );
    let search = wanted.q.unwrap_or_default();
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let accounts = Accounts::of(&tenant).await?;
    let counts = tenant.listing_counts().await?;
    let tab = |value: &str, text: &str, count: Option<i64>| Tab {
        href: address("/mappings", &[("show", value)]),
        text: text.into(),
        count: count.filter(|n| *n > 0),
        chosen: value == show,
    };
    let waiting = counts.iter().map(|c| c.unmapped).sum();
    let mut page = MappingPage {
        tabs: vec![
            tab("", "Waiting", Some(waiting)),
            tab("orders", "Orders that wait", None),
            tab("ignored", "Left alone", None),
        ],
        accounts: accounts.choices(&account),
        rows: Vec::new(),
        orders: Vec::new(),
        pager: Pager::default(),
        empty: match show.as_str() {
            "orders" => NO_ORDERS,
            "ignored" => NONE_IGNORED,
            _ => ALL_MAPPED,
        },
        search,
        show,
    };
    let same = [
        ("show", page.show.as_str()),
        ("account", &account),
        ("q", &page.search),
    ];
    let cursor = query.cursor.as_deref();
    if page.show == "orders" {
        let found = tenant.waiting_lines(&query).await?;
        page.pager = pager("/mappings", &same, cursor, found.next.as_deref());
        page.orders = found
            .items
            .iter()
            .map(|line| order(&frame, line, &accounts))
            .collect();
    } else {
        let filter = QueueFilter {
            account: account.parse::<AccountId>().ok(),
            ignored: page.show == "ignored",
            search: Some(page.search.clone()).filter(|text| !text.is_empty()),
        };
        let found = frame
            .app
            .hub()
            .mapping_queue(tenant.id(), &filter, &query)
            .await?;
        page.pager = pager("/mappings", &same, cursor, found.next.as_deref());
        page.rows = found.items.iter().map(|entry| row(entry, &accounts)).collect();
    }
    frame.show("mappings", "Mapping", "listings", &page).await
}

fn row(entry: &QueueEntry, accounts: &Accounts) -> MappingRow {
    let listing = &entry.listing;
    let waiting = (listing.orders_waiting > 0).then(|| {
        format!(
            "{} for {}",
            count(listing.orders_waiting, "order waits", "orders wait"),
            count(listing.units_waiting, "unit", "units")
        )
    });
    MappingRow {
        id: listing.listing.to_string(),
        sku: listing.sku.to_string(),
        title: listing.title.clone(),
        account: accounts.name(listing.account),
        barcode: listing.barcode.clone(),
        price: listing.price.map(money),
        waiting,
        ignored: listing.ignored,
        suggestions: entry.suggestions.iter().map(suggestion).collect(),
    }
}

fn suggestion(suggested: &Suggestion) -> SuggestionRow {
    let score = match suggested.score {
        _ if suggested.same_barcode => Badge::new(Tone::Good, "same barcode"),
        score @ 85.. => Badge::new(Tone::Good, format!("{score} of 100")),
        score @ 70.. => Badge::new(Tone::Info, format!("{score} of 100")),
        score => Badge::new(Tone::Quiet, format!("{score} of 100")),
    };
    SuggestionRow {
        sku: suggested.sku.to_string(),
        href: product_href(suggested.sku.as_str()),
        title: suggested.title.clone(),
        score,
    }
}

fn order(frame: &Frame, line: &WaitingLine, accounts: &Accounts) -> WaitingRow {
    WaitingRow {
        href: format!("/orders/{}", line.order),
        order: line.channel_order_id.clone(),
        account: accounts.name(line.account),
        sku: line.sku.as_ref().map(ToString::to_string),
        title: line.title.clone(),
        units: number(line.units),
        listed: line.listing.is_some(),
        placed: when(line.placed_at, frame.app.now()),
    }
}

async fn auto(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let done_so = app.hub().auto_map(&caller, None).await?;
    let text = format!(
        "{} mapped by SKU, {} by barcode.",
        count(done_so.by_sku, "listing", "listings"),
        number(done_so.by_barcode)
    );
    Ok(done(&app, &form.back(), text))
}

async fn ignore(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub()
        .ignore_listing(&caller, path.id::<ListingId>("id")?)
        .await?;
    Ok(done(
        &app,
        &form.back(),
        "The listing is left alone; it stands under Left alone.",
    ))
}

async fn restore(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub()
        .restore_listing(&caller, path.id::<ListingId>("id")?)
        .await?;
    Ok(done(
        &app,
        &form.back(),
        "The listing waits for its product again.",
    ))
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let sku = form.optional("sku");
    let made = app
        .hub()
        .product_from_listing(&caller, path.id::<ListingId>("id")?, sku.as_deref())
        .await?;
    let text = format!(
        "{} is a product now, and the listing sells it. Count the shelf next.",
        made.sku
    );
    Ok(done(&app, &form.back(), text))
}
