//! Keeps the secrets channels replace while they are used, sealed with the account's others.

use std::collections::BTreeMap;

use stockbridge_domain::channel::{KeepError, Keeper, SecretText, Turn};
use stockbridge_domain::{AccountId, BoxFut};
use stockbridge_store::Tenant;

/// One tenant's secrets.
pub(crate) struct StoreKeeper(pub(crate) Tenant);

impl Keeper for StoreKeeper {
    fn turn<'a>(
        &'a self,
        account: AccountId,
        name: &'a str,
        seen: Option<&'a SecretText>,
    ) -> BoxFut<'a, Result<Turn, KeepError>> {
        Box::pin(async move {
            let turn = self.0.take_renewal_turn(account, name, seen).await;
            turn.map_err(|error| KeepError(error.to_string()))
        })
    }

    fn keep<'a>(
        &'a self,
        account: AccountId,
        fresh: BTreeMap<String, SecretText>,
    ) -> BoxFut<'a, Result<(), KeepError>> {
        Box::pin(async move {
            let kept = self.0.keep_renewed(account, fresh).await;
            kept.map_err(|error| KeepError(error.to_string()))
        })
    }
}
