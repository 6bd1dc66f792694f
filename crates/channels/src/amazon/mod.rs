//! Amazon, by the Selling Partner API: orders 2026-01-01, listings 2021-08-01, shipment confirmation (orders v0),
//! FBA inventory v1, feeds 2021-06-30, finances 2024-06-19.
//!
//! | file | what |
//! | --- | --- |
//! | `marketplaces` | country sites, and reading what a person typed |
//! | `operations` | the table of operations: path, model, plan, effect, bounds; nothing else can be asked |
//! | `client` | pure request builders |
//! | `descriptor` | Amazon described as data |
//! | `decimal` | amounts, digit by digit |
//! | `api` | the signed-in caller |
//! | `aws` | queues and roles of AWS, and its signatures |
//! | `consent` | signing in at Seller Central, and how long what was agreed to lasts |
//! | `error` | Amazon's errors as faults |
//! | `feeds`, `documents` | very many quantities as one file, and what came of each |
//! | `finance` | what money moved |
//! | `reports` | reports that are asked for, and their files |
//! | `settlements` | what Amazon paid, from its reports |
//! | `warehouse` | what lies in Amazon's warehouses |
//! | `signing` | signatures Amazon ignores, for those who still send them |
//! | `sandbox` | every documented case of Amazon's sandbox, asked and compared |
//! | `notifications`, `envelope`, `queue` | what Amazon sends by itself, how it is read, and the queue it lies in |
//! | `wire` | Amazon's JSON, only the fields used |
//! | `orders`, `listings`, `writes` | wire to domain, and the port's traits |
//!
//! Facts that shape it: one bearer token per seller and region and no AWS signature; `searchOrders` may be called about
//! once in three minutes; `ACCEPTED` is not "applied"; Amazon lowers quantities by itself when it sells.

mod api;
mod aws;
mod client;
mod consent;
mod decimal;
mod descriptor;
mod documents;
mod envelope;
mod error;
mod feeds;
mod finance;
mod listings;
mod marketplaces;
mod notifications;
mod operations;
mod orders;
mod queue;
mod reports;
mod sandbox;
mod settlements;
mod signing;
mod warehouse;
mod wire;
mod writes;

use std::collections::BTreeMap;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BulkStockSink, Channel, ChannelError, CheckedAccount, Connection, Consent,
    Descriptor, FinanceSource, FulfilmentSink, Health, Io, ListingSource, Mailbox, OrderSource, PriceSink,
    ReportSource, SecretText, SettlementSource, StockSink, Term, Tool, WarehouseSource, options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::lwa::{self, Grant};
use crate::auth::session::Sessions;
use crate::check;
use api::Api;
use descriptor::{API, BULK_FROM, COUNTRY, DESCRIPTOR, LWA, SANDBOX, amazons_own_forms};

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
        queue::check(&draft.credentials, &draft.options, &mut problems);
        signing::check(&draft.credentials, &draft.options, &mut problems);
        reports::check(&draft.options, &mut problems);
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
        let parts = queue::Parts {
            credentials: &account.credentials,
            options: &account.options,
            endpoints: &endpoints,
            sessions: &self.sessions,
            account: account.account,
            io: &io,
        };
        let (post, signer) = (queue::open(&parts), signing::open(&parts, main.region));
        Ok(Box::new(AmazonConnection {
            post,
            api: Api {
                session: grant.session(&self.sessions, account.account),
                base: address(API, own),
                signer,
                account: account.account,
                io,
                grant,
            },
            seller_id: credential("seller_id").expose().to_owned(),
            marketplaces: account.checked.marketplaces,
            main,
            bulk_from: bulk_from(&account.options),
            fbm_only: options::flag(&account.options, options::FBM_ONLY),
        }))
    }
}

/// From how many waiting quantities on a feed is worth it for an account.
fn bulk_from(given: &BTreeMap<String, serde_json::Value>) -> usize {
    match options::seconds(given, BULK_FROM).map(|number| number.as_secs()) {
        None => feeds::WORTH_FROM,
        Some(0) => usize::MAX,
        Some(number) => usize::try_from(number).unwrap_or(usize::MAX),
    }
}

/// One seller in one region, signed in when needed.
struct AmazonConnection {
    api: Api,
    seller_id: String,
    /// Ids of the account's marketplaces.
    marketplaces: Vec<String>,
    /// The first of them: its currency and prices are the account's.
    main: &'static stockbridge_domain::channel::Marketplace,
    /// From how many waiting quantities on a feed is made of them.
    bulk_from: usize,
    /// Whether orders shipped by Amazon are left out.
    fbm_only: bool,
    /// The queue Amazon writes into, if the account has one.
    post: Option<queue::Post>,
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

    fn bulk(&self) -> Option<&dyn BulkStockSink> {
        Some(self)
    }

    fn prices(&self) -> Option<&dyn PriceSink> {
        Some(self)
    }

    fn fulfilment(&self) -> Option<&dyn FulfilmentSink> {
        Some(self)
    }

    fn warehouse(&self) -> Option<&dyn WarehouseSource> {
        // Who ships everything oneself need not give the application the role for it.
        (!self.fbm_only).then_some(self as &dyn WarehouseSource)
    }

    fn finance(&self) -> Option<&dyn FinanceSource> {
        Some(self)
    }

    fn reports(&self) -> Option<&dyn ReportSource> {
        Some(self)
    }

    fn settlements(&self) -> Option<&dyn SettlementSource> {
        Some(self)
    }

    fn mailbox(&self) -> Option<&dyn Mailbox> {
        self.post.as_ref().map(|_| self as &dyn Mailbox)
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
