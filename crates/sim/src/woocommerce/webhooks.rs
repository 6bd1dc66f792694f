//! Webhooks: sent late, once, signed over the body, and switched off after failures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::protocol::{Failure, Paged, Query};
use super::{MOST_FAILURES, State};
use crate::time::after_ms;

/// A webhook as kept.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) topic: String,
    pub(super) status: String,
    pub(super) delivery_url: String,
    secret: String,
    failures: u32,
}

/// A delivery that waits for a visitor.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    hook: Option<u64>,
    ping: bool,
    object: u64,
    since: Timestamp,
    topic: String,
}

impl State {
    /// Something happened to an order or product. Several changes of one object that wait are sent as one.
    pub(super) fn happened(&mut self, topic: &str, object: u64) {
        let active = self
            .hooks
            .iter()
            .filter(|(_, hook)| hook.status == "active" && hook.topic == topic);
        let hooks: Vec<u64> = active.map(|(id, _)| *id).collect();
        for hook in hooks {
            let same = |p: &Pending| p.hook == Some(hook) && p.object == object && !p.ping;
            if !self.pending.iter().any(same) {
                self.pending.push(Pending {
                    hook: Some(hook),
                    ping: false,
                    object,
                    since: self.now,
                    topic: topic.to_owned(),
                });
            }
        }
    }

    pub(super) fn take_webhooks(&mut self) -> Vec<Request<Bytes>> {
        let delay = self.config.webhook_delay_ms;
        let (due, waiting): (Vec<Pending>, Vec<Pending>) = self
            .pending
            .drain(..)
            .partition(|p| p.ping || after_ms(p.since, delay) <= self.now);
        self.pending = waiting;
        due.iter()
            .enumerate()
            .filter_map(|(n, pending)| self.delivery(n, pending))
            .collect()
    }

    /// The message as it is sent: the object as it is now, not as it was when something happened to it.
    fn delivery(&self, n: usize, pending: &Pending) -> Option<Request<Bytes>> {
        let hook_id = pending.hook?;
        let hook = self.hooks.get(&hook_id)?;
        if pending.ping {
            let body = Bytes::from(format!("webhook_id={hook_id}"));
            let form = "application/x-www-form-urlencoded";
            return Request::post(&hook.delivery_url)
                .header("content-type", form)
                .body(body)
                .ok();
        }
        let (resource, event) = pending.topic.split_once('.')?;
        let gone = json!({"id": pending.object});
        let object = match resource {
            _ if event == "deleted" => gone,
            "order" => self.order(pending.object).unwrap_or(gone),
            _ => self
                .items
                .get(&pending.object)
                .map_or(gone, |item| self.product_json(pending.object, item)),
        };
        let body = object.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes()).ok()?;
        mac.update(body.as_bytes());
        Request::post(&hook.delivery_url)
            .header("content-type", "application/json")
            .header("x-wc-webhook-source", "https://shop.example/")
            .header("x-wc-webhook-topic", &pending.topic)
            .header("x-wc-webhook-resource", resource)
            .header("x-wc-webhook-event", event)
            .header(
                "x-wc-webhook-signature",
                STANDARD.encode(mac.finalize().into_bytes()),
            )
            .header("x-wc-webhook-id", hook_id.to_string())
            .header(
                "x-wc-webhook-delivery-id",
                format!("{:08x}{:016x}{n:08x}", pending.object, self.now.as_millisecond()),
            )
            .body(Bytes::from(body))
            .ok()
    }

    pub(super) fn webhook_failed(&mut self, topic: &str) {
        for hook in self.hooks.values_mut().filter(|hook| hook.topic == topic) {
            hook.failures += 1;
            if hook.failures > MOST_FAILURES {
                "disabled".clone_into(&mut hook.status);
            }
        }
    }

    pub(super) fn webhooks_page(&self, query: &Query) -> Paged {
        query.page(self.hooks.iter().map(|(id, hook)| hook.json(*id)).collect())
    }

    pub(super) fn make_webhook(&mut self, body: &Value) -> Result<Value, Failure> {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let hook = Hook {
            topic: text("topic"),
            status: "active".to_owned(),
            delivery_url: text("delivery_url"),
            secret: text("secret"),
            failures: 0,
        };
        let known = hook.topic.split_once('.').is_some_and(|(resource, event)| {
            ["order", "product", "coupon", "customer"].contains(&resource)
                && ["created", "updated", "deleted", "restored"].contains(&event)
        });
        if !known {
            return Err(Failure::new(
                400,
                "woocommerce_rest_invalid_webhook_topic",
                "Webhook topic is required and must be valid.",
            ));
        }
        let id = self.id();
        self.pending.push(Pending {
            hook: Some(id),
            ping: true,
            object: id,
            since: self.now,
            topic: hook.topic.clone(),
        });
        let json = hook.json(id);
        self.hooks.insert(id, hook);
        Ok(json)
    }

    pub(super) fn change_webhook(&mut self, id: u64, body: &Value) -> Result<Value, Failure> {
        let hook = self
            .hooks
            .get_mut(&id)
            .ok_or_else(|| Failure::invalid_id("webhook"))?;
        if let Some(status) = body["status"].as_str() {
            status.clone_into(&mut hook.status);
            hook.failures = 0;
        }
        if let Some(secret) = body["secret"].as_str() {
            secret.clone_into(&mut hook.secret);
        }
        Ok(hook.json(id))
    }

    pub(super) fn end_webhook(&mut self, id: u64) -> Result<Value, Failure> {
        let hook = self
            .hooks
            .remove(&id)
            .ok_or_else(|| Failure::invalid_id("webhook"))?;
        Ok(hook.json(id))
    }
}

impl Hook {
    /// The secret is never given out.
    fn json(&self, id: u64) -> Value {
        json!({"id": id, "name": "webhook", "status": self.status, "topic": self.topic, "delivery_url": self.delivery_url})
    }
}
