//! Alerts: what needs a person's attention, once each however often it happens.

use serde::Serialize;
use stockbridge_domain::{AccountId, AlertId, Timestamp};

use crate::audit::NewAudit;
use crate::columns::{Columns as _, words};
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::page::cursor_int;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

words! {
    /// How much an alert matters.
    Severity {
        /// Good to know.
        Info = "info",
        /// Something works less well than it should.
        Warning = "warning",
        /// Stock, orders or money are at risk.
        Critical = "critical",
    }
}

words! {
    /// What people did about an alert.
    AlertState {
        /// Nothing yet.
        Open = "open",
        /// Somebody looks after it.
        Acknowledged = "acknowledged",
        /// To be shown again later.
        Snoozed = "snoozed",
        /// Over.
        Resolved = "resolved",
    }
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// What kind, such as `stock.oversold`.
    pub kind: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The same for the same thing happening again.
    pub dedupe_key: String,
    /// Which account it is about.
    pub account: Option<AccountId>,
    /// The id of what it is about.
    pub subject: Option<String>,
    /// One line.
    pub title: String,
    /// What happened and what to do.
    pub detail: String,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertRecord {
    /// Its id.
    pub id: AlertId,
    /// What kind.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// Which account it is about.
    pub account: Option<AccountId>,
    /// The id of what it is about.
    pub subject: Option<String>,
    /// One line.
    pub title: String,
    /// What happened and what to do.
    pub detail: String,
    /// What people did about it.
    pub state: AlertState,
    /// Until when it is not shown.
    pub snoozed_until: Option<Timestamp>,
    /// How often it happened.
    pub times: i64,
    /// When it happened first.
    pub first_at: Timestamp,
    /// When it happened last.
    pub last_at: Timestamp,
}

/// What raising an alert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised {
    /// The alert.
    pub id: AlertId,
    /// Whether people have not been told yet: it is new, or had been resolved.
    pub fresh: bool,
}

/// Which alerts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// In this state; snoozed ones whose time is over are open.
    pub state: Option<AlertState>,
    /// Of this severity.
    pub severity: Option<Severity>,
    /// About this account.
    pub account: Option<AccountId>,
}

/// How many alerts are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AlertCounts {
    /// Critical ones.
    pub critical: i64,
    /// Warnings.
    pub warning: i64,
    /// The rest.
    pub info: i64,
}

const ALERT: &str = "id, kind, severity, account_id, subject, title, detail, state, snoozed_until, times, \
     first_at, last_at";
/// Open now, with the present instant as the parameter.
const OPEN: &str = "(state = 'open' OR state = 'snoozed' AND snoozed_until <= ?)";

fn record(row: &Row) -> Result<AlertRecord, StoreError> {
    Ok(AlertRecord {
        id: row.parsed(0)?,
        kind: row.string(1)?,
        severity: row.named(2, Severity::parse)?,
        account: row.opt_parsed(3)?,
        subject: row.opt_string(4)?,
        title: row.string(5)?,
        detail: row.string(6)?,
        state: row.named(7, AlertState::parse)?,
        snoozed_until: row.opt_time(8)?,
        times: row.int(9)?,
        first_at: row.time(10)?,
        last_at: row.time(11)?,
    })
}

impl TenantTx {
    /// Raises an alert. One with the same key counts up instead, and is open again if it had been resolved.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_alert(&mut self, new: NewAlert) -> Result<Raised, StoreError> {
        let sql = "INSERT INTO alerts (tenant_id, id, kind, severity, dedupe_key, account_id, subject, title, detail, \
             state, times, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', 1, $10, $10) \
             ON CONFLICT (tenant_id, dedupe_key) DO UPDATE SET kind = excluded.kind, severity = excluded.severity, \
             account_id = excluded.account_id, subject = excluded.subject, title = excluded.title, \
             detail = excluded.detail, last_at = excluded.last_at, \
             times = CASE WHEN alerts.state = 'resolved' THEN 1 ELSE alerts.times + 1 END, \
             first_at = CASE WHEN alerts.state = 'resolved' THEN excluded.first_at ELSE alerts.first_at END, \
             state = CASE WHEN alerts.state = 'resolved' THEN 'open' ELSE alerts.state END \
             RETURNING id, times";
        let values = [
            self.key(),
            self.env.id::<AlertId>().into(),
            new.kind.into(),
            new.severity.name().into(),
            new.dedupe_key.into(),
            new.account.into(),
            new.subject.into(),
            new.title.into(),
            new.detail.into(),
            self.env.now().into(),
        ];
        let row = self.tx.query_one(sql, &values).await?;
        Ok(Raised {
            id: row.parsed(0)?,
            fresh: row.int(1)? == 1,
        })
    }

    /// Resolves the alert with this key, because what it told of is over; false when none was left to resolve.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resolve_alert(&mut self, dedupe_key: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE alerts SET state = 'resolved', snoozed_until = NULL \
                   WHERE tenant_id = $1 AND dedupe_key = $2 AND state <> 'resolved'";
        let values = [self.key(), dedupe_key.into()];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

