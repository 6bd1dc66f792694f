//! Custom: any system that speaks our own small protocol is a channel. `docs/channels/custom.md` is its definition.
//!
//! | file | what |
//! | --- | --- |
//! | `sign` | the signature every request carries |
//! | `client` | operations, their budgets, pure request builders |
//! | `api` | the signed caller, and errors as faults |
//! | `wire` | the protocol's JSON |
//! | `read` | listings and orders as snapshots |
//! | `events` | what the other side sends by itself |
//! | `writes` | quantities, prices and shipments |
//! | `aftersales` | cancellations, refunds and returns, where the other side offers them |
//!
//! What shapes it: the other side answers a write after it is made, so the answer itself frees or promises units; a
//! quantity is changed by comparing first (the rule), by adding, or by overwriting; an item of a batch is made whole or
//! not at all; and the other side itself says up to when its list of orders is complete.

mod aftersales;
mod api;
mod client;
mod events;
mod read;
mod sign;
mod wire;
mod writes;

use std::net::IpAddr;
use std::time::Duration;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Capability, Channel, ChannelError, CheckedAccount, Connection,
    CredentialField, DataKind, Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource,
    OrderSource, PriceSink, RefundSink, ReturnSource, Schedule, SecretText, StockSink, Timing, WriteMode,
    options,
};
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::{check, endpoint};
use api::Api;

/// The address of the other side.
const BASE_URL: &str = "base_url";
/// Which secret a request is signed with.
const KEY_ID: &str = "key_id";
/// What requests are signed with.
const SECRET: &str = "secret";
/// Option: the currency of its prices.
const CURRENCY: &str = "currency";
/// Options beside those of every channel.
const OPTIONS: [&str; 4] = [
    CURRENCY,
    options::WRITE_MODE,
    options::LOCATION_MAP,
    options::DEFAULT_LOCATION,
];
/// Fewest characters of a secret: half the strength of the signature.
const LEAST_SECRET: usize = 16;
/// The version of the protocol spoken here.
const PROTOCOL: i64 = 1;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "custom",
    label: "Custom",
    summary: "Any system of your own that answers a small signed protocol: a shop, a till, an ERP, a marketplace without a connector.",
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
            label: "Base URL",
            help: "where your system answers the protocol, such as https://shop.example.com/stockbridge",
            secret: false,
            required: true,
            multiline: false,
        },
        CredentialField {
            name: KEY_ID,
            label: "Key id",
            help: "the name of the secret, so that your system knows which one a request is signed with",
            secret: false,
            required: true,
            multiline: false,
        },
        CredentialField {
            name: SECRET,
            label: "Secret",
            help: "at least 16 characters that only your system and the hub know; `openssl rand -hex 32` makes a good one",
            secret: true,
            required: true,
            multiline: false,
        },
    ],
    tokens: &[],
    options: &[],
    marketplaces: &[],
    endpoints: &[],
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
        order_visibility: Duration::from_secs(60),
        write_apply: Duration::from_secs(60),
    },
    write_mode: WriteMode::CompareAndSet,
    write_batch: 50,
    read_batch: 50,
    remote: true,
    reports: &[],
};

/// The custom channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Custom;

