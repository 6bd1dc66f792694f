//! `report.make`: asks a channel for a report, waits until it is made, and takes its file in part by part.
//!
//! An answer that is missing is looked for before the channel is asked again; two reports of the same do no harm, but cost
//! quota. A file that breaks off is read anew from its beginning.

use std::time::Duration;

use bytes::Bytes;
use stockbridge_domain::channel::{
    ChannelError, Disposition, Fault, ReportFile, ReportProgress, ReportSource, ReportWish,
};
use stockbridge_domain::job::MAX_ATTEMPTS;
use stockbridge_domain::report::{ReportColumn, ReportState, Table};
use stockbridge_domain::{AccountId, ReportId};
use stockbridge_store::{
    Finish, PageQuery, ReportFileFacts, ReportFilter, ReportNote, ReportPart, ReportRecord,
};

use super::{JobCtx, JobError, done, preparing};
use crate::caller::Refusal;
use crate::reports::{encoding, kind_of};

pub(super) const KIND: &str = "report.make";

/// How long until a report that was just asked for is looked at.
const SOON: Duration = Duration::from_secs(15);
/// How long an answer that is missing is looked for before the channel is asked again.
const SHOWN_WITHIN: Duration = Duration::from_secs(600);
/// How long a channel may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2 * 86_400);
/// Bytes of one part of a file.
const PART: usize = 1024 * 1024;
/// Bytes of a line that is no line any more.
const LONGEST_LINE: usize = 4 * PART;
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
        // A store that was disconnected makes no report any more.
        Err(refusal) => return fail(ctx, id, &refusal.to_string()).await,
    };
    let Some(source) = opened.connection.reports() else {
        return fail(ctx, id, "this channel makes no reports").await;
    };
    let descriptor = ctx
        .hub
        .known_channel(opened.record.channel.as_str())?
        .descriptor();
    let columns = kind_of(descriptor, &report.kind).map_or(&[][..], |kind| kind.columns);
    let step = match (&report.file, &report.channel_report_id) {
        (Some(file), _) => fetch(ctx, source, id, file, columns).await,
        (None, Some(number)) => follow(ctx, source, &report, number, columns).await,
        (None, None) => ask(ctx, source, &report).await,
    };
    match step {
        Err(JobError::Channel(error)) if is_final(&error) => fail(ctx, id, &error.to_string()).await,
        Err(JobError::Channel(error)) if !waits(&error) && ctx.job.attempts + 1 >= MAX_ATTEMPTS => {
            let problem = format!("given up after {MAX_ATTEMPTS} attempts; the last answer was: {error}");
            fail(ctx, id, &problem).await
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
const fn waits(error: &ChannelError) -> bool {
    matches!(
        error.fault,
        Fault::Throttled | Fault::Credentials | Fault::Application
    )
}

async fn note(ctx: &JobCtx<'_>, id: ReportId, note: ReportNote) -> Result<(), JobError> {
    let mut tx = ctx.tenant.begin().await?;
    tx.note_report(id, &note).await?;
    Ok(tx.commit().await?)
}

async fn fail(ctx: &JobCtx<'_>, id: ReportId, problem: &str) -> Result<Finish, JobError> {
    let failed = ReportNote {
        state: Some(ReportState::Failed),
        problem: Some(problem.to_owned()),
        ..ReportNote::default()
    };
    note(ctx, id, failed).await?;
    done(problem)
}

async fn ask(ctx: &JobCtx<'_>, source: &dyn ReportSource, report: &ReportRecord) -> Result<Finish, JobError> {
    let now = ctx.now();
    if report.created_at.plus(PATIENCE) < now {
        let problem = "the channel has given no clear answer in two days; ask for it again";
        return fail(ctx, report.id, problem).await;
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
                return fail(ctx, report.id, &problem).await;
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
            fetch(ctx, source, report.id, &file, columns).await
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
            note(ctx, report.id, empty).await?;
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
            fail(ctx, report.id, &problem).await
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
    id: ReportId,
    file: &str,
    columns: &[ReportColumn],
) -> Result<Finish, JobError> {
    let mut file = source.open(file).await?;
    let mut tx = ctx.tenant.begin().await?;
    tx.drop_report_parts(id).await?;
    tx.commit().await?;
    let mut intake = Intake::new(columns);
    while let Some(bytes) = file.next().await? {
        keep(ctx, id, intake.take(&bytes, &*file)).await?;
    }
    keep(ctx, id, intake.rest(&*file)).await?;
    let (facts, problem) = intake.ended(file.media_type());
    let mut tx = ctx.tenant.begin().await?;
    tx.finish_report(id, &facts, problem.as_deref()).await?;
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

/// A file on its way in: cut into parts that end with a line, and looked through.
pub(crate) struct Intake<'c> {
    columns: &'c [ReportColumn],
    table: Option<Table>,
    buffer: Vec<u8>,
    facts: ReportFileFacts,
    problem: Option<String>,
    garbled: bool,
}

impl<'c> Intake<'c> {
    pub(crate) fn new(columns: &'c [ReportColumn]) -> Self {
        Self {
            columns,
            table: None,
            buffer: Vec::new(),
            facts: ReportFileFacts::default(),
            problem: None,
            garbled: false,
        }
    }

    /// The parts that are whole with these bytes.
    pub(crate) fn take(&mut self, bytes: &Bytes, file: &dyn ReportFile) -> Vec<ReportPart> {
        self.buffer.extend_from_slice(bytes);
        let mut parts = Vec::new();
        while self.buffer.len() >= PART {
            let end = self
                .buffer
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map(|at| at + 1);
            let end = match end {
                Some(end) => end,
                None if self.buffer.len() < LONGEST_LINE => break,
                None => self.buffer.len(),
            };
            let rest = self.buffer.split_off(end);
            let whole = std::mem::replace(&mut self.buffer, rest);
            parts.push(self.part(whole, file.media_type()));
        }
        parts
    }

    /// What is left at the end.
    pub(crate) fn rest(&mut self, file: &dyn ReportFile) -> Vec<ReportPart> {
        match std::mem::take(&mut self.buffer) {
            rest if rest.is_empty() => Vec::new(),
            rest => vec![self.part(rest, file.media_type())],
        }
    }

    fn part(&mut self, bytes: Vec<u8>, media_type: Option<&str>) -> ReportPart {
        let first_line = self.facts.lines;
        let ended = bytes.iter().filter(|byte| **byte == b'\n').count();
        let lines = ended + usize::from(bytes.last() != Some(&b'\n'));
        self.facts.lines += i64::try_from(lines).unwrap_or(i64::MAX);
        self.facts.bytes += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if !self.columns.is_empty() {
            self.look_through(&bytes, media_type, first_line == 0);
        }
        ReportPart {
            first_line,
            lines: i64::try_from(lines).unwrap_or(i64::MAX),
            bytes,
        }
    }

    fn look_through(&mut self, bytes: &[u8], media_type: Option<&str>, first: bool) {
        let (text, encoding, garbled) = encoding(bytes, media_type).decode(bytes);
        if garbled && !self.garbled {
            self.garbled = true;
            self.problem.get_or_insert(format!(
                "the file holds characters that are not of its character set ({}); they are shown as �",
                encoding.name()
            ));
        }
        let mut lines = text.lines();
        if first {
            match Table::of(lines.next().unwrap_or_default(), self.columns) {
                Ok(table) => self.table = Some(table),
                Err(missing) => self.problem = Some(missing),
            }
        }
        if let Some(table) = &self.table {
            let odd = lines.filter(|line| !line.is_empty() && !table.fits(line)).count();
            self.facts.odd_lines += i64::try_from(odd).unwrap_or(i64::MAX);
        }
    }

    /// What is to be told of the whole file.
    pub(crate) fn ended(self, media_type: Option<&str>) -> (ReportFileFacts, Option<String>) {
        let odd = self.facts.odd_lines;
        let told =
            (odd > 0).then(|| format!("{odd} lines are not as their columns have it; they are marked"));
        let facts = ReportFileFacts {
            media_type: media_type.map(str::to_owned),
            ..self.facts
        };
        (facts, self.problem.or(told))
    }
}
