//! Durable work: one file per kind, and the one place that turns an outcome into what happens next.
//!
//! | kind | lane | what it does |
//! | --- | --- | --- |
//! | `orders.pull` | account/orders | pages of changed orders into the store, then settles exposures |
//! | `listings.pull` | account/listings | all listings into the store |
//! | `inventory.pull` | account/listings | has every listing read back and planned anew: the periodic full pass |
//! | `returns.pull` | account/orders | pages of announced returns into the store |
//! | `finance.pull` | account/finance | what money moved into the store |
//! | `warehouse.pull` | account/warehouse | what lies in the channel's own warehouse into the store |
//! | `offers.plan` | tenant/plan | dirty products into due listings |
//! | `offers.push` | account/listings | due listings onto the wire |
//! | `offers.bulk` | account/bulk | very many due quantities as one batch, and what became of each |
//! | `listings.read_back` | account/listings | what the channel really shows |
//! | `prices.plan` | tenant/prices | marked listings into due prices, on time when a sale begins or ends |
//! | `prices.push` | account/listings | due prices onto the wire |
//! | `shipment.confirm` | account/fulfilment | a parcel onto the wire |
//! | `order.cancel` | account/orders | asks a channel to call an order off, and looks what became of it |
//! | `order.refund` | account/orders | has a channel give money back |
//! | `papers.fetch` | account/fulfilment | a parcel's labels and invoices, also again before they expire |
//! | `reports.pull` | account/reports | asks for the reports an account wants on schedule |
//! | `report.make` | account/reports | has a channel make a report, and takes its file in |
//! | `parcel.hand_over` | account/fulfilment | tells a channel that a parcel is ready to be fetched |
//! | `orders.expire` | account/orders | an own order that was not paid in time is called off |
//! | `order.pull` | account/orders | one order a channel announced |
//! | `listings.mark` | account/listings | announced listings, to be read back now |
//! | `account.probe` | account/orders | whether the account is still allowed in, because its channel said it might not be |
//! | `webhooks.register` | account/listings | has the channel send what happens |
//! | `account.check` | account/care | the daily look after an account; brings a paused one back |
//! | `books.check` | tenant/books | proves that balances, reservations, exposures and references agree |
//!
//! A handler is safe to run twice, takes ids rather than data, holds no transaction across a network call, and answers
//! what the store's queue should do with the job. Errors are not handled at call sites: `settle` does it for all.

mod ask;
mod cancel_order;
mod check_account;
mod check_books;
mod confirm_shipment;
mod expire_order;
mod fetch_papers;
mod hand_over;
mod make_report;
mod mark_listings;
mod new;
mod plan_offers;
mod plan_prices;
mod probe_account;
mod pull_finance;
mod pull_inventory;
mod pull_listings;
mod pull_order;
mod pull_orders;
mod pull_reports;
mod pull_returns;
mod pull_warehouse;
mod push_bulk;
mod push_offers;
mod push_prices;
mod read_back;
mod refund_order;
mod register_webhooks;

pub(crate) use check_books::KIND as CHECK_BOOKS;
pub(crate) use make_report::PATIENCE as REPORT_PATIENCE;
use new::pull_earlier_orders;
pub(crate) use new::{
    cancel_order, check_account, check_books, confirm_shipment, expire_order, fetch_papers, hand_over, lane,
    make_report, mark_listings, plan, plan_prices, probe_account, pull, pull_order, push, push_bulk,
    push_price, read_back, refund_order, register_webhooks, renew_papers,
};
pub(crate) use pull_order::KIND as PULL_ORDER;
pub(crate) use pull_returns::arrived_key;

use std::time::Duration;

use stockbridge_domain::channel::{ChannelError, Disposition, Fault};
use stockbridge_domain::job::{MAX_ATTEMPTS, backoff};
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{AccountStatus, Finish, Job, Lease, NewAlert, Severity, StoreError, Tenant};

use crate::Hub;
use crate::caller::Refusal;

/// Why a job waits for what the channel is still preparing.
pub(crate) const PREPARING: &str = "the channel is preparing the answer";
/// How long a job waits when the channel says only "too many".
const DEFAULT_SNOOZE: Duration = Duration::from_secs(5);
/// How long work waits that only the operator can repair.
const OPERATOR_SNOOZE: Duration = Duration::from_secs(300);

/// What a handler is given.
pub(crate) struct JobCtx<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) tenant: Tenant,
    pub(crate) job: &'a Job,
    pub(crate) lease: &'a Lease,
}

