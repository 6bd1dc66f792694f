//! Calling orders off: an own order at once, a channel's order by asking the channel.

use stockbridge_domain::channel::{CancelReason, Capability};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{OrderId, OrderLineId};
use stockbridge_store::{AccountRecord, AccountStatus, CancelError, NewAudit, NewCancellation, OrderDetail};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// Most characters of a remark.
pub(crate) const MOST_NOTE: usize = 500;

/// What is to be called off, as typed in.
#[derive(Debug, Clone, Default)]
pub struct CancelRequest {
    /// Why; something else when nothing is said.
    pub reason: Option<CancelReason>,
    /// Words for the channel, or for the books.
    pub note: Option<String>,
    /// Which units; empty for all that is open.
    pub lines: Vec<(OrderLineId, i64)>,
}

impl Hub {
    /// Calls an order off, or units of it. An own order's units are free at once; of a channel's order they are when the
    /// channel says that it is called off.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for an order of which nothing is open or whose channel calls none off, [`Refusal::Fields`] for
    /// wrong lines.
    pub async fn cancel_order(
        &self,
        caller: &Caller,
        id: OrderId,
        request: CancelRequest,
    ) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let order = self.order(caller, id).await?;
        let new = NewCancellation {
            order: id,
            lines: request.lines,
            reason: request.reason.unwrap_or(CancelReason::Other),
            note: remark(request.note)?,
            actor: caller.actor.clone(),
        };
        let account = self.existing(caller, order.order.account).await?;
        let own = self.is_own(&account.channel);
        if !own {
            self.can_cancel(caller, &account, !new.lines.is_empty()).await?;
        }
        let now = self.env().now();
        let mut tx = self.tenant(caller.tenant).begin().await?;
        if own {
            let outcome = tx.cancel_own(&new).await.map_err(cancel_refusal)?;
            crate::notices::raise(&mut tx, Some(account.id), &outcome.notices).await?;
            tx.enqueue(job::plan(caller.tenant, now)).await?;
        } else {
            let cancellation = tx.create_cancellation(&new).await.map_err(cancel_refusal)?;
            tx.enqueue(job::cancel_order(account.id, cancellation, now))
                .await?;
        }
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "order.cancel",
            subject: &id.to_string(),
            detail: new.reason.name(),
        })
        .await?;
        tx.commit().await?;
        self.order(caller, id).await
    }

    /// Refuses what the channel cannot do, before anything is written down.
    async fn can_cancel(&self, caller: &Caller, account: &AccountRecord, lines: bool) -> Result<(), Refusal> {
        let label = self.asks(account, Capability::Cancellations, "call orders off")?;
        if !lines {
            return Ok(());
        }
        let opened = self.open(caller.tenant, account.id).await?;
        let partial = opened
            .connection
            .cancellations()
            .is_some_and(|sink| sink.partial());
        if partial {
            return Ok(());
        }
        Err(Refusal::field(
            "lines",
            format!(
                "{label} calls off whole orders only; leave the lines out, or refund single units instead"
            ),
        ))
    }

    /// The name of an account's channel if it can be asked for something now.
    pub(crate) fn asks(
        &self,
        account: &AccountRecord,
        capability: Capability,
        what: &str,
    ) -> Result<&'static str, Refusal> {
        let descriptor = self.known_channel(account.channel.as_str())?.descriptor();
        if !descriptor.can(capability) {
            return Err(Refusal::Conflict(format!(
                "{} lets no program {what}; do it there, the hub follows",
                descriptor.label
            )));
        }
        if account.status == AccountStatus::Disconnected {
            return Err(Refusal::Conflict(format!(
                "store `{}` is disconnected; connect it again first",
                account.name
            )));
        }
        Ok(descriptor.label)
    }
}

/// A remark without blanks around it; none when there is nothing in it.
pub(crate) fn remark(text: Option<String>) -> Result<Option<String>, Refusal> {
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > MOST_NOTE => Err(Refusal::field(
            "note",
            format!("a note has at most {MOST_NOTE} characters"),
        )),
        text => Ok(text),
    }
}

fn cancel_refusal(error: CancelError) -> Refusal {
    match error {
        CancelError::NoOrder(_) => Refusal::NotFound(error.to_string()),
        CancelError::NoLine(_) | CancelError::TooMany { .. } => Refusal::field("lines", error.to_string()),
        CancelError::NotNow(_) | CancelError::NothingOpen | CancelError::UnderWay => {
            Refusal::Conflict(error.to_string())
        }
        CancelError::Store(error) => error.into(),
    }
}
