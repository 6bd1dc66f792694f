//! `orders.pull`: pages of changed orders into the store.
//!
//! The watermark moves only when the last page is in, to the instant the channel itself vouches for, and every pull looks
//! back over the time the channel may show an order late. A pull that is interrupted goes on at its page.
//!
//! Orders are asked for by their last change. Where exposures wait to become exact, those placed meanwhile are asked for
//! as well: an order that has just changed is in no answer by change for a while, though it was sold long ago.

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{ChannelError, Fault, OrderPage, OrderQuery, OrderTime};
use stockbridge_domain::guards::Guard;
use stockbridge_domain::offer::CLOCK_SKEW;
use stockbridge_domain::{RunId, Timestamp};
use stockbridge_store::{Finish, ImportAccount, RunProgress, RunState, TenantTx};

use super::{JobCtx, JobError, done, plan, preparing, read_back};
use crate::connections::Opened;

pub(super) const KIND: &str = "orders.pull";

/// Where a pull stands: enough to go on after a break.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    since: Timestamp,
    #[serde(default)]
    by: OrderTime,
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
            since: progress.since,
            by: progress.by,
            cursor: progress.cursor.clone(),
        };
        let page = match source.page(&query).await {
            Ok(page) => page.plausible(),
            Err(error) => return Err(interrupted(ctx, run, &mut progress, error).await?),
        };
        if let Some(until) = page.wait_until {
            progress.cursor.clone_from(&page.next);
            keep_progress(ctx, run, &progress).await?;
            return Ok(preparing(until));
        }
        seen += page.orders.len();
        let vouched = vouched(ctx, page.complete_until);
        progress.complete_until = earliest(progress.complete_until, vouched);
        progress.cursor.clone_from(&page.next);
        let Some(next) = store_page(ctx, &opened, run, &page, progress).await? else {
            return done(format!("{seen} orders read"));
        };
        progress = next;
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
        return Ok(Some((run.id, progress.unwrap_or_else(|| fresh(ctx, opened)))));
    }
    let run = ctx.tenant.start_run(account, "orders", &trigger(ctx)).await?;
    Ok(run.map(|id| (id, fresh(ctx, opened))))
}

fn fresh(ctx: &JobCtx<'_>, opened: &Opened) -> Progress {
    Progress {
        since: look_back(ctx, opened),
        by: OrderTime::Updated,
        cursor: None,
        complete_until: None,
    }
}

async fn keep_progress(ctx: &JobCtx<'_>, run: RunId, progress: &Progress) -> Result<(), JobError> {
    let kept = RunProgress {
        cursor: serde_json::to_string(progress).ok(),
        ..RunProgress::default()
    };
    ctx.tenant.progress_run(run, &kept).await?;
    Ok(())
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
        keep_progress(ctx, run, progress).await?;
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
/// and the work all this causes. Answers how the pull goes on, if it does.
async fn store_page(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    run: RunId,
    page: &OrderPage,
    progress: Progress,
) -> Result<Option<Progress>, JobError> {
    let account = ImportAccount {
        id: opened.record.id,
        connected_at: opened.record.connected_at,
    };
    let began = ctx.now();
    let mut tx = ctx.tenant.begin().await?;
    let outcome = tx.import_orders(&account, &page.orders).await?;
    crate::notices::raise(&mut tx, Some(account.id), &outcome.notices).await?;
    tx.quarantine(account.id, "order", &page.unreadable).await?;
    let mut next = Some(progress);
    if page.next.is_none() {
        next = end_of_search(&mut tx, opened, next.take(), began).await?;
    }
    let counts = RunProgress {
        seen: outcome.seen,
        changed: outcome.created + outcome.changed,
        failed: i64::try_from(page.unreadable.len()).unwrap_or(0),
        cursor: next.as_ref().and_then(|p| serde_json::to_string(p).ok()),
    };
    tx.progress_run(run, &counts).await?;
    if next.is_none() {
        tx.end_run(run, RunState::Done, None).await?;
    }
    if outcome.reread {
        tx.enqueue(read_back(account.id, ctx.now())).await?;
    }
    if tx.has_marked() {
        tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
    }
    tx.commit().await?;
    Ok(next)
}

/// The last page of a search is in: moves the watermark and settles. Answers which search has to follow.
async fn end_of_search(
    tx: &mut TenantTx,
    opened: &Opened,
    progress: Option<Progress>,
    began: Timestamp,
) -> Result<Option<Progress>, JobError> {
    let account = opened.record.id;
    let Some((until, by)) = progress.and_then(|p| Some((p.complete_until?, p.by))) else {
        return Ok(None);
    };
    if by == OrderTime::Updated {
        tx.set_orders_complete_until(account, until).await?;
    }
    let settled = tx.settle(account, until, by, opened.timing).await?;
    crate::notices::conflicts(tx, account, began).await?;
    Ok(settled.wants_placed_since.map(|since| Progress {
        since: since.minus(CLOCK_SKEW),
        by: OrderTime::Placed,
        cursor: None,
        complete_until: None,
    }))
}

/// [`Guard::LookBack`]: since when changes are asked for.
fn look_back(ctx: &JobCtx<'_>, opened: &Opened) -> Timestamp {
    let watermark = opened.record.orders_complete_until;
    if ctx.hub.env().guards().on(Guard::LookBack) {
        watermark.minus(opened.timing.order_visibility)
    } else {
        watermark
    }
}

/// [`Guard::Vouched`]: up to when orders are complete is the channel's word, never our clock's.
fn vouched(ctx: &JobCtx<'_>, word: Option<Timestamp>) -> Option<Timestamp> {
    if ctx.hub.env().guards().on(Guard::Vouched) {
        word
    } else {
        Some(ctx.now())
    }
}
