//! Money that goes back to buyers, bounded by what they paid.

use serde::{Deserialize, Serialize};
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::{Money, OrderId, OrderLineId, RefundId};

use super::{ASK, Ask, ask};
use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Tx, Value};
use crate::{StoreError, Tenant, TenantTx};

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The order.
    pub order: OrderId,
    /// How much; what the lines cost when nothing is said.
    pub amount: Option<Money>,
    /// For which units; empty for money alone.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Whether the channel is to have the payment provider send the money.
    pub pay_out: bool,
    /// Words for the buyer or the books.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundRecord {
    /// Its id, which is also what it is called at the channel so that it is never made twice.
    pub id: RefundId,
    /// The order.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// For which units; empty for money alone.
    pub lines: Vec<RefundedLine>,
    /// Whether the channel is to have the payment provider send the money.
    pub pay_out: bool,
    /// Words for the buyer or the books.
    pub note: Option<String>,
    /// The channel's id of it.
    pub channel_refund_id: Option<String>,
    /// How far it is.
    #[serde(flatten)]
    pub ask: Ask,
}

/// Units of a line that money is given back for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// The order line.
    pub line: OrderLineId,
    /// The channel's id of it.
    pub channel_line_id: String,
    /// Units of the listing.
    pub quantity: i64,
}

