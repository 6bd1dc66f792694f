//! `order.cancel`: asks a channel to call an order off, or units of it.
//!
//! The reservation is not touched here: what is free again is said by the order as the channel shows it, which is read and
//! taken in like any other. An attempt whose answer is missing is looked for there before the channel is asked again.

use stockbridge_domain::CancellationId;
use stockbridge_domain::aftersales::{AskStatus, is_called_off, may_ask_again};
use stockbridge_domain::channel::{CancelNotice, CancelSink, Fault, LineUnits};
use stockbridge_store::{AskNote, Asked, CancellationRecord, Finish};

use super::ask::{Said, Subject, look_again, overdue, said, take_in};
use super::{JobCtx, JobError, done};
use crate::connections::Opened;

pub(super) const KIND: &str = "order.cancel";

const REMEDY: &str = "Look at the order on its channel; call it off there, or ship it. The hub follows.";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id = ctx.job.payload.get("cancellation").and_then(|id| id.as_str());
    let id: CancellationId = id
        .and_then(|id| id.parse().ok())
        .ok_or(JobError::Malformed("cancellation"))?;
    let Some(wanted) = ctx.tenant.cancellation(id).await? else {
        return done("the cancellation is gone");
    };
    if !wanted.ask.status.is_open() {
        return done(format!("{} before", wanted.ask.status));
    }
    let Some(order) = ctx.tenant.order(wanted.order).await? else {
        return done("the order is gone");
    };
    let number = order.order.channel_order_id;
    let subject = Subject {
        asked: Asked::Cancellation(id),
        order: wanted.order,
        key: format!("cancellation:{id}"),
        what: format!("The cancellation of order {number}"),
        kind: "cancellation.refused",
        account,
        ask: &wanted.ask,
    };
    let opened = match subject.open(ctx, REMEDY).await? {
        Ok(opened) => opened,
        Err(finish) => return Ok(finish),
    };
    let Some(sink) = opened.connection.cancellations() else {
        let message = "this channel calls no orders off for sellers' programs";
        return subject.told(ctx, AskStatus::Refused, message, REMEDY).await;
    };
    if let Some(at) = wanted.ask.asked_at {
        if shown(ctx, &opened, &wanted, &number).await? {
            subject.done(ctx).await?;
            return done("called off");
        }
        let now = ctx.now();
        if wanted.ask.status == AskStatus::Accepted {
            if !overdue(&opened, at, now) {
                return Ok(look_again(at, now));
            }
            let message = "the channel took it, but still shows the order as it was";
            return subject.told(ctx, AskStatus::Unclear, message, REMEDY).await;
        }
        if !may_ask_again(Some(at), opened.timing.write_apply, now) {
            return Ok(look_again(at, now));
        }
    }
    ask(ctx, &opened, sink, &wanted, (&subject, &number)).await
}

async fn ask(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    sink: &dyn CancelSink,
    wanted: &CancellationRecord,
    (subject, number): (&Subject<'_>, &str),
) -> Result<Finish, JobError> {
    let notice = CancelNotice {
        channel_order_id: number.to_owned(),
        lines: wanted
            .lines
            .iter()
            .map(|line| LineUnits {
                channel_line_id: line.channel_line_id.clone(),
                quantity: line.quantity,
            })
            .collect(),
        reason: wanted.reason,
        note: wanted.note.clone(),
        key: wanted.id.to_string(),
    };
    // Written down before it leaves: whoever comes after a worker that died looks before asking.
    let at = ctx.now();
    let asked = AskNote::of(AskStatus::Waiting, Some(at));
    if !ctx.tenant.note_asked(subject.asked, &asked).await? {
        return done("settled meanwhile");
    }
    let error = match sink.cancel(&notice).await {
        Ok(()) => {
            let taken = AskNote::of(AskStatus::Accepted, Some(at));
            ctx.tenant.note_asked(subject.asked, &taken).await?;
            return match shown(ctx, opened, wanted, number).await? {
                true => {
                    subject.done(ctx).await?;
                    done("called off")
                }
                false => Ok(look_again(at, ctx.now())),
            };
        }
        Err(error) => error,
    };
    match said(&error) {
        Said::Refused => {
            let message = error.to_string();
            subject.told(ctx, AskStatus::Refused, &message, REMEDY).await
        }
        Said::Look if shown(ctx, opened, wanted, number).await? => {
            subject.done(ctx).await?;
            done("called off before")
        }
        Said::Look => {
            let message = error.to_string();
            subject.told(ctx, AskStatus::Refused, &message, REMEDY).await
        }
        Said::NotHeard => subject.again(ctx, None, error, REMEDY).await,
        Said::Unknown => subject.again(ctx, Some(at), error, REMEDY).await,
    }
}

/// Reads the order, takes it in, and says whether it is called off as was wanted.
async fn shown(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    wanted: &CancellationRecord,
    number: &str,
) -> Result<bool, JobError> {
    let Some(source) = opened.connection.orders() else {
        return Ok(false);
    };
    let snapshot = match source.get(number).await {
        Ok(snapshot) => snapshot,
        // What the channel does not know it does not show called off either.
        Err(error) if error.fault == Fault::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let called_off = is_called_off(&wanted.lines, &snapshot);
    take_in(ctx, opened, snapshot).await?;
    Ok(called_off)
}
