//! `books.check`: proves that a tenant's books agree, beside the server's other work, and keeps what it found.

use std::time::Duration;

use stockbridge_store::{Finish, LedgerCheck, NewAlert, Severity, StoreError, TenantTx};

use super::{JobCtx, JobError, done};

pub(crate) const KIND: &str = "books.check";

/// The alert that tells of books that do not agree.
const ALERT: &str = "books.broken";
/// How often the lane is kept while the check goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let asked_by = ctx.job.payload.get("asked_by").and_then(|by| by.as_str());
    let began_at = ctx.now();
    let check = {
        let mut check = std::pin::pin!(ctx.tenant.check_ledger());
        loop {
            tokio::select! {
                biased;
                found = &mut check => break found?,
                () = tokio::time::sleep(SIGN_OF_LIFE) => ctx.keep_lane().await?,
            }
        }
    };
    let mut tx = ctx.tenant.begin().await?;
    tx.keep_check(asked_by.unwrap_or("upkeep"), began_at, &check)
        .await?;
    tell(&mut tx, &check).await?;
    tx.commit().await?;
    let broken = check.problems().count();
    match broken {
        0 => done(format!("{} entries: the books agree", check.entries)),
        _ => done(format!("{} entries: {broken} findings", check.entries)),
    }
}

/// Raises an alert when something is broken, takes it back when nothing is.
async fn tell(tx: &mut TenantTx, check: &LedgerCheck) -> Result<(), StoreError> {
    let Some(first) = check.findings.iter().find(|finding| finding.broken) else {
        tx.resolve_alert(ALERT).await?;
        return Ok(());
    };
    tx.raise_alert(NewAlert {
        kind: ALERT,
        severity: Severity::Critical,
        dedupe_key: ALERT.to_owned(),
        account: None,
        subject: first.row.clone(),
        title: format!("The books do not agree: {}", first.what),
        detail: format!(
            "{} findings in all, listed on the page Sync. What to do about this one: {}.",
            check.problems().count(),
            first.remedy
        ),
    })
    .await?;
    Ok(())
}
