//! Channels' own warehouses: what lies there and how long it lasts.

use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::channel::{WarehouseHealth, WarehouseUnits, days_of_cover, warehouse_health};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{PageQuery, WarehouseFilter, WarehousePlace, WarehouseRecord};

use super::{Accounts, Frame, address, pager, product_href};
use crate::extract::ApiQuery;
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::view::warehouses::{LyingRow, NONE_HERE, NOTHING_THERE, PlaceRow, WarehousesPage};
use crate::view::words::{count, number, when};
use crate::view::{Badge, Tone};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::page(
        Method::GET,
        "/warehouses",
        Access::Role(Role::Viewer),
        show,
    )]
}

#[derive(Deserialize)]
struct Wanted {
    account: Option<String>,
    marketplace: Option<String>,
    q: Option<String>,
    unfulfillable: Option<String>,
    cursor: Option<String>,
}

async fn show(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (account, marketplace, q) = (
        wanted.account.unwrap_or_default(),
        wanted.marketplace.unwrap_or_default(),
        wanted.q.unwrap_or_default(),
    );
    let unfulfillable = wanted.unfulfillable.is_some_and(|v| v == "true");
    let filter = WarehouseFilter {
        account: account.parse::<AccountId>().ok(),
        marketplace: Some(marketplace.clone()).filter(|m| !m.is_empty()),
        text: Some(q.trim().to_owned()).filter(|t| !t.is_empty()),
        unfulfillable,
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let (places, now) = (tenant.warehouses().await?, frame.app.now());
    let found = tenant.warehouse_stock(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let parameters = [
        ("account", account.as_str()),
        ("marketplace", marketplace.as_str()),
        ("q", q.as_str()),
        ("unfulfillable", if unfulfillable { "true" } else { "" }),
    ];
    let page = WarehousesPage {
        empty: if places.is_empty() {
            NOTHING_THERE
        } else {
            NONE_HERE
        },
        places: places.iter().map(|p| place(p, now)).collect(),
        accounts: accounts.choices(&account),
        rows: found.items.iter().map(|r| row(r, &accounts)).collect(),
        pager: pager(
            "/warehouses",
            &parameters,
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        q,
        marketplace,
        unfulfillable,
    };
    frame
        .show("warehouses", "Channels' warehouses", "stock", &page)
        .await
}

fn place(place: &WarehousePlace, now: Timestamp) -> PlaceRow {
    let account = place.account.to_string();
    PlaceRow {
        href: address(
            "/warehouses",
            &[("account", &account), ("marketplace", &place.marketplace)],
        ),
        account: place.name.clone(),
        marketplace: place.marketplace.clone(),
        skus: number(place.skus),
        sellable: number(place.sellable),
        inbound: number(place.inbound),
        reserved: number(place.reserved),
        unfulfillable: number(place.unfulfillable),
        read: when(place.read_at, now),
    }
}

fn row(record: &WarehouseRecord, accounts: &Accounts) -> LyingRow {
    let units = &record.units;
    let names = [record.channel_ref.as_deref().unwrap_or_default(), &record.label];
    let names: Vec<&str> = names.into_iter().filter(|n| !n.is_empty()).collect();
    LyingRow {
        sku: record.sku.as_str().to_owned(),
        href: record.product_sku.as_ref().map(|sku| product_href(sku.as_str())),
        title: record.title.clone(),
        names: names.join(" · "),
        place: format!("{}, {}", accounts.name(record.account), record.marketplace),
        sellable: number(units.sellable),
        inbound: parts(units.inbound(), &inbound(units)),
        reserved: parts(units.reserved(), &reserved(units)),
        unfulfillable: parts(units.unfulfillable, &unfulfillable(units)),
        sold: number(record.sold),
        cover: days_of_cover(units, record.sold)
            .map_or_else(|| "–".to_owned(), |days| count(days, "day", "days")),
        health: health(warehouse_health(units, record.sold)),
    }
}

fn inbound(units: &WarehouseUnits) -> [(i64, &'static str); 3] {
    [
        (units.inbound_working, "announced"),
        (units.inbound_shipped, "on their way"),
        (units.inbound_receiving, "arriving"),
    ]
}

fn reserved(units: &WarehouseUnits) -> [(i64, &'static str); 3] {
    [
        (units.reserved_orders, "for orders"),
        (units.reserved_transfer, "moving"),
        (units.reserved_processing, "being worked on"),
    ]
}

fn unfulfillable(units: &WarehouseUnits) -> [(i64, &'static str); 6] {
    [
        (units.damaged_by_buyer, "damaged by a buyer"),
        (units.damaged_in_warehouse, "damaged in the warehouse"),
        (units.damaged_by_supplier, "damaged before they came"),
        (units.damaged_by_carrier, "damaged on their way"),
        (units.defective, "defective"),
        (units.expired, "expired"),
    ]
}

/// A sum with those of its parts that are not zero.
fn parts(sum: i64, parts: &[(i64, &'static str)]) -> String {
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n != 0)
        .map(|(n, what)| format!("{} {what}", number(*n)))
        .collect();
    if told.is_empty() {
        return number(sum);
    }
    format!("{} ({})", number(sum), told.join(", "))
}

fn health(health: WarehouseHealth) -> Badge {
    match health {
        WarehouseHealth::Out => Badge::new(Tone::Bad, "sold out"),
        WarehouseHealth::Low => Badge::new(Tone::Warn, "runs out soon"),
        WarehouseHealth::Good => Badge::new(Tone::Good, "good"),
        WarehouseHealth::Excess => Badge::new(Tone::Warn, "more than half a year"),
        WarehouseHealth::Still => Badge::new(Tone::Info, "nothing sold"),
        WarehouseHealth::Empty => Badge::new(Tone::Quiet, "empty"),
    }
}
