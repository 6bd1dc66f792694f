//! Listings and orders of the other side as snapshots.

use stockbridge_domain::channel::{
    ChannelError, Fault, ListingKey, ListingPage, ListingSnapshot, ListingSource, OrderPage, OrderQuery,
    OrderSource, Unreadable,
};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{BoxFut, Money, Sku, Timestamp};

use super::api::clean;
use super::wire::{self, Raw};
use super::{CustomConnection, client};
use crate::plain;

impl ListingSource for CustomConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let answer = self.api.call(&client::listings(cursor)).await?;
            let page: wire::ListingsPage = answer.read(&client::LISTINGS)?;
            let mut result = ListingPage {
                next: page.next.filter(|next| !next.is_empty()),
                ..ListingPage::default()
            };
            for raw in page.listings {
                match read_listing(&raw) {
                    Ok(listing) => result.listings.push(listing),
                    Err(reason) => result.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::SkuOnly>(raw.get())
                            .ok()
                            .and_then(|listing| listing.sku),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            Ok(result)
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let answer = self.api.call(&client::listings_of(listings)).await?;
            let page: wire::ListingsPage = answer.read(&client::LISTINGS)?;
            let listing =
                |raw: &Raw| read_listing(raw).map_err(|reason| answer.contract(&client::LISTINGS, &reason));
            page.listings.iter().map(listing).collect()
        })
    }
}

impl OrderSource for CustomConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let call = client::orders(query.since, query.by, query.cursor.as_deref());
            let answer = self.api.call(&call).await?;
            let page: wire::OrdersPage = answer.read(&client::ORDERS)?;
            let complete_until = Timestamp::parse(&page.complete_until).map_err(|e| {
                let message = format!("`complete_until` cannot be read: {}", clean(&e));
                answer.contract(&client::ORDERS, &message)
            })?;
            let mut result = OrderPage {
                next: page.next.filter(|next| !next.is_empty()),
                complete_until: Some(complete_until),
                ..OrderPage::default()
            };
            for raw in page.orders {
                match read_order(&raw) {
                    Ok(order) => result.orders.push(order),
                    Err(reason) => result.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::IdOnly>(raw.get())
                            .ok()
                            .and_then(|order| order.id),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            Ok(result)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let answer = self.api.call(&client::order(channel_order_id)).await?;
            let raw: Raw = answer.read(&client::ORDER)?;
            let order = read_order(&raw).map_err(|reason| answer.contract(&client::ORDER, &reason))?;
            if order.channel_order_id != channel_order_id {
                let message = format!(
                    "order `{}` was answered instead of the one asked for",
                    clean(&order.channel_order_id)
                );
                return Err(answer.blame(ChannelError::new(Fault::Contract, client::ORDER.name, message)));
            }
            Ok(order)
        })
    }
}

/// The units of all locations together; an error names what cannot be.
pub(super) fn total(shown: &[wire::Shown]) -> Result<i64, String> {
    shown.iter().try_fold(0_i64, |sum, part| {
        if part.quantity < 0 {
            return Err(format!(
                "`quantities` holds {}; a quantity is not negative",
                part.quantity
            ));
        }
        sum.checked_add(part.quantity)
            .ok_or_else(|| "`quantities` add up to more than there can be".to_owned())
    })
}

/// The units of each location that has a name.
pub(super) fn places(shown: &[wire::Shown]) -> Vec<PlaceUnits> {
    let place = |part: &wire::Shown| {
        Some(PlaceUnits {
            location: part.location.clone()?,
            quantity: part.quantity,
        })
    };
    shown.iter().filter_map(place).collect()
}

/// Reads one listing; the error names the field that cannot be read.
fn read_listing(raw: &Raw) -> Result<ListingSnapshot, String> {
    let listing: wire::Listing = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let mut issues = Vec::new();
    let status = match listing.status.as_str() {
        "active" => ListingStatus::Active,
        "inactive" => ListingStatus::Inactive,
        "suppressed" => ListingStatus::Suppressed,
        other => {
            issues.push(format!("the status `{}` is not known", clean(other)));
            ListingStatus::Unknown
        }
    };
    Ok(ListingSnapshot {
        sku: Sku::parse(&listing.sku).map_err(|e| format!("`sku`: {e}"))?,
        channel_ref: listing.reference,
        barcode: listing.barcode,
        title: plain::told(&listing.title),
        fulfilled_by: FulfilledBy::Seller,
        quantity: Some(total(&listing.quantities)?),
        places: places(&listing.quantities),
        price: money(listing.price.as_ref(), "price", &mut issues),
        status,
        images: listing.images.map(Images::all),
        handle: None,
        issues,
    })
}

/// Reads one order; the error names the field that cannot be read.
fn read_order(raw: &Raw) -> Result<OrderSnapshot, String> {
    let order: wire::Order = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let mut oddities = Vec::new();
    let status = match order.status.as_str() {
        "pending" => Some(OrderStatus::Pending),
        "open" => Some(OrderStatus::Open),
        "partially_shipped" => Some(OrderStatus::PartiallyShipped),
        "shipped" => Some(OrderStatus::Shipped),
        "cancelled" => Some(OrderStatus::Cancelled),
        other => {
            oddities.push(format!("`status` is `{}`, which is not known", clean(other)));
            None
        }
    };
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
    let ship_by = order.ship_by.as_deref().and_then(|text| {
        let read = instant("ship_by", text);
        read.map_err(|e| oddities.push(e)).ok()
    });
    Ok(OrderSnapshot {
        placed_at: instant("placed_at", &order.placed_at)?,
        updated_at: instant("updated_at", &order.updated_at)?,
        total: money(order.total.as_ref(), "total", &mut oddities),
        lines: order
            .lines
            .into_iter()
            .map(|line| read_line(line, status, &mut oddities))
            .collect(),
        channel_order_id: order.id,
        channel_status: order.status,
        status,
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        ship_by,
        oddities,
        payload: raw.get().to_owned(),
    })
}

fn read_line(line: wire::Line, status: Option<OrderStatus>, oddities: &mut Vec<String>) -> LineSnapshot {
    let wire::Line { id, quantity, .. } = line;
    let sku = line.sku.as_deref().and_then(|text| {
        let read = Sku::parse(text);
        read.map_err(|e| oddities.push(format!("line {id}: `sku`: {e}")))
            .ok()
    });
    let ordered = quantity.max(0);
    let shipped = line.shipped.clamp(0, ordered);
    let unshipped = ordered - shipped;
    let cancelled = match status {
        Some(OrderStatus::Cancelled) => unshipped,
        _ => line.cancelled.clamp(0, unshipped),
    };
    if (ordered, shipped) != (quantity, line.shipped) || cancelled < line.cancelled {
        oddities.push(format!(
            "line {id}: {} shipped and {} cancelled of {quantity} ordered cannot be",
            line.shipped, line.cancelled
        ));
    }
    LineSnapshot {
        total: money(line.total.as_ref(), &format!("line {id}: total"), oddities),
        channel_line_id: id,
        sku,
        title: line.title,
        ordered,
        shipped,
        cancelled,
    }
}

/// Reads money; what cannot be read is told, not guessed.
fn money(amount: Option<&wire::Amount>, field: &str, oddities: &mut Vec<String>) -> Option<Money> {
    let amount = amount?;
    plain::money(&amount.amount, &amount.currency, field, oddities)
}
