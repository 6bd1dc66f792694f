//! Cancellations, by Flipkart's groups of items, and returns.

use serde_json::json;
use serde_json::value::RawValue;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, CancelSink, ChannelError, Fault, ReturnLine, ReturnPage, ReturnQuery,
    ReturnSnapshot, ReturnSource, ReturnStatus, Unreadable,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::FlipkartConnection;
use super::client;
use super::orders::relative;
use super::wire;
use crate::plain;

/// The only reason that is documented; Flipkart takes the listing out of stock with it.
const NOT_ENOUGH: &str = "not_enough_inventory";

impl CancelSink for FlipkartConnection {
    fn partial(&self) -> bool {
        true
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let operation = &client::CANCEL;
            let refused = |fault, message: &str| ChannelError::new(fault, operation.name, message);
            let reason = match (notice.reason, self.settings.cancel_reason.as_deref()) {
                (CancelReason::OutOfStock, _) => NOT_ENOUGH,
                (_, Some(word)) => word,
                (_, None) => {
                    let message = "Flipkart publishes no reason but lack of goods; cancel this order in the Seller dashboard, or \
                         ask its support for the word and enter it in the option `cancel_reason`";
                    return Err(refused(Fault::Rejected, message));
                }
            };
            let (answer, raw) = self
                .shipment(&client::SHIPMENT_OF_TWO, &notice.channel_order_id)
                .await?;
            let shipment: wire::Shipment = serde_json::from_str(raw.get())
                .map_err(|e| answer.contract(&client::SHIPMENT_OF_TWO, &plain::line(&e.to_string())))?;
            let groups = groups(notice, &shipment).map_err(|(fault, message)| refused(fault, &message))?;
            if groups.is_empty() {
                return Ok(());
            }
            let mut body = json!({
                "shipmentId": shipment.shipment_id,
                "reason": reason,
                "cancellationGroupIds": groups,
            });
            if let Some(location) = &shipment.location_id {
                body["locationId"] = json!(location);
            }
            self.one(&client::cancel(body), &shipment.shipment_id).await
        })
    }
}

/// The groups to be cancelled; empty when all of it is cancelled already.
fn groups<'s>(notice: &CancelNotice, shipment: &'s wire::Shipment) -> Result<Vec<&'s str>, (Fault, String)> {
    let asked = |id: &str| {
        let named = notice.lines.iter().filter(|line| line.channel_line_id == id);
        named.map(|line| line.quantity).sum::<i64>()
    };
    let wanted = |item: &&wire::OrderItem| {
        item.status != "CANCELLED" && (notice.lines.is_empty() || asked(&item.order_item_id) > 0)
    };
    let unknown = notice.lines.iter().find(|line| {
        !shipment
            .order_items
            .iter()
            .any(|item| item.order_item_id == line.channel_line_id)
    });
    if let Some(line) = unknown {
        let message = format!(
            "the shipment has no item `{}`",
            plain::line(&line.channel_line_id)
        );
        return Err((Fault::NotFound, message));
    }
    let mut groups: Vec<&str> = Vec::new();
    for item in shipment.order_items.iter().filter(wanted) {
        let id = &item.order_item_id;
        if !matches!(
            item.status.as_str(),
            "APPROVED" | "PACKING_IN_PROGRESS" | "FORM_FAILED"
        ) {
            let message = format!(
                "item {id} is `{}`; Flipkart cancels only before packing",
                plain::line(&item.status)
            );
            return Err((Fault::Conflict, message));
        }
        if !notice.lines.is_empty() && asked(id) < item.quantity {
            let message = format!(
                "Flipkart cancels whole items; item {id} has {} units",
                item.quantity
            );
            return Err((Fault::Rejected, message));
        }
        let group = item.cancellation_group_id.as_deref();
        let group = group.ok_or_else(|| {
            (
                Fault::Rejected,
                format!("item {id} belongs to no group that can be cancelled"),
            )
        })?;
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    // What belongs together is cancelled together, so it has to be wanted together.
    let beside = shipment.order_items.iter().find(|item| {
        let group = item.cancellation_group_id.as_deref();
        item.status != "CANCELLED" && group.is_some_and(|g| groups.contains(&g)) && !wanted(item)
    });
    match beside {
        None => Ok(groups),
        Some(item) => {
            let message = format!(
                "Flipkart cancels item {} together with those named; name it as well, or cancel the whole order",
                item.order_item_id
            );
            Err((Fault::Rejected, message))
        }
    }
}

