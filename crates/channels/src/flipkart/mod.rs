//! Flipkart: the marketplace of India, by its Seller API v3. `docs/channels/flipkart.md` is the merchant's guide.
//!
//! | file | what |
//! | --- | --- |
//! | `client` | operations, their one budget, pure request builders |
//! | `api` | the caller of one account, and errors as faults |
//! | `token` | access tokens, self-access and by consent |
//! | `consent` | signing in at Flipkart |
//! | `wire` | Flipkart's JSON |
//! | `orders` | shipments as orders |
//! | `listings` | listings and their locations |
//! | `writes` | quantities and prices |
//! | `parcels` | labels, handing over, self-ship |
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
mod events;
mod listings;
mod orders;
mod parcels;
pub mod sandbox;
mod token;
mod wire;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Capability, Channel, ChannelError, CheckedAccount, Connection,
    Consent, CredentialField, DataKind, Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource,
    Marketplace, OptionField, OptionKind, OrderSource, PaperSource, PriceSink, ReturnSource, Schedule,
    SecretText, StockSink, Timing, WriteMode, options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::session::Sessions;
use crate::check;
use api::Api;
use token::Grant;

const APP_ID: &str = "app_id";
const APP_SECRET: &str = "app_secret";
const SELLER_ID: &str = "seller_id";
/// Comes with the sign-in.
const REFRESH_TOKEN: &str = "refresh_token";

/// Option: ids of the seller's locations, which the public reference has no call for.
const LOCATION_IDS: &str = "location_ids";
/// Option: talk to the sandbox.
const SANDBOX: &str = "sandbox";
/// Option: hours a label is good for.
const LABEL_HOURS: &str = "label_hours";
/// Option: days a parcel of the seller's own courier takes.
const DELIVERY_DAYS: &str = "delivery_days";
/// Option: mark packed shipments ready to dispatch without asking.
const AUTODISPATCH: &str = "autodispatch";
/// Option: the word for cancellations that are not for lack of goods.
const CANCEL_REASON: &str = "cancel_reason";

const OPTIONS: [&str; 8] = [
    LOCATION_IDS,
    SANDBOX,
    LABEL_HOURS,
    DELIVERY_DAYS,
    AUTODISPATCH,
    CANCEL_REASON,
    options::LOCATION_MAP,
    options::DEFAULT_LOCATION,
];

/// The endpoint that may be replaced.
const API: &str = "api";
const PRODUCTION: &str = "https://api.flipkart.net";
const SANDBOX_BASE: &str = "https://sandbox-api.flipkart.net";

const fn typed(name: &'static str, label: &'static str, help: &'static str, secret: bool) -> CredentialField {
    CredentialField {
        name,
        label,
        help,
        secret,
        required: true,
        multiline: false,
    }
}

const fn option(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    kind: OptionKind,
) -> OptionField {
    OptionField {
        name,
        label,
        help,
        kind,
        required: false,
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "flipkart",
    label: "Flipkart",
    summary: "The marketplace of India: shipments, labels, stock and prices by the Seller API v3.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
        Capability::Events,
        Capability::Cancellations,
        Capability::Returns,
        Capability::Papers,
    ],
    credentials: &[
        typed(
            APP_ID,
            "Application id",
            "Seller dashboard, Manage Profile, Developer Access; for an application of a partner, the Partner dashboard",
            false,
        ),
        typed(
            APP_SECRET,
            "Application secret",
            "shown beside the application id when the application is made",
            true,
        ),
        CredentialField {
            name: SELLER_ID,
            label: "Seller id",
            help: "shown in the Seller dashboard under Manage Profile; needed when you sign in through a partner's application, which many sellers share",
            secret: false,
            required: false,
            multiline: false,
        },
    ],
    tokens: &[REFRESH_TOKEN],
    options: &[
        option(
            LOCATION_IDS,
            "Location ids",
            "ids of your locations, separated by commas, such as LOC123abc; Seller dashboard, Manage Profile, Locations",
            OptionKind::Text,
        ),
        option(
            SANDBOX,
            "Sandbox",
            "talk to Flipkart's sandbox instead of the shop",
            OptionKind::Flag,
        ),
        option(
            LABEL_HOURS,
            "Hours a label is good for",
            "after so many hours a label is fetched anew; 24 unless you know better",
            OptionKind::Number,
        ),
        option(
            DELIVERY_DAYS,
            "Days to deliver (self-ship)",
            "what Flipkart is told of a parcel that your own courier brings; 7 unless you say otherwise",
            OptionKind::Number,
        ),
        option(
            AUTODISPATCH,
            "Dispatch by itself",
            "marks a shipment ready to dispatch as soon as its label is there",
            OptionKind::Flag,
        ),
        option(
            CANCEL_REASON,
            "Reason of other cancellations",
            "the word Flipkart takes for cancellations that are not for lack of goods; it publishes no list, ask its support",
            OptionKind::Text,
        ),
    ],
    marketplaces: &[Marketplace {
        code: "IN",
        id: "IN",
        name: "India",
        currency: "INR",
        region: "in",
        time_zone: "Asia/Kolkata",
    }],
    endpoints: &[API],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(300),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(86_400),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(3_600),
        },
    ],
    buckets: &client::BUCKETS,
    // Flipkart publishes neither. A shipment is made when the order is approved, which is minutes after the purchase; an
    // update of a listing is answered before the site shows it. Half an hour each leaves room for a bad day.
    timing: Timing {
        order_visibility: Duration::from_secs(1_800),
        write_apply: Duration::from_secs(1_800),
    },
    write_mode: WriteMode::Absolute,
    write_batch: client::BATCH,
    read_batch: client::BATCH,
    remote: true,
};

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
        check::account_options(&draft.options, &OPTIONS, &mut problems);
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
        for name in [LOCATION_IDS, CANCEL_REASON] {
            check::text_option(given, name, problems);
        }
        for name in [SANDBOX, AUTODISPATCH] {
            check::flag_option(given, name, problems);
        }
        check::number_option(given, LABEL_HOURS, 3..=720, problems);
        check::number_option(given, DELIVERY_DAYS, 1..=60, problems);
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
