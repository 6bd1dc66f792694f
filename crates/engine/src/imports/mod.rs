//! Files of products and mappings: checked as a whole, told row by row, written all or nothing unless asked otherwise.

mod export;
mod mappings;
mod product_rows;
mod products;

use std::collections::HashMap;

use serde::Serialize;

pub use export::PRODUCT_COLUMNS;

use crate::caller::Refusal;
use crate::sheet::{self, Row};

/// Most problems told one by one.
const MOST_TOLD: usize = 500;

/// How a file is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Check and tell only; nothing is written.
    pub dry_run: bool,
    /// Write the good rows and leave the bad ones out, instead of nothing.
    pub skip_bad: bool,
}

/// What became of a file, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Nothing was to be written.
    pub dry_run: bool,
    /// Something was written.
    pub written: bool,
    /// Rows, without the heading.
    pub rows: usize,
    /// Of these, new.
    pub created: usize,
    /// Of these, there already and different.
    pub updated: usize,
    /// Of these, there already and the same.
    pub unchanged: usize,
    /// Of these, with something wrong.
    pub refused: usize,
    /// Counts of stock that came with them.
    pub counted: usize,
    /// What is wrong, in the order of the file.
    pub problems: Vec<RowProblem>,
    /// More problems than are told.
    pub problems_left_out: usize,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// Where it is in the file, as spreadsheets count.
    pub row: usize,
    /// The column's name; empty for the row as a whole.
    pub column: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl RowProblem {
    fn new(row: usize, column: &str, message: impl Into<String>) -> Self {
        Self {
            row,
            column: column.to_owned(),
            message: message.into(),
        }
    }
}

impl ImportReport {
    /// Puts the problems in order and keeps as many as are told.
    fn tell(&mut self, mut problems: Vec<RowProblem>) {
        problems.sort_by_key(|problem| problem.row);
        let mut rows: Vec<usize> = problems.iter().map(|problem| problem.row).collect();
        rows.dedup();
        self.refused = rows.len();
        self.problems_left_out = problems.len().saturating_sub(MOST_TOLD);
        problems.truncate(MOST_TOLD);
        self.problems = problems;
    }
}

/// The names of the columns and where they are.
#[derive(Debug)]
struct Heading {
    places: HashMap<&'static str, usize>,
    names: Vec<String>,
}

impl Heading {
    /// Reads the first row.
    fn read(row: &Row, known: &[&'static str], needed: &[&str]) -> Result<Self, Vec<RowProblem>> {
        let mut problems = Vec::new();
        let mut places = HashMap::new();
        let names: Vec<String> = row.cells.iter().map(|name| name.trim().to_lowercase()).collect();
        for (place, name) in names.iter().enumerate() {
            match known.iter().find(|known| *known == name) {
                Some(known) => {
                    if places.insert(*known, place).is_some() {
                        problems.push(RowProblem::new(
                            row.line,
                            name,
                            "the column is there twice; leave one out",
                        ));
                    }
                }
                None if name.is_empty() => {}
                None => {
                    let message = format!("unknown column; there can be {}", known.join(", "));
                    problems.push(RowProblem::new(row.line, &sheet::shown(name), message));
                }
            }
        }
        for needed in needed.iter().filter(|needed| !places.contains_key(*needed)) {
            problems.push(RowProblem::new(
                row.line,
                needed,
                "the column is missing; the first row names the columns",
            ));
        }
        if problems.is_empty() {
            Ok(Self { places, names })
        } else {
            Err(problems)
        }
    }

    /// What is wrong with a row before its cells are understood.
    fn problems(&self, row: &Row) -> Vec<RowProblem> {
        let name = |place: usize| self.names.get(place).map_or("", String::as_str);
        let mut problems: Vec<RowProblem> = row
            .problems
            .iter()
            .map(|(place, message)| RowProblem::new(row.line, name(*place), message))
            .collect();
        let beyond = |(place, cell): (usize, &String)| name(place).is_empty() && !cell.trim().is_empty();
        if row.cells.iter().enumerate().any(beyond) {
            let message = "there is a value below no heading; quote fields that hold a separator, or a quote is missing";
            problems.push(RowProblem::new(row.line, "", message));
        }
        problems
    }

    /// A cell: nothing when the file has no such column, empty when the cell is.
    fn cell<'r>(&self, row: &'r Row, column: &str) -> Option<&'r str> {
        let place = *self.places.get(column)?;
        Some(
            row.cells
                .get(place)
                .map_or("", |cell| sheet::unguarded(cell.trim())),
        )
    }
}

/// Does work that keeps a processor busy where it holds up nobody else.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        Refusal::field(
            "file",
            "the file could not be read; save it anew in a spreadsheet, or as CSV",
        )
    })
}
