//! Noon: the marketplace of the Emirates, Saudi Arabia and Egypt, by its Partners API. `docs/channels/noon.md` is the
//! merchant's guide.
//!
//! | file | what |
//! | --- | --- |
//! | `key` | the service account's key file, and the token signed with it |
//! | `login` | signing in: cookies that are renewed |
//! | `legacy` | the signing scheme of the older documents, for the simulator |
//! | `descriptor` | what it can do, asks for, and how late it may be |
//! | `settings` | what a person typed |
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
mod descriptor;
mod events;
mod key;
mod label;
mod legacy;
mod listings;
mod login;
mod orders;
mod parcels;
mod settings;
mod table;
mod units;
mod wire;
mod writes;

use std::sync::Arc;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, CancelSink, Channel, ChannelError, CheckedAccount, Connection, Descriptor,
    EventSource, FulfilmentSink, Health, Io, ListingSource, OrderSource, PaperSource, PriceSink, SecretText,
    StockSink,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::auth::session::Sessions;
use crate::check;
use api::{Api, Signing};
use descriptor::{API, DESCRIPTOR, GATEWAY, LEGACY_BASE};
use parcels::WaybillPool;
use settings::{Identity, Settings, check_options, identity, marketplaces};

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
