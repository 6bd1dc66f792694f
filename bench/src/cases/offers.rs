//! Dirty products to due listings and a push for each account.

use anyhow::ensure;
use stockbridge_channels::amazon::Amazon;
use stockbridge_domain::channel::{Channel as _, WriteMode};
use stockbridge_domain::job::Priority;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{AccountId, Timestamp};
use stockbridge_store::{NewJob, OfferAccount, OfferAccounts};

use crate::Options;
use crate::env::{Stopwatch, number};
use crate::report::{Goal, Report};
use crate::stage::{Kind, Stage, count_entry};

const PRODUCTS: usize = 10_000;
const ACCOUNTS: usize = 4;
/// Products in one transaction, as the product's planner takes them.
const BATCH: i64 = 500;

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let count = options.amount(PRODUCTS);
    let mut accounts = OfferAccounts::new();
    let products = stage.products(count, 1_000).await?;
    for n in 0..ACCOUNTS {
        let account = stage.account(n).await?;
        stage.listings(&account, count, 0).await?;
        let offer = OfferAccount {
            timing: Amazon::default().descriptor().timing,
            mode: WriteMode::Absolute,
            places: PlaceMap::default(),
            writable: true,
            remote: true,
        };
        accounts.insert(account.id, offer);
    }
    stage.database.vacuum().await?;
    let listings = count * ACCOUNTS;
    let statements = stage.store.db().statements();
    let watch = Stopwatch::start();
    ensure!(
        plan(&stage, &accounts).await? == listings,
        "every listing has to be planned"
    );
    let raised = watch.rate(listings);
    let statements = stage.store.db().statements() - statements;

    for chunk in products.chunks(500) {
        let mut tx = stage.tenant.begin().await?;
        for product in chunk {
            tx.enter_stock(&count_entry(*product, 400, "second")).await?;
        }
        tx.commit().await?;
    }
    let watch = Stopwatch::start();
    plan(&stage, &accounts).await?;
    let changed = watch.rate(listings);

    let mut tx = stage.tenant.begin().await?;
    tx.mark_all_dirty(None, "full pass").await?;
    tx.commit().await?;
    let watch = Stopwatch::start();
    plan(&stage, &accounts).await?;
    let unchanged = watch.rate(listings);

    let mut section = report.section("offers", stage.store.backend());
    section.goal(
        "planned and enqueued, every listing due",
        raised,
        "listings/s",
        Goal::AtLeast(20_000.0),
    );
    section.add("planned again, every listing otherwise", changed, "listings/s");
    section.add("planned again, nothing to change", unchanged, "listings/s");
    let per_thousand = number(usize::try_from(statements)?) * 1_000.0 / number(listings);
    section.add("statements", per_thousand, "per 1,000");
    Ok(())
}

/// Plans everything that is marked; returns how many listings.
async fn plan(stage: &Stage, accounts: &OfferAccounts) -> anyhow::Result<usize> {
    let mut planned = 0;
    loop {
        let mut tx = stage.tenant.begin().await?;
        let outcome = tx.plan_dirty(accounts, BATCH).await?;
        let now = stage.store.env().now();
        let jobs = outcome
            .due
            .iter()
            .map(|(account, priority)| push(*account, *priority, now));
        tx.enqueue_many(jobs.collect()).await?;
        tx.commit().await?;
        planned += outcome.listings;
        if !outcome.more {
            return Ok(planned);
        }
    }
}

fn push(account: AccountId, priority: Priority, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: "offers.push",
        lane: format!("{account}/listings"),
        account: Some(account),
        dedupe_key: Some(account.to_string()),
        payload: serde_json::Value::Null,
        priority,
        run_at,
    }
}
