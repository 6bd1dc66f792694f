//! Noon: the marketplace of the Emirates, Saudi Arabia and Egypt, by its Partners API. `docs/channels/noon.md` is the
//! merchant's guide.
//!
//! | file | what |
//! | --- | --- |
//! | `key` | the service account's key file, and the token signed with it |
//! | `login` | signing in: cookies that are renewed |
//! | `legacy` | the signing scheme of the older documents, for the simulator |
//! | `client` | operations, their budgets, pure request builders |
//! | `api` | the caller of one account, and errors as faults |
//! | `wire` | Noon's JSON |
//! | `orders` | orders, listed by creation alone |
//! | `units` | the single units an order is made of, grouped into lines |
//! | `listings` | the catalogue by export or by typed SKUs, looked up one by one |
//! | `table` | comma-separated tables |
//! | `writes` | quantities and prices |
//! | `parcels` | air waybills, shipments and units out of stock |
//! | `label` | a label with the waybill's number in bars |
//! | `events` | messages with a secret of ours |
//!
//! What shapes it: orders can be asked for by creation only and carry no instant of change, so open ones are read again
//! until they are finished; each unit of an order is an item of its own; quantities are overwritten, warehouse by
//! warehouse; there is no list of listings; and messages carry ids alone, under a static secret.

mod api;
mod client;
mod events;
mod key;
mod label;
mod legacy;
mod listings;
mod login;
mod orders;
mod parcels;
mod table;
mod units;
mod wire;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Capability, Channel, ChannelError, CheckedAccount, Connection,
    CredentialField, DataKind, Descriptor, EventSource, FulfilmentSink, Health, Io, ListingSource,
    Marketplace, OptionField, OptionKind, OrderSource, PaperSource, PriceSink, Schedule, SecretText,
    StockSink, Timing, WriteMode, options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::session::Sessions;
use crate::check;
use api::{Api, Signing};
use key::KeyFile;
use legacy::LegacyKey;
use parcels::WaybillPool;

const SERVICE_ACCOUNT: &str = "service_account";
const API_KEY: &str = "api_key";
const API_SECRET: &str = "api_secret";

/// Option: the seller's warehouses at Noon.
const WAREHOUSE_CODE: &str = "warehouse_code";
/// Option: SKUs, where the catalogue cannot be exported.
const LISTING_SKUS: &str = "listing_skus";
/// Option: the service that exports catalogues.
const EXPORT_PREFIX: &str = "export_prefix";
/// Option: how long an order is read again.
const OPEN_DAYS: &str = "open_days";
/// Option: how calls prove who we are.
const SIGNING: &str = "signing";
const SIGNINGS: [&str; 2] = ["service_account", "legacy"];

const OPTIONS: [&str; 7] = [
    WAREHOUSE_CODE,
    LISTING_SKUS,
    EXPORT_PREFIX,
    OPEN_DAYS,
    SIGNING,
    options::LOCATION_MAP,
    options::DEFAULT_LOCATION,
];

/// The endpoint that may be replaced.
const API: &str = "api";
const GATEWAY: &str = "https://noon-api-gateway.noon.partners";
/// Named by the older documents; no client that works uses it.
const LEGACY_BASE: &str = "https://api.noon.partners/v1";

const fn credential(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    multiline: bool,
) -> CredentialField {
    CredentialField {
        name,
        label,
        help,
        secret: true,
        required: false,
        multiline,
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

const fn country(
    code: &'static str,
    name: &'static str,
    currency: &'static str,
    time_zone: &'static str,
) -> Marketplace {
    Marketplace {
        code,
        id: code,
        name,
        currency,
        region: "me",
        time_zone,
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "noon",
    label: "Noon",
    summary: "The marketplace of the Emirates, Saudi Arabia and Egypt: orders you ship from your own warehouse (FBPI), stock and prices.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
        Capability::Events,
        Capability::Cancellations,
        Capability::Papers,
    ],
    credentials: &[
        credential(
            SERVICE_ACCOUNT,
            "Service account",
            "the whole JSON file that the partner portal gives when a key of the service account is made; paste it as it is",
            true,
        ),
        credential(
            API_KEY,
            "API key (legacy)",
            "only for the option `signing` = legacy",
            false,
        ),
        credential(
            API_SECRET,
            "API secret (legacy)",
            "only for the option `signing` = legacy",
            false,
        ),
    ],
    tokens: &[],
    options: &[
        option(
            WAREHOUSE_CODE,
            "Warehouse codes",
            "codes of the warehouses you ship from, separated by commas, such as W00123456A; testing the connection names them",
            OptionKind::Text,
        ),
        option(
            LISTING_SKUS,
            "SKUs",
            "your SKUs at Noon (partner_sku), separated by commas or line breaks, or a table whose column is called partner_sku; without it the catalogue is exported",
            OptionKind::Text,
        ),
        option(
            EXPORT_PREFIX,
            "Export service",
            "the part of the address before /v1/export, which Noon does not publish; ask its support where exports are answered with \"not found\"",
            OptionKind::Text,
        ),
        option(
            OPEN_DAYS,
            "Days an order stays open",
            "for so many days after an order was placed, its state is read again; 21 unless you say otherwise",
            OptionKind::Number,
        ),
        option(
            SIGNING,
            "Signing",
            "service_account, which works; legacy is the scheme of older documents and answered by the simulator alone",
            OptionKind::Choice(&SIGNINGS),
        ),
    ],
    marketplaces: &[
        country("AE", "United Arab Emirates", "AED", "Asia/Dubai"),
        country("SA", "Saudi Arabia", "SAR", "Asia/Riyadh"),
        country("EG", "Egypt", "EGP", "Africa/Cairo"),
    ],
    endpoints: &[API],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(180),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(43_200),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(1_800),
        },
    ],
    buckets: &client::BUCKETS,
    // Noon publishes neither. Orders are listed by creation and fire an event at once; `stock-update` answers line by line,
    // and how soon the shop follows is not said. A quarter and half an hour leave room for a bad day.
    timing: Timing {
        order_visibility: Duration::from_secs(900),
        write_apply: Duration::from_secs(1_800),
    },
    write_mode: WriteMode::Absolute,
    write_batch: client::BATCH,
    read_batch: client::READ_BATCH,
    remote: true,
};

