//! Shipments as orders.
//!
//! A walk has three passes, in the order a shipment goes through them, and follows Flipkart's own address from page to
//! page. What is asked for overlaps the former walk by [`OVERLAP`]: should a page shift while it is turned, the next walk
//! still finds what fell between. A cancelled shipment is looked up whole, as the list of cancellations need not show the
//! items that are still to be shipped. Complete is what changed before Flipkart's own clock said the page was made.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use stockbridge_domain::channel::{
    ChannelError, Fault, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable,
};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{LineSnapshot, OrderSnapshot, OrderStatus};
use stockbridge_domain::{BoxFut, Money, Sku, Timestamp};

use super::api::Answer;
use super::client::{self, Pass};
use super::wire::{self, Raw};
use super::{FlipkartConnection, rupee};
use crate::call::Operation;
use crate::plain;

/// How far a walk reaches back into the former one, beyond the lateness of orders.
const OVERLAP: Duration = Duration::from_secs(600);

impl OrderSource for FlipkartConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let (pass, url) = place(query.cursor.as_deref())?;
            let call = match url {
                Some(url) => client::next_page(pass, url),
                None => client::filter(pass, query.since.minus(OVERLAP), query.by == OrderTime::Placed),
            };
            let answer = self.api.call(&call).await?;
            let page: wire::ShipmentsPage = answer.read(call.operation)?;
            let mut result = OrderPage {
                next: next(pass, &page, &answer, call.operation)?,
                complete_until: answer.at(),
                ..OrderPage::default()
            };
            let (answer, shipments) = match pass {
                Pass::Cancelled => self.whole(answer, page.shipments, &mut result).await?,
                _ => (answer, page.shipments),
            };
            for raw in shipments {
                match read_shipment(&raw, answer.at()) {
                    Ok(order) => result.orders.push(order),
                    Err(reason) => result.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(result)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let (answer, raw) = self.shipment(&client::SHIPMENTS, channel_order_id).await?;
            read_shipment(&raw, answer.at()).map_err(|reason| answer.contract(&client::SHIPMENTS, &reason))
        })
    }
}

impl FlipkartConnection {
    /// The whole of cancelled shipments; those that cannot be had are set aside.
    async fn whole(
        &self,
        answer: Answer,
        listed: Vec<Raw>,
        result: &mut OrderPage,
    ) -> Result<(Answer, Vec<Raw>), ChannelError> {
        let ids: Vec<String> = listed.iter().filter_map(|raw| id_of(raw)).collect();
        if ids.is_empty() {
            return Ok((answer, listed));
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let operation = &client::SHIPMENTS_AFTER;
        let answer = self.api.call(&client::shipments(operation, &ids)).await?;
        let page: wire::ShipmentsPage = answer.read(operation)?;
        let found: Vec<String> = page.shipments.iter().filter_map(|raw| id_of(raw)).collect();
        for raw in listed {
            if id_of(&raw).is_none_or(|id| !found.contains(&id)) {
                let reason = "it is listed as cancelled, but its details are not given out".to_owned();
                result.unreadable.push(unreadable(&raw, reason));
            }
        }
        Ok((answer, page.shipments))
    }

    /// One shipment as Flipkart has it now.
    pub(super) async fn shipment(
        &self,
        operation: &'static Operation,
        id: &str,
    ) -> Result<(Answer, Raw), ChannelError> {
        let answer = self.api.call(&client::shipments(operation, &[id])).await?;
        let page: wire::ShipmentsPage = answer.read(operation)?;
        let raw = page
            .shipments
            .into_iter()
            .find(|raw| id_of(raw).as_deref() == Some(id));
        match raw {
            Some(raw) => Ok((answer, raw)),
            None => {
                let message = format!("Flipkart does not know the shipment `{}`", plain::line(id));
                Err(answer.blame(ChannelError::new(Fault::NotFound, operation.name, message)))
            }
        }
    }
}

/// Reads our cursor: the number of the pass, and Flipkart's address of the page unless it is the pass's first.
fn place(cursor: Option<&str>) -> Result<(Pass, Option<&str>), ChannelError> {
    let Some(cursor) = cursor else {
        return Ok((Pass::PreDispatch, None));
    };
    let (number, url) = cursor.split_once(' ').unwrap_or((cursor, ""));
    let pass = number
        .parse::<usize>()
        .ok()
        .and_then(|number| Pass::ALL.get(number).copied());
    let pass = pass.ok_or_else(|| {
        // Rejected makes the pull begin anew.
        ChannelError::new(
            Fault::Rejected,
            client::FILTER.name,
            "the place in the list cannot be read",
        )
    })?;
    Ok((pass, Some(url).filter(|url| !url.is_empty())))
}

/// Where the walk goes on: the pass's next page, the next pass, or nowhere.
fn next(
    pass: Pass,
    page: &wire::ShipmentsPage,
    answer: &Answer,
    operation: &Operation,
) -> Result<Option<String>, ChannelError> {
    let number = Pass::ALL.iter().position(|p| *p == pass).unwrap_or(0);
    if !page.has_more {
        return Ok((number + 1 < Pass::ALL.len()).then(|| (number + 1).to_string()));
    }
    match page.next_page_url.as_deref() {
        Some(url) if relative(url) => Ok(Some(format!("{number} {url}"))),
        _ => Err(answer.contract(
            operation,
            "there are more shipments, but no address of the next page",
        )),
    }
}

/// Whether an address stays on the same host when it is added to it.
pub(super) fn relative(url: &str) -> bool {
    url.starts_with('/') && url.bytes().all(|b| b.is_ascii_graphic())
}

fn id_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<wire::ShipmentId>(raw.get())
        .ok()?
        .shipment_id
}

