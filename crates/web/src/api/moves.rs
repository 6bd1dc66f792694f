//! What moves without a channel: deliveries, transfers, counts of the shelf, returns.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::moves::{Condition, CountStatus, TransferStatus};
use stockbridge_domain::{LocationId, OrderId, OrderLineId, Timestamp};
use stockbridge_engine::{
    ArrivalRequest, CountRequest, CountedRequest, DeliveryRequest, ReturnLineRequest, TransferRequest,
    UnitsOf,
};
use stockbridge_store::{CountRecord, LedgerRecord, ReturnRecord, TransferRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        route::post("/api/v1/inventory/receipts", "Enter a delivery", receive)
            .takes("Delivery")
            .lists_with(201, "LedgerEntry"),
        route::post(
            "/api/v1/orders/{id}/return",
            "Enter what a buyer sent back",
            return_order,
        )
        .takes("NewReturn")
        .lists_with(201, "Return"),
        route::get("/api/v1/returns", "What buyers sent back, newest first", returns)
            .query(paged!["order": "Only this order's, by id"])
            .lists("Return"),
    ];
    routes.extend(transfer_routes());
    routes.extend(count_routes());
    routes
}

fn transfer_routes() -> Vec<Route> {
    const ONE: &str = "/api/v1/inventory/transfers/{id}";
    vec![
        route::get(
            "/api/v1/inventory/transfers",
            "Transfers, newest first",
            transfers,
        )
        .query(paged!["status": "draft, in_transit, received or cancelled"])
        .lists("Transfer"),
        route::post(
            "/api/v1/inventory/transfers",
            "Write a transfer down; nothing moves yet",
            create_transfer,
        )
        .takes("NewTransfer")
        .gives(201, "Transfer"),
        route::get(ONE, "One transfer", transfer).gives(200, "Transfer"),
        route::post(
            "/api/v1/inventory/transfers/{id}/send",
            "Take a transfer's units from the location they leave",
            send_transfer,
        )
        .gives(200, "Transfer"),
        route::post(
            "/api/v1/inventory/transfers/{id}/receive",
            "Enter what arrived, and what is known to be lost",
            receive_transfer,
        )
        .takes("Arrivals")
        .gives(200, "Transfer"),
        route::post(
            "/api/v1/inventory/transfers/{id}/cancel",
            "Call a transfer off that was not sent",
            cancel_transfer,
        )
        .gives(200, "Transfer"),
    ]
}

