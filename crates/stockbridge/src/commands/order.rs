//! `order`: orders of every channel.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::account::{account_id, account_names};
use super::{Context, aftersales};
use crate::client::{Target, segment};
use crate::failure::usage;
use crate::output;

/// See, ship, call off and refund orders, and have their labels made.
#[derive(Debug, Subcommand)]
pub enum Order {
    /// List orders, newest first.
    #[command(after_help = "Example:\n  stockbridge order list --status open --account Till --limit 20")]
    List(List),
    /// Show an order with its lines, parcels and what it did to stock.
    #[command(after_help = "Example:\n  stockbridge order show ord_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Show(Show),
    /// Enter a parcel; the channel is told.
    #[command(after_help = "Example:\n  \
        stockbridge order ship ord_01jd8z4k3qf0v9m2n7x5c6b8w0 --carrier DHL --tracking JD0146000\n\n\
        Without --line everything that is left goes into the parcel.")]
    Ship(Ship),
    /// Call an order off, or units of it; a channel's order is called off there.
    #[command(after_help = "Example:\n  \
        stockbridge order cancel ord_01jd8z4k3qf0v9m2n7x5c6b8w0 --reason out_of_stock\n\n\
        Without --line all that is open is called off.")]
    Cancel(Cancel),
    /// Give money back for an order, never more than was paid.
    #[command(after_help = "Example:\n  \
        stockbridge order refund ord_01jd8z4k3qf0v9m2n7x5c6b8w0 --amount \"12.50 EUR\" --note scratched")]
    Refund(aftersales::Refund),
    /// Have the channel make the label and invoice of an order's parcel.
    #[command(after_help = "Example:\n  \
        stockbridge order label ord_01jd8z4k3qf0v9m2n7x5c6b8w0 --weight 750 --size 300x200x100")]
    Label(aftersales::Label),
    /// Write a label or invoice to a file.
    #[command(after_help = "Example:\n  \
        stockbridge order paper ppr_01jd8z4k3qf0v9m2n7x5c6b8w0 --out label.pdf")]
    Paper(aftersales::Paper),
    /// Tell the channel that a parcel is ready to be fetched.
    #[command(after_help = "Example:\n  stockbridge order hand-over pcl_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    HandOver(aftersales::HandOver),
    /// List the returns that channels announce.
    #[command(after_help = "Example:\n  stockbridge order returns --account Till --all")]
    Returns(aftersales::Returns),
    /// Receive an announced return into stock.
    #[command(after_help = "Example:\n  \
        stockbridge order receive crt_01jd8z4k3qf0v9m2n7x5c6b8w0 --damaged")]
    Receive(aftersales::Receive),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those that stand like this.
    #[arg(long)]
    status: Option<String>,
    /// Only those of this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Only those whose channel order id begins with this, or with a line of this SKU.
    #[arg(long)]
    search: Option<String>,
    /// Show at most N orders.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The order's id.
    order: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Ship {
    /// The order's id.
    order: String,
    /// Who carries it.
    #[arg(long)]
    carrier: String,
    /// The tracking number.
    #[arg(long)]
    tracking: String,
    /// The carrier's service.
    #[arg(long)]
    method: Option<String>,
    /// Ship part of an order: a line's id and how many; repeat for several.
    #[arg(long, value_name = "LINE=N")]
    line: Vec<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Cancel {
    /// The order's id.
    order: String,
    /// out_of_stock, customer, undeliverable, pricing, fraud or other.
    #[arg(long, default_value = "other")]
    reason: String,
    /// Words for the channel, or for the books.
    #[arg(long)]
    note: Option<String>,
    /// Call off part of an order: a line's id and how many; repeat for several.
    #[arg(long, value_name = "LINE=N")]
    line: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Order {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Ship(command) => command.run(context).await,
            Self::Cancel(command) => command.run(context).await,
            Self::Refund(command) => command.run(context).await,
            Self::Label(command) => command.run(context).await,
            Self::Paper(command) => command.run(context).await,
            Self::HandOver(command) => command.run(context).await,
            Self::Returns(command) => command.run(context).await,
            Self::Receive(command) => command.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = Vec::new();
        if let Some(status) = &self.status {
            query.push(format!("status={}", segment(status)));
        }
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(&api, account).await?)));
        }
        if let Some(search) = &self.search {
            query.push(format!("search={}", segment(search)));
        }
        let mut orders = api
            .list(&format!("/orders?{}", query.join("&")), self.limit)
            .await?;
        if self.target.json() {
            output::json(&orders);
            return Ok(());
        }
        let names = account_names(&api).await?;
        for order in &mut orders {
            if let Some(name) = order
                .get("account")
                .and_then(Value::as_str)
                .and_then(|id| names.get(id))
            {
                order["account"] = name.clone().into();
            }
        }
        let columns = [
            ("ID", "/id"),
            ("ACCOUNT", "/account"),
            ("CHANNEL'S ID", "/channel_order_id"),
            ("STATUS", "/status"),
            ("PLACED", "/placed_at"),
            ("TOTAL", "/total"),
            ("LOOK AT", "/attention"),
        ];
        output::table(&columns, &orders, "There is no such order.");
        Ok(())
    }
}

impl Show {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let order = api.get(&format!("/orders/{}", segment(&self.order))).await?;
        if self.target.json() {
            output::json(&order);
        } else {
            output::fields(&order);
        }
        Ok(())
    }
}

impl Ship {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut body = json!({"carrier": self.carrier, "tracking": self.tracking});
        if let Some(method) = &self.method {
            body["method"] = method.clone().into();
        }
        if !self.line.is_empty() {
            body["lines"] = parts(&self.line)?;
        }
        let api = self.target.open(context).await?;
        let parcel = api
            .post(&format!("/orders/{}/fulfil", segment(&self.order)), &body)
            .await?;
        if self.target.json() {
            output::json(&parcel);
        }
        super::done(self.target.json(), "Entered; a running server tells the channel.");
        Ok(())
    }
}

impl Cancel {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let body = json!({"reason": self.reason, "note": self.note, "lines": parts(&self.line)?});
        let api = self.target.open(context).await?;
        let order = api
            .post(&format!("/orders/{}/cancel", segment(&self.order)), &body)
            .await?;
        if self.target.json() {
            output::json(&order);
        }
        let text = match order
            .pointer("/after_sales/cancellations/0/status")
            .and_then(Value::as_str)
        {
            Some("done") => "Called off; its units are free again.",
            _ => "A running server asks the channel; `stockbridge order show` says what became of it.",
        };
        super::done(self.target.json(), text);
        Ok(())
    }
}

/// Units of lines, as they are sent.
pub(super) fn parts(pairs: &[String]) -> anyhow::Result<Value> {
    let lines: anyhow::Result<Vec<Value>> = pairs.iter().map(|pair| part(pair)).collect();
    Ok(lines?.into())
}

fn part(pair: &str) -> anyhow::Result<Value> {
    let wrong = || {
        usage(format!(
            "--line: `{pair}` is not LINE=N; `stockbridge order show` shows the lines' ids"
        ))
    };
    let (line, units) = pair.split_once('=').ok_or_else(wrong)?;
    let units: u32 = units.parse().map_err(|_| wrong())?;
    Ok(json!({"line": line, "quantity": units}))
}
