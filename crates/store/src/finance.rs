//! Money channels moved, as they posted it.

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::channel::{
    MoneyEvent, MoneyKind, MoneyState, MoneyTransaction, OrderMoney, order_money,
};
use stockbridge_domain::{AccountId, Money, OrderId, Timestamp};

use crate::columns::{Columns as _, json_value};
use crate::db::{Kind, Row};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("account_id", Kind::Text),
    ("id", Kind::Text),
    ("posted_at", Kind::Int),
    ("event", Kind::Text),
    ("told", Kind::Text),
    ("description", Kind::Text),
    ("state", Kind::Text),
    ("state_told", Kind::Text),
    ("channel_order_id", Kind::Text),
    ("settlement", Kind::Text),
    ("marketplace", Kind::Text),
    ("currency", Kind::Text),
    ("total_minor", Kind::Int),
    ("parts", Kind::Text),
    ("part_count", Kind::Int),
    ("read_at", Kind::Int),
];

const PARTS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("account_id", Kind::Text),
    ("transaction_id", Kind::Text),
    ("position", Kind::Int),
    ("kind", Kind::Text),
    ("told", Kind::Text),
    ("sku", Kind::Text),
    ("amount_minor", Kind::Int),
];

const RECORD: &str = "t.account_id, t.id, t.posted_at, t.event, t.told, t.description, t.state, t.state_told, \
                      t.channel_order_id, t.settlement, t.marketplace, t.total_minor, t.currency, t.parts, o.id";

/// A transaction of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyRecord {
    /// Whose.
    pub account: AccountId,
    /// The order it is about, if it was read.
    pub order: Option<OrderId>,
    /// What moved.
    #[serde(flatten)]
    pub transaction: MoneyTransaction,
}

/// Which transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoneyFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// About this.
    pub event: Option<MoneyEvent>,
    /// Posted at or after.
    pub from: Option<Timestamp>,
    /// Posted before.
    pub to: Option<Timestamp>,
    /// Of the order with this number of the channel's.
    pub order: Option<String>,
}

/// The sum of one kind of amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneySum {
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub kind: MoneyKind,
    /// How much; below zero where the seller pays.
    pub amount: Money,
    /// Of this held back by the channel.
    pub held: Money,
}

impl TenantTx {
    /// Takes in transactions; one that is known is overwritten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_money(
        &mut self,
        account: AccountId,
        all: &[MoneyTransaction],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        // The last of several with one id counts.
        let last: BTreeMap<&str, &MoneyTransaction> = all.iter().map(|t| (t.id.as_str(), t)).collect();
        if last.is_empty() {
            return Ok(());
        }
        let (mut rows, mut parts) = (Vec::new(), Vec::new());
        for t in last.values() {
            rows.push(vec![
                self.key(),
                account.into(),
                t.id.as_str().into(),
                t.posted_at.into(),
                t.event.name().into(),
                t.told.as_str().into(),
                t.description.as_str().into(),
                t.state.name().into(),
                t.state_told.as_str().into(),
                t.channel_order_id.as_deref().into(),
                t.settlement.as_deref().into(),
                t.marketplace.as_deref().into(),
                t.total.currency().code().into(),
                t.total.minor().into(),
                json_value(&t.parts)?,
                i64::try_from(t.parts.len()).unwrap_or(i64::MAX).into(),
                at.into(),
            ]);
            for (position, part) in (0_i64..).zip(&t.parts) {
                parts.push(vec![
                    self.key(),
                    account.into(),
                    t.id.as_str().into(),
                    position.into(),
                    part.kind.name().into(),
                    part.told.as_str().into(),
                    part.sku.as_ref().map(|s| s.as_str()).into(),
                    part.amount.minor().into(),
                ]);
            }
        }
        let conflict = "ON CONFLICT (tenant_id, account_id, id) DO UPDATE SET posted_at = excluded.posted_at, \
            event = excluded.event, told = excluded.told, description = excluded.description, \
            state = excluded.state, state_told = excluded.state_told, \
            channel_order_id = excluded.channel_order_id, settlement = excluded.settlement, \
            marketplace = excluded.marketplace, currency = excluded.currency, \
            total_minor = excluded.total_minor, parts = excluded.parts, \
            part_count = excluded.part_count, read_at = excluded.read_at";
        self.tx
            .insert_many("money_transactions", COLUMNS, conflict, rows)
            .await?;
        // Parts have no names of their own: those beyond the transaction's number of parts are of before, and not read.
        let conflict = "ON CONFLICT (tenant_id, account_id, transaction_id, position) DO UPDATE SET \
            kind = excluded.kind, told = excluded.told, sku = excluded.sku, amount_minor = excluded.amount_minor";
        self.tx.insert_many("money_parts", PARTS, conflict, parts).await?;
        Ok(())
    }

    /// Notes until when everything was read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_money_read(&mut self, account: AccountId, until: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO money_readings (tenant_id, account_id, complete_until) VALUES ($1, $2, $3) \
                   ON CONFLICT (tenant_id, account_id) DO UPDATE SET complete_until = excluded.complete_until";
        self.tx
            .exec(sql, &[self.key(), account.into(), until.into()])
            .await?;
        Ok(())
    }
}

