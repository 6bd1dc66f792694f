//! Labels and invoices that channels make, and handing parcels over.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stockbridge_domain::OrderId;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{Caller, PapersRequest};
use stockbridge_store::{OrderDetail, PaperRecord};

use super::aftersales::{LineOf, units};
use super::stores;
use crate::extract::{ApiJson, ApiPath, Sent, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/orders/{id}/papers",
            "Have the channel make a parcel's label and invoice",
            want,
        )
        .takes("NewPapers")
        .gives(200, "OrderDetail"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/generate-label",
            "Have the channel make the label of an order's parcel",
            generate_label,
        )
        .takes("StoreLabel")
        .gives(200, "OrderDetail"),
        route::get(
            "/api/v1/papers/{id}",
            "A label or invoice, as the channel made it",
            paper,
        )
        .needs(Role::Operator)
        .text("application/pdf"),
        route::post(
            "/api/v1/parcels/{id}/hand-over",
            "Tell the channel that a parcel is ready to be fetched",
            hand_over,
        )
        .gives(200, "OrderDetail"),
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/dispatch",
            "Tell the channel that an order's parcel is ready to be fetched",
            dispatch,
        )
        .takes("StoreDispatch")
        .gives(200, "OrderDetail"),
    ]
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPapers {
    parcel: Option<i64>,
    #[serde(default)]
    lines: Vec<LineOf>,
    weight_grams: Option<i64>,
    size_mm: Option<[i64; 3]>,
    invoice_number: Option<String>,
}

impl From<NewPapers> for PapersRequest {
    fn from(body: NewPapers) -> Self {
        Self {
            parcel: body.parcel,
            lines: units(body.lines),
            weight_grams: body.weight_grams,
            size_mm: body.size_mm,
            invoice_number: body.invoice_number,
        }
    }
}

async fn want(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    Sent(body): Sent<NewPapers>,
) -> Result<ApiJson<OrderDetail>, Problem> {
    let detail = app
        .hub()
        .want_papers(&caller, path.id("id")?, body.into())
        .await?;
    Ok(ApiJson(detail))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreLabel {
    order: OrderId,
    parcel: Option<i64>,
    weight_grams: Option<i64>,
    size_mm: Option<[i64; 3]>,
    invoice_number: Option<String>,
}

async fn generate_label(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<StoreLabel>,
) -> Result<ApiJson<OrderDetail>, Problem> {
    of_store(&app, &who, &path, body.order).await?;
    let request = PapersRequest {
        parcel: body.parcel,
        lines: Vec::new(),
        weight_grams: body.weight_grams,
        size_mm: body.size_mm,
        invoice_number: body.invoice_number,
    };
    Ok(ApiJson(app.hub().want_papers(&who.0, body.order, request).await?))
}

/// The order, if it is of the store in the path.
async fn of_store(app: &App, who: &Who, path: &ApiPath, order: OrderId) -> Result<OrderDetail, Problem> {
    let store = stores::found(app, who, path).await?;
    let detail = app.tenant(who.0.tenant).order(order).await?;
    detail.filter(|o| o.order.account == store.id).ok_or_else(|| {
        let message = format!("store `{}` has no order {order}", store.name);
        Problem::field("/order", message)
    })
}

async fn paper(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<Response, Problem> {
    fetched(&app, &caller, &path).await
}

/// A paper as a file. What it is, the channel said: so it is never shown in place, where a script in it could run.
pub(crate) async fn fetched(app: &App, caller: &Caller, path: &ApiPath) -> Result<Response, Problem> {
    let (paper, bytes) = app.hub().paper(caller, path.id("id")?).await?;
    let (kind, name) = file_of(&paper);
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// The media type it is sent with, and the name of its file.
fn file_of(paper: &PaperRecord) -> (&'static str, String) {
    let (kind, end) = match paper.media_type.as_str() {
        "application/pdf" => ("application/pdf", "pdf"),
        "image/svg+xml" => ("image/svg+xml", "svg"),
        "image/png" => ("image/png", "png"),
        _ => ("application/octet-stream", "bin"),
    };
    (kind, format!("{}-{}.{end}", paper.kind, paper.id))
}

async fn hand_over(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<OrderDetail>, Problem> {
    Ok(ApiJson(app.hub().hand_over(&caller, path.id("id")?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreDispatch {
    order: OrderId,
    parcel: Option<i64>,
}

async fn dispatch(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<StoreDispatch>,
) -> Result<ApiJson<OrderDetail>, Problem> {
    let detail = of_store(&app, &who, &path, body.order).await?;
    let number = body.parcel.unwrap_or(1);
    let parcel = detail.after_sales.parcels.iter().find(|p| p.parcel == number);
    let parcel = parcel
        .ok_or_else(|| Problem::conflict("This parcel has no label yet; ask for it first.".to_owned()))?;
    Ok(ApiJson(app.hub().hand_over(&who.0, parcel.id).await?))
}
