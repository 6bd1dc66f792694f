//! `stock`: how much there is, why, and how to change it.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::location::location_id;
use crate::client::{Target, segment};
use crate::output;

/// See, explain and change stock.
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// Show how much there is.
    #[command(after_help = "Examples:\n  stockbridge stock show\n  stockbridge stock show MUG-BLK-0001")]
    Show(Show),
    /// Add to or take from stock.
    #[command(after_help = "Example:\n  \
        stockbridge stock adjust MUG-BLK-0001 -2 --kind damage --note dropped\n\n\
        The same --reference again changes nothing: repeat a command safely by giving one.")]
    Adjust(Adjust),
    /// Enter how much was counted.
    #[command(after_help = "Example:\n  stockbridge stock count MUG-BLK-0001 40")]
    Count(Count),
    /// Explain a product's quantities: ledger, shares, what each channel shows and why.
    #[command(after_help = "Example:\n  stockbridge stock why MUG-BLK-0001")]
    Why(Why),
}

#[derive(Debug, Args)]
pub struct Show {
    /// A product's SKU; all products when left out.
    sku: Option<String>,
    /// Show at most N products.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Adjust {
    /// The product's SKU.
    sku: String,
    /// So many more; a negative number takes away.
    #[arg(allow_negative_numbers = true)]
    change: i64,
    /// Why: adjustment, restock, return or damage.
    #[arg(long, default_value = "adjustment")]
    kind: String,
    #[command(flatten)]
    entry: Entry,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Count {
    /// The product's SKU.
    sku: String,
    /// So many lie there now, those promised to orders included.
    #[arg(allow_negative_numbers = true)]
    counted: i64,
    #[command(flatten)]
    entry: Entry,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
struct Entry {
    /// The location's name or id; the default location when left out.
    #[arg(long, value_name = "LOCATION")]
    at: Option<String>,
    /// A remark for the ledger.
    #[arg(long)]
    note: Option<String>,
    /// What makes the entry unique, such as a delivery's number.
    #[arg(long)]
    reference: Option<String>,
}

#[derive(Debug, Args)]
pub struct Why {
    /// The product's SKU.
    sku: String,
    #[command(flatten)]
    target: Target,
}

impl Stock {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Show(command) => command.run(context).await,
            Self::Adjust(Adjust {
                sku,
                change,
                kind,
                entry,
                target,
            }) => {
                enter(
                    context,
                    &target,
                    json!({"sku": sku, "kind": kind, "change": change}),
                    entry,
                )
                .await
            }
            Self::Count(Count {
                sku,
                counted,
                entry,
                target,
            }) => enter(context, &target, json!({"sku": sku, "counted": counted}), entry).await,
            Self::Why(command) => command.run(context).await,
        }
    }
}

impl Show {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        if let Some(sku) = &self.sku {
            let stock = api.get(&format!("/inventory/stock/{}", segment(sku))).await?;
            if self.target.json() {
                output::json(&stock);
            } else {
                output::fields(&stock);
            }
            return Ok(());
        }
        let rows = api.list("/inventory/stock", self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("SKU", "/sku"),
            ("TITLE", "/title"),
            ("ON HAND", "/on_hand"),
            ("RESERVED", "/reserved"),
            ("WITHHELD", "/withheld"),
            ("AVAILABLE", "/available"),
            ("INCOMING", "/incoming"),
            ("EXPOSED", "/exposure"),
            ("LISTINGS", "/listings"),
        ];
        output::table(
            &columns,
            &rows,
            "There is no product yet; `stockbridge product import` enters them.",
        );
        Ok(())
    }
}

async fn enter(context: &Context, target: &Target, mut body: Value, entry: Entry) -> anyhow::Result<()> {
    if let Some(note) = entry.note {
        body["note"] = note.into();
    }
    if let Some(reference) = entry.reference {
        body["reference"] = reference.into();
    }
    let api = target.open(context).await?;
    if let Some(at) = &entry.at {
        body["location"] = location_id(&api, at).await?.into();
    }
    let record = api.post("/inventory/adjustments", &body).await?;
    if target.json() {
        output::json(&record);
        return Ok(());
    }
    let on_hand = record.pointer("/after/on_hand").and_then(Value::as_i64);
    let reserved = record.pointer("/after/reserved").and_then(Value::as_i64);
    match (on_hand, reserved) {
        (Some(on_hand), Some(reserved)) => {
            output::line(format_args!(
                "Entered: {on_hand} on hand, {} available.",
                on_hand - reserved
            ));
        }
        _ => output::line("Entered."),
    }
    Ok(())
}

impl Why {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let why = api
            .get(&format!("/inventory/stock/{}/why", segment(&self.sku)))
            .await?;
        if self.target.json() {
            output::json(&why);
        } else {
            tell(&why);
        }
        Ok(())
    }
}

/// The explanation in words, then what each listing shows, then the last ledger entries.
fn tell(why: &Value) {
    let text = |at: &str| why.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let list = |value: &Value, at: &str| -> Vec<Value> {
        value
            .pointer(at)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    output::line(format_args!(
        "{}  {}",
        text("/product/sku"),
        text("/product/title")
    ));
    for reason in list(why, "/because") {
        output::line(format_args!("  {}", reason.as_str().unwrap_or_default()));
    }
    for listing in list(why, "/listings") {
        let name = |at: &str| {
            listing
                .pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        output::line(format_args!("\n{} {}", name("/account_name"), name("/sku")));
        for reason in list(&listing, "/because") {
            output::line(format_args!("  {}", reason.as_str().unwrap_or_default()));
        }
    }
    let entries = list(why, "/ledger");
    if !entries.is_empty() {
        output::line("\nLast entries of the ledger:");
        let columns = [
            ("AT", "/at"),
            ("KIND", "/kind"),
            ("ON HAND", "/change/on_hand"),
            ("RESERVED", "/change/reserved"),
            ("AFTER", "/after/on_hand"),
            ("BY", "/actor"),
            ("NOTE", "/note"),
        ];
        output::table(&columns, &entries, "");
    }
}
