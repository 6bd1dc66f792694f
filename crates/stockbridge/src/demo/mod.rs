//! `stockbridge demo`: the whole product against simulated marketplaces and shops, without any credentials.
//!
//! Simulators and hub run in one process and talk real HTTP over loopback. Buyers buy on every channel while the simulator
//! misbehaves; at the end the buyers stop, everything is given the time to settle, and what really happened is compared
//! with what the hub believes.

mod buyers;
mod opening;
mod post;
mod report;
mod stands;
mod verdict;
mod witness;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use stockbridge_engine::{Worker, WorkerOptions};
use stockbridge_sim::FaultConfig;
use tokio::sync::watch;

use world::World;

/// Lanes worked at the same time.
const WORKERS: usize = 8;
/// Longest time everything is given to settle after the buyers stop.
const SETTLE: Duration = Duration::from_secs(90);
/// Between two looks at how far things are.
const TICK: Duration = Duration::from_secs(1);

/// How the simulated marketplace behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FaultLevel {
    /// As documented, always.
    None,
    /// An ordinary bad day.
    Mild,
    /// Worse than any real day.
    Wild,
}

impl FaultLevel {
    fn config(self) -> FaultConfig {
        let preset = match self {
            Self::None => FaultConfig::none(),
            Self::Mild => FaultConfig::mild(),
            Self::Wild => FaultConfig::wild(),
        };
        // A demo lasts a minute, so what takes minutes on the real marketplace takes seconds here.
        FaultConfig {
            max_late_ms: world::MAX_LATE_MS,
            slow_patch_ms: world::SLOW_PATCH_MS,
            ..preset
        }
    }
}

/// What the demo is to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// How long buyers buy; until Ctrl-C when absent.
    pub duration: Option<Duration>,
    /// What the simulated world follows from.
    pub seed: u64,
    /// The dashboard's port; 0 picks a free one.
    pub port: u16,
    /// How the marketplace behaves.
    pub faults: FaultLevel,
    /// Where the database is kept; a temporary folder when absent.
    pub data_dir: Option<PathBuf>,
    /// Where the report goes.
    pub json: Option<PathBuf>,
}

/// Runs the demo; answers whether every invariant held.
///
/// # Errors
/// When something cannot be started: a port in use, a folder that is not writable.
pub async fn run(options: DemoOptions, say: impl Fn(&str) + Send + Sync) -> anyhow::Result<bool> {
    let temporary =
        tempfile::tempdir().context("a temporary folder could not be made; give one with --data-dir")?;
    let dir = options
        .data_dir
        .clone()
        .unwrap_or_else(|| temporary.path().to_owned());
    let (stop, stopped) = watch::channel(false);
    let world = World::build(&options, &dir, stopped.clone()).await?;
    say(&format!("Dashboard: {}", world.sign_in_link));
    say(&format!(
        "Two sellers on seven channels, {} products each, faults: {:?}. {}",
        world::PRODUCTS,
        options.faults,
        options
            .duration
            .map_or("Press Ctrl-C to end.".to_owned(), |d| format!(
                "Buying for {} s.",
                d.as_secs()
            ))
    ));
    let owner = format!("demo-{}", std::process::id());
    let worker = Worker::new(
        world.hub.clone(),
        WorkerOptions {
            workers: WORKERS,
            owner,
        },
    );
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(worker.run(stopped.clone()));
    let (closing, closed) = watch::channel(false);
    let shop = Arc::new(buyers::Shop::new(
        world.hub.clone(),
        world.sellers.clone(),
        options.seed,
    ));
    tasks.spawn(buyers::run(shop.clone(), closed.clone()));
    tasks.spawn(post::run(
        world.platforms(),
        world.transport.clone(),
        stopped.clone(),
    ));

    watch_until_end(&world, &shop, options.duration, &say).await;
    let _ = closing.send(true);
    world.sim.stop_buyers();
    world.sim.set_faults(FaultConfig::none());
    for platform in world.platforms() {
        platform.set_faults(FaultConfig::none());
    }
    say("Buyers stopped; waiting for the last orders, pushes and read-backs.");
    let calm = settle(&world).await?;
    let report = verdict::judge(&world, &shop, calm).await?;
    let _ = stop.send(true);
    tokio::time::timeout(Duration::from_secs(20), tasks.join_all())
        .await
        .ok();
    for line in report.lines() {
        say(&line);
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text)
            .with_context(|| format!("the report could not be written to {}", path.display()))?;
    }
    Ok(report.ok)
}

/// Shows how far things are, once a second, until the time is over or somebody presses Ctrl-C.
async fn watch_until_end(
    world: &World,
    shop: &buyers::Shop,
    duration: Option<Duration>,
    say: &impl Fn(&str),
) {
    let mut left = duration;
    let mut shown = 0u32;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        if shown.is_multiple_of(5)
            && let Ok(line) = verdict::progress(world, shop).await
        {
            say(&line);
        }
        shown = shown.wrapping_add(1);
        if let Some(rest) = &mut left {
            *rest = rest.saturating_sub(TICK);
            if rest.is_zero() {
                return;
            }
        }
    }
}

/// Waits until the hub knows every order and every listing is verified; answers whether that came to pass in time.
async fn settle(world: &World) -> anyhow::Result<bool> {
    let mut left = SETTLE;
    loop {
        let open = verdict::unsettled(world).await?;
        if open == 0 {
            return Ok(true);
        }
        if left.is_zero() {
            tracing::warn!(open, "not everything settled in time");
            return Ok(false);
        }
        tokio::time::sleep(TICK).await;
        left = left.saturating_sub(TICK);
    }
}
