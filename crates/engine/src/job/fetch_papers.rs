//! `papers.fetch`: has a channel make a parcel's labels and invoices, waits for them, keeps them, and fetches them again two
//! hours before they expire.
//!
//! Asking again for the same parcel makes no second one, by the port's contract; so an answer that is missing is asked for
//! again.

use std::time::Duration;

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::options::{AUTODISPATCH, flag};
use stockbridge_domain::channel::{Paper, Papers, ParcelRequest, ShippedLine};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{ParcelId, Timestamp};
use stockbridge_store::{AskNote, Asked, Finish, NewAlert, ParcelRecord, Severity};

use super::ask::{Said, Subject, said};
use super::{JobCtx, JobError, done};
use crate::connections::Opened;

pub(super) const KIND: &str = "papers.fetch";

/// How long before papers expire they are fetched again.
const RENEW_BEFORE: Duration = Duration::from_secs(2 * 3_600);
/// How long a channel may take to make papers.
const PATIENCE: Duration = Duration::from_secs(7 * 86_400);
/// How long until papers that are being made are asked for again at the soonest.
const SOON: Duration = Duration::from_secs(2);

const REMEDY: &str = "Correct what it names and ask for the papers again, or print them at the channel.";

/// When papers are to be fetched again; nothing for those that stay good.
pub(super) fn renew_at(papers: &[Paper], now: Timestamp) -> Option<Timestamp> {
    let first = papers.iter().filter_map(|paper| paper.expires_at).min()?;
    // Papers that are good for less than four hours are renewed when half of that is over.
    let half = first.since(now) / 2;
    Some(first.minus(RENEW_BEFORE).max(now.plus(half)))
}

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id = parcel_of(ctx)?;
    let renewal = ctx
        .job
        .payload
        .get("renewal")
        .is_some_and(|renewal| renewal == true);
    let Some(parcel) = ctx.tenant.parcel(id).await? else {
        return done("the parcel is gone");
    };
    let Some(order) = ctx.tenant.order(parcel.order).await? else {
        return done("the order is gone");
    };
    let ended = matches!(order.order.status, OrderStatus::Shipped | OrderStatus::Cancelled);
    match (renewal, parcel.ask.status) {
        (true, AskStatus::Done) if !ended => {}
        (true, _) => return done("not needed any more"),
        (false, AskStatus::Waiting | AskStatus::Accepted) => {}
        (false, status) => return done(format!("{status} before")),
    }
    let number = &order.order.channel_order_id;
    let subject = Subject {
        asked: Asked::Parcel(id),
        order: parcel.order,
        key: format!("papers:{id}"),
        what: format!("The label of order {number}"),
        kind: "papers.refused",
        account,
        ask: &parcel.ask,
    };
    let opened = match subject.open(ctx, REMEDY).await? {
        Ok(opened) => opened,
        Err(finish) => return Ok(finish),
    };
    let Some(source) = opened.connection.papers() else {
        let message = "this channel makes no papers for sellers' programs";
        return subject.told(ctx, AskStatus::Refused, message, REMEDY).await;
    };
    let now = ctx.now();
    let request = request(&parcel, number);
    let error = match source.papers(&request).await {
        Ok(Papers::Ready { papers, tracking }) => {
            return keep(ctx, &opened, &parcel, &papers, tracking.as_ref()).await;
        }
        Ok(Papers::Pending(at)) => {
            let since = parcel.ask.asked_at.unwrap_or(now);
            if !renewal && since.plus(PATIENCE) < now {
                let message = "the channel has not made them in all that time";
                return subject.told(ctx, AskStatus::Unclear, message, REMEDY).await;
            }
            let making = AskNote::of(AskStatus::Accepted, Some(since));
            ctx.tenant.note_asked(subject.asked, &making).await?;
            return Ok(super::preparing(at.max(now.plus(SOON))));
        }
        Err(error) => error,
    };
    let refused = matches!(said(&error), Said::Refused | Said::Look);
    match (refused, renewal) {
        (true, false) => {
            let message = error.to_string();
            subject.told(ctx, AskStatus::Refused, &message, REMEDY).await
        }
        (true, true) => not_renewed(ctx, &subject, &error.to_string()).await,
        (false, false) => subject.again(ctx, parcel.ask.asked_at, error, REMEDY).await,
        (false, true) => Err(error.into()),
    }
}