/// Why no money goes back. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    /// A line is not part of the order.
    #[error("line {0} is not part of this order")]
    NoLine(OrderLineId),
    /// More units than were ordered and not refunded.
    #[error("line {line}: {asked} units are to be refunded, {left} were bought and not refunded before")]
    TooManyUnits {
        /// The line.
        line: OrderLineId,
        /// Units asked for.
        asked: i64,
        /// Units left.
        left: i64,
    },
    /// Nobody knows what was paid.
    #[error("the channel has not said what was paid for this order; refund it there")]
    NoTotal,
    /// Another currency, or nothing.
    #[error("write an amount of more than 0 in {0}")]
    Amount(stockbridge_domain::Currency),
    /// What the lines cost is not known.
    #[error("the channel does not say what these lines cost; write the amount")]
    NoPrice,
    /// More than was paid.
    #[error("{asked} are to be refunded, {left} are left of what was paid")]
    TooMuch {
        /// Asked for.
        asked: Money,
        /// Left of what was paid.
        left: Money,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const REFUND: &str = "id, order_id, amount_minor, amount_currency, lines, pay_out, note, channel_refund_id";

fn record(row: &Row) -> Result<RefundRecord, StoreError> {
    let amount = row.opt_money(2)?;
    Ok(RefundRecord {
        id: row.parsed(0)?,
        order: row.parsed(1)?,
        amount: amount.ok_or_else(|| StoreError::other("a refund without an amount"))?,
        lines: row.json(4)?,
        pay_out: row.flag(5)?,
        note: row.opt_string(6)?,
        channel_refund_id: row.opt_string(7)?,
        ask: ask(row, 8)?,
    })
}

impl TenantTx {
    /// Writes down money to be given back, if it was paid and not given back before. `own` for an order of the hub's own
    /// channel: nobody is asked then, it is noted as done.
    ///
    /// # Errors
    /// [`RefundError`]; nothing may be committed then.
    pub async fn create_refund(&mut self, new: &NewRefund, own: bool) -> Result<RefundId, RefundError> {
        if self.lock_order(new.order).await?.is_none() {
            return Err(RefundError::NoOrder(new.order));
        }
        let values = [self.key(), new.order.into()];
        let sql = "SELECT total_minor, total_currency FROM orders WHERE tenant_id = $1 AND id = $2";
        let paid = self.tx.query_one(sql, &values).await?.opt_money(0)?;
        let paid = paid.ok_or(RefundError::NoTotal)?;
        let tenant = self.key();
        let mut before = of_order(&mut self.tx, &tenant, new.order).await?;
        // What was refused gave nothing back; of what is not known it is assumed that it did.
        before.retain(|refund| refund.ask.status != AskStatus::Refused);
        let (lines, worth) = self.refundable(new, &before).await?;
        let amount = match (new.amount, worth) {
            (Some(amount), _) => amount,
            (None, Some(worth)) => worth,
            (None, None) => return Err(RefundError::NoPrice),
        };
        if amount.currency() != paid.currency() || amount.minor() < 1 {
            return Err(RefundError::Amount(paid.currency()));
        }
        let given: i64 = before.iter().map(|refund| refund.amount.minor()).sum();
        let left = paid.minor().saturating_sub(given).max(0);
        if amount.minor() > left {
            return Err(RefundError::TooMuch {
                asked: amount,
                left: Money::from_minor(left, paid.currency()),
            });
        }
        let status = if own { AskStatus::Done } else { AskStatus::Waiting };
        Ok(self.write_refund(new, amount, &lines, status).await?)
    }

    /// Units of lines as they are kept, and what they cost where every line's price is known.
    async fn refundable(
        &mut self,
        new: &NewRefund,
        before: &[RefundRecord],
    ) -> Result<(Vec<RefundedLine>, Option<Money>), RefundError> {
        let sql = "SELECT id, channel_line_id, ordered, total_minor, total_currency FROM order_lines \
                   WHERE tenant_id = $1 AND order_id = $2 ORDER BY id";
        let rows = self.tx.query(sql, &[self.key(), new.order.into()]).await?;
        let (mut lines, mut worth): (Vec<RefundedLine>, Option<Money>) = (Vec::new(), None);
        let mut known = !new.lines.is_empty();
        for (id, units) in &new.lines {
            let mut stored = None;
            for row in &rows {
                if row.parsed::<OrderLineId>(0)? == *id {
                    stored = Some(row);
                }
            }
            let row = stored.ok_or(RefundError::NoLine(*id))?;
            let ordered = row.int(2)?;
            let refunded = before.iter().flat_map(|refund| &refund.lines).chain(&lines);
            let refunded: i64 = refunded.filter(|l| l.line == *id).map(|l| l.quantity).sum();
            let left = (ordered - refunded).max(0);
            if *units < 1 || *units > left {
                return Err(RefundError::TooManyUnits {
                    line: *id,
                    asked: *units,
                    left,
                });
            }
            match row.opt_money(3)? {
                Some(total) => {
                    let share = i128::from(total.minor()) * i128::from(*units) / i128::from(ordered.max(1));
                    let share = i64::try_from(share).unwrap_or(0);
                    let share = Money::from_minor(share, total.currency());
                    worth = match worth {
                        None => Some(share),
                        Some(sum) => sum.plus(share).ok(),
                    };
                    known &= worth.is_some();
                }
                None => known = false,
            }
            lines.push(RefundedLine {
                line: *id,
                channel_line_id: row.string(1)?,
                quantity: *units,
            });
        }
        Ok((lines, worth.filter(|_| known)))
    }

    async fn write_refund(
        &mut self,
        new: &NewRefund,
        amount: Money,
        lines: &[RefundedLine],
        status: AskStatus,
    ) -> Result<RefundId, StoreError> {
        let id = self.env.id::<RefundId>();
        let sql = "INSERT INTO refunds (tenant_id, id, order_id, amount_minor, amount_currency, lines, pay_out, note, \
                   status, actor, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
        let values = [
            self.key(),
            id.into(),
            new.order.into(),
            amount.minor().into(),
            amount.currency().code().into(),
            json_value(&lines)?,
            i64::from(new.pay_out).into(),
            new.note.clone().into(),
            status.name().into(),
            (&new.actor).into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(id)
    }

    /// Notes the channel's id of a refund; false when there is no such refund.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn name_refund(&mut self, id: RefundId, channel_refund_id: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE refunds SET channel_refund_id = $3 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), id.into(), channel_refund_id.into()];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

impl Tenant {
    /// One refund.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refund(&self, id: RefundId) -> Result<Option<RefundRecord>, StoreError> {
        let sql = format!("SELECT {REFUND}, {ASK} FROM refunds WHERE tenant_id = $1 AND id = $2");
        let values = [self.key(), id.into()];
        let row = self.read().await?.query_opt(&sql, &values).await?;
        row.as_ref().map(record).transpose()
    }
}

pub(super) async fn of_order(
    tx: &mut Tx,
    tenant: &Value,
    order: OrderId,
) -> Result<Vec<RefundRecord>, StoreError> {
    let sql = format!(
        "SELECT {REFUND}, {ASK} FROM refunds WHERE tenant_id = $1 AND order_id = $2 ORDER BY id DESC"
    );
    let rows = tx.query(&sql, &[tenant.clone(), order.into()]).await?;
    rows.iter().map(record).collect()
}
