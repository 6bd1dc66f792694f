//! What the API reads, at 100,000 orders: from the request to the whole answer, without the network between.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{OrderId, Timestamp};
use stockbridge_engine::{Caller, Hub, HubSettings};
use stockbridge_store::ImportAccount;
use stockbridge_web::WebOptions;
use tower::ServiceExt as _;

use crate::env::{Stopwatch, percentile_ms};
use crate::report::{Goal, Report, Section};
use crate::stage::{Kind, Stage, sku};
use crate::{Options, amazon};

const ORDERS: usize = 100_000;
const PRODUCTS: usize = 2_000;
const UNITS: i64 = 1_000_000;
/// How often each is read.
const TIMES: usize = 500;
/// Items of a page.
const PAGE: u32 = 50;

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let ids = fill(&stage, options.amount(ORDERS)).await?;
    stage.database.vacuum().await?;
    let api = Api::of(&stage);
    let mut section = report.section("reads", stage.store.backend());

    let first = format!("/api/v1/orders?limit={PAGE}");
    measure(&mut section, "orders, first page", async |_| {
        api.get(&first).await
    })
    .await?;
    let mut deep = first.clone();
    for _ in 0..20 {
        let page: serde_json::Value = serde_json::from_slice(&api.get(&deep).await?)?;
        let cursor = page["next_cursor"].as_str().context("there is a next page")?;
        deep = format!("{first}&cursor={cursor}");
    }
    measure(&mut section, "orders, page 21", async |_| api.get(&deep).await).await?;
    let open = format!("{first}&status=open");
    measure(&mut section, "orders, open ones (one in ten)", async |_| {
        api.get(&open).await
    })
    .await?;
    measure(&mut section, "orders, searched by order id", async |n| {
        let id = n * 97 % ids.len();
        api.get(&format!("{first}&search=302-{id:07}")).await
    })
    .await?;
    measure(&mut section, "orders, searched by SKU", async |n| {
        api.get(&format!("{first}&search={}", sku(n % PRODUCTS)?.as_str()))
            .await
    })
    .await?;
    measure(&mut section, "one order with lines and ledger", async |n| {
        let id = ids.get(n * 7_919 % ids.len()).context("there is an order")?;
        api.get(&format!("/api/v1/orders/{id}")).await
    })
    .await?;
    let stock = format!("/api/v1/inventory/stock?limit={PAGE}");
    measure(&mut section, "stock, first page", async |_| api.get(&stock).await).await?;
    measure(&mut section, "stock of one SKU", async |n| {
        api.get(&format!(
            "/api/v1/inventory/stock/{}",
            sku(n % PRODUCTS)?.as_str()
        ))
        .await
    })
    .await?;
    measure(&mut section, "overview", async |_| {
        api.get("/api/v1/overview").await
    })
    .await?;
    measure(&mut section, "overview, computed anew each time", async |_| {
        stage.tenant.overview().await?;
        Ok(Bytes::new())
    })
    .await
}

/// The product's API, called within this process by the tenant's operator.
struct Api {
    router: Router,
    caller: Caller,
}

impl Api {
    fn of(stage: &Stage) -> Self {
        let hub = Hub::new(
            stage.store.clone(),
            stockbridge_channels::all(),
            amazon::no_network(),
            HubSettings::default(),
        );
        Self {
            router: stockbridge_web::app(hub, WebOptions::default()),
            caller: Caller::operator(stage.tenant.id()),
        }
    }

    /// The whole body of an answer, which has to be a good one.
    async fn get(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = http::Request::get(path)
            .extension(self.caller.clone())
            .body(Body::empty())?;
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
        ensure!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body)
    }
}

async fn measure(
    section: &mut Section<'_>,
    name: &str,
    read: impl AsyncFn(usize) -> anyhow::Result<Bytes>,
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
