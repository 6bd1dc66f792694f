//! Calling orders off, returns, and money back.

use serde_json::value::RawValue;
use stockbridge_domain::channel::{
    CancelNotice, CancelSink, ChannelError, Fault, RefundNotice, RefundSink, ReturnLine, ReturnPage,
    ReturnQuery, ReturnSnapshot, ReturnSource, ReturnStatus,
};
use stockbridge_domain::{BoxFut, Currency, Money, Timestamp};

use super::api::clean;
use super::number;
use super::orders::{unreadable, walk_of};
use super::walk::complete_until;
use super::wire::{self, OneOrder, Raw};
use super::{MedusaConnection, client};

/// Most characters of a refund's note.
const MAX_NOTE: usize = 300;

impl CancelSink for MedusaConnection {
    /// The shop calls off whole orders; parts of one are an order edit, which its admin confirms with the buyer.
    fn partial(&self) -> bool {
        false
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let id = &notice.channel_order_id;
            if !notice.lines.is_empty() {
                let message =
                    "Medusa calls off whole orders only; edit the order in Medusa to take out single units";
                return Err(ChannelError::new(Fault::Rejected, client::CANCEL.name, message));
            }
            match self.api.call(&client::cancel(id)).await {
                Ok(_) => Ok(()),
                // It is refused when it is called off already, among other reasons.
                Err(e) if e.fault == Fault::Rejected => {
                    let one: OneOrder = self.api.get(&client::parcels(id)).await?;
                    let order: Option<wire::ShippableOrder> = serde_json::from_str(one.order.get()).ok();
                    match order {
                        Some(order) if order.status == "canceled" => Ok(()),
                        _ => Err(e),
                    }
                }
                Err(e) => Err(e),
            }
        })
    }
}

impl ReturnSource for MedusaConnection {
    fn page<'a>(&'a self, query: &'a ReturnQuery) -> BoxFut<'a, Result<ReturnPage, ChannelError>> {
        Box::pin(async move {
            let mut walk = walk_of(query.cursor.as_deref(), query.since, &client::RETURNS)?;
            let answer = self.api.call(&client::returns(&walk)).await?;
            let page: wire::Returns = answer.read(&client::RETURNS)?;
            if query.cursor.is_none() {
                walk.until = complete_until(&answer.headers, answer.took);
            }
            let last = page.returns.last().and_then(|raw| {
                let stamped: wire::Stamped = serde_json::from_str(raw.get()).ok()?;
                Timestamp::parse(&stamped.updated_at?).ok()
            });
            let next = walk.next(page.returns.len(), page.count, last);
            let mut result = ReturnPage {
                next: next.map(|next| next.cursor()),
                complete_until: walk.until,
                ..ReturnPage::default()
            };
            for raw in page.returns {
                match read_return(&raw) {
                    Ok(one) => result.returns.push(one),
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(result)
        })
    }
}

/// Reads one return; the error names the field that cannot be read.
fn read_return(raw: &Raw) -> Result<ReturnSnapshot, String> {
    let one: wire::Return = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
    let mut oddities = Vec::new();
    let status = match one.status.as_str() {
        "open" => Some(ReturnStatus::Requested),
        "requested" | "partially_received" => Some(ReturnStatus::Open),
        "received" => Some(ReturnStatus::Received),
        "canceled" => Some(ReturnStatus::Cancelled),
        other => {
            oddities.push(format!("`status` is `{}`, which is not known", clean(other)));
            None
        }
    };
    let line = |item: wire::ReturnItem| ReturnLine {
        channel_line_id: item.item_id,
        sku: item.item.and_then(|item| item.variant_sku),
        quantity: item.quantity,
        reason: item.reason.and_then(|reason| reason.label).or(item.note),
    };
    Ok(ReturnSnapshot {
        created_at: instant("created_at", &one.created_at)?,
        updated_at: instant("updated_at", &one.updated_at)?,
        channel_return_id: one.id,
        channel_order_id: one.order_id,
        channel_status: one.status,
        status,
        lines: one.items.into_iter().map(line).collect(),
        tracking: None,
        oddities,
    })
}

impl RefundSink for MedusaConnection {
    fn refund<'a>(&'a self, notice: &'a RefundNotice) -> BoxFut<'a, Result<Option<String>, ChannelError>> {
        Box::pin(async move {
            let rejected = |message: &str| ChannelError::new(Fault::Rejected, client::REFUND.name, message);
            if !notice.pay_out {
                let message = "Medusa has the payment provider send the money with every refund; there is no way to only \
                               note one";
                return Err(rejected(message));
            }
            let payments = self.payments(&notice.channel_order_id).await?;
            let currency = Currency::parse(&payments.currency_code)
                .map_err(|e| rejected(&format!("the order's currency: {e}")))?;
            if currency != notice.amount.currency() {
                let message = format!(
                    "the order is in {currency}, the refund in {}",
                    notice.amount.currency()
                );
                return Err(rejected(&message));
            }
            let payments: Vec<wire::Payment> = payments
                .payment_collections
                .into_iter()
                .flat_map(|c| c.payments)
                .collect();
            if let Some(made) = payments.iter().find_map(|payment| made(payment, &notice.key)) {
                return Ok(Some(made));
            }
            let payment = payments.iter().find(|payment| {
                let left = left(payment, currency);
                left >= notice.amount.minor()
            });
            let payment = payment.ok_or_else(|| {
                rejected("no payment of the order has that much captured and not yet given back; capture it in Medusa first")
            })?;
            let amount =
                RawValue::from_string(notice.amount.amount()).map_err(|e| rejected(&e.to_string()))?;
            let body = wire::NewRefund {
                amount,
                note: note(notice),
            };
            let answer = self.api.call(&client::refund(&payment.id, &body)).await?;
            let one: wire::OnePayment = answer.read_written(&client::REFUND)?;
            Ok(made(&one.payment, &notice.key))
        })
    }
}

impl MedusaConnection {
    async fn payments(&self, order: &str) -> Result<wire::PaidOrder, ChannelError> {
        let answer = self.api.call(&client::payments(order)).await?;
        let one: OneOrder = answer.read(&client::ORDER)?;
        serde_json::from_str(one.order.get()).map_err(|e| {
            let message = format!("the order's payments cannot be read: {}", clean(&e.to_string()));
            answer.contract(&client::ORDER, &message)
        })
    }
}

/// The refund's note ends with its key, by which it is found again: the shop keeps no idempotency keys.
fn note(notice: &RefundNotice) -> String {
    let words: String = notice
        .note
        .as_deref()
        .unwrap_or_default()
        .chars()
        .take(MAX_NOTE)
        .collect();
    format!("{words} {}", marker(&notice.key)).trim_start().to_owned()
}

fn marker(key: &str) -> String {
    format!("[{key}]")
}

/// The id of the refund with this key.
fn made(payment: &wire::Payment, key: &str) -> Option<String> {
    let marker = marker(key);
    let mut refunds = payment.refunds.iter();
    let found = refunds.find(|refund| refund.note.as_deref().is_some_and(|note| note.ends_with(&marker)))?;
    Some(found.id.clone())
}

/// What was taken and not given back, in minor units; what cannot be read counts as nothing taken.
fn left(payment: &wire::Payment, currency: Currency) -> i64 {
    let minor = |amount| number::money(amount, currency).ok().map(Money::minor);
    let taken: Option<i64> = payment
        .captures
        .iter()
        .map(|capture| minor(&capture.amount))
        .sum();
    let given: Option<i64> = payment.refunds.iter().map(|refund| minor(&refund.amount)).sum();
    taken.zip(given).map_or(0, |(taken, given)| taken - given)
}