impl JobCtx<'_> {
    pub(crate) fn account(&self) -> Result<AccountId, JobError> {
        self.job.account.ok_or(JobError::Malformed("account_id"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.hub.env().now()
    }

    /// Keeps the lane; when it is lost somebody else does this work, and this worker must stop at once.
    pub(crate) async fn keep_lane(&self) -> Result<(), JobError> {
        if self
            .hub
            .store()
            .system()
            .renew(self.lease, crate::worker::LEASE)
            .await?
        {
            Ok(())
        } else {
            Err(JobError::LaneLost)
        }
    }
}

/// Why a handler did not come to its end.
#[derive(Debug)]
pub(crate) enum JobError {
    Channel(ChannelError),
    Refused(Refusal),
    Store(StoreError),
    LaneLost,
    Malformed(&'static str),
}

impl From<ChannelError> for JobError {
    fn from(error: ChannelError) -> Self {
        Self::Channel(error)
    }
}
impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
impl From<Refusal> for JobError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Store(error),
            Refusal::Channel(error) => Self::Channel(error),
            other => Self::Refused(other),
        }
    }
}

/// A handler's good end.
pub(crate) fn done(outcome: impl Into<String>) -> Result<Finish, JobError> {
    Ok(Finish::Done {
        outcome: outcome.into(),
    })
}

/// The channel is still preparing what was asked for.
fn preparing(until: Timestamp) -> Finish {
    Finish::Snooze {
        until,
        reason: PREPARING.to_owned(),
    }
}

/// Runs a job and says what is to become of it; `None` when the lane was lost and nothing may be written.
pub(crate) async fn run(ctx: &JobCtx<'_>) -> Option<Finish> {
    let messages = match crate::intake::awaited(ctx).await {
        Ok(messages) => messages,
        Err(error) => return settle(ctx, Err(error.into())).await,
    };
    let result = match ctx.job.kind.as_str() {
        pull_orders::KIND => pull_orders::run(ctx).await,
        pull_returns::KIND => pull_returns::run(ctx).await,
        pull_listings::KIND => pull_listings::run(ctx).await,
        pull_inventory::KIND => pull_inventory::run(ctx).await,
        pull_finance::KIND => pull_finance::run(ctx).await,
        pull_reports::KIND => pull_reports::run(ctx).await,
        pull_warehouse::KIND => pull_warehouse::run(ctx).await,
        plan_offers::KIND => plan_offers::run(ctx).await,
        push_offers::KIND => push_offers::run(ctx).await,
        push_bulk::KIND => push_bulk::run(ctx).await,
        plan_prices::KIND => plan_prices::run(ctx).await,
        push_prices::KIND => push_prices::run(ctx).await,
        read_back::KIND => read_back::run(ctx).await,
        confirm_shipment::KIND => confirm_shipment::run(ctx).await,
        refund_order::KIND => refund_order::run(ctx).await,
        make_report::KIND => make_report::run(ctx).await,
        fetch_papers::KIND => fetch_papers::run(ctx).await,
        hand_over::KIND => hand_over::run(ctx).await,
        cancel_order::KIND => cancel_order::run(ctx).await,
        expire_order::KIND => expire_order::run(ctx).await,
        check_books::KIND => check_books::run(ctx).await,
        pull_order::KIND => pull_order::run(ctx).await,
        mark_listings::KIND => mark_listings::run(ctx, &messages).await,
        probe_account::KIND => probe_account::run(ctx).await,
        register_webhooks::KIND => register_webhooks::run(ctx).await,
        check_account::KIND => check_account::run(ctx).await,
        other => Ok(Finish::Dead {
            error: format!("no handler for `{other}`; this version does not know the kind"),
        }),
    };
    let finish = settle(ctx, result).await?;
    if !messages.is_empty()
        && let Err(error) = crate::intake::worked(ctx, &messages, &finish).await
    {
        tracing::warn!(job.id = %ctx.job.id, %error, "what came of a message could not be noted");
    }
    Some(finish)
}

