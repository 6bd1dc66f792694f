//! What makes numbers trusted, at a million entries of the ledger: the check, the explanation, and how soon a sale that
//! empties a shelf is on the wire while ten thousand other listings wait.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use stockbridge_channels::amazon::Amazon;
use stockbridge_domain::channel::{
    Channel as _, LineSnapshot, ListingSnapshot, OrderSnapshot, OrderTime, Timing, WriteMode,
};
use stockbridge_domain::job::Priority;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{
    AccountRecord, Finish, ImportAccount, NewJob, OfferAccount, OfferAccounts, Outgoing,
};

use crate::Options;
use crate::env::{Stopwatch, number, percentile_ms};
use crate::report::{Goal, Report};
use crate::stage::{Kind, Stage, sku};

const ENTRIES: usize = 1_000_000;
const PRODUCTS: usize = 2_000;
/// Every so many-th line sells the first product, so that one product has very many entries.
const HOT: usize = 5;
const WAITING: usize = 10_000;
const SALES: usize = 200;
const SHOWN: i64 = 10;
const LEASE: Duration = Duration::from_secs(60);

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    books(kind, options, report).await?;
    wire(kind, options, report).await
}

async fn books(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let account = stage.account(0).await?;
    stage.products(PRODUCTS, 10_000_000).await?;
    stage.listings(&account, PRODUCTS, SHOWN).await?;
    fill(&stage, &account, options.amount(ENTRIES) / 4).await?;
    stage.database.vacuum().await?;
    let system = stage.store.system();
    let (mut took, mut whole) = (Vec::new(), Vec::new());
    let mut entries = 0;
    for _ in 0..3 {
        for (pages, took) in [(false, &mut took), (true, &mut whole)] {
            let watch = Stopwatch::start();
            let check = system.check(&[stage.tenant.id()], pages).await?;
            took.push(watch.elapsed());
            let books = check.books.first().context("no books were looked at")?;
            ensure!(books.ok(), "the books do not agree: {:?}", books.findings.first());
            ensure!(
                check.pages.is_empty(),
                "the pages are damaged: {:?}",
                check.pages.first()
            );
            entries = books.entries;
        }
    }
    let explained = super::explain::run(&stage, PRODUCTS).await?;
    let mut section = report.section("trust", stage.store.backend());
    section.add(
        "entries of the ledger",
        number(usize::try_from(entries)?),
        "entries",
    );
    section.goal(
        "books checked, median of 3",
        percentile_ms(&mut took, 50),
        "ms",
        Goal::Below(5_000.0),
    );
    if kind == Kind::Sqlite {
        section.goal(
            "books and the file's pages, median of 3",
            percentile_ms(&mut whole, 50),
            "ms",
            Goal::Below(5_000.0),
        );
    }
    for (name, mut took, statements) in explained {
        section.goal(
            format!("{name}, p99"),
            percentile_ms(&mut took, 99),
            "ms",
            Goal::Below(100.0),
        );
        section.add(
            format!("{name}, statements"),
            number(usize::try_from(statements)?),
            "",
        );
    }
    Ok(())
}

