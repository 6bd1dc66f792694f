//! `prices.push`: due prices onto the wire. A price is absolute and safe to send again.

use stockbridge_domain::channel::{ItemOutcome, PriceLevel};
use stockbridge_store::{Finish, PriceAnswer};

use super::push_offers::stopping_fault;
use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "prices.push";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(sink) = opened.connection.prices() else {
        return done("the channel takes no prices");
    };
    let limit = i64::try_from(opened.descriptor.write_batch).unwrap_or(1);
    let mut sent = 0;
    loop {
        let mut tx = ctx.tenant.begin().await?;
        let due = tx.begin_prices(account, limit).await?;
        tx.commit().await?;
        if due.is_empty() {
            return done(format!("{sent} prices sent"));
        }
        sent += due.len();
        let levels: Vec<PriceLevel> = due.iter().map(|d| d.level.clone()).collect();
        let results = sink.set(&levels).await;
        let stop = stopping_fault(&results);
        let answers = due
            .iter()
            .zip(&results)
            .map(|(out, result)| (out.clone(), price_answer(&result.outcome)))
            .collect();
        let mut tx = ctx.tenant.begin().await?;
        tx.finish_prices(answers).await?;
        tx.commit().await?;
        if let Some(error) = stop {
            return Err(error.into());
        }
        if let Some(error) = unanswered(&results) {
            return Err(error.into());
        }
        ctx.keep_lane().await?;
    }
}

/// A lost answer leaves the price due; the job comes back for it after a pause.
fn unanswered(
    results: &[stockbridge_domain::channel::ItemResult],
) -> Option<stockbridge_domain::channel::ChannelError> {
    results.iter().find_map(|r| match &r.outcome {
        ItemOutcome::Unknown(error) => Some(error.clone()),
        _ => None,
    })
}

fn price_answer(outcome: &ItemOutcome) -> PriceAnswer {
    match outcome {
        ItemOutcome::Accepted { .. } | ItemOutcome::Applied { .. } => PriceAnswer::Accepted,
        ItemOutcome::Unknown(error) | ItemOutcome::Differs { error, .. } => {
            PriceAnswer::Again(error.to_string())
        }
        ItemOutcome::NotApplied(error) => match error.fault.disposition() {
            stockbridge_domain::channel::Disposition::FinishRejected => {
                PriceAnswer::Refused(error.to_string())
            }
            _ => PriceAnswer::Again(error.to_string()),
        },
    }
}
