//! Who is asking: a signed token for cookies, cookies for everything else; or the older signing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::State;
use crate::reply;
use crate::time::after_ms;

/// Tokens and signatures further from this clock are refused, in seconds.
const MOST_AGE: i64 = 300;

impl State {
    /// `POST /identity/public/v1/api/login`.
    pub(super) fn login(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        if let Err(why) = self.check_token(request.body()) {
            return reply::json(StatusCode::UNAUTHORIZED, &json!({"message": why}));
        }
        let session = format!("{:016x}", self.number().wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let until = after_ms(self.now, self.config.login_secs * 1_000);
        self.sessions.insert(session.clone(), until);
        let mut response = reply::json(StatusCode::OK, &json!({}));
        for cookie in [
            format!("_npsid={session}; Path=/; HttpOnly; Secure"),
            "_nprt=r; Path=/".to_owned(),
        ] {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }

    fn check_token(&self, body: &Bytes) -> Result<(), &'static str> {
        let body: Value = serde_json::from_slice(body).map_err(|_| "the body is not JSON")?;
        if body["default_project_code"] != json!(self.config.project_code) {
            return Err("the project is not known");
        }
        let token = body["token"].as_str().unwrap_or_default();
        let (signed, signature) = token.rsplit_once('.').ok_or("the token is no JWT")?;
        let (head, claims) = signed.split_once('.').ok_or("the token is no JWT")?;
        let decode = |part: &str| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| "the token is not Base64")
        };
        let parse = |part: &str| {
            let text = decode(part)?;
            serde_json::from_slice::<Value>(&text).map_err(|_| "the token holds no JSON")
        };
        let (head, claims) = (parse(head)?, parse(claims)?);
        if head["alg"] != "RS256" || head["typ"] != "JWT" || claims["sub"] != json!(self.config.key_id) {
            return Err("the token is not of this key");
        }
        if (claims["iat"].as_i64().unwrap_or(0) - self.now.as_second()).abs() > MOST_AGE {
            return Err("the token is too old");
        }
        if claims["jti"].as_str().is_none_or(|id| id.len() != 36) || self.revoked {
            return Err("the token has no id, or its key was removed");
        }
        let key = bytes_of_hex(&self.config.public_key).ok_or("this simulator has no key")?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        let verified = key.verify(signed.as_bytes(), &decode(signature)?);
        verified.map_err(|_| "the token's signature is wrong")
    }

    /// Whether a request carries good cookies, or the older signing.
    pub(super) fn signed_in(&self, request: &Request<Bytes>) -> bool {
        if request.headers().contains_key("x-api-key") {
            return self.legacy(request);
        }
        let cookies = request
            .headers()
            .get(header::COOKIE)
            .and_then(|c| c.to_str().ok())
            .unwrap_or_default();
        let session = cookies
            .split("; ")
            .find_map(|cookie| cookie.strip_prefix("_npsid="));
        let until = session.and_then(|session| self.sessions.get(session));
        until.is_some_and(|until| *until > self.now)
    }

    /// Parameters sorted and encoded, HMAC-SHA256 over them in hexadecimal as the last.
    fn legacy(&self, request: &Request<Bytes>) -> bool {
        let (key, secret) = &self.config.legacy;
        let query = request.uri().query().unwrap_or_default();
        let Some((sorted, signature)) = query.rsplit_once("&signature=") else {
            return false;
        };
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(sorted.as_bytes())
            .into_owned()
            .collect();
        pairs.sort();
        let again = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .finish();
        let one = |name: &str| {
            pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.as_str())
                .unwrap_or_default()
        };
        let fresh = one("timestamp")
            .parse::<i64>()
            .is_ok_and(|at| (at - self.now.as_second()).abs() <= MOST_AGE);
        let digest: String = Sha256::digest(request.body())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let body = request.body().is_empty() || one("body_sha256") == digest;
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return false;
        };
        mac.update(again.as_bytes());
        let signature = bytes_of_hex(signature).unwrap_or_default();
        let named = request
            .headers()
            .get("x-api-key")
            .is_some_and(|given| given.as_bytes() == key.as_bytes());
        named && fresh && body && again == sorted && mac.verify_slice(&signature).is_ok()
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes.filter(|bytes| !bytes.is_empty())
}