fn count_routes() -> Vec<Route> {
    const ONE: &str = "/api/v1/inventory/count-sessions/{id}";
    vec![
        route::get("/api/v1/inventory/count-sessions", "Counts, newest first", counts)
            .query(paged!["status": "open, posted or cancelled"])
            .lists("CountSession"),
        route::post(
            "/api/v1/inventory/count-sessions",
            "Begin a count of a location's shelves",
            open_count,
        )
        .takes("NewCountSession")
        .gives(201, "CountSession"),
        route::get(ONE, "One count with its products", count).gives(200, "CountSession"),
        route::post(
            "/api/v1/inventory/count-sessions/{id}/lines",
            "Note what was counted; the books stay as they are",
            enter_count,
        )
        .takes("CountedLines")
        .gives(200, "CountSession"),
        route::post(
            "/api/v1/inventory/count-sessions/{id}/post",
            "Enter the differences of a count into the books",
            post_count,
        )
        .gives(200, "CountSession"),
        route::post(
            "/api/v1/inventory/count-sessions/{id}/cancel",
            "Call a count off; nothing is entered",
            cancel_count,
        )
        .gives(200, "CountSession"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    sku: String,
    units: i64,
}

fn units_of(lines: Vec<Units>) -> Vec<UnitsOf> {
    let of = |line: Units| UnitsOf {
        sku: line.sku,
        units: line.units,
    };
    lines.into_iter().map(of).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDelivery {
    reference: String,
    location: Option<LocationId>,
    lines: Vec<Units>,
    note: Option<String>,
}

async fn receive(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewDelivery>,
) -> Result<(StatusCode, ApiJson<List<LedgerRecord>>), Problem> {
    let request = DeliveryRequest {
        reference: body.reference,
        location: body.location,
        lines: units_of(body.lines),
        note: body.note,
    };
    let entries = app.hub().receive(&caller, request).await?;
    Ok((StatusCode::CREATED, List::whole(entries)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReturn {
    reference: Option<String>,
    lines: Vec<NewReturnLine>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReturnLine {
    line: OrderLineId,
    quantity: i64,
    condition: Condition,
    location: Option<LocationId>,
}

async fn return_order(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<NewReturn>,
) -> Result<(StatusCode, ApiJson<List<ReturnRecord>>), Problem> {
    let line = |line: NewReturnLine| ReturnLineRequest {
        line: line.line,
        units: line.quantity,
        condition: line.condition,
        location: line.location,
    };
    let lines = body.lines.into_iter().map(line).collect();
    let records = app
        .hub()
        .return_order(&caller, path.id("id")?, body.reference, lines, body.note)
        .await?;
    Ok((StatusCode::CREATED, List::whole(records)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrder {
    order: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn returns(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<OfOrder>,
) -> Result<ApiJson<List<ReturnRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let order = parsed::<OrderId>("order", wanted.order)?;
    Ok(ApiJson(
        app.tenant(caller.tenant).returns(order, &page).await?.into(),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStatus {
    status: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn transfers(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<OfStatus>,
) -> Result<ApiJson<List<TransferRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let status = one_of("status", wanted.status, TransferStatus::ALL)?;
    Ok(ApiJson(
        app.tenant(caller.tenant).transfers(status, &page).await?.into(),
    ))
}

async fn transfer(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<TransferRecord>, Problem> {
    let found = app.tenant(caller.tenant).transfer(path.id("id")?).await?;
    Ok(ApiJson(found.ok_or_else(|| {
        Problem::not_found("There is no such transfer.")
    })?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTransfer {
    reference: Option<String>,
    from: LocationId,
    to: LocationId,
    lines: Vec<Units>,
    note: Option<String>,
}

async fn create_transfer(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewTransfer>,
) -> Result<(StatusCode, ApiJson<TransferRecord>), Problem> {
    let request = TransferRequest {
        reference: body.reference,
        from: body.from,
        to: body.to,
        lines: units_of(body.lines),
        note: body.note,
    };
    let made = app.hub().create_transfer(&caller, request).await?;
    Ok((StatusCode::CREATED, ApiJson(made)))
}

async fn send_transfer(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<TransferRecord>, Problem> {
    Ok(ApiJson(app.hub().send_transfer(&caller, path.id("id")?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrivals {
    reference: Option<String>,
    #[serde(default)]
    lines: Vec<Arrival>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    sku: String,
    #[serde(default)]
    received: i64,
    #[serde(default)]
    lost: i64,
}

async fn receive_transfer(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Arrivals>,
) -> Result<ApiJson<TransferRecord>, Problem> {
    let line = |line: Arrival| ArrivalRequest {
        sku: line.sku,
        received: line.received,
        lost: line.lost,
    };
    let lines = body.lines.into_iter().map(line).collect();
    let record = app
        .hub()
        .receive_transfer(&caller, path.id("id")?, body.reference, lines)
        .await?;
    Ok(ApiJson(record))
}

async fn cancel_transfer(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<TransferRecord>, Problem> {
    Ok(ApiJson(app.hub().cancel_transfer(&caller, path.id("id")?).await?))
}

async fn counts(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<OfStatus>,
) -> Result<ApiJson<List<CountRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let status = one_of("status", wanted.status, CountStatus::ALL)?;
    Ok(ApiJson(
        app.tenant(caller.tenant)
            .stock_counts(status, &page)
            .await?
            .into(),
    ))
}

async fn count(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<CountRecord>, Problem> {
    let found = app.tenant(caller.tenant).stock_count(path.id("id")?).await?;
    Ok(ApiJson(
        found.ok_or_else(|| Problem::not_found("There is no such count."))?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCount {
    reference: Option<String>,
    location: Option<LocationId>,
    skus: Option<Vec<String>>,
    note: Option<String>,
}

async fn open_count(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewCount>,
) -> Result<(StatusCode, ApiJson<CountRecord>), Problem> {
    let request = CountRequest {
        reference: body.reference,
        location: body.location,
        skus: body.skus,
        note: body.note,
    };
    let begun = app.hub().open_count(&caller, request).await?;
    Ok((StatusCode::CREATED, ApiJson(begun)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountedLines {
    lines: Vec<CountedLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountedLine {
    sku: String,
    counted: i64,
    counted_at: Option<Timestamp>,
}

async fn enter_count(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<CountedLines>,
) -> Result<ApiJson<CountRecord>, Problem> {
    let line = |line: CountedLine| CountedRequest {
        sku: line.sku,
        counted: line.counted,
        counted_at: line.counted_at,
    };
    let numbers = body.lines.into_iter().map(line).collect();
    let record = app.hub().enter_count(&caller, path.id("id")?, numbers).await?;
    Ok(ApiJson(record))
}

async fn post_count(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<CountRecord>, Problem> {
    Ok(ApiJson(app.hub().post_count(&caller, path.id("id")?).await?))
}

async fn cancel_count(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<CountRecord>, Problem> {
    Ok(ApiJson(app.hub().cancel_count(&caller, path.id("id")?).await?))
}
