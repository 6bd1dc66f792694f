//! `product`: what is sold. Products are entered in bulk from a CSV file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use crate::client::{Api, Target, segment};
use crate::output;

mod csv;

/// Products sent in one request.
const BATCH: usize = 1_000;

/// Enter products and list them.
#[derive(Debug, Subcommand)]
pub enum Product {
    /// Enter products from a CSV file; those that are there already are left alone.
    #[command(after_help = "Example:\n  stockbridge product import products.csv\n\n\
        The first line names the columns: sku and title are needed; barcode, price with currency, and quantity (what\n\
        was counted) may be there. The file is checked as a whole before anything is entered.")]
    Import(Import),
    /// List products by SKU.
    #[command(after_help = "Example:\n  stockbridge product list --search mug")]
    List(List),
}

#[derive(Debug, Args)]
pub struct Import {
    /// The file; - for standard input.
    file: PathBuf,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those with this in SKU or title.
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
            Self::List(command) => command.run(context).await,
        }
    }
}

impl Import {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let rows = csv::products(&read(&self.file)?).map_err(|problems| {
            anyhow::anyhow!(
                "{}: nothing was entered\n{}",
                self.file.display(),
                problems.join("\n")
            )
        })?;
        let api = self.target.open(context).await?;
        let known = api.list("/products", usize::MAX).await?;
        let known: std::collections::HashSet<&str> = known
            .iter()
            .filter_map(|p| p.get("sku").and_then(Value::as_str))
            .collect();
        let new: Vec<&csv::Row> = rows
            .iter()
            .filter(|row| !known.contains(row.sku.as_str()))
            .collect();
        for batch in new.chunks(BATCH) {
            let products: Vec<Value> = batch.iter().map(|row| row.product.clone()).collect();
            api.post("/products", &Value::Array(products)).await?;
        }
        let counted = count(&api, &rows).await?;
        let left = rows.len() - new.len();
        if self.target.json() {
            output::json(&json!({"entered": new.len(), "there_already": left, "counted": counted}));
        } else {
            output::line(format_args!(
                "{} entered, {left} there already, {counted} counted.",
                new.len()
            ));
        }
        Ok(())
    }
}

/// Enters what was counted, for every row that says it; a file imported again enters the same counts again.
async fn count(api: &Api, rows: &[csv::Row]) -> anyhow::Result<usize> {
    let mut counted = 0;
    for row in rows {
        if let Some(quantity) = row.quantity {
            let body = json!({"sku": row.sku, "counted": quantity, "note": "product import"});
            api.post("/inventory/adjustments", &body).await?;
            counted += 1;
        }
    }
    Ok(counted)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .context("standard input cannot be read")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?
    };
    String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("{} is not UTF-8; save it as CSV in UTF-8", path.display()))
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
            ("BARCODE", "/barcode"),
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
