//! Amazon described as data: what connects an account, its settings, and the forms Amazon gives its credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::FieldError;
use stockbridge_domain::channel::{
    Capability, CredentialField, DataKind, Descriptor, OptionField, OptionKind, Schedule, SecretText, Timing,
    WriteMode, options,
};

use super::{marketplaces, operations, queue, reports, signing};

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

/// Option: from how many waiting quantities on a feed is made of them.
pub(super) const BULK_FROM: &str = "bulk_from";

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

/// Settings only Amazon has.
static OPTIONS: [OptionField; 11] = [
    option(
        SANDBOX,
        "Sandbox",
        "talk to Amazon's sandbox with a sandbox application's credentials: answers are canned and nothing is sold",
        OptionKind::Flag,
    ),
    option(
        DRAFT_APPLICATION,
        "Draft application",
        "true while the application is a draft in the Solution Provider Portal, so that sellers can sign in with it for tests",
        OptionKind::Flag,
    ),
    option(
        BULK_FROM,
        "Quantities of a feed",
        "from so many waiting quantities on they are handed in as a feed; 5000 unless given, 0 never",
        OptionKind::Number,
    ),
    option(
        queue::QUEUE_URL,
        "Queue",
        "address of the SQS queue Amazon writes notifications into; without one, orders are read on schedule alone",
        OptionKind::Text,
    ),
    option(
        queue::QUEUE_REGION,
        "Queue's region",
        "only where the queue's address does not name it, such as eu-west-1",
        OptionKind::Text,
    ),
    option(
        queue::QUEUE_ROLE,
        "Role to read the queue",
        "arn:aws:iam::123456789012:role/name, where the queue is read with a role rather than with the user's own rights",
        OptionKind::Text,
    ),
    option(
        queue::BRIDGE_ACCOUNT,
        "EventBridge account",
        "number of the AWS account whose EventBridge passes on what Amazon sends nowhere else: changes of listings",
        OptionKind::Text,
    ),
    option(
        queue::FOLLOW_OFFERS,
        "Follow offers",
        "true to hear of every change of every offer on your products",
        OptionKind::Flag,
    ),
    option(
        options::REPORTS,
        "Reports every day",
        "their names with commas between them, such as GET_MERCHANT_LISTINGS_ALL_DATA; each is asked for once a day",
        OptionKind::Text,
    ),
    option(
        signing::SIGN,
        "Sign requests",
        "true to sign requests as before October 2023; Amazon ignores it",
        OptionKind::Flag,
    ),
    option(
        signing::ROLE,
        "Role to sign with",
        "arn:aws:iam::123456789012:role/name; only with signed requests",
        OptionKind::Text,
    ),
];

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
        Capability::Finance,
        Capability::Reports,
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
        CredentialField {
            secret: false,
            required: false,
            ..secret(
                queue::KEY_ID,
                "AWS access key id",
                "only with a queue: AWS IAM, the user that may read the queue, Security credentials",
            )
        },
        CredentialField {
            required: false,
            ..secret(
                queue::KEY_SECRET,
                "AWS secret access key",
                "shown once beside the access key id when it is made",
            )
        },
    ],
    tokens: &[],
    options: &OPTIONS,
    marketplaces: &marketplaces::MARKETPLACES,
    endpoints: &[API, LWA, SELLER_CENTRAL, queue::SQS, queue::STS],
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
        Schedule {
            kind: DataKind::Finance,
            every: Duration::from_secs(86_400),
        },
        Schedule {
            kind: DataKind::Reports,
            every: Duration::from_secs(86_400),
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
    reports: reports::KINDS,
};

/// The forms Amazon gives its credentials. Checked against Amazon itself only: a simulator may use others.
pub(super) fn amazons_own_forms(credentials: &BTreeMap<String, SecretText>, problems: &mut Vec<FieldError>) {
    let mut refuse = |name: &str, wrong: &dyn Fn(&str) -> bool, message: &str| {
        let text = credentials.get(name).map(SecretText::expose).unwrap_or_default();
        if !text.is_empty() && wrong(text) {
            problems.push(FieldError::new(format!("credentials/{name}"), message));
        }
    };
    refuse(
        "client_id",
        &|t| !t.starts_with("amzn1.application-oa2-client."),
        "an LWA client id starts with `amzn1.application-oa2-client.`; copy it from the Solution Provider Portal (the \
         application id `amzn1.sellerapps…` is another thing)",
    );
    refuse(
        APPLICATION_ID,
        &|t| !t.starts_with("amzn1.sellerapps.app."),
        "an application id starts with `amzn1.sellerapps.app.`; copy it from the Solution Provider Portal (the LWA client \
         id `amzn1.application-oa2-client…` is another thing)",
    );
    refuse(
        "refresh_token",
        &|t| !t.starts_with("Atzr|") || t.len() > 2048,
        "a refresh token starts with `Atzr|` and has at most 2048 characters; authorise the application again and copy \
         the whole token (`Atza|` is an access token, which lives one hour only)",
    );
    refuse(
        "seller_id",
        &|t| {
            let form = (10..=20).contains(&t.len()) && t.starts_with('A');
            !form || !t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        },
        "a seller id is 10 to 20 capital letters and digits and starts with `A`; find it in Seller Central under \
         Account Info, Your Merchant Token",
    );
}
