//! A store's mappings: which product each of its listings sells.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::{ListingId, ProductId, Sku};
use stockbridge_store::{AutoMapped, ListingFilter, ListingRecord, MappedBy, PageQuery};

use super::{catalog, paged, stores};
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let path = "/api/v1/integrations/{channel}/stores/{id}/mappings";
    vec![
        route::get(path, "Which product each listing of a store sells", list)
            .query(paged!["mapped": "`true` with a product, `false` without", "search": "In SKU and title"])
            .lists("Mapping"),
        route::post(path, "Say which product a listing of a store sells", add)
            .takes("NewMapping")
            .gives(201, "Mapping"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/mappings/auto",
            "Map what nobody has to decide: by SKU, else by a barcode that one product alone has",
            auto,
        )
        .gives(200, "AutoMapped"),
        route::delete(
            "/api/v1/integrations/{channel}/stores/{id}/mappings/{mapping}",
            "Take a listing, by its id, off its product: it is left alone from now on",
            remove,
        ),
    ]
}

/// A listing and the product it sells.
#[derive(Debug, Serialize)]
struct Mapping {
    listing: ListingId,
    sku: Sku,
    title: String,
    product: Option<ProductId>,
    mapped_by: Option<MappedBy>,
    units: i64,
}

impl From<ListingRecord> for Mapping {
    fn from(l: ListingRecord) -> Self {
        Self {
            listing: l.id,
            sku: l.sku,
            title: l.title,
            product: l.product,
            mapped_by: l.mapped_by,
            units: l.units,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    mapped: Option<String>,
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<Mapping>>, Problem> {
    let store = stores::found(&app, &who, &path).await?;
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = ListingFilter {
        account: Some(store.id),
        mapped: parsed("mapped", wanted.mapped)?,
        search: wanted.search,
        ..ListingFilter::default()
    };
    let page = app.tenant(who.0.tenant).listings(&filter, &page).await?;
    Ok(ApiJson(List {
        data: page.items.into_iter().map(Mapping::from).collect(),
        next_cursor: page.next,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMapping {
    sku: String,
    product_sku: String,
    #[serde(default = "catalog::one")]
    units: i64,
}

async fn add(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<NewMapping>,
) -> Result<(StatusCode, ApiJson<Mapping>), Problem> {
    let store = stores::found(&app, &who, &path).await?;
    let filter = ListingFilter {
        account: Some(store.id),
        search: Some(body.sku.clone()),
        ..ListingFilter::default()
    };
    let known = app
        .tenant(who.0.tenant)
        .listings(&filter, &PageQuery::first(200))
        .await?;
    let listing = known
        .items
        .into_iter()
        .find(|l| l.sku.as_str() == body.sku.trim());
    let listing = listing.ok_or_else(|| {
        Problem::field(
            "/sku",
            format!(
                "store `{}` has no listing with the SKU `{}`",
                store.name, body.sku
            ),
        )
    })?;
    let product = catalog::product_with(&app, &who, &body.product_sku, "/product_sku").await?;
    app.hub()
        .map_listing(&who.0, listing.id, Some(product), body.units)
        .await?;
    let mapped = catalog::found(&app, &who, listing.id).await?;
    Ok((StatusCode::CREATED, ApiJson(mapped.into())))
}

async fn auto(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<AutoMapped>, Problem> {
    let store = stores::found(&app, &who, &path).await?;
    Ok(ApiJson(app.hub().auto_map(&who.0, Some(store.id)).await?))
}

async fn remove(State(app): State<App>, who: Who, path: ApiPath) -> Result<StatusCode, Problem> {
    let store = stores::found(&app, &who, &path).await?;
    let listing = catalog::found(&app, &who, path.id("mapping")?).await?;
    if listing.account != store.id {
        return Err(Problem::not_found("This store has no such listing."));
    }
    app.hub().map_listing(&who.0, listing.id, None, 1).await?;
    Ok(StatusCode::NO_CONTENT)
}
