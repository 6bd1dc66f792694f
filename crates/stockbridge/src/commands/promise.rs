//! `promise`: how long orders take into the hub and out to the other channels.

use clap::Args;

use super::Context;
use crate::client::Target;
use crate::output;

/// Show how long orders took into the hub and out to the other channels.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stockbridge promise\n  stockbridge promise --hours 168 --csv\n\n\
    Measured from the buyer's order by its channel's clock; percentiles are told at most a quarter too large."
)]
pub struct Promise {
    /// Steps that ended within N hours.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8_784))]
    hours: u32,
    /// Print CSV.
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    target: Target,
}

impl Promise {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let answer = api.get(&format!("/promise?hours={}", self.hours)).await?;
        let rows = answer["data"].as_array().cloned().unwrap_or_default();
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("STORE", "/account_name"),
            ("CHANNEL", "/channel"),
            ("STEP", "/step"),
            ("COUNT", "/count"),
            ("P50 MS", "/p50_ms"),
            ("P95 MS", "/p95_ms"),
            ("P99 MS", "/p99_ms"),
        ];
        if self.csv {
            output::csv(&columns, &rows);
        } else {
            output::table(&columns, &rows, "No order was followed in that time.");
        }
        Ok(())
    }
}
