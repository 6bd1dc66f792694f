//! CSV: RFC 4180, separated by comma, semicolon or tab, as its first line shows.

use super::{Each, MAX_CELL, Row};

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Reads all records.
pub(super) fn read(text: &str, each: Each<'_>) -> Result<(), String> {
    let separator = separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut held: Option<(Row, usize)> = None;
    loop {
        let more = reader
            .read_record(&mut record)
            .map_err(|error| format!("the file cannot be read as CSV: {error}"))?;
        if !more {
            break;
        }
        // A record is passed on when the next one shows that it has ended.
        if let Some((row, _)) = held.take() {
            each(row)?;
        }
        let (start, line) = place(&record, text);
        held = Some((row(&record, line), start));
    }
    if let Some((row, start)) = held {
        if never_closed(text.get(start..).unwrap_or_default(), separator) {
            return Err(format!(
                "line {}: a quote is never closed; write a quote inside a quoted field twice",
                row.line
            ));
        }
        each(row)?;
    }
    Ok(())
}

/// Where a record begins and on which line, after the empty lines before it.
fn place(record: &csv::StringRecord, text: &str) -> (usize, usize) {
    let Some(place) = record.position() else {
        return (0, 0);
    };
    let start = usize::try_from(place.byte()).unwrap_or(0);
    let before = text.get(start..).unwrap_or_default();
    let breaks = &before[..before.len() - before.trim_start_matches(['\r', '\n']).len()];
    let skipped = breaks.bytes().filter(|b| *b == b'\n').count();
    (
        start + breaks.len(),
        usize::try_from(place.line()).unwrap_or(0) + skipped,
    )
}

fn row(record: &csv::StringRecord, line: usize) -> Row {
    let mut problems = Vec::new();
    let cells = record
        .iter()
        .enumerate()
        .map(|(at, cell)| {
            if cell.chars().nth(MAX_CELL).is_some() {
                let what = format!("it has more than {MAX_CELL} characters; a quote may not be closed");
                problems.push((at, what));
                String::new()
            } else if cell.trim_start().starts_with('=') {
                problems.push((
                    at,
                    "it is a formula; write its value (in Excel: paste as values)".to_owned(),
                ));
                String::new()
            } else {
                cell.to_owned()
            }
        })
        .collect();
    Row {
        line,
        cells,
        problems,
    }
}

/// What separates the names of the first line, most often.
fn separator(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|b| *b == separator).count();
    // Of those that come equally often the first: `max_by_key` would take the last.
    SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}

/// Whether the last record has a quoted field that goes on to the end of the file.
fn never_closed(tail: &str, separator: u8) -> bool {
    let odd = tail.bytes().filter(|b| *b == b'"').count() % 2 == 1;
    let opens = |pair: &[u8]| pair[1] == b'"' && (pair[0] == separator || pair[0] == b'\n');
    odd && (tail.trim_start().starts_with('"') || tail.as_bytes().windows(2).any(opens))
}
