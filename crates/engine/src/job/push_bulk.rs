//! `offers.bulk`: very many due quantities handed in as one batch, and what became of each.
//!
//! The most urgent go singly all the while ([`super::push_offers`]), in a lane of their own; a batch takes those that would
//! wait longer for their turn than the batch takes. A listing has one write under way at most, so what was handed in is
//! never overtaken by a single write of the same SKU, nor the other way round.
//!
//! | found open | then |
//! | --- | --- |
//! | filling | its sender died before anything left: its items are due again |
//! | sending | its sender died, or the answer got lost: it is looked for at the channel |
//! | waiting | the channel is asked what became of it |

use std::time::Duration;

use stockbridge_domain::channel::{
    BulkState, BulkStockSink, BulkTerms, ChannelError, Disposition, Fault, ItemOutcome, ItemResult, Level,
};
use stockbridge_domain::{AccountId, BulkId, ListingId, Sku, Timestamp};
use stockbridge_store::{Answer, BulkItem, BulkRecord, BulkStage, Finish, OfferAccounts, WriteAnswer};

use super::push_offers::answer;
use super::{JobCtx, JobError, done, plan, push_bulk, read_back};

pub(super) const KIND: &str = "offers.bulk";

/// Items recorded, or closed, in one transaction.
const CHUNK: i64 = 500;
/// A batch whose answer got lost and that the channel does not show within this was never handed in.
const SHOWN_WITHIN: Duration = Duration::from_secs(600);
/// How long after a batch is over its listings are read.
const READ_AFTER: Duration = Duration::from_secs(5);

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(sink) = opened.connection.bulk() else {
        return done("the channel takes no batches");
    };
    if let Some(open) = ctx.tenant.open_bulk(account).await? {
        return go_on(ctx, sink, &open).await;
    }
    let terms = sink.terms();
    let waiting = usize::try_from(ctx.tenant.due_writes(account).await?).unwrap_or(0);
    let Some(singly) = terms.singly(waiting) else {
        return done(format!("{waiting} quantities wait, which are written singly"));
    };
    let (bulk, levels) = fill(ctx, account, &terms, singly).await?;
    if levels.is_empty() {
        close(ctx, bulk, "nothing was left to be written").await?;
        return done("nothing was left to be written");
    }
    hand_in(ctx, sink, bulk, levels).await
}

/// Records the items of a new batch.
async fn fill(
    ctx: &JobCtx<'_>,
    account: AccountId,
    terms: &BulkTerms,
    singly: usize,
) -> Result<(BulkId, Vec<Level>), JobError> {
    let accounts = patient(ctx.hub.offer_accounts(ctx.tenant.id()).await?, account, terms);
    let mut tx = ctx.tenant.begin().await?;
    let bulk = tx.begin_bulk(account).await?;
    tx.commit().await?;
    let skip = i64::try_from(singly).unwrap_or(i64::MAX);
    let mut levels: Vec<Level> = Vec::new();
    while levels.len() < terms.most {
        let left = i64::try_from(terms.most - levels.len()).unwrap_or(CHUNK);
        let mut tx = ctx.tenant.begin().await?;
        let outgoing = tx
            .fill_bulk(bulk, account, &accounts, (skip, left.min(CHUNK)), terms.takes)
            .await?;
        // What had been due may not be any more; then it is not due at the next look either.
        let more = tx.has_due_writes(account).await?;
        tx.commit().await?;
        ctx.keep_lane().await?;
        if outgoing.is_empty() || !more {
            levels.extend(outgoing.into_iter().map(|o| o.level));
            break;
        }
        levels.extend(outgoing.into_iter().map(|o| o.level));
    }
    // Their place in the batch is their place by SKU: so it is found again without being kept.
    levels.sort_by(|a, b| a.sku.as_str().cmp(b.sku.as_str()));
    Ok((bulk, levels))
}

/// A batch may take long, and what is sold unseen meanwhile is reckoned with.
fn patient(mut accounts: OfferAccounts, account: AccountId, terms: &BulkTerms) -> OfferAccounts {
    if let Some(ours) = accounts.get_mut(&account) {
        ours.timing.write_apply = ours.timing.write_apply.max(terms.takes_at_most);
    }
    accounts
}

async fn hand_in(
    ctx: &JobCtx<'_>,
    sink: &dyn BulkStockSink,
    bulk: BulkId,
    levels: Vec<Level>,
) -> Result<Finish, JobError> {
    note(ctx, bulk, BulkStage::Sending, None, None).await?;
    match sink.submit(&levels).await {
        Ok(ticket) => {
            note(ctx, bulk, BulkStage::Waiting, Some(&ticket.id), None).await?;
            Ok(look_again(ticket.look_at))
        }
        Err(error) if error.fault == Fault::Ambiguous => {
            note(ctx, bulk, BulkStage::Sending, None, Some(&error.to_string())).await?;
            Ok(look_again(ctx.now().plus(READ_AFTER)))
        }
        Err(error) => {
            let items = ctx.tenant.bulk_items(bulk).await?;
            let final_fault = error.fault.disposition() == Disposition::FinishRejected;
            settle_all(ctx, bulk, &items, |_| {
                if final_fault {
                    Answer::Refused(error.to_string())
                } else {
                    Answer::Later(error.to_string())
                }
            })
            .await?;
            close(ctx, bulk, &error.to_string()).await?;
            Err(error.into())
        }
    }
}

