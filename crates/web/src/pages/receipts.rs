//! Goods that came in: the form for a delivery, and what it did.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::DeliveryRequest;

use super::product::place_choices;
use super::typed::{Lines, location};
use super::{Frame, done};
use crate::extract::{ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::moves::ReceivePage;
use crate::view::words::count;

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/receive", operator, form),
        Route::page(Method::POST, "/receive", operator, receive),
    ]
}

/// Products to begin a form with.
#[derive(Deserialize)]
pub(super) struct Begun {
    pub(super) sku: Option<String>,
}

impl Begun {
    /// The first line of the form: the product that was looked at.
    pub(super) fn lines(&self) -> String {
        self.sku
            .as_deref()
            .map(|sku| format!("{sku} "))
            .unwrap_or_default()
    }
}

async fn form(frame: Frame, ApiQuery(begun): ApiQuery<Begun>) -> Result<Response, Problem> {
    let page = ReceivePage {
        places: place_choices(&frame.tenant().locations().await?),
        lines: begun.lines(),
    };
    frame.show("receive", "Receive goods", "stock", &page).await
}

async fn receive(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let lines = Lines::read(&form, "lines")?;
    let request = DeliveryRequest {
        reference: form.get("reference").to_owned(),
        location: location(&form, "location")?,
        lines: lines.units.clone(),
        note: form.optional("note"),
    };
    let reference = request.reference.clone();
    let entries = app.hub().receive(&caller, request).await;
    let entries = entries.map_err(|refusal| lines.problem(refusal))?;
    let units = entries.iter().map(|entry| entry.change.on_hand).sum();
    let text = format!(
        "Delivery {reference} is entered: {} of {}.",
        count(units, "unit", "units"),
        count(
            i64::try_from(entries.len()).unwrap_or(i64::MAX),
            "product",
            "products"
        ),
    );
    Ok(done(&app, "/receive", text))
}