fn unreadable(raw: &RawValue, reason: String) -> Unreadable {
    Unreadable {
        id: id_of(raw),
        reason,
        raw: raw.get().to_owned(),
    }
}

/// Reads one shipment; the error names the field that cannot be read. `at` is when Flipkart answered: that is when what
/// it says was true, where the shipment itself does not tell when it changed.
pub(super) fn read_shipment(raw: &RawValue, at: Option<Timestamp>) -> Result<OrderSnapshot, String> {
    let shipment: wire::Shipment =
        serde_json::from_str(raw.get()).map_err(|e| plain::line(&e.to_string()))?;
    let mut oddities = Vec::new();
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", plain::line(&e)));
    let placed = shipment
        .order_items
        .iter()
        .filter_map(|item| item.order_date.as_deref());
    let placed: Vec<Timestamp> = placed
        .map(|text| instant("orderDate", text))
        .collect::<Result<_, _>>()?;
    let placed_at = placed.into_iter().min().ok_or("no item has an `orderDate`")?;
    let updated_at = match shipment.updated_at.as_deref() {
        Some(text) => instant("updatedAt", text)?,
        None => at.ok_or("`updatedAt` is missing, and the answer has no date")?,
    };
    let ship_by = shipment.dispatch_by_date.as_deref().and_then(|text| {
        let read = instant("dispatchByDate", text);
        read.map_err(|e| oddities.push(e)).ok()
    });
    let fulfilled_by = fulfilled_by(&shipment, &mut oddities);
    let mut lines: BTreeMap<&str, LineSnapshot> = BTreeMap::new();
    let mut counted = Counted::default();
    for item in &shipment.order_items {
        let line = read_item(item, &mut counted, &mut oddities);
        match lines.get_mut(item.order_item_id.as_str()) {
            Some(known) => join(known, &line),
            None => {
                lines.insert(&item.order_item_id, line);
            }
        }
    }
    let status = counted.status(shipment.hold);
    let lines: Vec<LineSnapshot> = lines.into_values().collect();
    Ok(OrderSnapshot {
        channel_status: words(&shipment),
        status,
        fulfilled_by,
        marketplace: Some("IN".to_owned()),
        placed_at,
        updated_at,
        ship_by,
        total: sum(&shipment, &mut oddities),
        lines,
        oddities,
        payload: raw.get().to_owned(),
        channel_order_id: shipment.shipment_id,
    })
}

/// What Flipkart calls the state of a shipment's items, each word once.
fn words(shipment: &wire::Shipment) -> String {
    let mut words: Vec<&str> = Vec::new();
    for item in &shipment.order_items {
        if !words.contains(&item.status.as_str()) {
            words.push(&item.status);
        }
    }
    let hold = if shipment.hold { " (hold)" } else { "" };
    format!("{}{hold}", words.join(", "))
}

/// Units by where they stand.
#[derive(Debug, Default)]
struct Counted {
    open: i64,
    shipped: i64,
    cancelled: i64,
    /// An item stands where we do not know.
    unknown: bool,
}

impl Counted {
    fn status(&self, hold: bool) -> Option<OrderStatus> {
        match self {
            Self { unknown: true, .. } => None,
            Self {
                open: 0, shipped: 0, ..
            } => Some(OrderStatus::Cancelled),
            Self { open: 0, .. } => Some(OrderStatus::Shipped),
            Self { shipped: 0, .. } if hold => Some(OrderStatus::Pending),
            Self { shipped: 0, .. } => Some(OrderStatus::Open),
            Self { .. } => Some(OrderStatus::PartiallyShipped),
        }
    }
}

/// Where an item stands: to be shipped, with the courier or beyond, or called off; `None` for a word we do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Open,
    Shipped,
    Cancelled,
}

