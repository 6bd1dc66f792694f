//! What all jobs share that ask a channel for something a person wants: it is written down before it is asked for, an
//! answer that is missing is looked for before it is asked for again, and what came of it is told.

use std::time::Duration;

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::{ChannelError, Fault, OrderPage, OrderSnapshot};
use stockbridge_domain::job::MAX_ATTEMPTS;
use stockbridge_domain::{AccountId, OrderId, Timestamp};
use stockbridge_store::{Ask, AskNote, Asked, Finish, ImportAccount, ImportOutcome, NewAlert, Severity};

use super::{JobCtx, JobError, plan, read_back};
use crate::caller::Refusal;
use crate::connections::Opened;

/// How long until a channel that was just asked is looked at.
const SOON: Duration = Duration::from_secs(5);
/// The same for one that takes longer than usual.
const LATER: Duration = Duration::from_secs(120);
/// From when on it takes longer than usual.
const USUAL: Duration = Duration::from_secs(60);
/// How much longer than a channel's own bounds it may take until what it took shows.
const PATIENCE: Duration = Duration::from_secs(900);

/// What an error says of something that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The channel will not do it.
    Refused,
    /// It is not as we believed: look before anything is decided.
    Look,
    /// It was surely not done; it is asked for again.
    NotHeard,
    /// It may have been done.
    Unknown,
}

pub(super) fn said(error: &ChannelError) -> Said {
    match error.fault {
        Fault::Rejected | Fault::Forbidden => Said::Refused,
        Fault::NotFound | Fault::Conflict => Said::Look,
        Fault::Throttled | Fault::Unavailable | Fault::Credentials | Fault::Application => Said::NotHeard,
        Fault::Ambiguous | Fault::Contract => Said::Unknown,
    }
}

/// An ask in the words of alerts.
pub(super) struct Subject<'a> {
    pub(super) asked: Asked,
    pub(super) order: OrderId,
    /// The key of its alert.
    pub(super) key: String,
    /// Such as `The cancellation of order 171-1`.
    pub(super) what: String,
    /// The kind of its alerts.
    pub(super) kind: &'static str,
    pub(super) account: AccountId,
    pub(super) ask: &'a Ask,
}

impl Subject<'_> {
    /// The open connection; when the store cannot be opened any more, a person is told and the job ends.
    pub(super) async fn open(
        &self,
        ctx: &JobCtx<'_>,
        remedy: &str,
    ) -> Result<Result<Opened, Finish>, JobError> {
        match ctx.hub.open(ctx.tenant.id(), self.account).await {
            Ok(opened) => Ok(Ok(opened)),
            Err(Refusal::Store(error)) => Err(error.into()),
            Err(refusal) => {
                let message = refusal.to_string();
                self.told(ctx, AskStatus::Refused, &message, remedy)
                    .await
                    .map(Err)
            }
        }
    }

    /// It is done.
    pub(super) async fn done(&self, ctx: &JobCtx<'_>) -> Result<(), JobError> {
        let mut tx = ctx.tenant.begin().await?;
        tx.note_asked(self.asked, &AskNote::of(AskStatus::Done, self.ask.asked_at))
            .await?;
        tx.resolve_alert(&self.key).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The channel refused it, or nobody knows what became of it: a person is told.
    pub(super) async fn told(
        &self,
        ctx: &JobCtx<'_>,
        status: AskStatus,
        message: &str,
        remedy: &str,
    ) -> Result<Finish, JobError> {
        let mut tx = ctx.tenant.begin().await?;
        let note = AskNote::of(status, self.ask.asked_at).saying(message);
        tx.note_asked(self.asked, &note).await?;
        let how = match status {
            AskStatus::Unclear => "is not known to be done",
            _ => "was refused by the channel",
        };
        tx.raise_alert(NewAlert {
            kind: self.kind,
            severity: Severity::Critical,
            dedupe_key: self.key.clone(),
            account: Some(self.account),
            subject: Some(self.order.to_string()),
            title: format!("{} {how}", self.what),
            detail: format!("{message}. {remedy}"),
        })
        .await?;
        tx.commit().await?;
        super::done(format!("{}: {message}", status.name()))
    }

    /// Notes what an error said and gives it back, so that it is tried again; after the last attempt a person is told.
    pub(super) async fn again(
        &self,
        ctx: &JobCtx<'_>,
        asked_at: Option<Timestamp>,
        error: ChannelError,
        remedy: &str,
    ) -> Result<Finish, JobError> {
        let waits = matches!(
            error.fault,
            Fault::Throttled | Fault::Credentials | Fault::Application
        );
        if !waits && ctx.job.attempts + 1 >= MAX_ATTEMPTS {
            let message = format!("given up after {MAX_ATTEMPTS} attempts; the last answer was: {error}");
            return self.told(ctx, AskStatus::Unclear, &message, remedy).await;
        }
        let note = AskNote::of(self.ask.status, asked_at).saying(error.to_string());
        ctx.tenant.note_asked(self.asked, &note).await?;
        Err(error.into())
    }
}

/// When to look again at what was asked for at `asked_at`.
pub(super) fn look_again(asked_at: Timestamp, now: Timestamp) -> Finish {
    let pause = if now.since(asked_at) < USUAL { SOON } else { LATER };
    Finish::Snooze {
        until: now.plus(pause),
        reason: "the channel was asked; what became of it is looked up".to_owned(),
    }
}

/// Whether what a channel took should long have been seen.
pub(super) fn overdue(opened: &Opened, asked_at: Timestamp, now: Timestamp) -> bool {
    asked_at.plus(opened.timing.write_apply + opened.timing.order_visibility + PATIENCE) < now
}

/// Takes in one order as its channel shows it now, like a page of one.
pub(super) async fn take_in(
    ctx: &JobCtx<'_>,
    opened: &Opened,
    snapshot: OrderSnapshot,
) -> Result<ImportOutcome, JobError> {
    let account = opened.record.id;
    let page = OrderPage {
        orders: vec![snapshot],
        ..OrderPage::default()
    };
    let page = page.plausible();
    let import = ImportAccount {
        id: account,
        connected_at: opened.record.connected_at,
    };
    let mut tx = ctx.tenant.begin().await?;
    let outcome = tx.import_orders(&import, &page.orders).await?;
    tx.quarantine(account, "order", &page.unreadable).await?;
    crate::notices::raise(&mut tx, Some(account), &outcome.notices).await?;
    if outcome.reread {
        tx.enqueue(read_back(account, ctx.now())).await?;
    }
    if tx.has_marked() {
        tx.enqueue(plan(ctx.tenant.id(), ctx.now())).await?;
    }
    tx.commit().await?;
    Ok(outcome)
}
