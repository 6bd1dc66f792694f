//! The signature every request carries: HMAC-SHA256 over version, time, nonce, method, path with query, and the raw body.
//!
//! Time and nonce keep a request that was overheard from being sent again; the body is signed as the bytes on the wire,
//! so nothing depends on how either side writes JSON.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use stockbridge_domain::channel::SecretText;

/// What is signed beside the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    /// Whole seconds since 1970, as sent.
    pub(super) timestamp: &'a str,
    /// A text no request repeats.
    pub(super) nonce: &'a str,
    /// `GET` or `POST`.
    pub(super) method: &'a str,
    /// Path and query, exactly as sent.
    pub(super) target: &'a str,
    /// The body's bytes; empty for none.
    pub(super) body: &'a [u8],
}

/// The value of the signature header; `None` only for a key no HMAC takes, of which there are none.
pub(super) fn signature(secret: &SecretText, signed: Signed<'_>) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    for part in ["v1", signed.timestamp, signed.nonce, signed.method, signed.target] {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac.update(signed.body);
    let mut text = "v1=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}
