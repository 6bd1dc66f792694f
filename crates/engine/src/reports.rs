//! Reports asked of channels: asking for one, and reading its file row by row.

use std::time::Duration;

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};
use serde::Serialize;
use serde_json::{Map, Value, json};
use stockbridge_domain::channel::{Capability, Descriptor, ReportKind};
use stockbridge_domain::report::{Cell, ReportColumn, Table};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ReportId, Timestamp};
use stockbridge_store::{
    AccountRecord, NewAudit, NewReport, PageQuery, ReportFilter, ReportPart, ReportRecord,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// What a report is about when nobody says: the last so long, or as long as its kind allows.
const USUAL_SPAN: Duration = Duration::from_secs(30 * 86_400);
/// Most rows handed out at once.
const MOST_ROWS: usize = 500;
/// Longest name of a kind.
const LONGEST_NAME: usize = 100;

/// A report as it is asked for.
#[derive(Debug, Clone, Default)]
pub struct ReportRequest {
    /// Of which kind, in the channel's words.
    pub kind: String,
    /// About what happened from this instant on.
    pub from: Option<Timestamp>,
    /// About what happened before this instant; now when nothing is said.
    pub to: Option<Timestamp>,
    /// The country site, by code or id; nothing for all of the account's.
    pub marketplace: Option<String>,
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportRow {
    /// Its line in the file; the line of names is 0.
    pub line: i64,
    /// What it says, by column: text, a whole number, an instant as text, or null.
    pub values: Map<String, Value>,
    /// The columns whose cell does not hold what the column holds; it is in `values` as it came.
    pub odd: Vec<String>,
}

/// Some rows of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReportRows {
    /// The columns, in the file's order.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<ReportRow>,
    /// The line to go on at; nothing at the end.
    pub next: Option<i64>,
}

impl Hub {
    /// Asks an account's channel for a report; answers it as it was written down.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a report that cannot be, [`Refusal::Conflict`] for a channel without reports, and for one that
    /// is being made already.
    pub async fn request_report(
        &self,
        caller: &Caller,
        account: AccountId,
        request: &ReportRequest,
    ) -> Result<ReportRecord, Refusal> {
        caller.require(Role::Operator)?;
        let record = self.existing(caller, account).await?;
        self.asks(&record, Capability::Reports, "make reports")?;
        let descriptor = self.known_channel(record.channel.as_str())?.descriptor();
        let new = self.checked_report(&caller.actor, &record, descriptor, request)?;
        let tenant = self.tenant(caller.tenant);
        let filter = ReportFilter {
            account: Some(account),
            kind: Some(new.kind.clone()),
        };
        let known = tenant.reports(&filter, &PageQuery::first(50)).await?;
        let now = self.env().now();
        let same = known.items.iter().find(|known| {
            is_under_way(known, now)
                && known.marketplace == new.marketplace
                && span(known) == (new.from, new.to)
        });
        if let Some(same) = same {
            return Err(Refusal::Conflict(format!(
                "this report is being made already ({}); it is shown when the channel has made it",
                same.id
            )));
        }
        let mut tx = tenant.begin().await?;
        let id = tx.want_report(&new).await?;
        tx.enqueue(job::make_report(account, id, self.env().now()))
            .await?;
        tx.audit(&NewAudit::of(&caller.actor, "report.request", &id.to_string()))
            .await?;
        tx.commit().await?;
        self.report(caller, id).await
    }

    /// Checks what is asked for and fills in what is not said.
    pub(crate) fn checked_report(
        &self,
        actor: &str,
        account: &AccountRecord,
        descriptor: &Descriptor,
        request: &ReportRequest,
    ) -> Result<NewReport, Refusal> {
        let name = request.kind.trim();
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            let example = descriptor.reports.first().map_or("", |kind| kind.name);
            let message =
                format!("write the channel's name of the report in capital letters, such as {example}");
            return Err(Refusal::field("kind", message));
        }
        let kind = kind_of(descriptor, name);
        let now = self.env().now();
        let (from, to) = match kind {
            // How things are now is about no time.
            Some(kind) if kind.span.is_none() => (None, None),
            Some(kind) => {
                let to = request.to.unwrap_or(now);
                let usual = kind.span.unwrap_or(USUAL_SPAN).min(USUAL_SPAN);
                (Some(request.from.unwrap_or_else(|| to.minus(usual))), Some(to))
            }
            None => (request.from, request.to),
        };
        if let (Some(from), Some(to)) = (from, to) {
            if from >= to || to > now {
                return Err(Refusal::field(
                    "from",
                    "give a time that is over, its beginning before its end",
                ));
            }
            let longest = kind.and_then(|kind| kind.span);
            if let Some(longest) = longest.filter(|longest| to.since(from) > *longest) {
                let days = longest.as_secs() / 86_400;
                let message = format!("this report may be about {days} days at most; ask for a shorter time");
                return Err(Refusal::field("from", message));
            }
        }
        Ok(NewReport {
            account: account.id,
            kind: name.to_owned(),
            marketplace: marketplace(descriptor, account, request.marketplace.as_deref())?,
            from,
            to,
            actor: actor.to_owned(),
        })
    }

    /// A report.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub async fn report(&self, caller: &Caller, id: ReportId) -> Result<ReportRecord, Refusal> {
        caller.require(Role::Viewer)?;
        let found = self.tenant(caller.tenant).report(id).await?;
        found.ok_or_else(|| {
            Refusal::NotFound(format!(
                "there is no report {id}; reports are forgotten after 30 days"
            ))
        })
    }

    /// The columns of a report's kind that are understood; none where it is only kept.
    pub async fn report_columns(
        &self,
        caller: &Caller,
        report: &ReportRecord,
    ) -> Result<&'static [ReportColumn], Refusal> {
        let account = self.existing(caller, report.account).await?;
        let descriptor = self.known_channel(account.channel.as_str())?.descriptor();
        Ok(kind_of(descriptor, &report.kind).map_or(&[], |kind| kind.columns))
    }

    /// Rows of a report from a line on; the first row is line 1.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such report, [`Refusal::Conflict`] while its file is not there.
    pub async fn report_rows(
        &self,
        caller: &Caller,
        id: ReportId,
        from: i64,
        limit: usize,
    ) -> Result<ReportRows, Refusal> {
        let report = self.report(caller, id).await?;
        let columns = self.report_columns(caller, &report).await?;
        let tenant = self.tenant(caller.tenant);
        let Some(first) = tenant
            .report_part(id, 0)
            .await?
            .filter(|_| !report.state.is_open())
        else {
            let message = format!("the report is {} and has no rows", report.state);
            return Err(Refusal::Conflict(message));
        };
        let media = report.media_type.as_deref();
        let head = text(&first.bytes, media);
        // A file without a column it should have is shown by its own names.
        let head = head.lines().next().unwrap_or_default();
        let table = Table::of(head, columns)
            .or_else(|_| Table::of(head, &[]))
            .unwrap_or_else(|_| Table::default());
        let mut rows = Vec::new();
        let (mut line, limit) = (from.max(1), limit.clamp(1, MOST_ROWS));
        while rows.len() < limit {
            let part = match line < first.first_line + first.lines {
                true => Some(first.clone()),
                false => tenant.report_part(id, line).await?,
            };
            let Some(part) = part else { break };
            line = take_rows(&table, &part, media, (line, limit), &mut rows);
        }
        Ok(ReportRows {
            columns: table.names().map(str::to_owned).collect(),
            next: (line < report.lines).then_some(line),
            rows,
        })
    }

    /// Notes in the audit log that somebody fetches a report's whole file.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such report, [`Refusal::Conflict`] while its file is not there.
    pub async fn fetch_report(&self, caller: &Caller, id: ReportId) -> Result<ReportRecord, Refusal> {
        caller.require(Role::Operator)?;
        let report = self.report(caller, id).await?;
        let tenant = self.tenant(caller.tenant);
        if report.state.is_open() || tenant.report_part(id, 0).await?.is_none() {
            let message = format!("the report is {} and has no file", report.state);
            return Err(Refusal::Conflict(message));
        }
        let mut tx = tenant.begin().await?;
        tx.audit(&NewAudit::of(&caller.actor, "report.read", &id.to_string()))
            .await?;
        tx.commit().await?;
        Ok(report)
    }
}

