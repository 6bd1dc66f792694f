//! Transfers between locations: the list, the form for a new one, and one with its steps.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::moves::TransferStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{LocationId, Timestamp, TransferId};
use stockbridge_engine::{ArrivalRequest, Caller, Refusal, TransferRequest, UnitsOf};
use stockbridge_store::{LocationRecord, PageQuery, TransferLine, TransferRecord};

use super::product::place_choices;
use super::receipts::Begun;
use super::typed::{Lines, chosen, location, whole};
use super::{Frame, address, done, half_done, pager, product_href};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::moves::{NO_TRANSFERS, TransferLineRow, TransferPage, TransferRow, TransfersPage};
use crate::view::words::{count, number, when};
use crate::view::{Badge, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let (viewer, operator) = (Access::Role(Role::Viewer), Access::Role(Role::Operator));
    vec![
        Route::page(Method::GET, "/transfers", viewer, list),
        Route::page(Method::POST, "/transfers", operator, create),
        Route::page(Method::GET, "/transfers/{id}", viewer, show),
        Route::page(Method::POST, "/transfers/{id}/send", operator, send),
        Route::page(Method::POST, "/transfers/{id}/receive", operator, receive),
        Route::page(Method::POST, "/transfers/{id}/cancel", operator, cancel),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
    sku: Option<String>,
    cursor: Option<String>,
}

/// What people call the locations.
pub(super) fn names(locations: &[LocationRecord]) -> BTreeMap<LocationId, &str> {
    locations.iter().map(|l| (l.id, l.name.as_str())).collect()
}

fn badge(status: TransferStatus) -> Badge {
    match status {
        TransferStatus::Draft => Badge::new(Tone::Quiet, "not sent"),
        TransferStatus::InTransit => Badge::new(Tone::Info, "on its way"),
        TransferStatus::Received => Badge::new(Tone::Good, "arrived"),
        TransferStatus::Cancelled => Badge::new(Tone::Quiet, "called off"),
    }
}

const TABS: &[(&str, &str)] = &[
    ("", "All"),
    ("draft", "Not sent"),
    ("in_transit", "On their way"),
    ("received", "Arrived"),
    ("cancelled", "Called off"),
];

/// A transfer in a list.
pub(super) fn row(
    record: &TransferRecord,
    places: &BTreeMap<LocationId, &str>,
    now: Timestamp,
) -> TransferRow {
    let name = |id: LocationId| {
        places
            .get(&id)
            .map_or_else(|| id.to_string(), |n| (*n).to_owned())
    };
    let sent: i64 = record.lines.iter().map(|line| line.units).sum();
    let open: i64 = record.lines.iter().map(TransferLine::open).sum();
    TransferRow {
        href: format!("/transfers/{}", record.id),
        reference: record.reference.clone(),
        from: name(record.from),
        to: name(record.to),
        status: badge(record.status),
        units: count(sent, "unit", "units"),
        open: (record.status == TransferStatus::InTransit).then(|| number(open)),
        at: when(record.sent_at.unwrap_or(record.created_at), now),
    }
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let shown = wanted.status.unwrap_or_default();
    let tenant = frame.tenant();
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let found = tenant.transfers(TransferStatus::parse(&shown), &query).await?;
    let locations = tenant.locations().await?;
    let (places, now) = (names(&locations), frame.app.now());
    let page = TransfersPage {
        tabs: TABS
            .iter()
            .map(|(value, text)| Tab {
                href: address("/transfers", &[("status", value)]),
                text: (*text).into(),
                count: None,
                chosen: *value == shown,
            })
            .collect(),
        rows: found.items.iter().map(|t| row(t, &places, now)).collect(),
        pager: pager(
            "/transfers",
            &[("status", &shown)],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: NO_TRANSFERS,
        places: place_choices(&locations),
        lines: Begun { sku: wanted.sku }.lines(),
    };
    frame.show("transfers", "Transfers", "stock", &page).await
}

/// The transfer a form asks for, of these lines.
pub(super) fn ends(form: &Form, lines: Vec<UnitsOf>) -> Result<TransferRequest, Problem> {
    let missing = |name| move || chosen(name, "choose a location");
    Ok(TransferRequest {
        reference: form.optional("reference"),
        from: location(form, "from")?.ok_or_else(missing("from"))?,
        to: location(form, "to")?.ok_or_else(missing("to"))?,
        lines,
        note: form.optional("note"),
    })
}

/// Writes a transfer down and, if asked, sends it; leads to its page.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    request: TransferRequest,
    send: bool,
    told: &(dyn Fn(Refusal) -> Problem + Sync),
) -> Result<Response, Problem> {
    let made = app.hub().create_transfer(caller, request).await.map_err(told)?;
    let here = format!("/transfers/{}", made.id);
    if !send {
        return Ok(done(app, &here, "Written down. Nothing has moved yet."));
    }
    match app.hub().send_transfer(caller, made.id).await {
        Ok(_) => Ok(done(app, &here, "Sent: its units are on their way.")),
        // It stays written down: the person sees it with the reason, and sends it once there is enough.
        Err(refusal) => Ok(half_done(
            app,
            &here,
            format!("Written down, but not sent: {refusal}"),
        )),
    }
}

async fn create(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let lines = Lines::read(&form, "lines")?;
    let request = ends(&form, lines.units.clone())?;
    let send = form.get("do") == "send";
    begin(&app, &caller, request, send, &|refusal| lines.problem(refusal)).await
}

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: TransferId = path.id("id")?;
    let tenant = frame.tenant();
    let found = tenant.transfer(id).await?;
    let record = found.ok_or_else(|| Problem::not_found("There is no such transfer."))?;
    let locations = tenant.locations().await?;
    let page = TransferPage {
        id: id.to_string(),
        row: row(&record, &names(&locations), frame.app.now()),
        note: record.note.clone(),
        lines: record.lines.iter().map(line).collect(),
        draft: record.status == TransferStatus::Draft,
        under_way: record.status == TransferStatus::InTransit,
        once: frame.app.hub().env().id::<TransferId>().to_string(),
    };
    frame.show("transfer", &record.reference, "stock", &page).await
}

