//! `/inventory/sync`: have what the channels show read back and planned anew, everywhere or for some products.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::DataKind;
use stockbridge_store::{AccountStatus, JobFilter, JobRecord, ListingFilter, PageQuery};

use super::{catalog, paged, stores};
use crate::extract::{ApiJson, ApiQuery, List, Who, page_query};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// Most SKUs of one request.
const MOST: usize = 200;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let path = "/api/v1/inventory/sync";
    vec![
        route::post(
            path,
            "Read back every store, or those that list some SKUs, and plan anew",
            start,
        )
        .takes("InventorySync")
        .lists_with(202, "Job"),
        route::get(path, "Jobs that read back, newest first", jobs)
            .query(paged![])
            .lists("Job"),
    ]
}

/// How much.
#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Extent {
    Full,
    Partial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sync {
    #[serde(rename = "type")]
    extent: Extent,
    #[serde(default)]
    skus: Vec<String>,
}

async fn start(
    State(app): State<App>,
    who: Who,
    ApiJson(body): ApiJson<Sync>,
) -> Result<(StatusCode, ApiJson<List<JobRecord>>), Problem> {
    let listed = match body.extent {
        Extent::Full if body.skus.is_empty() => None,
        Extent::Full => {
            return Err(Problem::field(
                "/skus",
                "leave it out for a full sync, or ask for a partial one",
            ));
        }
        Extent::Partial => Some(stores_listing(&app, &who, &body.skus).await?),
    };
    let mut jobs = Vec::new();
    for account in app.tenant(who.0.tenant).accounts().await? {
        let reads = app
            .hub()
            .channel(account.channel.as_str())
            .is_some_and(|channel| {
                let schedules = channel.descriptor().schedules;
                schedules.iter().any(|s| s.kind == DataKind::Inventory)
            });
        let asked = listed.as_ref().is_none_or(|listed| listed.contains(&account.id));
        if reads && asked && account.status == AccountStatus::Active {
            app.hub()
                .sync_now(&who.0, account.id, &[DataKind::Inventory])
                .await?;
            jobs.extend(stores::pull_job(&app, &who, account.id, DataKind::Inventory).await?);
        }
    }
    Ok((StatusCode::ACCEPTED, List::whole(jobs)))
}

/// The stores that list one of these products.
async fn stores_listing(app: &App, who: &Who, skus: &[String]) -> Result<BTreeSet<AccountId>, Problem> {
    if skus.is_empty() || skus.len() > MOST {
        return Err(Problem::field(
            "/skus",
            format!("name 1 to {MOST} SKUs for a partial sync"),
        ));
    }
    let mut found = BTreeSet::new();
    for (index, sku) in skus.iter().enumerate() {
        let product = catalog::product_with(app, who, sku, &format!("/skus/{index}")).await?;
        let filter = ListingFilter {
            product: Some(product),
            ..ListingFilter::default()
        };
        let listings = app
            .tenant(who.0.tenant)
            .listings(&filter, &PageQuery::first(200))
            .await?;
        found.extend(listings.items.into_iter().map(|l| l.account));
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    limit: Option<String>,
    cursor: Option<String>,
}

async fn jobs(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(window): ApiQuery<Window>,
) -> Result<ApiJson<List<JobRecord>>, Problem> {
    let page = page_query(window.limit, window.cursor)?;
    let filter = JobFilter {
        kind: Some(format!("{}.pull", DataKind::Inventory.name())),
        ..JobFilter::default()
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).jobs(&filter, &page).await?.into(),
    ))
}
