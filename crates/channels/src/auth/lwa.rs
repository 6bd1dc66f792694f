//! Login with Amazon: turns a seller's refresh token into access tokens that live one hour.
//!
//! Tokens are kept in a [`Session`]. Source: Amazon's "Connect to the SP-API" and "Resolve Common HTTP and Authorization
//! Error Codes".

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde::Deserialize;
use stockbridge_domain::channel::{ChannelError, Fault, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

use super::session::{Session, Sessions, Token};
use crate::call::{Dialect, Effect, Operation, perform};

/// The token endpoint of every region, unless replaced.
pub const DEFAULT_BASE: &str = "https://api.amazon.com";
/// Its path.
pub const TOKEN_PATH: &str = "/auth/o2/token";

/// Fetching an access token. A repeated call gives another token and harms nothing.
pub static TOKEN: Operation = Operation {
    name: "lwa.token",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(20),
    effect: Effect::Read,
    max_body_bytes: 64 * 1024,
};

static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-amzn-requestid"),
};

/// Longest access token Amazon gives, in bytes.
const MAX_TOKEN_BYTES: usize = 2048;

/// What is needed to fetch tokens for one seller.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Address without path.
    pub base: String,
    /// The application's client id.
    pub client_id: SecretText,
    /// The application's secret.
    pub client_secret: SecretText,
    /// The seller's consent.
    pub refresh_token: SecretText,
}

impl Grant {
    /// The seller's session among `sessions`; another consent or another secret is another session.
    pub fn session(&self, sessions: &Sessions, account: AccountId) -> Arc<Session> {
        let parts = [
            self.base.as_str(),
            self.client_id.expose(),
            self.client_secret.expose(),
            self.refresh_token.expose(),
        ];
        sessions.of(account, &parts)
    }

    /// An access token that is good for some minutes yet, and other than `refused`, which the channel did not take.
    ///
    /// # Errors
    /// As the token endpoint answered: [`Fault::Credentials`] when the seller's consent is gone, [`Fault::Application`]
    /// when our own application is refused.
    pub async fn token(
        &self,
        session: &Session,
        io: &Io,
        account: AccountId,
        refused: Option<&SecretText>,
    ) -> Result<SecretText, ChannelError> {
        session
            .token(io, refused, async || fetch(io, account, self).await)
            .await
    }
}

/// Builds the request for an access token.
///
/// # Errors
/// [`Fault::Contract`] when the address cannot be part of a request.
pub fn request(grant: &Grant) -> Result<http::Request<Bytes>, ChannelError> {
    let refresh = grant.refresh_token.expose();
    form(
        grant,
        &[("grant_type", "refresh_token"), ("refresh_token", refresh)],
    )
}

/// Exchanges what a seller's sign-in brought for the refresh token of a new consent; `grant`'s own is not looked at. Good for one
/// answer: the code is spent by it.
///
/// # Errors
/// [`Fault::Rejected`] for a code Amazon does not take, otherwise as the token endpoint says.
pub async fn exchange(
    grant: &Grant,
    io: &Io,
    account: AccountId,
    code: &str,
    return_to: &str,
) -> Result<SecretText, ChannelError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", return_to),
    ];
    let response = perform(io, account, &DIALECT, &TOKEN, form(grant, &fields)?).await?;
    let request_id = DIALECT.request_id(response.headers());
    let refused = |fault, message: &str| {
        ChannelError::new(fault, TOKEN.name, message).with_request_id(request_id.clone())
    };
    let read = read(response.status(), response.body(), io.env.now());
    read.map_err(|error| match error.fault {
        Fault::Credentials => refused(
            Fault::Rejected,
            "Amazon does not take the code the sign-in brought, which is good once and for five minutes; begin again",
        ),
        _ => error.with_request_id(request_id.clone()),
    })?;
    let consent = serde_json::from_slice::<Consented>(response.body());
    let token = consent.ok().map(|c| c.refresh_token).unwrap_or_default();
    if token.is_empty() {
        return Err(refused(
            Fault::Contract,
            "Login with Amazon gave no refresh token for the sign-in; begin again",
        ));
    }
    Ok(SecretText::new(token))
}