/// The Noon channel, with the cookies of all its accounts and the air waybills they have in reserve.
#[derive(Debug, Default)]
pub struct Noon {
    sessions: Sessions,
    waybills: Arc<WaybillPool>,
}

impl Channel for Noon {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check_options(&draft.options, &mut problems);
        let markets = marketplaces(&draft.marketplaces, &mut problems);
        let identity = identity(&draft.credentials, &draft.options, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let currency = markets
            .first()
            .and_then(|market| Currency::parse(market.currency).ok());
        Ok(CheckedAccount {
            external_id: identity
                .map(|identity| identity.name().to_owned())
                .unwrap_or_default(),
            marketplaces: markets.iter().map(|market| market.id.to_owned()).collect(),
            currency,
        })
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let mut endpoints = check::endpoints(&DESCRIPTOR, &account.endpoints, &mut problems);
        let identity = identity(&account.credentials, &account.options, &mut problems);
        let (Some(identity), true) = (identity, problems.is_empty()) else {
            return Err(problems);
        };
        let (own, signing) = match identity {
            Identity::Service(key) => {
                let session = self
                    .sessions
                    .of(account.account, &[key.key_id(), key.private_key()]);
                (GATEWAY, Signing::Service { key, session })
            }
            Identity::Legacy(key) => (LEGACY_BASE, Signing::Legacy(key)),
        };
        Ok(Box::new(NoonConnection {
            settings: Settings::of(&account),
            webhook_key: account.webhook_key,
            waybills: self.waybills.clone(),
            api: Api {
                io,
                account: account.account,
                base: endpoints.remove(API).unwrap_or_else(|| own.to_owned()),
                signing,
            },
        }))
    }
}

/// Who the account says it is.
enum Identity {
    Service(KeyFile),
    Legacy(LegacyKey),
}

impl Identity {
    /// What tells the account from every other.
    fn name(&self) -> &str {
        match self {
            Self::Service(key) => key.project_code(),
            Self::Legacy(key) => key.key.as_str(),
        }
    }
}

/// Reads the secrets that the way of signing asks for.
fn identity(
    given: &BTreeMap<String, SecretText>,
    options: &BTreeMap<String, Value>,
    problems: &mut Vec<FieldError>,
) -> Option<Identity> {
    let text = |name: &str| {
        let value = given.get(name).map(SecretText::expose);
        value.filter(|text| !text.trim().is_empty())
    };
    if options.get(SIGNING).and_then(Value::as_str) == Some("legacy") {
        for name in [API_KEY, API_SECRET] {
            if text(name).is_none() {
                let message = "is missing; the option `signing` = legacy signs with it";
                problems.push(FieldError::new(format!("credentials/{name}"), message));
            }
        }
        return Some(Identity::Legacy(LegacyKey {
            key: text(API_KEY)?.to_owned(),
            secret: SecretText::new(text(API_SECRET)?),
        }));
    }
    let file = text(SERVICE_ACCOUNT);
    let read = file.map_or_else(
        || Err("is missing; paste the JSON file of the service account".to_owned()),
        KeyFile::read,
    );
    match read {
        Ok(key) => Some(Identity::Service(key)),
        Err(message) => {
            problems.push(FieldError::new(format!("credentials/{SERVICE_ACCOUNT}"), message));
            None
        }
    }
}

fn marketplaces(given: &[String], problems: &mut Vec<FieldError>) -> Vec<&'static Marketplace> {
    let mut found: Vec<&Marketplace> = Vec::new();
    for code in given {
        match DESCRIPTOR.marketplace(code) {
            Some(market) if found.contains(&market) => {}
            Some(market) => found.push(market),
            None => {
                let shown: String = code.chars().take(40).collect();
                let message = format!("`{shown}` is no country of Noon; it has AE, SA and EG");
                problems.push(FieldError::new("marketplaces", message));
            }
        }
    }
    if given.is_empty() {
        problems.push(FieldError::new(
            "marketplaces",
            "name the country of the store: AE, SA or EG",
        ));
    }
    found
}

