//! The way to the channels: straight into the simulated marketplace, with stops on the way there and back.
//!
//! What the marketplace itself does badly (quotas, server errors, lost and cut-off answers, late orders, slow and silently
//! refused writes) it does by its own faults. Here is what lies between: time under way, connections that never come
//! about, and old news, that is pages of orders which repeat, reorder and go back on what was said before.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{HttpRequest, HttpResponse, Transport, TransportError};
use stockbridge_sim::{CallOutcome, Sim};

use crate::dice::Dice;
use crate::turns::{Point, Turnstile};

/// Versions of orders remembered, to be told again.
const REMEMBERED: usize = 12;

/// How bad the way is, each in thousandths of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Roughness {
    /// No connection comes about.
    pub(crate) unreachable: u64,
    /// A page of orders tells old news.
    pub(crate) old_news: u64,
    /// A call takes many seconds instead of parts of one.
    pub(crate) slow: u64,
}

/// A write that reached the channel: whose, which SKU.
pub(crate) type Delivered = (String, String);

/// Carries requests into the simulated marketplace.
pub(crate) struct Wire {
    sim: Arc<Sim>,
    turns: Arc<Turnstile>,
    unreachable: AtomicU64,
    old_news: AtomicU64,
    slow: AtomicU64,
    state: Mutex<State>,
    calls: AtomicU64,
    writes: AtomicU64,
}

struct State {
    dice: Dice,
    news: Vec<(String, Json)>,
    delivered: Vec<(Delivered, String)>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub(crate) fn new(sim: Arc<Sim>, turns: Arc<Turnstile>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            sim,
            turns,
            unreachable: AtomicU64::new(0),
            old_news: AtomicU64::new(0),
            slow: AtomicU64::new(0),
            state: Mutex::new(State {
                dice: Dice::new(seed, 2),
                news: Vec::new(),
                delivered: Vec::new(),
            }),
            calls: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        })
    }

    pub(crate) fn set_roughness(&self, rough: Roughness) {
        self.unreachable.store(rough.unreachable, Ordering::SeqCst);
        self.old_news.store(rough.old_news, Ordering::SeqCst);
        self.slow.store(rough.slow, Ordering::SeqCst);
    }

    /// Calls that reached the marketplace.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Of these, those that may change what the channel shows.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Writes that reached the channel since the last look, each with what was asked for.
    pub(crate) fn delivered(&self) -> Vec<(Delivered, String)> {
        std::mem::take(&mut self.lock().delivered)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, name: &'static str, request: HttpRequest) -> CallOutcome {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if name == "a write" {
            self.writes.fetch_add(1, Ordering::SeqCst);
            let listing = address(request.uri().path());
            let wanted = quantity(request.body());
            if let (Some(listing), Some(wanted)) = (listing, wanted) {
                self.lock().delivered.push((listing, wanted));
            }
        }
        self.sim.call(request)
    }

    async fn carry(&self, request: HttpRequest, timeout: Duration) -> Result<HttpResponse, TransportError> {
        let name = call_name(&request);
        let under_way = |slow: bool| if slow { (2_000, 25_000) } else { (20, 400) };
        let slow = self.turns.permille(self.slow.load(Ordering::SeqCst));
        let (least, most) = under_way(slow);
        let there = self.turns.draw_ms(least, most);
        self.turns.pause(Point::Leaving(name), there).await;
        if self.turns.permille(self.unreachable.load(Ordering::SeqCst)) {
            return Err(TransportError::NotSent("no route to the marketplace".to_owned()));
        }
        let outcome = self.deliver(name, request);
        let (least, most) = under_way(slow);
        let back = match outcome {
            CallOutcome::Lost => timeout.saturating_sub(there),
            _ => self.turns.draw_ms(least, most),
        };
        self.turns.pause(Point::Answering(name), back).await;
        match outcome {
            CallOutcome::Answer(answer) if is_whole(&answer) => Ok(self.with_old_news(name, answer)),
            CallOutcome::Answer(_) => Err(TransportError::NoAnswer("the answer was cut off".to_owned())),
            CallOutcome::Lost => Err(TransportError::NoAnswer("timed out".to_owned())),
            CallOutcome::Dropped => Err(TransportError::NoAnswer("connection closed".to_owned())),
        }
    }

    /// Puts orders as they once were into a page of orders, and shuffles it.
    fn with_old_news(&self, name: &'static str, answer: HttpResponse) -> HttpResponse {
        let share = self.old_news.load(Ordering::SeqCst);
        if name != "a search of orders" || share == 0 || !answer.status().is_success() {
            return answer;
        }
        let Ok(mut page) = serde_json::from_slice::<Json>(answer.body()) else {
            return answer;
        };
        let Some(orders) = page.get_mut("orders").and_then(Json::as_array_mut) else {
            return answer;
        };
        let mut guard = self.lock();
        let state = &mut *guard;
        let fresh: Vec<(String, Json)> = orders
            .iter()
            .filter_map(|o| Some((o.get("orderId")?.as_str()?.to_owned(), o.clone())))
            .collect();
        if state.dice.permille(share) {
            let marketplace = |o: &Json| o.pointer("/salesChannel/marketplaceId").cloned();
            let here = orders.first().and_then(marketplace);
            for _ in 0..state.dice.between(1, 3) {
                let at = state.dice.index(state.news.len());
                let Some((_, old)) = state.news.get(at).cloned() else {
                    break;
                };
                // An account is told of its own orders only.
                if here.is_some() && marketplace(&old) == here {
                    let place = state.dice.index(orders.len() + 1);
                    orders.insert(place, old);
                }
            }
            for index in (1..orders.len()).rev() {
                let other = state.dice.index(index + 1);
                orders.swap(index, other);
            }
        }
        state.news.extend(fresh);
        let surplus = state.news.len().saturating_sub(REMEMBERED);
        state.news.drain(..surplus);
        drop(guard);
        let body = Bytes::from(page.to_string());
        answer.map(|_| body)
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(self.carry(request, timeout))
    }
}

/// What a call is for, for people.
fn call_name(request: &HttpRequest) -> &'static str {
    let path = request.uri().path();
    let write = request.method().as_str() == "PATCH";
    match path {
        p if p.starts_with("/listings/") && write => "a write",
        p if p.starts_with("/listings/") => "a reading",
        p if p.ends_with("/shipmentConfirmation") => "a shipment",
        p if p.starts_with("/orders/2026-01-01/orders/") => "a look at an order",
        p if p.starts_with("/orders/") => "a search of orders",
        p if p.starts_with("/auth/") => "a sign-in",
        _ => "another call",
    }
}

/// Seller and SKU of a listing's path.
fn address(path: &str) -> Option<Delivered> {
    let mut parts = path.rsplit('/');
    let sku = parts.next()?.to_owned();
    Some((parts.next()?.to_owned(), sku))
}

/// The quantity in a write's body.
fn quantity(body: &Bytes) -> Option<String> {
    let json: Json = serde_json::from_slice(body).ok()?;
    let quantity = json.pointer("/patches/0/value/0/quantity")?;
    Some(quantity.to_string())
}

/// A `content-length` above the body's length means that the answer was cut off.
fn is_whole(answer: &HttpResponse) -> bool {
    let promised = answer
        .headers()
        .get("content-length")
        .and_then(|l| l.to_str().ok()?.parse::<usize>().ok());
    promised.is_none_or(|length| length <= answer.body().len())
}
