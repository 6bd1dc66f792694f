//! What can be done with a store's orders after the sale, for pages that offer only what is possible.

use stockbridge_domain::channel::Capability;
use stockbridge_store::{AccountRecord, AccountStatus};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;

/// What can be done with a store's orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// What people call the channel that has to be asked; none for an own store.
    pub channel: Option<String>,
    /// They can be called off.
    pub cancel: bool,
    /// So can single units.
    pub cancel_units: bool,
    /// Money can be given back.
    pub refund: bool,
    /// The channel makes labels.
    pub papers: bool,
}

impl Hub {
    /// What can be done with an account's orders. Nothing for one that is disconnected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abilities(&self, caller: &Caller, account: &AccountRecord) -> Result<Abilities, Refusal> {
        let Some(channel) = self.channel(account.channel.as_str()) else {
            return Ok(Abilities::default());
        };
        let descriptor = channel.descriptor();
        if !descriptor.remote {
            return Ok(Abilities {
                channel: None,
                cancel: true,
                cancel_units: true,
                refund: true,
                papers: false,
            });
        }
        if account.status == AccountStatus::Disconnected {
            return Ok(Abilities::default());
        }
        let cancel = descriptor.can(Capability::Cancellations);
        let cancel_units = match cancel {
            false => false,
            true => match self.open(caller.tenant, account.id).await {
                Ok(opened) => opened
                    .connection
                    .cancellations()
                    .is_some_and(|sink| sink.partial()),
                Err(Refusal::Store(error)) => return Err(error.into()),
                Err(_) => false,
            },
        };
        Ok(Abilities {
            channel: Some(descriptor.label.to_owned()),
            cancel,
            cancel_units,
            refund: descriptor.can(Capability::Refunds),
            papers: descriptor.can(Capability::Papers),
        })
    }
}
