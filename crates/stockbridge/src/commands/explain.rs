//! `explain`: why a quantity, price or status is what it is, in the order of time.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::Context;
use crate::client::{Target, segment};
use crate::output;

/// Explain why a quantity, price or status is what it is, in the order of time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  stockbridge explain MUG-BLK-0001\n  \
    stockbridge explain MUG-BLK-0001 --listing lst_01m3fk0000fr3e8w0000000000 --field price\n\n\
    Without --listing it is the product's available quantity. `stockbridge listing list` shows the ids of listings.")]
pub struct Explain {
    /// The product's SKU.
    sku: String,
    /// A listing of it, by id.
    #[arg(long, value_name = "ID")]
    listing: Option<String>,
    /// What to explain.
    #[arg(long, value_enum, default_value_t = Field::Quantity)]
    field: Field,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Field {
    /// How many there are, or a listing offers.
    Quantity,
    /// What a listing costs.
    Price,
    /// Whether buyers can buy it.
    Status,
}

impl Explain {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let field = match self.field {
            Field::Quantity => "quantity",
            Field::Price => "price",
            Field::Status => "status",
        };
        let listing = self
            .listing
            .as_deref()
            .map(|id| format!("&listing={}", segment(id)));
        let path = format!(
            "/inventory/stock/{}/explain?field={field}{}",
            segment(&self.sku),
            listing.unwrap_or_default()
        );
        let chain = api.get(&path).await?;
        if self.target.json() {
            output::json(&chain);
            return Ok(());
        }
        let text = |at: &str| chain.pointer(at).and_then(Value::as_str);
        let place = text("/account_name")
            .map(|name| format!(" at {name}"))
            .unwrap_or_default();
        let value = text("/value").unwrap_or("not known");
        output::line(format_args!("{}{place}: {field} is {value}", self.sku));
        let columns = [
            ("AT", "/at"),
            ("WHAT", "/kind"),
            ("VALUE", "/value"),
            ("WHY", "/what"),
        ];
        let links = chain["links"].as_array().cloned().unwrap_or_default();
        output::table(&columns, &links, "Nothing has happened to it yet.");
        Ok(())
    }
}
