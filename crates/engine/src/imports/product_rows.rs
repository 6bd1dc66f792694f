//! A product file's rows: what each cell says, and what that makes of the product that is there.

use std::collections::{BTreeMap, HashMap};

use stockbridge_domain::catalog::{Attribute, Dimensions, Product, ProductDetails, title_problem};
use stockbridge_domain::{Currency, Env, FieldError, Money, Quantity, Sku};
use stockbridge_store::ProductCosts;

use super::export::PRODUCT_COLUMNS;
use super::{Heading, RowProblem};
use crate::catalog::ProductChange;
use crate::prices::product_problems;
use crate::sheet::{self, Row};

/// What one row says. What the file has no column for stays as it is; an empty cell takes away what is known.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) line: usize,
    /// Something is wrong with a cell: what else is wrong is to be told too, and nothing written.
    pub(super) bad: bool,
    change: ProductChange,
    price: Option<Option<Money>>,
    pub(super) cost: Option<Option<Money>>,
    pub(super) counted: Option<i64>,
}

/// All rows of a file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) seen: usize,
    pub(super) given: Vec<(Sku, Given)>,
    pub(super) problems: Vec<RowProblem>,
}

/// Reads a whole file.
///
/// # Errors
/// Why it cannot be read at all.
pub(super) fn read(bytes: &[u8]) -> Result<Rows, String> {
    let mut rows = Rows::default();
    let mut heading: Option<Heading> = None;
    let mut before: HashMap<Sku, usize> = HashMap::new();
    sheet::read(bytes, &mut |row| {
        let Some(heading) = &heading else {
            match Heading::read(&row, PRODUCT_COLUMNS, &["sku"]) {
                Ok(read) => heading = Some(read),
                Err(problems) => {
                    rows.problems = problems;
                    // Nothing can be said of rows whose columns are not known.
                    return Err(String::new());
                }
            }
            return Ok(());
        };
        rows.seen += 1;
        let mut cells = Cells {
            heading,
            row: &row,
            problems: heading.problems(&row),
        };
        let read = cells.given();
        let mut problems = cells.problems;
        if let Some((sku, mut given)) = read {
            if let Some(line) = before.insert(sku.clone(), row.line) {
                let message = format!("`{sku}` is on row {line} too; leave one of them out");
                problems.push(RowProblem::new(row.line, "sku", message));
            }
            given.bad = !problems.is_empty();
            rows.given.push((sku, given));
        }
        rows.problems.extend(problems);
        Ok(())
    })
    .or_else(|error| if error.is_empty() { Ok(()) } else { Err(error) })?;
    Ok(rows)
}

/// The cells of one row and what is wrong with them.
struct Cells<'a> {
    heading: &'a Heading,
    row: &'a Row,
    problems: Vec<RowProblem>,
}

