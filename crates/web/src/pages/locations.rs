//! Locations: the list, and the forms that open and change them.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::moves::TransferStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{LocationChange, LocationRequest};
use stockbridge_store::PageQuery;

use super::transfers::{names, row};
use super::typed::{whole, yes};
use super::{Frame, done};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::locations::{LocationRow, LocationsPage, WarehouseRow};
use crate::view::words::number;

pub(super) fn routes() -> Vec<Route> {
    let admin = Access::Role(Role::Admin);
    vec![
        Route::page(Method::GET, "/locations", Access::Role(Role::Viewer), list),
        Route::page(Method::POST, "/locations", admin, create),
        Route::page(Method::POST, "/locations/{id}", admin, change),
    ]
}

async fn list(frame: Frame) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let (locations, now) = (tenant.locations().await?, frame.app.now());
    let moving = tenant
        .transfers(Some(TransferStatus::InTransit), &PageQuery::first(20))
        .await?;
    let places = names(&locations);
    let page = LocationsPage {
        in_transit: moving.items.iter().map(|t| row(t, &places, now)).collect(),
        rows: locations
            .iter()
            .map(|location| LocationRow {
                id: location.id.to_string(),
                name: location.name.clone(),
                is_default: location.is_default,
                sellable: location.sellable,
                rank: location.rank,
                open: location.closed_at.is_none(),
            })
            .collect(),
        warehouses: tenant
            .channel_warehouses()
            .await?
            .into_iter()
            .map(|warehouse| WarehouseRow {
                account: warehouse.name,
                listings: number(warehouse.listings),
                units: warehouse.units.map(number),
            })
            .collect(),
    };
    frame.show("locations", "Locations", "stock", &page).await
}

async fn create(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let request = LocationRequest {
        name: form.get("name").to_owned(),
        sellable: yes(&form, "sellable"),
        rank: whole(&form, "rank")?,
    };
    let made = app.hub().create_location(&caller, request).await?;
    Ok(done(&app, "/locations", format!("{} is open.", made.name)))
}

async fn change(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let change = LocationChange {
        name: form.optional("name"),
        sellable: yes(&form, "sellable"),
        rank: whole(&form, "rank")?,
        open: yes(&form, "open"),
    };
    let changed = app.hub().change_location(&caller, path.id("id")?, change).await?;
    Ok(done(&app, "/locations", format!("{} is changed.", changed.name)))
}
