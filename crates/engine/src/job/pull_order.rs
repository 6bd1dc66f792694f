//! `order.pull`: one order a channel said something about, read and imported like a page of one.
//!
//! Whatever the message said, the order is taken as the channel shows it now, so messages may come late, twice and in any
//! order.

use stockbridge_domain::channel::Fault;
use stockbridge_store::Finish;

use super::ask::take_in;
use super::{JobCtx, JobError, done};

pub(crate) const KIND: &str = "order.pull";

/// So often an order the channel does not know is asked for: it may have been announced before it can be read.
const ASKED: i64 = 4;

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let order = ctx.job.payload.get("order").and_then(|o| o.as_str());
    let order = order.ok_or(JobError::Malformed("order"))?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.orders() else {
        return done("the channel has no orders to read");
    };
    let snapshot = match source.get(order).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.fault == Fault::NotFound && ctx.job.attempts + 1 >= ASKED => {
            return done(format!("the channel does not know the order {order}"));
        }
        Err(error) => return Err(error.into()),
    };
    let outcome = take_in(ctx, &opened, snapshot).await?;
    done(match (outcome.created, outcome.changed) {
        (0, 0) => format!("order {order} read, nothing new"),
        (0, _) => format!("order {order} changed"),
        _ => format!("order {order} imported"),
    })
}
