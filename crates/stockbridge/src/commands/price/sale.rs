//! `price sale`: lower prices for a while.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Context, amount, percent, scope};
use crate::client::{Target, segment};
use crate::output;

#[derive(Debug, Subcommand)]
pub enum Sale {
    /// List sales, those that end last first.
    #[command(after_help = "Example:\n  stockbridge price sale list")]
    List(List),
    /// Enter a sale.
    #[command(after_help = "Examples:\n  \
        stockbridge price sale add Winter --scope tenant --from 2027-01-02T00:00:00+01:00 --to 2027-01-16T00:00:00+01:00 --off 20%\n  \
        stockbridge price sale add Mugs --scope product:MUG-BLK-0001 --from 2027-01-02T00:00:00Z --to 2027-01-03T00:00:00Z --price \"4.99 EUR\"")]
    Add(Add),
    /// End a sale now, or take it away before it begins.
    #[command(after_help = "Example:\n  stockbridge price sale end sal_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    End(End),
}

#[derive(Debug, Args)]
pub struct List {
    /// Show at most N sales.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Add {
    /// What people call it.
    name: String,
    /// tenant, channel:NAME, account:NAME, product:SKU or listing:ID.
    #[arg(long)]
    scope: String,
    /// Its first instant, with an offset: 2027-01-02T00:00:00+01:00.
    #[arg(long, value_name = "INSTANT")]
    from: String,
    /// The first instant after it.
    #[arg(long, value_name = "INSTANT")]
    to: String,
    /// The part taken off, such as 20%.
    #[arg(
        long,
        value_name = "PERCENT",
        required_unless_present = "price",
        conflicts_with = "price"
    )]
    off: Option<String>,
    /// The price, such as "4.99 EUR"; for a product or a listing.
    #[arg(long, value_name = "AMOUNT")]
    price: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct End {
    /// The sale's id.
    sale: String,
    #[command(flatten)]
    target: Target,
}

impl Sale {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::End(command) => command.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let rows = api.list("/prices/sales", self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("NAME", "/name"),
            ("SCOPE", "/scope"),
            ("FROM", "/starts_at"),
            ("TO", "/ends_at"),
            ("OFF BP", "/off"),
            ("PRICE", "/price"),
            ("NOW", "/now"),
        ];
        output::table(&columns, &rows, "There is no sale.");
        Ok(())
    }
}

impl Add {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut body = json!({"name": self.name, "starts_at": self.from, "ends_at": self.to});
        if let Some(off) = &self.off {
            body["off"] = percent("--off", off)?;
        }
        if let Some(price) = &self.price {
            body["price"] = amount("--price", price)?;
        }
        let api = self.target.open(context).await?;
        body["scope"] = scope(&api, &self.scope).await?.into();
        let answer = api.post("/prices/sales", &body).await?;
        if self.target.json() {
            output::json(&answer);
        }
        let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
        super::super::done(
            self.target.json(),
            format_args!("Entered as {id}; it begins and ends by itself."),
        );
        Ok(())
    }
}

impl End {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/prices/sales/{}", segment(&self.sale));
        api.call("DELETE", &path, None).await?;
        super::super::done(self.target.json(), "It is over; prices follow.");
        Ok(())
    }
}
