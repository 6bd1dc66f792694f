//! What is pulled from an account how often, and its first pulls.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::{Channel, DataKind};
use stockbridge_domain::job::Priority;
use stockbridge_store::{AccountRecord, StoreError, TenantTx};

use crate::caller::Refusal;
use crate::connections::Opened;
use crate::job;

/// Schedules are not closer together than this, whatever an account says.
const CLOSEST: Duration = Duration::from_secs(1);

/// Sets an account's schedules and enqueues its first pulls: listings before orders, so that sales find their listings.
pub(crate) async fn start_work(
    tx: &mut TenantTx,
    channel: &dyn Channel,
    record: &AccountRecord,
    trigger: &str,
) -> Result<(), StoreError> {
    let descriptor = channel.descriptor();
    let now = tx.env().now();
    for schedule in descriptor.schedules {
        let every = descriptor
            .every_with(schedule.kind, &record.options)
            .unwrap_or(schedule.every)
            .max(CLOSEST);
        tx.set_schedule(record.id, schedule.kind, every, now.plus(every))
            .await?;
        let priority = match schedule.kind {
            DataKind::Listings => Priority::ORDER_NUDGE,
            DataKind::Orders | DataKind::Returns => Priority::PULL,
            DataKind::Warehouse | DataKind::Finance | DataKind::Reports => Priority::BACKGROUND,
            // The first full pass follows from the listings themselves.
            DataKind::Inventory => continue,
        };
        tx.enqueue(job::pull(schedule.kind, record.id, trigger, priority, now))
            .await?;
    }
    Ok(())
}

/// Gives an account the schedules that came with a later version than the one it was connected with.
pub(crate) async fn later_schedules(tx: &mut TenantTx, opened: &Opened) -> Result<(), StoreError> {
    let now = tx.env().now();
    for schedule in opened.descriptor.schedules {
        let every = opened
            .descriptor
            .every_with(schedule.kind, &opened.record.options)
            .unwrap_or(schedule.every)
            .max(CLOSEST);
        tx.add_schedule(opened.record.id, schedule.kind, every, now)
            .await?;
    }
    Ok(())
}

/// Reads the pauses somebody asked for.
///
/// # Errors
/// A kind or a pause there is not.
pub(crate) fn schedules(asked: &BTreeMap<String, u64>) -> Result<Vec<(DataKind, Duration)>, Refusal> {
    asked
        .iter()
        .map(|(name, secs)| {
            let kind = DataKind::parse(name).ok_or_else(|| {
                Refusal::field(
                    format!("schedules/{name}"),
                    "there is no such kind; use orders, listings, inventory, returns, warehouse or finance",
                )
            })?;
            if !(1..=7 * 86_400).contains(secs) {
                return Err(Refusal::field(
                    format!("schedules/{name}"),
                    "a pause is 1 to 604800 seconds",
                ));
            }
            Ok((kind, Duration::from_secs(*secs)))
        })
        .collect()
}
