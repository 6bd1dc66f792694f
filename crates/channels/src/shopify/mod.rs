//! Shopify: shops on Shopify, by the Admin GraphQL API.
//!
//! | file | what |
//! | --- | --- |
//! | `consent` | signing in at Shopify |
//! | `auth` | access tokens, and how they are renewed |
//! | `client` | operations, their cost, pure request builders; the documents they send are in `documents` |
//! | `health` | what a test of the connection finds |
//! | `api` | the signed caller, what is left of the budget, errors as faults |
//! | `wire` | Shopify's JSON |
//! | `orders`, `lines` | orders as snapshots; what of a line is shipped and what is called off |
//! | `listings`, `variant`, `bulk` | listings by page, by id, or as one file |
//! | `batch`, `stock`, `prices` | writes that are made whole or not at all |
//! | `fulfilment`, `cancel`, `returns`, `refunds` | after the sale |
//! | `events` | webhooks |
//!
//! What shapes it: a budget of points that a query costs by its size; a search index that is behind; quantities that are
//! compared before they are set, at each location; and mutations that say with status 200 what was wrong.

mod api;
mod auth;
mod batch;
mod bulk;
mod cancel;
mod client;
mod consent;
mod descriptor;
mod events;
mod fulfilment;
mod health;
mod lines;
mod listings;
mod orders;
mod prices;
mod refunds;
mod returns;
mod stock;
mod variant;
mod wire;

use std::collections::BTreeMap;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Channel, ChannelError, CheckedAccount, Connection, Consent,
    Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource, OrderSource, PriceSink, RefundSink,
    ReturnSource, SecretText, StockSink, options,
};
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::session::Sessions;
use crate::{check, endpoint};
use api::Api;
use auth::{Access, App};
use descriptor::DESCRIPTOR;

/// The shop's domain.
const SHOP: &str = "shop";
/// The app's id.
const CLIENT_ID: &str = "client_id";
/// The app's secret, which also signs webhooks.
const CLIENT_SECRET: &str = "client_secret";
/// The app's other secret while it is being replaced.
const OTHER_SECRET: &str = "other_client_secret";
/// A token typed in.
const ACCESS_TOKEN: &str = "access_token";
/// Option: the shop's currency.
const CURRENCY: &str = "currency";
/// Option: unpaid orders may be shipped.
const SHIP_UNPAID: &str = "ship_unpaid";
/// Option: Shopify writes to buyers about parcels and cancellations.
const NOTIFY: &str = "notify_customer";
/// Option: calling an order off gives the money back.
const REFUND_CANCELLED: &str = "refund_cancelled";
/// What the app has to be allowed.
const SCOPES: [&str; 11] = [
    "read_orders",
    "write_orders",
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_returns",
    "write_returns",
];

/// The channel.
#[derive(Debug, Default)]
pub struct Shopify {
    sessions: Sessions,
}

impl Channel for Shopify {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        let places = [options::LOCATION_MAP, options::DEFAULT_LOCATION];
        check::options(&DESCRIPTOR, &draft.options, &places, &mut problems);
        let given = |name: &str| {
            draft
                .credentials
                .get(name)
                .is_some_and(|t| !t.expose().is_empty())
        };
        let shop = draft.credentials.get(SHOP).map_or("", SecretText::expose);
        let shop = domain(shop, &mut problems);
        if !given(ACCESS_TOKEN) {
            for (name, label) in [(CLIENT_ID, "client id"), (CLIENT_SECRET, "client secret")] {
                if !given(name) {
                    let message = format!(
                        "either an access token or the app's client id and client secret are needed; the {label} is in the Dev \
                         Dashboard under the app's Settings"
                    );
                    problems.push(FieldError::new(format!("credentials/{name}"), message));
                }
            }
        }
        if !draft.marketplaces.is_empty() {
            let message = "a shop has no marketplaces; leave this empty";
            problems.push(FieldError::new("marketplaces", message));
        }
        let currency = check_options(&draft.options, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedAccount {
            external_id: shop,
            marketplaces: Vec::new(),
            currency,
        })
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let credential = |name: &str| {
            let value = account.credentials.get(name).cloned();
            value.unwrap_or_else(|| SecretText::new(""))
        };
        let shop = domain(credential(SHOP).expose(), &mut problems);
        let base = base(&shop, &account.endpoints, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let app = App {
            base: base.clone(),
            client_id: credential(CLIENT_ID).expose().to_owned(),
            client_secret: credential(CLIENT_SECRET),
        };
        let session = || {
            let parts = [base.as_str(), &app.client_id, app.client_secret.expose()];
            self.sessions.of(account.account, &parts)
        };
        let typed = credential(ACCESS_TOKEN);
        let access = if !typed.expose().is_empty() {
            Access::Typed(typed)
        } else if account.credentials.contains_key(auth::OFFLINE_TOKEN) {
            Access::Offline {
                session: session(),
                app: app.clone(),
                known: account.credentials.clone(),
            }
        } else {
            Access::Own {
                session: session(),
                app: app.clone(),
            }
        };
        let secrets = [credential(CLIENT_SECRET), credential(OTHER_SECRET)];
        let flag = |name: &str| options::flag(&account.options, name);
        Ok(Box::new(ShopConnection {
            shop,
            secrets: secrets.into_iter().filter(|s| !s.expose().is_empty()).collect(),
            currency: account.checked.currency,
            places: PlaceMap::of_options(&account.options),
            ship_unpaid: flag(SHIP_UNPAID),
            notify: flag(NOTIFY),
            refund_cancelled: flag(REFUND_CANCELLED),
            api: Api {
                io,
                account: account.account,
                base,
                access,
            },
        }))
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }
}

