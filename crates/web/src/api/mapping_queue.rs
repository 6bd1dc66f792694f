//! What waits to be mapped: listings with suggestions, and the orders that wait for them.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::catalog::Product;
use stockbridge_domain::{AccountId, ListingId, ProductId};
use stockbridge_engine::{QueueEntry, Suggestion};
use stockbridge_store::{AutoMapped, ListingRecord, QueueFilter, WaitingLine};

use super::{catalog, paged};
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/mappings/unmapped",
            "Listings without a product, with the products they may sell",
            unmapped,
        )
        .query(paged![
            "account": "Only this store's, by id",
            "ignored": "`true` for those left alone, instead of those that wait",
            "search": "In SKU and title; a barcode",
        ])
        .lists("UnmappedListing"),
        route::get(
            "/api/v1/mappings/waiting",
            "Order lines that wait because nothing says which product they sell",
            waiting,
        )
        .query(paged![])
        .lists("WaitingLine"),
        route::post(
            "/api/v1/mappings/auto",
            "Map what nobody has to decide, on every store: by SKU, else by barcode",
            auto,
        )
        .gives(200, "AutoMapped"),
        route::get(
            "/api/v1/listings/{id}/suggestions",
            "The products a listing may sell, the likeliest first",
            suggestions,
        )
        .lists("Suggestion"),
        route::post(
            "/api/v1/listings/{id}/suggestions/{product}/accept",
            "Take a suggestion: the listing sells this product",
            accept,
        )
        .takes("AcceptSuggestion")
        .gives(200, "Listing"),
        route::post(
            "/api/v1/listings/{id}/ignore",
            "Leave a listing alone: it sells none of the products",
            ignore,
        )
        .gives(200, "Listing"),
        route::post(
            "/api/v1/listings/{id}/restore",
            "Put a listing that was left alone back among those that wait",
            restore,
        )
        .gives(200, "Listing"),
        route::post(
            "/api/v1/listings/{id}/product",
            "Create a product from what a listing shows, and map the listing to it",
            create,
        )
        .takes("ProductFromListing")
        .gives(201, "Product"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    ignored: Option<String>,
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn unmapped(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<QueueEntry>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    let filter = QueueFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        ignored: parsed("ignored", wanted.ignored)?.unwrap_or(false),
        search: wanted.search,
    };
    let page = app.hub().mapping_queue(caller.tenant, &filter, &page).await?;
    Ok(ApiJson(page.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paged {
    limit: Option<String>,
    cursor: Option<String>,
}

async fn waiting(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Paged>,
) -> Result<ApiJson<List<WaitingLine>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    Ok(ApiJson(
        app.tenant(caller.tenant).waiting_lines(&page).await?.into(),
    ))
}

async fn auto(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<AutoMapped>, Problem> {
    Ok(ApiJson(app.hub().auto_map(&caller, None).await?))
}

async fn suggestions(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<List<Suggestion>>, Problem> {
    let found = app.hub().suggestions(caller.tenant, path.id("id")?).await?;
    Ok(List::whole(found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accept {
    #[serde(default = "catalog::one")]
    units: i64,
}

async fn accept(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Accept>,
) -> Result<ApiJson<ListingRecord>, Problem> {
    let (listing, product): (ListingId, ProductId) = (path.id("id")?, path.id("product")?);
    app.hub()
        .accept_suggestion(&who.0, listing, product, body.units)
        .await?;
    Ok(ApiJson(catalog::found(&app, &who, listing).await?))
}

async fn ignore(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<ListingRecord>, Problem> {
    let listing: ListingId = path.id("id")?;
    app.hub().ignore_listing(&who.0, listing).await?;
    Ok(ApiJson(catalog::found(&app, &who, listing).await?))
}

async fn restore(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<ListingRecord>, Problem> {
    let listing: ListingId = path.id("id")?;
    app.hub().restore_listing(&who.0, listing).await?;
    Ok(ApiJson(catalog::found(&app, &who, listing).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromListing {
    sku: Option<String>,
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<FromListing>,
) -> Result<(StatusCode, ApiJson<Product>), Problem> {
    let made = app
        .hub()
        .product_from_listing(&caller, path.id("id")?, body.sku.as_deref())
        .await?;
    Ok((StatusCode::CREATED, ApiJson(made)))
}