/// Where returns come from: buyers, and couriers who could not deliver.
const SOURCES: [&str; 2] = ["customer_return", "courier_return"];

impl ReturnSource for FlipkartConnection {
    fn page<'a>(&'a self, query: &'a ReturnQuery) -> BoxFut<'a, Result<ReturnPage, ChannelError>> {
        Box::pin(async move {
            let operation = &client::RETURNS;
            let cursor = query.cursor.as_deref().unwrap_or("0");
            let (number, url) = cursor.split_once(' ').unwrap_or((cursor, ""));
            let number: usize = number.parse().unwrap_or(SOURCES.len());
            let source = SOURCES.get(number).ok_or_else(|| {
                ChannelError::new(
                    Fault::Rejected,
                    operation.name,
                    "the place in the list cannot be read",
                )
            })?;
            let call = if url.is_empty() {
                client::returns(source, query.since)
            } else {
                client::next_returns(url)
            };
            let answer = self.api.call(&call).await?;
            let page: wire::ReturnsPage = answer.read(operation)?;
            let mut result = ReturnPage {
                complete_until: answer.at(),
                ..ReturnPage::default()
            };
            for raw in &page.return_items {
                match read_return(raw) {
                    Ok(back) => add(&mut result.returns, back),
                    Err(reason) => result.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::ReturnId>(raw.get())
                            .ok()
                            .and_then(|r| r.return_id),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            result.next = match page.next_url.as_deref() {
                Some(url) if page.has_more && relative(url) => Some(format!("{number} {url}")),
                _ if page.has_more => {
                    return Err(answer.contract(
                        operation,
                        "there are more returns, but no address of the next page",
                    ));
                }
                _ => (number + 1 < SOURCES.len()).then(|| (number + 1).to_string()),
            };
            Ok(result)
        })
    }
}

/// Adds a line to the return it belongs to, or the return itself.
fn add(returns: &mut Vec<ReturnSnapshot>, mut back: ReturnSnapshot) {
    match returns
        .iter_mut()
        .find(|known| known.channel_return_id == back.channel_return_id)
    {
        None => returns.push(back),
        Some(known) => {
            known.lines.append(&mut back.lines);
            known.oddities.append(&mut back.oddities);
            known.updated_at = known.updated_at.max(back.updated_at);
        }
    }
}

fn read_return(raw: &RawValue) -> Result<ReturnSnapshot, String> {
    let item: wire::ReturnItem = serde_json::from_str(raw.get()).map_err(|e| plain::line(&e.to_string()))?;
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", plain::line(&e)));
    let created_at = instant("createdDate", &item.created_date)?;
    let updated_at = match item.updated_date.as_deref() {
        Some(text) => instant("updatedDate", text)?,
        None => created_at,
    };
    let mut oddities = Vec::new();
    let status = match item.status.to_ascii_uppercase().as_str() {
        "CREATED" => Some(ReturnStatus::Open),
        "COMPLETED" => Some(ReturnStatus::Received),
        "CANCELLED" => Some(ReturnStatus::Cancelled),
        _ => {
            oddities.push(format!(
                "the status `{}` of a return is not known",
                plain::line(&item.status)
            ));
            None
        }
    };
    let reason: Vec<String> = [item.reason, item.sub_reason].into_iter().flatten().collect();
    Ok(ReturnSnapshot {
        channel_return_id: item.return_id,
        channel_order_id: item.shipment_id,
        channel_status: item.status,
        status,
        created_at,
        updated_at,
        lines: vec![ReturnLine {
            channel_line_id: Some(item.order_item_id),
            sku: None,
            quantity: item.quantity,
            reason: (!reason.is_empty()).then(|| reason.join(", ")),
        }],
        tracking: item.tracking_id,
        oddities,
    })
}
