//! What the shop tells by itself. Medusa has no webhooks; a small subscriber in the merchant's project, of which
//! `examples/medusa-subscriber` is one, posts its events here, signed with the account's webhook key:
//!
//! - `Stockbridge-Timestamp`: whole seconds since 1970;
//! - `Stockbridge-Signature`: `v1=` and the HMAC-SHA256, in hex, of the timestamp, a full stop and the raw body;
//! - the body: `{"id": …, "event": "order.placed", "data": {…}}`, where `data` may name an `order_id` the subscriber looked
//!   up.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::MedusaConnection;
use super::api::clean;

/// Messages older than this, or as far ahead, may be ones that were overheard.
const WINDOW: Duration = Duration::from_secs(300);

#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    event: String,
    #[serde(default)]
    data: Data,
}

#[derive(Debug, Default, Deserialize)]
struct Data {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    order_id: Option<String>,
}

impl EventSource for MedusaConnection {
    fn receive(&self, inbound: &Inbound, now: Timestamp) -> Result<Event, InboundRefusal> {
        let unauthentic = |why: &str| InboundRefusal::Unauthentic(why.to_owned());
        let header = |name: &str| inbound.headers.get(name).and_then(|value| value.to_str().ok());
        let stamp = header("stockbridge-timestamp").ok_or_else(|| unauthentic("there is no timestamp"))?;
        let given = header("stockbridge-signature")
            .and_then(|text| text.strip_prefix("v1="))
            .and_then(bytes_of_hex)
            .ok_or_else(|| unauthentic("there is no signature of version 1"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.webhook_key.expose().as_bytes())
            .map_err(|_| unauthentic("the account has no usable webhook key"))?;
        mac.update(stamp.as_bytes());
        mac.update(b".");
        mac.update(&inbound.body);
        // Compares in constant time.
        mac.verify_slice(&given)
            .map_err(|_| unauthentic("the signature is not of the account's webhook key"))?;
        let at = stamp.parse().map(Timestamp::from_secs);
        let at = at
            .map_err(|_| InboundRefusal::Unreadable("the timestamp is not a number of seconds".to_owned()))?;
        if now.since(at).max(at.since(now)) > WINDOW {
            let message = "the message is more than five minutes from this clock; compare both sides' clocks";
            return Err(InboundRefusal::Stale(message.to_owned()));
        }
        let message: Message = serde_json::from_slice(&inbound.body).map_err(|e| {
            InboundRefusal::Unreadable(format!("the body cannot be read: {}", clean(&e.to_string())))
        })?;
        Ok(Event {
            nudges: nudges(&message),
            id: message.id,
            topic: message.event,
            at: Some(at),
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        let by_hand = vec![
            "Medusa has no webhooks of its own: copy examples/medusa-subscriber/stockbridge.ts into src/subscribers of the \
             Medusa project"
                .to_owned(),
            format!("Set STOCKBRIDGE_WEBHOOK_URL={url}/events in the Medusa server's environment"),
            "Set STOCKBRIDGE_WEBHOOK_KEY there to the store's webhook key, build and restart the server; until then orders are \
             asked for on schedule"
                .to_owned(),
        ];
        Box::pin(async move {
            Ok(Registered {
                by_hand,
                ..Registered::default()
            })
        })
    }

    /// Nothing was made in the shop, so nothing is left there but the merchant's own file.
    fn unregister<'a>(&'a self, _: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async { Ok(()) })
    }
}

/// What to look at. An event nobody here knows asks for nothing.
fn nudges(message: &Message) -> Vec<Nudge> {
    let Data { id, order_id } = &message.data;
    let order = |id: &Option<String>| id.clone().map_or(Nudge::Orders, Nudge::Order);
    match message.event.as_str() {
        "order.return_requested" | "order.return_received" => vec![order(order_id), Nudge::Returns],
        "order.fulfillment_created" | "order.fulfillment_canceled" => vec![order(order_id)],
        name if name.starts_with("order.") => vec![order(if id.is_some() { id } else { order_id })],
        // These name a fulfilment or a payment; the subscriber looks up the order.
        "shipment.created" | "delivery.created" => vec![order(order_id)],
        name if name.starts_with("payment.") => vec![order(order_id)],
        "product-variant.updated" => vec![id.clone().map_or(Nudge::Listings, Nudge::Listing)],
        "product-variant.created" | "product-variant.deleted" | "product.updated" | "product.deleted" => {
            vec![Nudge::Listings]
        }
        _ => Vec::new(),
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}
