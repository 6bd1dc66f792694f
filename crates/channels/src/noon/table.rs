//! Comma-separated tables (RFC 4180), as Noon exports them and people paste them.

/// Rows of fields. Quoted fields may hold commas, line breaks and doubled quotes.
pub(super) fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|field| !field.trim().is_empty()));
    rows
}

/// The column of SKUs in a table's first row, whatever case and spaces its name has.
pub(super) fn sku_column(header: &[String]) -> Option<usize> {
    const NAMES: [&str; 3] = ["partner_sku", "seller_sku", "psku"];
    let plain = |name: &String| name.trim().to_lowercase().replace([' ', '-'], "_");
    NAMES
        .iter()
        .find_map(|wanted| header.iter().position(|name| plain(name) == *wanted))
}

/// SKUs of a text a person typed: a table with a column of them, or the SKUs alone. Each once, in order.
pub(super) fn skus(text: &str) -> Vec<String> {
    let rows = rows(text);
    let column = rows.first().and_then(|header| sku_column(header));
    let found: Vec<&String> = match column {
        Some(column) => rows.iter().skip(1).filter_map(|row| row.get(column)).collect(),
        None => rows.iter().flatten().collect(),
    };
    distinct(found.into_iter().map(|sku| sku.trim()))
}

/// Texts without repeats and empty ones, in order.
pub(super) fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    texts
        .filter(|text| !text.is_empty() && seen.insert(*text))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_with_quotes_and_line_breaks() {
        let read = rows("\u{feff}a,\"b,\"\"c\"\"\nd\",e\r\n\n1,2");
        assert_eq!(read, [vec!["a", "b,\"c\"\nd", "e"], vec!["1", "2"]]);
    }

    #[test]
    fn skus_are_found_in_tables_and_in_plain_lists() {
        assert_eq!(
            skus("Title,Partner SKU\nMug,M-1\nBowl,B-1\nMug,M-1\n"),
            ["M-1", "B-1"]
        );
        assert_eq!(skus("M-1, B-1\nC-1"), ["M-1", "B-1", "C-1"]);
        assert!(skus(" \n").is_empty());
    }
}
