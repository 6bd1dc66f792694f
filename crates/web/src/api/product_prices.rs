//! What a product's prices rest on: base price, cost and floor.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stockbridge_domain::{Money, Sku};
use stockbridge_engine::{ProductPricePatch, ProductPrices};

use super::catalog::present;
use super::inventory::{no_product, sku_of};
use crate::extract::{ApiJson, ApiPath, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/products/{sku}/prices",
            "A product's base price, cost and floor",
            product,
        )
        .gives(200, "ProductPrices"),
        route::put(
            "/api/v1/products/{sku}/prices",
            "Set a product's base price, cost and floor",
            set_product,
        )
        .takes("ProductPricesPut")
        .gives(200, "ProductPrices"),
    ]
}

/// A product's prices as the API gives them.
#[derive(Serialize)]
struct ProductView {
    sku: Sku,
    base: Option<Money>,
    cost: Option<Money>,
    floor: Option<Money>,
}

impl From<ProductPrices> for ProductView {
    fn from(prices: ProductPrices) -> Self {
        Self {
            sku: prices.product.sku,
            base: prices.product.base_price,
            cost: prices.costs.cost,
            floor: prices.costs.floor,
        }
    }
}

async fn product(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ProductView>, Problem> {
    let sku = sku_of(&path)?;
    let tenant = app.tenant(caller.tenant);
    let product = tenant
        .product_by_sku(&sku)
        .await?
        .ok_or_else(|| no_product(&sku))?;
    let costs = tenant.product_costs(product.id).await?;
    Ok(ApiJson(ProductPrices { product, costs }.into()))
}

/// What changes: null takes an amount away, what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetProduct {
    #[serde(default, deserialize_with = "present")]
    base: Option<Option<Money>>,
    #[serde(default, deserialize_with = "present")]
    cost: Option<Option<Money>>,
    #[serde(default, deserialize_with = "present")]
    floor: Option<Option<Money>>,
}

async fn set_product(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<SetProduct>,
) -> Result<ApiJson<ProductView>, Problem> {
    let sku = sku_of(&path)?;
    let patch = ProductPricePatch {
        base: body.base,
        cost: body.cost,
        floor: body.floor,
    };
    Ok(ApiJson(
        app.hub().set_product_prices(&caller, &sku, patch).await?.into(),
    ))
}
