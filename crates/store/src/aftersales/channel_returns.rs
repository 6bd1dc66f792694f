//! Returns as channels announce them, and what of them was received here.

use std::collections::HashMap;

use serde::Serialize;
use stockbridge_domain::channel::{ReturnLine, ReturnSnapshot, ReturnStatus};
use stockbridge_domain::{AccountId, ChannelReturnId, OrderId, OrderLineId, Quantity, Timestamp};

use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::page::cursor_int;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// A return as its channel announces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelReturnRecord {
    /// Its id.
    pub id: ChannelReturnId,
    /// On which account.
    pub account: AccountId,
    /// The channel's id.
    pub channel_return_id: String,
    /// The channel's id of the order.
    pub channel_order_id: String,
    /// The order, once it is here.
    pub order: Option<OrderId>,
    /// The channel's word for where it stands.
    pub channel_status: String,
    /// The same in our words; nothing when nobody knows the word.
    pub status: Option<ReturnStatus>,
    /// Tracking number of the way back.
    pub tracking: Option<String>,
    /// What a person has to look at.
    pub attention: Option<String>,
    /// Units announced.
    pub units: i64,
    /// Of these, received here.
    pub received: i64,
    /// When it was asked for, by the channel's clock.
    pub created_at: Timestamp,
    /// When it last changed, by the channel's clock.
    pub updated_at: Timestamp,
    /// When the hub first had it.
    pub imported_at: Timestamp,
    /// What comes back.
    pub lines: Vec<ChannelReturnLine>,
}

/// A line of an announced return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelReturnLine {
    /// The order line, where it can be told.
    pub line: Option<OrderLineId>,
    /// The channel's id of the order line.
    pub channel_line_id: Option<String>,
    /// The SKU, as the channel gave it.
    pub sku: Option<String>,
    /// Units of the listing announced.
    pub quantity: i64,
    /// Of these, received here.
    pub received: i64,
    /// The buyer's reason, in the channel's words.
    pub reason: Option<String>,
}

/// Which announced returns to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelReturnFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Only those of which something may still come back.
    pub awaited: bool,
}

/// What importing a page of returns did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnsOutcome {
    /// Returns that were new or changed.
    pub changed: i64,
    /// Those of them with a word nobody knows: the channel's id, and the word.
    pub unknown: Vec<(String, String)>,
    /// Those of them whose goods have arrived and were not received here.
    pub arrived: Vec<ArrivedReturn>,
    /// Those of them of which nothing is awaited any more.
    pub over: Vec<ChannelReturnId>,
}

/// Goods that have arrived, by the channel's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedReturn {
    /// The return.
    pub id: ChannelReturnId,
    /// The channel's id of it.
    pub channel_return_id: String,
    /// The channel's id of the order.
    pub channel_order_id: String,
}

const COLUMNS: &str = "id, account_id, channel_return_id, channel_order_id, channel_status, status, tracking, attention, \
     units, received, created_at, updated_at, imported_at, lines";

/// Statuses after which nothing is awaited.
const OVER: &str = "('closed', 'cancelled')";

fn record(row: &Row) -> Result<ChannelReturnRecord, StoreError> {
    let lines: Vec<ReturnLine> = row.json(13)?;
    let status = match row.opt_string(5)? {
        None => None,
        Some(_) => Some(row.named(5, ReturnStatus::parse)?),
    };
    Ok(ChannelReturnRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        channel_return_id: row.string(2)?,
        channel_order_id: row.string(3)?,
        order: None,
        channel_status: row.string(4)?,
        status,
        tracking: row.opt_string(6)?,
        attention: row.opt_string(7)?,
        units: row.int(8)?,
        received: row.int(9)?,
        created_at: row.time(10)?,
        updated_at: row.time(11)?,
        imported_at: row.time(12)?,
        lines: lines
            .into_iter()
            .map(|line| ChannelReturnLine {
                line: None,
                channel_line_id: line.channel_line_id,
                sku: line.sku,
                quantity: line.quantity,
                received: 0,
                reason: line.reason,
            })
            .collect(),
    })
}

