//! A large report: fetched in ranges, unpacked, cut into parts, looked through by its columns, packed, sealed and kept.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{HttpRequest, HttpResponse, Transport, TransportError};
use stockbridge_engine::{Caller, Hub, HubSettings, ReportRequest, Worker, WorkerOptions};

use crate::Options;
use crate::env::{Stopwatch, number};
use crate::machine::field;
use crate::report::{Goal, Report};
use crate::stage::{Kind, Stage};

/// Bytes of the report, unpacked.
const SIZE: usize = 200_000_000;
const GOAL_MB_A_SECOND: f64 = 100.0;
/// What it may take beyond what the process has.
const GOAL_MIB: f64 = 64.0;
/// How often it is looked whether it is there.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(600);

const HEAD: &str = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tproduct-name\tsku\t\
                    asin\titem-status\tquantity\tcurrency\titem-price\tship-city\tship-postal-code";

/// What the process had when the file was first asked for, and since when.
struct Begun {
    watch: Stopwatch,
    kib: u64,
}

/// An Amazon with one report.
struct Files {
    packed: Bytes,
    begun: Mutex<Option<Begun>>,
}

impl Files {
    fn answer(&self, request: &HttpRequest) -> anyhow::Result<HttpResponse> {
        let path = request.uri().path();
        let text: &'static str = match (request.method().as_str(), path) {
            (_, "/auth/o2/token") => r#"{"access_token":"Atza|bench","expires_in":3600}"#,
            ("POST", "/reports/2021-06-30/reports") => r#"{"reportId":"1"}"#,
            (_, path) if path.starts_with("/reports/2021-06-30/reports/") => {
                r#"{"reportId":"1","processingStatus":"DONE","reportDocumentId":"d"}"#
            }
            (_, path) if path.starts_with("/reports/2021-06-30/documents/") => {
                r#"{"reportDocumentId":"d","url":"https://files.example/report","compressionAlgorithm":"GZIP"}"#
            }
            _ => return self.range(request),
        };
        Ok(http::Response::new(Bytes::from_static(text.as_bytes())))
    }

    fn range(&self, request: &HttpRequest) -> anyhow::Result<HttpResponse> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.is_none() {
            std::fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")?;
            *begun = Some(Begun {
                kib: kib("VmRSS")?,
                watch: Stopwatch::start(),
            });
        }
        let range = request.headers().get("range").context("no range is asked for")?;
        let (from, to) = range
            .to_str()?
            .trim_start_matches("bytes=")
            .split_once('-')
            .context("a range")?;
        let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
        let end = self.packed.len().min(to + 1);
        let answer = http::Response::builder()
            .status(206)
            .header(
                "content-range",
                format!("bytes {from}-{}/{}", end - 1, self.packed.len()),
            )
            .header("content-type", "text/plain; charset=utf-8");
        Ok(answer.body(self.packed.slice(from..end))?)
    }
}

impl Transport for Files {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            self.answer(&request)
                .map_err(|error| TransportError::NotSent(error.to_string()))
        })
    }
}

fn kib(name: &str) -> anyhow::Result<u64> {
    let text = field("/proc/self/status", name).with_context(|| format!("the kernel tells no {name}"))?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

/// A report of orders of so many bytes, packed.
fn packed(size: usize) -> anyhow::Result<(Bytes, usize)> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let (mut written, mut n) = (0, 0_usize);
    let mut line = format!("{HEAD}\n");
    while written < size {
        encoder.write_all(line.as_bytes())?;
        written += line.len();
        n += 1;
        let (id, price) = (n.wrapping_mul(2_654_435_761) % 10_000_000, n % 20_000);
        line = format!(
            "302-{id:07}-{n:07}\t2026-11-01T10:{:02}:{:02}+00:00\t2026-11-02T08:00:00+00:00\tShipped\tMerchant\tStoneware \
             mug, number {}, assorted colours\tSKU-{:05}\tB0{:08}\tShipped\t{}\tEUR\t{}.{:02}\tKöln\t{:05}\n",
            n / 60 % 60,
            n % 60,
            n % 2_000,
            n % 2_000,
            n % 2_000,
            1 + n % 3,
            price / 100,
            price % 100,
            n % 100_000
        );
    }
    Ok((encoder.finish()?.into(), written))
}

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let account = stage.account(0).await?;
    let (packed, size) = packed(options.amount(SIZE))?;
    let files = Arc::new(Files {
        packed,
        begun: Mutex::default(),
    });
    let hub = Hub::new(
        stage.store.clone(),
        stockbridge_channels::all(),
        files.clone(),
        HubSettings::default(),
    );
    let caller = Caller::operator(stage.tenant.id());
    let request = ReportRequest {
        kind: "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL".to_owned(),
        ..ReportRequest::default()
    };
    let wanted = hub.request_report(&caller, account.id, &request).await?.id;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = Worker::new(
        hub,
        WorkerOptions {
            workers: 1,
            owner: "bench".to_owned(),
        },
    );
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(worker.run(stopped));
    let watch = Stopwatch::start();
    let made = loop {
        ensure!(
            watch.elapsed() < PATIENCE,
            "the report is not there after {PATIENCE:?}"
        );
        tokio::time::sleep(LOOK).await;
        let made = stage.tenant.report(wanted).await?.context("the report is gone")?;
        if !made.state.is_open() {
            break made;
        }
    };
    let peak = kib("VmHWM")?;
    let begun = files.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
    let begun = begun.context("the file was never asked for")?;
    let seconds = begun.watch.elapsed().as_secs_f64();
    stop.send(true)?;
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    ensure!(
        made.problem.is_none() && usize::try_from(made.bytes)? == size,
        "the report did not come whole: {made:?}"
    );
    let mut section = report.section("reports", stage.store.backend());
    section.add("rows", number(usize::try_from(made.lines)? - 1), "rows");
    section.add("bytes, unpacked", number(size) / 1e6, "MB");
    section.goal(
        "fetched, looked through and kept",
        number(size) / 1e6 / seconds,
        "MB/s",
        Goal::AtLeast(GOAL_MB_A_SECOND),
    );
    let more = number(usize::try_from(peak.saturating_sub(begun.kib))?) / 1_024.0;
    section.goal("more memory at the peak", more, "MiB", Goal::Below(GOAL_MIB));
    Ok(())
}
