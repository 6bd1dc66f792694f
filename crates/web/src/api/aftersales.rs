//! After the sale: calling orders off, and giving money back.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::{Money, OrderLineId};
use stockbridge_engine::{CancelRequest, RefundRequest};
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
        route::post(
            "/api/v1/orders/{id}/refund",
            "Give money back, never more than was paid; a channel's order is refunded there",
            refund,
        )
        .takes("RefundOrder")
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundOrder {
    amount: Option<Money>,
    #[serde(default)]
    lines: Vec<LineOf>,
    #[serde(default)]
    pay_out: bool,
    note: Option<String>,
}

async fn refund(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<RefundOrder>,
) -> Result<ApiJson<OrderDetail>, Problem> {
    let request = RefundRequest {
        amount: body.amount,
        lines: units(body.lines),
        pay_out: body.pay_out,
        note: body.note,
    };
    let detail = app.hub().refund_order(&caller, path.id("id")?, request).await?;
    Ok(ApiJson(detail))
}
