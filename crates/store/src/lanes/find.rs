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

/// Whether a schedule is due, and whether there is a lane to claim: asked first, because there mostly is neither.
const READY: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM schedules WHERE next_at <= $1) THEN 1 ELSE 0 END, \
     CASE WHEN EXISTS (SELECT 1 FROM lanes WHERE paused = 0 AND ready_at <= $1 AND lease_until <= $1) THEN 1 ELSE 0 END";

impl System {
    /// Finds work: at most `schedules` that are due, or else the most urgent lane, claimed for `owner` as by
    /// [`System::claim_lane`], or else when to look again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_work(&self, owner: &str, lease: Duration, schedules: i64) -> Result<Found, StoreError> {
        let now = self.env().now();
        let mut tx = self.write().await?;
        let ready = tx.query_one(READY, &[now.into()]).await?;
        if ready.flag(0)? {
            let due = due_schedules(&mut tx, now, schedules).await?;
            return Ok(Found::Schedules(due));
        }
        let claimed = match ready.flag(1)? {
            true => claim(&mut tx, now, owner, lease).await?,
            false => None,
        };
        let Some(lease) = claimed else {
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
