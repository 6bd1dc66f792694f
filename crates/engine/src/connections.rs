//! Opening connections, and what planning has to know of a tenant's accounts.

use std::sync::Arc;

use stockbridge_domain::channel::{Capability, Connection, Descriptor, Io, SecretText, Timing};
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{AccountId, TenantId};
use stockbridge_store::{AccountRecord, AccountStatus, OfferAccount, OfferAccounts, StoreError};

use crate::Hub;
use crate::caller::Refusal;
use crate::keeper::StoreKeeper;
use crate::pacer::StorePacer;

/// An account with an open connection.
pub(crate) struct Opened {
    pub(crate) record: AccountRecord,
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) timing: Timing,
    pub(crate) connection: Box<dyn Connection>,
    /// The unguessable part of its webhook address.
    pub(crate) webhook_key: SecretText,
}

impl Hub {
    pub(crate) async fn open(&self, tenant: TenantId, account: AccountId) -> Result<Opened, Refusal> {
        let tenant = self.tenant(tenant);
        let Some((record, config)) = tenant.account_config(account).await? else {
            return Err(Refusal::NotFound(format!("there is no store {account}")));
        };
        if record.status == AccountStatus::Disconnected {
            return Err(Refusal::Conflict(format!(
                "store `{}` is disconnected; connect it again first",
                record.name
            )));
        }
        let Some(channel) = self.channel(record.channel.as_str()) else {
            return Err(Refusal::Conflict(format!(
                "store `{}` is on the channel `{}`, which this version does not have",
                record.name, record.channel
            )));
        };
        let descriptor = channel.descriptor();
        let timing = descriptor.timing_with(&record.options);
        let io = Io {
            transport: self.transport(),
            pacer: Arc::new(StorePacer(tenant.clone())),
            keeper: Arc::new(StoreKeeper(tenant.clone())),
            env: self.env().clone(),
        };
        let webhook_key = config.webhook_key.clone();
        let connection = channel.connect(config, io).map_err(Refusal::Fields)?;
        Ok(Opened {
            record,
            descriptor,
            timing,
            connection,
            webhook_key,
        })
    }

    /// The accounts that take part in sharing out a tenant's stock.
    pub(crate) async fn offer_accounts(&self, tenant: TenantId) -> Result<OfferAccounts, StoreError> {
        let accounts = self.tenant(tenant).accounts().await?;
        Ok(accounts
            .into_iter()
            .filter(|a| a.status != AccountStatus::Disconnected)
            .filter_map(|a| {
                let descriptor = self.channel(a.channel.as_str())?.descriptor();
                let offer = OfferAccount {
                    timing: descriptor.timing_with(&a.options),
                    mode: descriptor.write_mode_with(&a.options),
                    places: PlaceMap::of_options(&a.options),
                    writable: a.status == AccountStatus::Active && descriptor.can(Capability::Stock),
                    remote: descriptor.remote,
                };
                Some((a.id, offer))
            })
            .collect())
    }
}
