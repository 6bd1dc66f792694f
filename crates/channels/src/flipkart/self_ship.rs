//! Self-ship: the seller's own courier brings the shipment, and Flipkart is told who and under which number.

use serde_json::{Value, json};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, FulfilmentSink, ShipmentNotice};

use super::client::{self, ist, ist_date};
use super::orders::{Stand, stand};
use super::parcels::{one_parcel, refused, self_ship};
use super::{FlipkartConnection, wire};

impl FulfilmentSink for FlipkartConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let operation = &client::SELF_SHIP;
            one_parcel(operation, notice.parcel)?;
            let shipment = self
                .read_shipment_for(&client::SHIPMENT_OF_THREE, &notice.channel_order_id)
                .await?;
            if !self_ship(&shipment) {
                let message = "Flipkart's own courier fetches this shipment; ask for its label and hand it over instead";
                return Err(refused(operation, Fault::Rejected, message));
            }
            let open = shipment
                .order_items
                .iter()
                .any(|item| stand(&item.status) == Some(Stand::Open));
            if open {
                let call = client::self_ship(self.handed_to_courier(notice, &shipment));
                return self.one(&call, &shipment.shipment_id).await;
            }
            if !shipment
                .order_items
                .iter()
                .any(|item| stand(&item.status) == Some(Stand::Shipped))
            {
                let message = "nothing of this shipment is left to ship";
                return Err(refused(operation, Fault::Conflict, message));
            }
            self.correct_tracking(notice).await
        })
    }
}

impl FlipkartConnection {
    fn handed_to_courier(&self, notice: &ShipmentNotice, shipment: &wire::Shipment) -> Value {
        let item = |id: &str, quantity: i64| json!({"orderItemId": id, "quantity": quantity});
        let items: Vec<Value> = if notice.lines.is_empty() {
            let open = shipment
                .order_items
                .iter()
                .filter(|item| stand(&item.status) == Some(Stand::Open));
            open.map(|line| item(&line.order_item_id, line.quantity))
                .collect()
        } else {
            notice
                .lines
                .iter()
                .map(|line| item(&line.channel_line_id, line.quantity))
                .collect()
        };
        let mut body = json!({
            "shipmentId": shipment.shipment_id,
            "dispatchDate": ist(notice.shipped_at),
            "tentativeDeliveryDate": ist(notice.shipped_at.plus(self.settings.delivery)),
            "deliveryPartner": notice.carrier,
            "trackingId": notice.tracking,
            "invoice": {"invoiceDate": ist_date(notice.shipped_at), "items": items},
        });
        if let Some(location) = &shipment.location_id {
            body["locationId"] = json!(location);
        }
        body
    }

    /// The shipment is on its way: what Flipkart has as its tracking number is compared, and corrected if it is another.
    async fn correct_tracking(&self, notice: &ShipmentNotice) -> Result<(), ChannelError> {
        let courier = self.courier(&notice.channel_order_id).await?;
        if courier.is_some_and(|courier| courier.tracking_id.as_deref() == Some(&notice.tracking)) {
            return Ok(());
        }
        let body = json!({
            "shipment_id": notice.channel_order_id,
            "tracking_id": notice.tracking,
            "delivery_partner": notice.carrier,
            "tentative_delivery_date": ist(notice.shipped_at.plus(self.settings.delivery)),
        });
        self.api
            .call(&client::tracking(&notice.channel_order_id, body))
            .await
            .map(|_| ())
    }
}
