//! Returns that channels announce: the list, and receiving one on its order's page.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::channel::ReturnStatus;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{ChannelReturnId, OrderLineId, Timestamp};
use stockbridge_engine::ReceiveRequest;
use stockbridge_store::{ChannelReturnFilter, ChannelReturnRecord, PageQuery};

use super::typed::{chosen, location, whole};
use super::{Accounts, Frame, address, done, pager};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::after::UnitsRow;
use crate::view::awaited::{AwaitedPage, AwaitedRow, NONE};
use crate::view::words::{count, when};
use crate::view::{Badge, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/returns", viewer, list),
        Route::page(Method::POST, "/channel-returns/{id}/receive", operator, receive),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let shown = wanted.show.unwrap_or_default();
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let filter = ChannelReturnFilter {
        account: None,
        awaited: shown != "all",
    };
    let tenant = frame.tenant();
    let found = tenant.channel_returns(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let now = frame.app.now();
    let tab = |value: &str, text: &str| Tab {
        href: address("/returns", &[("show", value)]),
        text: text.into(),
        count: None,
        chosen: value == shown,
    };
    let page = AwaitedPage {
        tabs: vec![tab("", "Awaited"), tab("all", "All")],
        rows: found
            .items
            .iter()
            .map(|back| row(back, accounts.name(back.account), now))
            .collect(),
        pager: pager(
            "/returns",
            &[("show", shown.as_str())],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: NONE,
    };
    frame.show("returns", "Returns", "orders", &page).await
}

/// An announced return in words.
pub(super) fn row(back: &ChannelReturnRecord, account: String, now: Timestamp) -> AwaitedRow {
    let what = back.lines.iter().map(|line| {
        let named = line.sku.as_ref().or(line.channel_line_id.as_ref());
        format!("{} × {}", line.quantity, named.map_or("?", String::as_str))
    });
    let reasons: Vec<String> = back.lines.iter().filter_map(|line| line.reason.clone()).collect();
    let awaited = !matches!(back.status, Some(ReturnStatus::Closed | ReturnStatus::Cancelled));
    let units_row = |(line, units, sku): (OrderLineId, i64, String)| UnitsRow {
        line: format!("{}.{line}", back.id),
        sku,
        units,
    };
    AwaitedRow {
        id: back.id.to_string(),
        number: back.channel_return_id.clone(),
        order: back.channel_order_id.clone(),
        href: back.order.map(|id| format!("/orders/{id}")),
        account,
        status: status(back),
        what: what.collect::<Vec<_>>().join(", "),
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        tracking: back.tracking.clone(),
        units: back.units,
        received: back.received,
        lines: match awaited {
            true => awaited_units(back).into_iter().map(units_row).collect(),
            false => Vec::new(),
        },
        attention: back.attention.clone(),
        changed: when(back.updated_at, now),
    }
}

/// Units of order lines that are still to come, each line once, with its SKU.
fn awaited_units(back: &ChannelReturnRecord) -> Vec<(OrderLineId, i64, String)> {
    let mut found: Vec<(OrderLineId, i64, String)> = Vec::new();
    for line in &back.lines {
        let (Some(id), left) = (line.line, line.quantity - line.received) else {
            continue;
        };
        match found.iter_mut().find(|(known, ..)| *known == id) {
            Some((_, units, _)) => *units += left,
            None => {
                let named = line.sku.as_ref().or(line.channel_line_id.as_ref());
                found.push((id, left, named.cloned().unwrap_or_default()));
            }
        }
    }
    found.retain(|(_, units, _)| *units > 0);
    found
}

fn status(back: &ChannelReturnRecord) -> Badge {
    if back.units > 0 && back.received >= back.units {
        return Badge::new(Tone::Good, "received here");
    }
    match back.status {
        Some(ReturnStatus::Requested) => Badge::new(Tone::Quiet, "asked for"),
        Some(ReturnStatus::Open) => Badge::new(Tone::Info, "on its way"),
        Some(ReturnStatus::Received) => Badge::new(Tone::Warn, "to be received here"),
        Some(ReturnStatus::Closed) => Badge::new(Tone::Quiet, "over"),
        Some(ReturnStatus::Cancelled) => Badge::new(Tone::Quiet, "called off"),
        None => Badge::new(Tone::Bad, back.channel_status.clone()),
    }
}

async fn receive(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: ChannelReturnId = path.id("id")?;
    let back = app.tenant(caller.tenant).channel_return(id).await?;
    let back = back.ok_or_else(|| Problem::not_found("There is no such announced return."))?;
    let mut lines = Vec::new();
    for line in awaited_units(&back) {
        let name = format!("back.{}.{}", back.id, line.0);
        match whole(&form, &name)? {
            None | Some(0) => {}
            Some(units) if units < 0 => {
                let message = format!("{units} units cannot come back; write how many did, such as 1");
                return Err(Problem::field(format!("/{name}"), message));
            }
            Some(units) => lines.push((line.0, units)),
        }
    }
    let condition = Condition::parse(form.get("condition"))
        .ok_or_else(|| chosen("condition", "choose whether the goods can be sold again"))?;
    let request = ReceiveRequest {
        reference: form.optional("reference"),
        condition,
        location: location(&form, "location")?,
        lines,
        note: form.optional("note"),
    };
    let records = app.hub().receive_return(&caller, id, request).await?;
    let units = records.iter().map(|record| record.units).sum();
    let text = format!("{} back.", count(units, "unit is", "units are"));
    Ok(done(&app, &form.back(), text))
}
