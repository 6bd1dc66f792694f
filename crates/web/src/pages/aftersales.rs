//! What happens to an order after the sale: it is called off, and money goes back.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{Money, OrderId, OrderLineId, Timestamp};
use stockbridge_engine::{Abilities, CancelRequest, RefundRequest};
use stockbridge_store::{Ask, CancellationRecord, OrderDetail, OrderLineRecord, RefundRecord};

use super::doers::Doers;
use super::done;
use super::typed::{amount, chosen, whole, yes};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::after::{AfterSale, AskRow, CancelForm, RefundForm, UnitsRow};
use crate::view::words::{money, when};
use crate::view::{Badge, Choice, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::POST, "/orders/{id}/cancel", operator, cancel),
        Route::page(Method::POST, "/orders/{id}/refund", operator, refund),
    ]
}

/// What an order's page says and offers of it.
pub(super) fn after_sale(detail: &OrderDetail, can: &Abilities, doers: &Doers, now: Timestamp) -> AfterSale {
    let asks = &detail.after_sales;
    AfterSale {
        returns: asks
            .returns
            .iter()
            .map(|back| super::awaited::row(back, String::new(), now))
            .collect(),
        cancel: cancel_form(detail, can),
        papers: super::papers::papers(detail, can, now),
        refund: refund_form(detail, can),
        asks: rows(detail, doers, now),
    }
}

/// What was asked, the newest first.
fn rows(detail: &OrderDetail, doers: &Doers, now: Timestamp) -> Vec<AskRow> {
    let (asks, lines) = (&detail.after_sales, &detail.order.lines);
    let cancelled = asks
        .cancellations
        .iter()
        .map(|asked| (asked.ask.created_at, cancellation(asked, lines, doers, now)));
    let refunded = asks
        .refunds
        .iter()
        .map(|asked| (asked.ask.created_at, refunded(asked, lines, doers, now)));
    let mut rows: Vec<(Timestamp, AskRow)> = cancelled.chain(refunded).collect();
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn refund_form(detail: &OrderDetail, can: &Abilities) -> Option<RefundForm> {
    let order = &detail.order;
    let paid = order
        .total
        .filter(|_| can.refund && order.status != OrderStatus::Pending)?;
    let counted = detail
        .after_sales
        .refunds
        .iter()
        .filter(|refund| refund.ask.status != AskStatus::Refused);
    let given: i64 = counted.clone().map(|refund| refund.amount.minor()).sum();
    let left = paid.minor() - given;
    if left <= 0 {
        return None;
    }
    let units_left = |line: &OrderLineRecord| {
        let refunded = counted.clone().flat_map(|refund| &refund.lines);
        let refunded: i64 = refunded.filter(|l| l.line == line.id).map(|l| l.quantity).sum();
        line.ordered - refunded
    };
    let lines = order.lines.iter().filter(|line| units_left(line) > 0);
    Some(RefundForm {
        channel: can.channel.clone(),
        left: money(Money::from_minor(left, paid.currency())),
        hint: Money::from_minor(left, paid.currency()).to_string(),
        lines: lines.map(|line| units(line, units_left(line))).collect(),
    })
}

fn refunded(asked: &RefundRecord, lines: &[OrderLineRecord], doers: &Doers, now: Timestamp) -> AskRow {
    let named: Vec<(OrderLineId, i64)> = asked.lines.iter().map(|l| (l.line, l.quantity)).collect();
    let mut what = format!("Give back {}", money(asked.amount));
    if !named.is_empty() {
        what = format!("{what} for {}", units_in_words(&named, lines));
    }
    if asked.pay_out {
        what.push_str(", sent by the payment provider");
    }
    ask_row(what, &asked.ask, "given back", doers, now)
}

fn cancel_form(detail: &OrderDetail, can: &Abilities) -> Option<CancelForm> {
    let order = &detail.order;
    let ended = matches!(order.status, OrderStatus::Shipped | OrderStatus::Cancelled);
    let under_way = detail
        .after_sales
        .cancellations
        .iter()
        .any(|asked| asked.ask.status.is_open());
    if !can.cancel || ended || under_way {
        return None;
    }
    let reasons = CancelReason::ALL.iter().map(|reason| Choice {
        value: reason.name().into(),
        text: why(*reason).into(),
        chosen: *reason == CancelReason::Customer,
    });
    let lines = order
        .lines
        .iter()
        .filter(|line| can.cancel_units && open(line) > 0);
    Some(CancelForm {
        channel: can.channel.clone(),
        reasons: reasons.collect(),
        lines: lines.map(|line| units(line, open(line))).collect(),
    })
}

/// Units that are neither shipped, here or there, nor called off.
fn open(line: &OrderLineRecord) -> i64 {
    line.ordered - line.cancelled - line.shipped.max(line.stock.shipped / line.units.max(1))
}

pub(super) fn units(line: &OrderLineRecord, units: i64) -> UnitsRow {
    UnitsRow {
        line: line.id.to_string(),
        sku: sku(line),
        units,
    }
}

fn sku(line: &OrderLineRecord) -> String {
    let sku = line.sku.as_ref();
    sku.map_or_else(|| line.channel_line_id.clone(), ToString::to_string)
}

fn why(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::OutOfStock => "out of stock",
        CancelReason::Customer => "the buyer asked for it",
        CancelReason::Undeliverable => "cannot be delivered there",
        CancelReason::Pricing => "price or listing was wrong",
        CancelReason::Fraud => "looks fraudulent",
        CancelReason::Other => "another reason",
    }
}