/// A batch that was begun before.
async fn go_on(ctx: &JobCtx<'_>, sink: &dyn BulkStockSink, open: &BulkRecord) -> Result<Finish, JobError> {
    let items = ctx.tenant.bulk_items(open.id).await?;
    let unsent = "it never left: its sender stopped before";
    match (open.state, open.ticket.as_deref()) {
        (BulkStage::Waiting, Some(ticket)) => ask(ctx, sink, open, ticket, &items).await,
        (BulkStage::Filling, _) => {
            settle_all(ctx, open.id, &items, |_| Answer::Later(unsent.to_owned())).await?;
            close(ctx, open.id, unsent).await?;
            Ok(look_again(ctx.now()))
        }
        _ => {
            let sent = open.sent_at.unwrap_or(open.began_at);
            let known = ctx.tenant.bulk_tickets(open.account).await?;
            if let Some(ticket) = sink.find(sent, &known).await? {
                note(ctx, open.id, BulkStage::Waiting, Some(&ticket.id), None).await?;
                return Ok(look_again(ticket.look_at));
            }
            let until = sent.plus(SHOWN_WITHIN);
            if ctx.now() < until {
                return Ok(look_again(ctx.now().plus(Duration::from_secs(60)).min(until)));
            }
            settle_all(ctx, open.id, &items, |_| Answer::Later(unsent.to_owned())).await?;
            close(ctx, open.id, "the channel never got it").await?;
            Ok(look_again(ctx.now()))
        }
    }
}

async fn ask(
    ctx: &JobCtx<'_>,
    sink: &dyn BulkStockSink,
    open: &BulkRecord,
    ticket: &str,
    items: &[BulkItem],
) -> Result<Finish, JobError> {
    let skus: Vec<Sku> = items.iter().map(|i| i.sku.clone()).collect();
    let (results, summary) = match sink.collect(ticket, &skus).await {
        Ok(BulkState::Waiting(until)) => return Ok(look_again(until)),
        Ok(BulkState::Done { results, summary }) => (results, summary),
        // What the channel does not know any more, or cannot tell, is looked up listing by listing.
        Err(error) if matches!(error.fault, Fault::NotFound | Fault::Rejected | Fault::Contract) => {
            (unknown(&skus, &error), error.to_string())
        }
        Err(error) => return Err(error.into()),
    };
    let mut results: std::collections::HashMap<String, ItemResult> = results
        .into_iter()
        .map(|r| (r.sku.as_str().to_owned(), r))
        .collect();
    settle_all(ctx, open.id, items, |item| {
        answer(results.remove(item.sku.as_str()).map(|r| r.outcome))
    })
    .await?;
    close(ctx, open.id, &summary).await?;
    // More may have become due meanwhile.
    let mut tx = ctx.tenant.begin().await?;
    let apart = ctx.now().plus(sink.terms().apart);
    tx.enqueue(push_bulk(open.account, apart)).await?;
    tx.commit().await?;
    done(summary)
}

fn unknown(skus: &[Sku], error: &ChannelError) -> Vec<ItemResult> {
    let result = |sku: &Sku| ItemResult {
        sku: sku.clone(),
        outcome: ItemOutcome::Unknown(error.clone()),
    };
    skus.iter().map(result).collect()
}

/// Closes a batch's items by their answers, some at a time.
async fn settle_all(
    ctx: &JobCtx<'_>,
    bulk: BulkId,
    items: &[BulkItem],
    mut answer_of: impl FnMut(&BulkItem) -> Answer,
) -> Result<(), JobError> {
    let account = ctx.account()?;
    let chunk = usize::try_from(CHUNK).unwrap_or(500);
    for some in items.chunks(chunk) {
        let answers: Vec<WriteAnswer> = some
            .iter()
            .map(|item| WriteAnswer {
                listing: item.listing,
                push: item.push,
                answer: answer_of(item),
            })
            .collect();
        let taken = |a: &&WriteAnswer| matches!(a.answer, Answer::Accepted | Answer::Applied);
        let accepted = i64::try_from(answers.iter().filter(taken).count()).unwrap_or(0);
        let total = i64::try_from(answers.len()).unwrap_or(0);
        let now = ctx.now();
        let mut tx = ctx.tenant.begin().await?;
        tx.finish_writes(&answers).await?;
        tx.count_bulk(bulk, accepted, total - accepted).await?;
        let listings: Vec<ListingId> = some.iter().map(|item| item.listing).collect();
        tx.read_listings_at(&listings, now.plus(READ_AFTER)).await?;
        tx.enqueue(read_back(account, now.plus(READ_AFTER))).await?;
        tx.enqueue(plan(ctx.tenant.id(), now)).await?;
        tx.commit().await?;
        ctx.keep_lane().await?;
    }
    Ok(())
}

async fn note(
    ctx: &JobCtx<'_>,
    bulk: BulkId,
    state: BulkStage,
    ticket: Option<&str>,
    message: Option<&str>,
) -> Result<(), JobError> {
    let mut tx = ctx.tenant.begin().await?;
    tx.note_bulk(bulk, state, ticket, message).await?;
    Ok(tx.commit().await?)
}

async fn close(ctx: &JobCtx<'_>, bulk: BulkId, message: &str) -> Result<(), JobError> {
    note(ctx, bulk, BulkStage::Done, None, Some(message)).await
}

/// A channel that tells when a batch was worked through ends the wait.
fn look_again(until: Timestamp) -> Finish {
    super::preparing(until)
}
