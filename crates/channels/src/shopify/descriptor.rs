//! What people are told and asked about this channel, and how late it may be.

use std::time::Duration;

use stockbridge_domain::channel::{
    Capability, CredentialField, DataKind, Descriptor, OptionField, OptionKind, Schedule, Timing, WriteMode,
};

use super::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, CURRENCY, NOTIFY, OTHER_SECRET, REFUND_CANCELLED, SHIP_UNPAID,
    SHOP, auth, client,
};

const fn credential(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    secret: bool,
    required: bool,
) -> CredentialField {
    CredentialField {
        name,
        label,
        help,
        secret,
        required,
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

const fn schedule(kind: DataKind, secs: u64) -> Schedule {
    Schedule {
        kind,
        every: Duration::from_secs(secs),
    }
}

pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    kind: "shopify",
    label: "Shopify",
    summary: "A shop on Shopify: orders, stock at each of its locations, prices, parcels, cancellations, returns and refunds.",
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
        credential(
            SHOP,
            "Shop",
            "the domain Shopify gave the shop, such as my-shop.myshopify.com; it is in the admin under Settings, Domains",
            false,
            true,
        ),
        credential(
            CLIENT_ID,
            "Client id",
            "of your app, in the Dev Dashboard under the app's Settings",
            false,
            false,
        ),
        credential(
            CLIENT_SECRET,
            "Client secret",
            "beside the client id; it also proves that webhooks come from Shopify",
            true,
            false,
        ),
        credential(
            OTHER_SECRET,
            "Other client secret",
            "only while you replace the client secret: the other one of the two, so that no webhook is lost",
            true,
            false,
        ),
        credential(
            ACCESS_TOKEN,
            "Access token",
            "only for apps whose token you were shown once (it begins with shpat_); leave it empty to sign in at Shopify",
            true,
            false,
        ),
    ],
    tokens: &[auth::OFFLINE_TOKEN, auth::OFFLINE_UNTIL, auth::REFRESH_TOKEN],
    options: &[
        option(
            CURRENCY,
            "Currency",
            "the shop's currency, so that a price in another one is refused early",
            OptionKind::Text,
        ),
        option(
            SHIP_UNPAID,
            "Ship unpaid orders",
            "for cash on delivery: orders whose payment is pending may be shipped",
            OptionKind::Flag,
        ),
        option(
            NOTIFY,
            "Let Shopify write to buyers",
            "Shopify sends its own mails about parcels and cancellations",
            OptionKind::Flag,
        ),
        option(
            REFUND_CANCELLED,
            "Refund cancelled orders",
            "calling an order off gives the money back to how it was paid",
            OptionKind::Flag,
        ),
    ],
    marketplaces: &[],
    endpoints: &[SHOP],
    schedules: &[
        schedule(DataKind::Orders, 120),
        schedule(DataKind::Listings, 6 * 3_600),
        schedule(DataKind::Inventory, 900),
        schedule(DataKind::Returns, 3_600),
    ],
    buckets: &client::BUCKETS,
    timing: Timing {
        // The list of orders is a search, whose index is behind by seconds and in bad hours by minutes; Shopify names no
        // bound. Ten minutes is the most that overlapping readers in the field allow for.
        order_visibility: Duration::from_secs(600),
        // A mutation answers after it is made. Only one without an answer is in doubt, for as long as Shopify may work
        // on it: its own limit for a request is below a minute.
        write_apply: Duration::from_secs(60),
    },
    write_mode: WriteMode::CompareAndSet,
    write_batch: 50,
    read_batch: client::VARIANTS_PAGE,
    remote: true,
    reports: &[],
};
