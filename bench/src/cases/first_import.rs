//! The first import of a large shop: its catalogue and its orders through a worker, from a shop that runs in a process of its
//! own. The hub is a process too, so that its peak of memory is its own.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{HttpRequest, HttpResponse, SecretText, Transport, TransportError};
use stockbridge_engine::{Caller, ConnectRequest, Hub, HubSettings, Worker, WorkerOptions};
use stockbridge_sim::{ShopifyConfig, ShopifyShop, ShopifyVariant, serve_platform};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::Options;
use crate::env::{Stopwatch, number, per_second};
use crate::machine::field;
use crate::report::{Goal, Report, say};
use crate::stage::{Kind, Stage, new_products, sku, title};

const PRODUCTS: usize = 50_000;
const ORDERS: usize = 20_000;
/// What the hub may take at most.
const GOAL_MIB: f64 = 150.0;
/// Points a second that the shop's plan restores, and those it begins with.
const POINTS_A_SECOND: f64 = 100.0;
const POINTS_AT_FIRST: f64 = 1_000.0;
/// How long the shop takes to write a file.
const FILE_MS: u64 = 5_000;
/// How often it is looked whether all is in.
const LOOK: Duration = Duration::from_millis(500);
/// How long it may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// The shop's process.
#[derive(Debug, Clone, clap::Args)]
pub struct ShopArgs {
    #[arg(long)]
    products: usize,
    #[arg(long)]
    orders: usize,
}

/// The hub's process.
#[derive(Debug, Clone, clap::Args)]
pub struct HubArgs {
    /// Where the shop answers.
    #[arg(long)]
    shop: String,
    #[arg(long)]
    products: usize,
    #[arg(long)]
    orders: usize,
}

/// What the hub's process found.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Found {
    seconds: f64,
    peak_kib: u64,
    calls: u64,
    throttled: u64,
    points: u64,
    bytes: u64,
}

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let (products, orders) = (options.amount(PRODUCTS), options.amount(ORDERS));
    let amounts = [
        "--products".to_owned(),
        products.to_string(),
        "--orders".to_owned(),
        orders.to_string(),
    ];
    let mut shop = child("first-import-shop", &amounts)?;
    let address = line(&mut shop).await?;
    let database = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    let mut wanted = vec![
        "--shop".to_owned(),
        address,
        "--database".to_owned(),
        database.to_owned(),
    ];
    wanted.extend(amounts);
    if let Some(url) = &options.postgres {
        wanted.extend(["--postgres".to_owned(), url.clone()]);
    }
    let mut hub = child("first-import-hub", &wanted)?;
    let found = line(&mut hub).await;
    shop.kill().await?;
    let found: Found = serde_json::from_str(&found?).context("the hub's process found nothing")?;
    tell(report, database, (products, orders), &found);
    Ok(())
}

fn tell(report: &mut Report, database: &'static str, (products, orders): (usize, usize), found: &Found) {
    let count = |count: u64| number(usize::try_from(count).unwrap_or(usize::MAX));
    let took = Duration::from_secs_f64(found.seconds);
    let mut section = report.section("first", database);
    section.add(
        format!("{products} products and {orders} orders"),
        found.seconds,
        "s",
    );
    section.add("things a second", per_second(products + orders, took), "/s");
    section.goal(
        "peak memory of the hub",
        count(found.peak_kib) / 1_024.0,
        "MiB",
        Goal::Below(GOAL_MIB),
    );
    section.add("read from the shop", count(found.bytes) / 1_048_576.0, "MiB");
    section.add("calls", count(found.calls), "calls");
    section.add("points spent", count(found.points), "points");
    let quota = POINTS_AT_FIRST + POINTS_A_SECOND * found.seconds;
    section.goal(
        "points spent, of those there were",
        count(found.points) * 100.0 / quota,
        "%",
        Goal::Below(100.0),
    );
    section.goal(
        "calls the shop refused",
        count(found.throttled),
        "calls",
        Goal::Below(1.0),
    );
}

