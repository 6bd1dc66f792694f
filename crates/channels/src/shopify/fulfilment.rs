//! Parcels. Shopify keeps what is still to be shipped by location and has no key that makes a repetition harmless, so
//! before anything is shipped, what is left and what went out under the same tracking number is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, FulfilmentSink, ShipmentNotice};

use super::ShopConnection;
use super::api::clean;
use super::client::{self, Call, FULFILLMENT_CREATE, FULFILLMENT_TRACKING, gid, number};
use super::lines::{Units, gone};
use super::wire::{Connection, IdOnly, UserError};

#[derive(Debug, Deserialize)]
struct OneOrder {
    order: Option<WithOrders>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithOrders {
    fulfillment_orders: Connection<FulfillmentOrder>,
}

/// What one location is to ship of an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentOrder {
    id: String,
    status: String,
    supported_actions: Vec<Action>,
    assigned_location: Assigned,
    line_items: Connection<OpenLine>,
}

#[derive(Debug, Deserialize)]
struct Action {
    action: String,
}

#[derive(Debug, Deserialize)]
struct Assigned {
    #[serde(default)]
    location: Option<IdOnly>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenLine {
    id: String,
    remaining_quantity: i64,
    line_item: IdOnly,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneFulfillmentOrder {
    fulfillment_order: Option<MoreLines>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MoreLines {
    line_items: Connection<OpenLine>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    #[serde(alias = "fulfillmentCreate", alias = "fulfillmentTrackingInfoUpdate")]
    payload: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

/// Parts of fulfilment orders to ship, by location: each location ships by itself.
type Plan = BTreeMap<String, Vec<Value>>;

impl FulfilmentSink for ShopConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let order = gid("Order", &notice.channel_order_id);
            let mut wanted = Units::new();
            for line in &notice.lines {
                *wanted.entry(line.channel_line_id.clone()).or_default() += line.quantity;
            }
            let mut went = false;
            for parcel in self.parcels(&order).await?.iter().filter(|p| p.left()) {
                if !parcel.bears(&notice.tracking) {
                    continue;
                }
                went = true;
                for (line, units) in self.parcel_units(&parcel.id).await? {
                    wanted.entry(line).and_modify(|left| *left -= units);
                }
            }
            wanted.retain(|_, units| *units > 0);
            if wanted.is_empty() && (went || !notice.lines.is_empty()) {
                return Ok(());
            }
            let open = self.open(&order).await?;
            match plan(&open, &wanted, notice.lines.is_empty()) {
                Ok(plan) => self.ship(plan, notice).await,
                Err(reason) if went => Err(FULFILLMENT_CREATE.error(Fault::Conflict, reason)),
                Err(reason) => self.correct(&order, &wanted, notice, reason).await,
            }
        })
    }
}

impl ShopConnection {
    /// What of the order may be shipped now.
    async fn open(&self, order: &str) -> Result<Vec<FulfillmentOrder>, ChannelError> {
        let (mut open, mut next) = (Vec::new(), None::<String>);
        loop {
            let call = client::of(&client::FULFILLMENT_ORDERS, order, next.as_deref());
            let found: OneOrder = self.api.ask(&call).await?;
            let page = found.order.ok_or_else(|| gone(call.document))?.fulfillment_orders;
            next = page.next();
            for mut one in page.nodes {
                let mut more = one.line_items.next();
                while let Some(after) = more {
                    let call = client::of(&client::FULFILLMENT_ORDER_LINES, &one.id, Some(&after));
                    let found: OneFulfillmentOrder = self.api.ask(&call).await?;
                    let lines = found
                        .fulfillment_order
                        .ok_or_else(|| gone(call.document))?
                        .line_items;
                    more = lines.next();
                    one.line_items.nodes.extend(lines.nodes);
                }
                open.push(one);
            }
            if next.is_none() {
                return Ok(open);
            }
        }
    }

