//! `returns.pull`: pages of announced returns into the store.
//!
//! Like `orders.pull`: the watermark moves only when the last page is in, to the instant the channel vouches for, and a pull
//! that is interrupted goes on at its page. Merging is idempotent, so a page may come twice.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{ChannelError, Fault, ReturnPage, ReturnQuery};
use stockbridge_domain::{ChannelReturnId, RunId, Timestamp};
use stockbridge_store::{Finish, NewAlert, ReturnsOutcome, RunProgress, RunState, Severity, TenantTx};

use super::{JobCtx, JobError, done};
use crate::connections::Opened;

pub(super) const KIND: &str = "returns.pull";

/// How far back the first pull looks.
const FIRST_LOOK_BACK: Duration = Duration::from_secs(60 * 86_400);
/// How far every pull reaches back into the one before: channels publish no bound on how late a return shows.
const LOOK_BACK: Duration = Duration::from_secs(3_600);

/// Where a pull stands: enough to go on after a break.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    since: Timestamp,
    cursor: Option<String>,
    complete_until: Option<Timestamp>,
}

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.returns() else {
        return done("the channel has no returns to read");
    };
    let Some((run, mut progress)) = start(ctx, &opened).await? else {
        return done("the store is gone");
    };
    let mut seen = 0;
    loop {
        let query = ReturnQuery {
            since: progress.since,
            cursor: progress.cursor.clone(),
        };
        let page = match source.page(&query).await {
            Ok(page) => page,
            Err(error) => return Err(interrupted(ctx, run, progress, error).await?),
        };
        seen += page.returns.len();
        progress.complete_until = match (progress.complete_until, page.complete_until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        progress.cursor.clone_from(&page.next);
        store_page(ctx, &opened, run, &page, &progress).await?;
        if progress.cursor.is_none() {
            return done(format!("{seen} returns read"));
        }
        ctx.keep_lane().await?;
    }
}

/// Goes on with an interrupted run, or begins a new one.
async fn start(ctx: &JobCtx<'_>, opened: &Opened) -> Result<Option<(RunId, Progress)>, JobError> {
    let account = opened.record.id;
    let since = match ctx.tenant.returns_complete_until(account).await? {
        Some(until) => until.minus(LOOK_BACK),
        None => ctx.now().minus(FIRST_LOOK_BACK),
    };
    let fresh = Progress {
        since,
        cursor: None,
        complete_until: None,
    };
    if let Some(run) = ctx.tenant.open_run(account, "returns").await? {
        let progress = run.cursor.as_deref().and_then(|c| serde_json::from_str(c).ok());
        return Ok(Some((run.id, progress.unwrap_or(fresh))));
    }
    let trigger = super::pull_orders::trigger(ctx);
    let run = ctx.tenant.start_run(account, "returns", &trigger).await?;
    Ok(run.map(|id| (id, fresh)))
}

/// A page that could not be read: the run stays open and the next attempt goes on at it, or, when the page token itself is
/// refused, starts over.
async fn interrupted(
    ctx: &JobCtx<'_>,
    run: RunId,
    progress: Progress,
    error: ChannelError,
) -> Result<JobError, JobError> {
    let refused = matches!(error.fault, Fault::Rejected | Fault::NotFound | Fault::Conflict);
    if refused && progress.cursor.is_some() {
        let anew = Progress {
            cursor: None,
            ..progress
        };
        let kept = RunProgress {
            cursor: serde_json::to_string(&anew).ok(),
            ..RunProgress::default()
        };
        ctx.tenant.progress_run(run, &kept).await?;
        let fault = Fault::Unavailable;
        return Ok(ChannelError { fault, ..error }.into());
    }
    if matches!(error.fault, Fault::Rejected | Fault::Forbidden | Fault::Contract) {
        let message = error.to_string();
        ctx.tenant.end_run(run, RunState::Failed, Some(&message)).await?;
    }
    Ok(error.into())
}

/// One page, one transaction: returns, what could not be read, what a person is told, progress.
async fn store_page(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    run: RunId,
    page: &ReturnPage,
    progress: &Progress,
) -> Result<(), JobError> {
    let account = opened.record.id;
    let mut tx = ctx.tenant.begin().await?;
    let outcome = tx.import_returns(account, &page.returns).await?;
    tx.quarantine(account, "return", &page.unreadable).await?;
    tell(&mut tx, opened, &outcome).await?;
    let more = progress.cursor.is_some();
    let counts = RunProgress {
        seen: i64::try_from(page.returns.len()).unwrap_or(0),
        changed: outcome.changed,
        failed: i64::try_from(page.unreadable.len()).unwrap_or(0),
        cursor: more.then(|| serde_json::to_string(progress).ok()).flatten(),
    };
    tx.progress_run(run, &counts).await?;
    if !more {
        if let Some(until) = progress.complete_until {
            tx.set_returns_complete_until(account, until).await?;
        }
        tx.end_run(run, RunState::Done, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The key of the alert about goods that have arrived.
pub(crate) fn arrived_key(id: ChannelReturnId) -> String {
    format!("return.arrived:{id}")
}

async fn tell(tx: &mut TenantTx, opened: &Opened, outcome: &ReturnsOutcome) -> Result<(), JobError> {
    let account = opened.record.id;
    for (number, word) in &outcome.unknown {
        tx.raise_alert(NewAlert {
            kind: "return.unknown_status",
            severity: Severity::Warning,
            dedupe_key: format!("return.unknown_status:{account}:{word}"),
            account: Some(account),
            subject: None,
            title: format!("{} says `{word}` of a return", opened.record.name),
            detail: format!(
                "Return {number} has a status this version does not know. It is kept as it came and can be received; \
                 see the channel for what it means."
            ),
        })
        .await?;
    }
    for arrived in &outcome.arrived {
        tx.raise_alert(NewAlert {
            kind: "return.arrived",
            severity: Severity::Info,
            dedupe_key: arrived_key(arrived.id),
            account: Some(account),
            subject: Some(arrived.id.to_string()),
            title: format!("Goods of order {} are back", arrived.channel_order_id),
            detail: format!(
                "The channel says that return {} has arrived. Receive it on the order's page, as sellable or damaged.",
                arrived.channel_return_id
            ),
        })
        .await?;
    }
    for over in &outcome.over {
        tx.resolve_alert(&arrived_key(*over)).await?;
    }
    Ok(())
}
