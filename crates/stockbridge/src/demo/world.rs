//! The demo's world: two sellers with accounts on simulated platforms and an own store, 200 products each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use stockbridge_domain::channel::Transport;
use stockbridge_domain::{AccountId, TenantId};
use stockbridge_engine::{Hub, HubSettings};
use stockbridge_sim::{
    BuyerConfig, ListingConfig, Plan, Platform, SellerConfig, Sim, SimConfig, SpanMs, generate_listings,
};
use stockbridge_store::{Database, MasterKey, Store, StoreConfig};
use stockbridge_web::WebOptions;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::DemoOptions;
use super::opening::Opening;
use super::stands;
use super::witness::Seat;
use crate::env::system_env;

/// Products of each seller.
pub(super) const PRODUCTS: usize = 200;
/// How late an order may show up, in the demo's world.
pub(super) const MAX_LATE_MS: u64 = 4_000;
/// How long a slow write takes, in the demo's world.
pub(super) const SLOW_PATCH_MS: u64 = 5_000;
/// How long a call that is never answered is held.
pub(super) const HANG: Duration = Duration::from_secs(2);
/// The bounds the hub is told: a little more than the simulator takes.
pub(super) const ORDER_VISIBILITY_SECS: u64 = 7;
pub(super) const WRITE_APPLY_SECS: u64 = 9;

/// Calls per million seconds. The documented plans suit days, not a minute; Amazon raises them for busy sellers too.
pub(super) const PLANS: [(&str, i64); 5] = [
    ("searchOrders", 1_000_000),
    ("patchListingsItem", 25_000_000),
    ("searchListingsItems", 15_000_000),
    ("getListingsItem", 15_000_000),
    ("confirmShipment", 10_000_000),
];

/// One seller of the demo.
#[derive(Debug, Clone)]
pub(super) struct Seller {
    /// The tenant.
    pub(super) tenant: TenantId,
    /// Its accounts on simulated platforms.
    pub(super) seats: Vec<Seat>,
    /// Its own store, if it has one.
    pub(super) own: Option<AccountId>,
    /// Units there were at the start, by SKU.
    pub(super) stock: BTreeMap<String, i64>,
}

/// Everything the demo runs on.
pub(super) struct World {
    pub(super) sim: Arc<Sim>,
    pub(super) hub: Hub,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) sellers: Vec<Seller>,
    pub(super) sign_in_link: String,
}

pub(super) struct Account {
    pub(super) seller: &'static str,
    pub(super) name: &'static str,
    pub(super) region: &'static str,
    pub(super) marketplace: (&'static str, &'static str),
    pub(super) currency: &'static str,
}

const IN: Account = Account {
    seller: "A3DEMOINDIA01",
    name: "Amazon India",
    region: "EU",
    marketplace: ("IN", "A21TJRUUN4KGV"),
    currency: "INR",
};
const DE: Account = Account {
    seller: "A3DEMOGERMANY",
    name: "Amazon Germany",
    region: "EU",
    marketplace: ("DE", "A1PA6795UKMFR9"),
    currency: "EUR",
};
const US: Account = Account {
    seller: "A3DEMOUSA0001",
    name: "Amazon US",
    region: "NA",
    marketplace: ("US", "ATVPDKIKX0DER"),
    currency: "USD",
};

impl World {
    /// Every platform besides the marketplace.
    pub(super) fn platforms(&self) -> Vec<Arc<dyn Platform>> {
        let seats = self.sellers.iter().flat_map(|s| &s.seats);
        seats.filter_map(Seat::platform).cloned().collect()
    }

    pub(super) async fn build(
        options: &DemoOptions,
        dir: &Path,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let (sim, api) = start_sim(options, stopped.clone()).await?;
        let env = system_env();
        let config = StoreConfig {
            database: Database::Sqlite { dir: dir.to_owned() },
            master_key: MasterKey::File(dir.join("master.key")),
        };
        let store = Store::open(&config, env).await?;
        let user_agent = concat!(
            "Stockbridge/",
            env!("CARGO_PKG_VERSION"),
            " (Language=Rust; Demo)"
        )
        .to_owned();
        let transport =
            stockbridge_channels::http::HttpTransport::new(stockbridge_channels::http::HttpOptions {
                user_agent,
                allow_private: true,
                ..Default::default()
            })?;
        let listener = crate::serve::listen("127.0.0.1", options.port).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let settings = HubSettings {
            endpoint_overrides: true,
            public_url: Some(address.clone()),
        };
        let hub = Hub::new(store, stockbridge_channels::all(), transport.clone(), settings);
        serve(&hub, listener, stopped.clone());
        let faults = options.faults.config();
        let mut opening = Opening {
            hub: &hub,
            api: &api,
            faults: &faults,
            stopped,
        };
        let first = opening
            .seller("Lakeside Traders", &[IN, DE], &stands::FIRST, true, options.seed)
            .await?;
        let second = opening
            .seller(
                "Northwind Outfitters",
                &[US],
                &stands::SECOND,
                false,
                options.seed + 1,
            )
            .await?;
        let secret = sign_in(&hub, first.tenant).await?;
        Ok(Self {
            sim,
            hub,
            transport,
            sellers: vec![first, second],
            sign_in_link: format!("{address}/signin/{secret}"),
        })
    }
}

