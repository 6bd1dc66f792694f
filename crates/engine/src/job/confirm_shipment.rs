//! `shipment.confirm`: tells the channel that a parcel left. Confirming the same parcel again changes nothing.

use stockbridge_domain::ShipmentId;
use stockbridge_domain::channel::{Disposition, ShipmentNotice, ShippedLine};
use stockbridge_domain::fulfilment::ShipmentStatus;
use stockbridge_domain::offer::CLOCK_SKEW;
use stockbridge_store::{Finish, NewAlert, Severity};

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "shipment.confirm";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id: ShipmentId = ctx
        .job
        .payload
        .get("shipment")
        .and_then(|s| s.as_str())
        .and_then(|s| s.parse().ok())
        .ok_or(JobError::Malformed("shipment"))?;
    let Some(shipment) = ctx.tenant.shipment(id).await? else {
        return done("the shipment is gone");
    };
    if shipment.status == ShipmentStatus::Confirmed {
        return done("confirmed before");
    }
    let Some(order) = ctx.tenant.order(shipment.order).await? else {
        return done("the order is gone");
    };
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(sink) = opened.connection.fulfilment() else {
        return done("the channel takes no shipments");
    };
    let notice = ShipmentNotice {
        channel_order_id: order.order.channel_order_id.clone(),
        marketplace: order.order.marketplace.clone(),
        parcel: u32::try_from(shipment.parcel).unwrap_or(1),
        carrier: shipment.carrier,
        method: shipment.method,
        tracking: shipment.tracking,
        // A channel whose clock is behind ours would refuse a parcel from the future.
        shipped_at: shipment.shipped_at.minus(CLOCK_SKEW),
        lines: shipment
            .lines
            .into_iter()
            .map(|l| ShippedLine {
                channel_line_id: l.channel_line_id,
                quantity: l.quantity,
            })
            .collect(),
    };
    match sink.confirm(&notice).await {
        Ok(()) => {
            ctx.tenant
                .set_shipment_status(id, ShipmentStatus::Confirmed, None)
                .await?;
            done("confirmed")
        }
        Err(error) if error.fault.disposition() == Disposition::FinishRejected => {
            let message = error.to_string();
            let mut tx = ctx.tenant.begin().await?;
            tx.set_shipment_status(id, ShipmentStatus::Refused, Some(&message))
                .await?;
            tx.raise_alert(NewAlert {
                kind: "shipment.refused",
                severity: Severity::Critical,
                dedupe_key: format!("shipment.refused:{id}"),
                account: Some(account),
                subject: Some(shipment.order.to_string()),
                title: format!(
                    "The channel refused the shipment of order {}",
                    notice.channel_order_id
                ),
                detail: format!("{message}. Correct carrier and tracking number and ship again."),
            })
            .await?;
            tx.commit().await?;
            done(format!("refused: {message}"))
        }
        Err(error) => Err(error.into()),
    }
}
