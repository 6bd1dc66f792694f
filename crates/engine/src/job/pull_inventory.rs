//! `inventory.pull`: the periodic full pass. Every listing is read back and every product planned anew, which repairs
//! whatever was missed on the way.

use stockbridge_store::{Finish, RunProgress, RunState};

use super::{JobCtx, JobError, done, plan, plan_prices, push_bulk, read_back};

pub(super) const KIND: &str = "inventory.pull";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let trigger = super::pull_orders::trigger(ctx);
    let now = ctx.now();
    let open = ctx.tenant.open_bulk(account).await?;
    let mut tx = ctx.tenant.begin().await?;
    let Some(run) = tx.start_run(account, "inventory", &trigger).await? else {
        return done("the store is gone");
    };
    let listings = i64::try_from(tx.read_all_again(account).await?).unwrap_or(i64::MAX);
    tx.mark_all_dirty(Some(account), "full pass").await?;
    tx.enqueue(read_back(account, now)).await?;
    if open.is_some() {
        // Whoever asked what became of the batch may have given up.
        tx.enqueue(push_bulk(account, now)).await?;
    }
    tx.enqueue(plan(ctx.tenant.id(), now)).await?;
    tx.enqueue(plan_prices(ctx.tenant.id(), now)).await?;
    let progress = RunProgress {
        seen: listings,
        ..RunProgress::default()
    };
    tx.progress_run(run, &progress).await?;
    tx.end_run(run, RunState::Done, Some("every listing is being read back"))
        .await?;
    tx.commit().await?;
    done(format!("{listings} listings to read back"))
}