impl Tenant {
    /// Until when everything was read of an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn money_read_until(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT complete_until FROM money_readings WHERE tenant_id = $1 AND account_id = $2";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), account.into()])
            .await?;
        rows.first().map(|row| row.time(0)).transpose()
    }

    /// Transactions, the latest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn money(
        &self,
        wanted: &MoneyFilter,
        query: &PageQuery,
    ) -> Result<Page<MoneyRecord>, StoreError> {
        let mut filter = filter(self, wanted);
        if let Some([posted, account, id]) = query.after("money")? {
            let posted: i64 = posted.parse().map_err(|_| StoreError::BadCursor)?;
            let posted = filter.param(posted);
            let [account, id] = [account, id].map(|part| filter.param(part));
            filter.and(&format!(
                "(t.posted_at, t.account_id, t.id) < (${posted}, ${account}, ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {RECORD} FROM money_transactions t LEFT JOIN orders o ON o.tenant_id = t.tenant_id \
             AND o.account_id = t.account_id AND o.channel_order_id = t.channel_order_id WHERE {} \
             ORDER BY t.posted_at DESC, t.account_id DESC, t.id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("money", items, |last| {
            [
                last.transaction.posted_at.micros().to_string(),
                last.account.to_string(),
                last.transaction.id.clone(),
            ]
        }))
    }

    /// Sums by account, currency and kind; a sale that was held back and released counts once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn money_sums(&self, wanted: &MoneyFilter) -> Result<Vec<MoneySum>, StoreError> {
        let filter = filter(self, wanted);
        let sql = format!(
            "SELECT t.account_id, p.kind, CAST(SUM(p.amount_minor) AS BIGINT), t.currency, \
             CAST(SUM(CASE WHEN t.state = 'held' THEN p.amount_minor ELSE 0 END) AS BIGINT) \
             FROM money_transactions t JOIN money_parts p ON p.tenant_id = t.tenant_id \
             AND p.account_id = t.account_id AND p.transaction_id = t.id AND p.position < t.part_count \
             WHERE {} AND t.state <> 'superseded' GROUP BY t.account_id, p.kind, t.currency \
             ORDER BY t.account_id, t.currency, p.kind",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let read = |row: &Row| {
            let amount = row.opt_money(2)?.ok_or_else(|| missing("amount"))?;
            Ok(MoneySum {
                account: row.parsed(0)?,
                kind: row.named(1, MoneyKind::parse)?,
                amount,
                held: Money::from_minor(row.int(4)?, amount.currency()),
            })
        };
        rows.iter().map(read).collect()
    }

    /// What the channel posted of an order against what the order says; `None` for an order that is not there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order_money(&self, order: OrderId) -> Result<Option<Vec<OrderMoney>>, StoreError> {
        let Some(detail) = self.order(order).await? else {
            return Ok(None);
        };
        let wanted = MoneyFilter {
            account: Some(detail.order.account),
            order: Some(detail.order.channel_order_id.clone()),
            ..MoneyFilter::default()
        };
        let found = self.money(&wanted, &PageQuery::first(200)).await?;
        let all: Vec<_> = found.items.into_iter().map(|r| r.transaction).collect();
        Ok(Some(order_money(detail.order.total, &all)))
    }
}

fn filter(tenant: &Tenant, wanted: &MoneyFilter) -> Filter {
    let mut filter = Filter::of_tenant("t.tenant_id = $1", tenant.key());
    filter.and_some("t.account_id = ?", wanted.account);
    filter.and_some("t.event = ?", wanted.event.map(MoneyEvent::name));
    filter.and_some("t.posted_at >= ?", wanted.from);
    filter.and_some("t.posted_at < ?", wanted.to);
    filter.and_some("t.channel_order_id = ?", wanted.order.as_deref());
    filter
}

fn missing(what: &str) -> StoreError {
    StoreError::Invalid {
        detail: format!("a transaction has no {what}; this is a bug, please report it"),
    }
}

fn record(row: &Row) -> Result<MoneyRecord, StoreError> {
    Ok(MoneyRecord {
        account: row.parsed(0)?,
        order: row.opt_parsed(14)?,
        transaction: MoneyTransaction {
            id: row.string(1)?,
            posted_at: row.time(2)?,
            event: row.named(3, MoneyEvent::parse)?,
            told: row.string(4)?,
            description: row.string(5)?,
            state: row.named(6, MoneyState::parse)?,
            state_told: row.string(7)?,
            channel_order_id: row.opt_string(8)?,
            settlement: row.opt_string(9)?,
            marketplace: row.opt_string(10)?,
            total: row.opt_money(11)?.ok_or_else(|| missing("total"))?,
            parts: row.json(13)?,
        },
    })
}
