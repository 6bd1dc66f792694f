//! What has to be done now and then, whoever does it: what nobody needs any more is forgotten, and the books are checked.
//!
//! Everything here may be done twice and by several processes at once, and in small bites: on the embedded database
//! whoever writes holds up everybody else.

use std::time::Duration;

use stockbridge_store::StoreError;
use tokio::sync::watch;

use crate::hub::Hub;

/// How often.
const EVERY: Duration = Duration::from_secs(3_600);
/// Rows in one transaction.
const BITE: i64 = 2_000;
/// How long a job that was done can be looked up.
const JOBS_KEPT: Duration = Duration::from_secs(14 * 86_400);
/// How long a request may be sent again under its idempotency key.
const REQUESTS_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// How long a message of a channel can be looked up and worked again, and is known when it is sent again.
const INBOX_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// How long a label or invoice can be fetched: it names a buyer.
const PAPERS_KEPT: Duration = Duration::from_secs(90 * 86_400);
/// How long a report can be looked at: it may name where buyers live.
const REPORTS_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Reports in one transaction: each may be many megabytes.
const REPORTS_BITE: i64 = 5;
/// How long what a channel said of an order is kept after it ended, which is before it was delivered: it may name the buyer.
const PAYLOADS_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// Jobs that were done.
    pub jobs: u64,
    /// Answers kept for requests that are sent again.
    pub requests: u64,
    /// Sessions and sign-in links that ended.
    pub signins: u64,
    /// Counts of the sync promise, added up to days or forgotten.
    pub promise: u64,
    /// Checks of tenants' books asked for.
    pub checks: u64,
    /// Checks of accounts asked for.
    pub account_checks: u64,
    /// Messages of channels that are old.
    pub inbox: u64,
    /// Labels and invoices that are old.
    pub papers: u64,
    /// Reports that are old.
    pub reports: u64,
    /// Orders that ended long ago, of which what was said is forgotten.
    pub orders: u64,
}

impl Hub {
    /// Forgets what nobody needs any more, tells of orders to be dispatched, and has books and accounts checked that were
    /// not for a day.
    ///
    /// # Errors
    /// When the database fails; what was forgotten until then is.
    pub async fn upkeep(&self) -> Result<Upkeep, StoreError> {
        let (system, now) = (self.store().system(), self.env().now());
        let mut done = Upkeep {
            requests: system.purge_requests(now.minus(REQUESTS_KEPT)).await?,
            signins: system.purge_signins().await? + system.purge_consents().await?,
            checks: self.check_daily().await?,
            account_checks: self.check_accounts_daily().await?,
            ..Upkeep::default()
        };
        self.watch_dispatch().await?;
        loop {
            let bite = system.purge_papers(now.minus(PAPERS_KEPT), BITE).await?;
            done.papers += bite;
            if bite == 0 {
                break;
            }
        }
        loop {
            let bite = system
                .purge_reports(now.minus(REPORTS_KEPT), REPORTS_BITE)
                .await?;
            done.reports += bite;
            if bite == 0 {
                break;
            }
        }
        loop {
            let bite = system.purge_done(now.minus(JOBS_KEPT), BITE).await?;
            done.jobs += bite;
            if bite == 0 {
                break;
            }
        }
        loop {
            let bite = system.purge_inbox(now.minus(INBOX_KEPT), BITE).await?;
            done.inbox += bite;
            if bite == 0 {
                break;
            }
        }
        loop {
            let bite = system
                .forget_order_payloads(now.minus(PAYLOADS_KEPT), BITE)
                .await?;
            done.orders += bite;
            if bite == 0 {
                break;
            }
        }
        loop {
            let bite = system.tidy_promise(BITE).await?;
            done.promise += bite;
            if bite == 0 {
                return Ok(done);
            }
        }
    }

    /// Does it now and every hour, until `shutdown` turns true.
    pub(crate) async fn keep_up(self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            match self.upkeep().await {
                Ok(done) if done != Upkeep::default() => {
                    tracing::info!(?done, "the upkeep is done")
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the upkeep failed; it is tried again in an hour"),
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = shutdown.changed() => {}
            }
        }
    }
}
