//! What an order of the shop says, in our words. Pure: wire to snapshot.
//!
//! | the shop's word | what it means here |
//! | --- | --- |
//! | `pending` | pending: promised to a buyer who is paying; the shop has not counted it down yet |
//! | `on-hold` | pending: counted down, waits for the money |
//! | `processing` | open; partly shipped once a parcel of the hub is noted on it |
//! | `completed` | shipped, all that was not refunded before |
//! | `cancelled`, `trash` | cancelled |
//! | `refunded` | shipped if it had been completed, else cancelled |
//! | `failed` | pending with every unit called off: a buyer may pay after all, and nothing is kept until then |
//! | `checkout-draft`, `auto-draft` | no order yet |
//! | anything else | kept as it came; its units stay reserved and a person is told |
//!
//! A refund names units. Made before the order was completed, those units will not be shipped: they count as cancelled.
//! Made afterwards, they were shipped and may come back; that is a return, which the hub books when the goods are there.

use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};
use stockbridge_domain::{Currency, Money, Sku, Timestamp};

use super::error::clean;
use super::parcel::Parcel;
use super::wire::{self, Line, Order, Raw, Refund};

/// Something that was read.
#[derive(Debug)]
pub(super) enum Read {
    /// A sale.
    Sale(Box<OrderSnapshot>),
    /// A checkout that is still being filled in.
    Draft,
}

/// Reads the JSON of one order.
///
/// # Errors
/// What cannot be read.
pub(super) fn parse(raw: &Raw) -> Result<Order, String> {
    serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))
}

/// Whether the order's refunds have to be read to know which units are shipped and which called off.
pub(super) fn needs_refunds(order: &Order) -> bool {
    !order.refunds.is_empty() && !matches!(order.status.as_str(), "cancelled" | "trash" | "failed")
}

/// Reads an instant of a `_gmt` field: without a zone, in UTC.
pub(super) fn instant(field: &str, text: &str) -> Result<Timestamp, String> {
    let zoned = text.ends_with('Z');
    let text = if zoned {
        text.to_owned()
    } else {
        format!("{text}Z")
    };
    Timestamp::parse(&text).map_err(|e| format!("`{field}`: {}", clean(&e)))
}

/// What the shop's word means, before the lines are looked at.
fn status_of(order: &Order) -> Option<OrderStatus> {
    Some(match order.status.as_str() {
        "pending" | "on-hold" | "failed" => OrderStatus::Pending,
        "processing" => OrderStatus::Open,
        "completed" => OrderStatus::Shipped,
        "cancelled" | "trash" => OrderStatus::Cancelled,
        "refunded" if order.date_completed_gmt.is_empty() => OrderStatus::Cancelled,
        "refunded" => OrderStatus::Shipped,
        _ => return None,
    })
}

/// Reads one order; the error names the field that cannot be read.
pub(super) fn read(order: Order, refunds: &[Refund], raw: &Raw) -> Result<Read, String> {
    if matches!(order.status.as_str(), "checkout-draft" | "auto-draft") {
        return Ok(Read::Draft);
    }
    let mut oddities = Vec::new();
    let mut status = status_of(&order);
    if status.is_none() {
        oddities.push(format!(
            "`status` is `{}`, which WooCommerce itself does not have; the units stay reserved until it changes to one it has",
            clean(&order.status)
        ));
    }
    let currency = Currency::parse(&order.currency)
        .map_err(|e| oddities.push(format!("`currency`: {e}")))
        .ok();
    let completed_at = match order.date_completed_gmt.as_str() {
        "" => None,
        text => Some(instant("date_completed_gmt", text)?),
    };
    let parcels = Parcel::all_of(&order.meta_data);
    let called_off = called_off(&order, refunds, completed_at, &mut oddities);
    let mut lines = Vec::with_capacity(order.line_items.len());
    for line in &order.line_items {
        let parcelled = parcels.iter().map(|parcel| parcel.units_of(line.id)).sum();
        let units = Units {
            parcelled,
            called_off: called_off
                .iter()
                .filter(|(id, _)| *id == line.id)
                .map(|(_, units)| units)
                .sum(),
            status,
            failed: order.status == "failed",
        };
        lines.push(read_line(line, &units, currency, &mut oddities));
    }
    if status == Some(OrderStatus::Open) && lines.iter().any(|line| line.shipped > 0) {
        let whole = lines
            .iter()
            .all(|line| line.shipped + line.cancelled >= line.ordered);
        status = Some(if whole {
            OrderStatus::Shipped
        } else {
            OrderStatus::PartiallyShipped
        });
    }
    let total = currency.and_then(|currency| money(&order.total, "total", currency, &mut oddities));
    Ok(Read::Sale(Box::new(OrderSnapshot {
        placed_at: instant("date_created_gmt", &order.date_created_gmt)?,
        updated_at: instant("date_modified_gmt", &order.date_modified_gmt)?,
        channel_order_id: order.id.to_string(),
        channel_status: order.status,
        status,
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        ship_by: None,
        total,
        lines,
        oddities,
        payload: raw.get().to_owned(),
    })))
}

