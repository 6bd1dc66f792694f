//! `shipment.confirm`: tells the channel that a parcel left. Confirming the same parcel again changes nothing.

use std::time::Duration;

use stockbridge_domain::channel::{Disposition, ShipmentNotice, ShippedLine};
use stockbridge_domain::fulfilment::ShipmentStatus;
use stockbridge_domain::offer::CLOCK_SKEW;
use stockbridge_domain::{ShipmentId, Timestamp};
use stockbridge_store::{Finish, NewAlert, Severity};

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "shipment.confirm";

/// A channel whose clock is behind ours would refuse a parcel from the future, and any channel one that left before it was
/// bought; what is told lies a millisecond after that, as channels know their own instants finer than they tell them.
fn told_shipped_at(shipped_at: Timestamp, placed_at: Timestamp) -> Timestamp {
    shipped_at
        .minus(CLOCK_SKEW)
        .max(placed_at.plus(Duration::from_millis(1)))
}

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
        shipped_at: told_shipped_at(shipment.shipped_at, order.order.placed_at),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_leaves_neither_in_the_future_nor_before_it_was_bought() {
        let placed = Timestamp::from_secs(1_700_000_000).plus(Duration::from_micros(987_654));
        let hours_later = placed.plus(Duration::from_hours(3));
        assert_eq!(
            told_shipped_at(hours_later, placed),
            hours_later.minus(CLOCK_SKEW)
        );
        let at_once = told_shipped_at(placed.plus(Duration::from_millis(400)), placed);
        assert_eq!(at_once, placed.plus(Duration::from_millis(1)));
    }
}
