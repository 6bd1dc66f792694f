//! Orders of the shop as snapshots.
//!
//! The shop has three words for an order: its own (`pending`, `completed`, `canceled` …), one for its payment and one for
//! its fulfilment, both of which it derives. What is open is counted from the lines instead.

use serde_json::value::RawValue;
use stockbridge_domain::channel::{ChannelError, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};
use stockbridge_domain::{BoxFut, Currency, Sku, Timestamp};

use super::api::clean;
use super::number::{self, Amount};
use super::walk::{Walk, complete_until};
use super::wire::{self, Raw};
use super::{MedusaConnection, client};

impl OrderSource for MedusaConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let mut walk = walk_of(query.cursor.as_deref(), query.since, &client::ORDERS)?;
            let column = match query.by {
                OrderTime::Updated => "updated_at",
                OrderTime::Placed => "created_at",
            };
            let call = client::orders(column, &walk, self.sales_channel.as_deref());
            let answer = self.api.call(&call).await?;
            let page: wire::Orders = answer.read(&client::ORDERS)?;
            if query.cursor.is_none() {
                walk.until = complete_until(&answer.headers, answer.took);
            }
            let last = page.orders.last().and_then(|raw| {
                let stamped: wire::Stamped = serde_json::from_str(raw.get()).ok()?;
                let stamp = match query.by {
                    OrderTime::Updated => stamped.updated_at,
                    OrderTime::Placed => stamped.created_at,
                };
                Timestamp::parse(&stamp?).ok()
            });
            let next = walk.next(page.orders.len(), page.count, last);
            let mut result = OrderPage {
                next: next.map(|next| next.cursor()),
                complete_until: walk.until,
                ..OrderPage::default()
            };
            for raw in page.orders {
                match read_order(&raw) {
                    Ok(order) => result.orders.push(order),
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(result)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let answer = self.api.call(&client::order(channel_order_id)).await?;
            let one: wire::OneOrder = answer.read(&client::ORDER)?;
            let order = read_order(&one.order).map_err(|reason| answer.contract(&client::ORDER, &reason))?;
            if order.channel_order_id != channel_order_id {
                let other = clean(&order.channel_order_id);
                let message = format!("order `{other}` was answered instead of the one asked for");
                return Err(answer.contract(&client::ORDER, &message));
            }
            Ok(order)
        })
    }
}

/// Where a walk goes on, or begins.
pub(super) fn walk_of(
    cursor: Option<&str>,
    since: Timestamp,
    operation: &'static crate::call::Operation,
) -> Result<Walk, ChannelError> {
    let Some(cursor) = cursor else {
        return Ok(Walk::since(since));
    };
    Walk::parse(cursor).ok_or_else(|| {
        let message = "the place to go on reading at is not one of ours; the reading has to begin anew";
        ChannelError::new(
            stockbridge_domain::channel::Fault::Contract,
            operation.name,
            message,
        )
    })
}

/// A thing that could not be read, as it came.
pub(super) fn unreadable(raw: &Raw, reason: String) -> Unreadable {
    let named: Option<wire::Named> = serde_json::from_str(raw.get()).ok();
    Unreadable {
        id: named.map(|named| named.id),
        reason,
        raw: raw.get().to_owned(),
    }
}

/// Reads one order; the error names the field that cannot be read.
pub(super) fn read_order(raw: &RawValue) -> Result<OrderSnapshot, String> {
    let order: wire::Order = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
    let mut oddities = Vec::new();
    let currency = Currency::parse(&order.currency_code)
        .map_err(|e| oddities.push(format!("`currency_code`: {e}")))
        .ok();
    let status = status(&order, &mut oddities);
    let placed_at = instant("created_at", &order.created_at)?;
    let mut updated_at = instant("updated_at", &order.updated_at)?;
    // A payment that is captured does not touch the order's own instant.
    for collection in &order.payment_collections {
        if let Some(text) = &collection.updated_at {
            updated_at = updated_at.max(instant("payment_collections/updated_at", text)?);
        }
    }
    Ok(OrderSnapshot {
        channel_status: words(&order),
        status,
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        placed_at,
        updated_at,
        ship_by: None,
        total: money(order.total.as_ref(), currency, "total", &mut oddities),
        lines: order
            .items
            .into_iter()
            .map(|item| read_line(item, status, currency, &mut oddities))
            .collect(),
        channel_order_id: order.id,
        oddities,
        payload: raw.get().to_owned(),
    })
}

