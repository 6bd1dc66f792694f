//! A key pair to practise with: a service account's private half as the portal gives it out, and the public half the
//! platform keeps. Good for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{KeyPair as _, RsaKeyPair};

/// The private half.
pub const NOON_PRACTICE_KEY: &str = include_str!("practice-key.pem");

/// The public half of a private key in PEM, as [`NoonConfig::public_key`](super::NoonConfig::public_key) has it; empty
/// for a text that is no such key.
#[must_use]
pub fn noon_public_half(pem: &str) -> String {
    let body: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let pair = STANDARD
        .decode(body)
        .ok()
        .and_then(|der| RsaKeyPair::from_pkcs8(&der).ok());
    pair.map(|pair| {
        let public = pair.public_key().as_ref();
        public.iter().map(|byte| format!("{byte:02x}")).collect()
    })
    .unwrap_or_default()
}
