//! `sim`: a simulated marketplace to practise on, with credentials ready for `account connect`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};
use stockbridge_channels::all;
use stockbridge_domain::channel::Marketplace;
use stockbridge_sim::{
    BuyerConfig, FaultConfig, SellerConfig, Sim as World, SimConfig, SpanMs, generate_listings,
};

use crate::cli::Form;
use crate::failure::usage;
use crate::serve::{Tasks, listen};
use crate::{env, output};

/// The marketplace that is played.
const CHANNEL: &str = "amazon";

/// Run a simulated marketplace to practise on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stockbridge sim --port 9100 --marketplaces IN,DE --accounts-dir ./accounts\n  \
    stockbridge sim --faults wild --orders-per-minute 30 --freshness-secs 10\n\n\
    Connect a seller with `stockbridge account connect CHANNEL --file FILE`; the server has to allow\n\
    replaced addresses: STOCKBRIDGE__CHANNELS__ENDPOINT_OVERRIDES=true. Ctrl-C stops the simulator.")]
pub struct Sim {
    /// Listen on PORT of this machine; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 9100)]
    port: u16,
    /// Everything random follows from SEED: the same seed, the same world.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// One seller each in these marketplaces; all sell the same products.
    #[arg(long, value_name = "CODES", value_delimiter = ',', default_value = "IN,DE")]
    marketplaces: Vec<String>,
    /// How many products each seller has.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    products: u32,
    /// How the marketplace misbehaves: none, mild or wild.
    #[arg(long, value_name = "LEVEL", default_value = "none", value_parser = faults)]
    faults: FaultConfig,
    /// How many orders buyers try to place per minute, over all sellers.
    #[arg(long, value_name = "N", default_value_t = 0.0, value_parser = rate)]
    orders_per_minute: f64,
    /// How long after a change orders can be found, in seconds; the real one takes two minutes.
    #[arg(long, value_name = "SECS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    freshness_secs: u64,
    /// How long an accepted write takes at most to take effect, in seconds.
    #[arg(long, value_name = "SECS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    apply_secs: u64,
    /// Write each seller's credentials to DIR as a file for `account connect --file`.
    #[arg(long, value_name = "DIR")]
    accounts_dir: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

fn faults(name: &str) -> Result<FaultConfig, String> {
    FaultConfig::preset(name).ok_or_else(|| "use none, mild or wild".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.0..=60_000.0).contains(&rate) => Ok(rate),
        _ => Err("use a number from 0 to 60000".to_owned()),
    }
}

impl Sim {
    pub async fn run(self) -> anyhow::Result<()> {
        let sellers = self.sellers()?;
        let config = SimConfig {
            seed: self.seed,
            sellers: sellers.iter().map(|(_, seller)| seller.clone()).collect(),
            faults: self.faults.clone(),
            freshness_ms: self.freshness_secs * 1_000,
            patch_delay_ms: SpanMs {
                min: (self.apply_secs * 100).min(2_000),
                max: self.apply_secs * 1_000,
            },
            buyers: BuyerConfig {
                orders_per_second: self.orders_per_minute / 60.0,
                ..BuyerConfig::default()
            },
            ..SimConfig::default()
        };
        let listener = listen("127.0.0.1", self.port).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut tasks = Tasks::new()?;
        let mut stopped = tasks.stopped();
        tasks.start("the simulator", async move {
            let stop = async move {
                let _sender_gone = stopped.wait_for(|stop| *stop).await;
            };
            Ok(stockbridge_sim::serve(World::new(config), listener, stop).await?)
        });
        let accounts: Vec<Value> = sellers
            .iter()
            .map(|(site, seller)| self.account(site, seller, &url))
            .collect();
        self.announce(&url, &accounts)?;
        tasks.run(std::time::Duration::from_secs(5)).await
    }

    fn sellers(&self) -> anyhow::Result<Vec<(&'static Marketplace, SellerConfig)>> {
        let channels = all();
        let descriptor = channels
            .iter()
            .map(|channel| channel.descriptor())
            .find(|descriptor| descriptor.kind == CHANNEL)
            .context("this program was built without the channel the simulator plays")?;
        self.marketplaces
            .iter()
            .map(|code| {
                let site = descriptor.marketplace(code.trim()).ok_or_else(|| {
                    let known: Vec<&str> = descriptor.marketplaces.iter().map(|m| m.code).collect();
                    usage(format!(
                        "--marketplaces: there is no `{code}`; use {}",
                        known.join(", ")
                    ))
                })?;
                let listings = generate_listings(self.seed, self.products as usize, site.currency);
                let seller = SellerConfig::new(&format!("A3SIMULATED{}", site.code), site.region, &[site.id]);
                Ok((site, seller.with_listings(listings)))
            })
            .collect()
    }

    /// What the API's connect endpoint takes, and the channel it goes to.
    fn account(&self, site: &Marketplace, seller: &SellerConfig, url: &str) -> Value {
        json!({
            "channel": CHANNEL,
            "name": format!("Simulated {}", site.name),
            "marketplaces": [site.code],
            "credentials": {
                "client_id": seller.client_id,
                "client_secret": seller.client_secret,
                "refresh_token": seller.refresh_token,
                "seller_id": seller.seller_id,
            },
            "endpoints": {"api": url, "lwa": url},
            "options": {
                "orders_every_secs": (self.freshness_secs / 4).clamp(2, 60),
                // A little more than the simulator takes, its latest late order and slowest write included.
                "order_visibility_secs": self.freshness_secs + 5 + late_secs(self.faults.late_visibility, self.faults.max_late_ms),
                "write_apply_secs": self.apply_secs + 5 + late_secs(self.faults.slow_patch, self.faults.slow_patch_ms),
            },
        })
    }

    fn announce(&self, url: &str, accounts: &[Value]) -> anyhow::Result<()> {
        let mut files = Vec::new();
        if let Some(dir) = &self.accounts_dir {
            let failed = || format!("--accounts-dir: {} cannot be written to", dir.display());
            std::fs::create_dir_all(dir).with_context(failed)?;
            for account in accounts {
                let code = account
                    .pointer("/marketplaces/0")
                    .and_then(Value::as_str)
                    .unwrap_or(CHANNEL);
                let file = dir.join(format!("{}.json", code.to_lowercase()));
                std::fs::write(&file, serde_json::to_vec_pretty(account)?).with_context(failed)?;
                files.push(file);
            }
        }
        if self.form.json {
            output::json(&json!({"url": url, "accounts": accounts, "started_at": env::system_env().now()}));
            return Ok(());
        }
        output::line(format_args!("The simulated marketplace is ready at {url}"));
        for (index, account) in accounts.iter().enumerate() {
            match files.get(index) {
                Some(file) => output::line(format_args!(
                    "  stockbridge account connect {CHANNEL} --file {}",
                    file.display()
                )),
                None => output::line(account),
            }
        }
        Ok(())
    }
}

/// By how many seconds a fault delays things, if it can happen.
fn late_secs(probability: f64, most_ms: u64) -> u64 {
    if probability > 0.0 {
        most_ms.div_ceil(1_000)
    } else {
        0
    }
}
