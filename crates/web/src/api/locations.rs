//! Locations: where stock lies, what is sold from there, and what is withheld.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::LocationId;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{LocationChange, LocationRequest};
use stockbridge_store::{ChannelWarehouse, LocationRecord, StockRecord};

use super::inventory::sku_of;
use crate::extract::{ApiJson, ApiPath, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/locations",
            "Where stock lies, in the order in which orders are served",
            list,
        )
        .gives(200, "Locations"),
        route::post("/api/v1/inventory/locations", "Open a location", create)
            .needs(Role::Admin)
            .takes("NewLocation")
            .gives(201, "Location"),
        route::patch(
            "/api/v1/inventory/locations/{id}",
            "Rename, rank, close or open a location, or stop selling from it",
            change,
        )
        .needs(Role::Admin)
        .takes("LocationPatch")
        .gives(200, "Location"),
        route::put(
            "/api/v1/inventory/stock/{sku}/safety",
            "Withhold units of a product at a location from every channel",
            safety,
        )
        .takes("Safety")
        .gives(200, "Stock"),
    ]
}

/// The seller's own locations, and the channels' warehouses apart.
#[derive(Serialize)]
struct Locations {
    locations: Vec<LocationRecord>,
    channel_warehouses: Vec<ChannelWarehouse>,
}

async fn list(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<Locations>, Problem> {
    let tenant = app.tenant(caller.tenant);
    Ok(ApiJson(Locations {
        locations: tenant.locations().await?,
        channel_warehouses: tenant.channel_warehouses().await?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
    sellable: Option<bool>,
    rank: Option<i64>,
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Create>,
) -> Result<(StatusCode, ApiJson<LocationRecord>), Problem> {
    let request = LocationRequest {
        name: body.name,
        sellable: body.sellable,
        rank: body.rank,
    };
    let made = app.hub().create_location(&caller, request).await?;
    Ok((StatusCode::CREATED, ApiJson(made)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    sellable: Option<bool>,
    rank: Option<i64>,
    open: Option<bool>,
}

async fn change(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Change>,
) -> Result<ApiJson<LocationRecord>, Problem> {
    let change = LocationChange {
        name: body.name,
        sellable: body.sellable,
        rank: body.rank,
        open: body.open,
    };
    let changed = app.hub().change_location(&caller, path.id("id")?, change).await?;
    Ok(ApiJson(changed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Safety {
    location: Option<LocationId>,
    units: i64,
}

async fn safety(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Safety>,
) -> Result<ApiJson<StockRecord>, Problem> {
    let sku = sku_of(&path)?;
    let stock = app
        .hub()
        .set_safety_stock(&caller, &sku, body.location, body.units)
        .await?;
    Ok(ApiJson(stock))
}
