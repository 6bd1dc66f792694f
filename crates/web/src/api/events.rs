//! `/events`: the live figures as server-sent events, whenever they change, at most once a second.
//!
//! Everybody who watches one tenant shares one reading of its figures, so a hundred open dashboards cost as much as
//! one. A stream ends by itself after a while; browsers come back at once, and are let in anew only if they still may.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use stockbridge_domain::TenantId;
use stockbridge_store::{ListingCounts, Overview};

use crate::extract::{ApiJson, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// Between two readings.
const PAUSE: Duration = Duration::from_secs(1);
/// Readings until a stream ends: a quarter of an hour.
const READINGS: u32 = 900;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/events",
            "Live figures as server-sent events named `snapshot`",
            events,
        )
        .text("text/event-stream"),
        route::get("/api/v1/overview", "How everything stands", overview).gives(200, "Overview"),
    ]
}

/// The figures that live pages show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Snapshot {
    /// Orders placed in the last 24 hours.
    pub orders_24h: i64,
    /// Orders not shipped yet.
    pub orders_open: i64,
    /// Orders a person has to look at.
    pub orders_with_attention: i64,
    /// Order lines without a product.
    pub lines_unmapped: i64,
    /// Units that can still be promised.
    pub units_available: i64,
    /// Most the channels could still sell.
    pub units_exposed: i64,
    /// Listings that are kept in step.
    pub listings_total: i64,
    /// Of these, seen to show what they should.
    pub listings_verified: i64,
    /// Listings without a product.
    pub listings_unmapped: i64,
    /// Open alerts.
    pub alerts_open: i64,
    /// Of these, critical.
    pub alerts_critical: i64,
    /// Jobs waiting.
    pub jobs_queued: i64,
    /// Jobs under way.
    pub jobs_running: i64,
    /// Jobs that gave up.
    pub jobs_dead: i64,
    /// Sale until the other channels were told, in milliseconds, last hour.
    pub sale_to_push_p50_ms: Option<i64>,
    /// The same, 95 of 100.
    pub sale_to_push_p95_ms: Option<i64>,
    /// The same, 99 of 100.
    pub sale_to_push_p99_ms: Option<i64>,
    /// Sale until it was seen on the channels, half.
    pub sale_to_verified_p50_ms: Option<i64>,
    /// The same, 95 of 100.
    pub sale_to_verified_p95_ms: Option<i64>,
    /// The same, 99 of 100.
    pub sale_to_verified_p99_ms: Option<i64>,
}

impl Snapshot {
    /// The figures of an overview.
    pub(crate) fn of(overview: &Overview) -> Self {
        let listings = |figure: fn(&ListingCounts) -> i64| {
            overview
                .accounts
                .iter()
                .filter_map(|a| a.listings.as_ref())
                .map(figure)
                .sum::<i64>()
        };
        let (pushed, verified) = (overview.sale_to_push, overview.sale_to_verified);
        Self {
            orders_24h: overview.orders_24h,
            orders_open: overview.orders_open,
            orders_with_attention: overview.orders_with_attention,
            lines_unmapped: overview.lines_unmapped,
            units_available: overview.units_available,
            units_exposed: overview.units_exposed,
            listings_total: listings(|c| c.kept),
            listings_verified: listings(|c| c.kept - c.unverified),
            listings_unmapped: listings(|c| c.unmapped),
            alerts_open: overview.alerts.critical + overview.alerts.warning + overview.alerts.info,
            alerts_critical: overview.alerts.critical,
            jobs_queued: overview.queue.queued,
            jobs_running: overview.queue.running,
            jobs_dead: overview.queue.dead,
            sale_to_push_p50_ms: pushed.p50_ms,
            sale_to_push_p95_ms: pushed.p95_ms,
            sale_to_push_p99_ms: pushed.p99_ms,
            sale_to_verified_p50_ms: verified.p50_ms,
            sale_to_verified_p95_ms: verified.p95_ms,
            sale_to_verified_p99_ms: verified.p99_ms,
        }
    }
}

async fn overview(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<Overview>, Problem> {
    Ok(ApiJson(app.tenant(caller.tenant).overview().await?))
}

/// The figures now, at most a second old.
pub(crate) async fn snapshot(app: &App, tenant: TenantId) -> Result<Arc<Snapshot>, Problem> {
    if let Some(recent) = app.recent_snapshot(tenant) {
        return Ok(recent);
    }
    let fresh = Arc::new(Snapshot::of(&app.tenant(tenant).overview().await?));
    app.keep_snapshot(tenant, fresh.clone());
    Ok(fresh)
}

/// Where a stream stands.
struct Watch {
    app: App,
    tenant: TenantId,
    last: Option<Arc<Snapshot>>,
    left: u32,
}

async fn events(
    State(app): State<App>,
    Who(caller): Who,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let shutdown = app.options().shutdown.clone();
    let watch = Watch {
        app,
        tenant: caller.tenant,
        last: None,
        left: READINGS,
    };
    let stopped = async move {
        match shutdown {
            // An error means that whoever could stop us is gone.
            Some(mut shutdown) => drop(shutdown.wait_for(|stop| *stop).await),
            None => std::future::pending().await,
        }
    };
    let changes = stream::unfold(watch, next_change)
        .map(|snapshot| Ok(to_event(&snapshot)))
        .take_until(Box::pin(stopped));
    Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Waits for figures that differ from the last ones.
async fn next_change(mut watch: Watch) -> Option<(Arc<Snapshot>, Watch)> {
    loop {
        if watch.last.is_some() {
            tokio::time::sleep(PAUSE).await;
        }
        watch.left = watch.left.checked_sub(1)?;
        // A database that is busy for a moment ends no stream: the figures come with the next reading.
        let Ok(now) = snapshot(&watch.app, watch.tenant).await else {
            watch.last.get_or_insert_default();
            continue;
        };
        if watch.last.as_ref() != Some(&now) {
            watch.last = Some(now.clone());
            return Some((now, watch));
        }
    }
}

fn to_event(snapshot: &Snapshot) -> Event {
    let data = serde_json::to_string(snapshot).unwrap_or_default();
    Event::default().event("snapshot").data(data)
}
