//! Reports asked of channels, and their files in sealed parts.
//!
//! A file may be larger than memory: it is kept and read part by part, each part whole lines.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use stockbridge_domain::report::ReportState;
use stockbridge_domain::{AccountId, ReportId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, System, Tenant, TenantTx};

/// What parts are sealed for.
const PURPOSE: &str = "report";

/// A report to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Of which account.
    pub account: AccountId,
    /// Of which kind, in the channel's words.
    pub kind: String,
    /// The country site; nothing for all.
    pub marketplace: Option<String>,
    /// About what happened from here on.
    pub from: Option<Timestamp>,
    /// About what happened before.
    pub to: Option<Timestamp>,
    /// Who wants it.
    pub actor: String,
}

/// A report asked of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRecord {
    /// Its id.
    pub id: ReportId,
    /// Of which account.
    pub account: AccountId,
    /// Of which kind, in the channel's words.
    pub kind: String,
    /// The country site; nothing for all.
    pub marketplace: Option<String>,
    /// About what happened from here on.
    pub from: Option<Timestamp>,
    /// About what happened before.
    pub to: Option<Timestamp>,
    /// How far it is.
    pub state: ReportState,
    /// The channel's word for that.
    pub told: Option<String>,
    /// The channel's id of it.
    pub channel_report_id: Option<String>,
    /// The channel's name of the file.
    #[serde(skip)]
    pub file: Option<String>,
    /// The file's media type.
    pub media_type: Option<String>,
    /// Bytes of the file, unpacked.
    pub bytes: i64,
    /// Lines of the file, the line of names among them.
    pub lines: i64,
    /// Lines that are not as their columns have it.
    pub odd_lines: i64,
    /// Why it failed, or what is odd about it.
    pub problem: Option<String>,
    /// Who wanted it.
    pub actor: String,
    /// When.
    pub created_at: Timestamp,
    /// When the channel was asked.
    pub asked_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

/// What is new of a report; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportNote {
    /// How far it is.
    pub state: Option<ReportState>,
    /// The channel's word for that.
    pub told: Option<String>,
    /// The channel's id of it.
    pub channel_report_id: Option<String>,
    /// The channel's name of the file.
    pub file: Option<String>,
    /// When the channel was asked.
    pub asked_at: Option<Timestamp>,
    /// Why it failed, or what is odd about it.
    pub problem: Option<String>,
}

/// A file that has come whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFileFacts {
    /// Its media type.
    pub media_type: Option<String>,
    /// Its bytes, unpacked.
    pub bytes: i64,
    /// Its lines.
    pub lines: i64,
    /// Those that are not as their columns have it.
    pub odd_lines: i64,
}

/// A part of a report's file: whole lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPart {
    /// Number of its first line; 0 is the line of names.
    pub first_line: i64,
    /// Its lines.
    pub lines: i64,
    /// Its bytes, as they came.
    pub bytes: Vec<u8>,
}

/// Which reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this kind.
    pub kind: Option<String>,
}

const REPORT: &str = "id, account_id, kind, marketplace, from_at, to_at, state, told, channel_report_id, file, media_type, \
                      bytes, line_count, odd_lines, problem, actor, created_at, asked_at, finished_at";

fn record(row: &Row) -> Result<ReportRecord, StoreError> {
    Ok(ReportRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        kind: row.string(2)?,
        marketplace: row.opt_string(3)?,
        from: row.opt_time(4)?,
        to: row.opt_time(5)?,
        state: row.named(6, ReportState::parse)?,
        told: row.opt_string(7)?,
        channel_report_id: row.opt_string(8)?,
        file: row.opt_string(9)?,
        media_type: row.opt_string(10)?,
        bytes: row.int(11)?,
        lines: row.int(12)?,
        odd_lines: row.int(13)?,
        problem: row.opt_string(14)?,
        actor: row.string(15)?,
        created_at: row.time(16)?,
        asked_at: row.opt_time(17)?,
        finished_at: row.opt_time(18)?,
    })
}

impl TenantTx {
    /// Writes down that a report is wanted.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn want_report(&mut self, new: &NewReport) -> Result<ReportId, StoreError> {
        let id = self.env.id::<ReportId>();
        let sql = "INSERT INTO reports (tenant_id, id, account_id, kind, marketplace, from_at, to_at, state, bytes, \
                   line_count, odd_lines, actor, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, 0, 0, $8, $9)";
        let values = [
            self.key(),
            id.into(),
            new.account.into(),
            (&new.kind).into(),
            new.marketplace.clone().into(),
            new.from.into(),
            new.to.into(),
            (&new.actor).into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(id)
    }

