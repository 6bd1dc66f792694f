//! Notifications. Their signature covers time, address and method, not the body: a message is a hint to look, no more.
//!
//! `X_Date` says when it was sent, `X_Authorization` is `FKLOGIN` and the Base64 of `appId:sig`, where sig is the SHA-1 in
//! hexadecimal of epoch seconds, address, method and the application's secret, one after the other. Source: Flipkart's
//! "order management notifications"; its sample comes out right only with the time as epoch seconds.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};
use subtle::ConstantTimeEq as _;

use super::{FlipkartConnection, wire};
use crate::plain;

/// How far the time of a message may be from ours: one that was overheard is of no use for longer.
const WINDOW: Duration = Duration::from_secs(900);

impl EventSource for FlipkartConnection {
    fn receive(&self, inbound: &Inbound, now: Timestamp) -> Result<Event, InboundRefusal> {
        let unauthentic = |message: &str| InboundRefusal::Unauthentic(message.to_owned());
        let date = header(&inbound.headers, "x_date").ok_or_else(|| {
            unauthentic("the header `X_Date` is missing; a proxy may drop names with an underscore")
        })?;
        let sent_at = plain::http_date(date).ok_or_else(|| unauthentic("`X_Date` is no date"))?;
        let given = header(&inbound.headers, "x_authorization")
            .and_then(|text| text.strip_prefix("FKLOGIN "))
            .ok_or_else(|| {
                unauthentic("the header `X_Authorization` is missing or does not begin with FKLOGIN")
            })?;
        let given = STANDARD
            .decode(given.trim())
            .map_err(|_| unauthentic("`X_Authorization` is not Base64"))?;
        let grant = &self.api.grant;
        let signature = signature(sent_at, &inbound.url, &inbound.method, grant.app_secret.expose());
        let expected = format!("{}:{signature}", grant.app_id.expose());
        if !bool::from(given.ct_eq(expected.as_bytes())) {
            return Err(unauthentic(
                "the signature is not that of this application for this address",
            ));
        }
        if now.since(sent_at).max(sent_at.since(now)) > WINDOW {
            return Err(InboundRefusal::Stale(format!(
                "`X_Date` is more than {} minutes off",
                WINDOW.as_secs() / 60
            )));
        }
        read(&inbound.body, sent_at)
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        Box::pin(async move {
            Ok(Registered {
                by_hand: vec![
                    format!(
                        "Write to Flipkart's seller support (or seller-api-queries@flipkart.com) to subscribe to notifications: \
                         your seller id, this address: {url}/events, the ids of your locations, and that you want notifications \
                         about returns as well."
                    ),
                    "Flipkart asks for a certificate of a vulnerability assessment (VAPT) of that address.".to_owned(),
                    "If a proxy stands before the hub, it has to let header names with an underscore pass (nginx: \
                     underscores_in_headers on)."
                        .to_owned(),
                ],
                ..Registered::default()
            })
        })
    }

    fn unregister<'a>(&'a self, _: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        // Registering made nothing at Flipkart.
        Box::pin(async { Ok(()) })
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// What Flipkart signs a message with.
pub(super) fn signature(sent_at: Timestamp, url: &str, method: &str, secret: &str) -> String {
    let seconds = sent_at.micros().div_euclid(1_000_000);
    let text = format!("{seconds}{url}{method}{secret}");
    hex(ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(body: &[u8], sent_at: Timestamp) -> Result<Event, InboundRefusal> {
    let message: wire::Notification =
        serde_json::from_slice(body).map_err(|e| InboundRefusal::Unreadable(plain::line(&e.to_string())))?;
    let about = message
        .shipment_id
        .as_deref()
        .or(message.return_id.as_deref())
        .unwrap_or_default();
    let happened = message.timestamp.as_deref().unwrap_or_default();
    // Messages have no id of their own: the same words about the same thing at the same time are the same message.
    let mut digest = Sha256::new();
    let attributes = message.attributes.as_ref().map_or("", |raw| raw.get());
    for part in [message.event_type.as_str(), about, happened, attributes] {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let nudges = if message.event_type.starts_with("return_") {
        vec![Nudge::Returns]
    } else {
        message.shipment_id.map(Nudge::Order).into_iter().collect()
    };
    Ok(Event {
        id: hex(&digest.finalize()),
        topic: plain::line(&message.event_type),
        at: Timestamp::parse(happened).ok().or(Some(sent_at)),
        nudges,
    })
}
