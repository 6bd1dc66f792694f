//! `report.make`: asks a channel for a report, waits until it is made, and takes its file in part by part.
//!
//! An answer that is missing is looked for before the channel is asked again; two reports of the same do no harm, but cost
//! quota. A file that breaks off is read anew from its beginning.

mod intake;

use std::time::Duration;

use stockbridge_domain::channel::{
    ChannelError, Disposition, Fault, ReportProgress, ReportSource, ReportWish,
};
use stockbridge_domain::job::MAX_ATTEMPTS;
use stockbridge_domain::report::{ReportColumn, ReportState};
use stockbridge_domain::{AccountId, ReportId};
use stockbridge_store::{
    Finish, NewAlert, PageQuery, ReportFilter, ReportNote, ReportPart, ReportRecord, Severity, TenantTx,
};

use super::{JobCtx, JobError, done, preparing};
use crate::caller::Refusal;
use crate::reports::kind_of;
use intake::Intake;

pub(super) const KIND: &str = "report.make";

/// How long until a report that was just asked for is looked at.
const SOON: Duration = Duration::from_secs(15);
/// How long an answer that is missing is looked for before the channel is asked again.
const SHOWN_WITHIN: Duration = Duration::from_secs(600);
/// How long a channel may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2 * 86_400);
/// Characters that are told of a file that says why there is no report.
const TOLD: usize = 300;

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let id = ctx.job.payload.get("report").and_then(|id| id.as_str());
    let id: ReportId = id
        .and_then(|id| id.parse().ok())
        .ok_or(JobError::Malformed("report"))?;
    let Some(report) = ctx.tenant.report(id).await? else {
        return done("the report is gone");
    };
    if !report.state.is_open() {
        return done(format!("{} before", report.state));
    }
    let opened = match ctx.hub.open(ctx.tenant.id(), account).await {
        Ok(opened) => opened,
        Err(Refusal::Store(error)) => return Err(error.into()),
        Err(Refusal::Channel(error)) => return Err(error.into()),
        // It would be open for ever otherwise, and no other of its kind would be asked for.
        Err(refusal) => return fail(ctx, &report, &refusal.to_string()).await,
    };
    let Some(source) = opened.connection.reports() else {
        return fail(ctx, &report, "this channel makes no reports").await;
    };
    let descriptor = ctx
        .hub
        .known_channel(opened.record.channel.as_str())?
        .descriptor();
    let columns = kind_of(descriptor, &report.kind).map_or(&[][..], |kind| kind.columns);
    let step = match (&report.file, &report.channel_report_id) {
        (Some(file), _) => fetch(ctx, source, &report, file, columns).await,
        (None, Some(number)) => follow(ctx, source, &report, number, columns).await,
        (None, None) => ask(ctx, source, &report).await,
    };
    match step {
        Err(JobError::Channel(error)) if is_final(&error) => fail(ctx, &report, &error.to_string()).await,
        Err(JobError::Channel(error)) if !waits(&error) && ctx.job.attempts + 1 >= MAX_ATTEMPTS => {
            let problem = format!("given up after {MAX_ATTEMPTS} attempts; the last answer was: {error}");
            fail(ctx, &report, &problem).await
        }
        other => other,
    }
}

/// Whether asking again would be answered the same.
fn is_final(error: &ChannelError) -> bool {
    matches!(error.fault, Fault::NotFound | Fault::Contract)
        || error.fault.disposition() == Disposition::FinishRejected
}

/// Whether the work waits for its turn, or for a person, however long that takes.
fn waits(error: &ChannelError) -> bool {
    matches!(
        error.fault.disposition(),
        Disposition::Snooze | Disposition::ParkAccount | Disposition::AlarmOperator
    )
}

async fn note(ctx: &JobCtx<'_>, id: ReportId, note: ReportNote) -> Result<(), JobError> {
    let mut tx = ctx.tenant.begin().await?;
    tx.note_report(id, &note).await?;
    Ok(tx.commit().await?)
}

/// The key of the alert about reports of a kind that fail.
fn alert_key(report: &ReportRecord) -> String {
    format!("report:{}:{}", report.account, report.kind)
}

/// Tells people that a report failed: most are asked for by a schedule, and nobody looks.
async fn tell(tx: &mut TenantTx, report: &ReportRecord, problem: &str) -> Result<(), JobError> {
    tx.raise_alert(NewAlert {
        kind: "report.failed",
        severity: Severity::Warning,
        dedupe_key: alert_key(report),
        account: Some(report.account),
        subject: Some(report.id.to_string()),
        title: format!("The report {} failed", report.kind),
        detail: format!("{problem}. The next report of this kind that comes resolves this."),
    })
    .await?;
    Ok(())
}

/// Ends a report with what is wrong with it.
async fn fail(ctx: &JobCtx<'_>, report: &ReportRecord, problem: &str) -> Result<Finish, JobError> {
    let failed = ReportNote {
        state: Some(ReportState::Failed),
        problem: Some(problem.to_owned()),
        ..ReportNote::default()
    };
    let mut tx = ctx.tenant.begin().await?;
    tx.note_report(report.id, &failed).await?;
    tell(&mut tx, report, problem).await?;
    tx.commit().await?;
    done(problem)
}

