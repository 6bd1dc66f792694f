//! Channels' own warehouses: what lies there, and how long it lasts. Read only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{WarehouseHealth, days_of_cover, warehouse_health};
use stockbridge_store::{WarehouseFilter, WarehousePlace, WarehouseRecord};

use super::paged;
use crate::extract::{ApiJson, ApiQuery, List, Paging, Who, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const FILTERS: &[Param] = paged![
    "account": "Only this store's, by id",
    "marketplace": "Only what is counted for this marketplace, by the channel's id",
    "q": "Only what has this in its SKU or title",
    "unfulfillable": "true: only SKUs of which units cannot be sold",
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/warehouses",
            "Channels' own warehouses, one for each store and marketplace; never the seller's to sell",
            places,
        )
        .lists("Warehouse"),
        route::get(
            "/api/v1/inventory/warehouses/stock",
            "What lies in channels' warehouses, SKU by SKU, and how long it lasts",
            stock,
        )
        .query(FILTERS)
        .lists("WarehouseStock"),
    ]
}

async fn places(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<WarehousePlace>>, Problem> {
    Ok(List::whole(app.tenant(caller.tenant).warehouses().await?))
}

/// One SKU there, and how it stands with it.
#[derive(Debug, Serialize)]
pub(crate) struct Lying {
    #[serde(flatten)]
    record: WarehouseRecord,
    /// Days until what can be sold is gone at the present pace.
    days_of_cover: Option<i64>,
    health: WarehouseHealth,
}

impl From<WarehouseRecord> for Lying {
    fn from(record: WarehouseRecord) -> Self {
        Self {
            days_of_cover: days_of_cover(&record.units, record.sold),
            health: warehouse_health(&record.units, record.sold),
            record,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    marketplace: Option<String>,
    q: Option<String>,
    unfulfillable: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn stock(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<Lying>>, Problem> {
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    }
    .query()?;
    let filter = WarehouseFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        marketplace: wanted.marketplace,
        text: wanted.q,
        unfulfillable: parsed::<bool>("unfulfillable", wanted.unfulfillable)?.unwrap_or(false),
    };
    let found = app.tenant(caller.tenant).warehouse_stock(&filter, &page).await?;
    Ok(ApiJson(List {
        data: found.items.into_iter().map(Lying::from).collect(),
        next_cursor: found.next,
    }))
}
