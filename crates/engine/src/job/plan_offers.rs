//! `offers.plan`: dirty products into due listings, and a push for every account that has some.

use stockbridge_store::Finish;

use super::{JobCtx, JobError, done, push};

pub(super) const KIND: &str = "offers.plan";

/// Products in one transaction: large enough to spread the cost of the queries, small enough to let others in between.
const BATCH: i64 = 500;

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let (mut products, mut due) = (0, 0);
    loop {
        let accounts = ctx.hub.offer_accounts(ctx.tenant.id()).await?;
        let mut tx = ctx.tenant.begin().await?;
        let outcome = tx.plan_dirty(&accounts, BATCH).await?;
        let now = ctx.now();
        let jobs: Vec<_> = outcome
            .due
            .iter()
            .map(|(account, priority)| push(*account, *priority, now))
            .collect();
        (products, due) = (products + outcome.products, due + jobs.len());
        tx.enqueue_many(jobs).await?;
        tx.commit().await?;
        if !outcome.more {
            return done(format!("{products} products planned, {due} pushes asked for"));
        }
        ctx.keep_lane().await?;
    }
}
