//! Products and listings.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use stockbridge_domain::catalog::{Attribute, Dimensions, Product, ProductDetails};
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::listing::ListingStatus;
use stockbridge_domain::{AccountId, ListingId, Money, ProductId, Sku};
use stockbridge_engine::{NewProductRequest, ProductChange};
use stockbridge_store::{ListingFilter, ListingRecord};

use super::inventory::{no_product, sku_of};
use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const LISTINGS: &[Param] = paged![
    "account": "Only this store's, by id",
    "channel": "Only this channel's",
    "status": "active, inactive, suppressed or unknown",
    "mapped": "`true` with a product, `false` without",
    "verified": "`false` for those not seen to show what they should",
    "search": "In SKU and title",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/api/v1/products", "Products by SKU", products)
            .query(paged!["search": "In SKU and title; a barcode, or the parent of variants"])
            .lists("Product"),
        route::post(
            "/api/v1/products",
            "Create one product, or many in an array",
            create,
        )
        .takes("NewProduct")
        .lists_with(201, "Product"),
        route::get("/api/v1/products/{sku}", "One product", product).gives(200, "Product"),
        route::patch(
            "/api/v1/products/{sku}",
            "Change what is known of a product",
            change,
        )
        .takes("ProductPatch")
        .gives(200, "Product"),
        route::get(
            "/api/v1/listings",
            "Listings with what they should show and show",
            listings,
        )
        .query(LISTINGS)
        .lists("Listing"),
        route::get(
            "/api/v1/inventory/seller",
            "The seller's listings with their stock",
            listings,
        )
        .query(LISTINGS)
        .lists("Listing"),
        route::get("/api/v1/listings/{id}", "One listing", listing).gives(200, "Listing"),
        route::post(
            "/api/v1/listings/{id}/map",
            "Say which product a listing sells",
            map,
        )
        .takes("ListingMapping")
        .gives(200, "Listing"),
        route::patch("/api/v1/listings/{id}", "Set a listing's price", patch)
            .takes("ListingPatch")
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
    let page = page_query(wanted.limit, wanted.cursor)?;
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
    let sku = sku_of(&path)?;
    let product = app.tenant(caller.tenant).product_by_sku(&sku).await?;
    Ok(ApiJson(product.ok_or_else(|| no_product(&sku))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    sku: String,
    title: String,
    price: Option<Money>,
    cost: Option<Money>,
    #[serde(default)]
    barcodes: Vec<String>,
    brand: Option<String>,
    category: Option<String>,
    weight_g: Option<i64>,
    dimensions_mm: Option<Dimensions>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,
    parent: Option<Sku>,
    #[serde(default)]
    options: BTreeMap<String, String>,
}

impl From<NewProduct> for NewProductRequest {
    fn from(new: NewProduct) -> Self {
        Self {
            sku: new.sku,
            title: new.title,
            price: new.price,
            cost: new.cost,
            details: ProductDetails {
                barcodes: new.barcodes,
                brand: new.brand,
                category: new.category,
                weight_g: new.weight_g,
                dimensions_mm: new.dimensions_mm,
                images: new.images,
                attributes: new.attributes,
                parent: new.parent,
                options: new.options,
            },
        }
    }
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
    let requests = news.into_iter().map(NewProductRequest::from).collect();
    let created = app
        .hub()
        .create_products(&caller, requests)
        .await
        .map_err(|refusal| unindexed(refusal.into(), single))?;
    Ok((StatusCode::CREATED, List::whole(created)))
}

async fn change(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<ProductChange>,
) -> Result<ApiJson<Product>, Problem> {
    let sku = sku_of(&path)?;
    Ok(ApiJson(app.hub().change_product(&caller, &sku, body).await?))
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
    status: Option<String>,
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
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = ListingFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        product: None,
        channel: wanted
            .channel
            .map(|name| known_channel(&app, &name))
            .transpose()?,
        status: one_of("status", wanted.status, ListingStatus::ALL)?,
        mapped: parsed("mapped", wanted.mapped)?,
        verified: parsed("verified", wanted.verified)?,
        search: wanted.search,
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).listings(&filter, &page).await?.into(),
    ))
}

fn known_channel(app: &App, name: &str) -> Result<ChannelKind, Problem> {
    if app.hub().channel(name).is_some() {
        return Ok(ChannelKind::new(name));
    }
    let names: Vec<&str> = app.hub().channels().iter().map(|c| c.descriptor().kind).collect();
    Err(Problem::field(
        "/query/channel",
        format!("`{name}` is none of {}", names.join(", ")),
    ))
}

/// The listing with an id.
pub(crate) async fn found(app: &App, who: &Who, id: ListingId) -> Result<ListingRecord, Problem> {
    let listing = app.tenant(who.0.tenant).listing(id).await?;
    listing.ok_or_else(|| Problem::not_found("There is no such listing."))
}

async fn listing(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<ListingRecord>, Problem> {
    Ok(ApiJson(found(&app, &who, path.id("id")?).await?))
}

/// Which product: by SKU or by id; null takes the listing off its product.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapping {
    #[serde(default, alias = "sku", deserialize_with = "present")]
    product_sku: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    product_id: Option<Option<ProductId>>,
    #[serde(default = "one")]
    units: i64,
}

/// Tells a null that was sent from nothing sent.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// Units of the product in one of the listing, unless said otherwise.
pub(crate) const fn one() -> i64 {
    1
}

async fn map(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Mapping>,
) -> Result<ApiJson<ListingRecord>, Problem> {
    let id: ListingId = path.id("id")?;
    match (body.product_sku, body.product_id) {
        (Some(sku), None) => map_by_sku(&app, &who, id, sku.as_deref(), body.units).await?,
        (None, Some(product)) => app.hub().map_listing(&who.0, id, product, body.units).await?,
        _ => {
            return Err(Problem::field(
                "/product_sku",
                "give either `product_sku` or `product_id`; null takes the listing off its product",
            ));
        }
    }
    Ok(ApiJson(found(&app, &who, id).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListingPatch {
    price: Money,
}

async fn patch(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<ListingPatch>,
) -> Result<ApiJson<ListingRecord>, Problem> {
    let id: ListingId = path.id("id")?;
    app.hub().set_price(&who.0, id, body.price).await?;
    Ok(ApiJson(found(&app, &who, id).await?))
}

/// The product with a SKU that a body names at `pointer`.
pub(crate) async fn product_with(
    app: &App,
    who: &Who,
    sku: &str,
    pointer: &str,
) -> Result<ProductId, Problem> {
    let sku = Sku::parse(sku).map_err(|error| Problem::field(pointer, error.to_string()))?;
    let product = app.tenant(who.0.tenant).product_by_sku(&sku).await?;
    let missing = || {
        Problem::field(
            pointer,
            format!("there is no product with the SKU `{sku}`; create it first"),
        )
    };
    Ok(product.ok_or_else(missing)?.id)
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
        Some(sku) => Some(product_with(app, who, sku, "/product_sku").await?),
    };
    Ok(app.hub().map_listing(&who.0, id, product, units).await?)
}
