//! Access tokens: for a seller's own application by its id and secret, for a partner's by the seller's consent.
//!
//! Tokens live as long as `expires_in` says (60 days at the time of writing) and are kept in a [`Session`]. A consent lasts
//! 180 days; should a renewal bring another refresh token, that one is kept from then on. Source: Flipkart's "FMSAPI" pages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde::Deserialize;
use stockbridge_domain::channel::{ChannelError, Fault, Io, SecretText, Turn};
use stockbridge_domain::{AccountId, Timestamp};

use super::api::DIALECT;
use super::descriptor::REFRESH_TOKEN;
use crate::auth::session::{Session, Sessions, Token};
use crate::call::{Effect, Operation, perform};
use crate::endpoint::Query;
use crate::plain;

/// Fetching an access token. A repeated call gives a token again and harms nothing.
pub(super) static TOKEN: Operation = Operation {
    name: "oauth.token",
    bucket: None,
    cost: 0,
    timeout: Duration::from_secs(20),
    effect: Effect::Read,
    max_body_bytes: 64 * 1024,
};

/// What every application asks for.
pub(super) const SCOPE: &str = "Seller_Api";
/// Longest token that is kept, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// What is needed to fetch tokens for one seller.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// Address without path.
    pub(super) base: String,
    pub(super) app_id: SecretText,
    pub(super) app_secret: SecretText,
    /// The seller's consent, where the application is a partner's.
    pub(super) refresh_token: Option<SecretText>,
}

/// What the token endpoint gave.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access: Token,
    pub(super) refresh: Option<SecretText>,
}

impl Grant {
    /// The seller's session among `sessions`. A renewed consent is the same session, as it renews itself.
    pub(super) fn session(&self, sessions: &Sessions, account: AccountId) -> Arc<Session> {
        let consent = if self.refresh_token.is_some() {
            "consent"
        } else {
            ""
        };
        let parts = [
            self.base.as_str(),
            self.app_id.expose(),
            self.app_secret.expose(),
            consent,
        ];
        sessions.of(account, &parts)
    }

    /// An access token that is good for some minutes yet, and other than `refused`.
    ///
    /// # Errors
    /// [`Fault::Credentials`] when the consent is gone, [`Fault::Application`] when a partner's application is refused.
    pub(super) async fn token(
        &self,
        session: &Session,
        io: &Io,
        account: AccountId,
        refused: Option<&SecretText>,
    ) -> Result<SecretText, ChannelError> {
        session
            .token(io, refused, async || match &self.refresh_token {
                None => {
                    let query = Query::default()
                        .with("grant_type", "client_credentials")
                        .with("scope", SCOPE);
                    Ok(self.fetch(io, account, &query).await?.access)
                }
                Some(refresh) => self.renew(io, account, refresh).await,
            })
            .await
    }

    /// Exchanges the refresh token as it is kept now, one process at a time, and keeps the new one if there is one.
    async fn renew(&self, io: &Io, account: AccountId, seen: &SecretText) -> Result<Token, ChannelError> {
        let unreachable = |e: stockbridge_domain::channel::KeepError| {
            ChannelError::new(Fault::Unavailable, TOKEN.name, e.to_string())
        };
        let mut refresh = seen.clone();
        for _ in 0..3 {
            match io
                .keeper
                .turn(account, REFRESH_TOKEN, Some(&refresh))
                .await
                .map_err(unreachable)?
            {
                Turn::Busy(at) => {
                    let message = "another process is renewing the access; it goes on by itself";
                    return Err(ChannelError::new(Fault::Throttled, TOKEN.name, message).until(at));
                }
                Turn::Done(mut kept) => match kept.remove(REFRESH_TOKEN) {
                    Some(newer) => refresh = newer,
                    None => break,
                },
                Turn::Yours(_) => {
                    let query = Query::default()
                        .with("grant_type", "refresh_token")
                        .with("refresh_token", refresh.expose());
                    let granted = self.fetch(io, account, &query).await;
                    let fresh = granted.as_ref().ok().and_then(|g| g.refresh.clone());
                    let fresh = fresh.filter(|fresh| *fresh != refresh);
                    let keep = fresh.map(|fresh| (REFRESH_TOKEN.to_owned(), fresh));
                    io.keeper
                        .keep(account, BTreeMap::from_iter(keep))
                        .await
                        .map_err(unreachable)?;
                    return Ok(granted?.access);
                }
            }
        }
        let message = "the access was renewed elsewhere over and over; it is tried again";
        Err(ChannelError::new(Fault::Unavailable, TOKEN.name, message))
    }

