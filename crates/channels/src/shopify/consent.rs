//! Signing in at Shopify: the authorisation code grant, whose way back is signed with the app's secret.
//!
//! Source: shopify.dev, "Authorization code grant"; the tolerance for the time is that of Shopify's own library.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use stockbridge_domain::channel::{
    AccountDraft, ChannelError, Consent, Consented, Fault, Io, Returned, SecretText, Ticket,
};
use stockbridge_domain::{AccountId, BoxFut, FieldError, Timestamp};
use subtle::ConstantTimeEq as _;

use super::auth::{App, TOKEN};
use super::{CLIENT_ID, CLIENT_SECRET, SCOPES, SHOP, Shopify, base, domain};
use crate::endpoint::{Query, encode};

/// How far the time of the way back may be from ours.
const TOLERANCE: Duration = Duration::from_secs(90);

impl Consent for Shopify {
    fn asks(&self) -> &'static [&'static str] {
        &[SHOP, CLIENT_ID, CLIENT_SECRET]
    }

    fn state_of(&self, returned: &Returned) -> Option<String> {
        returned.param("state").map(str::to_owned)
    }

    fn address(&self, draft: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>> {
        let (_, app) = signer(draft)?;
        let query = Query::default()
            .with("client_id", &app.client_id)
            .with("scope", &SCOPES.join(","))
            .with("redirect_uri", &ticket.return_to)
            .with("state", ticket.state.expose());
        Ok(format!("{}/admin/oauth/authorize{}", app.base, query.as_str()))
    }

    fn accept<'a>(
        &'a self,
        draft: &'a AccountDraft,
        ticket: &'a Ticket,
        returned: &'a Returned,
        io: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>> {
        Box::pin(async move {
            let (shop, app) = signer(draft).map_err(|problems| {
                let all = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
                refused(&all.join("; "))
            })?;
            let code = prove(&shop, &app.client_secret, ticket, returned, io.env.now())?;
            // The account has no id before it is connected; the call draws on no budget.
            let nobody: AccountId = io.env.id();
            let grant = json!({"code": code, "expiring": "1"});
            let granted = app.exchange(io, nobody, grant).await?;
            Ok(Consented {
                credentials: granted.secrets(),
            })
        })
    }
}

fn refused(message: &str) -> ChannelError {
    ChannelError::new(Fault::Rejected, TOKEN.name, message)
}

/// The shop's domain and the app, as typed.
fn signer(draft: &AccountDraft) -> Result<(String, App), Vec<FieldError>> {
    let mut problems = Vec::new();
    let text = |name: &str| {
        let value = draft.credentials.get(name).map(SecretText::expose);
        value.unwrap_or_default().trim().to_owned()
    };
    let shop = domain(&text(SHOP), &mut problems);
    for (name, label) in [(CLIENT_ID, "the client id"), (CLIENT_SECRET, "the client secret")] {
        if text(name).is_empty() {
            problems.push(FieldError::new(
                format!("credentials/{name}"),
                format!("{label} is missing; it is in the Dev Dashboard under the app's Settings"),
            ));
        }
    }
    let base = base(&shop, &draft.endpoints, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let app = App {
        base,
        client_id: text(CLIENT_ID),
        client_secret: SecretText::new(text(CLIENT_SECRET)),
    };
    Ok((shop, app))
}

/// Proves that this is Shopify's answer to the ticket, and gives the code.
fn prove(
    shop: &str,
    secret: &SecretText,
    ticket: &Ticket,
    returned: &Returned,
    now: Timestamp,
) -> Result<String, ChannelError> {
    if !signed(secret, returned) {
        return Err(refused(
            "what came back does not bear Shopify's signature; compare the client secret, then sign in again",
        ));
    }
    let state = returned.param("state").unwrap_or_default();
    let same = state.as_bytes().ct_eq(ticket.state.expose().as_bytes());
    if state.is_empty() || !bool::from(same) {
        return Err(refused("this is the answer to another sign-in; sign in again"));
    }
    if returned.param("shop") != Some(shop) {
        return Err(refused(
            "somebody signed in at another shop than the one named; sign in with an account of this shop",
        ));
    }
    let sent = returned.param("timestamp").and_then(|t| t.parse::<i64>().ok());
    let near = sent.map(Timestamp::from_secs).is_some_and(|sent| {
        let apart = if sent > now {
            sent.since(now)
        } else {
            now.since(sent)
        };
        apart <= TOLERANCE
    });
    if !near {
        return Err(refused(
            "the sign-in took too long, or the hub's clock is wrong by more than 90 seconds; sign in again",
        ));
    }
    match returned.param("code").filter(|code| !code.is_empty()) {
        Some(code) => Ok(code.to_owned()),
        None => Err(refused(
            "the sign-in was declined at Shopify; sign in again and approve the app",
        )),
    }
}

/// Whether `hmac` is the signature of all other parameters, sorted by name. Compared in constant time. Shopify signs the
/// text of the query; whether values were encoded in it cannot be told afterwards, so both forms count.
fn signed(secret: &SecretText, returned: &Returned) -> bool {
    let Some(given) = returned.param("hmac").and_then(unhex) else {
        return false;
    };
    let mut others: Vec<_> = returned.query.iter().filter(|(name, _)| name != "hmac").collect();
    others.sort();
    let text = |form: fn(&str) -> String| {
        let pair = |(name, value): &&(String, String)| format!("{}={}", form(name), form(value));
        others.iter().map(pair).collect::<Vec<_>>().join("&")
    };
    [text(str::to_owned), text(encode)].iter().any(|text| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
            return false;
        };
        mac.update(text.as_bytes());
        mac.verify_slice(&given).is_ok()
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}
