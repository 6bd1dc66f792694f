//! Who did something, as people call them.

use std::collections::BTreeMap;

use stockbridge_store::{StoreError, Tenant};

/// The tenant's people by their address and its programs by their token's name.
pub(super) struct Doers(BTreeMap<String, String>);

impl Doers {
    pub(super) async fn of(tenant: &Tenant) -> Result<Self, StoreError> {
        let people = tenant.users().await?;
        let programs = tenant.tokens().await?;
        let people = people.into_iter().map(|u| (format!("user:{}", u.id), u.email));
        let programs = programs.into_iter().map(|t| (format!("token:{}", t.id), t.name));
        Ok(Self(people.chain(programs).collect()))
    }

    /// What the ledger and the audit log name as `user:…`, `token:…` or a part of the hub.
    pub(super) fn name(&self, actor: &str) -> String {
        self.0
            .get(actor)
            .cloned()
            .unwrap_or_else(|| match actor.split_once(':') {
                Some(("user", _)) => "somebody who has left".into(),
                Some(("token", _)) => "a program".into(),
                _ => actor.to_owned(),
            })
    }
}
