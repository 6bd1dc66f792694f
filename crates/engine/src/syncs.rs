//! Having a store's data read now instead of on schedule.

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::DataKind;
use stockbridge_domain::job::Priority;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{AccountStatus, RunRecord};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

impl Hub {
    /// Pulls everything the account's channel has, now.
    ///
    /// # Errors
    /// As [`Hub::sync_now`].
    pub async fn sync_all(&self, caller: &Caller, account: AccountId) -> Result<Vec<RunRecord>, Refusal> {
        let record = self.existing(caller, account).await?;
        let schedules = self
            .known_channel(record.channel.as_str())?
            .descriptor()
            .schedules;
        let mut kinds: Vec<DataKind> = schedules.iter().map(|schedule| schedule.kind).collect();
        if kinds.is_empty() {
            // What has nothing to read says so itself.
            kinds.push(DataKind::Orders);
        }
        self.sync_now(caller, account, &kinds).await
    }

    /// Pulls these kinds of data now; answers the runs as they stand.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a kind the channel does not have.
    pub async fn sync_now(
        &self,
        caller: &Caller,
        account: AccountId,
        kinds: &[DataKind],
    ) -> Result<Vec<RunRecord>, Refusal> {
        caller.require(Role::Operator)?;
        let record = self.existing(caller, account).await?;
        if record.status != AccountStatus::Active {
            return Err(Refusal::Conflict(format!(
                "store `{}` is {}; {}",
                record.name,
                record.status.name(),
                match record.status {
                    AccountStatus::Paused => "resume it first",
                    _ => "connect it again first",
                }
            )));
        }
        let descriptor = self.known_channel(record.channel.as_str())?.descriptor();
        if let Some(kind) = kinds
            .iter()
            .find(|k| !descriptor.schedules.iter().any(|s| s.kind == **k))
        {
            return Err(Refusal::field(
                "kinds",
                format!("{} has no `{}` to sync", descriptor.label, kind.name()),
            ));
        }
        let now = self.env().now();
        let mut tx = self.tenant(caller.tenant).begin().await?;
        for kind in kinds {
            tx.enqueue(job::pull(
                *kind,
                account,
                &caller.actor,
                Priority::ORDER_NUDGE,
                now,
            ))
            .await?;
        }
        tx.commit().await?;
        let mut runs = Vec::new();
        for kind in kinds {
            runs.extend(self.tenant(caller.tenant).open_run(account, kind.name()).await?);
        }
        Ok(runs)
    }
}
