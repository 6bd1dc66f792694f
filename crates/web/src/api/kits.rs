//! Kits: what a product is made of.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_engine::UnitsOf;
use stockbridge_store::KitPart;

use super::inventory::{no_product, sku_of};
use crate::extract::{ApiJson, ApiPath, List, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/products/{sku}/kit",
            "What a product is made of; nothing when it is no kit",
            show,
        )
        .lists("KitPart"),
        route::put(
            "/api/v1/products/{sku}/kit",
            "Say what a product is made of; no components make it an ordinary product again",
            set,
        )
        .takes("Kit")
        .lists("KitPart"),
    ]
}

async fn show(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<List<KitPart>>, Problem> {
    let sku = sku_of(&path)?;
    let tenant = app.tenant(caller.tenant);
    let product = tenant
        .product_by_sku(&sku)
        .await?
        .ok_or_else(|| no_product(&sku))?;
    Ok(List::whole(tenant.kit(product.id).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kit {
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    sku: String,
    units: i64,
}

async fn set(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Kit>,
) -> Result<ApiJson<List<KitPart>>, Problem> {
    let line = |line: Component| UnitsOf {
        sku: line.sku,
        units: line.units,
    };
    let lines = body.components.into_iter().map(line).collect();
    let parts = app.hub().set_kit(&caller, &sku_of(&path)?, lines).await?;
    Ok(List::whole(parts))
}