    async fn ship(&self, plan: Plan, notice: &ShipmentNotice) -> Result<(), ChannelError> {
        for parts in plan.into_values() {
            let fulfillment = json!({
                "lineItemsByFulfillmentOrder": parts,
                "trackingInfo": tracking(notice),
                "notifyCustomer": self.notify,
            });
            let call = client::call(&FULFILLMENT_CREATE, json!({"fulfillment": fulfillment}));
            self.send(&call).await?;
        }
        Ok(())
    }

    /// Nothing is left to ship: if one parcel holds just these units, its tracking has changed.
    async fn correct(
        &self,
        order: &str,
        wanted: &Units,
        notice: &ShipmentNotice,
        reason: String,
    ) -> Result<(), ChannelError> {
        let mut same = Vec::new();
        for parcel in self.parcels(order).await?.iter().filter(|p| p.left()) {
            if self.parcel_units(&parcel.id).await? == *wanted {
                same.push(parcel.id.clone());
            }
        }
        let [parcel] = same.as_slice() else {
            return Err(FULFILLMENT_CREATE.error(Fault::Conflict, reason));
        };
        let variables = json!({"id": parcel, "tracking": tracking(notice), "notify": self.notify});
        self.send(&client::call(&FULFILLMENT_TRACKING, variables)).await
    }

    async fn send(&self, call: &Call) -> Result<(), ChannelError> {
        let answer = self.api.call(call).await?;
        let payload = answer.read::<Answered>()?.payload;
        let payload = payload.ok_or_else(|| answer.contract("the mutation's answer is null"))?;
        match payload.user_errors.first() {
            None => Ok(()),
            // Whatever stands in the way may have changed since it was read: it is read again.
            Some(error) => {
                let message = format!("Shopify did not take the parcel: {}", clean(&error.message));
                Err(answer.error(Fault::Rejected, message))
            }
        }
    }
}

fn tracking(notice: &ShipmentNotice) -> Value {
    json!({"company": notice.carrier, "number": notice.tracking})
}

/// Which parts of which fulfilment orders make up the parcel; the reason if there is too little left.
fn plan(open: &[FulfillmentOrder], wanted: &Units, all: bool) -> Result<Plan, String> {
    let mut left = wanted.clone();
    let mut plan = Plan::new();
    let mut held = 0;
    for one in open {
        let may = one
            .supported_actions
            .iter()
            .any(|a| a.action == "CREATE_FULFILLMENT");
        if !may || !matches!(one.status.as_str(), "OPEN" | "IN_PROGRESS") {
            held += one
                .line_items
                .nodes
                .iter()
                .map(|l| l.remaining_quantity.max(0))
                .sum::<i64>();
            continue;
        }
        let mut parts = Vec::new();
        for line in &one.line_items.nodes {
            let asked = left.get_mut(number(&line.line_item.id));
            let units = match &asked {
                Some(asked) => line.remaining_quantity.min(**asked),
                None if all => line.remaining_quantity,
                None => 0,
            };
            if units > 0 {
                if let Some(asked) = asked {
                    *asked -= units;
                }
                parts.push(json!({"id": line.id, "quantity": units}));
            }
        }
        if !parts.is_empty() {
            let location = one
                .assigned_location
                .location
                .as_ref()
                .map_or("", |l| l.id.as_str());
            let part = json!({"fulfillmentOrderId": one.id, "fulfillmentOrderLineItems": parts});
            plan.entry(location.to_owned()).or_default().push(part);
        }
    }
    let missing: i64 = left.values().sum();
    if missing > 0 && held > 0 {
        return Err(format!(
            "{missing} units are on hold, scheduled or with a fulfilment service at Shopify, which ships them itself or \
             later; release them in the order's page"
        ));
    }
    if missing > 0 || plan.is_empty() {
        return Err(format!(
            "Shopify has nothing left to ship for {missing} units of this parcel"
        ));
    }
    Ok(plan)
}
