//! Notifications: signed over time, address and method with SHA-1, at least once, in order for each shipment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};

use super::State;
use super::shipments::ist;
use crate::faults::Fault;
use crate::reply;

/// A notification not sent yet.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    /// The shipment or return it is about.
    group: String,
    body: Value,
}

impl State {
    /// Queues a notification about a shipment or return.
    pub(super) fn notify(&mut self, group: &str, event: &str, location: Option<&str>, attributes: Value) {
        if self.config.notify_url.is_none() {
            return;
        }
        let about = if event.starts_with("return_") {
            "returnId"
        } else {
            "shipmentId"
        };
        let mut body = json!({
            "eventType": event,
            "source": "flipkart",
            "version": "v3",
            "timestamp": ist(self.now),
            "attributes": attributes,
        });
        body[about] = json!(group);
        if let Some(location) = location {
            body["locationId"] = json!(location);
        }
        self.notices.push(Notice {
            group: group.to_owned(),
            body,
        });
    }

    pub(super) fn take_webhooks(&mut self) -> Vec<Request<Bytes>> {
        let notices = std::mem::take(&mut self.notices);
        let mut groups: Vec<Vec<Notice>> = Vec::new();
        for notice in notices {
            match groups
                .iter_mut()
                .find(|group| group.iter().any(|n| n.group == notice.group))
            {
                Some(group) => group.push(notice),
                None => groups.push(vec![notice]),
            }
        }
        if self
            .faults
            .hits(Fault::LateVisibility, "notify", self.now, &mut self.rng)
        {
            groups.shuffle(&mut self.rng);
        }
        let mut sent = Vec::new();
        for notice in groups.into_iter().flatten() {
            let again = self
                .faults
                .hits(Fault::Duplicate, "notify", self.now, &mut self.rng);
            sent.extend(self.signed(&notice.body));
            if again {
                sent.extend(self.signed(&notice.body));
            }
        }
        sent
    }

    fn signed(&self, body: &Value) -> Option<Request<Bytes>> {
        let url = self.config.notify_url.as_deref()?;
        let text = format!("{}{url}POST{}", self.now.as_second(), self.config.app_secret);
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let login = STANDARD.encode(format!("{}:{hex}", self.config.app_id));
        Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("X_Date", reply::http_date(self.now))
            .header("X_Authorization", format!("FKLOGIN {login}"))
            .header("Content-Type", "application/json")
            .body(Bytes::from(body.to_string()))
            .ok()
    }
}
