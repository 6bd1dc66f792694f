//! `offers.push`: due quantities onto the wire, decreases first, each recorded before it leaves.

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{BulkTerms, ChannelError, Fault, ItemOutcome, ItemResult, Level};
use stockbridge_domain::guards::Guard;
use stockbridge_store::{Answer, Finish, Outgoing, TenantTx, WriteAnswer};

use super::{JobCtx, JobError, done, plan, push_bulk, read_back};

pub(super) const KIND: &str = "offers.push";

/// How long after a write it is first read back.
const READ_AFTER: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(sink) = opened.connection.stock() else {
        return done("the channel takes no quantities");
    };
    adopt_orphans(ctx).await?;
    if let Some(bulk) = opened.connection.bulk() {
        ask_for_bulk(ctx, account, &bulk.terms()).await?;
    }
    let limit = i64::try_from(opened.descriptor.write_batch).unwrap_or(1);
    let mut sent = 0;
    loop {
        let outgoing = begin(ctx, limit).await?;
        if outgoing.is_empty() {
            return done(format!("{sent} quantities sent"));
        }
        let levels: Vec<Level> = outgoing.iter().map(|o| o.level.clone()).collect();
        let results = sink.set(&levels).await;
        let stop = stopping_fault(&results);
        sent += outgoing.len();
        finish(ctx, answers(&outgoing, results)).await?;
        if let Some(error) = stop {
            return Err(error.into());
        }
        ctx.keep_lane().await?;
    }
}

/// Whoever holds the lane is the only sender, so a write still marked as on its way lost its sender.
async fn adopt_orphans(ctx: &JobCtx<'_>) -> Result<(), JobError> {
    let (account, now) = (ctx.account()?, ctx.now());
    let mut tx = ctx.tenant.begin().await?;
    if tx.adopt_orphaned_writes(account, now).await? > 0 {
        tx.enqueue(read_back(account, now)).await?;
    }
    Ok(tx.commit().await?)
}

/// Very many waiting quantities go as a batch, in a lane of its own; the most urgent are written here meanwhile.
async fn ask_for_bulk(ctx: &JobCtx<'_>, account: AccountId, terms: &BulkTerms) -> Result<(), JobError> {
    let waiting = usize::try_from(ctx.tenant.due_writes(account).await?).unwrap_or(0);
    if terms.singly(waiting).is_none() {
        return Ok(());
    }
    let mut tx = ctx.tenant.begin().await?;
    tx.enqueue(push_bulk(account, ctx.now())).await?;
    Ok(tx.commit().await?)
}

async fn begin(ctx: &JobCtx<'_>, limit: i64) -> Result<Vec<Outgoing>, JobError> {
    let account = ctx.account()?;
    let accounts = ctx.hub.offer_accounts(ctx.tenant.id()).await?;
    loop {
        let mut tx = ctx.tenant.begin().await?;
        let outgoing = tx.begin_writes(account, &accounts, limit).await?;
        let more = outgoing.is_empty() && tx.has_due_writes(account).await?;
        if !outgoing.is_empty() {
            tx.enqueue(read_back(account, ctx.now().plus(READ_AFTER))).await?;
        }
        record_first(ctx, tx, &outgoing).await?;
        // What had been due may not be any more; then the next ones are looked at.
        if !more {
            return Ok(outgoing);
        }
    }
}

/// [`Guard::RecordFirst`]: what is about to leave is in the database before its first byte leaves.
async fn record_first(ctx: &JobCtx<'_>, tx: TenantTx, outgoing: &[Outgoing]) -> Result<(), JobError> {
    if ctx.hub.env().guards().on(Guard::RecordFirst) || outgoing.is_empty() {
        tx.commit().await?;
    }
    Ok(())
}

async fn finish(ctx: &JobCtx<'_>, answers: Vec<WriteAnswer>) -> Result<(), JobError> {
    let again = answers.iter().any(|a| {
        matches!(
            a.answer,
            Answer::Refused(_) | Answer::Applied | Answer::Differs { .. }
        )
    });
    let mut tx = ctx.tenant.begin().await?;
    tx.finish_writes(&answers).await?;
    if again {
        tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
    }
    Ok(tx.commit().await?)
}

/// A fault that concerns the account rather than one item: there is no point in sending more now.
pub(super) fn stopping_fault(results: &[ItemResult]) -> Option<ChannelError> {
    results.iter().find_map(|r| match &r.outcome {
        ItemOutcome::NotApplied(error)
            if matches!(
                error.fault,
                Fault::Throttled | Fault::Credentials | Fault::Application | Fault::Unavailable
            ) =>
        {
            Some(error.clone())
        }
        _ => None,
    })
}

fn answers(outgoing: &[Outgoing], results: Vec<ItemResult>) -> Vec<WriteAnswer> {
    let mut results = results.into_iter();
    outgoing
        .iter()
        .map(|out| {
            // A channel that answers fewer items than were sent leaves the rest unknown.
            let said = results.next().filter(|r| r.sku == out.level.sku);
            let answer = answer(said.map(|r| r.outcome));
            WriteAnswer {
                listing: out.listing,
                push: out.push,
                answer,
            }
        })
        .collect()
}

/// What the store is told of an item's outcome; nothing when the channel did not answer for it.
pub(super) fn answer(outcome: Option<ItemOutcome>) -> Answer {
    match outcome {
        Some(ItemOutcome::Accepted { .. }) => Answer::Accepted,
        Some(ItemOutcome::Applied { .. }) => Answer::Applied,
        Some(ItemOutcome::Differs { shown, places, error }) => Answer::Differs {
            shown,
            places,
            message: error.to_string(),
        },
        Some(ItemOutcome::Unknown(error)) => Answer::Unknown(error.to_string()),
        Some(ItemOutcome::NotApplied(error)) if is_final(error.fault) => Answer::Refused(error.to_string()),
        Some(ItemOutcome::NotApplied(error)) if error.fault == Fault::Throttled => Answer::Postponed,
        Some(ItemOutcome::NotApplied(error)) => Answer::Later(error.to_string()),
        None => Answer::Unknown("the channel did not answer for this item".to_owned()),
    }
}

fn is_final(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Rejected | Fault::Forbidden | Fault::NotFound | Fault::Contract | Fault::Conflict
    )
}