/// An access token for operations that no seller has to agree to, of this scope.
///
/// # Errors
/// As the token endpoint answered.
pub async fn grantless(
    grant: &Grant,
    session: &Session,
    io: &Io,
    account: AccountId,
    scope: &'static str,
) -> Result<SecretText, ChannelError> {
    let fetch = async || {
        let fields = [("grant_type", "client_credentials"), ("scope", scope)];
        let response = perform(io, account, &DIALECT, &TOKEN, form(grant, &fields)?).await?;
        let request_id = DIALECT.request_id(response.headers());
        read(response.status(), response.body(), io.env.now()).map_err(|e| e.with_request_id(request_id))
    };
    session.token(io, None, fetch).await
}

fn form(grant: &Grant, fields: &[(&str, &str)]) -> Result<http::Request<Bytes>, ChannelError> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields)
        .append_pair("client_id", grant.client_id.expose())
        .append_pair("client_secret", grant.client_secret.expose());
    Request::post(format!("{}{TOKEN_PATH}", grant.base))
        .header(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded;charset=UTF-8",
        )
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form.finish()))
        .map_err(|e| {
            ChannelError::new(
                Fault::Contract,
                TOKEN.name,
                format!("the request could not be built: {e}"),
            )
        })
}

async fn fetch(io: &Io, account: AccountId, grant: &Grant) -> Result<Token, ChannelError> {
    let response = perform(io, account, &DIALECT, &TOKEN, request(grant)?).await?;
    let request_id = DIALECT.request_id(response.headers());
    read(response.status(), response.body(), io.env.now()).map_err(|e| e.with_request_id(request_id))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Consented {
    refresh_token: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

fn read(status: StatusCode, body: &[u8], now: Timestamp) -> Result<Token, ChannelError> {
    let error = |fault, message: &str| ChannelError::new(fault, TOKEN.name, message);
    if status == StatusCode::OK {
        // Serde's own message may quote the token, so it is not passed on.
        let granted: Granted = serde_json::from_slice(body).map_err(|_| {
            error(
                Fault::Unavailable,
                "Login with Amazon answered without an access token; it is tried again",
            )
        })?;
        if granted.access_token.is_empty()
            || granted.access_token.len() > MAX_TOKEN_BYTES
            || !granted.access_token.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(error(
                Fault::Contract,
                "Login with Amazon gave an access token that cannot be sent in a header",
            ));
        }
        // Renewed five minutes early, or after three quarters of a shorter life.
        let margin = (granted.expires_in / 4).min(300);
        return Ok(Token {
            text: SecretText::new(granted.access_token),
            stale_at: now.plus(Duration::from_secs(granted.expires_in - margin)),
        });
    }
    let code = serde_json::from_slice::<Refused>(body).map(|r| r.error.chars().take(60).collect::<String>());
    let code = code.unwrap_or_default();
    let (fault, message) = match code.as_str() {
        "invalid_grant" => (
            Fault::Credentials,
            "Amazon no longer accepts the seller's refresh token: access was revoked or has expired; authorise the \
             application again in Seller Central and enter the new refresh token",
        ),
        "invalid_client" => (
            Fault::Application,
            "Amazon refuses the application itself: its client id or client secret is wrong or has expired (secrets \
             last 180 days); enter the current secret from the Solution Provider Portal",
        ),
        "unauthorized_client" | "unsupported_grant_type" => (
            Fault::Application,
            "Amazon does not let this application use refresh tokens: client id and refresh token belong to different \
             applications, or the application has the wrong type",
        ),
        "server_error" | "temporarily_unavailable" => {
            (Fault::Unavailable, "Login with Amazon is down; it is tried again")
        }
        _ if status.is_server_error() => (Fault::Unavailable, "Login with Amazon is down; it is tried again"),
        "" => (
            Fault::Unavailable,
            "Login with Amazon gave an answer without a reason; it is tried again",
        ),
        _ => (
            Fault::Application,
            "Login with Amazon refuses the request; check client id, client secret and refresh token",
        ),
    };
    let error = error(fault, message);
    Err(if code.is_empty() {
        error
    } else {
        error.with_code(code)
    })
}

#[cfg(test)]
mod tests;
