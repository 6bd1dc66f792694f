//! Amazon, described: what it asks for, what it can do, how late it may be; names of its endpoints and options.

use std::time::Duration;

use stockbridge_domain::channel::{
    Capability, CredentialField, DataKind, Descriptor, OptionField, OptionKind, Schedule, Timing, WriteMode,
};

use super::marketplaces::MARKETPLACES;
use super::operations;

/// Endpoint: the Selling Partner API.
pub(super) const API: &str = "api";
/// Endpoint: Login with Amazon.
pub(super) const LWA: &str = "lwa";
/// Option: the account talks to Amazon's sandbox, where nothing is real.
pub(super) const SANDBOX: &str = "sandbox";
/// Endpoint: Seller Central, where sellers agree.
pub(super) const SELLER_CENTRAL: &str = "seller_central";
/// Credential: the id of the application in Amazon's portal, which signing in needs.
pub(super) const APPLICATION_ID: &str = "application_id";
/// Option: the application is a draft, so that its consent page is the one for tests.
pub(super) const DRAFT_APPLICATION: &str = "draft_application";
/// Option: from how many waiting quantities on a feed is made of them.
pub(super) const BULK_FROM: &str = "bulk_from";
/// Option: the country the marketplaces are meant to include, as a check against mistaken ids.
pub(super) const COUNTRY: &str = "country";

const fn secret(name: &'static str, label: &'static str, help: &'static str) -> CredentialField {
    CredentialField {
        name,
        label,
        help,
        secret: true,
        required: true,
        multiline: false,
    }
}

/// Amazon, described.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    kind: "amazon",
    label: "Amazon",
    summary: "Sell on Amazon's country sites with stock you ship yourself; what Amazon ships is shown beside it.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
        Capability::Warehouse,
    ],
    credentials: &[
        CredentialField {
            secret: false,
            ..secret(
                "client_id",
                "LWA client id",
                "Solution Provider Portal, your application, View (LWA credentials)",
            )
        },
        secret(
            "client_secret",
            "LWA client secret",
            "shown beside the client id; Amazon lets it expire after 180 days",
        ),
        secret(
            "refresh_token",
            "Refresh token",
            "Solution Provider Portal, your application, Authorise",
        ),
        CredentialField {
            secret: false,
            ..secret(
                "seller_id",
                "Seller id",
                "Seller Central, Account Info, Your Merchant Token",
            )
        },
        CredentialField {
            secret: false,
            required: false,
            ..secret(
                APPLICATION_ID,
                "Application id",
                "only to sign in at Seller Central: Solution Provider Portal, your application; it starts with amzn1.sellerapps.app",
            )
        },
    ],
    tokens: &[],
    options: &[
        OptionField {
            name: SANDBOX,
            label: "Sandbox",
            help: "talk to Amazon's sandbox with a sandbox application's credentials: answers are canned and nothing is sold",
            kind: OptionKind::Flag,
            required: false,
        },
        OptionField {
            name: DRAFT_APPLICATION,
            label: "Draft application",
            help: "true while the application is a draft in the Solution Provider Portal, so that sellers can sign in with it for tests",
            kind: OptionKind::Flag,
            required: false,
        },
        OptionField {
            name: BULK_FROM,
            label: "Quantities of a feed",
            help: "from so many waiting quantities on they are handed in as a feed; 5000 unless given, 0 never",
            kind: OptionKind::Number,
            required: false,
        },
    ],
    marketplaces: &MARKETPLACES,
    endpoints: &[API, LWA, SELLER_CENTRAL],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(900),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(21_600),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(900),
        },
        Schedule {
            kind: DataKind::Warehouse,
            every: Duration::from_secs(3_600),
        },
    ],
    buckets: operations::BUCKETS,
    timing: Timing {
        order_visibility: Duration::from_secs(300),
        write_apply: Duration::from_secs(1800),
    },
    write_mode: WriteMode::Absolute,
    write_batch: 5,
    read_batch: 20,
    remote: true,
};
