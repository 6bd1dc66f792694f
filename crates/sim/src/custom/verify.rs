//! Who is asking: the signature, its age, and whether it was seen before.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use jiff::Timestamp;
use sha2::Sha256;

use super::State;
use crate::time::before_ms;

/// Requests further from the shop's clock than this are refused.
const MOST_AGE_MS: u64 = 300_000;

impl State {
    /// Checks the signature of a request; an error is what to tell the caller.
    pub(super) fn verify(&mut self, request: &Request<Bytes>) -> Result<(), &'static str> {
        let header = |name: &str| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default()
        };
        let (stamp, nonce) = (header("stockbridge-timestamp"), header("stockbridge-nonce"));
        if header("stockbridge-key") != self.config.key_id {
            return Err("the key id is not known");
        }
        let at = stamp
            .parse()
            .ok()
            .and_then(|secs| Timestamp::from_second(secs).ok());
        let at = at.ok_or("the timestamp is missing or not a number")?;
        if self.now.duration_since(at).abs().as_millis() > i128::from(MOST_AGE_MS) {
            return Err("the timestamp is too far from this clock");
        }
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let signed = format!("v1\n{stamp}\n{nonce}\n{}\n{target}\n", request.method());
        let given = header("stockbridge-signature")
            .strip_prefix("v1=")
            .and_then(bytes_of_hex)
            .ok_or("the signature is missing or not of version 1")?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.secret.as_bytes())
            .map_err(|_| "the secret cannot be used")?;
        mac.update(signed.as_bytes());
        mac.update(request.body());
        mac.verify_slice(&given).map_err(|_| "the signature is wrong")?;
        let forgotten = before_ms(self.now, 2 * MOST_AGE_MS);
        self.nonces.retain(|_, seen| *seen > forgotten);
        if nonce.len() < 16 || self.nonces.insert(nonce.to_owned(), self.now).is_some() {
            return Err("the nonce was seen before or is too short");
        }
        Ok(())
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
