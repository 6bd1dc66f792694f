//! Test doubles: a transport that answers from a script, a pacer that remembers, and the published models.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use stockbridge_domain::channel::{
    BucketSpec, Grant, HttpRequest, HttpResponse, Io, KeepError, Keeper, Learned, Pacer, SecretText,
    Transport, TransportError, Turn,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::{AccountId, BoxFut, Timestamp};

pub(crate) type Answer = Result<HttpResponse, TransportError>;
type Script = Box<dyn Fn(&HttpRequest) -> Answer + Send + Sync>;

/// The instant at which tests stand.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T03:25:00Z").unwrap()
}

pub(crate) fn account() -> AccountId {
    "acc_00000000000000000000000007".parse().unwrap()
}

/// An answer with a body.
#[expect(clippy::unnecessary_wraps, reason = "scripts answer with results")]
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
        .headers_mut()
        .insert("x-amzn-RequestId", "req-1".parse().unwrap());
    Ok(response)
}

/// Transport and pacer of a test.
pub(crate) struct World {
    script: Script,
    pub(crate) sent: Mutex<Vec<HttpRequest>>,
    /// What the pacer was told: `learn NAME RATE`, `exhausted NAME`.
    pub(crate) told: Mutex<Vec<String>>,
    /// Set to make the pacer refuse.
    pub(crate) wait: Mutex<Option<Timestamp>>,
    pub(crate) clock: Arc<Stepped>,
    /// The account's secrets as they are kept.
    pub(crate) kept: Mutex<BTreeMap<String, SecretText>>,
    /// Set while another process is exchanging them.
    pub(crate) busy_until: Mutex<Option<Timestamp>>,
}

impl World {
    pub(crate) fn new(script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            sent: Mutex::default(),
            told: Mutex::default(),
            wait: Mutex::default(),
            clock: Stepped::new(now(), 1),
            kept: Mutex::default(),
            busy_until: Mutex::default(),
        })
    }

    pub(crate) fn io(self: &Arc<Self>) -> Io {
        Io {
            transport: self.clone(),
            pacer: self.clone(),
            keeper: self.clone(),
            env: self.clock.env(),
        }
    }

    /// Paths and queries sent, without those to the token endpoint.
    pub(crate) fn targets(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let targets = sent.iter().map(|r| r.uri().path_and_query().unwrap().to_string());
        targets.filter(|t| !t.starts_with("/auth/")).collect()
    }

    pub(crate) fn token_calls(&self) -> usize {
        self.sent
            .lock()
            .unwrap()
            .iter()
            .filter(|r| r.uri().path() == "/auth/o2/token")
            .count()
    }
}

impl Transport for World {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Answer> {
        Box::pin(async move {
            let answer = (self.script)(&request);
            self.sent.lock().unwrap().push(request);
            // Lets the other callers of a test run in between.
            tokio::task::yield_now().await;
            answer
        })
    }
}

impl Pacer for World {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { self.wait.lock().unwrap().map_or(Grant::Go, Grant::Wait) })
    }

    fn learn<'a>(&'a self, _: AccountId, bucket: &'a BucketSpec, learned: Learned) -> BoxFut<'a, ()> {
        Box::pin(async move {
            let mut told = self.told.lock().unwrap();
            told.extend(
                learned
                    .rate_micro
                    .map(|rate| format!("learn {} {rate}", bucket.name)),
            );
            told.extend(learned.left.map(|left| format!("left {} {left}", bucket.name)));
        })
    }

    fn exhausted<'a>(
        &'a self,
        _: AccountId,
        bucket: &'a BucketSpec,
        least: Duration,
    ) -> BoxFut<'a, Timestamp> {
        Box::pin(async move {
            let mut told = self.told.lock().unwrap();
            let learned = told
                .iter()
                .rev()
                .find_map(|t| t.strip_prefix("learn ")?.split(' ').nth(1)?.parse().ok());
            told.push(format!("exhausted {}", bucket.name));
            let token_ms = 1_000_000_000 / learned.unwrap_or(bucket.rate_micro);
            now().plus(Duration::from_millis(token_ms.unsigned_abs()).max(least))
        })
    }
}

impl Keeper for World {
    fn turn<'a>(
        &'a self,
        _: AccountId,
        name: &'a str,
        seen: Option<&'a SecretText>,
    ) -> BoxFut<'a, Result<Turn, KeepError>> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap().clone();
            let busy = self.busy_until.lock().unwrap();
            Ok(match *busy {
                _ if kept.get(name) != seen => Turn::Done(kept),
                Some(until) => Turn::Busy(until),
                None => Turn::Yours(kept),
            })
        })
    }

    fn keep<'a>(
        &'a self,
        _: AccountId,
        fresh: BTreeMap<String, SecretText>,
    ) -> BoxFut<'a, Result<(), KeepError>> {
        Box::pin(async move {
            self.kept.lock().unwrap().extend(fresh);
            Ok(())
        })
    }
}

/// A published model of Amazon's, or a line on the console saying what is left out without it.
pub(crate) fn model(name: &str) -> Option<serde_json::Value> {
    document(&format!("sp-api/models/{name}"))
}

/// A platform's published document as JSON, or a line on the console saying what is left out without it.
pub(crate) fn document(path: &str) -> Option<serde_json::Value> {
    Some(serde_json::from_slice(&published(path)?).unwrap())
}

/// A document a platform publishes, or a line on the console saying what is left out without it.
#[expect(
    clippy::disallowed_methods,
    reason = "tests find the platforms' documents where the developer keeps them"
)]
pub(crate) fn published(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("STOCKBRIDGE_SPECS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let text = std::fs::read(root.join(path)).ok();
    if text.is_none() {
        println!("left out: checks against {path}, which is not in $STOCKBRIDGE_SPECS");
    }
    text
}

/// What a simulated platform answers, as the transport brings it.
pub(crate) fn of_platform(outcome: stockbridge_sim::CallOutcome) -> Answer {
    match outcome {
        stockbridge_sim::CallOutcome::Answer(answer) => {
            let promised = answer.headers().get(http::header::CONTENT_LENGTH);
            let promised = promised.and_then(|length| length.to_str().ok()?.parse().ok());
            if promised.is_some_and(|length: usize| length > answer.body().len()) {
                return Err(TransportError::NoAnswer("the answer was cut off".to_owned()));
            }
            Ok(answer)
        }
        _ => Err(TransportError::NoAnswer("nothing came".to_owned())),
    }
}