async fn ask(ctx: &JobCtx<'_>, source: &dyn ReportSource, report: &ReportRecord) -> Result<Finish, JobError> {
    let now = ctx.now();
    if report.created_at.plus(PATIENCE) < now {
        let problem = "the channel has given no clear answer in two days; ask for it again";
        return fail(ctx, report, problem).await;
    }
    if let Some(at) = report.asked_at {
        let known = known(ctx, report.account, &report.kind).await?;
        if let Some(number) = source.find(&report.kind, at, &known).await? {
            return asked(ctx, report.id, number).await;
        }
        if now < at.plus(SHOWN_WITHIN) {
            return Ok(preparing(now.plus(SOON * 4)));
        }
    }
    let wish = ReportWish {
        kind: report.kind.clone(),
        from: report.from,
        to: report.to,
        marketplace: report.marketplace.clone(),
    };
    match source.request(&wish).await {
        Ok(number) => asked(ctx, report.id, number).await,
        Err(error) if error.fault == Fault::Ambiguous => {
            let looked_for = ReportNote {
                asked_at: Some(now),
                ..ReportNote::default()
            };
            note(ctx, report.id, looked_for).await?;
            Ok(preparing(now.plus(SOON)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The channel's ids of reports of this kind that are known already.
async fn known(ctx: &JobCtx<'_>, account: AccountId, kind: &str) -> Result<Vec<String>, JobError> {
    let filter = ReportFilter {
        account: Some(account),
        kind: Some(kind.to_owned()),
    };
    let found = ctx.tenant.reports(&filter, &PageQuery::first(100)).await?;
    Ok(found
        .items
        .into_iter()
        .filter_map(|r| r.channel_report_id)
        .collect())
}

async fn asked(ctx: &JobCtx<'_>, id: ReportId, number: String) -> Result<Finish, JobError> {
    let now = ctx.now();
    let making = ReportNote {
        state: Some(ReportState::Making),
        channel_report_id: Some(number),
        asked_at: Some(now),
        ..ReportNote::default()
    };
    note(ctx, id, making).await?;
    Ok(preparing(now.plus(SOON)))
}

/// Looks how far the channel is.
async fn follow(
    ctx: &JobCtx<'_>,
    source: &dyn ReportSource,
    report: &ReportRecord,
    number: &str,
    columns: &[ReportColumn],
) -> Result<Finish, JobError> {
    match source.progress(number).await? {
        ReportProgress::Making(word, at) => {
            let since = report.asked_at.unwrap_or(report.created_at);
            if since.plus(PATIENCE) < ctx.now() {
                let problem =
                    format!("the channel has not made it in two days (it says {word}); ask for it again");
                return fail(ctx, report, &problem).await;
            }
            if report.told.as_ref() != Some(&word) {
                let told = ReportNote {
                    told: Some(word),
                    ..ReportNote::default()
                };
                note(ctx, report.id, told).await?;
            }
            Ok(preparing(at))
        }
        ReportProgress::Ready(file) => {
            let ready = ReportNote {
                file: Some(file.clone()),
                ..ReportNote::default()
            };
            note(ctx, report.id, ready).await?;
            fetch(ctx, source, report, &file, columns).await
        }
        ReportProgress::Empty => {
            let empty = ReportNote {
                state: Some(ReportState::Empty),
                problem: Some(
                    "the channel has nothing to report of that time, or somebody called it off there"
                        .to_owned(),
                ),
                ..ReportNote::default()
            };
            let mut tx = ctx.tenant.begin().await?;
            tx.note_report(report.id, &empty).await?;
            tx.resolve_alert(&alert_key(report)).await?;
            tx.commit().await?;
            done("nothing to report")
        }
        ReportProgress::Failed(file) => {
            let why = match file {
                Some(file) => said(source, &file).await.unwrap_or_default(),
                None => String::new(),
            };
            let problem = match why.trim() {
                "" => "the channel could not make it and does not say why; ask for it again in half an hour"
                    .to_owned(),
                why => format!("the channel could not make it: {why}"),
            };
            fail(ctx, report, &problem).await
        }
    }
}

/// The beginning of a file that says why there is no report.
async fn said(source: &dyn ReportSource, file: &str) -> Result<String, ChannelError> {
    let mut file = source.open(file).await?;
    let bytes = file.next().await?.unwrap_or_default();
    let text = crate::reports::text(&bytes, file.media_type()).into_owned();
    Ok(text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(TOLD)
        .collect())
}

/// Takes the file in.
async fn fetch(
    ctx: &JobCtx<'_>,
    source: &dyn ReportSource,
    report: &ReportRecord,
    file: &str,
    columns: &[ReportColumn],
) -> Result<Finish, JobError> {
    let id = report.id;
    let mut file = source.open(file).await?;
    let mut tx = ctx.tenant.begin().await?;
    tx.drop_report_parts(id).await?;
    tx.commit().await?;
    let mut intake = Intake::new(columns);
    while let Some(bytes) = file.next().await? {
        keep(ctx, id, intake.take(&bytes, &*file)).await?;
    }
    keep(ctx, id, intake.rest(&*file)).await?;
    let (facts, state, problem) = intake.ended(file.media_type());
    let mut tx = ctx.tenant.begin().await?;
    tx.finish_report(id, &facts, state, problem.as_deref()).await?;
    match state {
        ReportState::Failed => tell(&mut tx, report, problem.as_deref().unwrap_or_default()).await?,
        _ => {
            tx.resolve_alert(&alert_key(report)).await?;
        }
    }
    tx.commit().await?;
    done(format!("{} lines", facts.lines))
}

async fn keep(ctx: &JobCtx<'_>, id: ReportId, parts: Vec<ReportPart>) -> Result<(), JobError> {
    for part in parts {
        let mut tx = ctx.tenant.begin().await?;
        tx.keep_report_part(id, &part).await?;
        tx.commit().await?;
        ctx.keep_lane().await?;
    }
    Ok(())
}
