//! Lanes: queues that one worker at a time drains, by a lease with a fencing token.
//!
//! A lane's row says when it has work next (`ready_at`) and how urgent that is; workers look at these rows alone, so
//! that a million waiting jobs cost a claim nothing. Transactions that enqueue lower the two values as their last
//! act, in the order of the lanes' names, so that the rows are locked briefly and never crosswise. Releasing a lane
//! computes both afresh.
//!
//! A worker that dies keeps nothing: its lease runs out, the next holder gets a higher fence and finds the jobs left
//! running under a lower one.

mod browse;
mod find;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, TenantId, Timestamp};
use tokio::sync::watch;

use crate::db::{Tx, Value};
use crate::{Store, StoreError};

pub use browse::LaneRecord;
pub use find::Found;
pub(crate) use work::release;

/// The right to work on a lane until `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Whose lane.
    pub tenant: TenantId,
    /// Its name.
    pub lane: String,
    /// The account it works for.
    pub account: Option<AccountId>,
    /// Grows with each holder; writes with an older one are refused.
    pub fence: i64,
    /// When the right ends unless renewed.
    pub until: Timestamp,
}

/// Tells the workers of this process that there may be something to do; those of others find out by polling.
#[derive(Debug, Clone)]
pub(crate) struct Wakes(Arc<watch::Sender<u64>>);

impl Default for Wakes {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Wakes {
    pub(crate) fn wake(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// The lanes that got work in a transaction, with the earliest time and the most urgent priority.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    lanes: BTreeMap<String, (Option<AccountId>, Timestamp, Priority)>,
    /// Whether lanes became ready in another way.
    pub(crate) resumed: bool,
}

/// A wait that the worker set for a reason holds also for work that comes later; a stopped account's new lanes are
/// stopped too. A stopped lane's reason is no wait: what comes meanwhile is there when it goes on.
const TOUCH: &str = "INSERT INTO lanes (tenant_id, lane, account_id, ready_at, priority, lease_until, fence, paused, \
     wait_reason) SELECT $1, $2, CAST($3 AS TEXT), $4, $5, 0, 0, stopped.paused, stopped.reason \
     FROM (SELECT COALESCE(MAX(paused), 0) AS paused, MAX(CASE WHEN paused = 1 THEN wait_reason END) AS reason \
     FROM lanes WHERE tenant_id = $1 AND account_id = CAST($3 AS TEXT)) stopped WHERE true \
     ON CONFLICT (tenant_id, lane) DO UPDATE SET \
     ready_at = CASE WHEN lanes.paused = 0 AND lanes.wait_reason IS NOT NULL AND lanes.ready_at > $6 THEN lanes.ready_at \
     WHEN excluded.ready_at < lanes.ready_at THEN excluded.ready_at ELSE lanes.ready_at END, \
     priority = CASE WHEN excluded.priority < lanes.priority THEN excluded.priority ELSE lanes.priority END";

impl Touched {
    pub(crate) fn touch(
        &mut self,
        lane: String,
        account: Option<AccountId>,
        ready_at: Timestamp,
        priority: Priority,
    ) {
        let entry = self.lanes.entry(lane).or_insert((account, ready_at, priority));
        entry.1 = entry.1.min(ready_at);
        entry.2 = entry.2.min(priority);
    }

    /// Tells the lanes' rows, as the last act before the commit; returns whether workers should look.
    pub(crate) async fn write(
        &mut self,
        tx: &mut Tx,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row =
            |(lane, (account, ready_at, priority)): (String, (Option<AccountId>, Timestamp, Priority))| {
                vec![
                    tenant.into(),
                    lane.into(),
                    account.into(),
                    ready_at.into(),
                    priority.0.into(),
                    now.into(),
                ]
            };
        let rows: Vec<Vec<Value>> = std::mem::take(&mut self.lanes).into_iter().map(row).collect();
        tx.exec_many(TOUCH, &rows).await?;
        Ok(self.resumed || !rows.is_empty())
    }
}

impl Store {
    /// Changes whenever a transaction of this process made work ready.
    pub fn wakes(&self) -> watch::Receiver<u64> {
        self.waker().subscribe()
    }
}
