//! Parcels: told to the shop by whichever of three ways it has, and noted on the order.
//!
//! 1. The core's order fulfilments, a feature that can be switched off.
//! 2. The Shipment Tracking extension.
//! 3. A note to the buyer.
//!
//! Which one is found out once and remembered; a shop that then has no such route is looked at again. Each way is looked
//! through before anything is added, because a lost answer leaves the parcel told and not noted.

use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, FulfilmentSink, ShipmentNotice};

use super::api::id_of;
use super::error::{NO_ROUTE, clean};
use super::memory::ParcelWay;
use super::parcel::Parcel;
use super::wire::{self, Meta, Order, PARCEL_KEY};
use super::{WooConnection, client, sent};
use crate::call::instant;

/// The namespace of the Shipment Tracking extension.
const TRACKING_NAMESPACE: &str = "wc-shipment-tracking/v3";

impl FulfilmentSink for WooConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let order_id = id_of(&client::ORDER, &notice.channel_order_id)?;
            let parcel = Parcel::of_notice(notice).ok_or_else(|| {
                let message = "a line of the parcel is none of this shop's orders";
                ChannelError::new(Fault::Rejected, client::UPDATE_ORDER.name, message)
            })?;
            let order = self.wire_order(order_id).await?;
            if matches!(
                order.status.as_str(),
                "cancelled" | "refunded" | "failed" | "trash"
            ) {
                let message = format!(
                    "the order is `{}` in the shop, so no parcel can leave for it",
                    clean(&order.status)
                );
                return Err(ChannelError::new(
                    Fault::Conflict,
                    client::UPDATE_ORDER.name,
                    message,
                ));
            }
            let known = Parcel::all_of(&order.meta_data);
            let noted = known.contains(&parcel);
            if !noted {
                self.tell(order_id, &parcel, notice).await?;
            }
            self.note(&order, &parcel, known, noted).await
        })
    }
}

impl WooConnection {
    /// Tells the shop of the parcel by the way it has; a way that is gone is looked for once more.
    async fn tell(&self, order: u64, parcel: &Parcel, notice: &ShipmentNotice) -> Result<(), ChannelError> {
        let way = match self.api.memory.parcel_way() {
            Some(way) => way,
            None => self.find_parcel_way().await?,
        };
        match self.tell_by(way, order, parcel, notice).await {
            Err(e) if e.code.as_deref() == Some(NO_ROUTE) && way != ParcelWay::Note => {
                self.api.memory.set_parcel_way(None);
                let found = self.find_parcel_way().await?;
                let way = if found == way { ParcelWay::Note } else { found };
                self.api.memory.set_parcel_way(Some(way));
                self.tell_by(way, order, parcel, notice).await
            }
            told => told,
        }
    }

    async fn tell_by(
        &self,
        way: ParcelWay,
        order: u64,
        parcel: &Parcel,
        notice: &ShipmentNotice,
    ) -> Result<(), ChannelError> {
        match way {
            ParcelWay::Fulfilments => self.by_fulfilment(order, parcel).await,
            ParcelWay::Tracking => self.by_tracking(order, notice).await,
            ParcelWay::Note => self.by_note(order, notice).await,
        }
    }

    /// Finds out how the shop takes tracking numbers, and remembers it.
    pub(super) async fn find_parcel_way(&self) -> Result<ParcelWay, ChannelError> {
        let routes: wire::Routes = self.api.call(&client::routes()).await?.read(&client::INDEX)?;
        let way = if routes.routes.keys().any(|route| route.contains("/fulfillments")) {
            ParcelWay::Fulfilments
        } else {
            let index: wire::Index = self.api.call(&client::namespaces()).await?.read(&client::INDEX)?;
            match index.namespaces.iter().any(|name| name == TRACKING_NAMESPACE) {
                true => ParcelWay::Tracking,
                false => ParcelWay::Note,
            }
        };
        self.api.memory.set_parcel_way(Some(way));
        Ok(way)
    }

