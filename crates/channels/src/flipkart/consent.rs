//! Signing in at Flipkart: the seller agrees to a partner's application and comes back with a code.

use std::collections::BTreeMap;

use stockbridge_domain::channel::{
    AccountDraft, Channel as _, ChannelError, Consent, Consented, Fault, Io, Returned, SecretText, Ticket,
    options,
};
use stockbridge_domain::{AccountId, BoxFut, FieldError};
use subtle::ConstantTimeEq as _;

use super::Flipkart;
use super::descriptor::{
    API, APP_ID, APP_SECRET, DESCRIPTOR, PRODUCTION, REFRESH_TOKEN, SANDBOX, SANDBOX_BASE, SELLER_ID,
};
use super::token::{Grant, SCOPE, TOKEN};
use crate::check;
use crate::endpoint::Query;

impl Consent for Flipkart {
    fn asks(&self) -> &'static [&'static str] {
        &[APP_ID, APP_SECRET, SELLER_ID]
    }

    fn state_of(&self, returned: &Returned) -> Option<String> {
        returned.param("state").map(str::to_owned)
    }

    fn address(&self, draft: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>> {
        self.check(draft)?;
        let grant = grant(draft);
        if draft
            .credentials
            .get(SELLER_ID)
            .is_none_or(|id| id.expose().is_empty())
        {
            let message =
                "the seller id is missing; the application is shared by many sellers, so it tells them apart";
            return Err(vec![FieldError::new(format!("credentials/{SELLER_ID}"), message)]);
        }
        let query = Query::default()
            .with("client_id", grant.app_id.expose())
            .with("redirect_uri", &ticket.return_to)
            .with("response_type", "code")
            .with("scope", SCOPE)
            .with("state", ticket.state.expose());
        Ok(format!(
            "{}/oauth-service/oauth/authorize{}",
            grant.base,
            query.as_str()
        ))
    }

    fn accept<'a>(
        &'a self,
        draft: &'a AccountDraft,
        ticket: &'a Ticket,
        returned: &'a Returned,
        io: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>> {
        Box::pin(async move {
            let rejected = |message: &str| ChannelError::new(Fault::Rejected, TOKEN.name, message);
            let state = returned.param("state").unwrap_or_default();
            if !bool::from(state.as_bytes().ct_eq(ticket.state.expose().as_bytes())) {
                return Err(rejected(
                    "the answer does not belong to this sign-in; begin again",
                ));
            }
            if returned.param("error").is_some() {
                return Err(rejected(
                    "the sign-in at Flipkart was declined; begin again and agree to it",
                ));
            }
            let code = returned.param("code").filter(|code| !code.is_empty());
            let code = code.ok_or_else(|| rejected("Flipkart sent nobody's agreement back; begin again"))?;
            let query = Query::default()
                .with("redirect_uri", &ticket.return_to)
                .with("grant_type", "authorization_code")
                .with("state", ticket.state.expose())
                .with("code", code);
            // No account exists yet; the token endpoint draws on no account's budget.
            let nobody: AccountId = io.env.id();
            let granted = grant(draft).fetch(io, nobody, &query).await.map_err(|e| match e.fault {
                Fault::Credentials => rejected("Flipkart does not take the code, which is good for a few minutes and once; begin again"),
                _ => e,
            })?;
            let refresh = granted.refresh.ok_or_else(|| {
                let message =
                    "Flipkart gave no refresh token; the application has to be a third-party application";
                ChannelError::new(Fault::Application, TOKEN.name, message)
            })?;
            Ok(Consented {
                credentials: BTreeMap::from([(REFRESH_TOKEN.to_owned(), refresh)]),
            })
        })
    }
}

fn grant(draft: &AccountDraft) -> Grant {
    let credential = |name: &str| {
        let value = draft.credentials.get(name).cloned();
        value.unwrap_or_else(|| SecretText::new(""))
    };
    let own = if options::flag(&draft.options, SANDBOX) {
        SANDBOX_BASE
    } else {
        PRODUCTION
    };
    let replaced = check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut Vec::new()).remove(API);
    Grant {
        base: replaced.unwrap_or_else(|| own.to_owned()),
        app_id: credential(APP_ID),
        app_secret: credential(APP_SECRET),
        // Not there yet, and what is refused now is the partner's application.
        refresh_token: Some(SecretText::new("")),
    }
}
