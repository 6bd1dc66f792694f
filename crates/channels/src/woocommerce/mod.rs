//! WooCommerce: a shop on the merchant's own WordPress, by its REST API `wc/v3`.
//!
//! | file | what |
//! | --- | --- |
//! | `address` | the shop's address as people type it |
//! | `consent` | keys handed over by the shop |
//! | `client` | operations, pure request builders |
//! | `api`, `error` | the signed caller, and errors as faults |
//! | `memory` | what is remembered of a shop between connections |
//! | `wire`, `sent` | the API's JSON, read and sent |
//! | `orders`, `cursor`, `order_read` | orders by page, and what they say |
//! | `listings`, `listing_read` | products and variations |
//! | `writes` | quantities and prices |
//! | `parcel`, `fulfil` | parcels |
//! | `aftersales` | calling off, refunds |
//! | `events` | webhooks |
//!
//! What shapes it: quantities are overwritten, never compared; the shop counts a sale down when it is paid, and only holds
//! the units until then; it answers slowly, drifts between pages and may have any plugin in between.

mod address;
mod aftersales;
mod api;
mod client;
mod consent;
mod cursor;
mod error;
mod events;
mod fulfil;
mod listing_read;
mod listings;
mod memory;
mod order_read;
mod orders;
mod parcel;
mod sent;
mod wire;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Capability, Channel, ChannelError, CheckedAccount, Connection,
    Consent, CredentialField, DataKind, Descriptor, EventSource, Fault, FulfilmentSink, Health, Io,
    ListingSource, OptionField, OptionKind, OrderSource, PriceSink, RefundSink, Schedule, SecretText,
    StockSink, Timing, WriteMode, options,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::check;
use api::Api;
use memory::{Memories, ParcelWay};

/// The shop's address.
const SHOP_URL: &str = "shop_url";
/// The public half of the keys.
const CONSUMER_KEY: &str = "consumer_key";
/// The secret half.
const CONSUMER_SECRET: &str = "consumer_secret";
/// Option: the currency of the shop, where it may not be asked.
const CURRENCY: &str = "currency";
/// Option: keys in the address.
const QUERY_AUTH: &str = "query_auth";
/// Option: the route in a parameter.
const REST_ROUTE: &str = "rest_route";
/// Endpoint: replaces the shop's address for calls.
const API: &str = "api";

/// A write is made, or never will be, this long after it was sent: the longest time hosts let PHP run, twice.
const WRITE_APPLY: Duration = Duration::from_secs(600);

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "woocommerce",
    label: "WooCommerce",
    summary: "A shop on your own WordPress: orders, quantities, prices, parcels, refunds and webhooks by its REST API.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Stock,
        Capability::Prices,
        Capability::Fulfilment,
        Capability::Events,
        Capability::Cancellations,
        Capability::Refunds,
    ],
    credentials: &[
        CredentialField {
            name: SHOP_URL,
            label: "Shop URL",
            help: "the address of the shop, such as https://shop.example.com or https://example.com/shop",
            secret: false,
            required: true,
            multiline: false,
        },
        CredentialField {
            name: CONSUMER_KEY,
            label: "Consumer key",
            help: "WooCommerce, Settings, Advanced, REST API, Add key, with permission Read/Write; begins with ck_",
            secret: true,
            required: true,
            multiline: false,
        },
        CredentialField {
            name: CONSUMER_SECRET,
            label: "Consumer secret",
            help: "shown once, beside the consumer key; begins with cs_",
            secret: true,
            required: true,
            multiline: false,
        },
    ],
    tokens: &[],
    options: &[
        OptionField {
            name: CURRENCY,
            label: "Currency",
            help: "the currency of the shop's prices, such as EUR; only needed where the keys may not read the shop's settings",
            kind: OptionKind::Text,
            required: false,
        },
        OptionField {
            name: QUERY_AUTH,
            label: "Keys in the address",
            help: "for hosts that take the Authorization header away; the keys then stand in the host's logs",
            kind: OptionKind::Flag,
            required: false,
        },
        OptionField {
            name: REST_ROUTE,
            label: "Without permalinks",
            help: "calls /?rest_route=… for shops whose permalinks are Plain",
            kind: OptionKind::Flag,
            required: false,
        },
    ],
    marketplaces: &[],
    endpoints: &[API],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(120),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(6 * 3_600),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(1_800),
        },
    ],
    buckets: &client::BUCKETS,
    timing: Timing {
        // An order is in the list as soon as it is written. Ten minutes cover a checkout that takes that long between
        // giving an order its time and writing it, and databases with copies that are read behind.
        order_visibility: Duration::from_secs(600),
        write_apply: WRITE_APPLY,
    },
    write_mode: WriteMode::Absolute,
    write_batch: memory::MAX_BATCH,
    read_batch: 50,
    remote: true,
    reports: &[],
};

/// The WooCommerce channel.
#[derive(Debug, Default)]
pub struct WooCommerce {
    memories: Memories,
}

