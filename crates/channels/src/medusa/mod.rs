//! Medusa: a shop on `MedusaJS` version 2, through its Admin API.
//!
//! | file | what |
//! | --- | --- |
//! | `client` | operations, their budgets, pure request builders |
//! | `api` | the signed-in caller, and errors as faults |
//! | `wire` | the Admin API's JSON, as far as it is used |
//! | `number` | amounts and units out of JSON numbers, without floats |
//! | `walk` | pages by instant, which nothing slips through |
//! | `orders`, `listings` | what the shop says, as snapshots |
//! | `stock` | quantities: read, write, read again |
//! | `prices`, `shipments`, `aftersales` | the other writes, and returns |
//! | `events` | what the shop's subscriber tells |
//! | `probe` | what "test connection" looks at |
//!
//! What shapes it: the shop counts *stocked* and *reserved* units, and buyers can buy the difference. An order reserves,
//! a fulfilment takes from both. Only the stocked units can be written, so the hub reads what is reserved, writes
//! `sellable + reserved` and reads again. A sale changes the reserved units alone: between reading and writing it is never
//! overwritten. It is setting all the same, not comparing: the shop has no way to refuse a write because of what it shows,
//! so what a person counts in between is overwritten; see `stock` for what else remains.

mod aftersales;
mod api;
mod client;
mod events;
mod listings;
mod number;
mod orders;
mod prices;
mod probe;
mod shipments;
mod stock;
mod walk;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Capability, Channel, ChannelError, CheckedAccount, Connection,
    CredentialField, DataKind, Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource,
    OptionField, OptionKind, OrderSource, PriceSink, RefundSink, ReturnSource, Schedule, SecretText,
    StockSink, Timing, WriteMode, options,
};
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::{check, endpoint};
use api::Api;

/// The address of the shop's server.
const BASE_URL: &str = "base_url";
/// A secret API key of the shop.
const API_KEY: &str = "api_key";
/// Endpoint that replaces the address.
const API: &str = "api";
/// Option: the currency whose prices are read and set.
const CURRENCY: &str = "currency";
/// Option: the one sales channel this account is about.
const SALES_CHANNEL: &str = "sales_channel";
/// Options beside those of every channel.
const OPTIONS: [&str; 4] = [
    CURRENCY,
    SALES_CHANNEL,
    options::LOCATION_MAP,
    options::DEFAULT_LOCATION,
];

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "medusa",
    label: "Medusa",
    summary: "A shop on MedusaJS version 2 of your own, through its Admin API and a secret API key.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
        Capability::Events,
        Capability::Cancellations,
        Capability::Returns,
        Capability::Refunds,
    ],
    credentials: &[
        CredentialField {
            name: BASE_URL,
            label: "Address of the Medusa server",
            help: "where its admin API answers, such as https://shop-api.example.com, without `/admin` or `/app`",
            secret: false,
            required: true,
            multiline: false,
        },
        CredentialField {
            name: API_KEY,
            label: "Secret API key",
            help: "made in the Medusa dashboard under Settings, Secret API Keys; it begins with sk_ and is shown once",
            secret: true,
            required: true,
            multiline: false,
        },
    ],
    tokens: &[],
    options: &[
        OptionField {
            name: CURRENCY,
            label: "Currency of prices",
            help: "the ISO 4217 code of the prices that are read and set, such as EUR; needed to set prices",
            kind: OptionKind::Text,
            required: false,
        },
        OptionField {
            name: SALES_CHANNEL,
            label: "Sales channel",
            help: "the id (sc_…) of the one sales channel to look at; left out, all of them are",
            kind: OptionKind::Text,
            required: false,
        },
    ],
    marketplaces: &[],
    endpoints: &[API],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(60),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(3_600),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(900),
        },
        Schedule {
            kind: DataKind::Returns,
            every: Duration::from_secs(3_600),
        },
    ],
    buckets: &client::BUCKETS,
    timing: Timing {
        // An order is in the list as soon as the shop has it. The minute is for shops that read from a replica.
        order_visibility: Duration::from_secs(60),
        // A write is made before it is answered, and we wait 30 s for that. A checkout that had looked at the old quantity
        // ends within its lock's two minutes.
        write_apply: Duration::from_secs(150),
    },
    // The shop sets what it is told: it neither compares nor adds, so nothing better can be promised.
    write_mode: WriteMode::Absolute,
    write_batch: 50,
    read_batch: 50,
    remote: true,
    reports: &[],
};

/// The channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Medusa;

