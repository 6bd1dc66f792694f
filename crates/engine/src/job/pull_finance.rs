//! `finance.pull`: what money moved, and what was paid, into the store.
//!
//! Channels post late and change what they posted without a new date, so each reading looks back further than the last.

use std::time::Duration;

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{Fault, SettlementSource};
use stockbridge_store::{Finish, RunProgress, RunState};

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "finance.pull";

const DAY: Duration = Duration::from_secs(86_400);
/// How far the first reading goes back.
const FIRST_DAYS: u32 = 365;
/// How far every other looks back before the last.
const AGAIN_DAYS: u32 = 45;
/// No seller's transactions of a year have more pages.
const MOST_PAGES: usize = 20_000;

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.finance() else {
        return done("the channel tells nothing of money");
    };
    // What an interrupted reading left is read again: the same transaction again changes nothing.
    let run = match ctx.tenant.open_run(account, "finance").await? {
        Some(run) => Some(run.id),
        None => {
            let trigger = super::pull_orders::trigger(ctx);
            ctx.tenant.start_run(account, "finance", &trigger).await?
        }
    };
    let Some(run) = run else {
        return done("the store is gone");
    };
    let since = match ctx.tenant.money_read_until(account).await? {
        Some(until) => until.minus(DAY * AGAIN_DAYS),
        None => ctx.now().minus(DAY * FIRST_DAYS),
    };
    let (mut cursor, mut seen) = (None, 0);
    for _ in 0..MOST_PAGES {
        let page = match source.page(since, cursor.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                use stockbridge_domain::channel::Disposition;
                if error.fault.disposition() == Disposition::FinishRejected {
                    let why = error.to_string();
                    ctx.tenant.end_run(run, RunState::Failed, Some(&why)).await?;
                }
                return Err(error.into());
            }
        };
        let mut tx = ctx.tenant.begin().await?;
        tx.upsert_money(account, &page.transactions, ctx.now()).await?;
        tx.quarantine(account, "finance", &page.unreadable).await?;
        seen += page.transactions.len();
        let progress = RunProgress {
            seen: i64::try_from(page.transactions.len()).unwrap_or(0),
            failed: i64::try_from(page.unreadable.len()).unwrap_or(0),
            ..RunProgress::default()
        };
        tx.progress_run(run, &progress).await?;
        cursor = page.next;
        if cursor.is_none() {
            tx.note_money_read(account, page.until).await?;
            tx.commit().await?;
            let (settled, problem) = settlements(ctx, account, opened.connection.settlements()).await?;
            let mut tx = ctx.tenant.begin().await?;
            tx.end_run(run, RunState::Done, problem.as_deref()).await?;
            tx.commit().await?;
            return done(format!("{seen} transactions and {settled} settlements read"));
        }
        tx.commit().await?;
        ctx.keep_lane().await?;
    }
    let why = "the channel answers pages without end; the reading was stopped and begins anew with the next schedule";
    ctx.tenant.end_run(run, RunState::Failed, Some(why)).await?;
    done(why)
}

/// Reads the settlements that are not known yet. One that cannot be read is told in the run, and takes none with it.
async fn settlements(
    ctx: &JobCtx<'_>,
    account: AccountId,
    source: Option<&dyn SettlementSource>,
) -> Result<(usize, Option<String>), JobError> {
    let Some(source) = source else {
        return Ok((0, None));
    };
    let known = ctx.tenant.settlement_references(account).await?;
    let (mut read, mut problem) = (0, None);
    for reference in source.list().await? {
        if known.contains(&reference) {
            continue;
        }
        ctx.keep_lane().await?;
        match source.read(&reference).await {
            Ok(settlement) => {
                let mut tx = ctx.tenant.begin().await?;
                tx.upsert_settlement(account, &reference, &settlement, ctx.now())
                    .await?;
                tx.commit().await?;
                read += 1;
            }
            Err(error) if error.fault == Fault::Contract => problem = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((read, problem))
}