    /// Notes what is new of a report; false when there is none that is still open.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_report(&mut self, id: ReportId, note: &ReportNote) -> Result<bool, StoreError> {
        let sql = "UPDATE reports SET state = COALESCE($3, state), told = COALESCE($4, told), \
                   channel_report_id = COALESCE($5, channel_report_id), file = COALESCE($6, file), \
                   asked_at = COALESCE($7, asked_at), problem = COALESCE($8, problem), finished_at = COALESCE($9, finished_at) \
                   WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'making')";
        let over = note.state.filter(|state| !state.is_open());
        let values = [
            self.key(),
            id.into(),
            note.state.map(|state| state.name().to_owned()).into(),
            note.told.clone().into(),
            note.channel_report_id.clone().into(),
            note.file.clone().into(),
            note.asked_at.into(),
            note.problem.clone().into(),
            over.map(|_| self.env.now()).into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }

    /// Forgets what came of a report's file, before it is read from its beginning.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_report_parts(&mut self, id: ReportId) -> Result<(), StoreError> {
        let sql = "DELETE FROM report_parts WHERE tenant_id = $1 AND report_id = $2";
        self.tx.exec(sql, &[self.key(), id.into()]).await?;
        Ok(())
    }

    /// Keeps a part of a report's file, packed and sealed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_report_part(&mut self, id: ReportId, part: &ReportPart) -> Result<(), StoreError> {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = packer.write_all(&part.bytes).and_then(|()| packer.finish());
        let packed = packed.map_err(StoreError::other)?;
        let sealer = self.sealer().await?;
        let sealed = sealer.seal(PURPOSE, &name(id, part.first_line), &packed)?;
        let sql = "INSERT INTO report_parts (tenant_id, report_id, first_line, line_count, sealed) \
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            self.key(),
            id.into(),
            part.first_line.into(),
            part.lines.into(),
            sealed.into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Ends a report whose file has come whole, as done or as failed; false when there is none that is still open.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn finish_report(
        &mut self,
        id: ReportId,
        facts: &ReportFileFacts,
        state: ReportState,
        problem: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE reports SET state = $9, media_type = $3, bytes = $4, line_count = $5, odd_lines = $6, \
                   problem = $7, finished_at = $8 \
                   WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'making')";
        let values = [
            self.key(),
            id.into(),
            facts.media_type.clone().into(),
            facts.bytes.into(),
            facts.lines.into(),
            facts.odd_lines.into(),
            problem.into(),
            self.env.now().into(),
            state.name().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

/// What a part is sealed under: it opens nowhere else.
fn name(id: ReportId, first_line: i64) -> String {
    format!("{id}/{first_line}")
}

impl Tenant {
    /// Reports, the latest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn reports(
        &self,
        wanted: &ReportFilter,
        query: &PageQuery,
    ) -> Result<Page<ReportRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", wanted.account);
        filter.and_some("kind = ?", wanted.kind.clone());
        if let Some([last]) = query.after("reports")? {
            let last = filter.param(last);
            filter.and(&format!("id < ${last}"));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {REPORT} FROM reports WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("reports", items, |last| [last.id.to_string()]))
    }

    /// One report.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn report(&self, id: ReportId) -> Result<Option<ReportRecord>, StoreError> {
        let sql = format!("SELECT {REPORT} FROM reports WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// The part of a report's file that a line is in; nothing beyond its end.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn report_part(&self, id: ReportId, line: i64) -> Result<Option<ReportPart>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT first_line, line_count, sealed FROM report_parts \
                   WHERE tenant_id = $1 AND report_id = $2 AND first_line <= $3 ORDER BY first_line DESC LIMIT 1";
        let values: [Value; 3] = [self.key(), id.into(), line.into()];
        let Some(row) = tx.query_opt(sql, &values).await? else {
            return Ok(None);
        };
        let (first_line, lines) = (row.int(0)?, row.int(1)?);
        if line >= first_line + lines {
            return Ok(None);
        }
        let packed = self
            .sealer(&mut tx)
            .await?
            .open(PURPOSE, &name(id, first_line), row.bytes(2)?)?;
        let mut bytes = Vec::new();
        let read = DeflateDecoder::new(packed.as_slice()).read_to_end(&mut bytes);
        read.map_err(StoreError::other)?;
        Ok(Some(ReportPart {
            first_line,
            lines,
            bytes,
        }))
    }
}

impl System {
    /// Forgets reports made before `before` with their files, some of them at a time; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_reports(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let old = "SELECT tenant_id, id FROM reports WHERE created_at < $1 ORDER BY created_at, id LIMIT $2";
        let values: [Value; 2] = [before.into(), limit.into()];
        let sql = format!("DELETE FROM report_parts WHERE (tenant_id, report_id) IN ({old})");
        tx.exec(&sql, &values).await?;
        let sql = format!("DELETE FROM reports WHERE (tenant_id, id) IN ({old})");
        let count = tx.exec(&sql, &values).await?;
        tx.commit().await?;
        Ok(count)
    }
}