/// Whether a report is being made. One whose work was called off is not for ever.
pub(crate) fn is_under_way(report: &ReportRecord, now: Timestamp) -> bool {
    report.state.is_open() && now < report.created_at.plus(job::REPORT_PATIENCE)
}

fn span(report: &ReportRecord) -> (Option<Timestamp>, Option<Timestamp>) {
    (report.from, report.to)
}

pub(crate) fn kind_of(descriptor: &Descriptor, name: &str) -> Option<&'static ReportKind> {
    descriptor.reports.iter().find(|kind| kind.name == name)
}

/// The id of a country site the account sells on.
fn marketplace(
    descriptor: &Descriptor,
    account: &AccountRecord,
    asked: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let Some(asked) = asked.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let id = descriptor
        .marketplaces
        .iter()
        .find(|m| m.code.eq_ignore_ascii_case(asked) || m.id == asked)
        .map_or(asked, |m| m.id);
    if account.marketplaces.iter().any(|ours| ours == id) {
        return Ok(Some(id.to_owned()));
    }
    let message = format!("`{asked}` is not a country site of this account; leave it empty for all of them");
    Err(Refusal::field("marketplace", message))
}

/// A part's text, by the character set its media type names; else UTF-8 where it is that, and the western one where not.
pub(crate) fn text<'b>(bytes: &'b [u8], media_type: Option<&str>) -> std::borrow::Cow<'b, str> {
    encoding(bytes, media_type).decode(bytes).0
}

