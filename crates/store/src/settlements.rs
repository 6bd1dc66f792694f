//! What channels paid, against what their transactions promised.

use std::collections::BTreeSet;

use serde::Serialize;
use stockbridge_domain::channel::{Settlement, SettlementVerdict, settlement_verdict};
use stockbridge_domain::{AccountId, Money, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Kind, Row, Value};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

const LINES: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("account_id", Kind::Text),
    ("settlement_id", Kind::Text),
    ("position", Kind::Int),
    ("told", Kind::Text),
    ("amount_told", Kind::Text),
    ("channel_order_id", Kind::Text),
    ("sku", Kind::Text),
    ("amount_minor", Kind::Int),
];

/// A settlement of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettlementRecord {
    /// Whose.
    pub account: AccountId,
    /// The channel's id.
    pub id: String,
    /// Its first instant.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// When the money was sent to the bank.
    pub deposited_at: Option<Timestamp>,
    /// How much was paid.
    pub paid: Money,
    /// The sum of its lines.
    pub lines_total: Money,
    /// How many lines it has.
    pub lines: i64,
    /// The sum of the transactions that name it.
    pub expected: Option<Money>,
    /// Whether they agree.
    pub verdict: SettlementVerdict,
}

/// Which settlements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettlementFilter {
    /// Of this account.
    pub account: Option<AccountId>,
}

impl TenantTx {
    /// Takes in a settlement; one that is known is overwritten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_settlement(
        &mut self,
        account: AccountId,
        reference: &str,
        it: &Settlement,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sum = it
            .lines
            .iter()
            .fold(0_i64, |sum, line| sum.saturating_add(line.amount.minor()));
        let sql = "INSERT INTO settlements (tenant_id, account_id, id, reference, from_at, to_at, deposited_at, \
                   currency, total_minor, lines_minor, line_count, read_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   ON CONFLICT (tenant_id, account_id, id) DO UPDATE SET reference = excluded.reference, \
                   from_at = excluded.from_at, to_at = excluded.to_at, deposited_at = excluded.deposited_at, \
                   currency = excluded.currency, total_minor = excluded.total_minor, \
                   lines_minor = excluded.lines_minor, line_count = excluded.line_count, read_at = excluded.read_at";
        let params: [Value; 12] = [
            self.key(),
            account.into(),
            it.id.as_str().into(),
            reference.into(),
            it.from.into(),
            it.to.into(),
            it.deposited_at.into(),
            it.total.currency().code().into(),
            it.total.minor().into(),
            sum.into(),
            i64::try_from(it.lines.len()).unwrap_or(i64::MAX).into(),
            at.into(),
        ];
        self.tx.exec(sql, &params).await?;
        let sql =
            "DELETE FROM settlement_lines WHERE tenant_id = $1 AND account_id = $2 AND settlement_id = $3";
        self.tx
            .exec(sql, &[self.key(), account.into(), it.id.as_str().into()])
            .await?;
        let row = |(position, line): (i64, &stockbridge_domain::channel::SettlementLine)| {
            vec![
                self.key(),
                account.into(),
                it.id.as_str().into(),
                position.into(),
                line.told.as_str().into(),
                line.amount_told.as_str().into(),
                line.channel_order_id.as_deref().into(),
                line.sku.as_deref().into(),
                line.amount.minor().into(),
            ]
        };
        let rows: Vec<_> = (0_i64..).zip(&it.lines).map(row).collect();
        self.tx.insert_many("settlement_lines", LINES, "", rows).await?;
        Ok(())
    }
}

impl Tenant {
    /// What an account's known settlements were read by.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settlement_references(&self, account: AccountId) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT reference FROM settlements WHERE tenant_id = $1 AND account_id = $2";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), account.into()])
            .await?;
        rows.iter().map(|row| row.string(0)).collect()
    }

    /// Settlements, the latest first, each with the sum of the transactions that name it, payouts aside.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn settlements(
        &self,
        wanted: &SettlementFilter,
        query: &PageQuery,
    ) -> Result<Page<SettlementRecord>, StoreError> {
        let mut filter = Filter::of_tenant("s.tenant_id = $1", self.key());
        filter.and_some("s.account_id = ?", wanted.account);
        if let Some([to, account, id]) = query.after("settlements")? {
            let to: i64 = to.parse().map_err(|_| StoreError::BadCursor)?;
            let to = filter.param(to);
            let [account, id] = [account, id].map(|part| filter.param(part));
            filter.and(&format!(
                "(s.to_at, s.account_id, s.id) < (${to}, ${account}, ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT s.account_id, s.id, s.from_at, s.to_at, s.deposited_at, s.total_minor, s.currency, s.lines_minor, \
             s.line_count, (SELECT CAST(SUM(t.total_minor) AS BIGINT) FROM money_transactions t \
             WHERE t.tenant_id = s.tenant_id AND t.account_id = s.account_id AND t.settlement = s.id \
             AND t.currency = s.currency AND t.event <> 'payout' AND t.state <> 'superseded') \
             FROM settlements s WHERE {} ORDER BY s.to_at DESC, s.account_id DESC, s.id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("settlements", items, |last| {
            [
                last.to.micros().to_string(),
                last.account.to_string(),
                last.id.clone(),
            ]
        }))
    }
}

fn record(row: &Row) -> Result<SettlementRecord, StoreError> {
    let paid = row.opt_money(5)?.ok_or_else(|| StoreError::Invalid {
        detail: "a settlement has no total; this is a bug, please report it".into(),
    })?;
    let (lines, expected) = (row.int(7)?, row.opt_int(9)?);
    let money = |minor| Money::from_minor(minor, paid.currency());
    Ok(SettlementRecord {
        account: row.parsed(0)?,
        id: row.string(1)?,
        from: row.time(2)?,
        to: row.time(3)?,
        deposited_at: row.opt_time(4)?,
        paid,
        lines_total: money(lines),
        lines: row.int(8)?,
        expected: expected.map(money),
        verdict: settlement_verdict(paid.minor(), lines, expected),
    })
}
