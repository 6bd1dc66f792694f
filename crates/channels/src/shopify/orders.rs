//! Orders: pages, single orders, and what Shopify's words mean.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use stockbridge_domain::channel::{
    ChannelError, Fault, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable,
};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{OrderSnapshot, OrderStatus};
use stockbridge_domain::{BoxFut, Timestamp};

use super::ShopConnection;
use super::api::clean;
use super::bulk::{Group, Step};
use super::client::{self, ORDERS_PAGE, gid, number};
use super::lines::{self, Line, gone, money, unclear};
use super::wire::{Connection, MaybeId, MoneyBag, Raw};

/// Shopify pages no further than 25,000 things; a new search begins well before.
const DEEPEST: usize = 20_000;

/// From so many orders on, a file is quicker than pages: a shop of the standard plan reads two or three orders a second.
const BULK_FROM: i64 = 1_000;
/// A search that goes back further is worth counting first.
const LONG_AGO: Duration = Duration::from_secs(24 * 3_600);

/// An order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    id: String,
    created_at: String,
    updated_at: String,
    #[serde(default)]
    cancelled_at: Option<String>,
    #[serde(default)]
    display_financial_status: Option<String>,
    display_fulfillment_status: String,
    #[serde(default)]
    total_price_set: Option<MoneyBag>,
    #[serde(default)]
    fulfillments_count: Option<Count>,
    line_items: Connection<Line>,
}

#[derive(Debug, Deserialize)]
struct Count {
    count: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    orders_count: Option<Count>,
}

#[derive(Debug, Deserialize)]
struct Orders {
    orders: Connection<Raw>,
}

#[derive(Debug, Deserialize)]
struct OneOrder {
    order: Option<Raw>,
}

/// Where a search stands: kept as text in the page's `next`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    /// Shopify's cursor.
    #[serde(default)]
    after: Option<String>,
    /// Since when, if the search had to begin anew.
    #[serde(default)]
    since: Option<Timestamp>,
    /// Orders seen by this search.
    #[serde(default)]
    seen: usize,
    /// Where in a file, while one is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

impl OrderSource for ShopConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let place = match &query.cursor {
                None => Place::default(),
                Some(text) => serde_json::from_str(text).map_err(|_| {
                    let message =
                        "the kept place in the list of orders cannot be read; the list is begun anew";
                    client::ORDERS.error(Fault::Rejected, message)
                })?,
            };
            if let Some(file) = &place.file {
                let search = client::bulk_orders(query.since, query.by);
                let step = self.go_on_in_bulk(file, &search).await?;
                return self.orders_of(step).await;
            }
            if query.cursor.is_none() && self.are_many(query).await? {
                let search = client::bulk_orders(query.since, query.by);
                let step = self.begin_bulk(&search).await?;
                return self.orders_of(step).await;
            }
            let since = place.since.unwrap_or(query.since);
            let answer = self
                .api
                .call(&client::orders(since, query.by, place.after.as_deref()))
                .await?;
            let page = answer.read::<Orders>()?.orders;
            let mut result = OrderPage {
                // The list is behind by at most the account's order visibility, which everybody who uses this allows for.
                complete_until: answer.at,
                ..OrderPage::default()
            };
            let after = page.next();
            let mut last = None;
            for raw in page.nodes {
                match self.read_order(&raw).await? {
                    Ok(order) => {
                        last = Some(match query.by {
                            OrderTime::Updated => order.updated_at,
                            OrderTime::Placed => order.placed_at,
                        });
                        result.orders.push(order);
                    }
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            result.next = after.map(|after| next(place, after, since, last));
            Ok(result)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let call = client::of(&client::ORDER, &gid("Order", channel_order_id), None);
            let answer = self.api.call(&call).await?;
            let raw = answer
                .read::<OneOrder>()?
                .order
                .ok_or_else(|| gone(&client::ORDER))?;
            let order = self
                .read_order(&raw)
                .await?
                .map_err(|reason| answer.contract(&reason))?;
            if order.channel_order_id != channel_order_id {
                return Err(answer.contract("another order was answered than the one asked for"));
            }
            Ok(order)
        })
    }
}

