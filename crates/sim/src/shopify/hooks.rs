//! Messages to subscribers, signed with the app's secret over the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use rand::RngExt;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{State, gid};
use crate::faults::Fault;

impl State {
    /// Sends a message to whoever subscribed to a topic, now and then twice and before an earlier one.
    pub(super) fn tell(&mut self, topic: &str, body: &Value) {
        let name = topic.replace('/', "_").to_uppercase();
        let hooks: Vec<_> = self.hooks.iter().filter(|h| h.topic == name).cloned().collect();
        for hook in hooks {
            let (id, event) = (self.number(), self.number());
            let mut body = body.clone();
            let fields = hook.input["includeFields"]
                .as_array()
                .filter(|fields| !fields.is_empty());
            if let (Some(fields), Some(object)) = (fields, body.as_object_mut()) {
                object.retain(|field, _| fields.iter().any(|f| f == field));
            }
            let body = Bytes::from(body.to_string());
            let Some(signature) = signature(&self.config.client_secret, &body) else {
                continue;
            };
            let request = || {
                Request::post(hook.input["uri"].as_str().unwrap_or_default())
                    .header("content-type", "application/json")
                    .header("x-shopify-topic", topic)
                    .header("x-shopify-hmac-sha256", &signature)
                    .header("x-shopify-shop-domain", &self.config.shop)
                    .header("x-shopify-api-version", "2026-10")
                    .header("x-shopify-webhook-id", format!("hook-{id}"))
                    .header("x-shopify-event-id", format!("event-{event}"))
                    .header("x-shopify-triggered-at", self.now.to_string())
                    .body(body.clone())
            };
            let twice = self
                .faults
                .hits(Fault::Duplicate, "webhook", self.now, &mut self.rng);
            for _ in 0..=usize::from(twice) {
                let Ok(request) = request() else { continue };
                let place = if twice {
                    self.rng.random_range(0..=self.messages.len())
                } else {
                    self.messages.len()
                };
                self.messages.insert(place, request);
            }
        }
    }

    pub(super) fn tell_order(&mut self, id: u64, topic: &str) {
        let Some(order) = self.orders.get(&id) else { return };
        let body = json!({"id": id, "admin_graphql_api_id": gid("Order", id),
            "updated_at": order.updated_at.to_string(), "email": "buyer@example.com"});
        self.tell(topic, &body);
    }

    pub(super) fn tell_levels(&mut self, sku: &str) {
        let found = self.variants.iter().find(|v| v.of.sku == sku).cloned();
        for (variant, (location, available)) in found
            .iter()
            .flat_map(|v| v.of.quantities.iter().map(move |place| (v, place)))
        {
            let location = location.parse::<u64>().unwrap_or_default();
            let body = json!({"inventory_item_id": variant.id + 100_000, "location_id": location,
                "available": available, "updated_at": self.now.to_string()});
            self.tell("inventory_levels/update", &body);
        }
    }

    /// Ends all access, and says so once.
    pub(super) fn uninstall(&mut self) {
        self.tell("app/uninstalled", &json!({"id": 1}));
        self.revoked = true;
        self.tokens.clear();
        self.refresh.clear();
        self.hooks.clear();
    }

    pub(super) fn failed(&mut self, topic: &str) {
        let most = self.config.failures;
        for hook in self.hooks.iter_mut().filter(|h| h.topic == topic) {
            hook.failed += 1;
        }
        self.hooks.retain(|hook| hook.failed <= most);
    }
}

fn signature(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}
