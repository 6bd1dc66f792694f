//! Amazon, by the Selling Partner API: orders 2026-01-01, listings 2021-08-01, shipment confirmation (orders v0).
//!
//! | file | what |
//! | --- | --- |
//! | `marketplaces` | country sites, and reading what a person typed |
//! | `operations` | the table of operations: path, model, plan, effect, bounds; nothing else can be asked |
//! | `client` | pure request builders |
//! | `decimal` | amounts, digit by digit |
//! | `api` | the signed-in caller |
//! | `consent` | signing in at Seller Central, and how long what was agreed to lasts |
//! | `error` | Amazon's errors as faults |
//! | `sandbox` | every documented case of Amazon's sandbox, asked and compared |
//! | `wire` | Amazon's JSON, only the fields used |
//! | `orders`, `listings`, `writes` | wire to domain, and the port's traits |
//!
//! Facts that shape it: one bearer token per seller and region and no AWS signature; `searchOrders` may be called about
//! once in three minutes; `ACCEPTED` is not "applied"; Amazon lowers quantities by itself when it sells.

mod api;
mod client;
mod consent;
mod decimal;
mod error;
mod listings;
mod marketplaces;
mod operations;
mod orders;
mod sandbox;
mod wire;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Capability, Channel, ChannelError, CheckedAccount, Connection, Consent,
    CredentialField, DataKind, Descriptor, FulfilmentSink, Health, Io, ListingSource, OptionField,
    OptionKind, OrderSource, PriceSink, Schedule, SecretText, StockSink, Term, Timing, Tool, WriteMode,
    options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::lwa::{self, Grant};
use crate::auth::session::Sessions;
use crate::check;
use api::Api;

/// Endpoint: the Selling Partner API.
const API: &str = "api";
/// Endpoint: Login with Amazon.
const LWA: &str = "lwa";
/// Option: the account talks to Amazon's sandbox, where nothing is real.
const SANDBOX: &str = "sandbox";
/// Endpoint: Seller Central, where sellers agree.
const SELLER_CENTRAL: &str = "seller_central";
/// Credential: the id of the application in Amazon's portal, which signing in needs.
const APPLICATION_ID: &str = "application_id";
/// Option: the application is a draft, so that its consent page is the one for tests.
const DRAFT_APPLICATION: &str = "draft_application";
/// Option: the country the marketplaces are meant to include, as a check against mistaken ids.
const COUNTRY: &str = "country";

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

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "amazon",
    label: "Amazon",
    summary: "Sell on Amazon's country sites with stock you ship yourself; what Amazon ships is shown beside it.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
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
    ],
    marketplaces: &marketplaces::MARKETPLACES,
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

/// The Amazon channel; holds the access tokens of all its accounts.
#[derive(Debug, Default)]
pub struct Amazon {
    sessions: Sessions,
}

impl Channel for Amazon {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        if draft.endpoints.is_empty() {
            amazons_own_forms(&draft.credentials, &mut problems);
        }
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check::options(&DESCRIPTOR, &draft.options, &[COUNTRY], &mut problems);
        let country = draft.options.get(COUNTRY).map(|c| c.as_str().unwrap_or_default());
        let chosen = marketplaces::choose(&draft.marketplaces, country, &mut problems);
        let seller = draft
            .credentials
            .get("seller_id")
            .map(SecretText::expose)
            .unwrap_or_default();
        let sandbox = options::flag(&draft.options, SANDBOX);
        match chosen.first() {
            Some(first) if problems.is_empty() => Ok(CheckedAccount {
                external_id: format!(
                    "{seller}@{}{}",
                    first.region,
                    if sandbox { "/sandbox" } else { "" }
                ),
                marketplaces: chosen.iter().map(|m| m.id.to_owned()).collect(),
                currency: Currency::parse(first.currency).ok(),
            }),
            _ => Err(problems),
        }
    }

    fn tools(&self) -> &[&dyn Tool] {
        &[&sandbox::SandboxCheck]
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }

    fn terms(&self) -> &'static [Term] {
        &consent::TERMS
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let endpoints = check::endpoints(&DESCRIPTOR, &account.endpoints, &mut problems);
        let sites = marketplaces::choose(&account.checked.marketplaces, None, &mut problems);
        let Some(main) = sites.first().filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        let credential = |name: &str| {
            account
                .credentials
                .get(name)
                .cloned()
                .unwrap_or_else(|| SecretText::new(""))
        };
        let address = |name: &str, own: &str| endpoints.get(name).map_or(own, String::as_str).to_owned();
        let own = if options::flag(&account.options, SANDBOX) {
            marketplaces::sandbox(main.region)
        } else {
            marketplaces::endpoint(main.region)
        };
        let grant = Grant {
            base: address(LWA, lwa::DEFAULT_BASE),
            client_id: credential("client_id"),
            client_secret: credential("client_secret"),
            refresh_token: credential("refresh_token"),
        };
        Ok(Box::new(AmazonConnection {
            api: Api {
                session: grant.session(&self.sessions, account.account),
                base: address(API, own),
                account: account.account,
                io,
                grant,
            },
            seller_id: credential("seller_id").expose().to_owned(),
            marketplaces: account.checked.marketplaces,
            main,
            fbm_only: options::flag(&account.options, options::FBM_ONLY),
        }))
    }
}

/// The forms Amazon gives its credentials. Checked against Amazon itself only: a simulator may use others.
fn amazons_own_forms(credentials: &BTreeMap<String, SecretText>, problems: &mut Vec<FieldError>) {
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

/// One seller in one region, signed in when needed.
struct AmazonConnection {
    api: Api,
    seller_id: String,
    /// Ids of the account's marketplaces.
    marketplaces: Vec<String>,
    /// The first of them: its currency and prices are the account's.
    main: &'static stockbridge_domain::channel::Marketplace,
    /// Whether orders shipped by Amazon are left out.
    fbm_only: bool,
}

impl Connection for AmazonConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(async {
            let participations = self.api.ask(&client::get_marketplace_participations()).await?;
            Ok(self.health(&participations.payload))
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
}

impl AmazonConnection {
    fn health(&self, participations: &[wire::Participation]) -> Health {
        let mut warnings = Vec::new();
        let mut stores: Vec<&str> = Vec::new();
        let mut sites = Vec::new();
        for id in &self.marketplaces {
            let code = marketplaces::find(id).map_or(id.as_str(), |m| m.code);
            let Some(found) = participations
                .iter()
                .find(|p| p.marketplace.id == *id && p.participation.is_participating)
            else {
                warnings.push(format!(
                    "the seller does not take part in {code}; join it in Seller Central or remove {code} from this account"
                ));
                continue;
            };
            sites.push(code);
            let store = found.store_name.as_deref().unwrap_or_default();
            if !store.is_empty() && !stores.contains(&store) {
                stores.push(store);
            }
            if found.participation.has_suspended_listings {
                warnings.push(format!(
                    "listings in {code} are inactive (vacation or suspended); set them active in Seller Central, Account Info"
                ));
            }
        }
        let store = if stores.is_empty() {
            "a store without a name".to_owned()
        } else {
            stores.join(", ")
        };
        let sites = if sites.is_empty() {
            "none of the account's marketplaces".to_owned()
        } else {
            sites.join(", ")
        };
        Health {
            summary: format!(
                "Signed in as {store}, seller {}, taking part in {sites}.",
                self.seller_id
            ),
            warnings,
        }
    }
}

#[cfg(test)]
mod tests;
