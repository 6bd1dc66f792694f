//! What a person does on a product's page: stock is changed, received, moved and withheld.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{Adjustment, DeliveryRequest, UnitsOf};

use super::done;
use super::transfers::{begin, ends};
use super::typed::{chosen, location, whole};
use crate::api::inventory::sku_of;
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::words::number;

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::POST, "/stock/{sku}/adjust", operator, adjust),
        Route::page(Method::POST, "/stock/{sku}/safety", operator, safety),
        Route::page(Method::POST, "/stock/{sku}/receive", operator, receive),
        Route::page(Method::POST, "/stock/{sku}/transfer", operator, transfer),
    ]
}

/// Units a form cannot do without.
fn units_of(form: &Form) -> Result<i64, Problem> {
    whole(form, "units")?.ok_or_else(|| Problem::field("/units", "say how many units, in digits, such as 5"))
}

/// A problem told of the one field for units, whatever the engine calls it.
fn of_units(found: impl Into<Problem>) -> Problem {
    let mut problem = found.into();
    for error in &mut problem.errors {
        let of_line = error.pointer.starts_with("/lines");
        if of_line || matches!(error.pointer.as_str(), "/change" | "/counted") {
            error.pointer = "/units".into();
        }
    }
    problem
}

async fn adjust(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let kind = EntryKind::parse(form.get("kind")).ok_or_else(|| chosen("kind", "choose what happened"))?;
    let units = units_of(&form)?;
    let change = if kind == EntryKind::Damage {
        -units.saturating_abs()
    } else {
        units
    };
    let adjustment = Adjustment {
        sku: sku.to_string(),
        location: location(&form, "location")?,
        kind,
        change: (kind != EntryKind::Count).then_some(change),
        counted: (kind == EntryKind::Count).then_some(units),
        note: form.optional("note"),
        reference: form.optional("reference"),
    };
    let entry = app.hub().adjust(&caller, adjustment).await.map_err(of_units)?;
    let text = format!(
        "Entered: {} on hand, {} available.",
        number(entry.after.on_hand),
        number(entry.after.available())
    );
    Ok(done(&app, &form.back(), text))
}

async fn safety(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let place = location(&form, "location")?;
    let units = units_of(&form)?;
    let stock = app.hub().set_safety_stock(&caller, &sku, place, units).await?;
    let text = format!("{} available now.", number(stock.available));
    Ok(done(&app, &form.back(), text))
}

/// The product of a form, as the only line of it.
fn one_line(path: &ApiPath, form: &Form) -> Result<Vec<UnitsOf>, Problem> {
    Ok(vec![UnitsOf {
        sku: sku_of(path)?.to_string(),
        units: units_of(form)?,
    }])
}

async fn receive(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let request = DeliveryRequest {
        reference: form.get("reference").to_owned(),
        location: location(&form, "location")?,
        lines: one_line(&path, &form)?,
        note: None,
    };
    let entered = app.hub().receive(&caller, request).await.map_err(of_units)?;
    let text = entered.last().map_or_else(String::new, |entry| {
        format!("Entered: {} on hand there.", number(entry.after.on_hand))
    });
    Ok(done(&app, &form.back(), text))
}

async fn transfer(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let request = ends(&form, one_line(&path, &form)?)?;
    begin(&app, &caller, request, true, &of_units).await
}
