//! Products and listings.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use stockbridge_domain::catalog::Product;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ListingId, Money, ProductId, Sku};
use stockbridge_engine::NewProductRequest;
use stockbridge_store::{ListingFilter, ListingRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, parsed};
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::{Param, Route};
use crate::state::App;

const LISTINGS: &[Param] = paged![
    "account": "Only this store's, by id",
    "channel": "Only this channel's",
    "mapped": "`true` with a product, `false` without",
    "verified": "`false` for those not seen to show what they should",
    "search": "In SKU and title",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let operator = Access::Role(Role::Operator);
    vec![
        Route::api(
            Method::GET,
            "/api/v1/products",
            viewer,
            "Products by SKU",
            products,
        )
        .query(paged!["search": "In SKU and title"])
        .lists("Product"),
        Route::api(
            Method::POST,
            "/api/v1/products",
            operator,
            "Create one product, or many in an array",
            create,
        )
        .takes("NewProduct")
        .lists_with(201, "Product"),
        Route::api(
            Method::GET,
            "/api/v1/products/{id}",
            viewer,
            "One product",
            product,
        )
        .gives(200, "Product"),
        Route::api(
            Method::GET,
            "/api/v1/listings",
            viewer,
            "Listings with what they should show and show",
            listings,
        )
        .query(LISTINGS)
        .lists("Listing"),
        Route::api(
            Method::GET,
            "/api/v1/inventory/seller",
            viewer,
            "The seller's listings with their stock",
            listings,
        )
        .query(LISTINGS)
        .lists("Listing"),
        Route::api(
            Method::GET,
            "/api/v1/listings/{id}",
            viewer,
            "One listing",
            listing,
        )
        .gives(200, "Listing"),
        Route::api(
            Method::POST,
            "/api/v1/listings/{id}/map",
            operator,
            "Say which product a listing sells",
            map,
        )
        .takes("Mapping")
        .gives(200, "Listing"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn products(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Search>,
) -> Result<ApiJson<List<Product>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    let products = app
        .tenant(caller.tenant)
        .products(wanted.search.as_deref(), &page)
        .await?;
    Ok(ApiJson(products.into()))
}

async fn product(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<Product>, Problem> {
    let id: ProductId = path.id("id")?;
    let product = app.tenant(caller.tenant).product(id).await?;
    Ok(ApiJson(product.ok_or_else(|| {
        Problem::not_found("There is no such product.")
    })?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    sku: String,
    title: String,
    barcode: Option<String>,
    price: Option<Money>,
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<serde_json::Value>,
) -> Result<(StatusCode, ApiJson<List<Product>>), Problem> {
    // One or many: read as an array, so that what is wrong is pointed at either way.
    let single = body.is_object();
    let text = if single {
        serde_json::Value::Array(vec![body])
    } else {
        body
    }
    .to_string();
    let news: Vec<NewProduct> =
        crate::extract::read_json(text.as_bytes()).map_err(|p| unindexed(p, single))?;
    let requests = news
        .into_iter()
        .map(|n| NewProductRequest {
            sku: n.sku,
            title: n.title,
            barcode: n.barcode,
            price: n.price,
        })
        .collect();
    let created = app
        .hub()
        .create_products(&caller, requests)
        .await
        .map_err(|refusal| unindexed(refusal.into(), single))?;
    Ok((StatusCode::CREATED, List::whole(created)))
}

/// Pointers into the body as it was sent: without the index when one product was sent alone.
fn unindexed(mut problem: Problem, single: bool) -> Problem {
    if single {
        for error in &mut problem.errors {
            if let Some(rest) = error.pointer.strip_prefix("/0") {
                error.pointer = rest.to_owned();
            }
        }
        if let [error] = problem.errors.as_slice() {
            problem.detail = format!("{}: {}", error.pointer, error.message);
        }
    }
    problem
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    channel: Option<String>,
    mapped: Option<String>,
    verified: Option<String>,
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn listings(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<ListingRecord>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    let tenant = app.tenant(caller.tenant);
    let mut account: Option<AccountId> = parsed("account", wanted.account)?;
    if let Some(channel) = wanted.channel {
        let accounts = tenant.accounts().await?;
        let of_channel: Vec<AccountId> = accounts
            .iter()
            .filter(|a| a.channel.as_str() == channel)
            .map(|a| a.id)
            .collect();
        match (account, of_channel.as_slice()) {
            (Some(one), some) if some.contains(&one) => {}
            (None, [one]) => account = Some(*one),
            (Some(_), _) | (None, []) => return Ok(List::whole(Vec::new())),
            (None, _) => {
                return Err(Problem::field(
                    "/query/channel",
                    "you have several stores of this channel; name one with `account`",
                ));
            }
        }
    }
    let filter = ListingFilter {
        account,
        product: None,
        mapped: parsed("mapped", wanted.mapped)?,
        verified: parsed("verified", wanted.verified)?,
        search: wanted.search,
    };
    Ok(ApiJson(tenant.listings(&filter, &page).await?.into()))
}

async fn found(app: &App, who: &Who, id: ListingId) -> Result<ListingRecord, Problem> {
    let listing = app.tenant(who.0.tenant).listing(id).await?;
    listing.ok_or_else(|| Problem::not_found("There is no such listing."))
}

async fn listing(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<ListingRecord>, Problem> {
    Ok(ApiJson(found(&app, &who, path.id("id")?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapping {
    sku: Option<String>,
    #[serde(default = "one")]
    units: i64,
}

const fn one() -> i64 {
    1
}

async fn map(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Mapping>,
) -> Result<ApiJson<ListingRecord>, Problem> {
    let id: ListingId = path.id("id")?;
    map_by_sku(&app, &who, id, body.sku.as_deref(), body.units).await?;
    Ok(ApiJson(found(&app, &who, id).await?))
}

/// Maps a listing to the product with a SKU, or to none.
pub(crate) async fn map_by_sku(
    app: &App,
    who: &Who,
    id: ListingId,
    sku: Option<&str>,
    units: i64,
) -> Result<(), Problem> {
    let product = match sku {
        None => None,
        Some(text) => {
            let sku = Sku::parse(text).map_err(|error| Problem::field("/sku", error.to_string()))?;
            let product = app.tenant(who.0.tenant).product_by_sku(&sku).await?;
            let missing = || {
                Problem::field(
                    "/sku",
                    format!("there is no product with the SKU `{sku}`; create it first"),
                )
            };
            Some(product.ok_or_else(missing)?.id)
        }
    };
    Ok(app.hub().map_listing(&who.0, id, product, units).await?)
}
