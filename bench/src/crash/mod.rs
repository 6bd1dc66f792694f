//! The crash test: the program under load, killed with SIGKILL again and again, and whether anything was lost, doubled or
//! oversold in the end.
//!
//! The simulated marketplaces and the buyers live in this process, which survives, so that they know the truth. The server
//! is the binary beside this program. A buyer of the own store, or a delivery, whose answer was cut off says the same
//! again under the same reference until it is answered, as a till would.

mod buyers;
mod http;
mod market;
mod process;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use stockbridge_store::testing::{self, TestDb};
use tokio::task::JoinSet;

use crate::Options;
use crate::env::{Stopwatch, number, percentile_ms};
use crate::report::{Goal, Report, say};
use crate::stage::Kind;
use buyers::Tally;
use market::Market;
use process::Server;
use verdict::Verdict;

/// How the program is crashed.
#[derive(Debug, Clone, clap::Args)]
pub struct CrashArgs {
    /// How often the server is killed.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    kills: u32,
    /// How many buyers buy at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(4..=1_000))]
    buyers: u32,
    /// What buyers want and when the server is killed follow from this.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The longest a server lives, in milliseconds; the shortest is a tenth of it.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    up_ms: u64,
}

/// Crashes the program on one database; an error when anything was lost, doubled or oversold.
pub async fn run(kind: Kind, options: &Options, args: &CrashArgs, report: &mut Report) -> anyhow::Result<()> {
    let database = match (kind, options.postgres.as_deref()) {
        (Kind::Sqlite, _) => None,
        (Kind::Postgres, None) => return Ok(()),
        (Kind::Postgres, Some(url)) => Some(testing::postgres_at(url).await?),
    };
    let folder = tempfile::tempdir()?;
    let outcome = crash(kind, folder.path(), database.as_ref(), args, report).await;
    if outcome.is_err() {
        say(&format!("kept for a look: {}", folder.keep().display()));
    }
    outcome
}

/// Whatever ends the buyers.
#[derive(Clone, Default)]
struct Closing(Arc<AtomicBool>);

impl Closing {
    fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn closed(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

async fn crash(
    kind: Kind,
    folder: &std::path::Path,
    database: Option<&TestDb>,
    args: &CrashArgs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    let (market, mut tasks) = Market::open(args.seed).await?;
    let mut server = Server::new(folder, database).await?;
    server.init().await?;
    let mut ready = vec![server.start().await?];
    let shop = Arc::new(market.connect(&server).await?);
    let tally = Arc::new(Tally::default());
    let closing = Closing::default();
    let mut people = JoinSet::new();
    for n in 0..args.buyers {
        let buyer = buyers::Buyer::new(n, args.seed, shop.clone(), tally.clone());
        people.spawn(buyer.buy(closing.clone()));
    }
    people.spawn(buyers::deliver(
        args.seed,
        shop.clone(),
        tally.clone(),
        closing.clone(),
    ));
    let mut random = buyers::Random::new(args.seed ^ 0xDEAD);
    for kill in 1..=args.kills {
        let up = args.up_ms / 10 + random.below(args.up_ms * 9 / 10);
        tokio::time::sleep(Duration::from_millis(up)).await;
        server.kill().await?;
        ready.push(
            server
                .start()
                .await
                .with_context(|| format!("after kill {kill}"))?,
        );
        if kill % 10 == 0 {
            say(&format!("crash {kind:?}: {kill} kills, {}", tally.line()));
        }
    }
    closing.close();
    while let Some(ended) = people.join_next().await {
        ended??;
    }
    let settling = Stopwatch::start();
    let verdict = verdict::judge(&shop, &tally, &mut server).await?;
    let settled = settling.elapsed();
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}

    let run = Run {
        ready,
        settled,
        took: watch.elapsed(),
    };
    tell(kind, args, &verdict, &tally, run, report);
    verdict.into_result()
}

/// How long things took.
struct Run {
    ready: Vec<Duration>,
    settled: Duration,
    took: Duration,
}

fn tell(kind: Kind, args: &CrashArgs, verdict: &Verdict, tally: &Tally, mut run: Run, report: &mut Report) {
    let database = if kind == Kind::Sqlite {
        "sqlite"
    } else {
        "postgres"
    };
    let mut section = report.section("crash", database);
    section.add("kills", f64::from(args.kills), "times");
    section.add("concurrent buyers", f64::from(args.buyers), "buyers");
    let counts = [
        ("orders on three marketplaces", verdict.placed, "orders"),
        ("orders of the own store", verdict.own, "orders"),
        ("units sold", verdict.units, "units"),
        ("requests cut off and said again", tally.cut_off(), "requests"),
    ];
    for (name, count, unit) in counts {
        section.add(name, number(count), unit);
    }
    let nothing = [
        ("orders lost", verdict.lost, "orders"),
        ("orders doubled", verdict.doubled, "orders"),
        ("units oversold", verdict.oversold, "units"),
        ("units the books are off", verdict.off, "units"),
        ("findings of `stockbridge check`", verdict.findings, "findings"),
    ];
    for (name, count, unit) in nothing {
        section.goal(name, number(count), unit, Goal::Below(1.0));
    }
    section.add(
        "ready again after a kill, p50",
        percentile_ms(&mut run.ready, 50),
        "ms",
    );
    section.add(
        "ready again after a kill, max",
        percentile_ms(&mut run.ready, 100),
        "ms",
    );
    section.add("quiet after the last buyer", run.settled.as_secs_f64(), "s");
    section.add("whole run", run.took.as_secs_f64(), "s");
}
