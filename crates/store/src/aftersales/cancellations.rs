//! Orders, or units of them, that a person wants called off.

use serde::Serialize;
use stockbridge_domain::aftersales::{AskStatus, CancelledLine};
use stockbridge_domain::channel::CancelReason;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{CancellationId, OrderId, OrderLineId};

use super::{ASK, Ask, ask};
use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Tx, Value};
use crate::sales::call_off;
use crate::{ImportOutcome, StoreError, Tenant, TenantTx};

/// What is to be called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCancellation {
    /// The order.
    pub order: OrderId,
    /// Which units; empty for all that is open.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Why.
    pub reason: CancelReason,
    /// Words for the channel, or for the books.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// A cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancellationRecord {
    /// Its id.
    pub id: CancellationId,
    /// The order.
    pub order: OrderId,
    /// Which units; empty for all that is open.
    pub lines: Vec<CancelledLine>,
    /// Why.
    pub reason: CancelReason,
    /// Words for the channel, or for the books.
    pub note: Option<String>,
    /// How far it is.
    #[serde(flatten)]
    pub ask: Ask,
}

/// Why an order cannot be called off. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    /// A line is not part of the order.
    #[error("line {0} is not part of this order")]
    NoLine(OrderLineId),
    /// More than is open.
    #[error("line {line}: {asked} units are to be called off, {open} are open")]
    TooMany {
        /// The line.
        line: OrderLineId,
        /// Units asked for.
        asked: i64,
        /// Units that are neither shipped nor called off.
        open: i64,
    },
    /// Its status does not allow it.
    #[error("an order that is {0} cannot be called off; enter a return or a refund instead")]
    NotNow(OrderStatus),
    /// Nothing of it is open.
    #[error("nothing of this order is open; enter a return or a refund instead")]
    NothingOpen,
    /// It is being called off already.
    #[error("this order is being called off already; its page says how far that is")]
    UnderWay,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const CANCELLATION: &str = "id, order_id, lines, reason, note";

fn record(row: &Row) -> Result<CancellationRecord, StoreError> {
    Ok(CancellationRecord {
        id: row.parsed(0)?,
        order: row.parsed(1)?,
        lines: row.json(2)?,
        reason: row.named(3, CancelReason::parse)?,
        note: row.opt_string(4)?,
        ask: ask(row, 5)?,
    })
}

/// The open units of an order's lines.
struct Open {
    id: OrderLineId,
    channel_line_id: String,
    open: i64,
    cancelled: i64,
}

impl TenantTx {
    /// Writes down that an order of a remote channel is to be called off there. Nothing is released: that is the channel's
    /// to say.
    ///
    /// # Errors
    /// [`CancelError`]; nothing may be committed then.
    pub async fn create_cancellation(
        &mut self,
        new: &NewCancellation,
    ) -> Result<CancellationId, CancelError> {
        let lines = self.cancellable(new).await?;
        Ok(self.write_cancellation(new, &lines, AskStatus::Waiting).await?)
    }

    /// Calls an own order off, or units of it: what is not shipped is released at once. Not for a remote channel's order.
    ///
    /// # Errors
    /// [`CancelError`]; nothing may be committed then.
    pub async fn cancel_own(&mut self, new: &NewCancellation) -> Result<ImportOutcome, CancelError> {
        let lines = self.cancellable(new).await?;
        let no_order = CancelError::NoOrder(new.order);
        let (account, mut snapshot) = self.own_snapshot(new.order).await?.ok_or(no_order)?;
        for line in &mut snapshot.lines {
            let wanted = lines
                .iter()
                .filter(|wanted| wanted.channel_line_id == line.channel_line_id);
            line.cancelled += wanted.map(|wanted| wanted.quantity).sum::<i64>();
        }
        let open =
            |line: &stockbridge_domain::channel::LineSnapshot| line.ordered - line.shipped - line.cancelled;
        if lines.is_empty()
            || snapshot
                .lines
                .iter()
                .all(|line| open(line) <= 0 && line.shipped == 0)
        {
            call_off(&mut snapshot, OrderStatus::Cancelled.name());
        } else if snapshot.lines.iter().all(|line| open(line) <= 0) {
            // The rest of it has left.
            snapshot.status = Some(OrderStatus::Shipped);
            OrderStatus::Shipped
                .name()
                .clone_into(&mut snapshot.channel_status);
        }
        let outcome = self.import_orders(&account, &[snapshot]).await?;
        self.write_cancellation(new, &lines, AskStatus::Done).await?;
        Ok(outcome)
    }

