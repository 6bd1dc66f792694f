//! Why a number is what it is, in the order of time.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::ListingId;
use stockbridge_engine::{Chain, ExplainField};

use super::inventory::{no_product, sku_of};
use crate::extract::{ApiJson, ApiPath, ApiQuery, Who, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/stock/{sku}/explain",
            "Why a quantity, price or status is what it is, in the order of time",
            explain,
        )
        .query(&[
            Param {
                name: "listing",
                about: "A listing of the product, by id; the product's available quantity without",
            },
            Param {
                name: "field",
                about: "quantity, price or status; quantity unless given",
            },
        ])
        .gives(200, "Chain"),
    ]
}

/// What to explain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listing: Option<String>,
    field: Option<String>,
}

async fn explain(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<ApiJson<Chain>, Problem> {
    let sku = sku_of(&path)?;
    let field = match asked.field.as_deref() {
        None => ExplainField::Quantity,
        Some(name) => ExplainField::parse(name).ok_or_else(|| {
            let remedy = format!("`{name}` cannot be explained; ask for quantity, price or status");
            Problem::field("/query/field".to_owned(), remedy)
        })?,
    };
    let listing: Option<ListingId> = parsed("listing", asked.listing)?;
    if listing.is_none() && field != ExplainField::Quantity {
        let remedy = "name the listing whose price or status is meant".to_owned();
        return Err(Problem::field("/query/listing".to_owned(), remedy));
    }
    let chain = app.hub().chain(caller.tenant, &sku, listing, field).await?;
    Ok(ApiJson(chain.ok_or_else(|| match listing {
        Some(id) => Problem::not_found(format!("The product `{sku}` has no listing {id}.")),
        None => no_product(&sku),
    })?))
}