fn check_options(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) {
    check::account_options(given, &OPTIONS, problems);
    check::location_map(given, problems);
    for name in [WAREHOUSE_CODE, LISTING_SKUS, EXPORT_PREFIX] {
        check::text_option(given, name, problems);
    }
    check::number_option(given, OPEN_DAYS, 1..=90, problems);
    let signing = given.get(SIGNING);
    if signing.is_some_and(|s| !s.as_str().is_some_and(|s| SIGNINGS.contains(&s))) {
        problems.push(FieldError::new(
            format!("options/{SIGNING}"),
            "write service_account or legacy",
        ));
    }
    let prefix = given
        .get(EXPORT_PREFIX)
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !prefix
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/'))
    {
        let message = "write one part of an address, such as catalog";
        problems.push(FieldError::new(format!("options/{EXPORT_PREFIX}"), message));
    }
}

/// The options of one account.
#[derive(Debug, Clone)]
struct Settings {
    /// Countries, the first being the one whose prices are shown.
    countries: Vec<&'static Marketplace>,
    warehouses: Vec<String>,
    default_warehouse: Option<String>,
    /// SKUs as typed; empty where the catalogue is exported.
    skus: Vec<String>,
    /// With a slash before it, or empty.
    export_prefix: String,
    open: Duration,
}

impl Settings {
    fn of(account: &AccountConfig) -> Self {
        let text = |name: &str| {
            account
                .options
                .get(name)
                .and_then(Value::as_str)
                .map_or("", str::trim)
        };
        let list = |text: &str| {
            let codes = text.split(',').map(|code| code.trim().to_owned());
            codes.filter(|code| !code.is_empty()).collect::<Vec<_>>()
        };
        let prefix = text(EXPORT_PREFIX).trim_matches('/');
        let days = options::seconds(&account.options, OPEN_DAYS).map_or(21, |days| days.as_secs());
        let default = text(options::DEFAULT_LOCATION);
        let warehouses = list(text(WAREHOUSE_CODE));
        let countries = account.checked.marketplaces.iter();
        Self {
            countries: countries
                .filter_map(|code| DESCRIPTOR.marketplace(code))
                .collect(),
            default_warehouse: Some(default.to_owned())
                .filter(|code| !code.is_empty())
                .or_else(|| warehouses.first().cloned()),
            warehouses,
            skus: table::skus(text(LISTING_SKUS)),
            export_prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("/{prefix}")
            },
            open: Duration::from_secs(days.saturating_mul(86_400)),
        }
    }
}

/// One seller at Noon.
struct NoonConnection {
    settings: Settings,
    webhook_key: SecretText,
    waybills: Arc<WaybillPool>,
    api: Api,
}

impl Connection for NoonConnection {
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

    fn papers(&self) -> Option<&dyn PaperSource> {
        Some(self)
    }
}

impl NoonConnection {
    async fn health(&self) -> Result<Health, ChannelError> {
        let answer = self.api.call(&client::whoami()).await?;
        let who: wire::Who = answer.read(&client::WHOAMI)?;
        let answer = self.api.call(&client::warehouses()).await?;
        let page: wire::Warehouses = answer.read(&client::WAREHOUSES)?;
        let mut warnings = Vec::new();
        let shown = |w: &wire::Warehouse| {
            let name = w
                .display_name
                .as_deref()
                .map(crate::plain::line)
                .unwrap_or_default();
            format!("{} ({name})", w.warehouse_code)
        };
        let known: Vec<String> = page
            .warehouses
            .iter()
            .filter(|w| w.is_active)
            .map(shown)
            .collect();
        let known = known.join(", ");
        if self.settings.warehouses.is_empty() {
            warnings.push(format!(
                "no warehouse is named, so orders and stock are not read; set the option `warehouse_code` to one of: {known}"
            ));
        }
        for code in &self.settings.warehouses {
            match page.warehouses.iter().find(|w| w.warehouse_code == *code) {
                Some(warehouse) if warehouse.is_active => {}
                Some(_) => warnings.push(format!("the warehouse `{code}` is switched off at Noon")),
                None if page.next_token.as_deref().is_some_and(|token| !token.is_empty()) => {}
                None => warnings.push(format!(
                    "Noon does not know the warehouse `{code}`; it knows: {known}"
                )),
            }
        }
        if matches!(self.api.signing, Signing::Legacy(_)) {
            warnings.push(
                "the legacy signing is answered by the simulator alone; use a service account".to_owned(),
            );
        }
        Ok(Health {
            summary: format!("Signed in at Noon as {}.", crate::plain::line(&who.username)),
            warnings,
        })
    }
}

#[cfg(test)]
mod tests;
