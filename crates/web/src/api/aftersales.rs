//! After the sale: calling orders off.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::OrderLineId;
use stockbridge_domain::channel::CancelReason;
use stockbridge_engine::CancelRequest;
use stockbridge_store::OrderDetail;

use crate::extract::{ApiJson, ApiPath, Sent, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/orders/{id}/cancel",
            "Call an order off, or units of it; a channel's order is called off there",
            cancel,
        )
        .takes("CancelOrder")
        .gives(200, "OrderDetail"),
    ]
}

/// Units of a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineOf {
    line: OrderLineId,
    quantity: i64,
}

pub(super) fn units(lines: Vec<LineOf>) -> Vec<(OrderLineId, i64)> {
    lines.into_iter().map(|l| (l.line, l.quantity)).collect()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelOrder {
    reason: Option<CancelReason>,
    note: Option<String>,
    #[serde(default)]
    lines: Vec<LineOf>,
}

async fn cancel(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    Sent(body): Sent<CancelOrder>,
) -> Result<ApiJson<OrderDetail>, Problem> {
    let request = CancelRequest {
        reason: body.reason,
        note: body.note,
        lines: units(body.lines),
    };
    let detail = app.hub().cancel_order(&caller, path.id("id")?, request).await?;
    Ok(ApiJson(detail))
}
