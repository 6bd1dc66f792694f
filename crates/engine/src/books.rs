//! Checks of the books: asked for by people, made by the worker, once a day in any case.

use std::time::Duration;

use stockbridge_domain::TenantId;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{CheckRecord, JobFilter, JobState, NewAudit, PageQuery, StoreError};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// How old the last check may be before the upkeep asks for one.
const DAILY: Duration = Duration::from_secs(24 * 3_600);

/// What is known of the books.
#[derive(Debug, Clone, Default)]
pub struct BooksState {
    /// A check waits or is being made.
    pub under_way: bool,
    /// The last one.
    pub last: Option<CheckRecord>,
}

impl Hub {
    /// Has the tenant's books checked, unless that is about to happen already; the result is among
    /// [`Tenant::ledger_checks`](stockbridge_store::Tenant::ledger_checks) when it is done.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for viewers.
    pub async fn ask_books_check(&self, caller: &Caller) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.enqueue(job::check_books(caller.tenant, &caller.actor, self.env().now()))
            .await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "books.check",
            subject: "books",
            detail: "asked for",
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The last check of the books, and whether one is under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn books_state(&self, tenant: TenantId) -> Result<BooksState, StoreError> {
        let tenant = self.tenant(tenant);
        let mut under_way = false;
        for state in [JobState::Queued, JobState::Running] {
            let filter = JobFilter {
                state: Some(state),
                kind: Some(job::CHECK_BOOKS.to_owned()),
                account: None,
            };
            under_way |= !tenant.jobs(&filter, &PageQuery::first(1)).await?.items.is_empty();
        }
        Ok(BooksState {
            under_way,
            last: tenant.ledger_checks(1).await?.pop(),
        })
    }

    /// Asks for a check of every tenant whose last one is older than a day; returns how many.
    pub(crate) async fn check_daily(&self) -> Result<u64, StoreError> {
        let (now, mut asked) = (self.env().now(), 0);
        for record in self.store().system().tenants().await? {
            let tenant = self.tenant(record.id);
            let last = tenant.ledger_checks(1).await?.pop();
            let since = last.map_or(record.created_at, |check| check.began_at);
            if since.plus(DAILY) > now {
                continue;
            }
            let mut tx = tenant.begin().await?;
            tx.enqueue(job::check_books(record.id, "upkeep", now)).await?;
            tx.commit().await?;
            asked += 1;
        }
        Ok(asked)
    }
}