async fn start_sim(
    options: &DemoOptions,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<(Arc<Sim>, String)> {
    let config = |account: &Account, seed| {
        SellerConfig::new(account.seller, account.region, &[account.marketplace.1]).with_listings(
            starting_small(generate_listings(seed, PRODUCTS, account.currency)),
        )
    };
    let plan = |rate_micro: i64| Plan {
        rate: Duration::from_micros(rate_micro.unsigned_abs()).as_secs_f64(),
        burst: 30.0,
    };
    let sim = Sim::new(SimConfig {
        seed: options.seed,
        sellers: vec![
            config(&IN, options.seed),
            config(&DE, options.seed),
            config(&US, options.seed + 1),
        ],
        faults: options.faults.config(),
        plans: PLANS
            .iter()
            .map(|(operation, rate_micro)| ((*operation).to_owned(), plan(*rate_micro)))
            .collect(),
        freshness_ms: 1_000,
        patch_delay_ms: SpanMs { min: 100, max: 1_500 },
        hang_ms: 2_000,
        buyers: BuyerConfig {
            orders_per_second: 9.0,
            pending_share: 0.2,
            pending_ms: SpanMs {
                min: 2_000,
                max: 8_000,
            },
            cancel_share: 0.04,
            request_cancel_share: 0.01,
            max_quantity: 3,
        },
        ..SimConfig::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("no free port for the simulator")?;
    let api = format!("http://{}", listener.local_addr()?);
    let server = stockbridge_sim::serve(sim.clone(), listener, async move {
        let _ = stopped.wait_for(|s| *s).await;
    });
    spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the simulator stopped");
        }
    });
    Ok((sim, api))
}

/// A unit each, fewer than there are: the hub has to raise them before anything much can be sold.
fn starting_small(mut listings: Vec<ListingConfig>) -> Vec<ListingConfig> {
    for listing in &mut listings {
        listing.quantity = listing.quantity.map(|_| 1);
    }
    listings
}

fn serve(hub: &Hub, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
    let options = WebOptions {
        cookie_secure: false,
        shutdown: Some(stopped.clone()),
        max_webhook_bytes: None,
    };
    let server = stockbridge_web::serve(listener, stockbridge_web::app(hub.clone(), options), async move {
        let _ = stopped.wait_for(|s| *s).await;
    });
    spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the dashboard stopped");
        }
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "the demo's servers live as long as the process"
)]
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// A link that signs the first seller's owner in, for as long as the demo lasts.
async fn sign_in(hub: &Hub, tenant: TenantId) -> anyhow::Result<String> {
    let users = hub.tenant(tenant).users().await?;
    let owner = users.first().context("the tenant has no owner")?;
    let until = hub.env().now().plus(Duration::from_secs(86_400));
    Ok(hub.create_signin_link(tenant, owner.id, until, 1_000).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::FaultLevel;

    /// An account that stood still for a whole demo had its first reading of orders refused.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_first_call_that_is_refused_does_not_stop_an_account_for_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let options = DemoOptions {
            duration: None,
            seed: 1,
            port: 0,
            faults: FaultLevel::None,
            data_dir: None,
            json: None,
        };
        let world = World::build(&options, folder.path(), stopped).await.unwrap();
        let channel = world.hub.channel("amazon").unwrap();
        let orders = channel
            .descriptor()
            .buckets
            .iter()
            .find(|b| b.name == "searchOrders")
            .unwrap();
        for seller in &world.sellers {
            let tenant = world.hub.tenant(seller.tenant);
            for seat in seller.seats.iter().filter(|s| s.platform().is_none()) {
                let now = world.hub.env().now();
                let again = tenant
                    .exhaust(seat.account, orders, Duration::ZERO)
                    .await
                    .unwrap();
                assert!(again.since(now) < Duration::from_secs(3), "{again}");
            }
        }
    }
}
