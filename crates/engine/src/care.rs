//! Looking after accounts by itself: a check a day, a pause for one that keeps failing, and the way back.

use std::time::Duration;

use stockbridge_domain::channel::ChannelError;
use stockbridge_domain::{AccountId, TenantId};
use stockbridge_store::{
    AccountHealth, AccountRecord, AccountStatus, NewAlert, Severity, StoreError, TenantTx,
};

use crate::hub::Hub;
use crate::job;

/// How old an account's last check may be before the upkeep asks for one.
const DAILY: Duration = Duration::from_secs(24 * 3_600);
/// So many failures in a row pause an account.
const FAILURES: i64 = 10;
/// And no success for so long: several lanes that meet the same short outage are no reason.
const SILENCE: Duration = Duration::from_secs(10 * 60);
/// When an account that was just paused is looked at first.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// What a person has to do so that channels can send.
pub(crate) const NO_ADDRESS: &str =
    "this hub has no public address, so the channel cannot be told where to send; set `server.public_url`";

fn paused_key(account: AccountId) -> String {
    format!("account.paused:{account}")
}

impl Hub {
    /// Something about an account was changed: whatever is kept of it in memory is read anew.
    pub(crate) fn account_changed(&self, account: AccountId) {
        self.intake().doors.close(account);
    }

    /// Asks for a check of every account in use whose last one is older than a day; returns how many.
    pub(crate) async fn check_accounts_daily(&self) -> Result<u64, StoreError> {
        let (now, mut asked) = (self.env().now(), 0);
        for tenant in self.store().system().tenants().await? {
            let tenant = self.tenant(tenant.id);
            for account in tenant.accounts().await? {
                if account.status != AccountStatus::Active || !self.is_remote(&account) {
                    continue;
                }
                let checked = tenant.account_health(account.id).await?.checked_at;
                if checked.unwrap_or(account.connected_at).plus(DAILY) > now {
                    continue;
                }
                let mut tx = tenant.begin().await?;
                tx.enqueue(job::check_account(account.id, now)).await?;
                tx.commit().await?;
                asked += 1;
            }
        }
        Ok(asked)
    }

    fn is_remote(&self, account: &AccountRecord) -> bool {
        self.channel(account.channel.as_str())
            .is_some_and(|channel| channel.descriptor().remote)
    }

    /// Pauses an account that has failed too often in a row and for too long; it is looked after until it answers.
    pub(crate) async fn pause_failing(
        &self,
        tenant: TenantId,
        account: AccountId,
        failures: i64,
        error: &ChannelError,
    ) -> Result<(), StoreError> {
        if failures < FAILURES {
            return Ok(());
        }
        let now = self.env().now();
        let mut tx = self.tenant(tenant).begin().await?;
        let Some(record) = tx.account(account).await? else {
            return Ok(());
        };
        let silent = record.last_ok_at.unwrap_or(record.connected_at).plus(SILENCE) < now;
        if record.status != AccountStatus::Active || !silent {
            return Ok(());
        }
        let reason =
            format!("{failures} failures in a row; it is tried again by itself every quarter of an hour");
        tx.set_account_status(account, AccountStatus::Paused, Some(&reason))
            .await?;
        tx.pause_lanes(account, "the store failed too often in a row")
            .await?;
        tx.set_paused_by_hub(account, Some(now)).await?;
        tx.enqueue(job::check_account(account, now.plus(FIRST_LOOK)))
            .await?;
        tx.raise_alert(NewAlert {
            kind: "account.paused",
            severity: Severity::Critical,
            dedupe_key: paused_key(account),
            account: Some(account),
            subject: Some(account.to_string()),
            title: format!("{} is paused after {failures} failures in a row", record.name),
            detail: format!(
                "The last was: {error}. What it shows is no longer kept in step; nothing is lost. It is tried again every \
                 quarter of an hour and goes on as soon as the channel answers. Test the connection on its page."
            ),
        })
        .await?;
        tx.commit().await?;
        self.account_changed(account);
        tracing::warn!(account.id = %account, failures, "a store was paused because it failed again and again");
        Ok(())
    }
}

/// Sets an account to work again that the hub itself had paused.
pub(crate) async fn resume(tx: &mut TenantTx, account: AccountId) -> Result<(), StoreError> {
    let now = tx.env().now();
    tx.set_account_status(account, AccountStatus::Active, None)
        .await?;
    forget_pause(tx, account).await?;
    tx.resume_lanes(account).await?;
    tx.mark_all_dirty(Some(account), "store resumed").await?;
    let tenant = tx.tenant();
    tx.enqueue(job::plan(tenant, now)).await?;
    Ok(())
}

/// A person decided about the account: the hub's own pause is over.
pub(crate) async fn forget_pause(tx: &mut TenantTx, account: AccountId) -> Result<(), StoreError> {
    tx.set_paused_by_hub(account, None).await?;
    tx.resolve_alert(&paused_key(account)).await?;
    Ok(())
}

/// Ends the alert about refused requests once there were none for a day.
pub(crate) async fn tell_refusals(
    tx: &mut TenantTx,
    health: &AccountHealth,
    account: AccountId,
) -> Result<(), StoreError> {
    let now = tx.env().now();
    let quiet = health
        .refusals
        .first()
        .is_none_or(|last| last.at.plus(DAILY) < now);
    if quiet {
        tx.resolve_alert(&crate::intake::pile_key(account)).await?;
    }
    Ok(())
}
