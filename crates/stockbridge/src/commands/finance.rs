//! `finance`: money that channels moved.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::account::{account_id, account_names};
use crate::client::{Api, Target, segment};
use crate::output;

/// See what channels took, kept, gave back and paid out.
#[derive(Debug, Subcommand)]
pub enum Finance {
    /// List transactions, the latest first.
    #[command(after_help = "Example:\n  \
        stockbridge finance list --account \"Nordlicht DE\" --event refund --from 2026-11-01T00:00:00Z")]
    List(List),
    /// Sum up by store, kind and currency.
    #[command(after_help = "Example:\n  \
        stockbridge finance summary --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z")]
    Summary(Summary),
    /// List what channels paid, against what was expected.
    #[command(after_help = "Example:\n  stockbridge finance settlements --account \"Nordlicht DE\"")]
    Settlements(Settlements),
    /// Compare what was posted of an order with what the order says.
    #[command(after_help = "Example:\n  stockbridge finance order ord_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Order(OfOrder),
}

#[derive(Debug, Args)]
struct Which {
    /// Only on this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Posted at or after this instant, as 2026-11-01T00:00:00Z.
    #[arg(long)]
    from: Option<String>,
    /// Posted before this instant.
    #[arg(long)]
    to: Option<String>,
}

impl Which {
    async fn query(&self, api: &Api) -> anyhow::Result<Vec<String>> {
        let mut query = Vec::new();
        for (name, given) in [("from", &self.from), ("to", &self.to)] {
            query.extend(given.as_ref().map(|text| format!("{name}={}", segment(text))));
        }
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(api, account).await?)));
        }
        Ok(query)
    }
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    which: Which,
    /// sale, refund, fee, adjustment, payout or other.
    #[arg(long)]
    event: Option<String>,
    /// Only of the order with this number of the channel's.
    #[arg(long)]
    order: Option<String>,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Summary {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Settlements {
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
pub struct OfOrder {
    /// The order's id.
    order: String,
    #[command(flatten)]
    target: Target,
}

impl Finance {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Summary(command) => command.run(context).await,
            Self::Settlements(command) => command.run(context).await,
            Self::Order(command) => command.run(context).await,
        }
    }
}

/// Puts accounts' names in the place of their ids.
async fn named(api: &Api, rows: &mut [Value]) -> anyhow::Result<()> {
    let names = account_names(api).await?;
    for row in rows {
        let account = row.get("account").and_then(Value::as_str);
        if let Some(name) = account.and_then(|id| names.get(id)) {
            row["account"] = name.clone().into();
        }
    }
    Ok(())
}

/// The list in an answer.
fn data(answer: &Value) -> Vec<Value> {
    answer["data"].as_array().cloned().unwrap_or_default()
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = self.which.query(&api).await?;
        for (name, given) in [("event", &self.event), ("order", &self.order)] {
            query.extend(given.as_ref().map(|text| format!("{name}={}", segment(text))));
        }
        let path = format!("/finance/transactions?{}", query.join("&"));
        let mut rows = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        named(&api, &mut rows).await?;
        let columns = [
            ("POSTED", "/posted_at"),
            ("ACCOUNT", "/account"),
            ("WHAT", "/event"),
            ("CHANNEL'S WORD", "/told"),
            ("ORDER", "/channel_order_id"),
            ("STATE", "/state"),
            ("TOTAL", "/total"),
        ];
        output::table(
            &columns,
            &rows,
            "Nothing of the kind was told of yet; channels post some days late and are read once a day.",
        );
        Ok(())
    }
}

impl Summary {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = self.which.query(&api).await?.join("&");
        let mut rows = data(&api.get(&format!("/finance/summary?{query}")).await?);
        if self.target.json() {
            output::json(&json!(rows));
            return Ok(());
        }
        named(&api, &mut rows).await?;
        let columns = [
            ("ACCOUNT", "/account"),
            ("KIND", "/kind"),
            ("AMOUNT", "/amount"),
            ("HELD BACK", "/held"),
        ];
        output::table(&columns, &rows, "No channel told of any money in that time.");
        Ok(())
    }
}

impl OfOrder {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let rows = data(
            &api.get(&format!("/orders/{}/money", segment(&self.order)))
                .await?,
        );
        if self.target.json() {
            output::json(&json!(rows));
            return Ok(());
        }
        let columns = [
            ("ORDER SAYS", "/charged"),
            ("POSTED", "/posted"),
            ("DIFFERENCE", "/difference"),
            ("VERDICT", "/verdict"),
            ("FEES", "/fees"),
            ("HELD BACK", "/held"),
            ("LEFT", "/net"),
        ];
        output::table(&columns, &rows, "The channel posted nothing of this order.");
        Ok(())
    }
}

impl Settlements {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut path = "/finance/settlements?".to_owned();
        if let Some(account) = &self.account {
            path.push_str(&format!("account={}", segment(&account_id(&api, account).await?)));
        }
        let mut rows = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        named(&api, &mut rows).await?;
        let columns = [
            ("ID", "/id"),
            ("ACCOUNT", "/account"),
            ("FROM", "/from"),
            ("TO", "/to"),
            ("PAID", "/paid"),
            ("EXPECTED", "/expected"),
            ("VERDICT", "/verdict"),
        ];
        output::table(&columns, &rows, "No channel told of a payment yet.");
        Ok(())
    }
}