pub(super) fn parcel_of(ctx: &JobCtx<'_>) -> Result<ParcelId, JobError> {
    let id = ctx.job.payload.get("parcel").and_then(|id| id.as_str());
    id.and_then(|id| id.parse().ok())
        .ok_or(JobError::Malformed("parcel"))
}

pub(super) fn request(parcel: &ParcelRecord, number: &str) -> ParcelRequest {
    ParcelRequest {
        channel_order_id: number.to_owned(),
        parcel: u32::try_from(parcel.parcel).unwrap_or(1),
        lines: parcel
            .lines
            .iter()
            .map(|line| ShippedLine {
                channel_line_id: line.channel_line_id.clone(),
                quantity: line.quantity,
            })
            .collect(),
        weight_grams: parcel.weight_grams,
        size_mm: parcel.size_mm,
        invoice_number: parcel.invoice_number.clone(),
    }
}

/// Papers, what follows from them, and when they are fetched again, in one transaction.
async fn keep(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    parcel: &ParcelRecord,
    papers: &[Paper],
    tracking: Option<&(String, String)>,
) -> Result<Finish, JobError> {
    let (account, now) = (opened.record.id, ctx.now());
    let mut tx = ctx.tenant.begin().await?;
    tx.keep_papers(parcel.id, papers, tracking).await?;
    tx.resolve_alert(&format!("papers:{}", parcel.id)).await?;
    if let Some(at) = renew_at(papers, now) {
        tx.enqueue(super::renew_papers(account, parcel.id, at)).await?;
    }
    if flag(&opened.record.options, AUTODISPATCH) && parcel.handed_over_at.is_none() {
        tx.enqueue(super::hand_over(account, parcel.id, now)).await?;
    }
    tx.commit().await?;
    done(match papers.len() {
        0 => "made, but the channel gives out no paper; print it there".to_owned(),
        many => format!("{many} papers"),
    })
}

/// Papers that will expire could not be fetched again: they stay until then, and a person is told.
async fn not_renewed(ctx: &JobCtx<'_>, subject: &Subject<'_>, message: &str) -> Result<Finish, JobError> {
    let mut tx = ctx.tenant.begin().await?;
    tx.raise_alert(NewAlert {
        kind: "papers.expiring",
        severity: Severity::Warning,
        dedupe_key: subject.key.clone(),
        account: Some(subject.account),
        subject: Some(subject.order.to_string()),
        title: format!("{} expires and could not be fetched again", subject.what),
        detail: format!("{message}. Use it before it expires, or ask for it again on the order's page."),
    })
    .await?;
    tx.commit().await?;
    done(format!("not fetched again: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockbridge_domain::channel::PaperKind;

    fn paper(expires: Option<i64>) -> Paper {
        Paper {
            kind: PaperKind::Label,
            media_type: "application/pdf".into(),
            bytes: Vec::new().into(),
            expires_at: expires.map(Timestamp::from_secs),
        }
    }

    #[test]
    fn papers_are_renewed_two_hours_before_the_first_expires() {
        let now = Timestamp::from_secs(0);
        assert_eq!(renew_at(&[paper(None)], now), None);
        let day = renew_at(&[paper(Some(90_000)), paper(Some(86_400))], now);
        assert_eq!(day, Some(Timestamp::from_secs(86_400 - 7_200)));
        assert_eq!(
            renew_at(&[paper(Some(3_600))], now),
            Some(Timestamp::from_secs(1_800)),
            "not at once, again and again"
        );
    }
}
