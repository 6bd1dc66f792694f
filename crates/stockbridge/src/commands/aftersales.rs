//! `order refund|label|paper|hand-over|returns|receive`: what happens to orders after the sale.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::account::account_id;
use super::order::parts;
use crate::client::{Target, segment};
use crate::failure::usage;
use crate::output;

#[derive(Debug, Args)]
pub struct Refund {
    /// The order's id.
    order: String,
    /// How much, such as "12.50 EUR"; what the lines cost when left out.
    #[arg(long)]
    amount: Option<String>,
    /// For which units: a line's id and how many; repeat for several.
    #[arg(long, value_name = "LINE=N")]
    line: Vec<String>,
    /// Have the channel send the money through its payment provider.
    #[arg(long)]
    pay_out: bool,
    /// Words for the buyer or the books.
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Label {
    /// The order's id.
    order: String,
    /// Which of the order's parcels.
    #[arg(long)]
    parcel: Option<i64>,
    /// Weight in grams.
    #[arg(long, value_name = "G")]
    weight: Option<i64>,
    /// Length, width and height in millimetres, such as 300x200x100.
    #[arg(long, value_name = "LxWxH")]
    size: Option<String>,
    /// Your number of the invoice.
    #[arg(long)]
    invoice: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Paper {
    /// The paper's id.
    paper: String,
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct HandOver {
    /// The parcel's id.
    parcel: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Returns {
    /// Only those of this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Also those of which nothing is awaited any more.
    #[arg(long)]
    all: bool,
    /// Show at most N returns.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// The announced return's id.
    announced: String,
    /// They are damaged: written off, or put where nothing is sold from.
    #[arg(long)]
    damaged: bool,
    /// Which units: an order line's id and how many; repeat for several. All that is still to come when left out.
    #[arg(long, value_name = "LINE=N")]
    line: Vec<String>,
    /// Makes the same step sent twice harmless.
    #[arg(long)]
    reference: Option<String>,
    /// A remark.
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Refund {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut body = json!({"lines": parts(&self.line)?, "pay_out": self.pay_out, "note": self.note});
        if let Some(amount) = &self.amount {
            body["amount"] = money(amount)?;
        }
        let api = self.target.open(context).await?;
        let path = format!("/orders/{}/refund", segment(&self.order));
        let order = api.post(&path, &body).await?;
        if self.target.json() {
            output::json(&order);
        }
        let text = match order
            .pointer("/after_sales/refunds/0/status")
            .and_then(Value::as_str)
        {
            Some("done") => "Noted.",
            _ => "A running server asks the channel; `stockbridge order show` says what became of it.",
        };
        super::done(self.target.json(), text);
        Ok(())
    }
}

fn money(text: &str) -> anyhow::Result<Value> {
    let wrong = || {
        usage(format!(
            "--amount: `{text}` is no amount; write it like \"12.50 EUR\""
        ))
    };
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(wrong)?;
    Ok(json!({"amount": amount, "currency": currency.trim()}))
}

impl Label {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let size: Option<Vec<i64>> = match &self.size {
            None => None,
            Some(text) => {
                let sides: Result<Vec<i64>, _> = text.split('x').map(str::parse).collect();
                let sides = sides.ok().filter(|sides| sides.len() == 3);
                let wrong = || usage(format!("--size: `{text}` is not LxWxH, such as 300x200x100"));
                Some(sides.ok_or_else(wrong)?)
            }
        };
        let body = json!({
            "parcel": self.parcel,
            "weight_grams": self.weight,
            "size_mm": size,
            "invoice_number": self.invoice,
        });
        let api = self.target.open(context).await?;
        let path = format!("/orders/{}/papers", segment(&self.order));
        let order = api.post(&path, &body).await?;
        if self.target.json() {
            output::json(&order);
        }
        let text = "A running server asks the channel; `stockbridge order show` lists the papers once they are made.";
        super::done(self.target.json(), text);
        Ok(())
    }
}

impl Paper {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let bytes = api.download(&format!("/papers/{}", segment(&self.paper))).await?;
        std::fs::write(&self.out, &bytes)
            .with_context(|| format!("{} cannot be written; choose another file", self.out.display()))?;
        super::done(
            self.target.json(),
            format_args!("{} bytes written to {}.", bytes.len(), self.out.display()),
        );
        Ok(())
    }
}

impl HandOver {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/parcels/{}/hand-over", segment(&self.parcel));
        let order = api.post(&path, &json!({})).await?;
        if self.target.json() {
            output::json(&order);
        }
        super::done(self.target.json(), "A running server tells the channel.");
        Ok(())
    }
}

impl Returns {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = vec![format!("awaited={}", !self.all)];
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(&api, account).await?)));
        }
        let path = format!("/channel-returns?{}", query.join("&"));
        let returns = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&returns);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("CHANNEL'S ID", "/channel_return_id"),
            ("ORDER", "/channel_order_id"),
            ("STATUS", "/channel_status"),
            ("UNITS", "/units"),
            ("RECEIVED", "/received"),
            ("LOOK AT", "/attention"),
        ];
        output::table(&columns, &returns, "No return is awaited.");
        Ok(())
    }
}

impl Receive {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let condition = if self.damaged { "damaged" } else { "sellable" };
        let body = json!({
            "condition": condition,
            "lines": parts(&self.line)?,
            "reference": self.reference,
            "note": self.note,
        });
        let api = self.target.open(context).await?;
        let path = format!("/channel-returns/{}/receive", segment(&self.announced));
        let entered = api.post(&path, &body).await?;
        if self.target.json() {
            output::json(&entered);
        }
        super::done(self.target.json(), "Received.");
        Ok(())
    }
}
