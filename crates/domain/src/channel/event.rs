//! What a channel tells by itself, over HTTP: authenticated, then taken as a reason to look, never as the truth.
//!
//! A message says that something happened to an order or a listing; the hub then reads that thing through the channel's
//! API. So a message that is forged, late, doubled or out of order can cost a call and nothing else.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::fault::ChannelError;
use super::io::SecretText;
use crate::{BoxFut, Timestamp};

/// A request to an account's webhook address, exactly as it came.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The last part of the address, as the channel was told it.
    pub topic: String,
    /// The address the channel was told, which some channels sign.
    pub url: String,
    /// The method, in capitals.
    pub method: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Bytes,
    /// The unguessable part of the address the request named, if it named any; see [`AccountConfig::webhook_key`].
    ///
    /// [`AccountConfig::webhook_key`]: super::AccountConfig::webhook_key
    pub key: Option<SecretText>,
}

/// Headers that prove who sends, and say nothing about the message.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];
/// So many headers of a request are kept, each of at most so many bytes.
const KEPT_HEADERS: (usize, usize) = (64, 1_024);

impl Inbound {
    /// The headers that can be kept with the message: text, bounded, and without anything that lets somebody in.
    pub fn kept_headers(&self) -> BTreeMap<String, String> {
        let (most, longest) = KEPT_HEADERS;
        let key = self.key.as_ref().map_or("", SecretText::expose);
        self.headers
            .iter()
            .filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .filter(|(_, value)| value.len() <= longest && (key.is_empty() || !value.contains(key)))
            .take(most)
            .collect()
    }

    /// A request as it was, from what was kept of it.
    #[must_use]
    pub fn with_headers(mut self, kept: &BTreeMap<String, String>) -> Self {
        for (name, value) in kept {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                self.headers.insert(name, value);
            }
        }
        self
    }
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboundRefusal {
    /// It does not come from the channel, or that cannot be told; the sentence names what is missing or wrong, never what
    /// would have been right.
    #[error("{0}")]
    Unauthentic(String),
    /// It is authentic and too old to be taken: it may be one that was overheard.
    #[error("{0}")]
    Stale(String),
    /// It is authentic and cannot be read; it is kept as it came.
    #[error("{0}")]
    Unreadable(String),
}

/// An authentic message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What tells this message from every other of the account: the same id is the same message, sent again.
    pub id: String,
    /// What it is about, in the channel's words.
    pub topic: String,
    /// When it happened or was sent, by the channel's clock, if the message says so.
    pub at: Option<Timestamp>,
    /// What to look at. Empty for a message that asks for nothing, such as a ping.
    pub nudges: Vec<Nudge>,
}

/// Something to look at again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nudge {
    /// One order, by the channel's id of it.
    Order(String),
    /// All orders changed lately.
    Orders,
    /// One listing, by a text that is its SKU, its [`channel_ref`](super::ListingSnapshot::channel_ref) or part of its
    /// [`handle`](super::ListingSnapshot::handle).
    Listing(String),
    /// All listings: some were made or removed.
    Listings,
    /// Returns changed lately.
    Returns,
    /// Whether the account is still allowed in.
    Access,
}

/// What registering found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// Subscriptions that were in place.
    pub kept: usize,
    /// Subscriptions made or repaired now.
    pub mended: usize,
    /// What has to be done by hand at the channel, each a sentence; empty where everything can be done from here.
    pub by_hand: Vec<String>,
}

/// Takes what a channel sends. Nothing has a default: a channel that cannot sign has to say how it is told from a stranger.
pub trait EventSource: Send + Sync {
    /// Authenticates a request and reads it, without any network. Signatures are over the raw body and compared in constant
    /// time; a channel without signatures compares [`Inbound::key`].
    ///
    /// # Errors
    /// Why it is not taken.
    fn receive(&self, inbound: &Inbound, now: Timestamp) -> Result<Event, InboundRefusal>;

    /// Makes the channel send to `url` (without topic) whatever the hub wants to hear: makes what is missing, repairs what
    /// was switched off, leaves alone what is in order. Safe to repeat.
    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>>;

    /// Ends all that [`Self::register`] made for `url`.
    fn unregister<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<(), ChannelError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_somebody_in_is_not_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Basic abc"),
            ("cookie", "session=1"),
            ("referer", "https://hub.example.com/?key=unguessable"),
            ("x-topic", "orders/create"),
            ("x-long", &"a".repeat(5_000)),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let inbound = Inbound {
            topic: "orders".into(),
            url: "https://hub.example.com".into(),
            method: "POST".into(),
            headers,
            body: Bytes::new(),
            key: Some(SecretText::new("unguessable")),
        };
        let kept = inbound.kept_headers();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["x-topic"]);
        let again = Inbound {
            headers: HeaderMap::new(),
            ..inbound
        };
        assert_eq!(again.with_headers(&kept).headers["x-topic"], "orders/create");
    }
}