impl Channel for Custom {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check::account_options(&draft.options, &OPTIONS, &mut problems);
        let credential = |name: &str| {
            let value = draft.credentials.get(name).map(SecretText::expose);
            value.unwrap_or_default()
        };
        let base = base(credential(BASE_URL), &mut problems);
        let secret = credential(SECRET);
        if !secret.is_empty() && secret.len() < LEAST_SECRET {
            problems.push(FieldError::new(
                format!("credentials/{SECRET}"),
                format!(
                    "a secret has at least {LEAST_SECRET} characters; `openssl rand -hex 32` makes a good one"
                ),
            ));
        }
        let mode = draft.options.get(options::WRITE_MODE);
        if mode.is_some_and(|m| m.as_str().and_then(WriteMode::parse).is_none()) {
            problems.push(FieldError::new(
                format!("options/{}", options::WRITE_MODE),
                "write compare_and_set, relative or absolute",
            ));
        }
        check::location_map(&draft.options, &mut problems);
        if !draft.marketplaces.is_empty() {
            problems.push(FieldError::new(
                "marketplaces",
                "a custom channel has no marketplaces; leave this empty",
            ));
        }
        let currency = draft
            .options
            .get(CURRENCY)
            .map(|c| c.as_str().unwrap_or_default());
        let currency = currency.map(Currency::parse).transpose().unwrap_or_else(|e| {
            problems.push(FieldError::new(format!("options/{CURRENCY}"), e.to_string()));
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedAccount {
            external_id: format!("{}@{base}", credential(KEY_ID)),
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
        let base = base(credential(BASE_URL).expose(), &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Box::new(CustomConnection {
            mode: DESCRIPTOR.write_mode_with(&account.options),
            currency: account.checked.currency,
            places: PlaceMap::of_options(&account.options),
            api: Api {
                io,
                account: account.account,
                base,
                key_id: credential(KEY_ID).expose().to_owned(),
                secret: credential(SECRET),
            },
        }))
    }
}

/// Checks the address of the other side. Without TLS everybody on the way could read orders, so plain HTTP is for one's
/// own network only; whether that may be called at all is the operator's choice, which the transport enforces.
fn base(text: &str, problems: &mut Vec<FieldError>) -> String {
    let at = format!("credentials/{BASE_URL}");
    if text.is_empty() {
        return String::new();
    }
    match endpoint::base(text) {
        Ok(base) if base.starts_with("http://") && !of_own_network(&base) => {
            let message =
                "the address has to start with https://; http:// is for systems in your own network";
            problems.push(FieldError::new(at, message));
            String::new()
        }
        Ok(base) => base,
        Err(message) => {
            problems.push(FieldError::new(at, message));
            String::new()
        }
    }
}

fn of_own_network(base: &str) -> bool {
    let uri: Result<http::Uri, _> = base.parse();
    let host = uri.ok().and_then(|uri| uri.host().map(str::to_owned));
    let host = host.unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    // A name without a dot, or below one of the names kept for this, is nobody's on the Internet.
    let local = [".test", ".localhost", ".internal", ".lan"];
    address.map_or(
        !host.contains('.') || local.iter().any(|end| host.ends_with(end)),
        crate::http::is_private,
    )
}

/// One system on the other side.
struct CustomConnection {
    api: Api,
    mode: WriteMode,
    currency: Option<Currency>,
    /// Which of its locations each of the hub's feeds.
    places: PlaceMap,
}

impl Connection for CustomConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(async {
            let answer = self.api.call(&client::info()).await?;
            let info: wire::Info = answer.read(&client::INFO)?;
            if info.protocol != PROTOCOL {
                let message = format!(
                    "the other side speaks version {} of the protocol, this hub version {PROTOCOL}; bring the older one up to \
                     date",
                    info.protocol
                );
                return Err(answer.contract(&client::INFO, &message));
            }
            Ok(self.health(&info))
        })
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

impl CustomConnection {
    fn health(&self, info: &wire::Info) -> Health {
        let mut warnings = Vec::new();
        let mode = self.mode.name();
        if !info.write_modes.iter().any(|m| m == mode) {
            let known = info.write_modes.join(", ");
            warnings.push(format!(
                "quantities are to be written by `{mode}`, which the other side does not offer; set the option \
                 `write_mode` to one of: {known}"
            ));
        }
        if self.mode == WriteMode::Absolute {
            warnings.push(
                "quantities are overwritten, so scarce units have to go through zero to move; let the other side compare \
                 and set `write_mode` to compare_and_set"
                    .to_owned(),
            );
        }
        if let (Some(ours), Some(theirs)) = (self.currency, &info.currency)
            && ours.code() != theirs
        {
            warnings.push(format!(
                "prices are in {theirs} there and in {} here; set the option `currency` to {theirs}",
                ours.code()
            ));
        }
        let unknown = self
            .places
            .theirs()
            .find(|id| !info.locations.iter().any(|l| l.id == *id));
        if let Some(unknown) = unknown {
            warnings.push(format!(
                "the other side has no location `{unknown}`, so what is mapped to it is not offered; correct `location_map` or \
                 `default_location`"
            ));
        }
        let places = match info.locations.len() {
            0 => String::new(),
            1 => ", one location".to_owned(),
            many => format!(", {many} locations"),
        };
        Health {
            summary: format!("Answered as {}{places}.", api::clean(&info.name)),
            warnings,
        }
    }
}

#[cfg(test)]
mod tests;
