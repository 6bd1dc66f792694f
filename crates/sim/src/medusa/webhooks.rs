//! What the store's subscriber sends, signed as its document says: HMAC-SHA256 over timestamp, full stop and body.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use serde_json::{Value, json};
use sha2::Sha256;

use super::State;
use crate::faults::Fault;

/// Something that happened in the store.
#[derive(Debug, Clone)]
pub(super) struct Event {
    id: String,
    name: &'static str,
    data: Value,
}

impl State {
    pub(super) fn note(&mut self, name: &'static str, data: Value) {
        let id = self.id("evt");
        self.events.push(Event { id, name, data });
    }

    pub(super) fn take_webhooks(&mut self, url: &str) -> Vec<Request<Bytes>> {
        let mut events = std::mem::take(&mut self.events);
        if self
            .faults
            .hits(Fault::Duplicate, "webhook", self.now, &mut self.rng)
        {
            events = events
                .iter()
                .flat_map(|event| [event.clone(), event.clone()])
                .collect();
        }
        if self
            .faults
            .hits(Fault::LateVisibility, "webhook", self.now, &mut self.rng)
        {
            events.reverse();
        }
        events
            .iter()
            .filter_map(|event| self.signed(url, event))
            .collect()
    }

    fn signed(&self, url: &str, event: &Event) -> Option<Request<Bytes>> {
        let body = json!({"id": event.id, "event": event.name, "data": event.data}).to_string();
        let stamp = self.now.as_second().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.webhook_key.as_bytes()).ok()?;
        mac.update(format!("{stamp}.{body}").as_bytes());
        let digest = mac.finalize().into_bytes();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("content-type", "application/json")
            .header("stockbridge-timestamp", stamp)
            .header("stockbridge-signature", format!("v1={hex}"))
            .body(Bytes::from(body))
            .ok()
    }
}