/// Finds the order and its lines of each return, and what was received of them.
async fn complete(
    tx: &mut Tx,
    tenant: &Value,
    returns: &mut [ChannelReturnRecord],
) -> Result<(), StoreError> {
    for back in returns {
        let sql = "SELECT o.id, l.id, l.channel_line_id, l.sku, (SELECT CAST(COALESCE(SUM(r.units), 0) AS BIGINT) FROM returns r \
                   WHERE r.tenant_id = l.tenant_id AND r.line_id = l.id AND r.channel_return_id = $4) \
                   FROM orders o JOIN order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id \
                   WHERE o.tenant_id = $1 AND o.account_id = $2 AND o.channel_order_id = $3 ORDER BY l.id";
        let values = [
            tenant.clone(),
            back.account.into(),
            (&back.channel_order_id).into(),
            back.id.into(),
        ];
        let mut left: HashMap<OrderLineId, i64> = HashMap::new();
        for row in tx.query(sql, &values).await? {
            back.order = Some(row.parsed(0)?);
            let (id, named): (OrderLineId, String) = (row.parsed(1)?, row.string(2)?);
            let sku = row.opt_string(3)?;
            left.insert(id, row.int(4)?);
            let mut same = back.lines.iter_mut().filter(|line| line.line.is_none());
            let line = same.find(|line| match &line.channel_line_id {
                Some(theirs) => *theirs == named,
                None => line.sku.is_some() && line.sku == sku,
            });
            if let Some(line) = line {
                line.line = Some(id);
            }
        }
        // A channel may announce units of one order line in two lines.
        let first: HashMap<String, OrderLineId> = back
            .lines
            .iter()
            .filter_map(|line| Some((line.channel_line_id.clone()?, line.line?)))
            .collect();
        for line in &mut back.lines {
            let named = line.channel_line_id.as_ref();
            line.line = line.line.or_else(|| first.get(named?).copied());
            if let Some(there) = line.line.and_then(|id| left.get_mut(&id)) {
                line.received = (*there).min(line.quantity);
                *there -= line.received;
            }
        }
    }
    Ok(())
}

/// Lines as they are kept: a number that cannot be is none.
fn kept(snapshot: &ReturnSnapshot) -> (Vec<ReturnLine>, i64, Option<String>) {
    let mut odd = snapshot.oddities.first().cloned();
    let mut lines = snapshot.lines.clone();
    for line in &mut lines {
        match Quantity::new(line.quantity) {
            Ok(quantity) => line.quantity = quantity.units(),
            Err(error) => {
                odd.get_or_insert_with(|| format!("a line is for {} units: {error}", line.quantity));
                line.quantity = 0;
            }
        }
    }
    if snapshot.status.is_none() {
        odd.get_or_insert_with(|| {
            format!(
                "the channel's status `{}` of a return is unknown",
                snapshot.channel_status
            )
        });
    }
    let units = lines.iter().map(|line| line.quantity).sum();
    (lines, units, odd)
}

impl TenantTx {
    /// Merges returns an account's channel announces. The same again writes nothing; what is older than what is known is
    /// left out; a word nobody knows leaves the status as it was and is kept beside it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub async fn import_returns(
        &mut self,
        account: AccountId,
        snapshots: &[ReturnSnapshot],
    ) -> Result<ReturnsOutcome, StoreError> {
        let mut outcome = ReturnsOutcome::default();
        self.lock_account(account).await?;
        for snapshot in snapshots {
            let (lines, units, attention) = kept(snapshot);
            let sql = "INSERT INTO channel_returns AS known (tenant_id, id, account_id, channel_return_id, \
                 channel_order_id, channel_status, status, lines, tracking, attention, units, received, created_at, \
                 updated_at, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14) \
                 ON CONFLICT (tenant_id, account_id, channel_return_id) DO UPDATE SET \
                 channel_status = excluded.channel_status, status = COALESCE(excluded.status, known.status), \
                 lines = excluded.lines, tracking = COALESCE(excluded.tracking, known.tracking), \
                 attention = excluded.attention, units = excluded.units, updated_at = excluded.updated_at \
                 WHERE known.updated_at <= excluded.updated_at AND (known.channel_status <> excluded.channel_status \
                 OR known.lines <> excluded.lines OR COALESCE(known.tracking, '') <> COALESCE(excluded.tracking, '') \
                 OR known.updated_at <> excluded.updated_at) RETURNING id, status, received";
            let values = [
                self.key(),
                self.env.id::<ChannelReturnId>().into(),
                account.into(),
                (&snapshot.channel_return_id).into(),
                (&snapshot.channel_order_id).into(),
                (&snapshot.channel_status).into(),
                snapshot.status.map(ReturnStatus::name).into(),
                json_value(&lines)?,
                snapshot.tracking.clone().into(),
                attention.into(),
                units.into(),
                snapshot.created_at.into(),
                snapshot.updated_at.into(),
                self.env.now().into(),
            ];
            let Some(row) = self.tx.query_opt(sql, &values).await? else {
                continue;
            };
            outcome.changed += 1;
            let id: ChannelReturnId = row.parsed(0)?;
            let status = row.opt_string(1)?;
            let status = status.as_deref().and_then(ReturnStatus::parse);
            if snapshot.status.is_none() {
                let named = (
                    snapshot.channel_return_id.clone(),
                    snapshot.channel_status.clone(),
                );
                outcome.unknown.push(named);
            }
            match status {
                Some(ReturnStatus::Received) if row.int(2)? < units => outcome.arrived.push(ArrivedReturn {
                    id,
                    channel_return_id: snapshot.channel_return_id.clone(),
                    channel_order_id: snapshot.channel_order_id.clone(),
                }),
                Some(ReturnStatus::Closed | ReturnStatus::Cancelled) => outcome.over.push(id),
                _ => {}
            }
        }
        Ok(outcome)
    }

    /// Notes that returns changed before `at` are all imported. Never moves backwards.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_returns_complete_until(
        &mut self,
        account: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET returns_complete_until = $3 WHERE tenant_id = $1 AND id = $2 \
                   AND (returns_complete_until IS NULL OR returns_complete_until < $3)";
        self.tx
            .exec(sql, &[self.key(), account.into(), at.into()])
            .await?;
        Ok(())
    }
}