impl Channel for Medusa {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::account_options(&draft.options, &OPTIONS, &mut problems);
        let base = base(&draft.credentials, &draft.endpoints, &mut problems);
        let publishable = secret(&draft.credentials, API_KEY).expose().starts_with("pk_");
        if publishable {
            problems.push(FieldError::new(
                format!("credentials/{API_KEY}"),
                "this is a publishable key, which storefronts use; make a secret one, it begins with sk_",
            ));
        }
        let currency = own_options(&draft.options, &mut problems);
        if !draft.marketplaces.is_empty() {
            problems.push(FieldError::new(
                "marketplaces",
                "a Medusa shop has no marketplaces; leave this empty and name a sales channel instead",
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let one = text_option(&draft.options, SALES_CHANNEL);
        Ok(CheckedAccount {
            external_id: one.map_or_else(|| base.clone(), |id| format!("{id}@{base}")),
            marketplaces: Vec::new(),
            currency,
        })
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let base = base(&account.credentials, &account.endpoints, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Box::new(MedusaConnection {
            currency: account.checked.currency,
            sales_channel: text_option(&account.options, SALES_CHANNEL),
            places: PlaceMap::of_options(&account.options),
            default_location: text_option(&account.options, options::DEFAULT_LOCATION),
            webhook_key: account.webhook_key,
            api: Api {
                io,
                account: account.account,
                base,
                key: secret(&account.credentials, API_KEY),
            },
        }))
    }
}

fn secret(credentials: &BTreeMap<String, SecretText>, name: &str) -> SecretText {
    let value = credentials.get(name).cloned();
    value.unwrap_or_else(|| SecretText::new(""))
}

fn text_option(given: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    let text = given.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The address requests are built on. What a seller types has to be reached over TLS; an operator's replacement need not.
fn base(
    credentials: &BTreeMap<String, SecretText>,
    endpoints: &BTreeMap<String, String>,
    problems: &mut Vec<FieldError>,
) -> String {
    let replaced = check::endpoints(&DESCRIPTOR, endpoints, problems);
    let typed = secret(credentials, BASE_URL);
    let at = format!("credentials/{BASE_URL}");
    let base = match endpoint::base(typed.expose()) {
        _ if typed.expose().is_empty() => String::new(),
        Ok(base) if base.starts_with("http://") => {
            problems.push(FieldError::new(at, "the address has to start with https://"));
            String::new()
        }
        Ok(base) if base.ends_with("/admin") || base.ends_with("/app") => {
            let message = "leave out `/admin` or `/app` at the end; only the server's address is needed";
            problems.push(FieldError::new(at, message));
            String::new()
        }
        Ok(base) => base,
        Err(message) => {
            problems.push(FieldError::new(at, message));
            String::new()
        }
    };
    replaced.get(API).cloned().unwrap_or(base)
}

/// Checks the options only this channel has; gives the currency.
fn own_options(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) -> Option<Currency> {
    let mut wrong = |name: &str, message: &str| {
        problems.push(FieldError::new(format!("options/{name}"), message));
    };
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let map = given.get(options::LOCATION_MAP);
    if map.is_some_and(|map| !map.as_object().is_some_and(|map| map.values().all(text))) {
        let message = r#"write an object of your locations and the ids of the shop's stock locations, such as {"Berlin": "sloc_…"}"#;
        wrong(options::LOCATION_MAP, message);
    }
    if given.get(options::DEFAULT_LOCATION).is_some_and(|one| !text(one)) {
        wrong(
            options::DEFAULT_LOCATION,
            "write the id (sloc_…) of the stock location that all others feed",
        );
    }
    if given.get(SALES_CHANNEL).is_some_and(|one| !text(one)) {
        wrong(
            SALES_CHANNEL,
            "write the id of a sales channel; it begins with sc_",
        );
    }
    let currency = given.get(CURRENCY)?.as_str().unwrap_or_default();
    Currency::parse(currency)
        .map_err(|e| wrong(CURRENCY, &e.to_string()))
        .ok()
}

/// One shop, ready to talk.
struct MedusaConnection {
    api: Api,
    /// Whose prices are read and set.
    currency: Option<Currency>,
    /// The one sales channel to look at.
    sales_channel: Option<String>,
    /// Which stock location each of the hub's locations feeds.
    places: PlaceMap,
    /// The stock location that all others feed.
    default_location: Option<String>,
    webhook_key: SecretText,
}

impl Connection for MedusaConnection {
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

    fn refunds(&self) -> Option<&dyn RefundSink> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
