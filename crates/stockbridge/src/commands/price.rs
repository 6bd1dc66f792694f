//! `price`: what listings cost, why, and the rules and sales that decide it.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::account::account_id;
use crate::client::{Api, Target, segment};
use crate::failure::usage;
use crate::output;

mod rule;
mod sale;

/// See, explain and set prices, and the rules and sales they come from.
#[derive(Debug, Subcommand)]
pub enum Price {
    /// Explain a listing's price, step by step.
    #[command(after_help = "Example:\n  stockbridge price why lst_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Why(Why),
    /// Give a listing a price of its own, or with --rules take it away.
    #[command(
        after_help = "Examples:\n  stockbridge price set lst_01jd8z4k3qf0v9m2n7x5c6b8w0 \"499.00 INR\"\n  \
        stockbridge price set lst_01jd8z4k3qf0v9m2n7x5c6b8w0 --rules"
    )]
    Set(Set),
    /// Show or set a product's base price, cost and floor.
    #[command(after_help = "Examples:\n  stockbridge price product MUG-BLK-0001\n  \
        stockbridge price product MUG-BLK-0001 --base \"12.50 EUR\" --cost \"6.10 EUR\" --floor none")]
    Product(ProductPrices),
    /// Show and set what a level says of prices.
    #[command(subcommand)]
    Rule(rule::Rule),
    /// Show what prices would be, under a rule that is not set yet or as things are.
    #[command(after_help = "Example:\n  \
        stockbridge price preview --scope tenant --keep yes --fee 15% --ending .99")]
    Preview(rule::Preview),
    /// Enter, list and end sales.
    #[command(subcommand)]
    Sale(sale::Sale),
    /// List prices that are not sent, and why.
    #[command(after_help = "Example:\n  stockbridge price held --account \"Nordlicht DE\"")]
    Held(Held),
    /// Say yes to a price that waits, as you saw it.
    #[command(
        after_help = "Example:\n  stockbridge price approve lst_01jd8z4k3qf0v9m2n7x5c6b8w0 \"14.99 EUR\""
    )]
    Approve(Approve),
}

#[derive(Debug, Args)]
pub struct Why {
    /// The listing's id.
    listing: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Set {
    /// The listing's id.
    listing: String,
    /// The price, such as "499.00 INR".
    #[arg(required_unless_present = "rules", conflicts_with = "rules")]
    price: Option<String>,
    /// Take its own price away, so that the rules decide.
    #[arg(long)]
    rules: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct ProductPrices {
    /// The product's SKU.
    sku: String,
    /// Price before any channel's rules, or none.
    #[arg(long, value_name = "AMOUNT")]
    base: Option<String>,
    /// What one unit costs you, or none.
    #[arg(long, value_name = "AMOUNT")]
    cost: Option<String>,
    /// The least a buyer pays for one unit, or none.
    #[arg(long, value_name = "AMOUNT")]
    floor: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Held {
    /// Only those of this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Approve {
    /// The listing's id.
    listing: String,
    /// The price that waits, such as "14.99 EUR".
    price: String,
    #[command(flatten)]
    target: Target,
}

impl Price {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Why(command) => command.run(context).await,
            Self::Set(command) => command.run(context).await,
            Self::Product(command) => command.run(context).await,
            Self::Rule(command) => command.run(context).await,
            Self::Preview(command) => command.run(context).await,
            Self::Sale(command) => command.run(context).await,
            Self::Held(command) => command.run(context).await,
            Self::Approve(command) => command.run(context).await,
        }
    }
}

/// An amount as the API takes it: `499.00 INR`.
fn amount(flag: &str, text: &str) -> anyhow::Result<Value> {
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(|| {
        usage(format!(
            "{flag}: `{text}` is no amount; write it like \"499.00 INR\""
        ))
    })?;
    Ok(json!({"amount": amount.trim(), "currency": currency.trim()}))
}

/// The same, or nothing for `none`.
fn amount_or_none(flag: &str, text: &str) -> anyhow::Result<Value> {
    if text == "none" {
        Ok(Value::Null)
    } else {
        amount(flag, text)
    }
}

/// A part in hundredths of a percent: `15%`, `7.25`.
fn percent(flag: &str, text: &str) -> anyhow::Result<Value> {
    let wrong = || {
        usage(format!(
            "{flag}: `{text}` is no percentage; write it like 15% or 7.25%"
        ))
    };
    let digits = text.trim().trim_end_matches('%').trim();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !plain(whole) || !plain(fraction) {
        return Err(wrong());
    }
    let points: i64 = format!("{whole}{fraction:0<2}").parse().map_err(|_| wrong())?;
    Ok(points.into())
}

/// A scope as people name it: `tenant`, `channel:NAME`, `account:NAME`, `product:SKU`, `listing:ID`.
async fn scope(api: &Api, text: &str) -> anyhow::Result<String> {
    match text.split_once(':') {
        Some(("account", name)) => Ok(format!("account:{}", account_id(api, name).await?)),
        Some(("product", sku)) if !sku.starts_with("prd_") => {
            let product = api.get(&format!("/products/{}", segment(sku))).await?;
            let id = product
                .get("id")
                .and_then(Value::as_str)
                .context("the product has no id")?;
            Ok(format!("product:{id}"))
        }
        _ => Ok(text.to_owned()),
    }
}

/// A price with its steps, for people.
fn explain(preview: &Value) {
    let text = |value: Option<&Value>| match value {
        Some(money) if money.is_object() => format!(
            "{} {}",
            money.get("amount").and_then(Value::as_str).unwrap_or_default(),
            money.get("currency").and_then(Value::as_str).unwrap_or_default()
        ),
        _ => "-".to_owned(),
    };
    let word = |at: &str| preview.pointer(at).and_then(Value::as_str).unwrap_or("-");
    output::line(format_args!(
        "{}  shown {}, wanted {}",
        word("/sku"),
        text(preview.get("shown")),
        text(preview.get("wanted"))
    ));
    if preview.get("kept") == Some(&Value::Bool(false)) {
        output::line("  no rule has the hub keep this price");
    }
    for step in preview
        .pointer("/priced/steps")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let because = step.get("because").and_then(Value::as_str).unwrap_or_default();
        let kind = step.get("kind").and_then(Value::as_str).unwrap_or_default();
        output::line(format_args!(
            "  {:>14}  {kind:<7}  {because}",
            text(step.get("amount"))
        ));
    }
    if let Some(why) = preview.pointer("/held/detail").and_then(Value::as_str) {
        output::line(format_args!("  not sent: {why}"));
    }
    if let Some(at) = preview.get("next_change").and_then(Value::as_str) {
        output::line(format_args!("  looked at again {at}"));
    }
}

