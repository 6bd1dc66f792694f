//! What a person typed for an account: who it is, where it sells, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::FieldError;
use stockbridge_domain::channel::{AccountConfig, Marketplace, SecretText, options};

use super::descriptor::{
    API_KEY, API_SECRET, DESCRIPTOR, EXPORT_PREFIX, LISTING_SKUS, MAPPING, OPEN_DAYS, SERVICE_ACCOUNT,
    SIGNING, WAREHOUSE_CODE,
};
use super::key::KeyFile;
use super::legacy::LegacyKey;
use super::table;
use crate::check;

/// Who the account says it is.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each connection, which is boxed itself"
)]
pub(super) enum Identity {
    Service(KeyFile),
    Legacy(LegacyKey),
}

impl Identity {
    /// What tells the account from every other.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Service(key) => key.project_code(),
            Self::Legacy(key) => key.key.as_str(),
        }
    }
}

/// Reads the secrets that the way of signing asks for.
pub(super) fn identity(
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

/// The countries a person named.
pub(super) fn marketplaces(given: &[String], problems: &mut Vec<FieldError>) -> Vec<&'static Marketplace> {
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

/// Checks the options of an account.
pub(super) fn check_options(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) {
    check::options(&DESCRIPTOR, given, &MAPPING, problems);
    check::location_map(given, problems);
    check::within(given, OPEN_DAYS, 1..=90, problems);
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
pub(super) struct Settings {
    /// Countries, the first being the one whose prices are shown.
    pub(super) countries: Vec<&'static Marketplace>,
    pub(super) warehouses: Vec<String>,
    pub(super) default_warehouse: Option<String>,
    /// SKUs as typed; empty where the catalogue is exported.
    pub(super) skus: Vec<String>,
    /// With a slash before it, or empty.
    pub(super) export_prefix: String,
    pub(super) open: Duration,
}

impl Settings {
    pub(super) fn of(account: &AccountConfig) -> Self {
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
