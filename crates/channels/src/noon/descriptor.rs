//! Noon described: what it can do, what it asks for, how late it may be.

use std::time::Duration;

use stockbridge_domain::channel::{
    Capability, CredentialField, DataKind, Descriptor, Marketplace, OptionField, OptionKind, Schedule,
    Timing, WriteMode, options,
};

use super::client;

pub(super) const SERVICE_ACCOUNT: &str = "service_account";
pub(super) const API_KEY: &str = "api_key";
pub(super) const API_SECRET: &str = "api_secret";

/// Option: the seller's warehouses at Noon.
pub(super) const WAREHOUSE_CODE: &str = "warehouse_code";
/// Option: SKUs, where the catalogue cannot be exported.
pub(super) const LISTING_SKUS: &str = "listing_skus";
/// Option: the service that exports catalogues.
pub(super) const EXPORT_PREFIX: &str = "export_prefix";
/// Option: how long an order is read again.
pub(super) const OPEN_DAYS: &str = "open_days";
/// Option: how calls prove who we are.
pub(super) const SIGNING: &str = "signing";
const SIGNINGS: [&str; 2] = ["service_account", "legacy"];

/// Options of every channel with locations.
pub(super) const MAPPING: [&str; 2] = [options::LOCATION_MAP, options::DEFAULT_LOCATION];

/// The endpoint that may be replaced.
pub(super) const API: &str = "api";
pub(super) const GATEWAY: &str = "https://noon-api-gateway.noon.partners";
/// Named by the older documents; no client that works uses it.
pub(super) const LEGACY_BASE: &str = "https://api.noon.partners/v1";

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

pub(super) static DESCRIPTOR: Descriptor = Descriptor {
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
    reports: &[],
};
