//! `reports.pull`: asks for the reports an account wants on schedule. Each is made, and its file taken in, by a job of its own.

use stockbridge_domain::channel::options;
use stockbridge_domain::report::ReportState;
use stockbridge_store::{
    AccountRecord, Finish, PageQuery, ReportFilter, ReportRecord, RunProgress, RunState,
};

use super::{JobCtx, JobError, done, make_report};
use crate::caller::Refusal;
use crate::reports::{ReportRequest, is_under_way};

pub(super) const KIND: &str = "reports.pull";

/// Who wants a report that nobody asked for by hand.
const ACTOR: &str = "schedule";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let id = ctx.account()?;
    let Some(account) = ctx.tenant.account(id).await? else {
        return done("the store is gone");
    };
    let wanted = options::reports(&account.options);
    if wanted.is_empty() {
        return done("no report is wanted on schedule");
    }
    let run = match ctx.tenant.open_run(id, "reports").await? {
        Some(run) => Some(run.id),
        None => {
            let trigger = super::pull_orders::trigger(ctx);
            ctx.tenant.start_run(id, "reports", &trigger).await?
        }
    };
    let Some(run) = run else {
        return done("the store is gone");
    };
    let (mut asked, mut problems) = (0, Vec::new());
    for kind in &wanted {
        match ask(ctx, &account, kind).await? {
            Ok(true) => asked += 1,
            Ok(false) => {}
            Err(problem) => problems.push(format!("{kind}: {problem}")),
        }
    }
    let problem = (!problems.is_empty()).then(|| problems.join("; "));
    let mut tx = ctx.tenant.begin().await?;
    let progress = RunProgress {
        seen: asked,
        failed: i64::try_from(problems.len()).unwrap_or(0),
        ..RunProgress::default()
    };
    tx.progress_run(run, &progress).await?;
    let state = if problem.is_some() {
        RunState::Failed
    } else {
        RunState::Done
    };
    tx.end_run(run, state, problem.as_deref()).await?;
    tx.commit().await?;
    done(format!("{asked} reports asked for"))
}

/// Whether everything of its time was told: what a failed report was about is asked for once more.
fn told_all(report: &ReportRecord) -> bool {
    matches!(report.state, ReportState::Done | ReportState::Empty)
}

/// Asks for one, from where the last one of its kind that was told ended; false while one is being made.
async fn ask(
    ctx: &JobCtx<'_>,
    account: &AccountRecord,
    kind: &str,
) -> Result<Result<bool, String>, JobError> {
    let filter = ReportFilter {
        account: Some(account.id),
        kind: Some(kind.to_owned()),
    };
    let before = ctx.tenant.reports(&filter, &PageQuery::first(20)).await?.items;
    if before.iter().any(|report| is_under_way(report, ctx.now())) {
        return Ok(Ok(false));
    }
    let request = ReportRequest {
        kind: kind.to_owned(),
        from: before
            .iter()
            .find(|report| report.actor == ACTOR && told_all(report))
            .and_then(|report| report.to),
        ..ReportRequest::default()
    };
    let descriptor = ctx.hub.known_channel(account.channel.as_str())?.descriptor();
    // After a long pause the last so many days have to do.
    let whole = ReportRequest {
        from: None,
        ..request.clone()
    };
    let new = ctx
        .hub
        .checked_report(ACTOR, account, descriptor, &request)
        .or_else(|_| ctx.hub.checked_report(ACTOR, account, descriptor, &whole));
    let new = match new {
        Ok(new) => new,
        Err(Refusal::Fields(problems)) => {
            let told = problems.iter().map(|problem| problem.message.clone());
            return Ok(Err(told.collect::<Vec<_>>().join(", ")));
        }
        Err(other) => return Err(other.into()),
    };
    let mut tx = ctx.tenant.begin().await?;
    let id = tx.want_report(&new).await?;
    tx.enqueue(make_report(account.id, id, ctx.now())).await?;
    tx.commit().await?;
    Ok(Ok(true))
}
