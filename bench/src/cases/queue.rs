//! Durable jobs: through the queue and out of it, and how long an urgent one waits beside a million others.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use stockbridge_domain::TenantId;
use stockbridge_domain::job::Priority;
use stockbridge_store::{
    Database, DbConfig, Finish, JobFilter, JobState, MasterKey, NewJob, PageQuery, Store, StoreConfig, Tenant,
};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::Options;
use crate::env::{self, Stopwatch, percentile_ms};
use crate::report::{Goal, Report, say};
use crate::stage::{Kind, Stage};

const JOBS: usize = 40_000;
/// Lanes the jobs are spread over.
const LANES: usize = 16;
/// Jobs of one transaction that causes them.
const ENQUEUED: usize = 20;
/// Jobs taken and finished at once.
const TAKEN: i64 = 20;
/// Workers, and tasks that enqueue, of one process.
const TASKS: usize = 4;
const PROCESSES: usize = 4;

const WAITING: usize = 1_000_000;
const URGENT: usize = 500;
const LEASE: Duration = Duration::from_secs(60);

/// What a process of the benchmark is told.
#[derive(Debug, Clone, clap::Args)]
pub struct WorkerArgs {
    /// The database.
    #[arg(long)]
    url: String,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// Jobs to enqueue.
    #[arg(long)]
    jobs: usize,
    /// The process's number.
    #[arg(long)]
    number: usize,
}

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let jobs = options.amount(JOBS) / PROCESSES * PROCESSES;
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let (rate, name, goal) = match kind {
        Kind::Sqlite => {
            let watch = Stopwatch::start();
            let done = through(&stage.store, &stage.tenant, jobs, 0).await?;
            ensure!(done == jobs, "{done} of {jobs} jobs were done");
            (watch.rate(jobs), "enqueued, claimed and finished", 5_000.0)
        }
        Kind::Postgres => {
            let rate = processes(&stage, jobs).await?;
            (rate, "enqueued, claimed and finished, 4 processes", 3_000.0)
        }
    };
    let filter = JobFilter {
        state: Some(JobState::Queued),
        ..JobFilter::default()
    };
    let left = stage.tenant.jobs(&filter, &PageQuery::first(1)).await?;
    ensure!(left.items.is_empty(), "jobs are left in the queue");
    let mut section = report.section("queue", stage.store.backend());
    section.goal(name, rate, "jobs/s", Goal::AtLeast(goal));
    drop(stage);

    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let waiting = options.amount(WAITING);
    let filled = fill(&stage.tenant, waiting).await?;
    stage.database.vacuum().await?;
    let mut waits = urgent(&stage, options.amount(URGENT).min(URGENT)).await?;
    let mut section = report.section("queue", stage.store.backend());
    section.add("enqueued, 5,000 in a transaction", filled, "jobs/s");
    section.add(
        "urgent job beside 1,000,000, enqueue to taken, p50",
        percentile_ms(&mut waits, 50),
        "ms",
    );
    section.goal(
        "urgent job beside 1,000,000, enqueue to taken, p99",
        percentile_ms(&mut waits, 99),
        "ms",
        Goal::Below(50.0),
    );
    Ok(())
}

fn job(lane: String, priority: Priority, now: stockbridge_domain::Timestamp) -> NewJob {
    NewJob {
        kind: "bench.work",
        lane,
        account: None,
        dedupe_key: None,
        payload: serde_json::json!({"order": "ord_01jd7x6v9xf5sbk6m0v1hpw7q2"}),
        priority,
        run_at: now,
    }
}

/// Enqueues `jobs` jobs while workers take and finish them; returns how many this process finished, when none is left.
async fn through(store: &Store, tenant: &Tenant, jobs: usize, process: usize) -> anyhow::Result<usize> {
    let mut producers = JoinSet::new();
    for task in 0..TASKS {
        let tenant = tenant.clone();
        producers.spawn(async move {
            for first in (0..jobs / TASKS).step_by(ENQUEUED) {
                let count = ENQUEUED.min(jobs / TASKS - first);
                let lane = format!(
                    "{}/{}",
                    tenant.id(),
                    (first / ENQUEUED + task * 5 + process) % LANES
                );
                let now = tenant.env().now();
                let mut tx = tenant.begin().await?;
                tx.enqueue_many(
                    (0..count)
                        .map(|_| job(lane.clone(), Priority::PULL, now))
                        .collect(),
                )
                .await?;
                tx.commit().await?;
            }
            anyhow::Ok(())
        });
    }
    let (told, ended) = tokio::sync::watch::channel(false);
    let mut workers = JoinSet::new();
    for worker in 0..TASKS {
        let (store, ended) = (store.clone(), ended.clone());
        workers.spawn(async move { work(&store, &format!("{process}/{worker}"), || *ended.borrow()).await });
    }
    while let Some(ended) = producers.join_next().await {
        ended??;
    }
    told.send(true)?;
    let mut done = 0;
    while let Some(ended) = workers.join_next().await {
        done += ended??;
    }
    Ok(done)
}

