//! `warehouse.pull`: what lies in the channel's own warehouse into the store. Nothing of it is offered or reserved.

use stockbridge_domain::Timestamp;
use stockbridge_store::{Finish, RunProgress, RunState};

use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "warehouse.pull";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.warehouse() else {
        return done("the channel keeps no goods");
    };
    // What an interrupted reading left is read again from its beginning: a page's place is good for seconds only.
    let run = match ctx.tenant.open_run(account, "warehouse").await? {
        Some(run) => Some(run.id),
        None => {
            let trigger = super::pull_orders::trigger(ctx);
            ctx.tenant.start_run(account, "warehouse", &trigger).await?
        }
    };
    let Some(run) = run else {
        return done("the store is gone");
    };
    let began: Timestamp = ctx.now();
    let (mut cursor, mut seen) = (None, 0);
    loop {
        let page = match source.page(cursor.as_deref()).await {
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
        tx.upsert_warehouse(account, &page.stock, ctx.now()).await?;
        tx.quarantine(account, "warehouse", &page.unreadable).await?;
        seen += page.stock.len();
        let progress = RunProgress {
            seen: i64::try_from(page.stock.len()).unwrap_or(0),
            failed: i64::try_from(page.unreadable.len()).unwrap_or(0),
            ..RunProgress::default()
        };
        tx.progress_run(run, &progress).await?;
        cursor = page.next;
        if cursor.is_none() {
            let gone = tx.forget_unread_warehouse(account, began).await?;
            tx.end_run(run, RunState::Done, None).await?;
            tx.commit().await?;
            return done(format!(
                "{seen} SKUs in the channel's warehouse read, {gone} gone"
            ));
        }
        tx.commit().await?;
        ctx.keep_lane().await?;
    }
}
