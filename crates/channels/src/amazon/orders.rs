//! Orders: pages, single orders, and what Amazon's words mean.

use std::sync::atomic::Ordering;

use stockbridge_domain::channel::{
    ChannelError, Fault, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable,
};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};
use stockbridge_domain::{BoxFut, Currency, Money, Sku, Timestamp};

use super::api::{Answer, Raw};
use super::client::{self, ORDER_DATA};
use super::error::clean;
use super::operations::{GET_ORDER, SEARCH_ORDERS};
use super::{AmazonConnection, wire};

/// Orders the seller placed himself for Amazon to ship (multi-channel fulfilment): no sales of this channel.
const OWN_ORDERS: &str = "NON_AMAZON";

impl OrderSource for AmazonConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async {
            let answer = self.search(query).await?;
            let page = answer.read()?;
            let (vouched, field) = match query.by {
                OrderTime::Updated => (&page.last_updated_before, "lastUpdatedBefore"),
                OrderTime::Placed => (&page.created_before, "createdBefore"),
            };
            let complete_until = vouched.as_deref().map(Timestamp::parse).transpose();
            let mut result = OrderPage {
                next: page
                    .pagination
                    .and_then(|p| p.next_token)
                    .filter(|t| !t.is_empty()),
                complete_until: complete_until.map_err(|e| {
                    let message = format!("`{field}` cannot be read: {e}");
                    answer.blame(ChannelError::new(Fault::Contract, SEARCH_ORDERS.name(), message))
                })?,
                ..OrderPage::default()
            };
            for raw in page.orders {
                let read = match read_order(&raw) {
                    Ok(Read::WithoutFulfilment(id)) => read_order(&self.get_raw(&id).await?),
                    read => read,
                };
                match read {
                    Ok(Read::Sale(order)) => result.orders.push(*order),
                    Ok(Read::NoSale) => {}
                    Ok(Read::WithoutFulfilment(_)) => {
                        result.unreadable.push(unreadable(&raw, NO_FULFILMENT.into()))
                    }
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(result)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let problem = |fault, message: String| ChannelError::new(fault, GET_ORDER.name(), message);
            match read_order(&self.get_raw(channel_order_id).await?) {
                Ok(Read::Sale(order)) => Ok(*order),
                Ok(Read::NoSale) => Err(problem(
                    Fault::Rejected,
                    "this order was not placed on Amazon: Amazon only ships it for the seller".into(),
                )),
                Ok(Read::WithoutFulfilment(_)) => Err(problem(Fault::Contract, NO_FULFILMENT.into())),
                Err(reason) => Err(problem(Fault::Contract, reason)),
            }
        })
    }
}