impl Channel for WooCommerce {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check::options(&DESCRIPTOR, &draft.options, &[], &mut problems);
        let shop = address::shop(shop_url_of(&draft.credentials), &mut problems);
        if !draft.marketplaces.is_empty() {
            problems.push(FieldError::new(
                "marketplaces",
                "a shop of one's own has no marketplaces; leave this empty",
            ));
        }
        let currency = draft
            .options
            .get(CURRENCY)
            .and_then(Value::as_str)
            .filter(|c| !c.trim().is_empty());
        let currency = currency.map(Currency::parse).transpose().unwrap_or_else(|e| {
            problems.push(FieldError::new(format!("options/{CURRENCY}"), e.to_string()));
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedAccount {
            external_id: shop,
            marketplaces: Vec::new(),
            currency,
        })
    }

    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let mut problems = Vec::new();
        check::credentials(&DESCRIPTOR, &account.credentials, &mut problems);
        let mut endpoints = check::endpoints(&DESCRIPTOR, &account.endpoints, &mut problems);
        let shop = address::shop(shop_url_of(&account.credentials), &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let credential = |name: &str| {
            let value = account.credentials.get(name).cloned();
            value.unwrap_or_else(|| SecretText::new(""))
        };
        Ok(Box::new(WooConnection {
            currency: account.checked.currency,
            webhook_key: account.webhook_key.clone(),
            shop: shop.clone(),
            api: Api {
                memory: self.memories.of(account.account),
                io,
                account: account.account,
                base: endpoints.remove(API).unwrap_or(shop),
                rest_route: options::flag(&account.options, REST_ROUTE),
                query_auth: options::flag(&account.options, QUERY_AUTH),
                key: credential(CONSUMER_KEY),
                secret: credential(CONSUMER_SECRET),
            },
        }))
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }
}

fn shop_url_of(credentials: &BTreeMap<String, SecretText>) -> &str {
    credentials
        .get(SHOP_URL)
        .map(SecretText::expose)
        .unwrap_or_default()
}

/// One shop.
struct WooConnection {
    api: Api,
    /// The shop's address, for people.
    shop: String,
    /// The currency the account's options name.
    currency: Option<Currency>,
    webhook_key: SecretText,
}

impl Connection for WooConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(async {
            self.api
                .call(&client::one_order_id())
                .await?
                .read::<Vec<Value>>(&client::ORDERS)?;
            let index: wire::Index = self.api.call(&client::namespaces()).await?.read(&client::INDEX)?;
            let currency = self.shop_currency().await?;
            let way = self.find_parcel_way().await?;
            Ok(self.health(&index.name, currency, way))
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

    fn refunds(&self) -> Option<&dyn RefundSink> {
        Some(self)
    }
}

impl WooConnection {
    /// The currency of the account's options, or the one the shop said it sells in.
    fn known_currency(&self) -> Option<Currency> {
        self.currency.or_else(|| self.api.memory.currency())
    }

    /// [`Self::known_currency`], asked for where nobody said it yet.
    async fn currency(&self) -> Result<Option<Currency>, ChannelError> {
        match self.known_currency() {
            Some(currency) => Ok(Some(currency)),
            None => self.shop_currency().await,
        }
    }

    /// What the shop says it sells in; `None` where the keys may not know.
    async fn shop_currency(&self) -> Result<Option<Currency>, ChannelError> {
        let said: wire::ShopCurrency = match self.api.call(&client::currency()).await {
            Ok(answer) => answer.read(&client::CURRENCY)?,
            Err(e) if matches!(e.fault, Fault::Forbidden | Fault::NotFound) => return Ok(None),
            Err(e) if e.code.as_deref() == Some(error::NO_ROUTE) => return Ok(None),
            Err(e) => return Err(e),
        };
        let currency = Currency::parse(&said.code).ok();
        if let Some(currency) = currency {
            self.api.memory.set_currency(currency);
        }
        Ok(currency)
    }

    fn health(&self, name: &str, said: Option<Currency>, way: ParcelWay) -> Health {
        let mut warnings = Vec::new();
        match (self.currency, said) {
            (Some(ours), Some(theirs)) if ours != theirs => warnings.push(format!(
                "the shop sells in {}, and the option `currency` says {}; take the option away or correct it",
                theirs.code(),
                ours.code()
            )),
            (None, None) => warnings.push(
                "the keys may not read the shop's currency, so prices are not read; give the option `currency`".to_owned(),
            ),
            _ => {}
        }
        if self.api.query_auth {
            warnings.push(
                "the keys are sent in the address (`query_auth`) and stand in the host's logs; leave the option off unless the host \
                 takes the Authorization header away"
                    .to_owned(),
            );
        }
        let parcels = match way {
            ParcelWay::Fulfilments => "parcels by the shop's order fulfilments",
            ParcelWay::Tracking => "parcels by the Shipment Tracking extension",
            ParcelWay::Note => {
                warnings.push(
                    "the shop has neither order fulfilments nor the Shipment Tracking extension, so buyers get tracking numbers in a \
                     note; switch on `Order Fulfillments` in WooCommerce, Settings, Advanced, Features for more"
                        .to_owned(),
                );
                "parcels by a note to the buyer"
            }
        };
        let name = if name.is_empty() {
            "the shop".to_owned()
        } else {
            error::clean(name)
        };
        let sells = self
            .currency
            .or(said)
            .map_or_else(String::new, |c| format!(", sells in {}", c.code()));
        Health {
            summary: format!("Signed in to {name} at {}{sells}, {parcels}.", self.shop),
            warnings,
        }
    }
}

#[cfg(test)]
mod tests;
