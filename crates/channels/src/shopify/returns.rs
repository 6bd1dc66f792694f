//! Returns: found by the orders they belong to, as Shopify has no list of returns. A return bears no time of its last
//! change, so its order's is taken, which every change of a return moves on.

use serde::Deserialize;
use stockbridge_domain::channel::{
    ChannelError, Fault, ReturnLine, ReturnPage, ReturnQuery, ReturnSnapshot, ReturnSource, ReturnStatus,
    Unreadable,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::ShopConnection;
use super::api::clean;
use super::client::{self, number};
use super::lines::gone;
use super::wire::{Connection, IdOnly};

#[derive(Debug, Deserialize)]
struct Orders {
    orders: Connection<WithReturns>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithReturns {
    id: String,
    updated_at: String,
    returns: Connection<IdOnly>,
}

#[derive(Debug, Deserialize)]
struct OneOrder {
    order: Option<OnlyReturns>,
}

#[derive(Debug, Deserialize)]
struct OnlyReturns {
    returns: Connection<IdOnly>,
}

#[derive(Debug, Deserialize)]
struct OneReturn {
    #[serde(rename = "return")]
    found: Option<Return>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Return {
    id: String,
    status: String,
    created_at: String,
    return_line_items: Connection<Line>,
    #[serde(default)]
    reverse_fulfillment_orders: Option<Connection<Reverse>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    quantity: i64,
    #[serde(default)]
    processed_quantity: i64,
    #[serde(default)]
    return_reason_note: String,
    #[serde(default)]
    fulfillment_line_item: Option<Shipped>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shipped {
    line_item: ShippedLine,
}

#[derive(Debug, Deserialize)]
struct ShippedLine {
    id: String,
    #[serde(default)]
    sku: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reverse {
    reverse_deliveries: Connection<Delivery>,
}

#[derive(Debug, Deserialize)]
struct Delivery {
    #[serde(default)]
    deliverable: Option<Deliverable>,
}

#[derive(Debug, Deserialize)]
struct Deliverable {
    #[serde(default)]
    tracking: Option<Tracking>,
}

#[derive(Debug, Deserialize)]
struct Tracking {
    #[serde(default)]
    number: Option<String>,
}

impl ReturnSource for ShopConnection {
    fn page<'a>(&'a self, query: &'a ReturnQuery) -> BoxFut<'a, Result<ReturnPage, ChannelError>> {
        Box::pin(async move {
            let call = client::orders_with_returns(query.since, query.cursor.as_deref());
            let answer = self.api.call(&call).await?;
            let page = answer.read::<Orders>()?.orders;
            let mut result = ReturnPage {
                next: page.next(),
                complete_until: answer.at,
                ..ReturnPage::default()
            };
            for order in page.nodes {
                for id in self.return_ids(&order.id, order.returns).await? {
                    match self.read_return(&id, &order.id, &order.updated_at).await {
                        Ok(found) => result.returns.push(found),
                        Err(e) if e.fault == Fault::NotFound => {}
                        Err(e) if e.fault == Fault::Contract => result.unreadable.push(Unreadable {
                            id: Some(number(&id).to_owned()),
                            reason: e.message,
                            raw: String::new(),
                        }),
                        Err(e) => return Err(e),
                    }
                }
            }
            Ok(result)
        })
    }
}

impl ShopConnection {
    async fn return_ids(&self, order: &str, first: Connection<IdOnly>) -> Result<Vec<String>, ChannelError> {
        let mut next = first.next();
        let mut ids = first.nodes;
        while let Some(after) = next {
            let call = client::of(&client::ORDER_RETURNS, order, Some(&after));
            let page: OneOrder = self.api.ask(&call).await?;
            let page = page.order.ok_or_else(|| gone(call.document))?.returns;
            next = page.next();
            ids.extend(page.nodes);
        }
        Ok(ids.into_iter().map(|one| one.id).collect())
    }

    async fn read_return(
        &self,
        id: &str,
        order: &str,
        updated_at: &str,
    ) -> Result<ReturnSnapshot, ChannelError> {
        let call = client::of(&client::RETURN, id, None);
        let answer = self.api.call(&call).await?;
        let mut found = answer
            .read::<OneReturn>()?
            .found
            .ok_or_else(|| gone(call.document))?;
        let mut next = found.return_line_items.next();
        while let Some(after) = next {
            let call = client::of(&client::RETURN, id, Some(&after));
            let page: OneReturn = self.api.ask(&call).await?;
            let page = page.found.ok_or_else(|| gone(call.document))?.return_line_items;
            next = page.next();
            found.return_line_items.nodes.extend(page.nodes);
        }
        let instant = |field: &str, text: &str| {
            Timestamp::parse(text).map_err(|e| answer.contract(&format!("`{field}`: {}", clean(&e))))
        };
        let (created_at, updated_at) = (
            instant("createdAt", &found.created_at)?,
            instant("updatedAt", updated_at)?,
        );
        Ok(snapshot(found, number(order), created_at, updated_at))
    }
}

fn snapshot(found: Return, order: &str, created_at: Timestamp, updated_at: Timestamp) -> ReturnSnapshot {
    let lines = &found.return_line_items.nodes;
    let back = !lines.is_empty() && lines.iter().all(|line| line.processed_quantity >= line.quantity);
    let mut oddities = Vec::new();
    let status = match found.status.as_str() {
        "REQUESTED" => Some(ReturnStatus::Requested),
        "OPEN" | "CLOSED" if back => Some(ReturnStatus::Received),
        "OPEN" => Some(ReturnStatus::Open),
        "CLOSED" => Some(ReturnStatus::Closed),
        "CANCELED" | "DECLINED" => Some(ReturnStatus::Cancelled),
        other => {
            oddities.push(format!("`status` is `{}`, which is not known", clean(other)));
            None
        }
    };
    let reverse = found
        .reverse_fulfillment_orders
        .iter()
        .flat_map(|page| &page.nodes);
    let tracking = reverse
        .flat_map(|one| &one.reverse_deliveries.nodes)
        .find_map(|delivery| delivery.deliverable.as_ref()?.tracking.as_ref()?.number.clone());
    ReturnSnapshot {
        channel_return_id: number(&found.id).to_owned(),
        channel_order_id: order.to_owned(),
        channel_status: clean(&found.status),
        status,
        created_at,
        updated_at,
        lines: found
            .return_line_items
            .nodes
            .into_iter()
            .map(|line| {
                let shipped = line.fulfillment_line_item.map(|f| f.line_item);
                ReturnLine {
                    channel_line_id: shipped.as_ref().map(|l| number(&l.id).to_owned()),
                    sku: shipped.and_then(|l| l.sku).filter(|sku| !sku.is_empty()),
                    quantity: line.quantity,
                    reason: Some(clean(&line.return_reason_note)).filter(|r| !r.is_empty()),
                }
            })
            .collect(),
        tracking,
        oddities,
    }
}
