//! What a worker asks first: is there anything to do? One transaction answers, so that many idle workers cost little.

use std::time::Duration;

use stockbridge_domain::Timestamp;

use super::Lease;
use super::work::claim;
use crate::columns::Columns as _;
use crate::db::Tx;
use crate::schedules::{DueSchedule, due_schedules};
use crate::{StoreError, System};

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Schedules whose time has come, which go first: they become jobs.
    Schedules(Vec<DueSchedule>),
    /// A lane with work, claimed.
    Lane(Lease),
    /// Nothing before this instant, as far as is known; nothing at all without one.
    Nothing(Option<Timestamp>),
}

impl System {
    /// Finds work: at most `schedules` that are due, or else the most urgent lane, claimed for `owner` as by
    /// [`System::claim_lane`], or else when to look again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_work(&self, owner: &str, lease: Duration, schedules: i64) -> Result<Found, StoreError> {
        let now = self.env().now();
        let mut tx = self.write().await?;
        let due = due_schedules(&mut tx, now, schedules).await?;
        if !due.is_empty() {
            return Ok(Found::Schedules(due));
        }
        let Some(lease) = claim(&mut tx, now, owner, lease).await? else {
            return Ok(Found::Nothing(next_due(&mut tx).await?));
        };
        tx.commit_soon().await?;
        Ok(Found::Lane(lease))
    }
}

/// When there will be something to do if nothing is enqueued before.
async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT (SELECT MIN(CASE WHEN lease_until > ready_at THEN lease_until ELSE ready_at END) \
               FROM lanes WHERE paused = 0 AND ready_at < $1), (SELECT MIN(next_at) FROM schedules)";
    let row = tx.query_one(sql, &[Timestamp::MAX.into()]).await?;
    Ok([row.opt_time(0)?, row.opt_time(1)?].into_iter().flatten().min())
}
