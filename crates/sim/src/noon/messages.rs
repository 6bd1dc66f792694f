//! Messages: ids alone, under a header of the seller's, at least once and in any order.

use bytes::Bytes;
use http::{Method, Request};
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};

use super::State;
use crate::faults::Fault;

impl State {
    /// Queues a message about an order.
    pub(super) fn notify(&mut self, event: &str, order: &str) {
        if self.config.destination.is_none() {
            return;
        }
        let id = format!("m-{}", self.number());
        let message = json!({
            "event_schema_version": 1,
            "event_type": event,
            "metadata": {"message_id": id, "published_at": self.now.to_string(), "project_code": self.config.project_code},
            "payload": {"order_nr": order},
        });
        self.messages.push(message);
    }

    pub(super) fn take_webhooks(&mut self) -> Vec<Request<Bytes>> {
        let mut messages = std::mem::take(&mut self.messages);
        if self
            .faults
            .hits(Fault::LateVisibility, "notify", self.now, &mut self.rng)
        {
            messages.shuffle(&mut self.rng);
        }
        let mut sent = Vec::new();
        for message in messages {
            let again = self
                .faults
                .hits(Fault::Duplicate, "notify", self.now, &mut self.rng);
            sent.extend(self.posted(&message));
            if again {
                sent.extend(self.posted(&message));
            }
        }
        sent
    }

    fn posted(&self, message: &Value) -> Option<Request<Bytes>> {
        let destination = self.config.destination.as_ref()?;
        Request::builder()
            .method(Method::POST)
            .uri(&destination.url)
            .header(&destination.header, &destination.secret)
            .header("content-type", "application/json")
            .body(Bytes::from(message.to_string()))
            .ok()
    }
}
