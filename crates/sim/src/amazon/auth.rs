//! Login with Amazon, and the headers every SP-API call must carry.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use jiff::Timestamp;
use rand::RngExt;
use serde_json::json;

use super::consent::Codes;
use super::error::{ApiError, TOKEN_BAD, TOKEN_MISSING, json_response};
use super::marketplaces;
use crate::time::after_ms;
use crate::world::World;

/// Access tokens in use.
#[derive(Debug)]
pub(super) struct Tokens {
    ttl_seconds: u64,
    /// Client id, a secret it had before, and until when that is taken.
    former: Vec<(String, String, Timestamp)>,
    issued: BTreeMap<String, Issued>,
}

#[derive(Debug)]
struct Issued {
    seller_id: String,
    /// Of a token no seller has agreed to; the seller is the client then.
    scope: Option<String>,
    expires_at: Timestamp,
}

/// An OAuth error answer: HTTP status, `error`, `error_description`.
struct OAuthError(StatusCode, &'static str, &'static str);

/// Scopes of tokens no seller has to agree to.
const SCOPES: [&str; 2] = [
    "sellingpartnerapi::notifications",
    "sellingpartnerapi::client_credential:rotation",
];

type Form = BTreeMap<String, String>;

fn bad(error: &'static str, text: &'static str) -> OAuthError {
    OAuthError(StatusCode::BAD_REQUEST, error, text)
}

fn missing(name: &'static str) -> OAuthError {
    let text = match name {
        "grant_type" => "The request is missing a required parameter : grant_type",
        "code" => "The request is missing a required parameter : code",
        _ => "The request is missing a required parameter : refresh_token",
    };
    bad("invalid_request", text)
}

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.get(name).map(String::as_str).filter(|v| !v.is_empty())
}

/// The seller of a refresh token that was not revoked.
fn by_consent(world: &World, form: &Form) -> Result<String, OAuthError> {
    let refresh = field(form, "refresh_token").ok_or_else(|| missing("refresh_token"))?;
    let mut sellers = world.sellers.values();
    let owner = sellers.find(|s| s.account.refresh_token == refresh && !s.revoked);
    let owner = owner.ok_or_else(|| {
        let text = "The request has an invalid grant parameter : refresh_token. User may have revoked or \
                    didn't grant the permission.";
        bad("invalid_grant", text)
    })?;
    Ok(owner.account.seller_id.clone())
}

/// The seller who agreed on the consent page; the consent holds from now on, under a new refresh token.
fn by_code(world: &mut World, codes: &mut Codes, form: &Form) -> Result<String, OAuthError> {
    let code = field(form, "code").ok_or_else(|| missing("code"))?;
    let back = field(form, "redirect_uri").unwrap_or_default();
    let now = world.now;
    let owner = codes.take(code, back, now);
    let refresh = format!("Atzr|{:032x}", world.rng.random::<u128>());
    let owner = owner.and_then(|id| world.sellers.get_mut(&id)).ok_or_else(|| {
        bad(
            "invalid_grant",
            "The request has an invalid grant parameter : code",
        )
    })?;
    owner.revoked = false;
    owner.account.refresh_token = refresh;
    Ok(owner.account.seller_id.clone())
}

impl Tokens {
    pub(super) fn new(ttl_seconds: u64) -> Self {
        Self {
            ttl_seconds,
            former: Vec::new(),
            issued: BTreeMap::new(),
        }
    }

    /// None of the tokens given out so far is taken any more.
    pub(super) fn end(&mut self) {
        self.issued.clear();
    }

    /// `POST /auth/o2/token`.
    pub(super) fn grant(
        &mut self,
        world: &mut World,
        codes: &mut Codes,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        match self.try_grant(world, codes, request) {
            Ok(response) => response,
            Err(OAuthError(status, error, description)) => {
                json_response(status, &json!({"error": error, "error_description": description}))
            }
        }
    }

    fn try_grant(
        &mut self,
        world: &mut World,
        codes: &mut Codes,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, OAuthError> {
        let content_type = header(request.headers(), "content-type").unwrap_or_default();
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            let text = "The request body must be application/x-www-form-urlencoded.";
            return Err(bad("invalid_request", text));
        }
        let form: Form = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let grant = field(&form, "grant_type").ok_or_else(|| missing("grant_type"))?;
        let client = self.client(world, &form)?;
        if grant == "client_credentials" {
            let scope = field(&form, "scope").filter(|scope| SCOPES.contains(scope));
            let scope = scope
                .ok_or_else(|| bad("invalid_scope", "The scope is not valid"))?
                .to_owned();
            let access = self.issue(world, client, Some(scope));
            let body =
                json!({"access_token": access, "token_type": "bearer", "expires_in": self.ttl_seconds});
            return Ok(json_response(StatusCode::OK, &body));
        }
        let seller_id = match grant {
            "refresh_token" => by_consent(world, &form)?,
            "authorization_code" => by_code(world, codes, &form)?,
            _ => {
                let text = "The authorization grant type is not supported by the authorization server";
                return Err(bad("unsupported_grant_type", text));
            }
        };
        let owner = world.sellers.get(&seller_id).map(|seller| &seller.account);
        let owner = owner
            .filter(|account| account.client_id == client)
            .ok_or_else(|| {
                let text = "The client is not authorized for requested operation";
                bad("unauthorized_client", text)
            })?;
        let refresh = owner.refresh_token.clone();
        let access = self.issue(world, seller_id, None);
        let body = json!({
            "access_token": access,
            "token_type": "bearer",
            "expires_in": self.ttl_seconds,
            "refresh_token": refresh,
        });
        Ok(json_response(StatusCode::OK, &body))
    }