/// Takes lanes and does their jobs until `ended` and nothing is left; returns how many.
async fn work(store: &Store, owner: &str, ended: impl Fn() -> bool) -> anyhow::Result<usize> {
    let (system, mut done) = (store.system(), 0);
    loop {
        let no_more_come = ended();
        let Some(lease) = system.claim_lane(owner, LEASE).await? else {
            if no_more_come && system.next_wake().await?.is_none() {
                return Ok(done);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let taken = system.take_jobs(&lease, TAKEN).await?;
        let ok = || Finish::Done {
            outcome: "ok".to_owned(),
        };
        let results: Vec<_> = taken.iter().map(|job| (job.id, ok())).collect();
        done += results.len();
        if !results.is_empty() {
            ensure!(system.finish(&lease, results).await?, "the lane was lost");
        }
        system.release_lane(&lease, None).await?;
    }
}

/// The same by several processes on one server; returns jobs per second.
async fn processes(stage: &Stage, jobs: usize) -> anyhow::Result<f64> {
    let DbConfig::Postgres { url, .. } = &stage.database.config else {
        anyhow::bail!("only a server can be used by several processes");
    };
    let mut children = Vec::new();
    for number in 0..PROCESSES {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["queue-worker", "--url", url])
            .args(["--tenant", &stage.tenant.id().to_string()])
            .args(["--jobs", &(jobs / PROCESSES).to_string()])
            .args(["--number", &number.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        ensure!(line(&mut child).await? == "ready", "a worker did not start");
        children.push(child);
    }
    let watch = Stopwatch::start();
    for child in &mut children {
        let stdin = child.stdin.as_mut().context("a worker has no standard input")?;
        stdin.write_all(b"go\n").await?;
    }
    let mut done = 0;
    for child in &mut children {
        done += line(child).await?.parse::<usize>()?;
    }
    let rate = watch.rate(jobs);
    ensure!(done == jobs, "{done} of {jobs} jobs were done");
    Ok(rate)
}

/// The next line a worker prints.
async fn line(child: &mut Child) -> anyhow::Result<String> {
    let stdout = child.stdout.as_mut().context("a worker has no standard output")?;
    let mut text = String::new();
    BufReader::with_capacity(1, stdout).read_line(&mut text).await?;
    Ok(text.trim().to_owned())
}

/// One of the processes: says `ready`, waits for a line, works, says how many jobs it did.
pub async fn worker(args: &WorkerArgs) -> anyhow::Result<()> {
    let config = StoreConfig {
        database: Database::Postgres {
            url: args.url.clone(),
            max_connections: 2 * TASKS,
        },
        master_key: MasterKey::Bytes([7; 32]),
    };
    let store = Store::open(&config, env::system()).await?;
    let tenant = store.tenant(args.tenant);
    say("ready");
    // Nothing else runs in this process yet, so that it may block.
    std::io::stdin().read_line(&mut String::new())?;
    let done = through(&store, &tenant, args.jobs, args.number).await?;
    say(&done.to_string());
    Ok(())
}

/// Fills the lanes with work that is due; returns jobs per second.
async fn fill(tenant: &Tenant, count: usize) -> anyhow::Result<f64> {
    const BATCH: usize = 5_000;
    let (now, watch) = (tenant.env().now(), Stopwatch::start());
    for first in (0..count).step_by(BATCH) {
        let lane = format!("{}/{}", tenant.id(), (first / BATCH) % LANES);
        let jobs = (0..BATCH.min(count - first)).map(|_| job(lane.clone(), Priority::BACKGROUND, now));
        let mut tx = tenant.begin().await?;
        tx.enqueue_many(jobs.collect()).await?;
        tx.commit().await?;
    }
    Ok(watch.rate(count))
}

/// Enqueues urgent jobs one after the other, each in its own transaction, while workers are busy with the others; how
/// long from the begin of that transaction until a worker has taken the job.
async fn urgent(stage: &Stage, count: usize) -> anyhow::Result<Vec<Duration>> {
    let lane = format!("{}/urgent", stage.tenant.id());
    let (taken, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let (told, ended) = tokio::sync::watch::channel(false);
    let mut workers = JoinSet::new();
    for worker in 0..TASKS {
        let (store, lane, taken, ended) = (stage.store.clone(), lane.clone(), taken.clone(), ended.clone());
        workers.spawn(async move {
            let system = store.system();
            while !*ended.borrow() {
                let Some(lease) = system.claim_lane(&worker.to_string(), LEASE).await? else {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    continue;
                };
                let jobs = system.take_jobs(&lease, TAKEN).await?;
                if lease.lane == lane {
                    jobs.iter().try_for_each(|job| taken.send(job.id))?;
                }
                let ok = || Finish::Done {
                    outcome: "ok".to_owned(),
                };
                let results = jobs.iter().map(|job| (job.id, ok())).collect();
                system.finish(&lease, results).await?;
                system.release_lane(&lease, None).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut waits = Vec::with_capacity(count);
    for _ in 0..count {
        let watch = Stopwatch::start();
        let mut tx = stage.tenant.begin().await?;
        let enqueued = tx
            .enqueue(job(
                lane.clone(),
                Priority::STOCK_DECREASE,
                stage.tenant.env().now(),
            ))
            .await?;
        tx.commit().await?;
        while seen.recv().await.context("the workers ended")? != enqueued.job {}
        waits.push(watch.elapsed());
    }
    told.send(true)?;
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    Ok(waits)
}
