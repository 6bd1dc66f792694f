//! The audit log: who did or looked at what. Entries are never changed.

use serde::Serialize;
use stockbridge_domain::{AuditId, Timestamp};

use crate::columns::Columns as _;
use crate::db::Row;
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// Something to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAudit<'a> {
    /// Who: a person's address, a token's name, `system`.
    pub actor: &'a str,
    /// What, such as `account.connect`.
    pub action: &'a str,
    /// The id of what it was done to.
    pub subject: &'a str,
    /// What else there is to know; never a secret.
    pub detail: &'a str,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// What else there is to know.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl<'a> NewAudit<'a> {
    /// `action` of `actor` on the thing with this id, with nothing else to know.
    pub fn of(actor: &'a str, action: &'a str, subject: &'a str) -> Self {
        Self {
            actor,
            action,
            subject,
            detail: "",
        }
    }
}

fn record(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        id: row.parsed(0)?,
        actor: row.string(1)?,
        action: row.string(2)?,
        subject: row.string(3)?,
        detail: row.string(4)?,
        at: row.time(5)?,
    })
}

impl TenantTx {
    /// Notes what is done in this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&mut self, new: &NewAudit<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO audit_log (tenant_id, id, actor, action, subject, detail, at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            self.key(),
            self.env.id::<AuditId>().into(),
            new.actor.into(),
            new.action.into(),
            new.subject.into(),
            new.detail.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl Tenant {
    /// [`TenantTx::audit`] as a transaction of its own, for what changes nothing in the store.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, new: &NewAudit<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.audit(new).await?;
        tx.commit().await
    }

    /// The log, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn audit_log(&self, query: &PageQuery) -> Result<Page<AuditRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("id < ?", query.after("audit")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT id, actor, action, subject, detail, at FROM audit_log WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("audit", items, |last| [last.id.to_string()]))
    }
}
