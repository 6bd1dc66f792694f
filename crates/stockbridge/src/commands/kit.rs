//! `kit`: products that are put together from others.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::moves::units_of;
use super::{Context, done};
use crate::client::{Target, segment};
use crate::output;

/// Put kits together from other products.
#[derive(Debug, Subcommand)]
pub enum Kit {
    /// Show what a product is made of.
    #[command(after_help = "Example:\n  stockbridge kit show TEA-FOR-TWO")]
    Show(Show),
    /// Say what a product is made of.
    #[command(after_help = "Example:\n  stockbridge kit set TEA-FOR-TWO TEA-250=1 MUG-BLK-0001=2")]
    Set(Set),
    /// Make a kit an ordinary product again.
    #[command(after_help = "Example:\n  stockbridge kit clear TEA-FOR-TWO")]
    Clear(Show),
}

#[derive(Debug, Args)]
pub struct Show {
    /// The kit's SKU.
    sku: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Set {
    /// The kit's SKU.
    sku: String,
    /// What one of it is made of.
    #[arg(required = true, value_name = "SKU=UNITS")]
    components: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Kit {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Show(show) => {
                let api = show.target.open(context).await?;
                let parts = api.list(&path(&show.sku), 50).await?;
                tell(&show.target, &parts);
                Ok(())
            }
            Self::Set(set) => {
                let parts = units_of(&set.components, "units")?;
                put(context, &set.target, &set.sku, parts).await
            }
            Self::Clear(clear) => put(context, &clear.target, &clear.sku, Vec::new()).await,
        }
    }
}

fn path(sku: &str) -> String {
    format!("/products/{}/kit", segment(sku))
}

async fn put(context: &Context, target: &Target, sku: &str, components: Vec<Value>) -> anyhow::Result<()> {
    let api = target.open(context).await?;
    let body = json!({"components": components});
    let answer = api.call("PUT", &path(sku), Some(&body)).await?;
    let parts = answer.pointer("/data").and_then(Value::as_array).cloned();
    tell(target, &parts.unwrap_or_default());
    done(target.json(), format_args!("{sku} is changed."));
    Ok(())
}

fn tell(target: &Target, parts: &[Value]) {
    if target.json() {
        output::json(&parts);
        return;
    }
    let columns = [("SKU", "/sku"), ("TITLE", "/title"), ("UNITS", "/units")];
    output::table(&columns, parts, "It is no kit.");
}
