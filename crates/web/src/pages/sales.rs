//! Sales: tried out, entered and ended.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::SaleId;
use stockbridge_domain::pricing::{Sale, SaleChange};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::NewSale;
use stockbridge_store::Hypothesis;

use super::prices::{scope_of, show};
use super::typed::{amount, instant, percentage};
use super::{Frame, done};
use crate::extract::Who;
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::prices::Draft;

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::POST, "/prices/sale", operator, create),
        Route::page(Method::POST, "/prices/sale/end", operator, end),
    ]
}

/// What the sale of a form does: a part off, or one price.
fn change_of(form: &Form) -> Result<SaleChange, Problem> {
    match (percentage(form, "off")?, amount(form, "price")?) {
        (Some(off), None) => Ok(SaleChange::Off(off)),
        (None, Some(price)) => Ok(SaleChange::Price(price)),
        (None, None) => Err(Problem::field("/off", "say how much is taken off, in percent")),
        (Some(_), Some(_)) => Err(Problem::field(
            "/price",
            "give a part off or one price, not both; empty one of them",
        )),
    }
}

async fn create(frame: Frame, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let app = frame.app.clone();
    let new = NewSale {
        name: form.get("name").to_owned(),
        scope: scope_of(&form)?,
        starts_at: instant(&form, "starts_at")?,
        ends_at: instant(&form, "ends_at")?,
        change: change_of(&form)?,
    };
    if form.get("do") == "preview" {
        let (scope, chosen) = (new.scope.clone(), new.scope.to_string());
        let sale = Sale {
            id: app.hub().env().id(),
            name: new.name,
            scope: new.scope,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            change: new.change,
        };
        let problems = sale.problems();
        if !problems.is_empty() {
            return Err(stockbridge_engine::Refusal::Fields(problems).into());
        }
        let supposed = Hypothesis {
            sale: Some(sale),
            ..Hypothesis::default()
        };
        let frame = frame.trying("/prices/sale", &form, "/prices");
        return show(frame, None, Some((scope, supposed)), Draft::default(), &chosen).await;
    }
    let sale = app.hub().create_sale(&caller, new).await?;
    let text = format!("{} is entered; it begins and ends by itself.", sale.name);
    Ok(done(&app, &form.back(), text))
}

async fn end(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let id = form.get("sale").parse::<SaleId>();
    let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
    let gone = app.hub().delete_sale(&caller, id).await?;
    Ok(done(
        &app,
        &form.back(),
        format!("{} is over; prices follow.", gone.name),
    ))
}
