//! Signing in: a token signed with the key file is exchanged for cookies, which every call carries.
//!
//! The documents say that a login lasts 30 days; clients that work renew it far sooner. Here it is renewed after
//! [`LIFE`], and once when a call is answered 401. Source: Noon's pages on authentication and service accounts.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::json;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, Io, SecretText};

use super::api::{DIALECT, USER_AGENT};
use super::key::KeyFile;
use crate::auth::session::Token;
use crate::call::{Effect, Operation, perform};

/// Signing in. A repeated login gives other cookies and harms nothing.
pub(super) static LOGIN: Operation = Operation {
    name: "identity.login",
    bucket: None,
    cost: 0,
    timeout: Duration::from_secs(20),
    effect: Effect::Read,
    max_body_bytes: 256 * 1024,
};

/// How long cookies are used.
const LIFE: Duration = Duration::from_secs(1_500);
/// Longest set of cookies that is kept, in bytes.
const MAX_COOKIES: usize = 8_192;

/// Signs in; the token is the value of the header `Cookie`.
///
/// # Errors
/// [`Fault::Credentials`] when Noon does not take the key.
pub(super) async fn login(
    io: &Io,
    account: AccountId,
    base: &str,
    key: &KeyFile,
) -> Result<Token, ChannelError> {
    let error = |fault, message: &str| ChannelError::new(fault, LOGIN.name, message);
    let token = key
        .token(&io.env)
        .ok_or_else(|| error(Fault::Contract, "the key cannot sign"))?;
    let body = json!({"token": token, "default_project_code": key.project_code()});
    let request = Request::post(format!("{base}/identity/public/v1/api/login"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, USER_AGENT)
        .body(Bytes::from(body.to_string()))
        .map_err(|e| error(Fault::Contract, &format!("the request could not be built: {e}")))?;
    let response = perform(io, account, &DIALECT, &LOGIN, request).await?;
    let request_id = DIALECT.request_id(response.headers());
    match response.status() {
        status if status.is_success() => {}
        status if status.is_server_error() => {
            let message = "Noon's sign-in is down; it is tried again";
            return Err(error(Fault::Unavailable, message).with_request_id(request_id));
        }
        StatusCode::FORBIDDEN => {
            let message = "Noon does not let this address sign in; add the hub's address to the list of allowed addresses of the service account";
            return Err(error(Fault::Credentials, message).with_request_id(request_id));
        }
        _ => {
            let message = "Noon does not take the key of the service account: it was removed or has expired; make a new one in the partner portal and paste its file";
            return Err(error(Fault::Credentials, message).with_request_id(request_id));
        }
    }
    let cookies = cookies(response.headers());
    if cookies.is_empty() || cookies.len() > MAX_COOKIES {
        let message = "Noon answered the sign-in without cookies; it is tried again";
        return Err(error(Fault::Unavailable, message).with_request_id(request_id));
    }
    Ok(Token {
        text: SecretText::new(cookies),
        stale_at: io.env.now().plus(LIFE),
    })
}

/// Names and values of what is to be kept, as they are sent back; the last of a name counts.
fn cookies(headers: &HeaderMap) -> String {
    let mut jar: Vec<(&str, &str)> = Vec::new();
    for value in headers.get_all(header::SET_COOKIE) {
        let pair = value
            .to_str()
            .ok()
            .and_then(|text| text.split(';').next()?.split_once('='));
        let Some((name, value)) = pair.map(|(name, value)| (name.trim(), value.trim())) else {
            continue;
        };
        jar.retain(|(known, _)| *known != name);
        jar.push((name, value));
    }
    jar.iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_without_their_attributes_and_once() {
        let mut headers = HeaderMap::new();
        for text in [
            "_npsid=a=1; Path=/; HttpOnly",
            "_nprt=b; Secure",
            "_npsid=c",
            "nonsense",
        ] {
            headers.append(header::SET_COOKIE, text.parse().unwrap());
        }
        assert_eq!(cookies(&headers), "_nprt=b; _npsid=c");
    }
}
