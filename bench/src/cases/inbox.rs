//! Webhooks: through the router to an answer that is true on disk, and the same ones again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Body;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use sha2::Sha256;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::SecretText;
use stockbridge_engine::{Caller, ConnectRequest, Hub, HubSettings};
use stockbridge_store::{InboxFilter, PageQuery};
use stockbridge_web::WebOptions;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::env::{Stopwatch, number, percentile_ms};
use crate::report::{Goal, Report};
use crate::stage::{Kind, Stage};
use crate::{Options, amazon};

/// Messages, each about one of [`ORDERS`] orders.
const MESSAGES: usize = 20_000;
const ORDERS: usize = 1_000;
const DUPLICATES: usize = 100_000;
/// Requests under way at the same time when as many as possible are sent.
const AT_ONCE: usize = 32;
/// Messages a second of the steady flow, and how many of them there are.
const STEADY_A_SECOND: u32 = 1_000;
const STEADY: usize = 10_000;
const SECRET: &str = "correct-horse-battery-staple";

/// Sends signed messages.
#[derive(Clone)]
struct Sender {
    router: Router,
    account: AccountId,
    hub: Hub,
}

/// Measures on one database.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let sender = Sender::on(&stage).await?;
    let statements = || number(usize::try_from(stage.store.db().statements()).unwrap_or(usize::MAX));
    let (messages, steady) = (options.amount(MESSAGES), options.amount(STEADY));
    sender.flood("warm", 200).await?;

    let (before, watch) = (statements(), Stopwatch::start());
    sender.flood("flood", messages).await?;
    let rate = watch.rate(messages);
    let each = (statements() - before) / number(messages);
    let mut waits = sender.flow(steady).await?;

    let duplicates = options.amount(DUPLICATES);
    let written = || stage.store.db().rows_written();
    let (newest_before, rows) = (newest(&stage).await?, written());
    let (before, watch) = (statements(), Stopwatch::start());
    sender.again("flood", messages, duplicates).await?;
    let again = watch.rate(duplicates);
    let each_again = (statements() - before) / number(duplicates);
    let rows = written() - rows;
    ensure!(newest_before == newest(&stage).await?, "a duplicate was stored");

    let mut section = report.section("inbox", stage.store.backend());
    section.goal(
        "stored and answered, 32 at once",
        rate,
        "webhooks/s",
        Goal::AtLeast(1_000.0),
    );
    section.add("statements", each, "per webhook");
    section.add("at 1,000 a second, p50", percentile_ms(&mut waits, 50), "ms");
    section.goal(
        "at 1,000 a second, p99",
        percentile_ms(&mut waits, 99),
        "ms",
        Goal::Below(10.0),
    );
    section.add("the same again, 32 at once", again, "webhooks/s");
    section.add("the same again, statements", each_again, "per webhook");
    section.goal(
        "the same again, rows written",
        number(usize::try_from(rows)?),
        "rows",
        Goal::Below(1.0),
    );
    Ok(())
}

/// The newest message, which a duplicate that was stored would replace.
async fn newest(stage: &Stage) -> anyhow::Result<Option<String>> {
    let page = stage
        .tenant
        .inbox(&InboxFilter::default(), &PageQuery::first(1))
        .await?;
    Ok(page.items.first().map(|event| event.id.to_string()))
}

impl Sender {
    async fn on(stage: &Stage) -> anyhow::Result<Self> {
        let hub = Hub::new(
            stage.store.clone(),
            stockbridge_channels::all(),
            amazon::no_network(),
            HubSettings::default(),
        );
        let secrets = [
            ("base_url", "https://shop.example.com"),
            ("key_id", "key-1"),
            ("secret", SECRET),
        ];
        let request = ConnectRequest {
            name: "Shop".to_owned(),
            credentials: secrets
                .into_iter()
                .map(|(name, value)| (name.to_owned(), SecretText::new(value)))
                .collect(),
            ..ConnectRequest::default()
        };
        let caller = Caller::operator(stage.tenant.id());
        let account = hub.connect(&caller, "custom", request).await?;
        Ok(Self {
            router: stockbridge_web::app(hub.clone(), WebOptions::default()),
            account: account.id,
            hub,
        })
    }

    /// Sends message number `n`, signed as a shop signs it, and waits for the answer.
    async fn send(&self, run: &str, n: usize) -> anyhow::Result<()> {
        let path = format!("/api/v1/webhooks/custom/{}/changes", self.account);
        let body = format!(
            r#"{{"id":"{run}-{n}","orders":["C-{:06}"],"note":"{}"}}"#,
            n % ORDERS,
            "x".repeat(1_500)
        );
        let stamp = (self.hub.env().now().micros() / 1_000_000).to_string();
        let nonce = format!("{n:032x}");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(format!("v1\n{stamp}\n{nonce}\nPOST\n{path}\n").as_bytes());
        mac.update(body.as_bytes());
        let proof: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let request = Request::post(path)
            .header("stockbridge-key", "key-1")
            .header("stockbridge-timestamp", stamp)
            .header("stockbridge-nonce", nonce)
            .header("stockbridge-signature", format!("v1={proof}"))
            .body(Body::from(body))?;
        let answer = self.router.clone().oneshot(request).await?;
        ensure!(
            answer.status() == 200,
            "a webhook was answered {}",
            answer.status()
        );
        Ok(())
    }

    /// Sends `count` different messages, as many at once as allowed.
    async fn flood(&self, run: &'static str, count: usize) -> anyhow::Result<()> {
        self.again(run, count, count).await
    }

    /// Sends `count` messages of which only `different` differ.
    async fn again(&self, run: &'static str, different: usize, count: usize) -> anyhow::Result<()> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (sender, next) = (self.clone(), Arc::clone(&next));
            tasks.spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return anyhow::Ok(());
                    }
                    sender.send(run, n % different).await?;
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.context("a sender broke")??;
        }
        Ok(())
    }

    /// Sends messages at a steady pace, whether or not those before are answered; how long each took from when it was due.
    async fn flow(&self, count: usize) -> anyhow::Result<Vec<Duration>> {
        let mut tasks = JoinSet::new();
        let (watch, pause) = (Stopwatch::start(), Duration::from_secs(1) / STEADY_A_SECOND);
        for n in 0..count {
            let due = pause * u32::try_from(n)?;
            let early = due.saturating_sub(watch.elapsed());
            if !early.is_zero() {
                tokio::time::sleep(early).await;
            }
            let sender = self.clone();
            tasks.spawn(async move {
                sender.send("flow", n).await?;
                anyhow::Ok(watch.elapsed().saturating_sub(due))
            });
        }
        let mut waits = Vec::with_capacity(count);
        while let Some(ended) = tasks.join_next().await {
            waits.push(ended.context("a sender broke")??);
        }
        Ok(waits)
    }
}
