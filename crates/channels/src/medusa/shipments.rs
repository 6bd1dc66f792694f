//! Parcels: a fulfilment, then its shipment with the tracking number.
//!
//! The shop keeps no idempotency keys, so a fulfilment carries the number of its parcel in its metadata. It is looked for
//! before one is made: a lost answer makes no second one. The shop takes the units out of stock when the fulfilment is
//! made, at the location where they are reserved, and knows no carriers.

use std::collections::BTreeMap;

use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, FulfilmentSink, ShipmentNotice};

use super::wire::{self, Fulfilment, Label, NewFulfilment, NewShipment, OneOrder, ParcelItem};
use super::{MedusaConnection, client};

/// Key in a fulfilment's metadata: the number of the hub's parcel.
const PARCEL: &str = "stockbridge_parcel";

impl FulfilmentSink for MedusaConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let items = items(notice);
            let order = self.shippable(&notice.channel_order_id).await?;
            let found = match known(&order, notice, &items) {
                Some(found) => found,
                None => self.fulfil(notice, &items).await?,
            };
            if found.shipped_at.is_some() {
                return same_tracking(&found, notice);
            }
            let body = NewShipment {
                items: items_of(&found, &items),
                labels: vec![Label {
                    tracking_number: notice.tracking.clone(),
                    tracking_url: String::new(),
                    label_url: String::new(),
                }],
            };
            let call = client::ship(&notice.channel_order_id, &found.id, &body);
            match self.api.call(&call).await {
                Ok(_) => Ok(()),
                // Shipped a moment ago, by us or by a person: what counts is what is there.
                Err(e) if e.fault == Fault::Rejected => {
                    let order = self.shippable(&notice.channel_order_id).await?;
                    match known(&order, notice, &items) {
                        Some(found) if found.shipped_at.is_some() => same_tracking(&found, notice),
                        _ => Err(e),
                    }
                }
                Err(e) => Err(e),
            }
        })
    }
}

impl MedusaConnection {
    async fn shippable(&self, order: &str) -> Result<wire::ShippableOrder, ChannelError> {
        let answer = self.api.call(&client::parcels(order)).await?;
        let one: OneOrder = answer.read(&client::ORDER)?;
        serde_json::from_str(one.order.get()).map_err(|e| {
            let message = format!(
                "the order's fulfilments cannot be read: {}",
                super::api::clean(&e.to_string())
            );
            answer.contract(&client::ORDER, &message)
        })
    }

    async fn fulfil(
        &self,
        notice: &ShipmentNotice,
        items: &[ParcelItem],
    ) -> Result<Fulfilment, ChannelError> {
        let mut metadata = BTreeMap::from([
            (PARCEL.to_owned(), notice.parcel.to_string()),
            ("carrier".to_owned(), notice.carrier.clone()),
        ]);
        metadata.extend(notice.method.clone().map(|method| ("method".to_owned(), method)));
        let body = NewFulfilment {
            items: items.to_vec(),
            metadata,
        };
        let answer = self
            .api
            .call(&client::fulfil(&notice.channel_order_id, &body))
            .await?;
        let one: OneOrder = answer.read_written(&client::FULFIL)?;
        let order: Option<wire::ShippableOrder> = serde_json::from_str(one.order.get()).ok();
        order.and_then(|order| marked(&order, notice)).ok_or_else(|| {
            let message = "the shop took the fulfilment and does not show it; it is looked up";
            ChannelError::new(Fault::Ambiguous, client::FULFIL.name, message)
        })
    }
}

/// Units of each line, named once.
fn items(notice: &ShipmentNotice) -> Vec<ParcelItem> {
    let mut units: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &notice.lines {
        *units.entry(&line.channel_line_id).or_default() += line.quantity;
    }
    let item = |(id, quantity): (&str, i64)| ParcelItem {
        id: id.to_owned(),
        quantity,
    };
    units.into_iter().map(item).collect()
}

/// The fulfilment this parcel is in the shop already: one we made; one on its way under the same tracking number; or one
/// that a person packed with just these units and has not shipped.
fn known(order: &wire::ShippableOrder, notice: &ShipmentNotice, items: &[ParcelItem]) -> Option<Fulfilment> {
    let ours = |f: &&Fulfilment| mark(f).is_some();
    let same_units = |f: &&Fulfilment| packed(f) == *items;
    let tracked = |f: &&Fulfilment| {
        f.labels
            .iter()
            .any(|label| label.tracking_number == notice.tracking)
    };
    let live = || order.fulfillments.iter().filter(|f| f.canceled_at.is_none());
    let foreign = || live().filter(|f| !ours(f)).filter(same_units);
    let found = marked_in(order, notice)
        .or_else(|| foreign().find(tracked))
        .or_else(|| foreign().find(|f| f.shipped_at.is_none()))?;
    Some(found.clone())
}

fn marked(order: &wire::ShippableOrder, notice: &ShipmentNotice) -> Option<Fulfilment> {
    marked_in(order, notice).cloned()
}

fn marked_in<'a>(order: &'a wire::ShippableOrder, notice: &ShipmentNotice) -> Option<&'a Fulfilment> {
    let number = notice.parcel.to_string();
    let mut live = order.fulfillments.iter().filter(|f| f.canceled_at.is_none());
    live.find(|f| mark(f) == Some(number.as_str()))
}

fn mark(fulfilment: &Fulfilment) -> Option<&str> {
    fulfilment.metadata.as_ref()?.get(PARCEL)?.as_str()
}

/// Units of each order line in a fulfilment.
fn packed(fulfilment: &Fulfilment) -> Vec<ParcelItem> {
    let mut units: BTreeMap<&str, i64> = BTreeMap::new();
    for item in &fulfilment.items {
        *units
            .entry(item.line_item_id.as_deref().unwrap_or_default())
            .or_default() += item.quantity;
    }
    let item = |(id, quantity): (&str, i64)| ParcelItem {
        id: id.to_owned(),
        quantity,
    };
    units.into_iter().map(item).collect()
}

/// What a shipment of the fulfilment names: the lines as the hub counts them (a fulfilment counts inventory items, of which
/// a line may take several).
fn items_of(fulfilment: &Fulfilment, items: &[ParcelItem]) -> Vec<ParcelItem> {
    let inside = |item: &&ParcelItem| {
        fulfilment
            .items
            .iter()
            .any(|packed| packed.line_item_id.as_deref() == Some(item.id.as_str()))
    };
    let named: Vec<ParcelItem> = items.iter().filter(inside).cloned().collect();
    if named.is_empty() { items.to_vec() } else { named }
}

/// A parcel that is on its way cannot be given another tracking number.
fn same_tracking(fulfilment: &Fulfilment, notice: &ShipmentNotice) -> Result<(), ChannelError> {
    let mut numbers = fulfilment
        .labels
        .iter()
        .map(|label| label.tracking_number.as_str());
    if fulfilment.labels.is_empty() || numbers.any(|number| number == notice.tracking) {
        return Ok(());
    }
    let message = "the parcel is shipped in Medusa under another tracking number, which cannot be changed there any more";
    Err(ChannelError::new(Fault::Rejected, client::SHIP.name, message))
}
