//! The sync promise: as JSON, as CSV, and for Prometheus.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use stockbridge_domain::latency::PromiseStep;
use stockbridge_engine::PromiseRow;

use crate::extract::{ApiJson, ApiQuery, List, Who, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

/// The most hours that can be asked for: a year.
const MOST_HOURS: u64 = 8_784;

const HOURS: &[Param] = &[Param {
    name: "hours",
    about: "Steps that ended within so many hours, 1 to 8784; 24 unless given",
}];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/promise",
            "How long orders took into the hub and out to the other channels, by store and step",
            list,
        )
        .query(HOURS)
        .lists("Promise"),
        route::get("/api/v1/promise.csv", "The same as CSV, without the buckets", csv)
            .query(HOURS)
            .text("text/csv"),
        route::get(
            "/metrics",
            "For Prometheus: the sync promise since ever as histograms, with what waits",
            metrics,
        )
        .text("text/plain"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    hours: Option<String>,
}

impl Wanted {
    fn within(self) -> Result<Duration, Problem> {
        match parsed::<u64>("hours", self.hours)?.unwrap_or(24) {
            hours @ 1..=MOST_HOURS => Ok(Duration::from_secs(hours * 3_600)),
            hours => Err(Problem::field(
                "/query/hours",
                format!("{hours} is out of range; ask for 1 to {MOST_HOURS} hours"),
            )),
        }
    }
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<PromiseRow>>, Problem> {
    let data = app.hub().promise(caller.tenant, Some(wanted.within()?)).await?;
    Ok(ApiJson(List {
        data,
        next_cursor: None,
    }))
}

async fn csv(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<impl IntoResponse, Problem> {
    let rows = app.hub().promise(caller.tenant, Some(wanted.within()?)).await?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], sheet(&rows)))
}

fn sheet(rows: &[PromiseRow]) -> String {
    let mut text = "store,store_name,channel,step,count,sum_ms,p50_ms,p95_ms,p99_ms\r\n".to_owned();
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    for row in rows {
        let line = format!(
            "{},{},{},{},{},{},{},{},{}\r\n",
            row.account,
            cell(&row.account_name),
            row.channel,
            row.step,
            row.count,
            row.sum_ms,
            number(row.p50_ms),
            number(row.p95_ms),
            number(row.p99_ms)
        );
        text.push_str(&line);
    }
    text
}

/// A name as a cell: quoted, and no formula to a spreadsheet.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

async fn metrics(State(app): State<App>, Who(caller): Who) -> Result<impl IntoResponse, Problem> {
    let rows = app.hub().promise(caller.tenant, None).await?;
    let tenant = app.tenant(caller.tenant);
    let queue = tenant.queue_counts().await?;
    let mut text = exposition(&rows);
    for (name, help, value) in [
        ("stockbridge_jobs_queued", "Jobs waiting", queue.queued),
        ("stockbridge_jobs_running", "Jobs under way", queue.running),
        ("stockbridge_jobs_dead", "Jobs that gave up", queue.dead),
    ] {
        let lines = format!("# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}\n");
        text.push_str(&lines);
    }
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    ))
}

/// Bounds of the histograms: the ends of buckets at powers of two, from 7 ms to 36 hours.
fn bounds() -> impl Iterator<Item = i64> {
    (3..=27).map(|exponent| (1_i64 << exponent) - 1)
}

/// The histograms in Prometheus' text format.
fn exposition(rows: &[PromiseRow]) -> String {
    const NAME: &str = "stockbridge_sync_seconds";
    let mut text = format!(
        "# HELP {NAME} From a buyer's order, by its channel's clock, to the end of a step.\n# TYPE {NAME} histogram\n"
    );
    for row in rows {
        let labels = format!(
            "store=\"{}\",store_name=\"{}\",channel=\"{}\",step=\"{}\"",
            row.account,
            label(&row.account_name),
            row.channel,
            row.step
        );
        let seconds = |ms: i64| format!("{}.{:03}", ms / 1_000, ms % 1_000);
        for ms in bounds() {
            let (le, count) = (seconds(ms), row.histogram.at_most(ms));
            text.push_str(&format!("{NAME}_bucket{{{labels},le=\"{le}\"}} {count}\n"));
        }
        let (count, sum) = (row.count, seconds(row.sum_ms));
        let rest = format!(
            "{NAME}_bucket{{{labels},le=\"+Inf\"}} {count}\n{NAME}_sum{{{labels}}} {sum}\n{NAME}_count{{{labels}}} {count}\n"
        );
        text.push_str(&rest);
    }
    text
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// What each step is called on pages, in order.
pub(crate) const STEPS: [(PromiseStep, &str); 4] = [
    (PromiseStep::Imported, "From a sale until it is in the hub"),
    (PromiseStep::Sent, "From a sale until the other channels are told"),
    (
        PromiseStep::Acknowledged,
        "From a sale until they have taken it in",
    ),
    (
        PromiseStep::Verified,
        "From a sale until they are seen to show it",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use stockbridge_domain::channel::ChannelKind;
    use stockbridge_domain::latency::Histogram;

    fn row(name: &str) -> PromiseRow {
        let mut histogram = Histogram::default();
        for ms in [3, 100, 2_500] {
            histogram.record(Duration::from_millis(ms));
        }
        PromiseRow {
            account: "acc_00000000000000000000000000".parse().unwrap(),
            account_name: name.to_owned(),
            channel: ChannelKind::new("own"),
            step: PromiseStep::Sent,
            count: histogram.count,
            sum_ms: histogram.sum_ms,
            p50_ms: histogram.quantile_ms(500),
            p95_ms: None,
            p99_ms: histogram.quantile_ms(990),
            buckets: Vec::new(),
            histogram,
        }
    }

    #[test]
    fn histograms_are_cumulative_and_labels_escaped() {
        let text = exposition(&[row("A \"B\"\\")]);
        let labels = "store=\"acc_00000000000000000000000000\",store_name=\"A \\\"B\\\"\\\\\",channel=\"own\",step=\"sent\"";
        for line in [
            format!("stockbridge_sync_seconds_bucket{{{labels},le=\"0.007\"}} 1"),
            format!("stockbridge_sync_seconds_bucket{{{labels},le=\"0.127\"}} 2"),
            format!("stockbridge_sync_seconds_bucket{{{labels},le=\"4.095\"}} 3"),
            format!("stockbridge_sync_seconds_bucket{{{labels},le=\"+Inf\"}} 3"),
            format!("stockbridge_sync_seconds_sum{{{labels}}} 2.603"),
            format!("stockbridge_sync_seconds_count{{{labels}}} 3"),
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in:\n{text}"
            );
        }
    }

    #[test]
    fn names_are_no_formulas_in_a_sheet() {
        let text = sheet(&[row("=1+\"1")]);
        assert!(
            text.contains(",\"'=1+\"\"1\",own,sent,3,2603,111,,2559\r\n"),
            "{text}"
        );
    }
}
