//! `/inventory/bulk-update`: quantities and prices of many SKUs at once, each with its own outcome.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{AccountId, Money, Sku};
use stockbridge_engine::Adjustment;
use stockbridge_store::{ListingFilter, ListingRecord, PageQuery};

use crate::extract::{ApiJson, List, Who};
use crate::problem::{FieldProblem, Problem};
use crate::route::{self, Route};
use crate::state::App;

/// Most items of one request.
const MOST: usize = 1_000;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let about = "Set quantities and prices of up to 1,000 SKUs, each with its own outcome";
    vec![
        route::post("/api/v1/inventory/bulk-update", about, update)
            .takes("BulkUpdate")
            .lists("BulkOutcome"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bulk {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: String,
    account: Option<AccountId>,
    quantity: Option<i64>,
    price: Option<Money>,
}

/// What became of one item.
#[derive(Debug, Serialize)]
struct Outcome {
    index: usize,
    sku: String,
    status: &'static str,
    errors: Vec<FieldProblem>,
}

async fn update(
    State(app): State<App>,
    who: Who,
    ApiJson(body): ApiJson<Bulk>,
) -> Result<ApiJson<List<Outcome>>, Problem> {
    if body.items.is_empty() || body.items.len() > MOST {
        return Err(Problem::field(
            "/items",
            format!("send 1 to {MOST} items at once"),
        ));
    }
    let mut outcomes = Vec::with_capacity(body.items.len());
    for (index, item) in body.items.into_iter().enumerate() {
        let sku = item.sku.clone();
        let errors = match apply(&app, &who, item).await {
            Ok(()) => Vec::new(),
            // Our own faults end it all: what was done stays done, and the same request may be sent again.
            Err(problem) if problem.status >= 500 => return Err(problem),
            Err(problem) => placed(index, problem),
        };
        outcomes.push(Outcome {
            index,
            sku,
            status: if errors.is_empty() { "done" } else { "refused" },
            errors,
        });
    }
    Ok(List::whole(outcomes))
}

/// An item's problems with pointers into the whole body.
fn placed(index: usize, problem: Problem) -> Vec<FieldProblem> {
    if problem.errors.is_empty() {
        return vec![FieldProblem {
            pointer: format!("/items/{index}"),
            message: problem.detail,
        }];
    }
    let place = |error: FieldProblem| FieldProblem {
        pointer: format!("/items/{index}{}", error.pointer.replace("/counted", "/quantity")),
        message: error.message,
    };
    problem.errors.into_iter().map(place).collect()
}

/// Both or nothing of an item's wishes are checked before the first is carried out.
async fn apply(app: &App, who: &Who, item: Item) -> Result<(), Problem> {
    if item.quantity.is_none() && item.price.is_none() {
        return Err(Problem::field(
            "/quantity",
            "give a `quantity`, a `price` or both",
        ));
    }
    let sku = Sku::parse(&item.sku).map_err(|error| Problem::field("/sku", error.to_string()))?;
    let priced = match item.price {
        Some(price) => Some((price, to_be_priced(app, who, &sku, item.account, price).await?)),
        None => None,
    };
    if let Some(counted) = item.quantity {
        let adjustment = Adjustment {
            sku: item.sku,
            location: None,
            kind: EntryKind::Count,
            change: None,
            counted: Some(counted),
            note: None,
            reference: None,
        };
        app.hub().adjust(&who.0, adjustment).await?;
    }
    if let Some((price, listings)) = priced {
        for listing in listings {
            app.hub().set_price(&who.0, listing.id, price).await?;
        }
    }
    Ok(())
}

/// The listings a price is for: those with the SKU, or of the product with it, that are sold in the price's currency.
async fn to_be_priced(
    app: &App,
    who: &Who,
    sku: &Sku,
    account: Option<AccountId>,
    price: Money,
) -> Result<Vec<ListingRecord>, Problem> {
    let tenant = app.tenant(who.0.tenant);
    let product = tenant.product_by_sku(sku).await?.map(|p| p.id);
    let filter = ListingFilter {
        account,
        product,
        search: product.is_none().then(|| sku.to_string()),
        ..ListingFilter::default()
    };
    let mut listings = tenant.listings(&filter, &PageQuery::first(500)).await?.items;
    listings.retain(|l| product.is_some() || l.sku == *sku);
    if listings.is_empty() {
        return Err(Problem::field(
            "/sku",
            format!("no listing sells `{sku}` there; map one first"),
        ));
    }
    listings.retain(|l| l.price.is_none_or(|shown| shown.currency() == price.currency()));
    if listings.is_empty() {
        let message = format!("`{sku}` is sold in no listing in {}", price.currency());
        return Err(Problem::field("/price/currency", message));
    }
    Ok(listings)
}
