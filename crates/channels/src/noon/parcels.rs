//! Parcels: shipments under numbers of ours, Noon's own air waybills in reserve, and units that are out of stock.
//!
//! A parcel's number at Noon is the order's and the parcel's: before one is made, it is looked for, so an answer that got
//! lost makes no second one. Noon has no labels to fetch; the seller prints one with the waybill's number, or does it in
//! Seller Lab, where pickups are arranged as well.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, CancelSink, ChannelError, Fault, FulfilmentSink, Paper, PaperKind,
    PaperSource, Papers, ParcelRequest, ShipmentNotice, ShippedLine,
};
use stockbridge_domain::{AccountId, BoxFut};

use super::{NoonConnection, client, label, units, wire};

/// What Noon's own logistics is called in `courier`.
const NOON: &str = "noon";

/// Air waybills that were given out and not used yet, by account and country. Lost with the process, which harms nothing.
#[derive(Debug, Default)]
pub(super) struct WaybillPool(Mutex<HashMap<(AccountId, String), Vec<String>>>);

impl WaybillPool {
    fn take(&self, account: AccountId, country: &str) -> Option<String> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pool.get_mut(&(account, country.to_owned()))?.pop()
    }

    fn put(&self, account: AccountId, country: &str, numbers: Vec<String>) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pool.entry((account, country.to_owned()))
            .or_default()
            .extend(numbers);
    }
}

impl FulfilmentSink for NoonConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let order = self.order_now(&notice.channel_order_id).await?;
            let number = number(&order, notice.parcel);
            if self.shipment(&order, &number).await?.is_some() {
                return Ok(());
            }
            let courier = if notice.carrier.eq_ignore_ascii_case(NOON) {
                NOON
            } else {
                notice.carrier.as_str()
            };
            self.make(&order, &number, courier, Some(&notice.tracking), &notice.lines)
                .await
                .map(|_| ())
        })
    }
}

impl PaperSource for NoonConnection {
    fn papers<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<Papers, ChannelError>> {
        Box::pin(async move {
            let order = self.order_now(&parcel.channel_order_id).await?;
            let number = number(&order, parcel.parcel);
            let (courier, waybill) = match self.shipment(&order, &number).await? {
                Some(Some(found)) => (found.courier.unwrap_or_else(|| NOON.to_owned()), found.awb_nr),
                Some(None) => {
                    let message = "the shipment is there, but Noon does not name its waybill; print its label in Seller Lab";
                    return Err(ChannelError::new(Fault::Rejected, client::SHIPMENT.name, message));
                }
                None => (
                    NOON.to_owned(),
                    self.make(&order, &number, NOON, None, &parcel.lines).await?,
                ),
            };
            let label = label::svg(&waybill, &[&courier, &order.fbpi_order_nr, &number]).map(|svg| Paper {
                kind: PaperKind::Label,
                media_type: "image/svg+xml".to_owned(),
                bytes: svg.into(),
                expires_at: None,
            });
            Ok(Papers::Ready {
                papers: label.into_iter().collect(),
                tracking: Some((courier, waybill)),
            })
        })
    }

    fn hand_over<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let order = self.order_now(&parcel.channel_order_id).await?;
            match self.shipment(&order, &number(&order, parcel.parcel)).await? {
                // Making the shipment told Noon all there is to tell.
                Some(_) => Ok(()),
                None => {
                    let message = "the parcel has no waybill yet; ask for its label first";
                    Err(ChannelError::new(Fault::Conflict, client::SHIPMENT.name, message))
                }
            }
        })
    }
}

/// Our number of a parcel.
fn number(order: &wire::Order, parcel: u32) -> String {
    format!("{}-{}", order.fbpi_order_nr, parcel.max(1))
}

fn asked(lines: &[ShippedLine]) -> Vec<(&str, i64)> {
    lines
        .iter()
        .map(|line| (line.channel_line_id.as_str(), line.quantity))
        .collect()
}

impl NoonConnection {
    /// The shipment of this number and its first waybill, if there is one.
    async fn shipment(
        &self,
        order: &wire::Order,
        number: &str,
    ) -> Result<Option<Option<wire::Waybill>>, ChannelError> {
        let answer = match self
            .api
            .call(&client::shipment(&order.warehouse_code, number))
            .await
        {
            Ok(answer) => answer,
            // How an unknown number is answered is not published.
            Err(e) if matches!(e.fault, Fault::NotFound | Fault::Rejected) => return Ok(None),
            Err(e) => return Err(e),
        };
        let found: wire::Shipment = answer.read(&client::SHIPMENT)?;
        let inner = found
            .shipment
            .get("awbs")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let inner = inner.filter_map(|awb| serde_json::from_value(awb.clone()).ok());
        Ok(Some(found.awbs.into_iter().chain(inner).next()))
    }

    /// Makes a shipment, with a waybill of Noon's own if none is given; answers its number.
    async fn make(
        &self,
        order: &wire::Order,
        number: &str,
        courier: &str,
        given: Option<&str>,
        lines: &[ShippedLine],
    ) -> Result<String, ChannelError> {
        let refused =
            |(fault, message): (Fault, String)| ChannelError::new(fault, client::SHIP.name, message);
        let units = units::to_ship(&order.items, &asked(lines)).map_err(refused)?;
        if units.is_empty() {
            return Err(refused((
                Fault::Conflict,
                "no unit of the order is open".to_owned(),
            )));
        }
        let waybill = match given.filter(|given| !given.is_empty()) {
            Some(given) => given.to_owned(),
            None if courier == NOON => self.waybill(order).await?,
            None => {
                let message = "the tracking number is missing; a parcel of your own courier needs one";
                return Err(refused((Fault::Rejected, message.to_owned())));
            }
        };
        let call = client::ship(
            &order.warehouse_code,
            number,
            &order.fbpi_order_nr,
            courier,
            &waybill,
            &units,
        );
        self.api.call(&call).await?;
        Ok(waybill)
    }

    /// A waybill from the reserve, which is filled up when it is empty.
    async fn waybill(&self, order: &wire::Order) -> Result<String, ChannelError> {
        let country = order
            .mp_country_code
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let account = self.api.account;
        if let Some(number) = self.waybills.take(account, &country) {
            return Ok(number);
        }
        let answer = self.api.call(&client::waybills(&country)).await?;
        let mut fresh: wire::Waybills = answer.read(&client::WAYBILL)?;
        let number = fresh
            .awb_nrs
            .pop()
            .ok_or_else(|| answer.contract(&client::WAYBILL, "Noon gave out no waybill"))?;
        self.waybills.put(account, &country, fresh.awb_nrs);
        Ok(number)
    }
}

impl CancelSink for NoonConnection {
    fn partial(&self) -> bool {
        true
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let operation = &client::OUT_OF_STOCK;
            let refused =
                |(fault, message): (Fault, String)| ChannelError::new(fault, operation.name, message);
            if notice.reason != CancelReason::OutOfStock {
                let message =
                    "Noon lets sellers cancel for lack of goods only; for any other reason ask its support";
                return Err(refused((Fault::Rejected, message.to_owned())));
            }
            let order = self.order_now(&notice.channel_order_id).await?;
            let asked: Vec<(&str, i64)> = notice
                .lines
                .iter()
                .map(|line| (line.channel_line_id.as_str(), line.quantity))
                .collect();
            let units = units::to_drop(&order.items, &asked).map_err(refused)?;
            if units.is_empty() {
                return Ok(());
            }
            self.api
                .call(&client::out_of_stock(&order.fbpi_order_nr, &units))
                .await
                .map(|_| ())
        })
    }
}