fn child(name: &str, args: &[String]) -> anyhow::Result<Child> {
    let child = Command::new(std::env::current_exe()?)
        .arg(name)
        .args(args)
        // As the service's unit and the container set it.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

/// The next line a process prints.
async fn line(child: &mut Child) -> anyhow::Result<String> {
    let stdout = child
        .stdout
        .as_mut()
        .context("a process has no standard output")?;
    let mut text = String::new();
    BufReader::with_capacity(1, stdout).read_line(&mut text).await?;
    Ok(text.trim().to_owned())
}

/// The shop's process: says where it answers, and answers until it is ended.
pub async fn shop(args: &ShopArgs) -> anyhow::Result<()> {
    let variants = (0..args.products).map(|n| {
        let variant = ShopifyVariant::at(sku(n)?.as_str(), &[("101", 1_000_000)]);
        Ok(ShopifyVariant {
            title: title(n),
            ..variant
        })
    });
    let shop = ShopifyShop::new(ShopifyConfig {
        variants: variants.collect::<anyhow::Result<_>>()?,
        bulk_ms: FILE_MS,
        // The orders are old ones: a search finds them at once.
        index_lag_ms: 0,
        ..ShopifyConfig::default()
    });
    for n in 0..args.orders {
        // The first hundred sell; two lines each.
        let (one, two) = (sku(n % 100)?, sku((n * 7 + 1) % 100)?);
        let basket = [(one.as_str(), 1), (two.as_str(), 2)];
        shop.buy_all(&basket)
            .context("the shop of the benchmark is out of stock")?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("http://{}", listener.local_addr()?));
    serve_platform(shop, Duration::ZERO, listener, std::future::pending()).await?;
    Ok(())
}

/// The hub's process: imports, and prints what it found.
pub async fn hub(args: &HubArgs, options: &Options) -> anyhow::Result<()> {
    let kind = options.database.unwrap_or(Kind::Sqlite);
    let stage = Stage::new(kind, options.postgres.as_deref()).await?;
    let stage = stage.context("no PostgreSQL server is named")?;
    named(&stage, args.products).await?;
    let transport = Counting::over(HttpTransport::new(HttpOptions {
        user_agent: concat!(
            "Stockbridge/",
            env!("CARGO_PKG_VERSION"),
            " (Language=Rust; Bench)"
        )
        .to_owned(),
        allow_private: true,
        ..HttpOptions::default()
    })?);
    let settings = HubSettings {
        endpoint_overrides: true,
        public_url: None,
    };
    let hub = Hub::new(
        stage.store.clone(),
        stockbridge_channels::all(),
        transport.clone(),
        settings,
    );
    // From here on the peak counts.
    std::fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")?;
    let watch = Stopwatch::start();
    hub.connect(
        &Caller::operator(stage.tenant.id()),
        "shopify",
        request(&args.shop),
    )
    .await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = Worker::new(
        hub,
        WorkerOptions {
            workers: 2,
            owner: "bench".to_owned(),
        },
    );
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(worker.run(stopped));
    let seconds = all_in(&stage, args, watch).await?;
    let peak = field("/proc/self/status", "VmHWM").context("the kernel tells no peak of memory")?;
    stop.send(true)?;
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    // As autovacuum does within a minute of such amounts.
    stage.database.vacuum().await?;
    ensure!(stage.tenant.check_ledger().await?.ok(), "the books do not agree");
    let found = Found {
        seconds,
        peak_kib: peak.split(' ').next().unwrap_or_default().parse()?,
        calls: transport.calls.load(Ordering::Relaxed),
        throttled: transport.throttled.load(Ordering::Relaxed),
        points: transport.points.load(Ordering::Relaxed),
        bytes: transport.bytes.load(Ordering::Relaxed),
    };
    say(&serde_json::to_string(&found)?);
    Ok(())
}

/// Waits until everything is in; how many seconds that took.
async fn all_in(stage: &Stage, args: &HubArgs, watch: Stopwatch) -> anyhow::Result<f64> {
    let (products, orders) = (i64::try_from(args.products)?, i64::try_from(args.orders)?);
    loop {
        ensure!(
            watch.elapsed() < PATIENCE,
            "the import is not done after {PATIENCE:?}"
        );
        tokio::time::sleep(LOOK).await;
        let listings: i64 = stage.tenant.listing_counts().await?.iter().map(|c| c.total).sum();
        if listings >= products && stage.tenant.overview().await?.orders_open >= orders {
            return Ok(watch.elapsed().as_secs_f64());
        }
    }
}

/// Products that nobody has counted yet, so that nothing is offered and the import is all there is to do.
async fn named(stage: &Stage, count: usize) -> anyhow::Result<()> {
    const BATCH: usize = 500;
    for first in (0..count).step_by(BATCH) {
        let new = new_products(first..count.min(first + BATCH))?;
        let mut tx = stage.tenant.begin().await?;
        tx.create_products(new).await?;
        tx.commit().await?;
    }
    stage.database.vacuum().await?;
    Ok(())
}

fn request(shop: &str) -> ConnectRequest {
    let config = ShopifyConfig::default();
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    ConnectRequest {
        name: "Shop".to_owned(),
        credentials: [
            text("shop", &config.shop),
            text("client_id", &config.client_id),
            text("client_secret", &config.client_secret),
        ]
        .into(),
        endpoints: [("shop".to_owned(), shop.to_owned())].into(),
        ..ConnectRequest::default()
    }
}

/// A transport that counts what passes.
struct Counting {
    inner: Arc<dyn Transport>,
    calls: AtomicU64,
    throttled: AtomicU64,
    points: AtomicU64,
    bytes: AtomicU64,
}

impl Counting {
    fn over(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            points: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    fn count(&self, body: &Bytes) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes
            .fetch_add(u64::try_from(body.len()).unwrap_or(0), Ordering::Relaxed);
        let text = String::from_utf8_lossy(body.get(..body.len().min(4_096)).unwrap_or_default());
        let tail = String::from_utf8_lossy(body.get(body.len().saturating_sub(4_096)..).unwrap_or_default());
        if text.contains("\"THROTTLED\"") {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        let cost = [&text, &tail].into_iter().find_map(|part| {
            let (_, rest) = part.split_once("\"actualQueryCost\":")?;
            rest.split([',', '}']).next()?.parse::<u64>().ok()
        });
        self.points.fetch_add(cost.unwrap_or(0), Ordering::Relaxed);
    }
}

impl Transport for Counting {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let answer = self.inner.send(request, timeout).await?;
            self.count(answer.body());
            Ok(answer)
        })
    }
}
