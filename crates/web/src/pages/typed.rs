//! What people type into forms, read with messages that name the field and say what would be right.

use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::{Currency, LocationId, Money, Timestamp};
use stockbridge_engine::UnitsOf;

use crate::extract::parsed;
use crate::guard::Form;
use crate::problem::{FieldProblem, Problem};

/// A whole number; nothing when it was left empty.
pub(super) fn whole(form: &Form, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = form.optional(name) else {
        return Ok(None);
    };
    let wrong = || {
        Problem::field(
            format!("/{name}"),
            format!("`{text}` is not a whole number; write digits, such as 20"),
        )
    };
    units(&text).map(Some).ok_or_else(wrong)
}

/// A whole number as people write it: thousands apart, either minus sign.
fn units(text: &str) -> Option<i64> {
    let plain = text.replace('−', "-").replace(['\u{a0}', '\u{202f}'], "");
    plain.trim().trim_start_matches('+').parse().ok()
}

/// Yes, no, or nothing said.
pub(super) fn yes(form: &Form, name: &str) -> Option<bool> {
    form.optional(name).map(|text| text == "yes")
}

/// A location that was chosen; nothing when there was nothing to choose.
pub(super) fn location(form: &Form, name: &str) -> Result<Option<LocationId>, Problem> {
    parsed(name, form.optional(name)).map_err(|_| chosen(name, "choose a location of the list"))
}

/// A problem of a field from which something is to be chosen.
pub(super) fn chosen(name: &str, message: &str) -> Problem {
    Problem::field(format!("/{name}"), message)
}

/// An amount: `12.50 EUR`; nothing when it was left empty.
pub(super) fn amount(form: &Form, name: &str) -> Result<Option<Money>, Problem> {
    let Some(text) = form.optional(name) else {
        return Ok(None);
    };
    let pointer = format!("/{name}");
    let wrong = || {
        Problem::field(
            &pointer,
            format!("`{text}` is no amount; write it like 12.50 EUR"),
        )
    };
    let (amount, code) = text.split_once(' ').ok_or_else(wrong)?;
    let currency = Currency::parse(code).map_err(|e| Problem::field(&pointer, e.to_string()))?;
    let money = Money::from_decimal(amount.trim(), currency);
    money
        .map(Some)
        .map_err(|e| Problem::field(&pointer, e.to_string()))
}

/// A percentage; nothing when it was left empty.
pub(super) fn percentage(form: &Form, name: &str) -> Result<Option<BasisPoints>, Problem> {
    let Some(text) = form.optional(name) else {
        return Ok(None);
    };
    let wrong = || {
        Problem::field(
            format!("/{name}"),
            format!("`{text}` is no percentage; write it like 15 or 7.25"),
        )
    };
    let digits = text.trim_end_matches('%').trim();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !plain(whole) || !plain(fraction) {
        return Err(wrong());
    }
    let points = format!("{whole}{fraction:0<2}").parse().map_err(|_| wrong())?;
    Ok(Some(BasisPoints(points)))
}

/// An instant as a browser's field sends it, in UTC.
pub(super) fn instant(form: &Form, name: &str) -> Result<Timestamp, Problem> {
    let text = form.get(name);
    let seconds = if text.len() == 16 { ":00Z" } else { "Z" };
    Timestamp::parse(&format!("{text}{seconds}"))
        .map_err(|message| Problem::field(format!("/{name}"), message))
}

/// Products with units, one to a line: the SKU, then the units. So they are pasted from a spreadsheet or a delivery note.
pub(super) struct Lines {
    /// What was read.
    pub units: Vec<UnitsOf>,
    /// On which line of the field each stands, counted from one.
    rows: Vec<usize>,
    field: &'static str,
}

impl Lines {
    /// Reads a field.
    pub(super) fn read(form: &Form, field: &'static str) -> Result<Self, Problem> {
        let (mut lines, mut wrong) = (
            Self {
                units: Vec::new(),
                rows: Vec::new(),
                field,
            },
            Vec::new(),
        );
        for (index, text) in form.get(field).lines().enumerate() {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            match split(text) {
                Some((sku, units)) => {
                    lines.units.push(UnitsOf {
                        sku: sku.to_owned(),
                        units,
                    });
                    lines.rows.push(index + 1);
                }
                None => wrong.push(format!(
                    "line {}: `{text}` does not end with units; write the SKU and then the units, such as MUG-BLUE 12",
                    index + 1
                )),
            }
        }
        if wrong.is_empty() {
            Ok(lines)
        } else {
            Err(Problem::field(format!("/{field}"), wrong.join("; ")))
        }
    }

