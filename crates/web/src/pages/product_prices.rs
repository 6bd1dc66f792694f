//! One product's prices: base price, cost and floor, and what its listings show or would show.

use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::catalog::Product;
use stockbridge_domain::pricing::{Rule, Scope};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{ListingId, Money, Sku};
use stockbridge_engine::ProductPricePatch;
use stockbridge_store::{Hypothesis, PriceFilter, ProductCosts};

use super::prices::{SHOWN, part};
use super::typed::amount;
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
        Route::page(
            Method::POST,
            "/stock/{sku}/prices/{id}",
            Access::Role(Role::Operator),
            set_own,
        ),
    ]
}

async fn product(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    show(frame, &sku, Hypothesis::default()).await
}

async fn known(frame: &Frame, sku: &Sku) -> Result<Product, Problem> {
    let found = frame.tenant().product_by_sku(sku).await?;
    found.ok_or_else(|| no_product(sku))
}

async fn show(frame: Frame, sku: &Sku, supposed: Hypothesis) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let product = known(&frame, sku).await?;
    let costs = tenant.product_costs(product.id).await?;
    let scope = Scope::Product(product.id);
    let wanted = PriceFilter {
        scope: Some(scope.clone()),
        limit: SHOWN,
        ..PriceFilter::default()
    };
    let previews = tenant.preview_prices(&wanted, &supposed).await?;
    let text = |money: Option<Money>| money.map(|m| m.to_string()).unwrap_or_default();
    let mut preview = part(&previews, &Accounts::of(&tenant).await?);
    for (row, of) in preview.rows.iter_mut().zip(&previews) {
        let rule = tenant.price_rule(&Scope::Listing(of.listing)).await?;
        row.own = Some(text(rule.and_then(|record| record.rule.price)));
    }
    let page = ProductPricesPage {
        sku: product.sku.to_string(),
        sku_path: component(product.sku.as_str()),
        title: product.title,
        base: text(product.base_price),
        cost: text(costs.cost),
        floor: text(costs.floor),
        supposed: supposed.rule.is_some() || supposed.product.is_some(),
        scope: scope.to_string(),
        preview,
    };
    frame.show("product_prices", &page.sku, "stock", &page).await
}

/// The page of a product's prices.
fn here(sku: &Sku) -> String {
    format!("/stock/{}/prices", component(sku.as_str()))
}

async fn set_product(frame: Frame, Who(caller): Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    let (base, cost, floor) = (
        amount(&form, "base")?,
        amount(&form, "cost")?,
        amount(&form, "floor")?,
    );
    let sku = sku_of(&path)?;
    let here = here(&sku);
    if form.get("do") == "preview" {
        let supposed = Hypothesis {
            product: Some((known(&frame, &sku).await?.id, base, ProductCosts { cost, floor })),
            ..Hypothesis::default()
        };
        return show(frame.trying(&here, &form, here.as_str()), &sku, supposed).await;
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

/// A listing's own price: tried out, set, or taken away again.
async fn set_own(frame: Frame, Who(caller): Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    let (sku, listing) = (sku_of(&path)?, path.id::<ListingId>("id")?);
    let (here, app) = (here(&sku), frame.app.clone());
    if form.get("do") == "clear" {
        app.hub().clear_price(&caller, listing).await?;
        return Ok(done(&app, &here, "Taken away; the rules decide again."));
    }
    let missing = || Problem::field("/price", "say at what price, such as 14.99 EUR");
    let price = amount(&form, "price")?.ok_or_else(missing)?;
    if form.get("do") == "preview" {
        let scope = Scope::Listing(listing);
        let said = frame.tenant().price_rule(&scope).await?.map(|record| record.rule);
        let rule = Rule {
            price: Some(price),
            ..said.unwrap_or_default()
        };
        let supposed = Hypothesis {
            rule: Some((scope, rule)),
            ..Hypothesis::default()
        };
        let action = format!("{here}/{listing}");
        return show(frame.trying(&action, &form, here), &sku, supposed).await;
    }
    let set = app.hub().set_price(&caller, listing, price).await;
    set.map_err(|refusal| {
        let mut problem = Problem::from(refusal);
        for error in &mut problem.errors {
            error.pointer = "/price".into();
        }
        problem
    })?;
    Ok(done(
        &app,
        &here,
        format!("{price} is set and on its way, if the channel takes prices."),
    ))
}
