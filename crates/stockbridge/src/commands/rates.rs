//! `rates`: exchange rates of each day.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use crate::client::Target;
use crate::output;

/// Import and list exchange rates.
#[derive(Debug, Subcommand)]
pub enum Rates {
    /// Import a file the European Central Bank publishes: eurofxref-daily.xml, or one of several days.
    #[command(after_help = "Example:\n  \
        curl -O https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml\n  stockbridge rates import eurofxref-daily.xml")]
    Import(Import),
    /// List rates, the latest day first.
    #[command(after_help = "Example:\n  stockbridge rates list --day 2026-11-20")]
    List(List),
}

#[derive(Debug, Args)]
pub struct Import {
    /// The file.
    file: PathBuf,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those of this day.
    #[arg(long)]
    day: Option<String>,
    /// Show at most N rates.
    #[arg(long, value_name = "N", default_value_t = 60)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

impl Rates {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Import(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
        }
    }
}

impl Import {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let xml = std::fs::read_to_string(&self.file)
            .with_context(|| format!("{} cannot be read", self.file.display()))?;
        let api = self.target.open(context).await?;
        let answer = api.post("/prices/rates", &json!({"ecb_xml": xml})).await?;
        if self.target.json() {
            output::json(&answer);
        }
        let said = |name: &str| {
            answer
                .get(name)
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        };
        let text = format!(
            "{} rates imported, the latest of {}.",
            said("imported").unwrap_or_default(),
            said("day").unwrap_or_default()
        );
        super::done(self.target.json(), text);
        Ok(())
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = self
            .day
            .as_ref()
            .map(|d| format!("?day={}", crate::client::segment(d)));
        let rows: Vec<Value> = api
            .list(&format!("/prices/rates{}", query.unwrap_or_default()), self.limit)
            .await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("DAY", "/day"),
            ("CURRENCY", "/currency"),
            ("FOR 1 EUR", "/per_euro"),
            ("SOURCE", "/source"),
        ];
        output::table(
            &columns,
            &rows,
            "There are no rates; `stockbridge rates import` takes a file in.",
        );
        Ok(())
    }
}
