//! `webhooks.register`: has the channel send to this hub, or write into the account's mailbox, whatever happens.

use std::time::Duration;

use stockbridge_domain::channel::{Fault, Mailbox, Registered};
use stockbridge_store::{Finish, SubscriptionRecord};

use super::{JobCtx, JobError, done};
use crate::connections::Opened;

pub(super) const KIND: &str = "webhooks.register";

/// A subscription that was looked at so lately is left alone, so that a run that had to wait goes on where it stopped.
const FRESH: Duration = Duration::from_secs(3_600);

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let (url, registered) = match opened.connection.mailbox() {
        Some(mailbox) => (
            mailbox.address().to_owned(),
            subscribe(ctx, &opened, mailbox).await?,
        ),
        None => {
            let Some(source) = opened.connection.events() else {
                return done("the channel does not send anything");
            };
            let Some(url) = ctx.hub.webhook_url(opened.descriptor.kind, account) else {
                return done("this hub has no public address; set `server.public_url`");
            };
            let registered = source.register(&url).await?;
            (url, registered)
        }
    };
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

/// Puts the subscriptions that fill a mailbox in order, topic by topic. One that is refused does not hold up the others.
async fn subscribe(ctx: &JobCtx<'_>, opened: &Opened, mailbox: &dyn Mailbox) -> Result<Registered, JobError> {
    let account = opened.record.id;
    let known = ctx.tenant.subscriptions(account).await?;
    let mut registered = Registered {
        by_hand: mailbox.inspect().await?,
        ..Registered::default()
    };
    let is_fresh = |s: &&SubscriptionRecord| s.checked_at.plus(FRESH) > ctx.now();
    for topic in mailbox.topics() {
        let before = known.iter().find(|s| s.topic == topic).filter(is_fresh);
        if let Some(before) = before {
            match &before.trouble {
                Some(trouble) => registered.by_hand.push(format!("{topic}: {trouble}")),
                None => registered.kept += 1,
            }
            continue;
        }
        match mailbox.subscribe(topic).await {
            Ok(found) => {
                ctx.tenant
                    .keep_subscription(account, topic, Ok(&found.id))
                    .await?;
                match found.mended {
                    true => registered.mended += 1,
                    false => registered.kept += 1,
                }
            }
            Err(error) if matches!(error.fault, Fault::Forbidden | Fault::Rejected) => {
                ctx.tenant
                    .keep_subscription(account, topic, Err(&error.message))
                    .await?;
                registered.by_hand.push(format!("{topic}: {}", error.message));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(registered)
}