impl TenantTx {
    /// Resolves every alert of a kind but those with these keys: for alerts that are brought in line with what is, now
    /// and then, rather than raised and resolved by events. Answers how many that were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resolve_alerts_except(&mut self, kind: &str, keys: Vec<String>) -> Result<u64, StoreError> {
        let sql = "UPDATE alerts SET state = 'resolved', snoozed_until = NULL \
                   WHERE tenant_id = $1 AND kind = $2 AND state <> 'resolved' AND NOT (dedupe_key {in $3})";
        self.tx.exec(sql, &[self.key(), kind.into(), keys.into()]).await
    }
}

impl Tenant {
    /// [`TenantTx::raise_alert`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_alert(&self, new: NewAlert) -> Result<Raised, StoreError> {
        let mut tx = self.begin().await?;
        let raised = tx.raise_alert(new).await?;
        tx.commit().await?;
        Ok(raised)
    }

    /// [`TenantTx::resolve_alert`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resolve_alert(&self, dedupe_key: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let resolved = tx.resolve_alert(dedupe_key).await?;
        tx.commit().await?;
        Ok(resolved)
    }

    /// Notes what `by` did about an alert, in the audit log too; false when there is no such alert. `until` is for snoozing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_alert_state(
        &self,
        id: AlertId,
        state: AlertState,
        until: Option<Timestamp>,
        by: &str,
    ) -> Result<bool, StoreError> {
        let until = until.filter(|_| state == AlertState::Snoozed);
        let mut tx = self.begin().await?;
        let sql = "UPDATE alerts SET state = $3, snoozed_until = $4 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), id.into(), state.name().into(), until.into()];
        let changed = tx.tx.exec(sql, &values).await? == 1;
        if changed {
            tx.audit(&NewAudit {
                actor: by,
                action: "alert.change",
                subject: &id.to_string(),
                detail: state.name(),
            })
            .await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// One alert.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert(&self, id: AlertId) -> Result<Option<AlertRecord>, StoreError> {
        let sql = format!("SELECT {ALERT} FROM alerts WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Alerts, those that happened last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn alerts(
        &self,
        wanted: &AlertFilter,
        query: &PageQuery,
    ) -> Result<Page<AlertRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        match wanted.state {
            Some(AlertState::Open) => filter.and_with(OPEN, self.env().now()),
            Some(AlertState::Snoozed) => {
                filter.and_with("state = 'snoozed' AND snoozed_until > ?", self.env().now());
            }
            state => filter.and_some("state = ?", state.map(AlertState::name)),
        }
        filter.and_some("severity = ?", wanted.severity.map(Severity::name));
        filter.and_some("account_id = ?", wanted.account);
        if let Some([at, id]) = query.after("alerts")? {
            let (at, id) = (filter.param(cursor_int(&at)?), filter.param(id));
            filter.and(&format!("(last_at < ${at} OR last_at = ${at} AND id < ${id})"));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {ALERT} FROM alerts WHERE {} ORDER BY last_at DESC, id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("alerts", items, |last| {
            [last.last_at.micros().to_string(), last.id.to_string()]
        }))
    }

    /// How many alerts are open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_counts(&self) -> Result<AlertCounts, StoreError> {
        alert_counts(&mut self.read().await?, self.key(), self.env().now()).await
    }
}

pub(crate) async fn alert_counts(
    tx: &mut Tx,
    tenant: Value,
    now: Timestamp,
) -> Result<AlertCounts, StoreError> {
    let sql = format!(
        "SELECT severity, COUNT(*) FROM alerts WHERE tenant_id = $1 AND {} GROUP BY severity",
        OPEN.replace('?', "$2")
    );
    let mut counts = AlertCounts::default();
    for row in tx.query(&sql, &[tenant, now.into()]).await? {
        let count = match row.named(0, Severity::parse)? {
            Severity::Critical => &mut counts.critical,
            Severity::Warning => &mut counts.warning,
            Severity::Info => &mut counts.info,
        };
        *count = row.int(1)?;
    }
    Ok(counts)
}
