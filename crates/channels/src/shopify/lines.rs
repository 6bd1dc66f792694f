//! Order lines: all of them, and what of each is shipped, called off or still to come.
//!
//! Shopify counts three things of a line: units ordered, units that are still part of the order (not refunded or
//! removed), and units not shipped yet. Where nothing was refunded they say all. Where something was, a unit that came
//! back and a unit that was never sent look alike, and the order's parcels are read to tell them apart.

use std::collections::BTreeMap;

use serde::Deserialize;
use stockbridge_domain::channel::{ChannelError, Fault};
use stockbridge_domain::order::{LineSnapshot, OrderStatus};
use stockbridge_domain::{Money, Sku};

use super::ShopConnection;
use super::client::{self, number};
use super::wire::{Amount, Connection, IdOnly, MoneyBag};
use crate::plain;

/// A line of an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sku: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    pub(super) quantity: i64,
    pub(super) current_quantity: i64,
    pub(super) unfulfilled_quantity: i64,
    #[serde(default)]
    pub(super) discounted_total_set: Option<MoneyBag>,
}

/// A parcel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fulfillment {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) tracking_info: Vec<Tracking>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tracking {
    #[serde(default)]
    pub(super) number: Option<String>,
}

impl Fulfillment {
    /// Whether its units left: a parcel that was called off or failed took nothing along.
    pub(super) fn left(&self) -> bool {
        !matches!(self.status.as_str(), "CANCELLED" | "ERROR" | "FAILURE")
    }

    /// Whether it bears this tracking number.
    pub(super) fn bears(&self, tracking: &str) -> bool {
        self.tracking_info
            .iter()
            .any(|t| t.number.as_deref() == Some(tracking))
    }
}

#[derive(Debug, Deserialize)]
struct OneOrder<T> {
    order: Option<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithLines {
    line_items: Connection<Line>,
}

#[derive(Debug, Deserialize)]
struct WithFulfillments {
    fulfillments: Vec<Fulfillment>,
}

#[derive(Debug, Deserialize)]
struct OneFulfillment {
    fulfillment: Option<FulfillmentLines>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentLines {
    fulfillment_line_items: Connection<FulfillmentLine>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentLine {
    #[serde(default)]
    quantity: Option<i64>,
    line_item: IdOnly,
}

/// Units by the number of their line.
pub(super) type Units = BTreeMap<String, i64>;

impl ShopConnection {
    /// The lines after `first`, which is the first page.
    pub(super) async fn all_lines(
        &self,
        order: &str,
        first: Connection<Line>,
    ) -> Result<Vec<Line>, ChannelError> {
        let mut next = first.next();
        let mut lines = first.nodes;
        while let Some(after) = next {
            let call = client::of(&client::ORDER_LINES, order, Some(&after));
            let page: OneOrder<WithLines> = self.api.ask(&call).await?;
            let page = page.order.ok_or_else(|| gone(call.document))?.line_items;
            next = page.next();
            lines.extend(page.nodes);
        }
        Ok(lines)
    }

    /// The parcels of an order.
    pub(super) async fn parcels(&self, order: &str) -> Result<Vec<Fulfillment>, ChannelError> {
        let call = client::of(&client::ORDER_FULFILLMENTS, order, None);
        let found: OneOrder<WithFulfillments> = self.api.ask(&call).await?;
        Ok(found.order.ok_or_else(|| gone(call.document))?.fulfillments)
    }

    /// What is in a parcel.
    pub(super) async fn parcel_units(&self, fulfillment: &str) -> Result<Units, ChannelError> {
        let (mut units, mut next) = (Units::new(), None::<String>);
        loop {
            let call = client::of(&client::FULFILLMENT_LINES, fulfillment, next.as_deref());
            let found: OneFulfillment = self.api.ask(&call).await?;
            let page = found
                .fulfillment
                .ok_or_else(|| gone(call.document))?
                .fulfillment_line_items;
            next = page.next();
            for line in page.nodes {
                *units.entry(number(&line.line_item.id).to_owned()).or_default() +=
                    line.quantity.unwrap_or(0);
            }
            if next.is_none() {
                return Ok(units);
            }
        }
    }

    /// Units shipped of each line, by the order's parcels.
    pub(super) async fn shipped(&self, order: &str) -> Result<Units, ChannelError> {
        let mut shipped = Units::new();
        for parcel in self.parcels(order).await?.iter().filter(|p| p.left()) {
            for (line, units) in self.parcel_units(&parcel.id).await? {
                *shipped.entry(line).or_default() += units;
            }
        }
        Ok(shipped)
    }
}

pub(super) fn gone(document: &client::Document) -> ChannelError {
    document.error(Fault::NotFound, "Shopify no longer knows it")
}

/// Whether the line's numbers leave open what was shipped: units were refunded, and there are parcels.
pub(super) fn unclear(line: &Line, parcels: i64) -> bool {
    parcels > 0 && line.current_quantity != line.quantity
}

/// Reads a line. `shipped` are the units of it in parcels, where they had to be looked up.
pub(super) fn read_line(
    line: Line,
    status: Option<OrderStatus>,
    parcels: i64,
    shipped: Option<&Units>,
    oddities: &mut Vec<String>,
) -> LineSnapshot {
    let id = number(&line.id).to_owned();
    let sku = line
        .sku
        .as_deref()
        .filter(|text| !text.is_empty())
        .and_then(|text| {
            let read = Sku::parse(text);
            read.map_err(|e| oddities.push(format!("line {id}: `sku`: {e}")))
                .ok()
        });
    let (ordered, current, unfulfilled) = (line.quantity, line.current_quantity, line.unfulfilled_quantity);
    if !(0..=ordered).contains(&current) || !(0..=ordered).contains(&unfulfilled) {
        oddities.push(format!(
            "line {id}: {current} current and {unfulfilled} unfulfilled of {ordered} ordered cannot be"
        ));
    }
    let ordered = ordered.max(0);
    let sent = match shipped {
        Some(units) => units.get(&id).copied().unwrap_or(0),
        None if parcels == 0 => 0,
        None => ordered - unfulfilled,
    };
    let sent = sent.clamp(0, ordered);
    // What is still to be shipped is part of the order and in no parcel.
    let open = unfulfilled.min(current).clamp(0, ordered - sent);
    let cancelled = match status {
        Some(OrderStatus::Cancelled) => ordered - sent,
        _ => ordered - sent - open,
    };
    LineSnapshot {
        total: line.discounted_total_set.as_ref().and_then(|set| {
            money(
                &set.shop_money,
                &format!("line {id}: discountedTotalSet"),
                oddities,
            )
        }),
        channel_line_id: id,
        sku,
        title: line.title,
        ordered,
        shipped: sent,
        cancelled,
    }
}

/// Reads money; what cannot be read is told, not guessed.
pub(super) fn money(amount: &Amount, field: &str, oddities: &mut Vec<String>) -> Option<Money> {
    plain::money(&amount.amount, &amount.currency_code, field, oddities)
}
