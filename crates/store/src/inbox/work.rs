//! From messages to work and back: which messages wait for a job, and what came of it.

use stockbridge_domain::channel::Nudge;
use stockbridge_domain::{AccountId, InboxId};

use super::InboxState;
use crate::columns::{Columns as _, json_value};
use crate::db::{Kind, Value};
use crate::{StoreError, Tenant, TenantTx};

/// How one try of a message's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// It is done.
    Done,
    /// It failed and is tried again.
    Again,
    /// It failed for good.
    Dead,
}

const LINK: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("work", Kind::Text),
    ("inbox_id", Kind::Text),
];

impl TenantTx {
    /// Notes which messages wait for which work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn await_work(&mut self, waits: Vec<(String, InboxId)>) -> Result<(), StoreError> {
        let row = |(work, id): (String, InboxId)| vec![self.key(), work.into(), id.into()];
        let rows = waits.into_iter().map(row).collect();
        let tail = "ON CONFLICT (tenant_id, work, inbox_id) DO NOTHING";
        self.tx.insert_many("inbox_work", LINK, tail, rows).await?;
        Ok(())
    }

    /// How many jobs of a kind wait in a lane, up to `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs_waiting(&mut self, lane: &str, kind: &str, most: i64) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM jobs WHERE tenant_id = $1 AND lane = $2 \
                   AND kind = $3 AND state = 'queued' LIMIT $4) few";
        let params = [self.key(), lane.into(), kind.into(), most.into()];
        self.tx.query_one(sql, &params).await?.int(0)
    }

    /// Takes a message to be worked again, with what it asks for now; false when it is not there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replay_event(&mut self, id: InboxId, nudges: &[Nudge]) -> Result<bool, StoreError> {
        let (state, outcome) = if nudges.is_empty() {
            (InboxState::Done, Some("asks for nothing"))
        } else {
            (InboxState::New, None)
        };
        let sql = "UPDATE inbox SET state = $3, outcome = $4, nudges = $5 WHERE tenant_id = $1 AND id = $2";
        let params = [
            self.key(),
            id.into(),
            state.name().into(),
            outcome.into(),
            json_value(&nudges)?,
        ];
        Ok(self.tx.exec(sql, &params).await? == 1)
    }
}

impl Tenant {
    /// The messages that wait for this work now, with what they ask for, the oldest first, `most` of them. Ask before the
    /// work begins: what comes later may have happened after it looked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events_awaiting(
        &self,
        work: &str,
        most: i64,
    ) -> Result<Vec<(InboxId, Vec<Nudge>)>, StoreError> {
        let sql = "SELECT inbox.id, inbox.nudges FROM inbox_work JOIN inbox ON inbox.tenant_id = inbox_work.tenant_id \
                   AND inbox.id = inbox_work.inbox_id WHERE inbox_work.tenant_id = $1 AND inbox_work.work = $2 \
                   ORDER BY inbox_work.inbox_id LIMIT $3";
        let params = [self.key(), work.into(), most.into()];
        let rows = self.read().await?.query(sql, &params).await?;
        rows.iter()
            .map(|row| Ok((row.parsed(0)?, row.json(1)?)))
            .collect()
    }

    /// Notes how a try of the work of these messages ended. A message that waits for other work as well stays new until
    /// that is done, too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events_worked(
        &self,
        work: &str,
        events: &[InboxId],
        ended: Worked,
        outcome: &str,
    ) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let ids = Value::TextList(events.iter().map(ToString::to_string).collect());
        let mut tx = self.begin().await?;
        if ended == Worked::Done {
            let sql = "DELETE FROM inbox_work WHERE tenant_id = $1 AND work = $2 AND inbox_id {in $3}";
            tx.tx.exec(sql, &[self.key(), work.into(), ids.clone()]).await?;
        }
        let state = match ended {
            Worked::Done => InboxState::Done,
            Worked::Again => InboxState::New,
            Worked::Dead => InboxState::Dead,
        };
        let sql = "UPDATE inbox SET attempts = attempts + 1, worked_at = $4, outcome = $3, \
                   state = CASE WHEN $5 = 'done' AND EXISTS (SELECT 1 FROM inbox_work WHERE inbox_work.tenant_id = $1 \
                   AND inbox_work.inbox_id = inbox.id) THEN inbox.state ELSE $5 END \
                   WHERE tenant_id = $1 AND id {in $2}";
        let params = [
            self.key(),
            ids,
            outcome.into(),
            self.env().now().into(),
            state.name().into(),
        ];
        tx.tx.exec(sql, &params).await?;
        tx.commit().await
    }

    /// The newest message of an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_event(&self, account: AccountId) -> Result<Option<super::InboxRecord>, StoreError> {
        let sql = format!(
            "SELECT {} FROM inbox WHERE tenant_id = $1 AND account_id = $2 ORDER BY id DESC LIMIT 1",
            super::EVENT
        );
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), account.into()])
            .await?;
        row.as_ref().map(super::record).transpose()
    }
}