    /// What is asked for, checked against what is open, under the lock of the order's account.
    async fn cancellable(&mut self, new: &NewCancellation) -> Result<Vec<CancelledLine>, CancelError> {
        if self.lock_order(new.order).await?.is_none() {
            return Err(CancelError::NoOrder(new.order));
        }
        let values = [self.key(), new.order.into()];
        let sql = "SELECT status FROM orders WHERE tenant_id = $1 AND id = $2";
        let status = self
            .tx
            .query_one(sql, &values)
            .await?
            .named(0, OrderStatus::parse)?;
        if matches!(status, OrderStatus::Shipped | OrderStatus::Cancelled) {
            return Err(CancelError::NotNow(status));
        }
        let sql = "SELECT COUNT(*) FROM cancellations WHERE tenant_id = $1 AND order_id = $2 \
                   AND status IN ('waiting', 'accepted')";
        if self.tx.query_one(sql, &values).await?.int(0)? > 0 {
            return Err(CancelError::UnderWay);
        }
        let stored = self.open_units(new.order).await?;
        // A channel that has not said yet what was bought may be asked all the same.
        if !stored.is_empty() && stored.iter().all(|line| line.open <= 0) {
            return Err(CancelError::NothingOpen);
        }
        let mut lines: Vec<CancelledLine> = Vec::new();
        for (id, units) in &new.lines {
            let line = stored
                .iter()
                .find(|line| line.id == *id)
                .ok_or(CancelError::NoLine(*id))?;
            let at = lines.iter().position(|named| named.line == *id);
            let asked = at.map_or(*units, |at| lines[at].quantity.saturating_add(*units));
            if *units < 1 || asked > line.open {
                return Err(CancelError::TooMany {
                    line: *id,
                    asked,
                    open: line.open.max(0),
                });
            }
            match at {
                Some(at) => lines[at].quantity = asked,
                None => lines.push(CancelledLine {
                    line: *id,
                    channel_line_id: line.channel_line_id.clone(),
                    quantity: asked,
                    before: line.cancelled,
                }),
            }
        }
        Ok(lines)
    }

    async fn open_units(&mut self, order: OrderId) -> Result<Vec<Open>, StoreError> {
        let sql = "SELECT id, channel_line_id, units, ordered, shipped, cancelled, stock_shipped FROM order_lines \
                   WHERE tenant_id = $1 AND order_id = $2 ORDER BY id";
        let rows = self.tx.query(sql, &[self.key(), order.into()]).await?;
        rows.iter()
            .map(|row| {
                let units = row.int(2)?.max(1);
                // What has left here is shipped, whether or not the channel knows yet.
                let shipped = row.int(4)?.max(row.int(6)? / units);
                Ok(Open {
                    id: row.parsed(0)?,
                    channel_line_id: row.string(1)?,
                    open: row.int(3)? - row.int(5)? - shipped,
                    cancelled: row.int(5)?,
                })
            })
            .collect()
    }

    async fn write_cancellation(
        &mut self,
        new: &NewCancellation,
        lines: &[CancelledLine],
        status: AskStatus,
    ) -> Result<CancellationId, StoreError> {
        let id = self.env.id::<CancellationId>();
        let sql = "INSERT INTO cancellations (tenant_id, id, order_id, lines, reason, note, status, actor, created_at, \
                   updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        let values = [
            self.key(),
            id.into(),
            new.order.into(),
            json_value(&lines)?,
            new.reason.name().into(),
            new.note.clone().into(),
            status.name().into(),
            (&new.actor).into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(id)
    }
}

impl Tenant {
    /// One cancellation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancellation(&self, id: CancellationId) -> Result<Option<CancellationRecord>, StoreError> {
        let sql = format!("SELECT {CANCELLATION}, {ASK} FROM cancellations WHERE tenant_id = $1 AND id = $2");
        let values = [self.key(), id.into()];
        let row = self.read().await?.query_opt(&sql, &values).await?;
        row.as_ref().map(record).transpose()
    }
}

pub(super) async fn of_order(
    tx: &mut Tx,
    tenant: &Value,
    order: OrderId,
) -> Result<Vec<CancellationRecord>, StoreError> {
    let sql = format!(
        "SELECT {CANCELLATION}, {ASK} FROM cancellations WHERE tenant_id = $1 AND order_id = $2 ORDER BY id DESC"
    );
    let rows = tx.query(&sql, &[tenant.clone(), order.into()]).await?;
    rows.iter().map(record).collect()
}
