//! Own orders that are not paid yet: they reserve at once, and are called off when the payment does not come.
//!
//! Payment and expiry lock the order's account first and look at the order under that lock, so of both at one moment one
//! comes first and the other finds its work done: a paid order is never called off, an order called off is never paid.

use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{OrderId, Timestamp};

use crate::columns::Columns as _;
use crate::import::{ImportAccount, ImportOutcome};
use crate::sales::call_off;
use crate::{OwnLine, OwnOrder, StoreError, TenantTx};

/// What an order says of itself that was called off for want of payment.
const UNPAID: &str = "not paid in time";

/// What became of a payment.
#[derive(Debug, Clone)]
pub enum Payment {
    /// The order is to be shipped now.
    Taken(ImportOutcome),
    /// It was paid before, or never had to be.
    Before,
    /// It was called off: nothing is reserved any more.
    TooLate,
    /// There is no such order.
    NoOrder,
}

impl TenantTx {
    /// Accepts an own order that is to be paid by `pay_by`, if all its units are free: it reserves, and nothing of it
    /// may be shipped before it is paid.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub async fn create_unpaid_order(
        &mut self,
        account: &ImportAccount,
        reference: &str,
        lines: &[OwnLine],
        payload: String,
        pay_by: Timestamp,
    ) -> Result<OwnOrder, StoreError> {
        let order = self
            .accept_own_order(account, reference, lines, payload, OrderStatus::Pending)
            .await?;
        if let OwnOrder::Created(id, _) = &order {
            self.set_pay_by(*id, Some(pay_by)).await?;
        }
        Ok(order)
    }

    async fn set_pay_by(&mut self, order: OrderId, pay_by: Option<Timestamp>) -> Result<(), StoreError> {
        let sql = "UPDATE orders SET pay_by = $3 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), order.into(), pay_by.into()];
        self.tx.exec(sql, &values).await.map(drop)
    }

    /// Where an order stands and until when it may be paid, under its account's lock.
    async fn payable(
        &mut self,
        order: OrderId,
    ) -> Result<Option<(OrderStatus, Option<Timestamp>)>, StoreError> {
        if self.lock_order(order).await?.is_none() {
            return Ok(None);
        }
        let sql = "SELECT status, pay_by FROM orders WHERE tenant_id = $1 AND id = $2";
        let row = self.tx.query_one(sql, &[self.key(), order.into()]).await?;
        Ok(Some((row.named(0, OrderStatus::parse)?, row.opt_time(1)?)))
    }

    /// Notes that an own order is paid: it can be shipped now. Paid before, it changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pay_order(&mut self, order: OrderId) -> Result<Payment, StoreError> {
        match self.payable(order).await? {
            None => return Ok(Payment::NoOrder),
            Some((OrderStatus::Cancelled, _)) => return Ok(Payment::TooLate),
            Some((OrderStatus::Pending, Some(_))) => {}
            Some(_) => return Ok(Payment::Before),
        }
        let Some((account, mut snapshot)) = self.own_snapshot(order).await? else {
            return Ok(Payment::NoOrder);
        };
        snapshot.status = Some(OrderStatus::Open);
        OrderStatus::Open.name().clone_into(&mut snapshot.channel_status);
        let outcome = self.import_orders(&account, &[snapshot]).await?;
        self.set_pay_by(order, None).await?;
        Ok(Payment::Taken(outcome))
    }

    /// Calls an own order off whose time to be paid is over and releases its units; nothing for one that is paid, still
    /// has time, or is called off already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expire_order(&mut self, order: OrderId) -> Result<Option<ImportOutcome>, StoreError> {
        let Some((OrderStatus::Pending, Some(pay_by))) = self.payable(order).await? else {
            return Ok(None);
        };
        if pay_by > self.env.now() {
            return Ok(None);
        }
        let Some((account, mut snapshot)) = self.own_snapshot(order).await? else {
            return Ok(None);
        };
        call_off(&mut snapshot, UNPAID);
        let outcome = self.import_orders(&account, &[snapshot]).await?;
        Ok(Some(outcome))
    }
}