/// Shipped orders of two lines, which makes four entries each.
async fn fill(stage: &Stage, account: &AccountRecord, orders: usize) -> anyhow::Result<()> {
    const BATCH: usize = 500;
    let import = ImportAccount {
        id: account.id,
        connected_at: Timestamp::EPOCH,
    };
    let at = stage.before().minus(Duration::from_secs(3_600));
    for first in (0..orders).step_by(BATCH) {
        let snapshots = (first..orders.min(first + BATCH))
            .map(|n| {
                let usual = |k: usize| sku(1 + (n * 31 + k * 7) % (PRODUCTS - 1));
                let skus = if n.is_multiple_of(HOT) {
                    [sku(0)?, usual(1)?]
                } else {
                    [usual(0)?, usual(1)?]
                };
                let lines = skus
                    .into_iter()
                    .enumerate()
                    .map(|(k, sku)| (format!("{n}-{k}"), sku, 1));
                Ok(order(format!("302-{n:07}"), OrderStatus::Shipped, at, lines))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut tx = stage.tenant.begin().await?;
        tx.import_orders(&import, &snapshots).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn order(
    id: String,
    status: OrderStatus,
    at: Timestamp,
    lines: impl Iterator<Item = (String, stockbridge_domain::Sku, i64)>,
) -> OrderSnapshot {
    let shipped = status == OrderStatus::Shipped;
    OrderSnapshot {
        channel_order_id: id,
        channel_status: status.name().to_uppercase(),
        status: Some(status),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        placed_at: at,
        updated_at: at,
        ship_by: None,
        total: None,
        lines: lines
            .map(|(channel_line_id, sku, units)| LineSnapshot {
                channel_line_id,
                sku: Some(sku),
                title: "A product".to_owned(),
                ordered: units,
                shipped: if shipped { units } else { 0 },
                cancelled: 0,
                total: None,
            })
            .collect(),
        oddities: Vec::new(),
        payload: "{}".to_owned(),
    }
}

/// From an order page with a sale that empties one store's share until the other store's decrease is recorded as on its
/// way, which is right before its first byte leaves: through the queue, beside listings that wait to be raised.
async fn wire(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let (here, there) = (stage.account(0).await?, stage.account(1).await?);
    let waiting = options.amount(WAITING);
    stage.products(SALES + waiting, 2 * SHOWN).await?;
    let mut accounts = OfferAccounts::new();
    let timing = Amazon::default().descriptor().timing;
    for account in [&here, &there] {
        show(&stage, account, 0..SALES, SHOWN).await?;
        show(&stage, account, SALES..SALES + waiting, 0).await?;
        loop {
            let mut tx = stage.tenant.begin().await?;
            let settled = tx
                .settle(account.id, stage.store.env().now(), OrderTime::Placed, timing)
                .await?
                .settled;
            tx.commit().await?;
            if settled == 0 {
                break;
            }
        }
        accounts.insert(account.id, writable(timing));
    }
    stage.database.vacuum().await?;
    loop {
        let mut tx = stage.tenant.begin().await?;
        let more = tx.plan_dirty(&accounts, 500).await?.more;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    let mut took = Vec::new();
    for n in 0..SALES {
        let watch = Stopwatch::start();
        let sent = sale(&stage, &here, &there, &accounts, n).await?;
        took.push(watch.elapsed());
        let first = sent.first().context("nothing was sent")?;
        ensure!(
            first.level.sku == sku(n)? && first.level.quantity < SHOWN,
            "{:?} overtook the sale of {}",
            first.level,
            sku(n)?
        );
    }
    let mut section = report.section("trust", stage.store.backend());
    section.add(
        "listings waiting for each of two stores",
        number(waiting),
        "listings",
    );
    section.add(
        "sale to wire beside them, p50",
        percentile_ms(&mut took, 50),
        "ms",
    );
    section.goal(
        "sale to wire beside them, p99",
        percentile_ms(&mut took, 99),
        "ms",
        Goal::Below(250.0),
    );
    Ok(())
}

fn job(
    kind: &'static str,
    lane: String,
    account: Option<AccountId>,
    priority: Priority,
    now: Timestamp,
) -> NewJob {
    NewJob {
        kind,
        dedupe_key: Some(lane.clone()),
        lane,
        account,
        payload: serde_json::Value::Null,
        priority,
        run_at: now,
    }
}

/// One sale all the way: order page, plan, push, each through the queue as a worker does it.
async fn sale(
    stage: &Stage,
    here: &AccountRecord,
    there: &AccountRecord,
    accounts: &OfferAccounts,
    n: usize,
) -> anyhow::Result<Vec<Outgoing>> {
    let (tenant, now) = (&stage.tenant, stage.store.env().now());
    let import = ImportAccount {
        id: here.id,
        connected_at: here.connected_at,
    };
    let line = std::iter::once((format!("sale-{n}"), sku(n)?, SHOWN));
    let page = [order(format!("303-{n:07}"), OrderStatus::Open, now, line)];
    let mut tx = tenant.begin().await?;
    tx.import_orders(&import, &page).await?;
    let plan = job(
        "offers.plan",
        "plan".to_owned(),
        None,
        Priority::STOCK_DECREASE,
        now,
    );
    tx.enqueue(plan).await?;
    tx.commit().await?;
    take(stage, "plan").await?;
    let mut tx = tenant.begin().await?;
    let due = tx.plan_dirty(accounts, 500).await?.due;
    for (account, priority) in due {
        let now = stage.store.env().now();
        tx.enqueue(job(
            "offers.push",
            format!("{account}/listings"),
            Some(account),
            priority,
            now,
        ))
        .await?;
    }
    tx.commit().await?;
    take(stage, &format!("{}/listings", there.id)).await?;
    let mut tx = tenant.begin().await?;
    let outgoing = tx.begin_writes(there.id, accounts, 1).await?;
    tx.commit().await?;
    Ok(outgoing)
}

/// Takes and finishes the most urgent job, which has to be in `lane`.
async fn take(stage: &Stage, lane: &str) -> anyhow::Result<()> {
    let system = stage.store.system();
    let lease = system
        .claim_lane("bench", LEASE)
        .await?
        .context("no lane is ready")?;
    ensure!(lease.lane == lane, "{} came before {lane}", lease.lane);
    let jobs = system.take_jobs(&lease, 4).await?;
    let done = || Finish::Done {
        outcome: "ok".to_owned(),
    };
    let results = jobs.iter().map(|job| (job.id, done())).collect();
    ensure!(system.finish(&lease, results).await?, "the lane was lost");
    system.release_lane(&lease, None).await?;
    Ok(())
}

/// Listings of some products on the account, which show `quantity`.
/// An account that quantities are written to.
fn writable(timing: Timing) -> OfferAccount {
    OfferAccount {
        timing,
        mode: WriteMode::Absolute,
        places: PlaceMap::default(),
        writable: true,
        remote: true,
    }
}

async fn show(
    stage: &Stage,
    account: &AccountRecord,
    products: std::ops::Range<usize>,
    quantity: i64,
) -> anyhow::Result<()> {
    let numbers: Vec<usize> = products.collect();
    for batch in numbers.chunks(500) {
        let snapshots = batch.iter().map(|n| {
            Ok(ListingSnapshot {
                sku: sku(*n)?,
                channel_ref: None,
                barcode: None,
                title: Some("A product".to_owned()),
                fulfilled_by: FulfilledBy::Seller,
                quantity: Some(quantity),
                places: Vec::new(),
                price: None,
                status: ListingStatus::Active,
                images: None,
                handle: Some("HOME".to_owned()),
                issues: Vec::new(),
            })
        });
        let snapshots = snapshots.collect::<anyhow::Result<Vec<_>>>()?;
        let mut tx = stage.tenant.begin().await?;
        tx.upsert_listings(account.id, &snapshots, stage.before()).await?;
        tx.commit().await?;
    }
    Ok(())
}
