//! `parcel.hand_over`: tells a channel that a parcel is ready to be fetched. Telling it again changes nothing.

use stockbridge_store::{Finish, NewAlert, Severity};

use super::ask::{Said, said};
use super::fetch_papers::{parcel_of, request};
use super::{JobCtx, JobError, done, pull_order};

pub(super) const KIND: &str = "parcel.hand_over";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id = parcel_of(ctx)?;
    let Some(parcel) = ctx.tenant.parcel(id).await? else {
        return done("the parcel is gone");
    };
    if parcel.handed_over_at.is_some() {
        return done("told before");
    }
    let Some(order) = ctx.tenant.order(parcel.order).await? else {
        return done("the order is gone");
    };
    let number = order.order.channel_order_id;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.papers() else {
        return done("the channel fetches no parcels");
    };
    let key = format!("hand_over:{id}");
    let told = source.hand_over(&request(&parcel, &number)).await;
    let now = ctx.now();
    match told {
        Ok(()) => {
            let mut tx = ctx.tenant.begin().await?;
            tx.note_handed_over(id, Some(now), None).await?;
            tx.resolve_alert(&key).await?;
            tx.enqueue(pull_order(account, &number, now)).await?;
            tx.commit().await?;
            done("the channel knows that it is ready")
        }
        Err(error) if matches!(said(&error), Said::Refused | Said::Look) => {
            let message = error.to_string();
            let mut tx = ctx.tenant.begin().await?;
            tx.note_handed_over(id, None, Some(&message)).await?;
            tx.raise_alert(NewAlert {
                kind: "parcel.not_handed_over",
                severity: Severity::Critical,
                dedupe_key: key,
                account: Some(account),
                subject: Some(parcel.order.to_string()),
                title: format!("The channel would not take the parcel of order {number} as ready"),
                detail: format!("{message}. Correct what it names and hand it over again."),
            })
            .await?;
            tx.commit().await?;
            done(format!("refused: {message}"))
        }
        Err(error) => Err(error.into()),
    }
}