impl Why {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let answer = api
            .get(&format!("/listings/{}/price", segment(&self.listing)))
            .await?;
        if self.target.json() {
            output::json(&answer);
        } else {
            explain(&answer);
        }
        Ok(())
    }
}

impl Set {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let listing = segment(&self.listing);
        let body = match &self.price {
            Some(price) => Some(json!({"price": amount("PRICE", price)?})),
            None => None,
        };
        let api = self.target.open(context).await?;
        let answer = match &body {
            Some(body) => {
                api.call("PATCH", &format!("/listings/{listing}"), Some(body))
                    .await?
            }
            None => {
                api.call("DELETE", &format!("/listings/{listing}/price"), None)
                    .await?
            }
        };
        if self.target.json() {
            output::json(&answer);
        }
        let said = if self.rules {
            "The rules decide its price again."
        } else {
            "Set; it is sent as soon as the channel's quota allows."
        };
        super::done(self.target.json(), said);
        Ok(())
    }
}

impl ProductPrices {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut body = serde_json::Map::new();
        for (name, flag, given) in [
            ("base", "--base", &self.base),
            ("cost", "--cost", &self.cost),
            ("floor", "--floor", &self.floor),
        ] {
            if let Some(text) = given {
                body.insert(name.to_owned(), amount_or_none(flag, text)?);
            }
        }
        let api = self.target.open(context).await?;
        let path = format!("/products/{}/prices", segment(&self.sku));
        let answer = if body.is_empty() {
            api.get(&path).await?
        } else {
            api.call("PUT", &path, Some(&Value::Object(body))).await?
        };
        if self.target.json() {
            output::json(&answer);
        } else {
            output::fields(&answer);
        }
        Ok(())
    }
}

impl Held {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let query = match &self.account {
            Some(account) => format!("?account={}", segment(&account_id(&api, account).await?)),
            None => String::new(),
        };
        let rows = api.list(&format!("/prices/held{query}"), self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("LISTING", "/listing"),
            ("SKU", "/sku"),
            ("REASON", "/reason"),
            ("SHOWN", "/shown"),
            ("WAITS", "/held"),
        ];
        output::table(&columns, &rows, "Every price is sent, or nobody keeps it.");
        Ok(())
    }
}

impl Approve {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let body = json!({"price": amount("PRICE", &self.price)?});
        let api = self.target.open(context).await?;
        let path = format!("/prices/held/{}/approve", segment(&self.listing));
        let answer = api.post(&path, &body).await?;
        if self.target.json() {
            output::json(&answer);
        }
        super::done(
            self.target.json(),
            "Approved; it is sent as soon as the channel's quota allows.",
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_amounts_are_read_exactly() {
        assert_eq!(percent("--fee", "15%").unwrap(), 1_500);
        assert_eq!(percent("--fee", "7.25").unwrap(), 725);
        assert_eq!(percent("--fee", "0.5 %").unwrap(), 50);
        for wrong in ["", "-1%", "1.234%", "many", "1e2"] {
            assert!(
                percent("--fee", wrong).unwrap_err().to_string().contains("--fee"),
                "{wrong}"
            );
        }
        assert_eq!(
            amount("--base", "4.50 EUR").unwrap(),
            json!({"amount": "4.50", "currency": "EUR"})
        );
        assert!(amount("--base", "4.50").is_err());
        assert_eq!(amount_or_none("--base", "none").unwrap(), Value::Null);
    }
}