/// The shop's three words, as far as it says them.
fn words(order: &wire::Order) -> String {
    let derived = [&order.payment_status, &order.fulfillment_status];
    let mut words = vec![order.status.as_str()];
    words.extend(derived.into_iter().flatten().map(String::as_str));
    words.join(", ")
}

/// Where an order stands. Open is what is paid, or at least promised by a payment provider, and not wholly gone.
fn status(order: &wire::Order, oddities: &mut Vec<String>) -> Option<OrderStatus> {
    match order.status.as_str() {
        "canceled" => return Some(OrderStatus::Cancelled),
        "draft" | "requires_action" => return Some(OrderStatus::Pending),
        "pending" | "completed" | "archived" => {}
        other => {
            oddities.push(format!(
                "`status` is `{}`, which is not known (the shop says {})",
                clean(other),
                clean(&words(order))
            ));
            return None;
        }
    }
    let ordered: i64 = order.items.iter().map(|item| item.quantity.max(0)).sum();
    let gone: i64 = order.items.iter().map(gone).sum();
    Some(match gone {
        0 if unpaid(order, oddities) => OrderStatus::Pending,
        0 => OrderStatus::Open,
        gone if gone < ordered => OrderStatus::PartiallyShipped,
        _ => OrderStatus::Shipped,
    })
}

/// Units of a line that have left: shipped or delivered; of what is not shipped at all, what is fulfilled.
fn gone(item: &wire::OrderItem) -> i64 {
    let detail = &item.detail;
    let left = detail.shipped_quantity.max(detail.delivered_quantity);
    let left = match item.requires_shipping {
        Some(false) => left.max(detail.fulfilled_quantity),
        _ => left,
    };
    left.clamp(0, item.quantity.max(0))
}

/// Whether nobody has promised the money yet. Once somebody has, an order stays open whatever becomes of the payment: the
/// shop says `not_paid` again after a return, for what is still owed.
fn unpaid(order: &wire::Order, oddities: &mut Vec<String>) -> bool {
    let waits = match order.payment_status.as_deref() {
        None => false,
        Some("not_paid" | "awaiting" | "requires_action") => true,
        Some(
            "authorized"
            | "partially_authorized"
            | "captured"
            | "partially_captured"
            | "refunded"
            | "partially_refunded"
            | "canceled",
        ) => false,
        Some(other) => {
            oddities.push(format!(
                "`payment_status` is `{}`, which is not known; the order is taken as paid",
                clean(other)
            ));
            false
        }
    };
    let some = |amount: &Option<Amount>| amount.as_ref().is_some_and(|amount| !is_zero(amount));
    let promised = |c: &wire::PaymentCollection| some(&c.authorized_amount) || some(&c.captured_amount);
    waits && some(&order.total) && !order.payment_collections.iter().any(promised)
}

fn is_zero(amount: &RawValue) -> bool {
    amount.get().bytes().all(|b| matches!(b, b'0' | b'.' | b'-'))
}

fn read_line(
    item: wire::OrderItem,
    status: Option<OrderStatus>,
    currency: Option<Currency>,
    oddities: &mut Vec<String>,
) -> LineSnapshot {
    let shipped = gone(&item);
    let ordered = item.quantity.max(0);
    let id = item.id;
    if ordered != item.quantity {
        oddities.push(format!("line {id}: {} ordered cannot be", item.quantity));
    }
    let sku = item.variant_sku.or_else(|| item.variant?.sku);
    let sku = sku.filter(|text| !text.is_empty()).and_then(|text| {
        let read = Sku::parse(&text);
        read.map_err(|e| oddities.push(format!("line {id}: `variant_sku`: {e}")))
            .ok()
    });
    let title = [item.title, item.subtitle].into_iter().flatten();
    let title: Vec<String> = title.filter(|text| !text.is_empty()).collect();
    LineSnapshot {
        sku,
        title: title.join(", "),
        ordered,
        shipped,
        cancelled: match status {
            Some(OrderStatus::Cancelled) => ordered - shipped,
            _ => 0,
        },
        total: money(
            item.total.as_ref(),
            currency,
            &format!("line {id}: total"),
            oddities,
        ),
        channel_line_id: id,
    }
}

/// Reads money; what cannot be read is told, not guessed.
fn money(
    amount: Option<&Amount>,
    currency: Option<Currency>,
    field: &str,
    oddities: &mut Vec<String>,
) -> Option<stockbridge_domain::Money> {
    number::money(amount?, currency?)
        .map_err(|e| oddities.push(format!("`{field}`: {e}")))
        .ok()
}