impl Cells<'_> {
    fn wrong(&mut self, column: &str, message: impl Into<String>) {
        self.problems
            .push(RowProblem::new(self.row.line, column, message));
    }

    fn text(&self, column: &str) -> Option<Option<String>> {
        let cell = self.heading.cell(self.row, column)?;
        Some(Some(cell.to_owned()).filter(|text| !text.is_empty()))
    }

    fn list(&self, column: &str) -> Option<Vec<String>> {
        let cell = self.heading.cell(self.row, column)?;
        let parts = cell.split('|').map(str::trim).filter(|part| !part.is_empty());
        Some(parts.map(str::to_owned).collect())
    }

    fn whole(&mut self, column: &str, what: &str) -> Option<Option<i64>> {
        let text = self.text(column)?;
        let number = text.as_deref().and_then(|text| text.parse().ok());
        if let (Some(text), None) = (&text, number) {
            let shown = sheet::shown(text);
            self.wrong(
                column,
                format!("`{shown}` is no whole number of {what}; write digits alone, such as 1200"),
            );
        }
        Some(number)
    }

    fn money(&mut self, column: &str, currency: Option<&str>) -> Option<Option<Money>> {
        let Some(text) = self.text(column)? else {
            return Some(None);
        };
        let money = match currency.map(Currency::parse) {
            None => Err("an amount needs a currency; add the column `currency`, such as EUR".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(currency)) => Money::from_decimal(&text, currency).map_err(|error| error.to_string()),
        };
        match money {
            Ok(money) => Some(Some(money)),
            Err(message) => {
                self.wrong(column, message);
                Some(None)
            }
        }
    }

    fn sku(&mut self, column: &str) -> Option<Sku> {
        let text = self.text(column)??;
        Sku::parse(&text)
            .map_err(|error| self.wrong(column, error.to_string()))
            .ok()
    }

    fn attributes(&mut self) -> Option<BTreeMap<String, Attribute>> {
        let Some(text) = self.text("attributes")? else {
            return Some(BTreeMap::new());
        };
        match serde_json::from_str(&text) {
            Ok(attributes) => Some(attributes),
            Err(_) => {
                let what =
                    "write a JSON object of texts, numbers and true or false, such as {\"colour\": \"red\"}";
                self.wrong("attributes", what);
                Some(BTreeMap::new())
            }
        }
    }

    fn options(&mut self) -> Option<BTreeMap<String, String>> {
        let mut options = BTreeMap::new();
        for part in self.list("options")? {
            match part.split_once('=') {
                Some((name, value)) => {
                    options.insert(name.trim().to_owned(), value.trim().to_owned());
                }
                None => self.wrong(
                    "options",
                    "write options as name=value, several with | between, such as size=M|colour=red",
                ),
            }
        }
        Some(options)
    }

    fn sides(&mut self) -> Option<Option<Dimensions>> {
        let columns = ["length_mm", "width_mm", "height_mm"];
        let sides = columns.map(|column| self.whole(column, "millimetres"));
        if sides.iter().all(Option::is_none) {
            return None;
        }
        match sides.map(Option::flatten) {
            [Some(length), Some(width), Some(height)] => Some(Some(Dimensions {
                length,
                width,
                height,
            })),
            [None, None, None] => Some(None),
            _ => {
                self.wrong(
                    "length_mm",
                    "give length_mm, width_mm and height_mm together, or none of them",
                );
                Some(None)
            }
        }
    }

    fn given(&mut self) -> Option<(Sku, Given)> {
        let currency = self.text("currency").flatten();
        let of_cost = self.text("cost_currency").flatten().or_else(|| currency.clone());
        let title = self.text("title").map(Option::unwrap_or_default);
        if let Some(problem) = title.as_deref().and_then(title_problem) {
            self.wrong("title", problem.message);
        }
        let dimensions_mm = self.sides();
        let counted = self.whole("quantity", "units").flatten();
        if let Some(error) = counted.and_then(|units| Quantity::new(units).err()) {
            self.wrong("quantity", error.to_string());
        }
        let parent = self
            .text("parent")
            .map(|text| text.and_then(|_| self.sku("parent")));
        let change = ProductChange {
            title,
            barcodes: self.list("barcode"),
            brand: self.text("brand"),
            category: self.text("category"),
            weight_g: self.whole("weight_g", "grams"),
            dimensions_mm,
            images: self.list("images"),
            attributes: self.attributes(),
            parent,
            options: self.options(),
        };
        let given = Given {
            line: self.row.line,
            bad: false,
            change,
            price: self.money("price", currency.as_deref()),
            cost: self.money("cost", of_cost.as_deref()),
            counted,
        };
        if self.text("sku").flatten().is_none() {
            self.wrong("sku", "a SKU cannot be empty");
        }
        Some((self.sku("sku")?, given))
    }
}

/// The name of the column that holds a field.
fn column(field: &str) -> &str {
    match field {
        "barcodes" => "barcode",
        "base" => "price",
        "dimensions_mm/length" => "length_mm",
        "dimensions_mm/width" => "width_mm",
        "dimensions_mm/height" => "height_mm",
        other => other,
    }
}

impl Given {
    /// What the row makes of the product that is there, or of none.
    ///
    /// # Errors
    /// What of it cannot be.
    pub(super) fn applied(
        &self,
        sku: &Sku,
        known: Option<&(Product, Option<Money>)>,
        env: &Env,
    ) -> Result<Product, Vec<RowProblem>> {
        let told = |problems: Vec<FieldError>| -> Vec<RowProblem> {
            let told = |p: FieldError| RowProblem::new(self.line, column(&p.field), p.message);
            problems.into_iter().map(told).collect()
        };
        let mut product = match known {
            Some((product, _)) => product.clone(),
            None => Product {
                id: env.id(),
                sku: sku.clone(),
                title: String::new(),
                base_price: None,
                details: ProductDetails::default(),
                created_at: env.now(),
            },
        };
        let mut problems = Vec::new();
        if known.is_none() && self.change.title.is_none() {
            let message = "a new product needs a title; add the column `title`";
            problems.push(RowProblem::new(self.line, "title", message));
        }
        self.change.clone().apply(&mut product);
        if let Some(price) = self.price {
            product.base_price = price;
        }
        let costs = ProductCosts {
            cost: self.cost.flatten(),
            floor: None,
        };
        problems.extend(told(product_problems(product.base_price, &costs)));
        match std::mem::take(&mut product.details).checked(sku) {
            Ok(details) => product.details = details,
            Err(wrong) => {
                problems.extend(told(wrong));
                return Err(problems);
            }
        }
        if problems.is_empty() {
            Ok(product)
        } else {
            Err(problems)
        }
    }
}
