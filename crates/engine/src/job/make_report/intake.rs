//! A report's file on its way in.

use bytes::Bytes;
use stockbridge_domain::channel::ReportFile;
use stockbridge_domain::report::{ReportColumn, ReportState, Table};
use stockbridge_store::{ReportFileFacts, ReportPart};

use crate::reports::encoding;

/// Bytes of one part of a file.
const PART: usize = 1024 * 1024;
/// Bytes of a line that is no line any more.
const LONGEST_LINE: usize = 4 * PART;

/// A file on its way in: cut into parts that end with a line, and looked through.
pub(super) struct Intake<'c> {
    columns: &'c [ReportColumn],
    table: Option<Table>,
    buffer: Vec<u8>,
    facts: ReportFileFacts,
    problem: Option<String>,
    garbled: bool,
}

impl<'c> Intake<'c> {
    pub(super) fn new(columns: &'c [ReportColumn]) -> Self {
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
    pub(super) fn take(&mut self, bytes: &Bytes, file: &dyn ReportFile) -> Vec<ReportPart> {
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
    pub(super) fn rest(&mut self, file: &dyn ReportFile) -> Vec<ReportPart> {
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
    pub(super) fn ended(self, media_type: Option<&str>) -> (ReportFileFacts, ReportState, Option<String>) {
        // Without a column it cannot be without, it is another file than the one asked for.
        let state = match self.columns.is_empty() || self.table.is_some() || self.facts.lines == 0 {
            true => ReportState::Done,
            false => ReportState::Failed,
        };
        let odd = self.facts.odd_lines;
        let told =
            (odd > 0).then(|| format!("{odd} lines are not as their columns have it; they are marked"));
        let facts = ReportFileFacts {
            media_type: media_type.map(str::to_owned),
            ..self.facts
        };
        (facts, state, self.problem.or(told))
    }
}

#[cfg(test)]
mod tests {
    use stockbridge_domain::report::ColumnKind;

    use super::*;

    const COLUMNS: &[ReportColumn] = &[ReportColumn {
        name: "sku",
        headers: &["seller-sku"],
        kind: ColumnKind::Text,
        required: true,
    }];

    fn ended(
        text: &[u8],
        columns: &[ReportColumn],
        media_type: Option<&str>,
    ) -> (ReportState, Option<String>) {
        let mut intake = Intake::new(columns);
        intake.part(text.to_vec(), media_type);
        let (_, state, problem) = intake.ended(media_type);
        (state, problem)
    }

    #[test]
    fn a_file_without_a_column_it_must_have_has_failed_whatever_else_is_in_it() {
        let (state, problem) = ended(b"sku\tprice\nA\t1\n", COLUMNS, None);
        assert_eq!(state, ReportState::Failed);
        assert!(problem.is_some_and(|why| why.contains("`seller-sku`")));
        let good = ended(b"price\tseller-sku\n1\tA\n", COLUMNS, None);
        assert_eq!(good, (ReportState::Done, None));
        assert_eq!(ended(b"anything", &[], None), (ReportState::Done, None));
    }

    #[test]
    fn japanese_files_are_read_by_the_name_windows_has_for_their_characters() {
        for media in ["text/plain; charset=Shift_JIS", "text/plain;Charset=\"Cp932\""] {
            let (text, _, garbled) = encoding(b"\x83\x65", Some(media)).decode(b"\x83\x65");
            assert_eq!((text.as_ref(), garbled), ("\u{30c6}", false), "{media}");
        }
    }
}
