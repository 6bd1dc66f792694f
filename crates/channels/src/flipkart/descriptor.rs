//! Flipkart described: what it can do, what it asks for, how late it may be.

use std::time::Duration;

use stockbridge_domain::channel::{
    Capability, CredentialField, DataKind, Descriptor, Marketplace, OptionField, OptionKind, Schedule,
    Timing, WriteMode, options,
};

use super::client;

pub(super) const APP_ID: &str = "app_id";
pub(super) const APP_SECRET: &str = "app_secret";
pub(super) const SELLER_ID: &str = "seller_id";
/// Comes with the sign-in.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

/// Option: ids of the seller's locations, which the public reference has no call for.
pub(super) const LOCATION_IDS: &str = "location_ids";
/// Option: talk to the sandbox.
pub(super) const SANDBOX: &str = "sandbox";
/// Option: hours a label is good for.
pub(super) const LABEL_HOURS: &str = "label_hours";
/// Option: days a parcel of the seller's own courier takes.
pub(super) const DELIVERY_DAYS: &str = "delivery_days";
/// Option: the word for cancellations that are not for lack of goods.
pub(super) const CANCEL_REASON: &str = "cancel_reason";

/// Options of every channel with locations.
pub(super) const MAPPING: [&str; 2] = [options::LOCATION_MAP, options::DEFAULT_LOCATION];

/// The endpoint that may be replaced.
pub(super) const API: &str = "api";
pub(super) const PRODUCTION: &str = "https://api.flipkart.net";
pub(super) const SANDBOX_BASE: &str = "https://sandbox-api.flipkart.net";

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

pub(super) static DESCRIPTOR: Descriptor = Descriptor {
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
            options::AUTODISPATCH,
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
        Schedule {
            kind: DataKind::Returns,
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
    reports: &[],
};
