//! `order.refund`: has a channel give money back.
//!
//! The refund carries its own id to the channel, by which every connector finds it again or the channel itself refuses a
//! second one. An attempt whose answer is missing is not repeated before the first has had time to show.

use stockbridge_domain::RefundId;
use stockbridge_domain::aftersales::{AskStatus, may_ask_again};
use stockbridge_domain::channel::{LineUnits, RefundNotice, RefundSink};
use stockbridge_store::{AskNote, Asked, Finish, RefundRecord};

use super::ask::{Said, Subject, look_again, said};
use super::{JobCtx, JobError, done};

pub(super) const KIND: &str = "order.refund";

const REMEDY: &str =
    "Look at the order on its channel; if the money did not go back, refund it there or here again.";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id = ctx.job.payload.get("refund").and_then(|id| id.as_str());
    let id: RefundId = id
        .and_then(|id| id.parse().ok())
        .ok_or(JobError::Malformed("refund"))?;
    let Some(wanted) = ctx.tenant.refund(id).await? else {
        return done("the refund is gone");
    };
    if !wanted.ask.status.is_open() {
        return done(format!("{} before", wanted.ask.status));
    }
    let Some(order) = ctx.tenant.order(wanted.order).await? else {
        return done("the order is gone");
    };
    let number = order.order.channel_order_id;
    let subject = Subject {
        asked: Asked::Refund(id),
        order: wanted.order,
        key: format!("refund:{id}"),
        what: format!("The refund for order {number}"),
        kind: "refund.refused",
        account,
        ask: &wanted.ask,
    };
    let opened = match subject.open(ctx, REMEDY).await? {
        Ok(opened) => opened,
        Err(finish) => return Ok(finish),
    };
    let Some(sink) = opened.connection.refunds() else {
        let message = "this channel gives no money back for sellers' programs";
        return subject.told(ctx, AskStatus::Refused, message, REMEDY).await;
    };
    let now = ctx.now();
    if let Some(at) = wanted.ask.asked_at
        && !may_ask_again(Some(at), opened.timing.write_apply, now)
    {
        return Ok(look_again(at, now));
    }
    ask(ctx, sink, &wanted, (&subject, &number)).await
}

async fn ask(
    ctx: &JobCtx<'_>,
    sink: &dyn RefundSink,
    wanted: &RefundRecord,
    (subject, number): (&Subject<'_>, &str),
) -> Result<Finish, JobError> {
    let (id, now) = (wanted.id, ctx.now());
    let notice = RefundNotice {
        channel_order_id: number.to_owned(),
        amount: wanted.amount,
        lines: wanted
            .lines
            .iter()
            .map(|line| LineUnits {
                channel_line_id: line.channel_line_id.clone(),
                quantity: line.quantity,
            })
            .collect(),
        pay_out: wanted.pay_out,
        note: wanted.note.clone(),
        key: id.to_string(),
    };
    let asked = AskNote::of(AskStatus::Waiting, Some(now));
    if !ctx.tenant.note_asked(subject.asked, &asked).await? {
        return done("settled meanwhile");
    }
    let error = match sink.refund(&notice).await {
        Ok(made) => {
            let mut tx = ctx.tenant.begin().await?;
            if let Some(made) = &made {
                tx.name_refund(id, made).await?;
            }
            let refunded = AskNote::of(AskStatus::Done, Some(now));
            tx.note_asked(subject.asked, &refunded).await?;
            tx.resolve_alert(&subject.key).await?;
            tx.enqueue(super::pull_order(subject.account, number, now))
                .await?;
            tx.commit().await?;
            return done("given back");
        }
        Err(error) => error,
    };
    match said(&error) {
        Said::Refused | Said::Look => {
            let message = error.to_string();
            subject.told(ctx, AskStatus::Refused, &message, REMEDY).await
        }
        Said::NotHeard => subject.again(ctx, None, error, REMEDY).await,
        Said::Unknown => subject.again(ctx, Some(now), error, REMEDY).await,
    }
}
