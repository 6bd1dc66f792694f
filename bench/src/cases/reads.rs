//! What the API reads, at 100,000 orders, through the store's own methods.

use std::time::Duration;

use anyhow::Context as _;
use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{OrderId, Timestamp};
use stockbridge_store::{ImportAccount, OrderFilter, PageQuery, Tenant};

use crate::Options;
use crate::env::{Stopwatch, percentile_ms};
use crate::report::{Goal, Report, Section};
use crate::stage::{Kind, Stage, sku};

const ORDERS: usize = 100_000;
const PRODUCTS: usize = 2_000;
const UNITS: i64 = 1_000_000;
/// How often each is read.
const TIMES: usize = 500;
/// Items of a page.
const PAGE: i64 = 50;

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let ids = fill(&stage, options.amount(ORDERS)).await?;
    stage.database.analyze().await?;
    let tenant = &stage.tenant;
    let mut section = report.section("reads", stage.store.backend());
    let first = PageQuery::first(PAGE);

    let all = OrderFilter::default();
    let read = async |_| {
        tenant.orders(&all, &first).await?;
        Ok(())
    };
    measure(&mut section, "orders, first page", read).await?;

    let mut deep = first.clone();
    for _ in 0..20 {
        deep.cursor = tenant.orders(&all, &deep).await?.next;
    }
    let read = async |_| {
        tenant.orders(&all, &deep).await?;
        Ok(())
    };
    measure(&mut section, "orders, page 21", read).await?;

    let open = OrderFilter {
        status: Some(OrderStatus::Open),
        ..OrderFilter::default()
    };
    let read = async |_| {
        tenant.orders(&open, &first).await?;
        Ok(())
    };
    measure(&mut section, "orders, open ones (one in ten)", read).await?;

    searches(&mut section, tenant, ids.len()).await?;
    let read = async |n: usize| {
        let id = ids.get(n * 7_919 % ids.len()).context("there is an order")?;
        tenant.order(*id).await?.context("the order is there")?;
        Ok(())
    };
    measure(&mut section, "one order with lines and ledger", read).await?;

    let read = async |_| {
        tenant.stock(None, None, PAGE).await?;
        Ok(())
    };
    measure(&mut section, "stock, first page", read).await?;
    let read = async |n: usize| {
        let found = tenant.stock_of(&sku(n % PRODUCTS)?).await?;
        found.context("the product is there")?;
        Ok(())
    };
    measure(&mut section, "stock of one SKU", read).await?;
    let read = async |_| {
        tenant.overview().await?;
        Ok(())
    };
    measure(&mut section, "overview", read).await
}

/// Searches among so many orders.
async fn searches(section: &mut Section<'_>, tenant: &Tenant, orders: usize) -> anyhow::Result<()> {
    let first = PageQuery::first(PAGE);
    let read = async |n: usize| {
        let search = OrderFilter {
            search: Some(format!("302-{:07}", n * 97 % orders)),
            ..OrderFilter::default()
        };
        tenant.orders(&search, &first).await?;
        Ok(())
    };
    measure(section, "orders, searched by order id", read).await?;

    let read = async |n: usize| {
        let search = OrderFilter {
            search: Some(sku(n % PRODUCTS)?.as_str().to_owned()),
            ..OrderFilter::default()
        };
        tenant.orders(&search, &first).await?;
        Ok(())
    };
    measure(section, "orders, searched by SKU", read).await
}

async fn measure(
    section: &mut Section<'_>,
    name: &str,
    read: impl AsyncFn(usize) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut took = Vec::with_capacity(TIMES);
    for n in 0..TIMES {
        let watch = Stopwatch::start();
        read(n).await?;
        took.push(watch.elapsed());
    }
    section.add(format!("{name}, p50"), percentile_ms(&mut took, 50), "ms");
    section.goal(
        format!("{name}, p99"),
        percentile_ms(&mut took, 99),
        "ms",
        Goal::Below(10.0),
    );
    Ok(())
}

/// Orders of the last months, nine of ten shipped.
async fn fill(stage: &Stage, count: usize) -> anyhow::Result<Vec<OrderId>> {
    const BATCH: usize = 500;
    let account = stage.account(0).await?;
    stage.products(PRODUCTS, UNITS).await?;
    stage.listings(&account, PRODUCTS, UNITS / 2).await?;
    let import = ImportAccount {
        id: account.id,
        connected_at: Timestamp::EPOCH,
    };
    let now = stage.store.env().now();
    let mut ids = Vec::with_capacity(count);
    for first in (0..count).step_by(BATCH) {
        let snapshots = (first..count.min(first + BATCH))
            .map(|n| snapshot(n, now.minus(Duration::from_secs(u64::try_from(count - n)? * 90))))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut tx = stage.tenant.begin().await?;
        let outcome = tx.import_orders(&import, &snapshots).await?;
        tx.commit().await?;
        ids.extend(outcome.orders.into_values());
    }
    Ok(ids)
}

fn snapshot(n: usize, at: Timestamp) -> anyhow::Result<OrderSnapshot> {
    let status = if n.is_multiple_of(10) {
        OrderStatus::Open
    } else {
        OrderStatus::Shipped
    };
    let lines = (0..2).map(|line| {
        Ok(LineSnapshot {
            channel_line_id: format!("{n}-{line}"),
            sku: Some(sku((n * 31 + line * 7) % PRODUCTS)?),
            title: "A product in a pack of one, assorted colours".to_owned(),
            ordered: 1,
            shipped: i64::from(status == OrderStatus::Shipped),
            cancelled: 0,
            total: None,
        })
    });
    Ok(OrderSnapshot {
        channel_order_id: format!("302-{n:07}-{n:07}"),
        channel_status: status.name().to_uppercase(),
        status: Some(status),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: Some("A1PA6795UKMFR9".to_owned()),
        placed_at: at,
        updated_at: at,
        ship_by: None,
        total: None,
        lines: lines.collect::<anyhow::Result<_>>()?,
        oddities: Vec::new(),
        payload: format!(
            "{{\"orderId\":\"302-{n:07}-{n:07}\",\"filler\":\"{}\"}}",
            "x".repeat(1_500)
        ),
    })
}