    /// `GET /oauth-service/oauth/token`.
    pub(super) async fn fetch(
        &self,
        io: &Io,
        account: AccountId,
        query: &Query,
    ) -> Result<Granted, ChannelError> {
        let basic = STANDARD.encode(format!("{}:{}", self.app_id.expose(), self.app_secret.expose()));
        let request = Request::get(format!(
            "{}/oauth-service/oauth/token{}",
            self.base,
            query.as_str()
        ))
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|e| {
            // The address holds the refresh token, so the error is told without it.
            let message = if e.is::<http::uri::InvalidUri>() {
                "the address"
            } else {
                "a header"
            };
            ChannelError::new(
                Fault::Contract,
                TOKEN.name,
                format!("the request could not be built: {message}"),
            )
        })?;
        let response = perform(io, account, &DIALECT, &TOKEN, request).await?;
        let request_id = DIALECT.request_id(response.headers());
        let consent = self.refresh_token.is_some();
        read(response.status(), response.body(), io.env.now(), consent)
            .map_err(|e| e.with_request_id(request_id))
    }
}

#[derive(Deserialize)]
struct Fetched {
    access_token: String,
    expires_in: u64,
    #[serde(default)]
    refresh_token: Option<String>,
}

fn read(status: StatusCode, body: &[u8], now: Timestamp, consent: bool) -> Result<Granted, ChannelError> {
    let error = |fault, message: &str| ChannelError::new(fault, TOKEN.name, message);
    if status == StatusCode::OK {
        // Serde's own message may quote the token, so it is not passed on.
        let fetched: Fetched = serde_json::from_slice(body).map_err(|_| {
            error(
                Fault::Unavailable,
                "Flipkart answered without an access token; it is tried again",
            )
        })?;
        let sendable = |token: &str| {
            let fits = (1..=MAX_TOKEN_BYTES).contains(&token.len());
            fits && token.bytes().all(|b| b.is_ascii_graphic())
        };
        if !sendable(&fetched.access_token) {
            let message = "Flipkart gave an access token that cannot be sent in a header";
            return Err(error(Fault::Contract, message));
        }
        // Renewed five minutes early, or after three quarters of a shorter life.
        let margin = (fetched.expires_in / 4).min(300);
        return Ok(Granted {
            access: Token {
                text: SecretText::new(fetched.access_token),
                stale_at: now.plus(Duration::from_secs(fetched.expires_in - margin)),
            },
            refresh: fetched
                .refresh_token
                .filter(|token| sendable(token))
                .map(SecretText::new),
        });
    }
    if status.is_server_error() {
        return Err(error(
            Fault::Unavailable,
            "Flipkart's sign-in is down; it is tried again",
        ));
    }
    // The body may repeat what was sent, so only its code is shown.
    let (code, _) = plain::complaint(body);
    let code = code.unwrap_or_default();
    let refused = match (code.as_str(), consent) {
        ("invalid_grant", _) => error(
            Fault::Credentials,
            "Flipkart no longer takes the seller's consent, which lasts 180 days; sign in at Flipkart again",
        ),
        (_, true) => error(
            Fault::Application,
            "Flipkart refuses the partner's application; check its id and secret in the Partner dashboard",
        ),
        (_, false) => error(
            Fault::Credentials,
            "Flipkart refuses the application; copy its id and secret again from Developer Access",
        ),
    };
    Err(if known_code(&code) {
        refused.with_code(code)
    } else {
        refused
    })
}

fn known_code(code: &str) -> bool {
    !code.is_empty() && code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}