/// Where the next page starts. Deep in a search a new one begins at the last order seen, if time moved on at all.
fn next(place: Place, after: String, since: Timestamp, last: Option<Timestamp>) -> String {
    let seen = place.seen + ORDERS_PAGE;
    let anew = last.filter(|last| seen >= DEEPEST && *last > since);
    let next = match anew {
        Some(last) => Place {
            since: Some(last),
            ..Place::default()
        },
        None => Place {
            after: Some(after),
            since: place.since,
            seen,
            file: None,
        },
    };
    next.kept()
}

impl Place {
    fn kept(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// An order's lines of a file as the one thing that a page has.
fn whole(group: &Group) -> Result<Raw, String> {
    let order = group.head.strip_suffix('}').unwrap_or(&group.head);
    let lines = group.members.join(",");
    let text = format!("{order},\"lineItems\":{{\"nodes\":[{lines}]}}}}");
    RawValue::from_string(text).map_err(|e| clean(&e.to_string()))
}

fn unreadable(raw: &Raw, reason: String) -> Unreadable {
    let id = serde_json::from_str::<MaybeId>(raw.get()).ok().and_then(|o| o.id);
    Unreadable {
        id: id.map(|id| number(&id).to_owned()),
        reason,
        raw: raw.get().to_owned(),
    }
}

impl ShopConnection {
    /// Whether so many orders are asked for that a file is quicker. Only a search that goes far back is counted: all others
    /// find few.
    async fn are_many(&self, query: &OrderQuery) -> Result<bool, ChannelError> {
        if self.api.io.env.now().since(query.since) < LONG_AGO {
            return Ok(false);
        }
        let counted: Counted = self.api.ask(&client::orders_count(query.since, query.by)).await?;
        Ok(counted.orders_count.is_some_and(|found| found.count >= BULK_FROM))
    }

    /// What a step in a file comes to.
    async fn orders_of(&self, step: Step) -> Result<OrderPage, ChannelError> {
        let later = |place: Place, pause: Duration| OrderPage {
            next: Some(place.kept()),
            wait_until: Some(self.api.io.env.now().plus(pause)),
            ..OrderPage::default()
        };
        let in_file = |file| Place {
            file: Some(file),
            ..Place::default()
        };
        let part = match step {
            Step::Later(file, pause) => return Ok(later(in_file(file), pause)),
            Step::ByPage => return Ok(later(Place::default(), Duration::ZERO)),
            Step::Part(part) => part,
        };
        let begun = Timestamp::parse(&part.begun).map_err(|e| {
            let message = format!("`createdAt` of the operation: {}", clean(&e));
            client::BULK_OPERATION.error(Fault::Contract, &message)
        })?;
        let mut result = OrderPage {
            next: part.next.map(|file| in_file(file).kept()),
            // What changed while the file was written may be in it or not.
            complete_until: Some(begun),
            ..OrderPage::default()
        };
        for group in part.groups {
            let raw = match whole(&group) {
                Ok(raw) => raw,
                Err(reason) => {
                    result.unreadable.push(Unreadable {
                        id: None,
                        reason,
                        raw: group.head,
                    });
                    continue;
                }
            };
            match self.read_order(&raw).await? {
                Ok(order) => result.orders.push(order),
                Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
            }
        }
        Ok(result)
    }

    /// Reads one order and looks up what its answer leaves open; the inner error names the field that cannot be read.
    async fn read_order(&self, raw: &Raw) -> Result<Result<OrderSnapshot, String>, ChannelError> {
        let order: Order = match serde_json::from_str(raw.get()) {
            Ok(order) => order,
            Err(e) => return Ok(Err(clean(&e.to_string()))),
        };
        let Order { id, line_items, .. } = order;
        let lines = self.all_lines(&id, line_items).await?;
        let parcels = order.fulfillments_count.as_ref().map_or(1, |count| count.count);
        let shipped = if lines.iter().any(|line| unclear(line, parcels)) {
            Some(self.shipped(&id).await?)
        } else {
            None
        };
        let mut oddities = Vec::new();
        let words = Words {
            cancelled: order.cancelled_at.is_some(),
            financial: order.display_financial_status.as_deref(),
            fulfilment: &order.display_fulfillment_status,
        };
        let status = words.status(self.ship_unpaid, &mut oddities);
        let instant =
            |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
        let (placed_at, updated_at) = match (
            instant("createdAt", &order.created_at),
            instant("updatedAt", &order.updated_at),
        ) {
            (Ok(placed), Ok(updated)) => (placed, updated),
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        };
        Ok(Ok(OrderSnapshot {
            channel_order_id: number(&id).to_owned(),
            channel_status: words.said(),
            status,
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at,
            updated_at,
            ship_by: None,
            total: order
                .total_price_set
                .as_ref()
                .and_then(|set| money(&set.shop_money, "totalPriceSet", &mut oddities)),
            lines: lines
                .into_iter()
                .map(|line| {
                    let shipped = shipped.as_ref();
                    lines::read_line(line, status, parcels, shipped, &mut oddities)
                })
                .collect(),
            oddities,
            payload: raw.get().to_owned(),
        }))
    }
}

/// The words that together say where an order stands.
pub(super) struct Words<'a> {
    pub(super) cancelled: bool,
    pub(super) financial: Option<&'a str>,
    pub(super) fulfilment: &'a str,
}

impl Words<'_> {
    /// Shopify's words as people read them.
    fn said(&self) -> String {
        let mut words = Vec::new();
        if self.cancelled {
            words.push("CANCELLED");
        }
        words.extend(self.financial);
        words.push(self.fulfilment);
        clean(&words.join(", "))
    }