pub(super) fn stand(status: &str) -> Option<Stand> {
    Some(match status {
        "APPROVED" | "PACKING_IN_PROGRESS" | "FORM_FAILED" | "PACKED" | "READY_TO_DISPATCH" => Stand::Open,
        // What came back was shipped before; the return tells the rest.
        "PICKUP_COMPLETE" | "SHIPPED" | "DELIVERED" | "COMPLETED" | "RETURN_REQUESTED" | "RETURNED" => {
            Stand::Shipped
        }
        "CANCELLED" => Stand::Cancelled,
        _ => return None,
    })
}

fn read_item(item: &wire::OrderItem, counted: &mut Counted, oddities: &mut Vec<String>) -> LineSnapshot {
    let id = &item.order_item_id;
    let sku = item.sku.as_deref().and_then(|text| {
        let read = Sku::parse(text);
        read.map_err(|e| oddities.push(format!("item {id}: `sku`: {e}")))
            .ok()
    });
    if item.quantity < 0 {
        oddities.push(format!("item {id}: a quantity of {} cannot be", item.quantity));
    }
    let ordered = item.quantity.max(0);
    let stand = stand(&item.status);
    match stand {
        Some(Stand::Open) => counted.open += ordered,
        Some(Stand::Shipped) => counted.shipped += ordered,
        Some(Stand::Cancelled) => counted.cancelled += ordered,
        None => {
            counted.unknown = true;
            oddities.push(format!(
                "item {id}: the status `{}` is not known",
                plain::line(&item.status)
            ));
        }
    }
    let units = |here: Stand| if stand == Some(here) { ordered } else { 0 };
    LineSnapshot {
        channel_line_id: id.clone(),
        sku,
        title: item.title.clone().unwrap_or_default(),
        ordered,
        shipped: units(Stand::Shipped),
        cancelled: units(Stand::Cancelled),
        total: goods(item, oddities),
    }
}

/// One item that is told in parts, such as some units cancelled and some not.
fn join(known: &mut LineSnapshot, more: &LineSnapshot) {
    known.ordered += more.ordered;
    known.shipped += more.shipped;
    known.cancelled += more.cancelled;
    known.total = match (known.total, more.total) {
        (Some(a), Some(b)) => a.plus(b).ok(),
        _ => None,
    };
}

/// Rupees of a number as it stands in JSON.
fn rupees(raw: Option<&Raw>, field: &str, oddities: &mut Vec<String>) -> Option<Money> {
    let read = Money::from_decimal(plain::decimal(raw?), rupee()?);
    read.map_err(|e| oddities.push(format!("`{field}`: {e}"))).ok()
}

/// What a line costs without shipping.
fn goods(item: &wire::OrderItem, oddities: &mut Vec<String>) -> Option<Money> {
    let price = item.price_components.as_ref()?;
    let total = rupees(price.total_price.as_ref(), "totalPrice", oddities)?;
    match price.shipping_charge.as_ref() {
        None => Some(total),
        charge => {
            let charge = rupees(charge, "shippingCharge", oddities)?;
            Some(Money::from_minor(
                total.minor() - charge.minor(),
                total.currency(),
            ))
        }
    }
}

/// What the buyer pays for all that is not called off.
fn sum(shipment: &wire::Shipment, oddities: &mut Vec<String>) -> Option<Money> {
    let mut sum: Option<Money> = None;
    for item in &shipment.order_items {
        if stand(&item.status) == Some(Stand::Cancelled) {
            continue;
        }
        let total = rupees(
            item.price_components.as_ref()?.total_price.as_ref(),
            "totalPrice",
            oddities,
        )?;
        sum = match sum {
            Some(sum) => Some(sum.plus(total).ok()?),
            None => Some(total),
        };
    }
    sum
}

/// Who ships: Flipkart's own warehouses (FBF), or the seller, in the seller's or a shared warehouse.
fn fulfilled_by(shipment: &wire::Shipment, oddities: &mut Vec<String>) -> FulfilledBy {
    let mut seller = shipment.order_items.is_empty();
    for item in &shipment.order_items {
        match item.service_profile.as_deref() {
            Some("FBF" | "Flipkart_Fulfilment") => {}
            Some("NON_FBF" | "FBF_LITE" | "Seller_Fulfilment" | "Smart_Fulfilment") | None => seller = true,
            Some(other) => {
                seller = true;
                let word = plain::line(other);
                oddities.push(format!(
                    "the service profile `{word}` is not known; taken as the seller's own stock"
                ));
            }
        }
    }
    if seller {
        FulfilledBy::Seller
    } else {
        FulfilledBy::Channel
    }
}
