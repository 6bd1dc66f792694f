//! Handing keys over instead of typing them: the merchant agrees in the shop, and the shop posts a pair of keys.
//!
//! The only thing that ties the post to the person is `user_id`, which the shop repeats; it carries the ticket's state,
//! which nobody can guess. The browser comes back by itself, with `success` and the same `user_id`, but without keys.
//! The keys are not tried out here: the shop waits for our answer meanwhile, and a small one has nobody left to answer.

use std::collections::BTreeMap;

use stockbridge_domain::channel::{
    AccountDraft, ChannelError, Consent, Consented, Fault, Io, Returned, SecretText, Ticket,
};
use stockbridge_domain::{BoxFut, FieldError};
use subtle::ConstantTimeEq as _;

use super::wire::HandedOver;
use super::{CONSUMER_KEY, CONSUMER_SECRET, SHOP_URL, WooCommerce, address, shop_url_of};
use crate::endpoint::Query;

/// The name under which the shop lists the keys.
const APP_NAME: &str = "Stockbridge";
const OPERATION: &str = "wc-auth";

impl Consent for WooCommerce {
    fn asks(&self) -> &'static [&'static str] {
        &[SHOP_URL]
    }

    fn by_message(&self) -> bool {
        true
    }

    fn state_of(&self, returned: &Returned) -> Option<String> {
        match serde_json::from_slice::<HandedOver>(&returned.body) {
            Ok(keys) if !keys.user_id.is_empty() => Some(keys.user_id),
            _ => returned.param("user_id").map(str::to_owned),
        }
    }

    fn address(&self, draft: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>> {
        let mut problems = Vec::new();
        let typed = shop_url_of(&draft.credentials);
        let shop = address::shop(typed, &mut problems);
        let at = format!("credentials/{SHOP_URL}");
        if typed.is_empty() {
            let message =
                "the shop URL is missing; enter the address of the shop, such as https://shop.example.com";
            problems.push(FieldError::new(at, message));
        } else if !ticket.return_to.starts_with("https://") {
            let message = "the shop hands keys over to an https:// address only, and this hub is not reached by one; make the keys in \
                           the shop and type them in, or have the hub's operator set it up with https";
            problems.push(FieldError::new(at, message));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let query = Query::default()
            .with("app_name", APP_NAME)
            .with("scope", "read_write")
            .with("user_id", ticket.state.expose())
            .with("return_url", &ticket.return_to)
            .with("callback_url", &ticket.return_to);
        Ok(format!("{shop}/wc-auth/v1/authorize{}", query.as_str()))
    }

    fn accept<'a>(
        &'a self,
        _draft: &'a AccountDraft,
        ticket: &'a Ticket,
        returned: &'a Returned,
        _io: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>> {
        Box::pin(async move { accept(ticket, returned) })
    }
}

fn accept(ticket: &Ticket, returned: &Returned) -> Result<Consented, ChannelError> {
    let rejected = |message: &str| Err(ChannelError::new(Fault::Rejected, OPERATION, message));
    let same = |state: &str| bool::from(state.as_bytes().ct_eq(ticket.state.expose().as_bytes()));
    if returned.body.is_empty() {
        return match (returned.param("user_id"), returned.param("success")) {
            (Some(state), Some("1")) if same(state) => rejected(
                "the shop's owner agreed; the keys come from the shop itself, so wait a moment and look whether the store is connected",
            ),
            (Some(state), _) if same(state) => {
                rejected("access was declined in the shop; begin again and choose Approve")
            }
            _ => rejected("this is not an answer to this sign-in"),
        };
    }
    let Ok(keys) = serde_json::from_slice::<HandedOver>(&returned.body) else {
        return rejected("what the shop sent cannot be read as keys");
    };
    if !same(&keys.user_id) {
        return rejected("this is not an answer to this sign-in");
    }
    if keys.consumer_key.is_empty() || keys.consumer_secret.is_empty() {
        return rejected("the shop sent no keys; begin again");
    }
    if keys.key_permissions != "read_write" {
        return rejected("the keys may not read and write; begin again and agree to both");
    }
    Ok(Consented {
        credentials: BTreeMap::from([
            (CONSUMER_KEY.to_owned(), SecretText::new(keys.consumer_key)),
            (CONSUMER_SECRET.to_owned(), SecretText::new(keys.consumer_secret)),
        ]),
    })
}
