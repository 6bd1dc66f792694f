//! Quarantine: what a channel sent that could not be read, kept as it came until somebody has looked.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use stockbridge_domain::channel::Unreadable;
use stockbridge_domain::{AccountId, QuarantineId, Timestamp};

use crate::audit::NewAudit;
use crate::columns::Columns as _;
use crate::db::{Kind, Row};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// What unreadable things are sealed for: they may hold personal data.
const PURPOSE: &str = "quarantine";

/// Something unreadable, without the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineRecord {
    /// Its id.
    pub id: QuarantineId,
    /// Which account it came from.
    pub account: AccountId,
    /// What it was meant to be, such as `order`.
    pub kind: String,
    /// The channel's id of it, where that much was readable.
    pub channel_id: Option<String>,
    /// Which field, and what was wrong with it.
    pub reason: String,
    /// When it came first.
    pub at: Timestamp,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("account_id", Kind::Text),
    ("kind", Kind::Text),
    ("channel_id", Kind::Text),
    ("digest", Kind::Text),
    ("reason", Kind::Text),
    ("payload", Kind::Bytes),
    ("at", Kind::Int),
];

fn record(row: &Row) -> Result<QuarantineRecord, StoreError> {
    Ok(QuarantineRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        kind: row.string(2)?,
        channel_id: row.opt_string(3)?,
        reason: row.string(4)?,
        at: row.time(5)?,
    })
}

impl TenantTx {
    /// Keeps unreadable things; the same thing again is kept once. Returns how many are new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quarantine(
        &mut self,
        account: AccountId,
        kind: &str,
        things: &[Unreadable],
    ) -> Result<u64, StoreError> {
        if things.is_empty() {
            return Ok(0);
        }
        let (sealer, now) = (self.sealer().await?, self.env.now());
        let mut rows = Vec::with_capacity(things.len());
        for thing in things {
            let id: QuarantineId = self.env.id();
            rows.push(vec![
                self.key(),
                id.into(),
                account.into(),
                kind.into(),
                thing.id.clone().into(),
                digest(kind, &thing.raw).into(),
                (&thing.reason).into(),
                sealer
                    .seal(PURPOSE, &id.to_string(), thing.raw.as_bytes())?
                    .into(),
                now.into(),
            ]);
        }
        let tail = "ON CONFLICT (tenant_id, account_id, digest) DO NOTHING";
        self.tx.insert_many("quarantine", COLUMNS, tail, rows).await
    }
}

impl Tenant {
    /// What is in quarantine, newest first, of one account or of all.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn quarantined(
        &self,
        account: Option<AccountId>,
        query: &PageQuery,
    ) -> Result<Page<QuarantineRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", account);
        filter.and_some("id < ?", query.after("quarantine")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT id, account_id, kind, channel_id, reason, at FROM quarantine WHERE {} \
             ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("quarantine", items, |last| [last.id.to_string()]))
    }

    /// The thing as it came; that `actor` looked is written to the audit log.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn quarantined_payload(
        &self,
        id: QuarantineId,
        actor: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT payload FROM quarantine WHERE tenant_id = $1 AND id = $2";
        let Some(row) = tx.tx.query_opt(sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let id = id.to_string();
        let payload = tx.sealer().await?.open_text(PURPOSE, &id, row.bytes(0)?)?;
        tx.audit(&NewAudit {
            actor,
            action: "quarantine.read_payload",
            subject: &id,
            detail: "",
        })
        .await?;
        tx.commit().await?;
        Ok(Some(payload))
    }

    /// Forgets a thing somebody has dealt with; false when it is not there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard_quarantined(&self, id: QuarantineId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM quarantine WHERE tenant_id = $1 AND id = $2";
        let gone = tx.tx.exec(sql, &[self.key(), id.into()]).await?;
        tx.commit().await?;
        Ok(gone == 1)
    }
}

fn digest(kind: &str, raw: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    hash.update(raw);
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
