//! Rows of reports: tab-separated text whose columns are found by their names, so that added or moved ones do not matter.
//!
//! What cannot be read as its column's kind stays as it came and is told; a missing column that matters is an error of the
//! whole file.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::listing::named;

named! {
    /// What a column holds.
    ColumnKind {
        /// Words, kept as they are.
        Text = "text",
        /// A whole number.
        Integer = "integer",
        /// An amount or another decimal, kept as text so that nothing is rounded.
        Decimal = "decimal",
        /// An instant.
        Time = "time",
    }
}

named! {
    /// How far a report is.
    ReportState {
        /// It is to be asked for.
        Waiting = "waiting",
        /// The channel is making it.
        Making = "making",
        /// It is there.
        Done = "done",
        /// There was nothing to report, or it was called off at the channel.
        Empty = "empty",
        /// It could not be made, fetched or read.
        Failed = "failed",
    }
}

impl ReportState {
    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Making)
    }
}

/// A column that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportColumn {
    /// Our name of it.
    pub name: &'static str,
    /// The channel's names of it, one of which is in the first line.
    pub headers: &'static [&'static str],
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether a file without it is no file of this kind.
    pub required: bool,
}

/// What is in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'t> {
    /// Nothing.
    Empty,
    /// Words, or a decimal.
    Text(&'t str),
    /// A whole number.
    Integer(i64),
    /// An instant.
    Time(Timestamp),
    /// Something else than the column holds.
    Odd(&'t str),
}

/// A file's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    known: Option<ColumnKind>,
}

impl Table {
    /// Reads the first line.
    ///
    /// # Errors
    /// Which required column is missing.
    pub fn of(head: &str, known: &[ReportColumn]) -> Result<Self, String> {
        let heads: Vec<&str> = cells(head.trim_start_matches('\u{feff}'))
            .map(str::trim)
            .collect();
        let is =
            |column: &ReportColumn, head: &str| column.headers.iter().any(|h| h.eq_ignore_ascii_case(head));
        let missing = known
            .iter()
            .find(|column| column.required && !heads.iter().any(|head| is(column, head)));
        if let Some(column) = missing {
            return Err(format!(
                "the column `{}` is missing; if the channel renamed it, the hub needs an update",
                column.headers.first().unwrap_or(&column.name)
            ));
        }
        let column = |head: &&str| match known.iter().find(|column| is(column, head)) {
            Some(column) => Column {
                name: column.name.to_owned(),
                known: Some(column.kind),
            },
            None => Column {
                name: (*head).to_owned(),
                known: None,
            },
        };
        Ok(Self {
            columns: heads.iter().map(column).collect(),
        })
    }

    /// The columns' names: ours where they are understood, the channel's elsewhere.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// A row's cells in the order of the columns. A row that is too short has no more cells; what is too long is left out
    /// and told by [`Self::fits`].
    pub fn row<'t, 's: 't>(&'s self, line: &'t str) -> impl Iterator<Item = (&'s str, Cell<'t>)> + 't {
        self.columns
            .iter()
            .zip(cells(line))
            .map(|(column, text)| (column.name.as_str(), cell(column.known, text)))
    }

    /// Whether a row has as many cells as there are columns, and each holds what its column holds.
    pub fn fits(&self, line: &str) -> bool {
        cells(line).count() == self.columns.len()
            && self.row(line).all(|(_, cell)| !matches!(cell, Cell::Odd(_)))
    }
}

/// A line's cells. Quotes mean nothing: they are part of a title.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.trim_end_matches('\r').split('\t')
}

fn cell(kind: Option<ColumnKind>, text: &str) -> Cell<'_> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Cell::Empty;
    }
    match kind {
        None => Cell::Text(text),
        Some(ColumnKind::Text) => Cell::Text(trimmed),
        Some(ColumnKind::Integer) => trimmed.parse().map_or(Cell::Odd(trimmed), Cell::Integer),
        Some(ColumnKind::Decimal) if is_decimal(trimmed) => Cell::Text(trimmed),
        Some(ColumnKind::Decimal) => Cell::Odd(trimmed),
        Some(ColumnKind::Time) => Timestamp::parse(trimmed).map_or(Cell::Odd(trimmed), Cell::Time),
    }
}

/// Digits with at most one point or comma, and a sign.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let marks = digits.bytes().filter(|b| matches!(b, b'.' | b',')).count();
    marks <= 1
        && digits.len() > marks
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[ReportColumn] = &[
        ReportColumn {
            name: "sku",
            headers: &["seller-sku", "出品者SKU"],
            kind: ColumnKind::Text,
            required: true,
        },
        ReportColumn {
            name: "quantity",
            headers: &["quantity"],
            kind: ColumnKind::Integer,
            required: false,
        },
        ReportColumn {
            name: "price",
            headers: &["price"],
            kind: ColumnKind::Decimal,
            required: false,
        },
        ReportColumn {
            name: "updated_at",
            headers: &["last-updated-date"],
            kind: ColumnKind::Time,
            required: false,
        },
    ];

    #[test]
    fn columns_are_found_by_name_wherever_they_are() {
        let table = Table::of("\u{feff}price\tnew-one\tSELLER-SKU\tquantity\r", KNOWN).unwrap();
        let names: Vec<_> = table.names().collect();
        assert_eq!(names, ["price", "new-one", "sku", "quantity"]);
        let row: Vec<_> = table.row("12,50\ta \"b\tMUG\t 3 \r").collect();
        assert_eq!(
            row,
            [
                ("price", Cell::Text("12,50")),
                ("new-one", Cell::Text("a \"b")),
                ("sku", Cell::Text("MUG")),
                ("quantity", Cell::Integer(3)),
            ]
        );
        assert!(table.fits("\t\tMUG\t"));
        assert!(!table.fits("MUG"), "too short");
        let missing = Table::of("price\tquantity", KNOWN).unwrap_err();
        assert!(missing.contains("`seller-sku`"), "{missing}");
    }

    #[test]
    fn what_is_not_what_its_column_holds_stays_as_it_came() {
        let table = Table::of("seller-sku\tquantity\tprice\tlast-updated-date", KNOWN).unwrap();
        let row: Vec<_> = table
            .row("A\tmany\t1.2.3\tyesterday")
            .map(|(_, cell)| cell)
            .collect();
        assert_eq!(
            row,
            [
                Cell::Text("A"),
                Cell::Odd("many"),
                Cell::Odd("1.2.3"),
                Cell::Odd("yesterday")
            ]
        );
        assert!(!table.fits("A\tmany\t1\t2026-11-01T00:00:00Z"));
        assert!(table.fits("A\t-4\t-.5\t2026-11-01T00:00:00+00:00"));
    }
}