    /// The client application, by its id and its secret or one it had until lately.
    fn client(&self, world: &World, form: &Form) -> Result<String, OAuthError> {
        let unknown = OAuthError(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Client authentication failed",
        );
        let (Some(id), Some(secret)) = (field(form, "client_id"), field(form, "client_secret")) else {
            return Err(unknown);
        };
        let mut accounts = world.sellers.values().map(|seller| &seller.account);
        let now = accounts.any(|a| a.client_id == id && a.client_secret == secret);
        let mut former = self.former.iter();
        match now || former.any(|(client, old, until)| client == id && old == secret && *until > world.now) {
            true => Ok(id.to_owned()),
            false => Err(unknown),
        }
    }

    /// Gives a client a new secret; answers it, until when the former one is taken, and when the new one ends.
    pub(super) fn rotate(&mut self, world: &mut World, client_id: &str) -> (String, Timestamp, Timestamp) {
        const DAY_MS: u64 = 86_400_000;
        let secret = format!("amzn1.oa2-cs.v1.{:032x}", world.rng.random::<u128>());
        let old_until = after_ms(world.now, 7 * DAY_MS);
        for seller in world.sellers.values_mut() {
            if seller.account.client_id == client_id {
                let old = std::mem::replace(&mut seller.account.client_secret, secret.clone());
                self.former.push((client_id.to_owned(), old, old_until));
            }
        }
        (secret, old_until, after_ms(world.now, 180 * DAY_MS))
    }

    fn issue(&mut self, world: &mut World, seller_id: String, scope: Option<String>) -> String {
        let now = world.now;
        self.issued.retain(|_, t| t.expires_at > now);
        let access = format!(
            "Atza|{:032x}{:032x}",
            world.rng.random::<u128>(),
            world.rng.random::<u128>()
        );
        let expires_at = after_ms(now, self.ttl_seconds.saturating_mul(1_000));
        self.issued.insert(
            access.clone(),
            Issued {
                seller_id,
                scope,
                expires_at,
            },
        );
        access
    }

    /// Checks the headers of an SP-API call; gives the seller.
    pub(super) fn authenticate(
        &self,
        world: &World,
        headers: &HeaderMap,
        scope: Option<&str>,
    ) -> Result<String, ApiError> {
        let token =
            header(headers, "x-amz-access-token").ok_or_else(|| ApiError::unauthorized(TOKEN_MISSING))?;
        match header(headers, "user-agent") {
            None => {
                return Err(ApiError::invalid(
                    "The request lacks the user-agent header.",
                    "user-agent",
                ));
            }
            Some(agent) if agent.len() > 500 => {
                return Err(ApiError::invalid(
                    "The user-agent header is longer than 500 characters.",
                    "user-agent",
                ));
            }
            Some(_) => {}
        }
        if !header(headers, "x-amz-date").is_some_and(is_amz_date) {
            return Err(ApiError::invalid(
                "x-amz-date must be there as YYYYMMDDTHHMMSSZ.",
                "x-amz-date",
            ));
        }
        let live = self.issued.get(token).filter(|t| t.expires_at > world.now);
        if live.is_some_and(|t| t.scope.as_deref() != scope) {
            return Err(ApiError::unauthorized(""));
        }
        if let (Some(live), Some(_)) = (live, scope) {
            return Ok(live.seller_id.clone());
        }
        let seller = live
            .and_then(|t| world.sellers.get(&t.seller_id))
            .filter(|s| !s.revoked);
        let seller = seller.ok_or_else(|| ApiError::unauthorized(TOKEN_BAD))?;
        Ok(seller.account.seller_id.clone())
    }
}

/// The region of the endpoint called, when the host says so (`sellingpartnerapi-eu.amazon.com`).
pub(super) fn region_of_host(request: &Request<Bytes>) -> Option<&'static str> {
    let host = request
        .uri()
        .host()
        .or_else(|| header(request.headers(), "host"))?;
    let known = marketplaces::MARKETPLACES.iter().map(|m| m.region);
    let mut regions = known.filter(|r| host.contains(&format!("sellingpartnerapi-{}.", r.to_lowercase())));
    regions.next()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .filter(|v| !v.is_empty())
}

fn is_amz_date(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "00000000T000000Z"
}
