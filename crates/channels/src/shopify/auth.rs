//! Access tokens of a shop: typed in, renewed by a refresh token, or fetched with the app's own secret.
//!
//! Tokens that come from a sign-in live an hour; the refresh token is replaced with every renewal and works once. So one
//! process at a time renews, what it got is kept before it is used, and the others take what is kept. Renewal begins well
//! before the old token ends: while that still works, a renewal that fails or whose answer is lost stops nothing, and
//! the kept refresh token is simply tried again. Source: shopify.dev, "Offline access tokens" and "Client credentials grant".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use stockbridge_domain::channel::{ChannelError, Fault, Io, SecretText, Turn};
use stockbridge_domain::{AccountId, Timestamp};

use super::api::DIALECT;
use crate::auth::session::{Session, Token};
use crate::call::{Effect, Operation, perform};

/// Kept secret: the access token of a sign-in.
pub(super) const OFFLINE_TOKEN: &str = "offline_token";
/// Kept beside it: until when it works.
pub(super) const OFFLINE_UNTIL: &str = "offline_until";
/// Kept beside it: what it is renewed with.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(15 * 60);
/// How long a token is used on whose renewal just failed.
const RETRY: Duration = Duration::from_secs(60);
/// A token is not sent in its last seconds.
const LAST: Duration = Duration::from_secs(30);
/// For ever, for tokens that do not end.
const YEARS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// How often somebody else's renewal is taken before it is believed that nothing comes of it.
const TURNS: usize = 3;

/// Fetching a token. A lost answer harms nothing: what is kept is tried again.
pub(super) static TOKEN: Operation = Operation {
    name: "access_token",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(20),
    effect: Effect::Read,
    max_body_bytes: 64 * 1024,
};

/// The app, as the shop knows it.
#[derive(Clone)]
pub(super) struct App {
    pub(super) base: String,
    pub(super) client_id: String,
    pub(super) client_secret: SecretText,
}

/// Where a shop's access token comes from.
pub(super) enum Access {
    /// Typed in; it does not end.
    Typed(SecretText),
    /// From a sign-in.
    Offline {
        app: App,
        session: Arc<Session>,
        known: BTreeMap<String, SecretText>,
    },
    /// For shops of the app's own organisation.
    Own { app: App, session: Arc<Session> },
}

impl Access {
    /// Whether another token can be had when one is refused.
    pub(super) const fn renewable(&self) -> bool {
        !matches!(self, Self::Typed(_))
    }

    /// A token that works for some seconds yet and is not `refused`.
    ///
    /// # Errors
    /// As Shopify answered; [`Fault::Throttled`] while another process is renewing it.
    pub(super) async fn token(
        &self,
        io: &Io,
        account: AccountId,
        refused: Option<&SecretText>,
    ) -> Result<SecretText, ChannelError> {
        match self {
            Self::Typed(token) => Ok(token.clone()),
            Self::Own { app, session } => {
                let fetch = async || {
                    let grant = json!({"grant_type": "client_credentials"});
                    app.exchange(io, account, grant)
                        .await
                        .map(|granted| granted.token(io))
                };
                session.token(io, refused, fetch).await
            }
            Self::Offline { app, session, known } => {
                let renew = async || renew(io, account, app, known, refused).await;
                session.token(io, refused, renew).await
            }
        }
    }
}

/// The kept token if it is good yet, or else a new one.
async fn renew(
    io: &Io,
    account: AccountId,
    app: &App,
    known: &BTreeMap<String, SecretText>,
    refused: Option<&SecretText>,
) -> Result<Token, ChannelError> {
    let mut seen = known.clone();
    for _ in 0..TURNS {
        if let Some(token) = good(&seen, io.env.now(), refused).filter(|t| t.stale_at > io.env.now()) {
            return Ok(token);
        }
        let turn = io
            .keeper
            .turn(account, OFFLINE_TOKEN, seen.get(OFFLINE_TOKEN))
            .await;
        match turn.map_err(|e| error(Fault::Unavailable, e.to_string()))? {
            Turn::Done(fresh) => seen = fresh,
            Turn::Busy(until) => {
                // Whoever is at it may take a moment; the old token usually works that long.
                return good(&seen, io.env.now(), refused).map_or_else(
                    || {
                        let message = "the access token is being renewed; it goes on by itself";
                        Err(error(Fault::Throttled, message).until(until))
                    },
                    |token| Ok(short(token, io)),
                );
            }
            Turn::Yours(kept) => {
                let fetched = exchange_kept(io, account, app, &kept).await;
                let usable = good(&kept, io.env.now(), refused);
                return match (fetched, usable) {
                    (Ok(token), _) => Ok(token),
                    (Err(e), Some(token)) if e.fault != Fault::Credentials => {
                        tracing::warn!(account.id = %account, "the access token could not be renewed and works for a while yet: {e}");
                        Ok(short(token, io))
                    }
                    (Err(e), _) => Err(e),
                };
            }
        }
    }
    let message = "others renew the access token and it is refused all the same; it is tried again";
    Err(error(Fault::Unavailable, message))
}

/// The kept token while it works; stale when it should be renewed.
fn good(
    secrets: &BTreeMap<String, SecretText>,
    now: Timestamp,
    refused: Option<&SecretText>,
) -> Option<Token> {
    let text = secrets.get(OFFLINE_TOKEN).filter(|t| !t.expose().is_empty())?;
    let until = secrets
        .get(OFFLINE_UNTIL)
        .and_then(|at| Timestamp::parse(at.expose()).ok())
        .unwrap_or_else(|| now.plus(YEARS));
    let works = until.minus(LAST) > now && Some(text) != refused;
    works.then(|| Token {
        text: text.clone(),
        stale_at: until.minus(EARLY),
    })
}

