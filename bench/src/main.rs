//! Measures Stockbridge against the figures it has to reach; see `docs/benchmarks.md` for how and what came out.
//!
//! Every benchmark drives the product's own public functions on a database of its own: SQLite in a file with the
//! product's settings, and PostgreSQL where a server is named. `report` prints and keeps what they find.

mod allocations;
mod amazon;
mod cases;
mod crash;
mod env;
mod machine;
mod report;
mod stage;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use cases::first_import::{HubArgs, ShopArgs};
use cases::queue::WorkerArgs;
use machine::Machine;
use report::{Report, say};
use stage::Kind;

/// Measures Stockbridge.
#[derive(Debug, Parser)]
#[command(name = "stockbridge-bench")]
struct Args {
    #[command(subcommand)]
    bench: Bench,
    #[command(flatten)]
    options: Options,
}

/// What holds for every benchmark.
#[derive(Debug, clap::Args)]
struct Options {
    /// Write the figures to this file, too.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A superuser's URL of a PostgreSQL server to measure on; see scripts/pg.
    #[arg(long, global = true, value_name = "URL", env = stockbridge_store::testing::POSTGRES_VARIABLE)]
    postgres: Option<String>,
    /// Measure on this database only.
    #[arg(long, global = true)]
    database: Option<Kind>,
    /// Divide every amount by this, to try the benchmarks out; the figures are not comparable then.
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    shrink: u32,
}

#[derive(Debug, Clone, Subcommand)]
enum Bench {
    /// From Amazon's JSON to committed orders, and the same again.
    Import,
    /// The first import of a shop with 50,000 products and 20,000 orders: time, peak of memory, calls.
    FirstImport,
    /// Webhooks from the router to an answer that is true on disk, and the same ones again.
    Inbox,
    /// From dirty products to listings that are due and a push for their accounts.
    Offers,
    /// One product with 20 listings: policies, shares and decisions, without a database.
    Plan,
    /// Durable jobs through the queue, and an urgent one beside a million others.
    Queue,
    /// What the API reads, at 100,000 orders.
    Reads,
    /// The ledger check, an explanation and a sale's way to the wire, at a million entries and ten thousand listings.
    Trust,
    /// What listings may be by the words of their titles, and files of products on their way in.
    Catalogue,
    /// A report of 200 MB from its packed file to kept rows: speed and memory.
    Reports,
    /// Memory and readiness of an idle server.
    Idle,
    /// The program killed again and again under load; an error when anything is lost, doubled or oversold. Not part of `all`.
    Crash(crash::CrashArgs),
    /// All of them.
    All,
    /// One of the processes of `queue`.
    #[command(hide = true)]
    QueueWorker(WorkerArgs),
    /// The shop of `first-import`.
    #[command(hide = true)]
    FirstImportShop(ShopArgs),
    /// The hub of `first-import`.
    #[command(hide = true)]
    FirstImportHub(HubArgs),
}

impl Options {
    fn amount(&self, full: usize) -> usize {
        (full / usize::try_from(self.shrink).unwrap_or(1)).max(200)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { bench, options } = Args::parse();
    match &bench {
        Bench::QueueWorker(worker) => return cases::queue::worker(worker).await,
        Bench::FirstImportShop(args) => return cases::first_import::shop(args).await,
        Bench::FirstImportHub(args) => return cases::first_import::hub(args, &options).await,
        _ => {}
    }
    let machine = Machine::look()?;
    say(&machine.line());
    let mut report = Report::new(env::system().now().to_string(), machine);
    let all = matches!(bench, Bench::All);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if options.database.is_some_and(|only| only != kind) {
            continue;
        }
        if kind == Kind::Postgres && options.postgres.is_none() {
            report.leave_out("PostgreSQL: name a server with --postgres (scripts/pg starts one)");
            continue;
        }
        if let Bench::Crash(args) = &bench {
            crash::run(kind, &options, args, &mut report).await?;
        }
        if all || matches!(bench, Bench::Import) {
            cases::import::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::FirstImport) {
            cases::first_import::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Inbox) {
            cases::inbox::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Offers) {
            cases::offers::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Queue) {
            cases::queue::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Trust) {
            cases::trust::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Catalogue) {
            cases::catalogue::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Reports) {
            cases::reports::run(kind, &options, &mut report).await?;
        }
        if all || matches!(bench, Bench::Reads) {
            cases::reads::run(kind, &options, &mut report).await?;
        }
    }
    if all || matches!(bench, Bench::Catalogue) {
        cases::catalogue::suggest(&mut report);
    }
    if all || matches!(bench, Bench::Plan) {
        cases::plan::run(&mut report);
    }
    if all || matches!(bench, Bench::Idle) {
        cases::idle::run(&mut report).await?;
    }
    match &options.json {
        Some(file) => report.write(file),
        None => Ok(()),
    }
}
