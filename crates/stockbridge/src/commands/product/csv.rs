//! Reading a product file: RFC 4180 with a heading line, comma or semicolon, every problem named by its line.

use std::collections::HashMap;

use serde_json::{Value, json};

/// The columns there can be.
const COLUMNS: [&str; 6] = ["sku", "title", "barcode", "price", "currency", "quantity"];
/// Most problems told at once.
const MOST: usize = 20;

/// One product of the file.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) sku: String,
    /// As the API takes it.
    pub(super) product: Value,
    /// What was counted.
    pub(super) quantity: Option<u32>,
}

/// Reads all products, or says what is wrong, line by line.
pub(super) fn products(text: &str) -> Result<Vec<Row>, Vec<String>> {
    let mut records = records(text.trim_start_matches('\u{feff}'))
        .map_err(|problem| vec![problem])?
        .into_iter();
    let (_, heading) = records
        .next()
        .ok_or_else(|| vec!["the file is empty".to_owned()])?;
    let columns = columns(&heading)?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (line, fields) in records {
        match row(&columns, heading.len(), &fields) {
            Err(problem) => problems.push(format!("line {line}: {problem}")),
            Ok(row) => {
                if let Some(before) = lines.insert(row.sku.clone(), line) {
                    problems.push(format!(
                        "line {line}: sku: `{}` is on line {before} too; leave one out",
                        row.sku
                    ));
                }
                rows.push(row);
            }
        }
    }
    if problems.is_empty() && rows.is_empty() {
        problems.push("the file has a heading but no products".into());
    }
    if problems.len() > MOST {
        let more = problems.len() - MOST;
        problems.truncate(MOST);
        problems.push(format!("... and {more} more"));
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(problems)
    }
}

/// Where each known column is.
fn columns(heading: &[String]) -> Result<HashMap<&'static str, usize>, Vec<String>> {
    let (mut found, mut problems) = (HashMap::new(), Vec::new());
    for (index, name) in heading.iter().enumerate() {
        let name = name.trim().to_lowercase();
        match COLUMNS.iter().find(|known| **known == name) {
            Some(known) if !found.contains_key(known) => {
                found.insert(*known, index);
            }
            Some(known) => problems.push(format!("line 1: the column `{known}` is there twice")),
            None => problems.push(format!(
                "line 1: unknown column `{name}`; there can be {}",
                COLUMNS.join(", ")
            )),
        }
    }
    for needed in ["sku", "title"] {
        if !found.contains_key(needed) {
            problems.push(format!("line 1: the column `{needed}` is missing"));
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

fn row(columns: &HashMap<&'static str, usize>, width: usize, fields: &[String]) -> Result<Row, String> {
    if fields.len() != width {
        return Err(format!(
            "{} fields instead of {width}; quote fields that hold a comma",
            fields.len()
        ));
    }
    let field = |name: &str| {
        let text = columns
            .get(name)
            .and_then(|i| fields.get(*i))
            .map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let sku = field("sku").ok_or("sku: it is missing")?.to_owned();
    let title = field("title").ok_or("title: it is missing")?;
    let mut product = json!({"sku": sku, "title": title});
    if let Some(barcode) = field("barcode") {
        product["barcode"] = barcode.into();
    }
    match (field("price"), field("currency")) {
        (Some(amount), Some(currency)) => {
            let currency =
                stockbridge_domain::Currency::parse(currency).map_err(|e| format!("currency: {e}"))?;
            let money = stockbridge_domain::Money::from_decimal(amount, currency);
            product["price"] = json!(money.map_err(|e| format!("price: {e}"))?);
        }
        (Some(_), None) => return Err("currency: a price needs one, such as EUR".into()),
        (None, _) => {}
    }
    let quantity = field("quantity").map(|text| {
        text.parse()
            .map_err(|_| format!("quantity: `{text}` is no whole number from 0 on"))
    });
    Ok(Row {
        sku,
        product,
        quantity: quantity.transpose()?,
    })
}

/// Records with the line each begins on. Empty lines are left out.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let first = text.lines().next().unwrap_or_default();
    let comma = if !first.contains(',') && first.contains(';') {
        ';'
    } else {
        ','
    };
    let mut records = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut line, mut began) = (None, 1, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted.is_some() && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted.is_some() => quoted = None,
            '"' if field.is_empty() => quoted = Some(line),
            '\n' if quoted.is_none() => {
                fields.push(std::mem::take(&mut field));
                push(&mut records, began, &mut fields);
                line += 1;
                began = line;
            }
            '\r' if quoted.is_none() && letters.peek() == Some(&'\n') => {}
            letter if letter == comma && quoted.is_none() => fields.push(std::mem::take(&mut field)),
            letter => {
                line += usize::from(letter == '\n');
                field.push(letter);
            }
        }
    }
    if let Some(line) = quoted {
        return Err(format!(
            "line {line}: a quote is never closed; double quotes inside a quoted field"
        ));
    }
    fields.push(field);
    push(&mut records, began, &mut fields);
    Ok(records)
}

fn push(records: &mut Vec<(usize, Vec<String>)>, line: usize, fields: &mut Vec<String>) {
    let fields = std::mem::take(fields);
    if fields.iter().any(|field| !field.trim().is_empty()) {
        records.push((line, fields));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        products(text).unwrap_err().join("\n")
    }

    #[test]
    fn products_are_read_with_quotes_and_either_separator() {
        let text = "\u{feff}SKU,Title,price,currency,quantity\r\nA,\"Mug, \"\"big\"\"\r\nblue\",4.50,eur,7\r\n\r\nB,Cup,,,\r\n";
        let rows = products(text).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].product["title"], "Mug, \"big\"\r\nblue");
        assert_eq!(
            rows[0].product["price"],
            json!({"amount": "4.50", "currency": "EUR"})
        );
        assert_eq!((rows[0].quantity, rows[1].quantity), (Some(7), None));
        assert_eq!(
            products("sku;title\nA;Mug, big").unwrap()[0].product["title"],
            "Mug, big"
        );
    }

    #[test]
    fn every_problem_is_told_with_its_line_and_nothing_is_taken() {
        let said = problems(
            "sku,title,price,currency,quantity\nA,Mug,4.505,EUR,1\nB,\nC,Cup,1.00,,\nA2,Cup,,,-1\nD,x,,,\nD,x,,,",
        );
        for part in [
            "line 2: price",
            "line 3: 2 fields",
            "line 4: currency",
            "line 5: quantity",
            "line 7: sku: `D` is on line 6",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(problems("sku,colour\nA,red").contains("unknown column `colour`"));
        assert!(problems("sku,title\n").contains("no products"));
        assert!(problems("sku,title\nA,\"Mug").contains("never closed"));
        assert!(problems("").contains("missing") || problems("").contains("empty"));
    }
}
