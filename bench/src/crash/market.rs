//! Three simulated marketplaces in this process, and the shop that sells on them and in its own store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use stockbridge_sim::{Fulfilment, Plan, SellerConfig, Sim, SimConfig, SpanMs, generate_listings};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::http::Api;
use super::process::Server;

/// Products of the shop.
const PRODUCTS: usize = 40;
/// Units of each at the start.
const UNITS: i64 = 150;
/// Longest time the stores are given to be read and stocked before buyers come.
const OPENING: Duration = Duration::from_secs(60);

/// A marketplace: code, id, region.
const SITES: [(&str, &str, &str); 3] = [
    ("DE", "A1PA6795UKMFR9", "EU"),
    ("IN", "A21TJRUUN4KGV", "EU"),
    ("US", "ATVPDKIKX0DER", "NA"),
];

/// The marketplaces.
pub(super) struct Market {
    sim: Arc<Sim>,
    url: String,
    skus: Vec<String>,
}

/// The shop on all its channels.
pub(super) struct Shop {
    pub(super) sim: Arc<Sim>,
    pub(super) api: Api,
    /// Seller and marketplace of each marketplace store.
    pub(super) sites: Vec<(String, &'static str)>,
    /// The own store's id.
    pub(super) own: String,
    pub(super) skus: Vec<String>,
    /// What was counted at the start.
    pub(super) units: i64,
}

fn seller_id(code: &str) -> String {
    format!("A3CRASHTEST{code}")
}

impl Market {
    /// Opens the marketplaces; the task that serves them ends with the set.
    pub(super) async fn open(seed: u64) -> anyhow::Result<(Self, JoinSet<()>)> {
        // One unit each, so that the hub has to raise them and nothing is sold that is not there.
        let mut listings = generate_listings(seed, PRODUCTS, "EUR");
        for listing in &mut listings {
            listing.quantity = listing.quantity.map(|_| 1);
        }
        let merchant = listings.iter().filter(|l| l.fulfilment == Fulfilment::Merchant);
        let skus = merchant.map(|l| l.sku.clone()).collect();
        let seller = |(code, site, region): (&str, &str, &str)| {
            SellerConfig::new(&seller_id(code), region, &[site]).with_listings(listings.clone())
        };
        let plan = |rate| Plan { rate, burst: 30.0 };
        let sim = Sim::new(SimConfig {
            seed,
            sellers: SITES.into_iter().map(seller).collect(),
            // The documented plans suit days, not minutes.
            plans: BTreeMap::from([
                ("searchOrders".to_owned(), plan(2.0)),
                ("patchListingsItem".to_owned(), plan(25.0)),
                ("searchListingsItems".to_owned(), plan(15.0)),
                ("getListingsItem".to_owned(), plan(15.0)),
            ]),
            freshness_ms: 1_000,
            patch_delay_ms: SpanMs { min: 50, max: 1_000 },
            ..SimConfig::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut tasks = JoinSet::new();
        let served = stockbridge_sim::serve(sim.clone(), listener, std::future::pending());
        tasks.spawn(async move {
            drop(served.await);
        });
        Ok((Self { sim, url, skus }, tasks))
    }

    /// Enters products and stock, connects the four stores, and waits until they sell.
    pub(super) async fn connect(&self, server: &Server) -> anyhow::Result<Shop> {
        let api = server.api();
        let products: Vec<Value> = self
            .skus
            .iter()
            .map(|sku| json!({"sku": sku, "title": format!("Product {sku}")}))
            .collect();
        api.post("/api/v1/products", &products.into()).await?.good()?;
        for sku in &self.skus {
            let count = json!({"sku": sku, "counted": UNITS, "reference": format!("opening {sku}")});
            api.post("/api/v1/inventory/counts", &count).await?.good()?;
        }
        for (code, ..) in SITES {
            let seller = SellerConfig::new(&seller_id(code), "EU", &[]);
            let store = json!({
                "name": format!("Marketplace {code}"),
                "marketplaces": [code],
                "credentials": {
                    "client_id": seller.client_id,
                    "client_secret": seller.client_secret,
                    "refresh_token": seller.refresh_token,
                    "seller_id": seller.seller_id,
                },
                "endpoints": {"api": self.url, "lwa": self.url},
                "options": {
                    "orders_every_secs": 2,
                    "inventory_every_secs": 20,
                    "listings_every_secs": 300,
                    "order_visibility_secs": 4,
                    "write_apply_secs": 4,
                },
            });
            api.post("/api/v1/integrations/amazon/connect", &store)
                .await?
                .good()?;
        }
        let own = api
            .post("/api/v1/integrations/own/connect", &json!({"name": "Till"}))
            .await?
            .good()?;
        let shop = Shop {
            sim: self.sim.clone(),
            api,
            sites: SITES
                .iter()
                .map(|(code, site, _)| (seller_id(code), *site))
                .collect(),
            own: own["id"].as_str().context("the own store has no id")?.to_owned(),
            skus: self.skus.clone(),
            units: UNITS,
        };
        shop.open().await?;
        Ok(shop)
    }
}

impl Shop {
    /// Waits until most listings offer more than the one unit they began with.
    async fn open(&self) -> anyhow::Result<()> {
        let step = Duration::from_millis(500);
        let mut left = OPENING;
        while left > Duration::ZERO {
            let truth = self.sim.truth();
            let raised = truth
                .listings
                .iter()
                .filter(|l| l.quantity.is_some_and(|q| q > 1))
                .count();
            if raised * 10 >= self.skus.len() * self.sites.len() * 9 {
                return Ok(());
            }
            tokio::time::sleep(step).await;
            left = left.saturating_sub(step);
        }
        anyhow::bail!("the stores were not stocked within {OPENING:?}; see server.log")
    }
}
