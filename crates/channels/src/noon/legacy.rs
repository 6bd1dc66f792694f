//! The signing of older documents: parameters sorted and encoded, HMAC-SHA256 in hexadecimal over them, and `X-API-Key`.
//!
//! No public source knows this scheme and no client that works uses it, so it is tried against the simulator alone. What
//! the documents leave open is settled here: the parameters are those of the query, `timestamp` (seconds), and, where
//! there is a body, `body_sha256`.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::SecretText;

/// The key pair of the scheme.
pub(super) struct LegacyKey {
    pub(super) key: String,
    pub(super) secret: SecretText,
}

impl LegacyKey {
    /// The target (path and query) with what the scheme adds to it.
    pub(super) fn sign(&self, target: &str, body: &[u8], now: Timestamp) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let seconds = now.micros().div_euclid(1_000_000);
        parameters.push(("timestamp".to_owned(), seconds.to_string()));
        if !body.is_empty() {
            parameters.push(("body_sha256".to_owned(), hex(&Sha256::digest(body))));
        }
        parameters.sort();
        let sorted = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&parameters)
            .finish();
        let signature = signature(self.secret.expose(), &sorted);
        format!("{path}?{sorted}&signature={signature}")
    }
}

/// The signature of sorted parameters.
fn signature(secret: &str, sorted: &str) -> String {
    // An HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(sorted.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
