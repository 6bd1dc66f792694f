//! Messages. Noon signs nothing: the seller gives it a header with a secret of ours, and every message carries it. A message
//! holds ids alone, so the order is read through the API.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};
use subtle::ConstantTimeEq as _;

use super::{NoonConnection, wire};
use crate::plain;

/// The header with our secret, as the guide tells the seller to set it.
const HEADER: &str = "x-stockbridge-key";

impl EventSource for NoonConnection {
    fn receive(&self, inbound: &Inbound, _: Timestamp) -> Result<Event, InboundRefusal> {
        let given = inbound
            .headers
            .get(HEADER)
            .map(http::HeaderValue::as_bytes)
            .unwrap_or_default();
        if !bool::from(given.ct_eq(self.webhook_key.expose().as_bytes())) {
            let message = "the header `X-Stockbridge-Key` is missing or not the key of this address; enter it in the partner portal";
            return Err(InboundRefusal::Unauthentic(message.to_owned()));
        }
        let message: wire::Message = serde_json::from_slice(&inbound.body)
            .map_err(|e| InboundRefusal::Unreadable(plain::line(&e.to_string())))?;
        let published = message.metadata.published_at.unwrap_or_default();
        let order = message.payload.order_nr.filter(|nr| !nr.is_empty());
        let id = message
            .metadata
            .message_id
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| {
                digest(&[
                    &message.event_type,
                    order.as_deref().unwrap_or_default(),
                    &published,
                ])
            });
        // The reference and the guide disagree on what a new order is called; whatever names an order is about it.
        let of_order = message.event_type.starts_with("FBPI::");
        Ok(Event {
            id,
            topic: plain::line(&message.event_type),
            at: Timestamp::parse(&published).ok(),
            nudges: order.filter(|_| of_order).map(Nudge::Order).into_iter().collect(),
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        Box::pin(async move {
            Ok(Registered {
                by_hand: vec![
                    format!(
                        "In the partner portal, open Event notifications and add an HTTPS destination with the address {url}/events."
                    ),
                    "Give it a header called X-Stockbridge-Key whose value is the key in that address."
                        .to_owned(),
                    "Switch on the events FBPI::ORDER_SYNC and, where it is offered, FBPI::ORDER_CREATED."
                        .to_owned(),
                ],
                ..Registered::default()
            })
        })
    }

    fn unregister<'a>(&'a self, _: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        // Registering made nothing at Noon.
        Box::pin(async { Ok(()) })
    }
}

fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
