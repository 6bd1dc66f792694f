//! Giving money back: noted for own orders, asked of the channel for all others.

use stockbridge_domain::channel::Capability;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{Money, OrderId, OrderLineId};
use stockbridge_store::{NewAudit, NewRefund, OrderDetail, RefundError};

use crate::caller::{Caller, Refusal};
use crate::cancellations::remark;
use crate::hub::Hub;
use crate::job;

/// Money to give back, as typed in.
#[derive(Debug, Clone, Default)]
pub struct RefundRequest {
    /// How much; what the lines cost when nothing is said.
    pub amount: Option<Money>,
    /// For which units; empty for money alone.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Whether the channel is to have the payment provider send the money. Never unasked.
    pub pay_out: bool,
    /// Words for the buyer or the books.
    pub note: Option<String>,
}

impl Hub {
    /// Gives money back for an order, never more than was paid. An own order's refund is noted; a channel is asked.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a wrong amount or line, [`Refusal::Conflict`] when the channel gives none back.
    pub async fn refund_order(
        &self,
        caller: &Caller,
        id: OrderId,
        request: RefundRequest,
    ) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let order = self.order(caller, id).await?;
        if request.amount.is_none() && request.lines.is_empty() {
            return Err(Refusal::field(
                "amount",
                "write an amount, or name the units it is for",
            ));
        }
        let account = self.existing(caller, order.order.account).await?;
        let own = self.is_own(&account.channel);
        if own && request.pay_out {
            return Err(Refusal::field(
                "pay_out",
                "an own store has no payment provider; send the money yourself, the hub notes it",
            ));
        }
        if !own {
            self.asks(&account, Capability::Refunds, "refund")?;
        }
        let new = NewRefund {
            order: id,
            amount: request.amount,
            lines: request.lines,
            pay_out: request.pay_out,
            note: remark(request.note)?,
            actor: caller.actor.clone(),
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let refund = tx.create_refund(&new, own).await.map_err(refund_refusal)?;
        if !own {
            tx.enqueue(job::refund_order(account.id, refund, self.env().now()))
                .await?;
        }
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "order.refund",
            subject: &id.to_string(),
            detail: if new.pay_out { "paid out" } else { "noted" },
        })
        .await?;
        tx.commit().await?;
        self.order(caller, id).await
    }
}

fn refund_refusal(error: RefundError) -> Refusal {
    match error {
        RefundError::NoOrder(_) => Refusal::NotFound(error.to_string()),
        RefundError::NoLine(_) | RefundError::TooManyUnits { .. } => {
            Refusal::field("lines", error.to_string())
        }
        RefundError::Amount(_) | RefundError::NoPrice | RefundError::TooMuch { .. } => {
            Refusal::field("amount", error.to_string())
        }
        RefundError::NoTotal => Refusal::Conflict(error.to_string()),
        RefundError::Store(error) => error.into(),
    }
}
