//! Flipkart: the marketplace of India, by its Seller API v3. `docs/channels/flipkart.md` is the merchant's guide.
//!
//! | file | what |
//! | --- | --- |
//! | `descriptor` | what it can do, asks for, and how late it may be |
//! | `client` | operations, their one budget, pure request builders |
//! | `api` | the caller of one account, and errors as faults |
//! | `token` | access tokens, self-access and by consent |
//! | `consent` | signing in at Flipkart |
//! | `wire` | Flipkart's JSON |
//! | `orders` | shipments as orders |
//! | `listings` | listings and their locations |
//! | `writes` | quantities and prices |
//! | `parcels` | labels and handing over |
//! | `self_ship` | parcels of the seller's own courier |
//! | `aftersales` | cancellations and returns |
//! | `events` | notifications |
//! | `sandbox` | orders to practise on |
//!
//! What shapes it: the unit of work is the *shipment*, which is our order; 1,000 calls an hour are all there is, so one
//! budget serves everything and a job that needs several calls takes their tokens at once; quantities are overwritten, with
//! no comparison; and nothing is published about how late a shipment shows up, so the bounds are wide.

mod aftersales;
mod api;
mod client;
mod consent;
mod descriptor;
mod events;
mod listings;
mod orders;
mod parcels;
pub mod sandbox;
mod self_ship;
mod token;
mod wire;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Channel, ChannelError, CheckedAccount, Connection, Consent,
    Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource, OrderSource, PaperSource, PriceSink,
    ReturnSource, SecretText, StockSink, options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::session::Sessions;
use crate::check;
use api::Api;
use descriptor::{
    API, APP_ID, APP_SECRET, CANCEL_REASON, DELIVERY_DAYS, DESCRIPTOR, LABEL_HOURS, LOCATION_IDS, MAPPING,
    PRODUCTION, REFRESH_TOKEN, SANDBOX, SANDBOX_BASE, SELLER_ID,
};
use token::Grant;

/// The Flipkart channel, with the access tokens of all its accounts.
#[derive(Debug, Default)]
pub struct Flipkart {
    sessions: Sessions,
}

impl Channel for Flipkart {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check::options(&DESCRIPTOR, &draft.options, &MAPPING, &mut problems);
        check::location_map(&draft.options, &mut problems);
        Settings::check(&draft.options, &mut problems);
        let credential = |name: &str| {
            let value = draft.credentials.get(name).map(SecretText::expose);
            value.filter(|text| !text.is_empty())
        };
        if credential(REFRESH_TOKEN).is_some() && credential(SELLER_ID).is_none() {
            problems.push(FieldError::new(
                format!("credentials/{SELLER_ID}"),
                "the seller id tells this account from others of the same application; copy it from the Seller dashboard",
            ));
        }
        for code in &draft.marketplaces {
            if DESCRIPTOR.marketplace(code).is_none() {
                let shown: String = code.chars().take(40).collect();
                let message =
                    format!("`{shown}` is no marketplace of Flipkart; write IN or leave this empty");
                problems.push(FieldError::new("marketplaces", message));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let seller = credential(SELLER_ID).or(credential(APP_ID)).unwrap_or_default();
        let sandbox = if options::flag(&draft.options, SANDBOX) {
            "sandbox/"
        } else {
            ""
        };
        Ok(CheckedAccount {
            external_id: format!("{sandbox}{seller}"),
            marketplaces: vec!["IN".to_owned()],
            currency: rupee(),
        })
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let endpoints = check::endpoints(&DESCRIPTOR, &account.endpoints, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let settings = Settings::of(&account.options);
        let base = endpoints
            .get(API)
            .cloned()
            .unwrap_or_else(|| settings.base().to_owned());
        let credential = |name: &str| account.credentials.get(name).cloned();
        let empty = || SecretText::new("");
        let grant = Grant {
            base: base.clone(),
            app_id: credential(APP_ID).unwrap_or_else(empty),
            app_secret: credential(APP_SECRET).unwrap_or_else(empty),
            refresh_token: credential(REFRESH_TOKEN).filter(|token| !token.expose().is_empty()),
        };
        Ok(Box::new(FlipkartConnection {
            settings,
            api: Api {
                session: grant.session(&self.sessions, account.account),
                io,
                account: account.account,
                base,
                grant,
            },
        }))
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }
}

fn rupee() -> Option<Currency> {
    Currency::parse("INR").ok()
}

/// The options of one account.
#[derive(Debug, Clone)]
struct Settings {
    /// Ids of locations as typed.
    locations: Vec<String>,
    /// The location quantities go to where a listing has none yet.
    default_location: Option<String>,
    sandbox: bool,
    label: Duration,
    delivery: Duration,
    cancel_reason: Option<String>,
}

impl Settings {
    fn of(given: &BTreeMap<String, Value>) -> Self {
        let text = |name: &str| {
            let text = given.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let hours = |name: &str, otherwise: u64, secs: u64| {
            let number = options::seconds(given, name).map_or(otherwise, |number| number.as_secs());
            Duration::from_secs(number.saturating_mul(secs))
        };
        let locations: Vec<String> = text(LOCATION_IDS)
            .unwrap_or_default()
            .split(',')
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty())
            .collect();
        Self {
            default_location: text(options::DEFAULT_LOCATION).or_else(|| locations.first().cloned()),
            locations,
            sandbox: options::flag(given, SANDBOX),
            label: hours(LABEL_HOURS, 24, 3_600),
            delivery: hours(DELIVERY_DAYS, 7, 86_400),
            cancel_reason: text(CANCEL_REASON),
        }
    }

    fn base(&self) -> &'static str {
        if self.sandbox { SANDBOX_BASE } else { PRODUCTION }
    }

    fn check(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) {
        check::within(given, LABEL_HOURS, 3..=720, problems);
        check::within(given, DELIVERY_DAYS, 1..=60, problems);
    }
}

/// One seller on Flipkart.
struct FlipkartConnection {
    settings: Settings,
    api: Api,
}

impl Connection for FlipkartConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(self.health())
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

    fn papers(&self) -> Option<&dyn PaperSource> {
        Some(self)
    }
}

impl FlipkartConnection {
    /// One page of listings proves the token; the call for locations is not in the public reference, so it may fail.
    async fn health(&self) -> Result<Health, ChannelError> {
        let answer = self.api.call(&client::search(&client::PROBE, None)).await?;
        let page: wire::SearchPage = answer.read(&client::PROBE)?;
        let mut warnings = Vec::new();
        let known = match self.api.call(&client::locations()).await {
            Ok(answer) => listings::location_ids(&answer),
            Err(_) => Vec::new(),
        };
        if self.settings.locations.is_empty() && known.is_empty() {
            warnings.push(
                "Flipkart did not name your locations; enter their ids in the option `location_ids`, so that quantities \
                 reach listings that have none yet"
                    .to_owned(),
            );
        }
        let missing = self
            .settings
            .locations
            .iter()
            .find(|id| !known.is_empty() && !known.contains(*id));
        if let Some(id) = missing {
            warnings.push(format!(
                "Flipkart does not know the location `{}`; correct the option `location_ids`, it knows: {}",
                crate::plain::line(id),
                known.join(", ")
            ));
        }
        let shop = if self.settings.sandbox {
            "the sandbox"
        } else {
            "Flipkart"
        };
        let more = if page.has_more { " or more" } else { "" };
        let count = listings::entries(&page.listings).len();
        Ok(Health {
            summary: format!(
                "Signed in at {shop}: {count}{more} listings, {} locations.",
                known.len()
            ),
            warnings,
        })
    }
}

#[cfg(test)]
mod tests;
