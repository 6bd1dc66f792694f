//! `report`: files that channels make when they are asked.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::account::{account_id, account_names};
use crate::client::{Target, segment};
use crate::output;

/// Ask channels for reports, and read them.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// List reports that were asked for, the latest first.
    #[command(after_help = "Example:\n  stockbridge report list --account \"Nordlicht DE\"")]
    List(List),
    /// List the reports a channel makes.
    #[command(after_help = "Example:\n  stockbridge report kinds CHANNEL")]
    Kinds(Kinds),
    /// Have a channel make a report.
    #[command(after_help = "Example:\n  \
        stockbridge report request \"Nordlicht DE\" GET_MERCHANT_LISTINGS_ALL_DATA --marketplace DE")]
    Request(Request),
    /// Show how far a report is, and its first rows.
    #[command(after_help = "Example:\n  stockbridge report show rpt_01jd8z4k3qf0v9m2n7x5c6b8w0 --rows 20")]
    Show(Show),
    /// Save a report's file as the channel made it.
    #[command(after_help = "Example:\n  \
        stockbridge report download rpt_01jd8z4k3qf0v9m2n7x5c6b8w0 --out listings.txt")]
    Download(Download),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only of this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Kinds {
    /// The channel.
    channel: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Request {
    /// The account, by name or id.
    account: String,
    /// The channel's name of the report, by `report kinds` or any other.
    kind: String,
    /// About what happened from this instant on, as 2026-11-01T00:00:00Z.
    #[arg(long)]
    from: Option<String>,
    /// About what happened before this instant; now when left out.
    #[arg(long)]
    to: Option<String>,
    /// Of this country site alone.
    #[arg(long)]
    marketplace: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The report's id.
    report: String,
    /// Show its first N rows.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rows: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Download {
    /// The report's id.
    report: String,
    /// Where to.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    target: Target,
}

impl Report {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Kinds(command) => command.run(context).await,
            Self::Request(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Download(command) => command.run(context).await,
        }
    }
}

const COLUMNS: [(&str, &str); 7] = [
    ("ID", "/id"),
    ("ACCOUNT", "/account"),
    ("KIND", "/kind"),
    ("STATE", "/state"),
    ("LINES", "/lines"),
    ("ASKED FOR", "/created_at"),
    ("PROBLEM", "/problem"),
];

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut path = "/reports?".to_owned();
        if let Some(account) = &self.account {
            path.push_str(&format!("account={}", segment(&account_id(&api, account).await?)));
        }
        let mut rows = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let names = account_names(&api).await?;
        for row in &mut rows {
            if let Some(name) = row["account"].as_str().and_then(|id| names.get(id)) {
                row["account"] = name.clone().into();
            }
        }
        output::table(&COLUMNS, &rows, "No report was asked for in the last 30 days.");
        Ok(())
    }
}

impl Kinds {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/integrations/{}/report-kinds", segment(&self.channel));
        let found = api.get(&path).await?;
        let rows = found["data"].as_array().cloned().unwrap_or_default();
        if self.target.json() {
            output::json(&json!(rows));
            return Ok(());
        }
        let columns = [("NAME", "/name"), ("TITLE", "/title"), ("DAYS AT MOST", "/days")];
        output::table(&columns, &rows, "This channel makes no reports.");
        Ok(())
    }
}

impl Request {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut body = json!({"account": account_id(&api, &self.account).await?, "kind": self.kind});
        for (name, given) in [
            ("from", self.from),
            ("to", self.to),
            ("marketplace", self.marketplace),
        ] {
            if let Some(text) = given {
                body[name] = text.into();
            }
        }
        let report = api.post("/reports", &body).await?;
        if self.target.json() {
            output::json(&report);
            return Ok(());
        }
        let id = report["id"].as_str().unwrap_or_default();
        output::line(format_args!(
            "{id}: a running server asks the channel; `stockbridge report show {id}` says how far it is."
        ));
        Ok(())
    }
}

impl Show {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/reports/{}", segment(&self.report));
        let report = api.get(&path).await?;
        let rows = match self.rows {
            0 => Vec::new(),
            most => api.list(&format!("{path}/rows?"), most).await?,
        };
        if self.target.json() {
            output::json(&json!({"report": report, "rows": rows}));
            return Ok(());
        }
        output::table(&COLUMNS, &[report], "");
        let values: Vec<Value> = rows.into_iter().map(|row| row["values"].clone()).collect();
        if let Some(Value::Object(first)) = values.first() {
            let pointers: Vec<(String, String)> = first
                .keys()
                .map(|name| {
                    (
                        name.to_uppercase(),
                        format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                    )
                })
                .collect();
            let columns: Vec<(&str, &str)> = pointers.iter().map(|(n, p)| (n.as_str(), p.as_str())).collect();
            output::table(&columns, &values, "");
        }
        Ok(())
    }
}

impl Download {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let bytes = api
            .download(&format!("/reports/{}/file", segment(&self.report)))
            .await?;
        std::fs::write(&self.out, &bytes)
            .with_context(|| format!("{} cannot be written; choose another file", self.out.display()))?;
        super::done(
            self.target.json(),
            format_args!("{} bytes written to {}.", bytes.len(), self.out.display()),
        );
        Ok(())
    }
}
