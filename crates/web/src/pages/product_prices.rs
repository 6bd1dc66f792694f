//! One product's prices: base price, cost and floor, and what its listings show or would show.

use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::Money;
use stockbridge_domain::pricing::Scope;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::ProductPricePatch;
use stockbridge_store::{Hypothesis, PriceFilter, ProductCosts};

use super::prices::{SHOWN, amount, part};
use super::{Accounts, Frame, component, done};
use crate::api::inventory::{no_product, sku_of};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::view::prices::ProductPricesPage;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(
            Method::GET,
            "/stock/{sku}/prices",
            Access::Role(Role::Viewer),
            product,
        ),
        Route::page(
            Method::POST,
            "/stock/{sku}/prices",
            Access::Role(Role::Operator),
            set_product,
        ),
    ]
}

async fn product(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    show_product(frame, path, None).await
}

/// Base price, cost and floor that are only supposed.
type Supposed = (Option<Money>, ProductCosts);

async fn show_product(frame: Frame, path: ApiPath, supposed: Option<Supposed>) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let tenant = frame.tenant();
    let product = tenant
        .product_by_sku(&sku)
        .await?
        .ok_or_else(|| no_product(&sku))?;
    let costs = tenant.product_costs(product.id).await?;
    let (base, costs) = supposed.unwrap_or((product.base_price, costs));
    let wanted = PriceFilter {
        scope: Some(Scope::Product(product.id)),
        limit: SHOWN,
        ..PriceFilter::default()
    };
    let hypothesis = Hypothesis {
        product: supposed.map(|(base, costs)| (product.id, base, costs)),
        ..Hypothesis::default()
    };
    let previews = tenant.preview_prices(&wanted, &hypothesis).await?;
    let text = |money: Option<Money>| money.map(|m| m.to_string()).unwrap_or_default();
    let page = ProductPricesPage {
        sku: product.sku.to_string(),
        sku_path: component(product.sku.as_str()),
        title: product.title,
        base: text(base),
        cost: text(costs.cost),
        floor: text(costs.floor),
        supposed: supposed.is_some(),
        preview: part(&previews, &Accounts::of(&tenant).await?),
    };
    frame.show("product_prices", &page.sku, "stock", &page).await
}

async fn set_product(
    mut frame: Frame,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let (base, cost, floor) = (
        amount(&form, "base")?,
        amount(&form, "cost")?,
        amount(&form, "floor")?,
    );
    let sku = sku_of(&path)?;
    let here = format!("/stock/{}/prices", component(sku.as_str()));
    if form.get("do") == "preview" {
        frame.here = here;
        return show_product(frame, path, Some((base, ProductCosts { cost, floor }))).await;
    }
    let patch = ProductPricePatch {
        base: Some(base),
        cost: Some(cost),
        floor: Some(floor),
    };
    frame.app.hub().set_product_prices(&caller, &sku, patch).await?;
    Ok(done(
        &frame.app,
        &here,
        "Saved; the prices of its listings are computed anew.",
    ))
}
