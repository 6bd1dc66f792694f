//! `account.probe`: is the account still allowed in? A channel said that it might not be.

use stockbridge_store::Finish;

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "account.probe";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let opened = ctx.hub.open(ctx.tenant.id(), ctx.account()?).await?;
    let health = opened.connection.probe().await?;
    done(health.summary)
}