pub(super) async fn one(
    tx: &mut Tx,
    tenant: &Value,
    id: ChannelReturnId,
) -> Result<Option<ChannelReturnRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM channel_returns WHERE tenant_id = $1 AND id = $2");
    let row = tx.query_opt(&sql, &[tenant.clone(), id.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let mut found = [record(&row)?];
    complete(tx, tenant, &mut found).await?;
    let [found] = found;
    Ok(Some(found))
}

impl Tenant {
    /// Up to when returns are all imported; nothing before the first time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn returns_complete_until(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT returns_complete_until FROM accounts WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), account.into()];
        let row = self.read().await?.query_opt(sql, &values).await?;
        row.map_or(Ok(None), |row| row.opt_time(0))
    }

    /// One announced return.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn channel_return(
        &self,
        id: ChannelReturnId,
    ) -> Result<Option<ChannelReturnRecord>, StoreError> {
        one(&mut self.read().await?, &self.key(), id).await
    }

    /// Announced returns, those that changed last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn channel_returns(
        &self,
        wanted: &ChannelReturnFilter,
        query: &PageQuery,
    ) -> Result<Page<ChannelReturnRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("account_id = ?", wanted.account);
        if wanted.awaited {
            filter.and(&format!(
                "received < units AND (status IS NULL OR status NOT IN {OVER})"
            ));
        }
        if let Some([at, id]) = query.after("channel_returns")? {
            let (at, id) = (filter.param(cursor_int(&at)?), filter.param(id));
            filter.and(&format!(
                "updated_at <= ${at} AND (updated_at < ${at} OR id < ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {COLUMNS} FROM channel_returns WHERE {} ORDER BY updated_at DESC, id DESC LIMIT ${limit}",
            filter.text()
        );
        let mut tx = self.read().await?;
        let rows = tx.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        let mut page = query.page("channel_returns", items, |last| {
            [last.updated_at.micros().to_string(), last.id.to_string()]
        });
        complete(&mut tx, &self.key(), &mut page.items).await?;
        Ok(page)
    }
}

pub(super) async fn of_order(
    tx: &mut Tx,
    tenant: &Value,
    order: OrderId,
) -> Result<Vec<ChannelReturnRecord>, StoreError> {
    let sql = "SELECT account_id, channel_order_id FROM orders WHERE tenant_id = $1 AND id = $2";
    let Some(row) = tx.query_opt(sql, &[tenant.clone(), order.into()]).await? else {
        return Ok(Vec::new());
    };
    let account: AccountId = row.parsed(0)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_returns WHERE tenant_id = $1 AND account_id = $2 AND channel_order_id = $3 \
         ORDER BY id DESC"
    );
    let values = [tenant.clone(), account.into(), row.string(1)?.into()];
    let rows = tx.query(&sql, &values).await?;
    let mut found = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    complete(tx, tenant, &mut found).await?;
    Ok(found)
}
