//! Who is asking: Basic for tokens, Bearer for everything else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::json;

use super::State;
use crate::reply;
use crate::time::after_ms;

/// The code a seller comes back with in these tests.
const CODE: &str = "good-code";

impl State {
    /// `GET /oauth-service/oauth/token`.
    pub(super) fn token(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let refused = |code: &str| {
            let body = json!({"error": code, "error_description": "the request was not granted"});
            reply::json(StatusCode::BAD_REQUEST, &body)
        };
        let basic = STANDARD.encode(format!("{}:{}", self.config.app_id, self.config.app_secret));
        if authorization(request) != format!("Basic {basic}") {
            let body = json!({"error": "unauthorized", "error_description": "Bad credentials"});
            return reply::json(StatusCode::UNAUTHORIZED, &body);
        }
        let query = super::protocol::query(request);
        let one = |name: &str| {
            query
                .iter()
                .find(|(n, _)| n == name)
                .map_or("", |(_, v)| v.as_str())
        };
        let consent = match one("grant_type") {
            "client_credentials" if one("scope").is_empty() => return refused("invalid_scope"),
            "client_credentials" => false,
            "authorization_code" if one("code") == CODE => true,
            "refresh_token" if one("refresh_token") == self.refresh_token => true,
            "authorization_code" | "refresh_token" => return refused("invalid_grant"),
            _ => return refused("unsupported_grant_type"),
        };
        if self.revoked {
            return refused("invalid_grant");
        }
        let token = format!("fk-access-{:08}", self.number());
        let until = after_ms(self.now, self.config.token_secs * 1_000);
        self.tokens.insert(token.clone(), until);
        let mut body = json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self.config.token_secs,
            "scope": "Seller_Api",
        });
        if consent {
            let number = self.number();
            self.refresh_token = format!("consent-{number}");
            body["refresh_token"] = json!(self.refresh_token);
        }
        reply::json(StatusCode::OK, &body)
    }

    /// Whether a request carries a token that is still good.
    pub(super) fn signed_in(&self, request: &Request<Bytes>) -> bool {
        let header = authorization(request);
        let until = header
            .strip_prefix("Bearer ")
            .and_then(|token| self.tokens.get(token));
        !self.revoked && until.is_some_and(|until| *until > self.now)
    }
}

fn authorization(request: &Request<Bytes>) -> &str {
    let value = request.headers().get(header::AUTHORIZATION);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}
