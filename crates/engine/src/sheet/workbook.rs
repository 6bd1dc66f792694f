//! XLSX: the first sheet, cell by cell. A file is measured unpacked before anything of it is read.

use std::io::{Cursor, Read, copy, sink};

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::{Each, MAX_CELL, MAX_COLUMNS, Row};

/// Most bytes of a workbook's parts together, unpacked.
const MAX_UNPACKED: u64 = 128 * 1024 * 1024;
/// Most bytes of its table of texts, unpacked: all of it is kept while cells are read.
const MAX_TEXTS: u64 = 32 * 1024 * 1024;
/// Most parts.
const MAX_PARTS: usize = 2_000;

/// Reads the first sheet.
pub(super) fn read(bytes: &[u8], each: Each<'_>) -> Result<(), String> {
    measure(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let sheets = book.sheet_names();
    let first = sheets.first().ok_or("the workbook has no sheet")?.clone();
    let mut cells = book
        .worksheet_cells_reader(&first)
        .map_err(|error| broken(&error))?;
    let mut row: Option<Row> = None;
    while let Some(cell) = cells.next_cell_with_formula().map_err(|error| broken(&error))? {
        let (line, column) = (cell.pos.0 as usize + 1, cell.pos.1 as usize);
        if matches!(cell.value, DataRef::Empty) && cell.formula.is_none() {
            continue;
        }
        if column >= MAX_COLUMNS {
            return Err(format!("row {line} has more than {MAX_COLUMNS} columns"));
        }
        if row.as_ref().is_some_and(|row| row.line != line) {
            let done = row.take().map(|row| (row.line, each(row)));
            if let Some((before, result)) = done {
                result?;
                if before > line {
                    return Err(format!(
                        "row {line} comes after row {before}; save the file anew in a spreadsheet"
                    ));
                }
            }
        }
        let row = row.get_or_insert_with(|| Row {
            line,
            cells: Vec::new(),
            problems: Vec::new(),
        });
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        match text(&cell.value, cell.formula.is_some()) {
            Ok(text) => row.cells[column] = text,
            Err(problem) => row.problems.push((column, problem)),
        }
    }
    row.map_or(Ok(()), each)
}

/// A cell as text, or why it is none.
fn text(value: &DataRef<'_>, formula: bool) -> Result<String, String> {
    if formula {
        return Err("it is a formula; write its value (in Excel: paste as values)".to_owned());
    }
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => fifteen_digits(*number),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Error(error) => return Err(format!("it holds the error {error}; write a value")),
        // A spreadsheet takes `1-2` for a date.
        _ => return Err("it holds a date; format the column as text and write it again".to_owned()),
    };
    if text.chars().nth(MAX_CELL).is_some() {
        return Err(format!("it has more than {MAX_CELL} characters; shorten it"));
    }
    Ok(text)
}

/// A number as spreadsheets show it: what they compute has 15 digits, the rest is noise of binary fractions.
fn fifteen_digits(number: f64) -> String {
    format!("{number:.14e}")
        .parse::<f64>()
        .map_or_else(|_| number.to_string(), |rounded| rounded.to_string())
}

fn broken(error: &XlsxError) -> String {
    match error {
        XlsxError::Password => "the workbook has a password; save it without one".to_owned(),
        other => format!("this is not an XLSX workbook ({other}); save it anew in a spreadsheet, or as CSV"),
    }
}

/// Unpacks every part into nothing, so that what a file claims of its size need not be believed.
fn measure(bytes: &[u8]) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))
        .map_err(|_| "this is a damaged or incomplete file; send it again".to_owned())?;
    if archive.len() > MAX_PARTS {
        return Err(format!(
            "the workbook has more than {MAX_PARTS} parts; save only the sheet in question"
        ));
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive
            .by_index(index)
            .map_err(|_| "a part of the file cannot be unpacked; save it anew in a spreadsheet".to_owned())?;
        let texts = part
            .name()
            .is_ok_and(|name| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
        let most = if texts { left.min(MAX_TEXTS) } else { left };
        let size = copy(&mut part.take(most + 1), &mut sink())
            .map_err(|_| "a part of the file is damaged; send it again".to_owned())?;
        if size > most {
            return Err("unpacked, the workbook is too large; split it up, or send it as CSV".to_owned());
        }
        left -= size;
    }
    Ok(())
}
