//! What the other side sends by itself: signed like our own requests, authenticated before any of it is read.

use std::collections::BTreeSet;
use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};
use subtle::ConstantTimeEq as _;

use super::CustomConnection;
use super::sign::{Signed, signature};

/// Messages whose time is further from this clock are refused, so that one that was overheard cannot be sent again later.
const WINDOW: Duration = Duration::from_secs(300);
/// Fewest characters of a nonce.
const LEAST_NONCE: usize = 16;

/// A message. Fields not named here are ignored.
#[derive(Debug, Deserialize)]
struct Message {
    /// What tells it from every other; the nonce, if it is missing.
    #[serde(default)]
    id: Option<String>,
    /// When it happened.
    #[serde(default)]
    at: Option<Timestamp>,
    /// Ids of orders that are new or changed.
    #[serde(default)]
    orders: Vec<String>,
    /// SKUs of listings whose quantity, price or state changed.
    #[serde(default)]
    listings: Vec<String>,
    /// Kinds of which anything may have changed.
    #[serde(default)]
    changed: Vec<String>,
}

impl EventSource for CustomConnection {
    fn receive(&self, inbound: &Inbound, now: Timestamp) -> Result<Event, InboundRefusal> {
        let unauthentic = |why: &str| InboundRefusal::Unauthentic(why.to_owned());
        let header = |name: &str| text(&inbound.headers, name);
        let (key, stamp, nonce) = (
            header("stockbridge-key"),
            header("stockbridge-timestamp"),
            header("stockbridge-nonce"),
        );
        if key != self.api.key_id {
            return Err(unauthentic("`Stockbridge-Key` is missing or names another key"));
        }
        let seconds: i64 = stamp
            .parse()
            .map_err(|_| unauthentic("`Stockbridge-Timestamp` is missing or no number of seconds"))?;
        if nonce.len() < LEAST_NONCE {
            return Err(unauthentic(
                "`Stockbridge-Nonce` is missing or shorter than 16 characters",
            ));
        }
        let signed = Signed {
            timestamp: stamp,
            nonce,
            method: &inbound.method,
            target: target(&inbound.url),
            body: &inbound.body,
        };
        let right = signature(&self.api.secret, signed).unwrap_or_default();
        let given = header("stockbridge-signature");
        if right.is_empty() || !bool::from(right.as_bytes().ct_eq(given.as_bytes())) {
            return Err(unauthentic(
                "`Stockbridge-Signature` is missing or not that of these bytes at this address",
            ));
        }
        let sent = Timestamp::from_secs(seconds);
        if sent.since(now).max(now.since(sent)) > WINDOW {
            return Err(InboundRefusal::Stale(
                "`Stockbridge-Timestamp` is more than five minutes from this clock".to_owned(),
            ));
        }
        // A list is no message, though it could be read as one without any field.
        if inbound.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(InboundRefusal::Unreadable(
                "the body is not a JSON object, as the protocol has it".to_owned(),
            ));
        }
        let message: Message = serde_json::from_slice(&inbound.body).map_err(|error| {
            InboundRefusal::Unreadable(format!("the body is not as the protocol has it: {error}"))
        })?;
        Ok(Event {
            nudges: nudges(&message)?,
            id: message.id.unwrap_or_else(|| nonce.to_owned()),
            topic: inbound.topic.clone(),
            at: Some(message.at.unwrap_or(sent)),
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        // Nothing of the protocol asks the other side to send; whoever runs it sets the address there.
        let by_hand = vec![format!(
            "Your system may send what changed to {url}/changes, signed with the same secret; the guide of custom channels \
             has an example."
        )];
        Box::pin(async move {
            Ok(Registered {
                by_hand,
                ..Registered::default()
            })
        })
    }

    fn unregister<'a>(&'a self, _: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async { Ok(()) })
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Path and query of an address, as they are signed.
fn target(url: &str) -> &str {
    let rest = url.find("://").map_or(0, |at| at + 3);
    let path = url[rest..].find('/').map_or(url.len(), |at| rest + at);
    if path == url.len() { "/" } else { &url[path..] }
}

/// What the message asks to look at. A kind nobody knows is no reason to guess.
fn nudges(message: &Message) -> Result<Vec<Nudge>, InboundRefusal> {
    let mut nudges: BTreeSet<Nudge> = BTreeSet::new();
    nudges.extend(message.orders.iter().cloned().map(Nudge::Order));
    nudges.extend(message.listings.iter().cloned().map(Nudge::Listing));
    for kind in &message.changed {
        nudges.insert(match kind.as_str() {
            "orders" => Nudge::Orders,
            "listings" => Nudge::Listings,
            "returns" => Nudge::Returns,
            "access" => Nudge::Access,
            other => {
                return Err(InboundRefusal::Unreadable(format!(
                    "`changed` holds `{other}`; it may hold orders, listings, returns and access"
                )));
            }
        });
    }
    Ok(nudges.into_iter().collect())
}
