//! `orders.expire`: calls an own order off whose time to be paid is over, and releases its units.
//!
//! Enqueued in the transaction that accepts the order, to run when the time is over. It looks again under the lock, so a
//! payment at the last moment wins or finds the order called off, never both.

use stockbridge_domain::OrderId;
use stockbridge_store::{Finish, NewAudit};

use super::{JobCtx, JobError, done, plan};

pub(super) const KIND: &str = "orders.expire";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let order: OrderId = ctx
        .job
        .payload
        .get("order")
        .and_then(|id| id.as_str())
        .and_then(|id| id.parse().ok())
        .ok_or(JobError::Malformed("order"))?;
    let mut tx = ctx.tenant.begin().await?;
    let Some(outcome) = tx.expire_order(order).await? else {
        return done("paid, or called off before");
    };
    crate::notices::raise(&mut tx, ctx.job.account, &outcome.notices).await?;
    tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
    tx.audit(&NewAudit {
        actor: "system",
        action: "order.expire",
        subject: &order.to_string(),
        detail: "not paid in time",
    })
    .await?;
    tx.commit().await?;
    done("not paid in time: called off, its units are free again")
}