fn line(line: &TransferLine) -> TransferLineRow {
    TransferLineRow {
        product: line.product.to_string(),
        sku: line.sku.to_string(),
        href: product_href(line.sku.as_str()),
        units: number(line.units),
        received: number(line.received),
        lost: number(line.lost),
        open: line.open(),
    }
}

async fn send(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().send_transfer(&caller, path.id("id")?).await?;
    Ok(done(&app, &form.back(), "Sent: its units are on their way."))
}

async fn receive(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: TransferId = path.id("id")?;
    let found = app.tenant(caller.tenant).transfer(id).await?;
    let record = found.ok_or_else(|| Problem::not_found("There is no such transfer."))?;
    let mut arrivals = Vec::new();
    for line in &record.lines {
        let typed = |what: &str| whole(&form, &format!("{what}.{}", line.product));
        let (received, lost) = (typed("received")?.unwrap_or(0), typed("lost")?.unwrap_or(0));
        if received < 0 || lost < 0 || received.saturating_add(lost) > line.open() {
            let pointer = format!("/received.{}", line.product);
            let message = format!(
                "{}: {received} arrived and {lost} lost are not within the {} on their way",
                line.sku,
                number(line.open())
            );
            return Err(Problem::field(pointer, message));
        }
        if received > 0 || lost > 0 {
            arrivals.push(ArrivalRequest {
                sku: line.sku.to_string(),
                received,
                lost,
            });
        }
    }
    if arrivals.is_empty() {
        return Err(Problem::conflict(
            "Nothing was entered: say how many units arrived or are lost.",
        ));
    }
    let receipt = form.optional("receipt");
    let record = app.hub().receive_transfer(&caller, id, receipt, arrivals).await?;
    let open: i64 = record.lines.iter().map(TransferLine::open).sum();
    let text = match open {
        0 => "Entered. Everything has arrived or is known to be lost.".to_owned(),
        open => format!(
            "Entered. {} still on their way.",
            count(open, "unit is", "units are")
        ),
    };
    Ok(done(&app, &form.back(), text))
}

async fn cancel(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().cancel_transfer(&caller, path.id("id")?).await?;
    Ok(done(&app, &form.back(), "Called off; nothing has moved."))
}
