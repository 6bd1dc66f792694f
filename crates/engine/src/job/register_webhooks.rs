//! `webhooks.register`: has the channel send to this hub whatever happens.

use stockbridge_store::Finish;

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "webhooks.register";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.events() else {
        return done("the channel does not send anything");
    };
    let Some(url) = ctx.hub.webhook_url(opened.descriptor.kind, account) else {
        return done("this hub has no public address; set `server.public_url`");
    };
    let registered = source.register(&url).await?;
    let mut tx = ctx.tenant.begin().await?;
    tx.keep_registered(account, &url, &registered).await?;
    tx.commit().await?;
    done(format!(
        "{} subscriptions in place, {} made or repaired, {} things to do by hand",
        registered.kept,
        registered.mended,
        registered.by_hand.len()
    ))
}
