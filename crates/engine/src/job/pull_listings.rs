//! `listings.pull`: all listings of an account into the store; new ones are mapped by SKU, the rest wait to be mapped.

use stockbridge_domain::channel::ListingPage;
use stockbridge_domain::offer::{READING_TAKES, ReadTime};
use stockbridge_domain::{AccountId, RunId};
use stockbridge_store::{Finish, RunProgress, RunState};

use crate::connections::Opened;

use super::{JobCtx, JobError, done, plan, plan_prices, preparing, pull_earlier_orders, push_price};

pub(super) const KIND: &str = "listings.pull";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.listings() else {
        return done("the channel has no listings to read");
    };
    let open = ctx.tenant.open_run(account, "listings").await?;
    let mut cursor = open.as_ref().and_then(|r| r.cursor.clone());
    let run = match open {
        Some(run) => run.id,
        None => match ctx
            .tenant
            .start_run(account, "listings", &super::pull_orders::trigger(ctx))
            .await?
        {
            Some(run) => run,
            None => return done("the store is gone"),
        },
    };
    let mut seen = 0;
    loop {
        let asked = ctx.now();
        let page = match source.page(cursor.as_deref()).await {
            Ok(page) => page.plausible(),
            Err(error) => {
                use stockbridge_domain::channel::Disposition;
                if error.fault.disposition() == Disposition::FinishRejected {
                    ctx.tenant
                        .end_run(run, RunState::Failed, Some(&error.to_string()))
                        .await?;
                }
                return Err(error.into());
            }
        };
        let read = ReadTime {
            asked_at: asked,
            at: ctx.now(),
        };
        if read.at.since(asked) > READING_TAKES {
            ctx.keep_lane().await?;
            continue;
        }
        seen += page.listings.len();
        cursor.clone_from(&page.next);
        if let Some(until) = page.wait_until {
            let progress = RunProgress {
                cursor,
                ..RunProgress::default()
            };
            ctx.tenant.progress_run(run, &progress).await?;
            return Ok(preparing(until));
        }
        store_page(ctx, &opened, run, page, read).await?;
        if cursor.is_none() {
            all_read(ctx, account).await?;
            // New listings whose SKU says nothing may have a product's barcode.
            crate::mapping::auto_map_account(ctx.hub, &ctx.tenant, account).await?;
            return done(format!("{seen} listings read"));
        }
        ctx.keep_lane().await?;
    }
}

/// In a transaction after the last page's, as it locks every product. A worker that dies in between leaves the job behind,
/// which then reads everything again.
async fn all_read(ctx: &JobCtx<'_>, account: AccountId) -> Result<(), JobError> {
    let mut tx = ctx.tenant.begin().await?;
    if tx.listings_read(account).await? {
        tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn store_page(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    run: RunId,
    page: ListingPage,
    read: ReadTime,
) -> Result<(), JobError> {
    let account = opened.record.id;
    let (seen, failed) = (page.listings.len(), page.unreadable.len());
    let mut tx = ctx.tenant.begin().await?;
    let outcome = tx
        .upsert_compared(account, &page.listings, read, opened.timing)
        .await?;
    crate::notices::conflicts(&mut tx, account, read.at).await?;
    if tx.has_due_prices(account).await? {
        tx.enqueue(push_price(account, read.at)).await?;
    }
    tx.quarantine(account, "listing", &page.unreadable).await?;
    let progress = RunProgress {
        seen: i64::try_from(seen).unwrap_or(0),
        changed: outcome.created,
        failed: i64::try_from(failed).unwrap_or(0),
        cursor: page.next.clone(),
    };
    tx.progress_run(run, &progress).await?;
    if page.next.is_none() {
        tx.end_run(run, RunState::Done, None).await?;
    }
    tx.enqueue(plan(ctx.tenant.id(), read.at)).await?;
    if outcome.created > 0 {
        tx.enqueue(plan_prices(ctx.tenant.id(), read.at)).await?;
        tx.enqueue(pull_earlier_orders(account, opened.timing, read.at))
            .await?;
    }
    Ok(tx.commit().await?)
}
