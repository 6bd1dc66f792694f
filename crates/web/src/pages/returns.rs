//! What happens to an order besides parcels: goods come back, and an own-store order is paid.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::OrderId;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::ReturnLineRequest;
use stockbridge_store::{LocationRecord, OrderLineRecord, ReturnRecord};

use super::done;
use super::typed::{chosen, location, whole};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::orders::{BackRow, ReturnRow};
use crate::view::words::{count, when};
use crate::view::{Badge, Choice, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::POST, "/orders/{id}/return", operator, take_back),
        Route::page(Method::POST, "/orders/{id}/pay", operator, pay),
    ]
}

/// Lines of which something was shipped that is not back yet.
pub(super) fn returnable(lines: &[OrderLineRecord], returns: &[ReturnRecord]) -> Vec<BackRow> {
    let left = |line: &OrderLineRecord| {
        let back: i64 = returns
            .iter()
            .filter(|r| r.line == line.id)
            .map(|r| r.units)
            .sum();
        line.stock.shipped / line.units.max(1) - back
    };
    lines
        .iter()
        .filter(|line| line.product.is_some() && left(line) > 0)
        .map(|line| BackRow {
            line: line.id.to_string(),
            sku: line
                .sku
                .as_ref()
                .map_or_else(|| line.channel_line_id.clone(), ToString::to_string),
            left: left(line),
        })
        .collect()
}

/// A return in words.
pub(super) fn returned(
    record: &ReturnRecord,
    lines: &[OrderLineRecord],
    places: &[LocationRecord],
    now: stockbridge_domain::Timestamp,
) -> ReturnRow {
    let sku = lines
        .iter()
        .find(|l| l.id == record.line)
        .and_then(|l| l.sku.as_ref());
    let place = record
        .location
        .and_then(|id| places.iter().find(|place| place.id == id))
        .map_or_else(|| "thrown away".to_owned(), |place| place.name.clone());
    ReturnRow {
        sku: sku.map_or_else(|| record.line.to_string(), ToString::to_string),
        units: record.units,
        condition: match record.condition {
            Condition::Sellable => Badge::new(Tone::Good, "sellable"),
            Condition::Damaged => Badge::new(Tone::Warn, "damaged"),
        },
        place,
        note: record.note.clone(),
        at: when(record.at, now),
    }
}

/// Where returned goods may be put; nothing chosen leaves it to the hub.
pub(super) fn places(locations: &[LocationRecord]) -> Vec<Choice> {
    let usual = Choice {
        value: String::new(),
        text: "sellable: where they came from; damaged: thrown away".into(),
        chosen: true,
    };
    let open = locations.iter().filter(|place| place.closed_at.is_none());
    let one = |place: &LocationRecord| Choice {
        value: place.id.to_string(),
        text: if place.sellable {
            place.name.clone()
        } else {
            format!("{} (not sold from)", place.name)
        },
        chosen: false,
    };
    std::iter::once(usual).chain(open.map(one)).collect()
}

async fn take_back(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: OrderId = path.id("id")?;
    let condition = Condition::parse(form.get("condition"))
        .ok_or_else(|| chosen("condition", "choose whether the goods can be sold again"))?;
    let place = location(&form, "location")?;
    let detail = app.tenant(caller.tenant).order(id).await?;
    let detail = detail.ok_or_else(|| Problem::not_found("There is no such order."))?;
    let mut lines = Vec::new();
    for line in &detail.order.lines {
        let name = format!("back.{}", line.id);
        let units = whole(&form, &name)?.unwrap_or(0);
        if units < 0 {
            let message = format!("{units} units cannot come back; write how many did, such as 1");
            return Err(Problem::field(format!("/{name}"), message));
        }
        if units > 0 {
            lines.push(ReturnLineRequest {
                line: line.id,
                units,
                condition,
                location: place,
            });
        }
    }
    if lines.is_empty() {
        return Err(Problem::conflict(
            "Nothing was entered: say how many units of which line came back.",
        ));
    }
    let asked: Vec<_> = lines.iter().map(|line| line.line).collect();
    let entered = app
        .hub()
        .return_order(
            &caller,
            id,
            form.optional("reference"),
            lines,
            form.optional("note"),
        )
        .await;
    let entered = entered.map_err(|refusal| told_of(refusal.into(), &asked))?;
    let units = entered.iter().map(|record| record.units).sum();
    let text = format!("{} back.", count(units, "unit is", "units are"));
    Ok(done(&app, &form.back(), text))
}

/// A problem with a return, told of the field it is about.
fn told_of(mut problem: Problem, lines: &[stockbridge_domain::OrderLineId]) -> Problem {
    for error in &mut problem.errors {
        if error.pointer == "/lines/location" {
            error.pointer = "/location".into();
        } else if let Some(line) = lines
            .iter()
            .find(|line| error.message.contains(&line.to_string()))
        {
            error.pointer = format!("/back.{line}");
            error.message = error.message.replace(&format!("line {line}: "), "");
        }
    }
    problem
}

async fn pay(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let detail = app.hub().pay_order(&caller, path.id("id")?).await?;
    let text = match detail.order.status {
        OrderStatus::Open => "Paid: the order can be shipped.",
        _ => "It was paid before; nothing changed.",
    };
    Ok(done(&app, &form.back(), text))
}
