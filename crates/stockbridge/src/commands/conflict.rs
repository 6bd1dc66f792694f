//! `conflict`: what channels show otherwise than they should, and who wins.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::account::{account_id, account_names};
use crate::client::{Target, segment};
use crate::failure::usage;
use crate::output;

/// See and resolve what channels show otherwise than they should.
#[derive(Debug, Subcommand)]
pub enum Conflict {
    /// List conflicts that are not over.
    #[command(after_help = "Example:\n  stockbridge conflict list --state stopped --field quantity")]
    List(List),
    /// Decide who wins, or resume what was stopped.
    #[command(after_help = "Examples:\n  \
        stockbridge conflict resolve con_01jd8z4k3qf0v9m2n7x5c6b8w0 --winner hub_wins\n  \
        stockbridge conflict resolve --all --field price --winner source_wins")]
    Resolve(Resolve),
    /// Show or set who wins by itself.
    #[command(after_help = "Examples:\n  stockbridge conflict strategy\n  \
        stockbridge conflict strategy quantity --winner manual --channel own\n  \
        stockbridge conflict strategy price --winner highest --account \"Nordlicht DE\" --priority 1\n  \
        stockbridge conflict strategy price --winner lowest --channel own --sku MUG-BLK-0001\n  \
        stockbridge conflict strategy price --usual --account \"Nordlicht DE\"\n\n\
        The most specific level holds: everything, channel, account, product, product on a channel, product on an \
        account. `conflict winners` says what holds where, and why.")]
    Strategy(Strategy),
    /// Show who wins each field on an account, or for a product there, and which level says so.
    #[command(
        after_help = "Example:\n  stockbridge conflict winners --account \"Nordlicht DE\" --sku MUG-BLK-0001"
    )]
    Winners(Winners),
    /// List what was done about conflicts, the last first.
    #[command(after_help = "Example:\n  stockbridge conflict history --limit 20")]
    History(History),
}

#[derive(Debug, Args)]
struct Which {
    /// Only in this state: waiting, open, healing, stopped or closed.
    #[arg(long)]
    state: Option<String>,
    /// Only of this field: quantity, price, status, title, data (a title that is not its product's) or images (fewer than
    /// another listing of the product has).
    #[arg(long)]
    field: Option<String>,
    /// Only on this account, by name or id.
    #[arg(long)]
    account: Option<String>,
}

