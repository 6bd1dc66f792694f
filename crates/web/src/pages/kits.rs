//! What a product is made of: the form on the product's page.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::tenant::Role;

use super::done;
use super::typed::Lines;
use crate::api::inventory::sku_of;
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::words::count;

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![Route::page(Method::POST, "/stock/{sku}/kit", operator, set)]
}

async fn set(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let lines = Lines::read(&form, "components")?;
    let parts = app
        .hub()
        .set_kit(&caller, &sku_of(&path)?, lines.units.clone())
        .await;
    let parts = parts.map_err(|refusal| lines.problem(refusal))?;
    let text = match parts.len() {
        0 => "An ordinary product again, with stock of its own.".to_owned(),
        many => format!(
            "A kit of {} now; what is offered of it follows.",
            count(i64::try_from(many).unwrap_or(i64::MAX), "component", "components")
        ),
    };
    Ok(done(&app, &form.back(), text))
}
