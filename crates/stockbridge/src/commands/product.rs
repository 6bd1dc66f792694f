//! `product`: what is sold. Products are entered and changed in bulk from CSV and XLSX files, and given out as CSV.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Context;
use crate::client::{Api, Target, segment};
use crate::output;

/// Enter products, list them and give them out.
#[derive(Debug, Subcommand)]
pub enum Product {
    /// Enter and change products from a CSV or XLSX file, all rows or none.
    #[command(
        after_help = "Examples:\n  stockbridge product import products.csv --dry-run\n  \
        stockbridge product import products.xlsx\n\n\
        The first row names the columns: sku is needed, and title for new products. There may be barcode, brand,\n\
        category, price with currency, cost, weight_g, length_mm, width_mm, height_mm, images, attributes, parent,\n\
        options, and quantity (what was counted). A column that is not there leaves what is known. The file is checked\n\
        as a whole before anything is written. docs/catalogue.md says more."
    )]
    Import(Import),
    /// Write all products as CSV, in the form in which they can be imported again.
    #[command(after_help = "Example:\n  stockbridge product export > products.csv")]
    Export(Export),
    /// List products by SKU.
    #[command(after_help = "Example:\n  stockbridge product list --search mug")]
    List(List),
}

#[derive(Debug, Args)]
pub struct Import {
    /// The file; - for standard input.
    file: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    target: Target,
}

/// How a file is taken.
#[derive(Debug, Args)]
pub struct How {
    /// Check every row and tell what is wrong; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the good rows and leave the bad ones out.
    #[arg(long)]
    skip_bad_rows: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those with this in SKU or title, this barcode or this parent.
    #[arg(long)]
    search: Option<String>,
    /// Show at most N products.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

impl Product {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Import(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
        }
    }
}

impl Import {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let file = read(&self.file)?;
        let api = self.target.open(context).await?;
        let report = send(&api, "/products/import", (self.file.as_path(), file), &self.how).await?;
        said(&self.target, &report, (self.file.as_path(), &self.how))
    }
}

/// Sends a file, and answers what became of it.
pub async fn send(api: &Api, path: &str, (name, file): (&Path, Vec<u8>), how: &How) -> anyhow::Result<Value> {
    let query = format!("?dry_run={}&skip_bad={}", how.dry_run, how.skip_bad_rows);
    api.send_file(&format!("{path}{query}"), file)
        .await
        .map_err(|error| anyhow::anyhow!("{}: nothing was written\n{error}", name.display()))
}

/// Says what became of a file.
pub fn said(target: &Target, report: &Value, (name, how): (&Path, &How)) -> anyhow::Result<()> {
    if target.json() {
        output::json(report);
    } else {
        told(report);
    }
    let problems = report.get("problems").and_then(Value::as_array);
    if how.dry_run && problems.is_some_and(|problems| !problems.is_empty()) {
        anyhow::bail!("{}: some rows are wrong", name.display());
    }
    Ok(())
}

fn told(report: &Value) {
    let number = |name: &str| report.get(name).and_then(Value::as_i64).unwrap_or_default();
    let columns = [
        ("ROW", "/row"),
        ("COLUMN", "/column"),
        ("WHAT IS WRONG", "/message"),
    ];
    let problems = report
        .get("problems")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if !problems.is_empty() {
        output::table(&columns, &problems, "");
    }
    if number("problems_left_out") > 0 {
        output::line(format_args!("... and {} more", number("problems_left_out")));
    }
    let dry = if report.get("dry_run") == Some(&Value::Bool(true)) {
        " Nothing was written."
    } else {
        ""
    };
    output::line(format_args!(
        "{} new, {} changed, {} the same, {} wrong, {} counted.{dry}",
        number("created"),
        number("updated"),
        number("unchanged"),
        number("refused"),
        number("counted")
    ));
}

/// A file, or standard input.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

impl Export {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let file = api.download("/exports/products").await?;
        output::raw(&file);
        Ok(())
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = self
            .search
            .as_ref()
            .map(|s| format!("?search={}", segment(s)))
            .unwrap_or_default();
        let rows = api.list(&format!("/products{query}"), self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("SKU", "/sku"),
            ("TITLE", "/title"),
            ("BARCODE", "/barcodes/0"),
            ("PRICE", "/base_price"),
        ];
        output::table(
            &columns,
            &rows,
            "There is no such product; `stockbridge product import` enters some.",
        );
        Ok(())
    }
}
