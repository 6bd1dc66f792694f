//! Looking into the inbox, and forgetting what is old.

use stockbridge_domain::{AccountId, InboxId, TenantId, Timestamp};

use super::{EVENT, InboxRecord, InboxState, PURPOSE, record};
use crate::audit::NewAudit;
use crate::columns::Columns as _;
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, System, Tenant, TenantTx};

/// Which messages to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// That stand like this.
    pub state: Option<InboxState>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this topic, in the channel's words.
    pub topic: Option<String>,
}

impl Tenant {
    /// Messages, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn inbox(
        &self,
        wanted: &InboxFilter,
        query: &PageQuery,
    ) -> Result<Page<InboxRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("state = ?", wanted.state.map(InboxState::name));
        filter.and_some("account_id = ?", wanted.account);
        filter.and_some("topic = ?", wanted.topic.as_deref());
        filter.and_some("id < ?", query.after("inbox")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {EVENT} FROM inbox WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("inbox", items, |last| [last.id.to_string()]))
    }

    /// One message.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inbox_event(&self, id: InboxId) -> Result<Option<InboxRecord>, StoreError> {
        let sql = format!("SELECT {EVENT} FROM inbox WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// A message's body as it came; that `actor` looked is written to the audit log.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn inbox_body(&self, id: InboxId, actor: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(body) = tx.event_body(id).await? else {
            return Ok(None);
        };
        tx.audit(&NewAudit {
            actor,
            action: "inbox.read_body",
            subject: &id.to_string(),
            detail: "",
        })
        .await?;
        tx.commit().await?;
        Ok(Some(body))
    }

    /// By how much the account's channel was ahead of this clock in its latest messages, in microseconds; zero or less is
    /// a message's time on its way. Nothing when none of them says when it was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clock_ahead(&self, account: AccountId) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT MAX(latest.ahead) FROM (SELECT occurred_at - received_at AS ahead FROM inbox \
                   WHERE tenant_id = $1 AND account_id = $2 AND occurred_at IS NOT NULL ORDER BY id DESC LIMIT 20) latest";
        let row = self
            .read()
            .await?
            .query_one(sql, &[self.key(), account.into()])
            .await?;
        row.opt_int(0)
    }
}

impl TenantTx {
    /// A message's body, for the hub itself.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn event_body(&mut self, id: InboxId) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM inbox WHERE tenant_id = $1 AND id = $2";
        let Some(row) = self.tx.query_opt(sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let sealer = self.sealer().await?;
        let plain = sealer.open(PURPOSE, &id.to_string(), row.bytes(0)?)?;
        Ok(Some(plain.to_vec()))
    }
}

impl System {
    /// Whose account this is: all that the address of a webhook tells.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_tenant(&self, account: AccountId) -> Result<Option<TenantId>, StoreError> {
        let sql = "SELECT tenant_id FROM accounts WHERE id = $1";
        let row = self.read().await?.query_opt(sql, &[account.into()]).await?;
        row.map(|row| row.parsed(0)).transpose()
    }

    /// Forgets at most `limit` messages that came before `before`, whatever became of them; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_inbox(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM inbox WHERE (tenant_id, id) IN \
                   (SELECT tenant_id, id FROM inbox WHERE received_at < $1 ORDER BY received_at LIMIT $2)";
        let count = tx.exec(sql, &[before.into(), limit.into()]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
