//! Orders and parcels.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, Money, OrderId, OrderLineId, Timestamp};
use stockbridge_engine::{OwnOrderLine, OwnOrderRequest, Parcel, ParcelLineRequest};
use stockbridge_store::{OrderDetail, OrderFilter, OrderRecord, ShipmentRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/api/v1/orders", "Orders, newest first", list)
            .query(paged![
                "status": "pending, open, partially_shipped, shipped, cancelled or unknown",
                "account": "Only this store's, by id",
                "search": "Beginning of the channel's order number or of a SKU in it",
                "placed_from": "Placed at or after this instant (RFC 3339)",
                "placed_to": "Placed before this instant (RFC 3339)",
                "attention": "`true` for those a person has to look at",
            ])
            .lists("Order"),
        route::get(
            "/api/v1/orders/{id}",
            "One order with lines, parcels and what it did to stock",
            get,
        )
        .gives(200, "OrderDetail"),
        route::post("/api/v1/orders", "Enter an order of an own store", create)
            .takes("NewOrder")
            .gives(201, "OrderDetail"),
        route::post(
            "/api/v1/orders/{id}/fulfil",
            "Record a parcel and tell the channel",
            fulfil,
        )
        .takes("Parcel")
        .gives(201, "Shipment"),
        route::post(
            "/api/v1/orders/{id}/pay",
            "Note that an order of an own store is paid",
            pay,
        )
        .gives(200, "OrderDetail"),
        route::get("/api/v1/shipments", "Parcels of an order", shipments)
            .query(&[Param {
                name: "order",
                about: "The order's id; required",
            }])
            .lists("Shipment"),
        route::get("/api/v1/shipments/{id}", "One parcel", shipment).gives(200, "Shipment"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: Option<String>,
    account: Option<String>,
    search: Option<String>,
    placed_from: Option<String>,
    placed_to: Option<String>,
    attention: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<OrderRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = OrderFilter {
        status: one_of("status", wanted.status, OrderStatus::ALL)?,
        account: parsed::<AccountId>("account", wanted.account)?,
        search: wanted.search,
        placed_from: instant("placed_from", wanted.placed_from)?,
        placed_to: instant("placed_to", wanted.placed_to)?,
        attention: parsed("attention", wanted.attention)?.unwrap_or(false),
    };
    Ok(ApiJson(
        app.tenant(caller.tenant).orders(&filter, &page).await?.into(),
    ))
}

fn instant(name: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    text.map(|t| Timestamp::parse(&t).map_err(|message| Problem::field(format!("/query/{name}"), message)))
        .transpose()
}

async fn get(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<OrderDetail>, Problem> {
    let id: OrderId = path.id("id")?;
    let order = app.tenant(caller.tenant).order(id).await?;
    Ok(ApiJson(
        order.ok_or_else(|| Problem::not_found("There is no such order."))?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    account: Option<AccountId>,
    reference: Option<String>,
    lines: Vec<NewLine>,
    buyer: Option<serde_json::Value>,
    #[serde(default)]
    unpaid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLine {
    sku: String,
    quantity: i64,
    unit_price: Option<Money>,
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewOrder>,
) -> Result<(StatusCode, ApiJson<OrderDetail>), Problem> {
    let request = OwnOrderRequest {
        account: body.account,
        reference: body.reference,
        lines: body
            .lines
            .into_iter()
            .map(|l| OwnOrderLine {
                sku: l.sku,
                quantity: l.quantity,
                unit_price: l.unit_price,
            })
            .collect(),
        buyer: body.buyer,
        unpaid: body.unpaid,
    };
    Ok((
        StatusCode::CREATED,
        ApiJson(app.hub().create_order(&caller, request).await?),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewParcel {
    carrier: String,
    method: Option<String>,
    tracking: String,
    #[serde(default)]
    lines: Vec<ParcelLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelLine {
    line: OrderLineId,
    quantity: i64,
}

async fn fulfil(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<NewParcel>,
) -> Result<(StatusCode, ApiJson<ShipmentRecord>), Problem> {
    let parcel = Parcel {
        carrier: body.carrier,
        method: body.method,
        tracking: body.tracking,
        lines: body
            .lines
            .into_iter()
            .map(|l| ParcelLineRequest {
                line: l.line,
                quantity: l.quantity,
            })
            .collect(),
    };
    let shipment = app.hub().ship_order(&caller, path.id("id")?, parcel).await?;
    Ok((StatusCode::CREATED, ApiJson(shipment)))
}

async fn pay(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<OrderDetail>, Problem> {
    Ok(ApiJson(app.hub().pay_order(&caller, path.id("id")?).await?))
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OfOrder {
    order: Option<String>,
}

async fn shipments(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<OfOrder>,
) -> Result<ApiJson<List<ShipmentRecord>>, Problem> {
    let order = parsed::<OrderId>("order", wanted.order)?
        .ok_or_else(|| Problem::field("/query/order", "name the order whose parcels you want, by its id"))?;
    Ok(List::whole(app.tenant(caller.tenant).shipments(order).await?))
}

async fn shipment(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ShipmentRecord>, Problem> {
    let shipment = app.tenant(caller.tenant).shipment(path.id("id")?).await?;
    Ok(ApiJson(
        shipment.ok_or_else(|| Problem::not_found("There is no such parcel."))?,
    ))
}