/// Checks the options of this channel and gives the currency.
fn check_options(
    given: &BTreeMap<String, serde_json::Value>,
    problems: &mut Vec<FieldError>,
) -> Option<Currency> {
    let at = |name: &str| format!("options/{name}");
    let text = |value: &serde_json::Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let map = given.get(options::LOCATION_MAP);
    if map.is_some_and(|map| !map.as_object().is_some_and(|map| map.values().all(text))) {
        let message = r#"write an object of your locations and the numbers of Shopify's, such as {"Berlin": "6512345"}"#;
        problems.push(FieldError::new(at(options::LOCATION_MAP), message));
    }
    if given.get(options::DEFAULT_LOCATION).is_some_and(|one| !text(one)) {
        let message = "write the number of the Shopify location that all others feed";
        problems.push(FieldError::new(at(options::DEFAULT_LOCATION), message));
    }
    let currency = Currency::parse(
        given
            .get(CURRENCY)?
            .as_str()
            .filter(|code| !code.trim().is_empty())?,
    );
    currency
        .map_err(|e| problems.push(FieldError::new(at(CURRENCY), e.to_string())))
        .ok()
}

/// The shop's domain from what was typed: its name, its domain, or the address in the browser.
fn domain(text: &str, problems: &mut Vec<FieldError>) -> String {
    const END: &str = ".myshopify.com";
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let host = text
        .strip_prefix("https://")
        .unwrap_or(text)
        .trim_end_matches('/');
    let name = host.strip_suffix(END).unwrap_or(host);
    let letters = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name.is_empty() || name.len() > 100 || !letters || name.starts_with('-') {
        let message = "write the domain Shopify gave the shop, such as my-shop.myshopify.com; it is in the shop's admin under \
                       Settings, Domains";
        problems.push(FieldError::new(format!("credentials/{SHOP}"), message));
        return String::new();
    }
    format!("{name}{END}")
}

/// The shop's address, or the one that replaces it.
fn base(shop: &str, endpoints: &BTreeMap<String, String>, problems: &mut Vec<FieldError>) -> String {
    match endpoints.get(SHOP) {
        None => format!("https://{shop}"),
        Some(text) => endpoint::base(text).unwrap_or_else(|message| {
            problems.push(FieldError::new(format!("endpoints/{SHOP}"), message));
            String::new()
        }),
    }
}

/// One shop.
struct ShopConnection {
    api: Api,
    /// Its domain.
    shop: String,
    /// The app's secrets that sign webhooks; more than one while it is being replaced.
    secrets: Vec<SecretText>,
    currency: Option<Currency>,
    places: PlaceMap,
    ship_unpaid: bool,
    notify: bool,
    refund_cancelled: bool,
}

impl Connection for ShopConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(self.ask_health())
    }

    fn orders(&self) -> Option<&dyn OrderSource> {
        Some(self)
    }

    fn listings(&self) -> Option<&dyn ListingSource> {
        Some(self)
    }

    fn stock(&self) -> Option<&dyn StockSink> {
        Some(self)
    }

    fn prices(&self) -> Option<&dyn PriceSink> {
        Some(self)
    }

    fn fulfilment(&self) -> Option<&dyn FulfilmentSink> {
        Some(self)
    }

    fn events(&self) -> Option<&dyn EventSource> {
        Some(self)
    }

    fn cancellations(&self) -> Option<&dyn CancelSink> {
        Some(self)
    }

    fn returns(&self) -> Option<&dyn ReturnSource> {
        Some(self)
    }

    fn refunds(&self) -> Option<&dyn RefundSink> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
