//! Tables that people send as files, CSV or XLSX, read row by row; and every reason why a file cannot be read, in words.
//!
//! What a file is, its first bytes say: names and media types are often wrong.

mod delimited;
mod workbook;

/// The largest file, in bytes.
pub const MAX_FILE: usize = 16 * 1024 * 1024;
/// Most rows of a file, without the heading.
pub const MAX_ROWS: usize = 50_000;
/// Most columns.
const MAX_COLUMNS: usize = 200;
/// Most characters of a cell: what Excel itself allows.
const MAX_CELL: usize = 32_767;

/// A row of a table; the first is the heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Where it is in the file, as spreadsheets and editors count: the heading is on 1.
    pub line: usize,
    /// The text of each cell.
    pub cells: Vec<String>,
    /// What is wrong with a cell, by its place.
    pub problems: Vec<(usize, String)>,
}

/// What is done with each row; an error ends the reading.
type Each<'a> = &'a mut dyn FnMut(Row) -> Result<(), String>;

/// Reads a file row by row; rows without anything in them are left out.
///
/// # Errors
/// Why the file cannot be read, with the remedy. Rows before the place have been given to `each` then.
pub(crate) fn read(bytes: &[u8], each: Each<'_>) -> Result<(), String> {
    if bytes.len() > MAX_FILE {
        return Err(format!("the file has more than {MAX_FILE} bytes; split it up"));
    }
    let mut rows = 0;
    let mut counted = |row: Row| {
        if row.cells.iter().all(|cell| cell.trim().is_empty()) && row.problems.is_empty() {
            return Ok(());
        }
        if row.cells.len() > MAX_COLUMNS {
            return Err(format!("row {} has more than {MAX_COLUMNS} columns", row.line));
        }
        rows += 1;
        if rows > MAX_ROWS + 1 {
            return Err(format!("the file has more than {MAX_ROWS} rows; split it up"));
        }
        each(row)
    };
    match kind(bytes)? {
        Kind::Workbook => workbook::read(bytes, &mut counted)?,
        Kind::Text(text) => delimited::read(text, &mut counted)?,
    }
    match rows {
        0 => Err("the file is empty; its first row names the columns".to_owned()),
        1 => Err("the file has a heading but no rows".to_owned()),
        _ => Ok(()),
    }
}

enum Kind<'a> {
    Workbook,
    Text(&'a str),
}

fn kind(bytes: &[u8]) -> Result<Kind<'_>, String> {
    let told = |text: &str| Err(text.to_owned());
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Workbook);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return told(
            "this is an old Excel file or one with a password; save it as XLSX without a password, or as CSV",
        );
    }
    if bytes.starts_with(b"%PDF") {
        return told("this is a PDF; send a CSV or XLSX file");
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return told("the text is in UTF-16; save it as CSV in UTF-8 (in Excel: \"CSV UTF-8\")");
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return told(
            "this is no text and no XLSX file; save it as CSV in UTF-8 (in Excel: \"CSV UTF-8\") or as XLSX",
        );
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        format!("line {line} is not in UTF-8; save the file as CSV in UTF-8 (in Excel: \"CSV UTF-8\")")
    })?;
    match text.trim_start().chars().next() {
        None => told("the file is empty; its first row names the columns"),
        Some('<') => told(
            "this is a web page or XML, not CSV; the download may have asked for a sign-in: open the file and look",
        ),
        Some('{' | '[') => told("this is JSON; send CSV or XLSX here, JSON goes to `POST /products`"),
        Some(_) => Ok(Kind::Text(text)),
    }
}

/// A cell as it is told in a message.
pub(crate) fn shown(cell: &str) -> String {
    let short: String = cell.chars().take(40).collect();
    if short.len() < cell.len() {
        format!("{short}…")
    } else {
        short
    }
}

/// Text that a spreadsheet would run as a formula gets an apostrophe before it, as does text that looks as if it had one.
pub(crate) fn guarded(text: &str) -> String {
    let rest = text.strip_prefix('\'').unwrap_or(text);
    if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Takes back what [`guarded`] does.
pub(crate) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests;