/// A token to be looked at again soon.
fn short(token: Token, io: &Io) -> Token {
    Token {
        stale_at: io.env.now().plus(RETRY),
        ..token
    }
}

/// Renews with what is kept, and keeps the outcome before anybody uses it. The turn ends in every case.
async fn exchange_kept(
    io: &Io,
    account: AccountId,
    app: &App,
    kept: &BTreeMap<String, SecretText>,
) -> Result<Token, ChannelError> {
    let refresh = kept.get(REFRESH_TOKEN).filter(|t| !t.expose().is_empty());
    let fetched = match refresh {
        Some(refresh) => {
            let grant = json!({"grant_type": "refresh_token", "refresh_token": refresh.expose()});
            app.exchange(io, account, grant).await
        }
        None => Err(error(
            Fault::Credentials,
            "the access token no longer works and there is none to renew it with; sign in at Shopify again",
        )),
    };
    let fresh = match &fetched {
        Ok(granted) => granted.secrets(),
        Err(_) => BTreeMap::new(),
    };
    let mut ended = io.keeper.keep(account, fresh.clone()).await;
    if ended.is_err() && !fresh.is_empty() {
        // The old refresh token may be spent: what came for it must not be lost to a hiccup.
        ended = io.keeper.keep(account, fresh).await;
    }
    let granted = fetched?;
    ended.map_err(|e| error(Fault::Unavailable, e.to_string()))?;
    Ok(granted.token(io))
}

fn error(fault: Fault, message: impl Into<String>) -> ChannelError {
    ChannelError::new(fault, TOKEN.name, message)
}

/// What a token call brings.
pub(super) struct Granted {
    access: SecretText,
    until: Option<Timestamp>,
    refresh: Option<SecretText>,
}

impl Granted {
    /// The secrets to keep.
    pub(super) fn secrets(&self) -> BTreeMap<String, SecretText> {
        let until = self.until.map(|at| SecretText::new(at.to_string()));
        let all = [
            (OFFLINE_TOKEN, Some(self.access.clone())),
            (OFFLINE_UNTIL, until),
            (REFRESH_TOKEN, self.refresh.clone()),
        ];
        let named = |(name, secret): (&str, Option<SecretText>)| Some((name.to_owned(), secret?));
        all.into_iter().filter_map(named).collect()
    }

    fn token(&self, io: &Io) -> Token {
        let now = io.env.now();
        // A short life is used for three quarters of it.
        let stale_at = self.until.map_or_else(
            || now.plus(YEARS),
            |until| until.minus(EARLY.min(until.since(now) / 4)),
        );
        Token {
            text: self.access.clone(),
            stale_at,
        }
    }
}

#[derive(Deserialize)]
struct Answered {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl App {
    /// Performs a token call: `grant` beside the app's own id and secret.
    ///
    /// # Errors
    /// [`Fault::Credentials`] when Shopify refuses, [`Fault::Unavailable`] when there is no usable answer.
    pub(super) async fn exchange(
        &self,
        io: &Io,
        account: AccountId,
        mut grant: Value,
    ) -> Result<Granted, ChannelError> {
        grant["client_id"] = json!(self.client_id);
        grant["client_secret"] = json!(self.client_secret.expose());
        let request = http::Request::post(format!("{}/admin/oauth/access_token", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(grant.to_string()))
            .map_err(|e| error(Fault::Contract, format!("the request could not be built: {e}")))?;
        // The life counts from before the call, so that it is never believed longer than it is.
        let asked = io.env.now();
        let response = perform(io, account, &DIALECT, &TOKEN, request).await?;
        read(response.status(), response.body(), asked)
            .map_err(|e| e.with_request_id(DIALECT.request_id(response.headers())))
    }
}

fn read(status: StatusCode, body: &[u8], asked: Timestamp) -> Result<Granted, ChannelError> {
    if !status.is_success() {
        return Err(refusal(status, body));
    }
    let answered: Answered = serde_json::from_slice(body).map_err(|_| {
        let message = "Shopify answered without an access token; it is tried again";
        error(Fault::Unavailable, message)
    })?;
    let sendable = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic());
    if !sendable(&answered.access_token) {
        let message = "Shopify gave an access token that cannot be sent in a header";
        return Err(error(Fault::Contract, message));
    }
    Ok(Granted {
        access: SecretText::new(answered.access_token),
        until: answered.expires_in.map(|s| asked.plus(Duration::from_secs(s))),
        refresh: answered.refresh_token.map(SecretText::new),
    })
}

/// Shopify's refusals of a token call; what it says may repeat what we sent, so only the code is kept.
fn refusal(status: StatusCode, body: &[u8]) -> ChannelError {
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return error(
            Fault::Unavailable,
            "Shopify gives no access token now; it is tried again",
        );
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = said["error"].as_str().unwrap_or_default();
    let message = match code {
        "shop_not_permitted" => {
            "this shop does not belong to the app's organisation, so the app's secret alone does not open it; sign in at \
             Shopify instead"
        }
        "invalid_client" | "application_cannot_be_found" => {
            "Shopify does not know the app: compare client id and client secret with the Dev Dashboard, under Settings"
        }
        _ => {
            "Shopify no longer accepts the shop's authorisation: the app was uninstalled, or it was not used for 90 days; \
             sign in at Shopify again"
        }
    };
    let error = error(Fault::Credentials, message);
    let known =
        !code.is_empty() && code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if known { error.with_code(code) } else { error }
}