    async fn by_fulfilment(&self, order: u64, parcel: &Parcel) -> Result<(), ChannelError> {
        let answer = self.api.call(&client::fulfilments(order)).await?;
        let (wire::Fulfilments::Bare(all) | wire::Fulfilments::Named { fulfillments: all }) =
            answer.read(&client::FULFILMENTS)?;
        let number = parcel.parcel.to_string();
        let ours = all.iter().find(|fulfilment| {
            wire::meta(&fulfilment.meta_data, PARCEL_KEY).and_then(wire::whole)
                == Some(u64::from(parcel.parcel))
        });
        let body = sent::NewFulfilment {
            status: "fulfilled",
            is_fulfilled: true,
            meta_data: vec![
                Meta {
                    key: "_items".to_owned(),
                    value: serde_json::to_value(&parcel.items).unwrap_or_default(),
                },
                Meta::text("_tracking_number", &parcel.tracking),
                // Releases disagree about the carrier's key: each reads the one it knows.
                Meta::text("_shipment_provider", &parcel.carrier),
                Meta::text("_shipping_provider", &parcel.carrier),
                Meta::text(PARCEL_KEY, number),
            ],
        };
        let call = client::put_fulfilment(order, ours.map(|fulfilment| fulfilment.id), &body);
        self.api.call(&call).await.map(drop)
    }

    async fn by_tracking(&self, order: u64, notice: &ShipmentNotice) -> Result<(), ChannelError> {
        let known: Vec<wire::Tracking> = self
            .api
            .call(&client::trackings(order))
            .await?
            .read(&client::TRACKINGS)?;
        if known
            .iter()
            .any(|tracking| tracking.tracking_number == notice.tracking)
        {
            return Ok(());
        }
        let body = sent::NewTracking {
            tracking_number: notice.tracking.clone(),
            custom_tracking_provider: notice.carrier.clone(),
            date_shipped: instant(notice.shipped_at).chars().take(10).collect(),
        };
        self.api.call(&client::add_tracking(order, &body)).await.map(drop)
    }

    async fn by_note(&self, order: u64, notice: &ShipmentNotice) -> Result<(), ChannelError> {
        let note = format!(
            "Parcel {} was handed to {}. Tracking number: {}",
            notice.parcel, notice.carrier, notice.tracking
        );
        let known: Vec<wire::Note> = self.api.call(&client::notes(order)).await?.read(&client::NOTES)?;
        if known.iter().any(|other| other.note == note) {
            return Ok(());
        }
        let body = wire::Note {
            note,
            customer_note: true,
        };
        self.api.call(&client::note(order, &body)).await.map(drop)
    }

    /// Notes the parcel on the order, and completes the order once all of it has left.
    async fn note(
        &self,
        order: &Order,
        parcel: &Parcel,
        known: Vec<Parcel>,
        noted: bool,
    ) -> Result<(), ChannelError> {
        let mut parcels: Vec<Parcel> = known
            .into_iter()
            .filter(|other| other.parcel != parcel.parcel)
            .collect();
        parcels.push(parcel.clone());
        let complete = order.status != "completed" && self.all_left(order, &parcels).await?;
        if noted && !complete {
            return Ok(());
        }
        let change = sent::OrderChange {
            status: complete.then_some("completed"),
            meta_data: vec![parcel.entry()],
        };
        self.api
            .call(&client::update_order(order.id, &change))
            .await
            .map(drop)
    }

    /// Whether every unit that was not refunded is in a parcel.
    async fn all_left(&self, order: &Order, parcels: &[Parcel]) -> Result<bool, ChannelError> {
        let refunds = if order.refunds.is_empty() {
            Vec::new()
        } else {
            self.refunds_of(order.id).await?
        };
        let refunded = |line: &wire::Line| {
            let lines = refunds.iter().flat_map(|refund| &refund.line_items);
            let of_line = lines.filter(|refund| {
                wire::meta(&refund.meta_data, "_refunded_item_id").and_then(wire::whole) == Some(line.id)
            });
            of_line
                .filter_map(|refund| wire::units(&refund.quantity))
                .map(i64::abs)
                .sum::<i64>()
        };
        Ok(order.line_items.iter().all(|line| {
            let left: i64 = parcels.iter().map(|parcel| parcel.units_of(line.id)).sum();
            left + refunded(line) >= wire::units(&line.quantity).unwrap_or(i64::MAX)
        }))
    }
}