/// What happens after a handler: the only place that decides.
async fn settle(ctx: &JobCtx<'_>, result: Result<Finish, JobError>) -> Option<Finish> {
    let (job, now) = (ctx.job, ctx.now());
    match result {
        Ok(finish) => {
            if let (Some(account), Finish::Done { .. }) = (job.account, &finish)
                && let Err(error) = ctx.tenant.note_ok(account).await
            {
                tracing::warn!(job.id = %job.id, %error, "a success could not be noted");
            }
            Some(finish)
        }
        Err(JobError::LaneLost) => None,
        Err(JobError::Malformed(field)) => Some(Finish::Dead {
            error: format!("the job's `{field}` is missing; cancel it and sync again"),
        }),
        Err(JobError::Refused(refusal)) => Some(Finish::Done {
            outcome: format!("not needed any more: {refusal}"),
        }),
        Err(JobError::Store(error)) => {
            tracing::warn!(job.id = %job.id, job.kind = job.kind, %error, "the database failed under `{}`", job.kind);
            Some(retry(ctx, error.to_string()))
        }
        Err(JobError::Channel(error)) => {
            if error.fault != Fault::Throttled {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, fault = error.fault.name(), %error, "`{}` failed", job.kind);
            }
            if let Err(store) = report(ctx, &error).await {
                tracing::error!(job.id = %job.id, %store, "a fault could not be recorded: {error}");
            }
            Some(finish_for(ctx, &error, now))
        }
    }
}

fn finish_for(ctx: &JobCtx<'_>, error: &ChannelError, now: Timestamp) -> Finish {
    match error.fault.disposition() {
        Disposition::Snooze => Finish::Snooze {
            until: error
                .retry_at
                .unwrap_or_else(|| now.plus(DEFAULT_SNOOZE))
                .max(now),
            reason: error.message.clone(),
        },
        Disposition::ParkAccount | Disposition::AlarmOperator => Finish::Snooze {
            until: now.plus(OPERATOR_SNOOZE),
            reason: error.message.clone(),
        },
        Disposition::FinishRejected => Finish::Done {
            outcome: format!("refused: {error}"),
        },
        Disposition::Backoff | Disposition::ReadBack | Disposition::Refresh | Disposition::Quarantine => {
            retry(ctx, error.to_string())
        }
    }
}

fn retry(ctx: &JobCtx<'_>, error: String) -> Finish {
    let attempt = ctx.job.attempts + 1;
    if attempt >= MAX_ATTEMPTS {
        return Finish::Dead { error };
    }
    Finish::Retry {
        at: ctx.now().plus(backoff(attempt, ctx.hub.env().below(u64::MAX))),
        error,
    }
}

/// Records a fault where people look: the account's state, and an alert when somebody has to act.
async fn report(ctx: &JobCtx<'_>, error: &ChannelError) -> Result<(), StoreError> {
    match ctx.job.account {
        Some(account) if error.fault != Fault::Throttled => report_for(ctx, account, error).await,
        _ => Ok(()),
    }
}

/// The same for an account that is not the job's own.
async fn report_for(ctx: &JobCtx<'_>, account: AccountId, error: &ChannelError) -> Result<(), StoreError> {
    let failures = ctx.tenant.note_error(account, &error.to_string()).await?;
    let (kind, severity, title, detail) = match error.fault.disposition() {
        Disposition::ParkAccount => (
            "account.reauthorise",
            Severity::Critical,
            "The channel refuses the store's authorisation".to_owned(),
            format!(
                "{error}. Its work is paused and nothing is lost. Authorise it again here, or connect it again with new \
                 credentials; its work goes on where it stopped: {}",
                ctx.hub.repair_link(account)
            ),
        ),
        Disposition::AlarmOperator => (
            "application.refused",
            Severity::Critical,
            "The channel refuses this hub's own application".to_owned(),
            format!("{error}. Check the application's client id and secret; no store did anything wrong."),
        ),
        Disposition::FinishRejected | Disposition::Quarantine => (
            "sync.refused",
            Severity::Warning,
            format!("`{}` was refused or could not be read", error.operation),
            error.to_string(),
        ),
        _ => {
            return ctx
                .hub
                .pause_failing(ctx.tenant.id(), account, failures, error)
                .await;
        }
    };
    let mut tx = ctx.tenant.begin().await?;
    if error.fault == Fault::Credentials {
        tx.set_account_status(account, AccountStatus::NeedsReauthorisation, Some(&error.message))
            .await?;
        tx.pause_lanes(account, "waiting for a new authorisation").await?;
    }
    tx.raise_alert(NewAlert {
        kind,
        severity,
        dedupe_key: match error.fault {
            Fault::Credentials => reauthorise_key(account),
            _ => format!("{kind}:{account}:{}", error.operation),
        },
        account: Some(account),
        subject: Some(account.to_string()),
        title,
        detail,
    })
    .await?;
    tx.commit().await?;
    if error.fault == Fault::Credentials {
        ctx.hub.account_changed(account);
        return Ok(());
    }
    ctx.hub
        .pause_failing(ctx.tenant.id(), account, failures, error)
        .await
}

/// The key of the alert that asks for a new authorisation; connecting resolves it.
pub(crate) fn reauthorise_key(account: AccountId) -> String {
    format!("account.reauthorise:{account}")
}
