//! Tokens: a sign-in's code, their renewal, and those an app's own organisation gets for its secret alone.

use std::fmt::Write as _;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use super::State;
use super::serve::answer;
use crate::time::after_ms;

impl State {
    /// `POST /admin/oauth/access_token`.
    pub(super) fn token(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let refused = |code: &str| answer(StatusCode::BAD_REQUEST, &json!({"error": code}));
        if text("client_id") != self.config.client_id || text("client_secret") != self.config.client_secret {
            return refused("invalid_client");
        }
        if self.revoked {
            return refused("invalid_grant");
        }
        match text("grant_type").as_str() {
            "" if self.codes.remove(&text("code")) => self.grant(None),
            "refresh_token" if self.refresh.contains_key(&text("refresh_token")) => {
                self.grant(Some(text("refresh_token")))
            }
            "client_credentials" => {
                let access = format!("shpat_own{}", self.number());
                self.tokens.insert(access.clone(), after_ms(self.now, 86_399_000));
                let body = json!({"access_token": access, "scope": self.config.scopes.join(","), "expires_in": 86_399});
                answer(StatusCode::OK, &body)
            }
            _ => refused("invalid_grant"),
        }
    }

    fn grant(&mut self, old: Option<String>) -> Response<Bytes> {
        let (access, refresh) = (
            format!("shpat_{}", self.number()),
            format!("shprt_{}", self.number()),
        );
        let life = self.config.token_secs;
        self.tokens
            .insert(access.clone(), after_ms(self.now, life * 1_000));
        self.refresh.insert(refresh.clone(), None);
        if let Some(old) = old {
            if self.config.strict_rotation {
                self.refresh.remove(&old);
            } else {
                self.refresh.insert(old, Some(access.clone()));
            }
        }
        let body = json!({"access_token": access, "scope": self.config.scopes.join(","), "expires_in": life,
            "refresh_token": refresh, "refresh_token_expires_in": 7_776_000});
        answer(StatusCode::OK, &body)
    }

    /// Whether a call's token works. Its first use ends the refresh token it came from.
    pub(super) fn signed_in(&mut self, request: &Request<Bytes>) -> bool {
        let token = request.headers().get("x-shopify-access-token");
        let token = token.and_then(|t| t.to_str().ok()).unwrap_or_default().to_owned();
        if self.revoked || token.is_empty() {
            return false;
        }
        if token == self.config.access_token {
            return true;
        }
        let good = self.tokens.get(&token).is_some_and(|end| *end > self.now);
        if good {
            self.refresh
                .retain(|_, successor| successor.as_ref() != Some(&token));
        }
        good
    }

    pub(super) fn approve(&mut self, authorize: &str) -> Option<String> {
        let url = url::Url::parse(authorize).ok()?;
        let param = |name: &str| {
            url.query_pairs()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.into_owned())
        };
        if param("client_id")? != self.config.client_id {
            return None;
        }
        let code = format!("code{}", self.number());
        self.codes.insert(code.clone());
        let mut back = vec![
            ("code", code),
            ("shop", self.config.shop.clone()),
            ("state", param("state")?),
            ("timestamp", self.now.as_second().to_string()),
        ];
        back.sort();
        let text: Vec<String> = back
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.client_secret.as_bytes()).ok()?;
        mac.update(text.join("&").as_bytes());
        let mut hmac = String::new();
        for byte in mac.finalize().into_bytes() {
            write!(hmac, "{byte:02x}").ok()?;
        }
        let mut there = url::Url::parse(&param("redirect_uri")?).ok()?;
        there
            .query_pairs_mut()
            .extend_pairs(back)
            .append_pair("hmac", &hmac);
        Some(there.into())
    }
}
