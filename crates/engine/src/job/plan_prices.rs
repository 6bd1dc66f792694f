//! `prices.plan`: marked listings into due prices. It asks for itself again when the next sale begins or ends.

use std::collections::BTreeSet;

use stockbridge_store::Finish;

use super::{JobCtx, JobError, done, plan_prices, push_price};

pub(super) const KIND: &str = "prices.plan";

/// Listings in one transaction.
const BATCH: i64 = 500;

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let (mut listings, mut due) = (0, BTreeSet::new());
    loop {
        let mut tx = ctx.tenant.begin().await?;
        let plan = tx.plan_prices(BATCH).await?;
        let now = ctx.now();
        tx.enqueue_many(plan.due.iter().map(|account| push_price(*account, now)).collect())
            .await?;
        if plan.holds_changed {
            crate::notices::held_prices(&mut tx).await?;
        }
        if !plan.more
            && let Some(next) = tx.next_price_change().await?
        {
            tx.enqueue(plan_prices(ctx.tenant.id(), next.max(now))).await?;
        }
        tx.commit().await?;
        listings += plan.listings;
        due.extend(plan.due);
        if !plan.more {
            return done(format!(
                "{listings} prices computed, {} pushes asked for",
                due.len()
            ));
        }
        ctx.keep_lane().await?;
    }
}
