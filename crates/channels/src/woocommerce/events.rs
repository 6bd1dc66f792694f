//! Webhooks: what a shop sends by itself, and keeping it sending.
//!
//! A shop never sends a message a second time, switches a webhook off after a few failures, and sends when somebody
//! visits it. So a message is only a reason to look, and the list of webhooks is looked through regularly: what was
//! switched off is switched on again. The signature covers the body alone, no time and no nonce; a message that was
//! overheard and is sent again costs one reading.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};
use subtle::ConstantTimeEq as _;

use super::error::clean;
use super::wire;
use super::{WooConnection, client, sent};

/// What the hub wants to hear of. Refunds come as changes of their order, sales of a product as changes of both.
pub(super) const TOPICS: [&str; 8] = [
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
];

/// Variations of one product looked at one by one; of more, all listings are.
const MOST_VARIATIONS: usize = 20;

/// What a message says of its object, as far as it matters.
#[derive(Debug, Deserialize)]
struct Payload {
    #[serde(default)]
    id: Value,
    /// In place of an id: the user the webhook belongs to may not read the object.
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    variations: Value,
}

impl EventSource for WooConnection {
    fn receive(&self, inbound: &Inbound, _now: Timestamp) -> Result<Event, InboundRefusal> {
        let header = |name: &str| {
            let value = inbound.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default()
        };
        if let Some(key) = &inbound.key
            && !bool::from(
                key.expose()
                    .as_bytes()
                    .ct_eq(self.webhook_key.expose().as_bytes()),
            )
        {
            return Err(unauthentic("the address is none the hub gave out"));
        }
        let signature = header("x-wc-webhook-signature");
        if signature.is_empty() {
            return ping(&inbound.body).ok_or_else(|| unauthentic("the signature is missing"));
        }
        let signed = STANDARD
            .decode(signature)
            .map_err(|_| unauthentic("the signature is not base64"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.webhook_key.expose().as_bytes())
            .map_err(|_| unauthentic("the signature cannot be checked"))?;
        mac.update(&inbound.body);
        mac.verify_slice(&signed)
            .map_err(|_| unauthentic("the signature is wrong"))?;
        let topic = match header("x-wc-webhook-topic") {
            "" => inbound.topic.clone(),
            topic => clean(topic),
        };
        let nudges = nudges_of(&topic, &inbound.body)?;
        let delivery = match header("x-wc-webhook-delivery-id") {
            "" => signature,
            id => id,
        };
        Ok(Event {
            // Kept as it is: an id that looks like a secret to `clean` would make all messages one.
            id: format!("{}/{delivery}", header("x-wc-webhook-id"))
                .chars()
                .take(120)
                .collect(),
            topic,
            at: None,
            nudges,
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        Box::pin(async move {
            let ours = self.webhooks_of(url).await?;
            let mut registered = Registered::default();
            for topic in TOPICS {
                let mut of_topic = ours.iter().filter(|hook| hook.topic == topic);
                match of_topic.next() {
                    Some(hook) if hook.status == "active" => registered.kept += 1,
                    Some(hook) => {
                        let call = client::set_webhook(hook.id, &self.webhook(None, url));
                        self.api.call(&call).await?;
                        registered.mended += 1;
                    }
                    None => {
                        let call = client::add_webhook(&self.webhook(Some(topic), url));
                        self.api.call(&call).await?;
                        registered.mended += 1;
                    }
                }
                // Made twice when an answer was lost: every message would come twice.
                for surplus in of_topic {
                    self.api.call(&client::end_webhook(surplus.id)).await?;
                }
            }
            Ok(registered)
        })
    }

    fn unregister<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            for hook in self.webhooks_of(url).await? {
                self.api.call(&client::end_webhook(hook.id)).await?;
            }
            Ok(())
        })
    }
}

impl WooConnection {
    async fn webhooks_of(&self, url: &str) -> Result<Vec<wire::Webhook>, ChannelError> {
        let mut ours = Vec::new();
        for page in 1.. {
            let answer = self.api.call(&client::webhooks(page)).await?;
            let all: Vec<wire::Webhook> = answer.read(&client::WEBHOOKS)?;
            let full = answer.goes_on(page, all.len());
            ours.extend(
                all.into_iter()
                    .filter(|hook| hook.delivery_url == address(url, &hook.topic)),
            );
            if !full {
                break;
            }
        }
        Ok(ours)
    }

    fn webhook<'a>(&'a self, topic: Option<&'a str>, url: &str) -> sent::WebhookChange<'a> {
        sent::WebhookChange {
            name: topic.map(|topic| format!("Stockbridge {topic}")),
            topic,
            delivery_url: topic.map(|topic| address(url, topic)),
            status: "active",
            secret: self.webhook_key.expose(),
        }
    }
}

fn address(url: &str, topic: &str) -> String {
    format!("{}/{topic}", url.trim_end_matches('/'))
}

fn unauthentic(why: &str) -> InboundRefusal {
    InboundRefusal::Unauthentic(why.to_owned())
}

/// The unsigned form a shop sends when a webhook is made, to see whether anybody answers. It asks for nothing.
fn ping(body: &[u8]) -> Option<Event> {
    let number = body.strip_prefix(b"webhook_id=")?;
    let digits = !number.is_empty() && number.len() <= 20 && number.iter().all(u8::is_ascii_digit);
    digits.then(|| Event {
        id: format!("ping/{}", String::from_utf8_lossy(number)),
        topic: "ping".to_owned(),
        at: None,
        nudges: Vec::new(),
    })
}

pub(super) fn nudges_of(topic: &str, body: &[u8]) -> Result<Vec<Nudge>, InboundRefusal> {
    let payload: Payload =
        serde_json::from_slice(body).map_err(|e| InboundRefusal::Unreadable(clean(&e.to_string())))?;
    let Some(id) = wire::whole(&payload.id) else {
        return Err(InboundRefusal::Unreadable(match payload.code {
            Some(code) => format!(
                "the shop sent an error (`{}`) in place of the object: the user the webhook belongs to may not read it",
                clean(&code)
            ),
            None => "the message names no `id`".to_owned(),
        }));
    };
    let variations: Vec<String> = match &payload.variations {
        Value::Array(ids) => ids
            .iter()
            .filter_map(wire::whole)
            .map(|id| id.to_string())
            .collect(),
        _ => Vec::new(),
    };
    Ok(match topic.split_once('.') {
        Some(("order", _)) => vec![Nudge::Order(id.to_string())],
        Some(("product", "updated")) if variations.is_empty() => vec![Nudge::Listing(id.to_string())],
        Some(("product", "updated")) if variations.len() <= MOST_VARIATIONS => {
            variations.into_iter().map(Nudge::Listing).collect()
        }
        Some(("product", _)) => vec![Nudge::Listings],
        _ => Vec::new(),
    })
}