impl Which {
    async fn query(&self, api: &crate::client::Api) -> anyhow::Result<String> {
        let mut query = Vec::new();
        for (name, given) in [("state", &self.state), ("field", &self.field)] {
            query.extend(given.as_ref().map(|text| format!("{name}={}", segment(text))));
        }
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(api, account).await?)));
        }
        Ok(query.join("&"))
    }
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    which: Which,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Resolve {
    /// Conflicts by their ids.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    conflicts: Vec<String>,
    /// Every one that --state, --field and --account leave; open ones unless a state is given.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: Which,
    /// hub_wins, source_wins, highest, lowest or, for data and images, ignore.
    #[arg(long)]
    winner: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Strategy {
    /// quantity, price, status, title, data or images; all are shown when left out.
    field: Option<String>,
    /// Who wins: hub_wins, source_wins, highest, lowest, manual or, for data and images, ignore.
    #[arg(long, conflicts_with = "usual")]
    winner: Option<String>,
    /// Take back what was set for the same channel, account and product.
    #[arg(long)]
    usual: bool,
    /// For accounts of this channel.
    #[arg(long, conflicts_with = "account")]
    channel: Option<String>,
    /// For this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// For listings of this product.
    #[arg(long)]
    sku: Option<String>,
    /// Among sources that win: the lower number first.
    #[arg(long, value_name = "N")]
    priority: Option<u32>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Winners {
    /// On this account, by name or id; what holds on all of them when left out.
    #[arg(long)]
    account: Option<String>,
    /// For listings of this product.
    #[arg(long)]
    sku: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct History {
    /// Only of this conflict.
    #[arg(long)]
    conflict: Option<String>,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

impl Conflict {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Resolve(command) => command.run(context).await,
            Self::Strategy(command) => command.run(context).await,
            Self::Winners(command) => command.run(context).await,
            Self::History(command) => command.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = self.which.query(&api).await?;
        let mut rows = api
            .list(&format!("/inventory/conflicts?{query}"), self.limit)
            .await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let names = account_names(&api).await?;
        for row in &mut rows {
            if let Some(name) = row
                .get("account")
                .and_then(Value::as_str)
                .and_then(|id| names.get(id))
            {
                row["account"] = name.clone().into();
            }
        }
        let columns = [
            ("ID", "/id"),
            ("ACCOUNT", "/account"),
            ("SKU", "/sku"),
            ("FIELD", "/field"),
            ("STATE", "/state"),
            ("EXPECTED", "/expected"),
            ("SHOWN", "/shown"),
            ("SEEN", "/times"),
        ];
        output::table(&columns, &rows, "Every channel shows what it should.");
        Ok(())
    }
}

impl Resolve {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut ids = self.conflicts.clone();
        if self.all {
            let mut query = self.which.query(&api).await?;
            if self.which.state.is_none() {
                query = format!("state=open&{query}");
            }
            let rows = api.list(&format!("/inventory/conflicts?{query}"), 200).await?;
            ids = rows
                .iter()
                .filter_map(|r| r.get("id")?.as_str().map(str::to_owned))
                .collect();
            if ids.is_empty() {
                output::line("There is no such conflict.");
                return Ok(());
            }
        }
        let body = json!({"ids": ids, "strategy": self.winner});
        let answer = api.post("/inventory/conflicts/resolve", &body).await?;
        let rows = answer
            .get("data")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if self.target.json() {
            output::json(&rows);
        } else {
            let columns = [
                ("CONFLICT", "/conflict"),
                ("OUTCOME", "/status"),
                ("STATE", "/state"),
                ("WHY", "/errors/0/message"),
            ];
            output::table(&columns, &rows, "There is no such conflict.");
        }
        let refused = rows
            .iter()
            .filter(|r| r.get("status") != Some(&"done".into()))
            .count();
        if refused > 0 {
            anyhow::bail!(
                "{refused} of {} were not resolved; the table says why",
                rows.len()
            );
        }
        Ok(())
    }
}

impl Strategy {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let sets = self.winner.is_some() || self.usual;
        if sets && self.field.is_none() {
            return Err(usage(
                "name the field: quantity, price, status, title, data or images",
            ));
        }
        let api = self.target.open(context).await?;
        let path = "/inventory/conflicts/strategies";
        let answer = if sets {
            let account = match &self.account {
                Some(account) => Some(account_id(&api, account).await?),
                None => None,
            };
            let body = json!({"channel": self.channel, "account": account, "sku": self.sku, "field": self.field,
                "strategy": self.winner, "priority": self.priority});
            api.call("PUT", path, Some(&body)).await?
        } else {
            api.get(path).await?
        };
        if self.target.json() {
            output::json(&answer);
            return Ok(());
        }
        let rows = |name: &str| {
            answer
                .get(name)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let usual = [
            ("FIELD", "/field"),
            ("USUALLY", "/strategy"),
            ("ALLOWED", "/allowed"),
        ];
        output::table(&usual, &rows("usual"), "-");
        let set = [
            ("LEVEL", "/level"),
            ("CHANNEL", "/channel"),
            ("ACCOUNT", "/account"),
            ("SKU", "/sku"),
            ("FIELD", "/field"),
            ("WINNER", "/strategy"),
            ("PRIORITY", "/priority"),
        ];
        output::table(&set, &rows("set"), "Nothing else is set.");
        Ok(())
    }
}

impl Winners {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = Vec::new();
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(&api, account).await?)));
        }
        query.extend(self.sku.as_ref().map(|sku| format!("sku={}", segment(sku))));
        let path = format!("/inventory/conflicts/winners?{}", query.join("&"));
        let answer = api.get(&path).await?;
        let rows = answer.get("data").and_then(Value::as_array).cloned();
        let mut rows = rows.unwrap_or_default();
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        for row in &mut rows {
            if row["level"].is_null() {
                row["level"] = "nobody: as usual".into();
            }
        }
        let columns = [
            ("FIELD", "/field"),
            ("WINNER", "/strategy"),
            ("PRIORITY", "/priority"),
            ("SET BY", "/level"),
        ];
        output::table(&columns, &rows, "-");
        Ok(())
    }
}

impl History {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = self
            .conflict
            .as_ref()
            .map(|id| format!("?conflict={}", segment(id)));
        let path = format!("/inventory/conflicts/history{}", query.unwrap_or_default());
        let rows = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("AT", "/at"),
            ("FIELD", "/field"),
            ("ACTION", "/action"),
            ("STRATEGY", "/strategy"),
            ("BY", "/actor"),
            ("BEFORE", "/before"),
            ("AFTER", "/after"),
        ];
        output::table(&columns, &rows, "Nothing had to be done yet.");
        Ok(())
    }
}
