//! Orders from Amazon's JSON to committed rows, and the same pages once more.

use std::time::Duration;

use anyhow::ensure;
use stockbridge_domain::channel::{Connection, OrderQuery};
use stockbridge_store::{AccountRecord, ImportAccount};

use crate::env::{Stopwatch, number, per_second};
use crate::report::{Goal, Report, Section};
use crate::stage::{Kind, Stage};
use crate::{Options, allocations, amazon};

const ORDERS: usize = 20_000;
/// Orders that are there before: an empty database is planned for as one, until PostgreSQL first looks into it.
const HISTORY: usize = 2_000;
const PRODUCTS: usize = 2_000;
/// More than can be sold, so that no order is short.
const UNITS: i64 = 1_000_000;

/// What one run over all pages cost.
struct Run {
    took: Duration,
    statements: u64,
    allocations: u64,
    created: i64,
    unchanged: i64,
}

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let orders = options.amount(ORDERS);
    let account = stage.account(0).await?;
    stage.products(PRODUCTS, UNITS).await?;
    stage.listings(&account, PRODUCTS, UNITS / 2).await?;
    let placed = stage.store.env().now().minus(Duration::from_secs(3_600));
    let mut history = amazon::pages(HISTORY + orders, PRODUCTS, placed)?;
    let pages = history.split_off(HISTORY / amazon::PAGE);
    let connection = amazon::connect(&account, history, 0, stage.store.env().clone())?;
    import(&stage, &account, connection.as_ref()).await?;
    stage.database.vacuum().await?;
    let connection = amazon::connect(&account, pages, HISTORY / amazon::PAGE, stage.store.env().clone())?;

    let reading = read_only(connection.as_ref()).await?;
    let first = import(&stage, &account, connection.as_ref()).await?;
    let before = rows(&stage).await?;
    let second = import(&stage, &account, connection.as_ref()).await?;
    ensure!(
        first.created == i64::try_from(orders)? && second.unchanged == first.created && second.created == 0,
        "the first run has to write every order and the second none"
    );
    ensure!(before == rows(&stage).await?, "the second run has written rows");
    ensure!(stage.tenant.check_ledger().await?.ok(), "the books do not agree");

    let goal = match kind {
        Kind::Sqlite => 3_000.0,
        Kind::Postgres => 2_000.0,
    };
    tell(
        report.section("import", stage.store.backend()),
        (orders, goal),
        reading,
        &first,
        &second,
    )
}

/// Writes the figures of `orders` orders, of which a second has to have room for `goal`.
fn tell(
    mut section: Section<'_>,
    (orders, goal): (usize, f64),
    reading: Duration,
    first: &Run,
    second: &Run,
) -> anyhow::Result<()> {
    let each = number(orders);
    section.goal(
        "page to committed order",
        per_second(orders, first.took),
        "orders/s",
        Goal::AtLeast(goal),
    );
    section.add(
        "of which reading the page",
        per_second(orders, reading),
        "orders/s",
    );
    section.add(
        "statements",
        number(usize::try_from(first.statements)?) / each,
        "per order",
    );
    section.add(
        "allocations",
        number(usize::try_from(first.allocations)?) / each,
        "per order",
    );
    section.add(
        "the same pages again",
        per_second(orders, second.took),
        "orders/s",
    );
    section.goal(
        "the same pages again, rows written",
        number(usize::try_from(second.created)?),
        "rows",
        Goal::Below(1.0),
    );
    section.goal(
        "the same pages again, how much faster",
        first.took.as_secs_f64() / second.took.as_secs_f64(),
        "times",
        Goal::AtLeast(3.0),
    );
    section.add(
        "the same pages again, statements",
        number(usize::try_from(second.statements)?) / each,
        "per order",
    );
    section.add(
        "the same pages again, allocations",
        number(usize::try_from(second.allocations)?) / each,
        "per order",
    );
    Ok(())
}

/// Reads every page and throws it away.
async fn read_only(connection: &dyn Connection) -> anyhow::Result<Duration> {
    let watch = Stopwatch::start();
    let mut cursor = None;
    loop {
        let page = page(connection, cursor).await?;
        ensure!(
            page.unreadable.is_empty(),
            "unreadable: {:?}",
            page.unreadable.first()
        );
        cursor = page.next;
        if cursor.is_none() {
            return Ok(watch.elapsed());
        }
    }
}

async fn page(
    connection: &dyn Connection,
    cursor: Option<String>,
) -> anyhow::Result<stockbridge_domain::channel::OrderPage> {
    let Some(source) = connection.orders() else {
        anyhow::bail!("the channel has no orders");
    };
    let query = OrderQuery {
        by: stockbridge_domain::channel::OrderTime::Updated,
        since: stockbridge_domain::Timestamp::from_secs(1_700_000_000),
        cursor,
    };
    Ok(source.page(&query).await?)
}

/// Reads every page and imports it, one transaction each, as the product's puller does.
async fn import(stage: &Stage, account: &AccountRecord, connection: &dyn Connection) -> anyhow::Result<Run> {
    let account = ImportAccount {
        id: account.id,
        connected_at: account.connected_at,
    };
    let (statements, allocated) = (stage.store.db().statements(), allocations::count());
    let watch = Stopwatch::start();
    let (mut created, mut unchanged, mut cursor) = (0, 0, None);
    loop {
        let page = page(connection, cursor).await?;
        let mut tx = stage.tenant.begin().await?;
        let outcome = tx.import_orders(&account, &page.orders).await?;
        tx.commit().await?;
        ensure!(outcome.notices.is_empty(), "{:?}", outcome.notices.first());
        created += outcome.created;
        unchanged += outcome.unchanged;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(Run {
        took: watch.elapsed(),
        statements: stage.store.db().statements() - statements,
        allocations: allocations::count() - allocated,
        created,
        unchanged,
    })
}

/// Numbers that any write of an import would change: orders, ledger entries, balances, marks.
async fn rows(stage: &Stage) -> anyhow::Result<[i64; 5]> {
    let (check, overview) = (stage.tenant.check_ledger().await?, stage.tenant.overview().await?);
    Ok([
        check.entries,
        check.balances,
        overview.orders_24h,
        overview.products_dirty,
        overview.units_exposed,
    ])
}
