//! Parcels.

use stockbridge_domain::fulfilment::ShipmentStatus;

use super::*;
use crate::{NewShipment, ShipmentLine};

#[tokio::test]
async fn a_parcel_is_recorded_and_confirmed() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A"]).await;
        let account = world.account("in").await;
        let id = world.place(account, &[order("O1", START, &[("A", 2)])]).await[0];
        let line = ours.order(id).await.unwrap().unwrap().order.lines.remove(0);
        let new = NewShipment {
            order: id,
            parcel: 1,
            carrier: "DHL".to_owned(),
            method: None,
            tracking: "JJD1".to_owned(),
            shipped_at: START,
            status: ShipmentStatus::Pending,
            lines: vec![ShipmentLine {
                line: line.id,
                channel_line_id: line.channel_line_id,
                quantity: 2,
            }],
        };
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.create_shipment(&new).await.unwrap(), None);
        drop(tx);
        let mut tx = ours.begin().await.unwrap();
        let parcel = tx.create_shipment(&new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let mut tx = ours.begin().await.unwrap();
        let again = tx.create_shipment(&new).await.unwrap_err();
        assert!(again.is_unique_violation(), "{}: {again}", world.label);
        drop(tx);

        let status = ShipmentStatus::Refused;
        assert!(
            !world
                .theirs
                .set_shipment_status(parcel, status, None)
                .await
                .unwrap()
        );
        assert!(
            ours.set_shipment_status(parcel, status, Some("unknown carrier"))
                .await
                .unwrap()
        );
        let found = ours.shipment(parcel).await.unwrap().unwrap();
        assert_eq!(
            (found.status, found.message.as_deref()),
            (status, Some("unknown carrier"))
        );
        assert_eq!(
            (found.lines.clone(), found.tracking.as_str()),
            (new.lines, "JJD1")
        );
        assert_eq!(ours.shipments(id).await.unwrap(), std::slice::from_ref(&found));
        assert_eq!(ours.order(id).await.unwrap().unwrap().shipments, [found]);
        let other = world.place(account, &[order("O2", START, &[("A", 1)])]).await[0];
        assert_eq!(ours.shipped_under(other, "JJD1").await.unwrap(), Some(id));
        assert_eq!(ours.shipped_under(id, "JJD1").await.unwrap(), None, "its own");
        assert_eq!(world.theirs.shipped_under(other, "JJD1").await.unwrap(), None);
        assert_eq!(world.theirs.shipment(parcel).await.unwrap(), None);
        assert_eq!(world.theirs.shipments(id).await.unwrap(), []);
    }
}