    /// The one table of what they mean. Called off beats all; then what is shipped; then whether it may be shipped.
    pub(super) fn status(&self, ship_unpaid: bool, oddities: &mut Vec<String>) -> Option<OrderStatus> {
        let fulfilment = match self.fulfilment {
            "UNFULFILLED"
            | "OPEN"
            | "IN_PROGRESS"
            | "PENDING_FULFILLMENT"
            | "SCHEDULED"
            | "ON_HOLD"
            | "REQUEST_DECLINED" => Some(OrderStatus::Open),
            "PARTIALLY_FULFILLED" => Some(OrderStatus::PartiallyShipped),
            "FULFILLED" | "FULFILLMENT_NOT_REQUIRED" => Some(OrderStatus::Shipped),
            "RESTOCKED" => Some(OrderStatus::Cancelled),
            _ => None,
        };
        let paid = match self.financial {
            None | Some("PAID" | "AUTHORIZED" | "PARTIALLY_REFUNDED" | "REFUNDED") => Some(true),
            Some("PENDING" | "PARTIALLY_PAID" | "EXPIRED" | "VOIDED") => Some(false),
            Some(_) => None,
        };
        for (field, known) in [
            ("displayFulfillmentStatus", fulfilment.is_some()),
            ("displayFinancialStatus", paid.is_some()),
        ] {
            if !known {
                oddities.push(format!(
                    "the order is `{}`, of which `{field}` is not known",
                    self.said()
                ));
            }
        }
        match (self.cancelled, fulfilment, paid) {
            (true, _, _) => Some(OrderStatus::Cancelled),
            (_, Some(OrderStatus::Open), Some(false)) if !ship_unpaid => Some(OrderStatus::Pending),
            (_, fulfilment, Some(_)) => fulfilment,
            (_, _, None) => None,
        }
    }
}
