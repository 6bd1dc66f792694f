//! What the shop sends to the hub by itself, signed as the document says, for whoever carries it there.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, Uri};
use serde_json::Value;
use sha2::Sha256;

use super::State;

impl State {
    /// Tells of an order that is new or has changed, if anybody set an address.
    pub(super) fn tell(&mut self, order: &str) {
        self.send(serde_json::json!({"orders": [order]}));
    }

    /// Tells that a return is new or has changed.
    pub(super) fn tell_of_returns(&mut self) {
        self.send(serde_json::json!({"changed": ["returns"]}));
    }

    fn send(&mut self, message: Value) {
        let address = self.config.webhook_url.as_deref();
        let told = address.and_then(|url| self.message(&format!("{url}/changes"), message));
        self.told.extend(told);
        self.messages += 1;
    }

    fn message(&self, address: &str, mut message: Value) -> Option<Request<Bytes>> {
        let uri: Uri = address.parse().ok()?;
        let stamp = self.now.as_second().to_string();
        let nonce = format!("{:032x}", self.messages);
        message["id"] = format!("evt-{:06}", self.messages).into();
        message["at"] = self.now.to_string().into();
        let body = message.to_string();
        let target = uri.path_and_query()?.as_str();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.secret.as_bytes()).ok()?;
        mac.update(format!("v1\n{stamp}\n{nonce}\nPOST\n{target}\n{body}").as_bytes());
        let proof: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Request::post(&uri)
            .header("stockbridge-key", &self.config.key_id)
            .header("stockbridge-timestamp", stamp)
            .header("stockbridge-nonce", nonce)
            .header("stockbridge-signature", format!("v1={proof}"))
            .body(Bytes::from(body))
            .ok()
    }
}
