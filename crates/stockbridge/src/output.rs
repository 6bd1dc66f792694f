//! What commands say: results to stdout, remarks to stderr, tables for people, JSON for machines.
//!
//! Nothing is coloured, so nothing has to be switched off for a pipe. A reader that went away (`| head`) ends the output
//! quietly; it is no failure of the command.

use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;

/// Says a line of the result.
pub fn line(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _reader_gone = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Bytes as they are, such as a file.
pub fn raw(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _reader_gone = out.write_all(bytes).and_then(|()| out.flush());
}

/// Says something beside the result.
pub fn remark(text: impl std::fmt::Display) {
    let _reader_gone = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says a value as JSON.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(text),
        Err(error) => remark(format_args!("the result has no JSON form: {error}")),
    }
}

/// A column: its heading, and where its value is in a row (a JSON pointer).
pub type Column = (&'static str, &'static str);

/// Says rows as a table, numbers to the right; `none` when there are none.
pub fn table(columns: &[(&str, &str)], rows: &[Value], none: &str) {
    if rows.is_empty() {
        return line(none);
    }
    for text in lay_out(columns, rows) {
        line(text);
    }
}

/// Says rows as CSV (RFC 4180); a cell is no formula to a spreadsheet.
pub fn csv(columns: &[Column], rows: &[Value]) {
    let quoted = |text: &str| {
        let guard = if text.starts_with(['=', '+', '-', '@']) {
            "'"
        } else {
            ""
        };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    };
    let heading = columns
        .iter()
        .map(|(_, at)| at.trim_start_matches('/').to_owned());
    line(heading.collect::<Vec<_>>().join(","));
    for row in rows {
        let cells = columns.iter().map(|(_, at)| match row.pointer(at) {
            None | Some(Value::Null) => String::new(),
            Some(Value::Number(number)) => number.to_string(),
            other => quoted(&cell(other).0),
        });
        line(cells.collect::<Vec<_>>().join(","));
    }
}

fn lay_out(columns: &[(&str, &str)], rows: &[Value]) -> Vec<String> {
    let cells: Vec<Vec<(String, bool)>> = rows
        .iter()
        .map(|row| columns.iter().map(|(_, at)| cell(row.pointer(at))).collect())
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, (heading, _))| {
            let widest = cells.iter().map(|row| row[i].0.chars().count()).max();
            widest.unwrap_or(0).max(heading.chars().count())
        })
        .collect();
    let join = |texts: Vec<String>| texts.join("  ").trim_end().to_owned();
    let heading = columns
        .iter()
        .zip(&widths)
        .map(|((text, _), width)| format!("{text:<width$}"))
        .collect();
    let mut lines = vec![join(heading)];
    lines.extend(cells.into_iter().map(|row| {
        join(
            row.iter()
                .zip(&widths)
                .map(|((text, number), width)| match number {
                    true => format!("{text:>width$}"),
                    false => format!("{text:<width$}"),
                })
                .collect(),
        )
    }));
    lines
}

/// A value as people read it, and whether it is a number.
fn cell(value: Option<&Value>) -> (String, bool) {
    match value {
        None | Some(Value::Null) => ("-".into(), false),
        Some(Value::Array(items)) if items.is_empty() => ("-".into(), false),
        Some(Value::String(text)) => (one_line(text), false),
        Some(Value::Number(number)) => (number.to_string(), true),
        Some(Value::Bool(true)) => ("yes".into(), false),
        Some(Value::Bool(false)) => ("no".into(), false),
        Some(Value::Array(items)) => {
            let texts: Vec<String> = items.iter().map(|item| cell(Some(item)).0).collect();
            (texts.join(", "), false)
        }
        Some(Value::Object(fields)) => match (fields.get("amount"), fields.get("currency")) {
            (Some(amount), Some(currency)) => (
                format!("{} {}", cell(Some(amount)).0, cell(Some(currency)).0),
                false,
            ),
            _ => (one_line(&Value::Object(fields.clone()).to_string()), false),
        },
    }
}

/// Text from outside may hold line breaks or escape codes, which belong in no terminal.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Says an object field by field, nested ones indented.
pub fn fields(value: &Value) {
    for text in outline(value, 0) {
        line(text);
    }
}

fn outline(value: &Value, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    let mut lines = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = name.replace('_', " ");
        match value {
            Value::Object(inner) if !inner.is_empty() && !inner.contains_key("currency") => {
                lines.push(format!("{indent}{name}:"));
                lines.extend(outline(value, depth + 1));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                lines.push(format!("{indent}{name}:"));
                for item in items {
                    let mut inner = outline(item, depth + 2);
                    if let Some(first) = inner.first_mut() {
                        *first = format!("{indent}  - {}", first.trim_start());
                    }
                    lines.extend(inner);
                }
            }
            value => lines.push(format!("{indent}{name}: {}", cell(Some(value)).0)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_line_up_and_numbers_stand_right() {
        let rows = [
            json!({"sku": "A", "n": 5, "price": {"amount": "4.00", "currency": "EUR"}}),
            json!({"sku": "LONG\u{1b}[31m", "n": 1000}),
        ];
        let lines = lay_out(&[("SKU", "/sku"), ("ON HAND", "/n"), ("PRICE", "/price")], &rows);
        assert_eq!(lines[0], "SKU        ON HAND  PRICE");
        assert_eq!(lines[1], "A                5  4.00 EUR");
        assert_eq!(lines[2], "LONG [31m     1000  -");
    }

    #[test]
    fn objects_are_shown_field_by_field() {
        let value = json!({"sku": "A", "balance": {"on_hand": 3}, "lines": [{"x": 1, "y": true}], "tags": ["a", "b"]});
        assert_eq!(
            outline(&value, 0),
            [
                "balance:",
                "  on hand: 3",
                "lines:",
                "  - x: 1",
                "    y: yes",
                "sku: A",
                "tags: a, b"
            ]
        );
    }
}