    /// A problem with lines as the engine counts them, told of the lines as they stand in the field.
    pub(super) fn problem(&self, found: impl Into<Problem>) -> Problem {
        let mut problem = found.into();
        let (of_lines, mut rest): (Vec<FieldProblem>, Vec<FieldProblem>) =
            std::mem::take(&mut problem.errors)
                .into_iter()
                .partition(|e| index_of(&e.pointer).is_some() || is_whole(&e.pointer));
        let told: Vec<String> = of_lines
            .iter()
            .map(
                |e| match index_of(&e.pointer).and_then(|index| self.rows.get(index)) {
                    Some(row) => format!("line {row}: {}", e.message),
                    None => e.message.clone(),
                },
            )
            .collect();
        if !told.is_empty() {
            rest.push(FieldProblem {
                pointer: format!("/{}", self.field),
                message: told.join("; "),
            });
        }
        problem.errors = rest;
        problem
    }
}

/// `/lines/2/sku` and `/components/2/sku` are of line 2, counted from zero.
fn index_of(pointer: &str) -> Option<usize> {
    let mut parts = pointer.trim_start_matches('/').split('/');
    let list = parts.next()?;
    if list != "lines" && list != "components" {
        return None;
    }
    parts.next()?.parse().ok()
}

fn is_whole(pointer: &str) -> bool {
    matches!(pointer.trim_start_matches('/'), "lines" | "components")
}

/// `MUG BLUE 12`, `MUG=12`, `MUG;12` and a row of a spreadsheet.
fn split(text: &str) -> Option<(&str, i64)> {
    let at = text.rfind(|c: char| c.is_whitespace() || matches!(c, '=' | ';' | ','))?;
    let (sku, rest) = text.split_at(at);
    let sku = sku.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ';' | ','));
    let units = units(rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ';' | ',')))?;
    (!sku.is_empty()).then_some((sku, units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(field: &str, value: &str) -> Form {
        let mut form = Form::default();
        form.set(field, value);
        form
    }

    #[test]
    fn lines_are_read_as_people_paste_them() {
        let text = "MUG-BLUE 12\n\nTEA/250 g\t3\r\nA=4\nB; 5";
        let lines = Lines::read(&form("lines", text), "lines").unwrap_or_else(|p| panic!("{}", p.detail));
        let read: Vec<_> = lines.units.iter().map(|l| (l.sku.as_str(), l.units)).collect();
        assert_eq!(read, [("MUG-BLUE", 12), ("TEA/250 g", 3), ("A", 4), ("B", 5)]);
        assert_eq!(lines.rows, [1, 3, 4, 5]);
    }

    #[test]
    fn a_line_without_units_is_named() {
        let wrong = Lines::read(&form("lines", "A 1\nMUG-BLUE\n7"), "lines").err();
        let message = &wrong.unwrap_or_else(|| panic!("refused")).errors[0].message;
        assert!(
            message.contains("line 2: `MUG-BLUE`") && message.contains("line 3: `7`"),
            "{message}"
        );
    }

    #[test]
    fn problems_are_told_of_the_line_they_stand_on() {
        let lines =
            Lines::read(&form("lines", "A 1\n\nB 2"), "lines").unwrap_or_else(|p| panic!("{}", p.detail));
        let told = lines.problem(Problem::field("/lines/1/sku", "there is no product"));
        assert_eq!(
            (told.errors[0].pointer.as_str(), told.errors[0].message.as_str()),
            ("/lines", "line 3: there is no product")
        );
    }

    #[test]
    fn percentages_have_two_digits_at_most() {
        let read = |text| percentage(&form("fee", text), "fee").map(|p| p.map(|p| p.0));
        assert_eq!(read("7.25").ok(), Some(Some(725)));
        assert_eq!(read("15 %").ok(), Some(Some(1_500)));
        assert!(read("7.255").is_err() && read("a lot").is_err() && read("-1").is_err());
        assert_eq!(read("").ok(), Some(None));
    }
}