/// A character set by its name; also by that of Windows, which the web does not know for Japanese.
fn labelled(label: &str) -> Option<&'static Encoding> {
    match label.to_ascii_lowercase().as_str() {
        "cp932" | "windows-932" => Some(SHIFT_JIS),
        other => Encoding::for_label(other.as_bytes()),
    }
}

/// The character set of a part: the named one, or a guess where none is named.
pub(crate) fn encoding(bytes: &[u8], media_type: Option<&str>) -> &'static Encoding {
    let named = media_type
        .and_then(|kind| kind.split(';').find_map(|p| p.split_once('=')))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .and_then(|(_, label)| labelled(label.trim().trim_matches('"')));
    let guessed = match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    };
    named.unwrap_or(guessed)
}

/// Takes rows from a part, from a line on; answers the line after the last.
fn take_rows(
    table: &Table,
    part: &ReportPart,
    media: Option<&str>,
    (from, limit): (i64, usize),
    rows: &mut Vec<ReportRow>,
) -> i64 {
    let text = text(&part.bytes, media);
    let skip = usize::try_from(from - part.first_line).unwrap_or(0);
    for (line, content) in (from..).zip(text.lines().skip(skip)) {
        if rows.len() >= limit {
            return line;
        }
        rows.push(row(table, line, content));
    }
    // Whatever the text holds, the next part begins where this one says.
    part.first_line + part.lines
}

fn row(table: &Table, line: i64, content: &str) -> ReportRow {
    let (mut values, mut odd) = (Map::new(), Vec::new());
    for (name, cell) in table.row(content) {
        let value = match cell {
            Cell::Empty => Value::Null,
            Cell::Text(text) => json!(text),
            Cell::Integer(number) => json!(number),
            Cell::Time(at) => json!(at),
            Cell::Odd(text) => {
                odd.push(name.to_owned());
                json!(text)
            }
        };
        values.insert(name.to_owned(), value);
    }
    ReportRow { line, values, odd }
}