/// Units of each line that were refunded before the order was completed.
fn called_off(
    order: &Order,
    refunds: &[Refund],
    completed_at: Option<Timestamp>,
    oddities: &mut Vec<String>,
) -> Vec<(u64, i64)> {
    let mut found = Vec::new();
    for refund in refunds {
        let at = instant("date_created_gmt", &refund.date_created_gmt).ok();
        if let (Some(at), Some(completed_at)) = (at, completed_at)
            && at >= completed_at
        {
            continue;
        }
        for line in &refund.line_items {
            let Some(units) = wire::units(&line.quantity)
                .map(i64::abs)
                .filter(|units| *units > 0)
            else {
                continue;
            };
            match refunded_line(order, line) {
                Some(id) => found.push((id, units)),
                None => oddities.push(format!(
                    "refund {}: it is not clear which line `{}` belongs to, so its units stay reserved",
                    refund.id,
                    clean(&line.name)
                )),
            }
        }
    }
    found
}

/// The order's line that a refund's line is about: it says so, or only one line has the product.
fn refunded_line(order: &Order, line: &Line) -> Option<u64> {
    let said = wire::meta(&line.meta_data, "_refunded_item_id").and_then(wire::whole);
    if let Some(id) = said.filter(|id| order.line_items.iter().any(|line| line.id == *id)) {
        return Some(id);
    }
    let same = |other: &&Line| (other.product_id, other.variation_id) == (line.product_id, line.variation_id);
    let mut candidates = order.line_items.iter().filter(same);
    let one = candidates.next()?;
    candidates.next().is_none().then_some(one.id)
}

/// What is known of a line beside itself.
struct Units {
    /// Units in parcels that the hub noted.
    parcelled: i64,
    /// Units refunded before the order was completed.
    called_off: i64,
    status: Option<OrderStatus>,
    failed: bool,
}

fn read_line(
    line: &Line,
    units: &Units,
    currency: Option<Currency>,
    oddities: &mut Vec<String>,
) -> LineSnapshot {
    let id = line.id;
    let sku =
        match line.sku.as_str() {
            "" => {
                oddities.push(format!(
                "line {id}: `{}` has no SKU, so its stock is not counted; give product {} a SKU in the shop",
                clean(&line.name),
                if line.variation_id > 0 { line.variation_id } else { line.product_id }
            ));
                None
            }
            text => Sku::parse(text)
                .map_err(|e| oddities.push(format!("line {id}: `sku`: {e}")))
                .ok(),
        };
    let counted = wire::units(&line.quantity);
    if counted.is_none_or(|n| n < 0) || wire::has_fraction(&line.quantity) {
        oddities.push(format!(
            "line {id}: `quantity` is {}, which is no whole number of units",
            line.quantity
        ));
    }
    // Part of a unit takes a whole one from the shelf.
    let ordered = (counted.unwrap_or(0) + i64::from(wire::has_fraction(&line.quantity))).max(0);
    let parcelled = units.parcelled.clamp(0, ordered);
    let (shipped, cancelled) = match units.status {
        Some(OrderStatus::Shipped) => {
            let cancelled = units.called_off.clamp(0, ordered - parcelled);
            (ordered - cancelled, cancelled)
        }
        Some(OrderStatus::Cancelled) => (parcelled, ordered - parcelled),
        _ if units.failed => (parcelled, ordered - parcelled),
        _ => (parcelled, units.called_off.clamp(0, ordered - parcelled)),
    };
    let amount = |text: &str, field: &str, oddities: &mut Vec<String>| {
        let text = if text.is_empty() { "0" } else { text };
        currency.and_then(|currency| money(text, &format!("line {id}: {field}"), currency, oddities))
    };
    let net = amount(&line.total, "total", oddities);
    let tax = amount(&line.total_tax, "total_tax", oddities);
    LineSnapshot {
        channel_line_id: id.to_string(),
        sku,
        title: line.name.clone(),
        ordered,
        shipped,
        cancelled,
        total: net.zip(tax).and_then(|(net, tax)| net.plus(tax).ok()),
    }
}

/// Reads money; what cannot be read is told, not guessed.
pub(super) fn money(
    text: &str,
    field: &str,
    currency: Currency,
    oddities: &mut Vec<String>,
) -> Option<Money> {
    Money::from_decimal(text, currency)
        .map_err(|e| oddities.push(format!("`{field}`: {e}")))
        .ok()
}