/// Units of lines in words: `2 × MUG, 1 × BOWL`.
pub(super) fn units_in_words(named: &[(OrderLineId, i64)], lines: &[OrderLineRecord]) -> String {
    let one = |(id, units): &(OrderLineId, i64)| {
        let line = lines.iter().find(|line| line.id == *id);
        format!("{units} × {}", line.map_or_else(|| id.to_string(), sku))
    };
    named.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn cancellation(
    asked: &CancellationRecord,
    lines: &[OrderLineRecord],
    doers: &Doers,
    now: Timestamp,
) -> AskRow {
    let named: Vec<(OrderLineId, i64)> = asked.lines.iter().map(|l| (l.line, l.quantity)).collect();
    let what = match named.as_slice() {
        [] => "the order".to_owned(),
        named => units_in_words(named, lines),
    };
    ask_row(
        format!("Call off {what}: {}", why(asked.reason)),
        &asked.ask,
        "called off",
        doers,
        now,
    )
}

/// Something that was asked of a channel; `done` is what it is called when it is.
pub(super) fn ask_row(what: String, ask: &Ask, done: &str, doers: &Doers, now: Timestamp) -> AskRow {
    AskRow {
        what,
        status: match ask.status {
            AskStatus::Waiting => Badge::new(Tone::Info, "asking the channel"),
            AskStatus::Accepted => Badge::new(Tone::Info, "taken, not shown yet"),
            AskStatus::Done => Badge::new(Tone::Good, done),
            AskStatus::Refused => Badge::new(Tone::Bad, "refused"),
            AskStatus::Unclear => Badge::new(Tone::Bad, "look at the channel"),
        },
        message: ask.message.clone(),
        who: doers.name(&ask.actor),
        at: when(ask.created_at, now),
    }
}

/// Units that were typed in for lines of an order, as `PREFIX.LINE`.
pub(super) async fn typed_units(
    app: &App,
    who: &stockbridge_engine::Caller,
    id: OrderId,
    form: &Form,
    prefix: &str,
) -> Result<Vec<(OrderLineId, i64)>, Problem> {
    let detail = app.tenant(who.tenant).order(id).await?;
    let detail = detail.ok_or_else(|| Problem::not_found("There is no such order."))?;
    let mut lines = Vec::new();
    for line in &detail.order.lines {
        let name = format!("{prefix}.{}", line.id);
        match whole(form, &name)?.unwrap_or(0) {
            0 => {}
            units if units < 0 => {
                let message = format!("{units} units make no sense here; write how many, such as 1");
                return Err(Problem::field(format!("/{name}"), message));
            }
            units => lines.push((line.id, units)),
        }
    }
    Ok(lines)
}

async fn cancel(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: OrderId = path.id("id")?;
    let reason = form.optional("reason").map(|word| {
        CancelReason::parse(&word).ok_or_else(|| chosen("reason", "choose a reason of the list"))
    });
    let request = CancelRequest {
        reason: reason.transpose()?,
        note: form.optional("note"),
        lines: typed_units(&app, &caller, id, &form, "off").await?,
    };
    let detail = app.hub().cancel_order(&caller, id, request).await?;
    let asked = detail.after_sales.cancellations.first();
    let text = match asked.map(|asked| asked.ask.status) {
        Some(AskStatus::Done) => "It is called off; its units are free again.",
        _ => "The channel is asked to call it off; its units are free again when it says so.",
    };
    Ok(done(&app, &form.back(), text))
}

async fn refund(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: OrderId = path.id("id")?;
    let request = RefundRequest {
        amount: amount(&form, "amount")?,
        lines: typed_units(&app, &caller, id, &form, "refund").await?,
        pay_out: yes(&form, "pay_out").unwrap_or(false),
        note: form.optional("note"),
    };
    let detail = app.hub().refund_order(&caller, id, request).await?;
    let asked = detail.after_sales.refunds.first();
    let text = match asked.map(|asked| asked.ask.status) {
        Some(AskStatus::Done) => "It is noted that the money went back.",
        _ => "The channel is asked to give it back; what it says is shown here.",
    };
    Ok(done(&app, &form.back(), text))
}
