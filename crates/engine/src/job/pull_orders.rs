//! `orders.pull`: pages of changed orders into the store.
//!
//! The watermark moves only when the last page is in, to the instant the channel itself vouches for, and every pull looks
//! back over the time the channel may show an order late. A pull that is interrupted goes on at its page.

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{ChannelError, Fault, OrderPage, OrderQuery};
use stockbridge_domain::{RunId, Timestamp};
use stockbridge_store::{Finish, ImportAccount, RunProgress, RunState};

use super::{JobCtx, JobError, done, plan, read_back};
use crate::connections::Opened;

pub(super) const KIND: &str = "orders.pull";

/// Where a pull stands: enough to go on after a break.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    since: Timestamp,
    cursor: Option<String>,
    complete_until: Option<Timestamp>,
}

/// What started the pull, for people.
pub(super) fn trigger(ctx: &JobCtx<'_>) -> String {
    ctx.job
        .payload
        .get("trigger")
        .and_then(|t| t.as_str())
        .unwrap_or("schedule")
        .to_owned()
}

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.orders() else {
        return done("the channel has no orders to read");
    };
    let Some((run, mut progress)) = start(ctx, &opened).await? else {
        return done("the store is gone");
    };
    let mut seen = 0;
    loop {
        let query = OrderQuery {
            updated_since: progress.since,
            cursor: progress.cursor.clone(),
        };
        let page = match source.page(&query).await {
            Ok(page) => page,
            Err(error) => return Err(interrupted(ctx, run, &mut progress, error).await?),
        };
        seen += page.orders.len();
        let last = page.next.is_none();
        progress.complete_until = earliest(progress.complete_until, page.complete_until);
        progress.cursor.clone_from(&page.next);
        store_page(ctx, &opened, run, &page, &progress, last).await?;
        if last {
            return done(format!("{seen} orders read"));
        }
        ctx.keep_lane().await?;
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Goes on with an interrupted run, or begins a new one.
async fn start(ctx: &JobCtx<'_>, opened: &Opened) -> Result<Option<(RunId, Progress)>, JobError> {
    let account = opened.record.id;
    if let Some(run) = ctx.tenant.open_run(account, "orders").await? {
        let progress = run.cursor.as_deref().and_then(|c| serde_json::from_str(c).ok());
        return Ok(Some((run.id, progress.unwrap_or_else(|| fresh(opened)))));
    }
    let run = ctx.tenant.start_run(account, "orders", &trigger(ctx)).await?;
    Ok(run.map(|id| (id, fresh(opened))))
}

fn fresh(opened: &Opened) -> Progress {
    let overlap = opened.timing.order_visibility;
    Progress {
        since: opened.record.orders_complete_until.minus(overlap),
        cursor: None,
        complete_until: None,
    }
}

/// A page that could not be read: the run stays open and the next attempt goes on at this page. Only when the page token
/// itself is refused does the pull start over.
async fn interrupted(
    ctx: &JobCtx<'_>,
    run: RunId,
    progress: &mut Progress,
    error: ChannelError,
) -> Result<JobError, JobError> {
    if progress.cursor.is_some() && matches!(error.fault, Fault::Rejected | Fault::NotFound | Fault::Conflict)
    {
        progress.cursor = None;
        let cursor = serde_json::to_string(&progress).ok();
        ctx.tenant
            .progress_run(
                run,
                &RunProgress {
                    cursor,
                    ..RunProgress::default()
                },
            )
            .await?;
        return Ok(ChannelError {
            fault: Fault::Unavailable,
            ..error
        }
        .into());
    }
    if matches!(error.fault, Fault::Rejected | Fault::Forbidden | Fault::Contract) {
        ctx.tenant
            .end_run(run, RunState::Failed, Some(&error.to_string()))
            .await?;
    }
    Ok(error.into())
}

/// One page, one transaction: orders, reservations, ledger, exposures, dirty products, what could not be read, progress,
/// and the work all this causes.
async fn store_page(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    run: RunId,
    page: &OrderPage,
    progress: &Progress,
    last: bool,
) -> Result<(), JobError> {
    let account = ImportAccount {
        id: opened.record.id,
        connected_at: opened.record.connected_at,
    };
    let began = ctx.now();
    let mut tx = ctx.tenant.begin().await?;
    let outcome = tx.import_orders(&account, &page.orders).await?;
    crate::notices::raise(&mut tx, Some(account.id), &outcome.notices).await?;
    tx.quarantine(account.id, "order", &page.unreadable).await?;
    let counts = RunProgress {
        seen: outcome.seen,
        changed: outcome.created + outcome.changed,
        failed: i64::try_from(page.unreadable.len()).unwrap_or(0),
        cursor: serde_json::to_string(progress).ok(),
    };
    tx.progress_run(run, &counts).await?;
    let mut dirty = outcome.dirty > 0;
    if last {
        if let Some(until) = progress.complete_until {
            tx.set_orders_complete_until(account.id, until).await?;
            let settled = tx.settle(account.id, until, opened.timing).await?;
            crate::notices::conflicts(&mut tx, account.id, began).await?;
            dirty |= settled.settled > 0;
        }
        tx.end_run(run, RunState::Done, None).await?;
    }
    if outcome.reread {
        tx.enqueue(read_back(account.id, ctx.now())).await?;
    }
    if dirty {
        tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
    }
    Ok(tx.commit().await?)
}
