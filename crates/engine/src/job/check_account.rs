//! `account.check`: the daily look after an account. Is it still let in, does its channel still send, do the clocks agree?
//!
//! It also brings an account back that the hub paused because it failed again and again: such a one is asked until it
//! answers. The job waits in a lane of its own, which no pause of the account stops.

use std::time::Duration;

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, Registered};
use stockbridge_store::{AccountCheck, AccountStatus, Finish};

use super::{JobCtx, JobError, done};
use crate::connections::Opened;

pub(crate) const KIND: &str = "account.check";

/// How long after a failed look a paused account is looked at again.
const AGAIN: Duration = Duration::from_secs(15 * 60);
/// A channel's clock this far ahead is told to people.
const SKEW: Duration = Duration::from_secs(60);

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.job.payload.get("account").and_then(|a| a.as_str());
    let account: AccountId = account
        .and_then(|a| a.parse().ok())
        .ok_or(JobError::Malformed("account"))?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let before = ctx.tenant.account_health(account).await?;
    let paused = before.paused_at.is_some();
    match opened.record.status {
        AccountStatus::Active => {}
        AccountStatus::Paused if paused => {}
        status => return done(format!("the store is {}; nothing to look after", status.name())),
    }
    let health = match opened.connection.probe().await {
        Ok(health) => health,
        Err(error) => return failed(ctx, &opened, paused, &error).await,
    };
    ctx.tenant.note_ok(account).await?;
    let mut warnings = health.warnings;
    let registered = register(ctx, &opened, &mut warnings).await?;
    warnings.extend(skew(ctx, account).await?);
    let terms = ctx.tenant.account_terms(account).await?;
    let has_mailbox = opened.connection.mailbox().is_some();
    if has_mailbox && let Some(trouble) = ctx.tenant.mailbox(account).await?.and_then(|m| m.error) {
        warnings.push(format!(
            "its mailbox cannot be read ({trouble}); orders are read on schedule until it can"
        ));
    }
    let mut tx = ctx.tenant.begin().await?;
    if has_mailbox {
        tx.enqueue(super::register_webhooks(account, ctx.now())).await?;
    }
    warnings.extend(ctx.hub.tell_terms(&mut tx, &opened.record, &terms).await?);
    if let Some((url, registered)) = &registered {
        tx.keep_registered(account, url, registered).await?;
    }
    let check = AccountCheck {
        summary: health.summary,
        warnings,
    };
    tx.keep_account_check(account, &check).await?;
    if paused {
        crate::care::resume(&mut tx, account).await?;
    }
    crate::pulls::later_schedules(&mut tx, &opened).await?;
    crate::care::tell_refusals(&mut tx, &before, account).await?;
    tx.commit().await?;
    ctx.hub.account_changed(account);
    done(match check.warnings.len() {
        0 => check.summary,
        many => format!("{} {many} warnings", check.summary),
    })
}

/// The channel did not answer as it should.
async fn failed(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    paused: bool,
    error: &ChannelError,
) -> Result<Finish, JobError> {
    let account = opened.record.id;
    let wait = |at| Finish::Snooze {
        until: at,
        reason: error.to_string(),
    };
    let now = ctx.now();
    if error.fault == Fault::Throttled {
        return Ok(wait(error.retry_at.unwrap_or_else(|| now.plus(AGAIN)).max(now)));
    }
    super::report_for(ctx, account, error).await?;
    let mut tx = ctx.tenant.begin().await?;
    let check = AccountCheck {
        summary: format!("The channel does not answer as it should: {error}"),
        warnings: Vec::new(),
    };
    tx.keep_account_check(account, &check).await?;
    tx.commit().await?;
    if paused && error.fault != Fault::Credentials {
        return Ok(wait(now.plus(AGAIN)));
    }
    done(check.summary)
}

/// Puts the account's webhooks in order; what keeps it from that is a warning.
async fn register(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    warnings: &mut Vec<String>,
) -> Result<Option<(String, Registered)>, JobError> {
    let Some(source) = opened.connection.events() else {
        return Ok(None);
    };
    let Some(url) = ctx.hub.webhook_url(opened.descriptor.kind, opened.record.id) else {
        warnings.push(crate::care::NO_ADDRESS.to_owned());
        return Ok(None);
    };
    match source.register(&url).await {
        Ok(registered) => Ok(Some((url, registered))),
        Err(error) => {
            if error.fault != Fault::Throttled {
                super::report_for(ctx, opened.record.id, &error).await?;
            }
            warnings.push(format!(
                "webhooks could not be put in order ({error}); orders are read on schedule until they are"
            ));
            Ok(None)
        }
    }
}

/// Whether the channel's clock is ahead of ours. How far it is behind cannot be told from how long a message took.
async fn skew(ctx: &JobCtx<'_>, account: AccountId) -> Result<Option<String>, JobError> {
    let ahead = ctx.tenant.clock_ahead(account).await?.unwrap_or(0);
    let ahead = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
    Ok((ahead > SKEW).then(|| {
        format!(
            "the channel's clock is {} s ahead of this machine's; let this machine keep its time by NTP",
            ahead.as_secs()
        )
    }))
}
