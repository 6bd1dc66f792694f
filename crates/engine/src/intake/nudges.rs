//! From nudges to work, and from work back to the messages that asked for it.
//!
//! A nudge about one order is one call, and a thousand nudges about it are still one while that call waits. Many different
//! orders at once are one pull instead: the channel's own list of changes costs fewer calls than each order by itself.

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::channel::{DataKind, Nudge, QuotaGroup};
use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, InboxId, Timestamp};
use stockbridge_store::{Finish, NewJob, StoreError, TenantTx, Worked};

use crate::job::{self, JobCtx};

/// So many different orders of an account wait one by one; more are read as a list.
const ONE_BY_ONE: i64 = 20;
/// Messages whose work is noted to be done at once.
const NOTED: i64 = 2_000;
/// Longest text a nudge may name, in bytes.
const LONGEST: usize = 200;

/// What a channel asks to look at, without what no channel can mean: texts too long to be an id become "all of them".
pub(crate) fn sound(nudges: Vec<Nudge>) -> Vec<Nudge> {
    let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    let distinct: BTreeSet<Nudge> = nudges
        .into_iter()
        .map(|nudge| match nudge {
            Nudge::Order(id) if !fits(&id) => Nudge::Orders,
            Nudge::Listing(text) if !fits(&text) => Nudge::Listings,
            nudge => nudge,
        })
        .collect();
    distinct.into_iter().collect()
}

/// The name of a job's work, under which messages wait for it.
fn work(kind: &str, key: &str) -> String {
    format!("{kind} {key}")
}

/// Enqueues what these messages ask for, in the transaction that stores them.
///
/// # Errors
/// When the database fails.
pub(crate) async fn enqueue(
    tx: &mut TenantTx,
    asked: BTreeMap<AccountId, Vec<(InboxId, &[Nudge])>>,
) -> Result<(), StoreError> {
    let (mut jobs, mut waits) = (Vec::new(), Vec::new());
    for (account, messages) in asked {
        let one_by_one = one_by_one(tx, account, &messages).await?;
        for (message, nudges) in messages {
            for nudge in nudges {
                for job in jobs_of(account, nudge, one_by_one, tx.env().now()) {
                    let key = job.dedupe_key.clone().unwrap_or_default();
                    waits.push((work(job.kind, &key), message));
                    jobs.push(job);
                }
            }
        }
    }
    jobs.dedup_by(|a, b| a.kind == b.kind && a.dedupe_key == b.dedupe_key);
    tx.enqueue_many(jobs).await?;
    tx.await_work(waits).await
}

/// Whether these messages' orders are few enough to be read one by one.
async fn one_by_one(
    tx: &mut TenantTx,
    account: AccountId,
    messages: &[(InboxId, &[Nudge])],
) -> Result<bool, StoreError> {
    let orders: BTreeSet<&String> = messages
        .iter()
        .flat_map(|(_, nudges)| nudges.iter())
        .filter_map(|nudge| match nudge {
            Nudge::Order(id) => Some(id),
            _ => None,
        })
        .collect();
    let now = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    if now == 0 || now > ONE_BY_ONE {
        return Ok(now == 0);
    }
    let lane = job::lane(account, QuotaGroup::Orders);
    let waiting = tx.jobs_waiting(&lane, job::PULL_ORDER, ONE_BY_ONE).await?;
    Ok(waiting + now <= ONE_BY_ONE)
}

fn jobs_of(account: AccountId, nudge: &Nudge, one_by_one: bool, now: Timestamp) -> Vec<NewJob> {
    let pull = |kind| job::pull(kind, account, "webhook", Priority::ORDER_NUDGE, now);
    match nudge {
        Nudge::Order(id) if one_by_one => vec![job::pull_order(account, id, now)],
        Nudge::Order(_) | Nudge::Orders => vec![pull(DataKind::Orders)],
        // A return that came in changes its order, too.
        Nudge::Returns => vec![pull(DataKind::Orders), pull(DataKind::Returns)],
        Nudge::Listing(_) => vec![job::mark_listings(account, now)],
        Nudge::Listings => vec![pull(DataKind::Listings)],
        Nudge::Access => vec![job::probe_account(account, now)],
    }
}

/// The messages that wait for this job, asked before it begins. Work that nobody nudged is less urgent and not asked about.
pub(crate) async fn awaited(ctx: &JobCtx<'_>) -> Result<Vec<(InboxId, Vec<Nudge>)>, StoreError> {
    let (Some(_), Some(key)) = (ctx.job.account, &ctx.job.dedupe_key) else {
        return Ok(Vec::new());
    };
    if ctx.job.priority != Priority::ORDER_NUDGE {
        return Ok(Vec::new());
    }
    ctx.tenant.events_awaiting(&work(&ctx.job.kind, key), NOTED).await
}

/// Notes on the messages that waited for this job how it ended.
pub(crate) async fn worked(
    ctx: &JobCtx<'_>,
    messages: &[(InboxId, Vec<Nudge>)],
    finish: &Finish,
) -> Result<(), StoreError> {
    let (ended, outcome) = match finish {
        Finish::Done { outcome } => (Worked::Done, outcome),
        Finish::Retry { error, .. } => (Worked::Again, error),
        Finish::Dead { error } => (Worked::Dead, error),
        // It has not begun.
        Finish::Snooze { .. } => return Ok(()),
    };
    let ids: Vec<InboxId> = messages.iter().map(|(id, _)| *id).collect();
    let key = ctx.job.dedupe_key.as_deref().unwrap_or_default();
    ctx.tenant
        .events_worked(&work(&ctx.job.kind, key), &ids, ended, outcome)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_read_and_so_is_its_order() {
        let account = "acc_00000000000000000000000007".parse().unwrap();
        let kinds = |nudge| {
            let jobs = jobs_of(account, &nudge, true, Timestamp::EPOCH);
            jobs.into_iter().map(|job| job.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(Nudge::Returns), ["orders.pull", "returns.pull"]);
        assert_eq!(kinds(Nudge::Order("1".into())), ["order.pull"]);
    }

    #[test]
    fn nudges_are_distinct_and_name_what_can_be_an_id() {
        let order = |id: &str| Nudge::Order(id.to_owned());
        let long = "x".repeat(201);
        let given = vec![
            order("2"),
            order("1"),
            order("2"),
            order(&long),
            Nudge::Listing("a\0".into()),
        ];
        assert_eq!(
            sound(given),
            [order("1"), order("2"), Nudge::Orders, Nudge::Listings]
        );
    }
}