impl AmazonConnection {
    /// Asks for a page with as much data as the account is known to get; a refusal is tried with less, and what
    /// worked is remembered for the account.
    async fn search(&self, query: &OrderQuery) -> Result<Answer<wire::OrdersPage>, ChannelError> {
        let known = &self.api.session.note;
        let mut level = usize::from(known.load(Ordering::Relaxed));
        loop {
            let call = client::search_orders(
                &self.marketplaces,
                query.since,
                query.by,
                self.fbm_only,
                ORDER_DATA[level],
                query.cursor.as_deref(),
            );
            match self.api.call(&call).await {
                Err(e) if e.fault == Fault::Forbidden && level + 1 < ORDER_DATA.len() => level += 1,
                Ok(answer) => {
                    known.store(u8::try_from(level).unwrap_or(0), Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(e) => return Err(e),
            }
        }
    }

    async fn get_raw(&self, id: &str) -> Result<Raw, ChannelError> {
        let mut refused = None;
        for data in ORDER_DATA.iter().filter(|d| !d.is_empty()) {
            match self.api.call(&client::get_order(id, data)).await {
                Ok(answer) => return Ok(answer.read()?.order),
                Err(e) if e.fault == Fault::Forbidden => refused = Some(e),
                Err(e) => return Err(e),
            }
        }
        Err(refused.unwrap_or_else(|| {
            ChannelError::new(Fault::Contract, GET_ORDER.name(), "no set of data was asked for")
        }))
    }
}

const NO_FULFILMENT: &str = "`fulfillment` is missing, so nobody knows where the order stands";

/// What an order turned out to be.
pub(super) enum Read {
    Sale(Box<OrderSnapshot>),
    /// Not placed on Amazon.
    NoSale,
    /// Its status is missing; the order with this id has to be read by itself.
    WithoutFulfilment(String),
}

fn unreadable(raw: &Raw, reason: String) -> Unreadable {
    Unreadable {
        id: serde_json::from_str::<wire::OrderIdOnly>(raw.get())
            .ok()
            .and_then(|o| o.order_id),
        reason,
        raw: raw.get().to_owned(),
    }
}

/// Reads one order; the error names the field that cannot be read.
pub(super) fn read_order(raw: &Raw) -> Result<Read, String> {
    let order: wire::Order = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    if order.sales_channel.channel_name == OWN_ORDERS {
        return Ok(Read::NoSale);
    }
    let Some(fulfillment) = order.fulfillment else {
        return Ok(Read::WithoutFulfilment(order.order_id));
    };
    let fulfilled_by = match fulfillment.fulfilled_by.as_deref() {
        Some("MERCHANT") => FulfilledBy::Seller,
        Some("AMAZON") => FulfilledBy::Channel,
        Some(other) => {
            return Err(format!(
                "`fulfillment.fulfilledBy` is `{}`, which is not known",
                clean(other)
            ));
        }
        None => return Err("`fulfillment.fulfilledBy` is missing".into()),
    };
    let mut oddities = Vec::new();
    let word = fulfillment.fulfillment_status;
    let status = status(&word, fulfilled_by);
    if status.is_none() {
        oddities.push(format!(
            "`fulfillment.fulfillmentStatus` is `{}`, which is not known",
            clean(&word)
        ));
    }
    if order.sales_channel.channel_name != "AMAZON" {
        let name = clean(&order.sales_channel.channel_name);
        oddities.push(format!(
            "`salesChannel.channelName` is `{name}`, which is not known"
        ));
    }
    let total = order.proceeds.and_then(|p| p.grand_total);
    let total = money(total.as_ref(), "proceeds.grandTotal", &mut oddities);
    let ship_by = fulfillment.ship_by_window.and_then(|w| w.latest_date_time);
    let ship_by = ship_by.and_then(|at| {
        Timestamp::parse(&at)
            .map_err(|e| oddities.push(format!("`fulfillment.shipByWindow`: {}", clean(&e))))
            .ok()
    });
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
    Ok(Read::Sale(Box::new(OrderSnapshot {
        placed_at: instant("createdTime", &order.created_time)?,
        updated_at: instant("lastUpdatedTime", &order.last_updated_time)?,
        lines: order
            .order_items
            .into_iter()
            .map(|item| line(item, status, &mut oddities))
            .collect(),
        channel_order_id: order.order_id,
        channel_status: word,
        status,
        fulfilled_by,
        marketplace: order.sales_channel.marketplace_id,
        ship_by,
        total,
        oddities,
        payload: raw.get().to_owned(),
    })))
}

fn status(word: &str, fulfilled_by: FulfilledBy) -> Option<OrderStatus> {
    match word {
        "PENDING_AVAILABILITY" | "PENDING" => Some(OrderStatus::Pending),
        "UNSHIPPED" => Some(OrderStatus::Open),
        "PARTIALLY_SHIPPED" => Some(OrderStatus::PartiallyShipped),
        "SHIPPED" => Some(OrderStatus::Shipped),
        "CANCELLED" => Some(OrderStatus::Cancelled),
        // Documented for orders Amazon ships only; from the seller's stock it would be news.
        "UNFULFILLABLE" if fulfilled_by == FulfilledBy::Channel => Some(OrderStatus::Cancelled),
        _ => None,
    }
}

fn line(item: wire::OrderItem, status: Option<OrderStatus>, oddities: &mut Vec<String>) -> LineSnapshot {
    let id = item.order_item_id;
    let sku = item.product.seller_sku.as_deref().and_then(|text| {
        Sku::parse(text)
            .map_err(|e| oddities.push(format!("line {id}: `product.sellerSku`: {e}")))
            .ok()
    });
    let subtotal = item
        .proceeds
        .as_ref()
        .and_then(|p| p.breakdowns.iter().find(|b| b.kind == "ITEM"));
    let total = money(
        subtotal.map(|b| &b.subtotal),
        &format!("line {id}: proceeds.breakdowns.ITEM"),
        oddities,
    );
    let ordered = item.quantity_ordered;
    let fulfilled = item
        .fulfillment
        .as_ref()
        .and_then(|f| f.quantity_fulfilled)
        .unwrap_or(0);
    let open = item.fulfillment.and_then(|f| f.quantity_unfulfilled);
    if !(0..=ordered.max(0)).contains(&fulfilled) {
        oddities.push(format!(
            "line {id}: {fulfilled} of {ordered} units are said to be shipped"
        ));
    }
    let shipped = fulfilled.clamp(0, ordered.max(0));
    let unshipped = (ordered - shipped).max(0);
    // Amazon counts no cancelled units: they are those that are neither shipped nor to be shipped. That is believed only
    // of an item that says it was cancelled; units given back by mistake would be sold twice.
    let missing = open.map_or(0, |open| unshipped.saturating_sub(open.max(0)).max(0));
    let executed = item
        .cancellation
        .is_some_and(|c| c.cancellation_execution.is_some());
    let cancelled = if status == Some(OrderStatus::Cancelled) {
        unshipped
    } else if executed {
        if open.is_none() {
            oddities.push(format!(
                "line {id}: cancelled, but `fulfillment.quantityUnfulfilled` does not say how much"
            ));
        }
        missing
    } else {
        let shipping = matches!(status, Some(OrderStatus::Open | OrderStatus::PartiallyShipped));
        if missing > 0 && shipping {
            oddities.push(format!(
                "line {id}: {missing} of {ordered} units are neither shipped, open nor cancelled"
            ));
        }
        0
    };
    LineSnapshot {
        channel_line_id: id,
        sku,
        title: item.product.title.unwrap_or_default(),
        ordered,
        shipped,
        cancelled,
        total,
    }
}

/// Reads money; what cannot be read is told, not guessed.
pub(super) fn money(amount: Option<&wire::Amount>, field: &str, oddities: &mut Vec<String>) -> Option<Money> {
    let amount = amount?;
    Currency::parse(&amount.currency_code)
        .and_then(|currency| Money::from_decimal(amount.amount.as_str(), currency))
        .map_err(|e| oddities.push(format!("`{field}`: {e}")))
        .ok()
}
