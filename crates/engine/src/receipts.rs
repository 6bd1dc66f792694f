//! Receiving what channels announced as coming back: into stock, by the same flow as any other return.

use stockbridge_domain::moves::Condition;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{ChannelReturnId, LocationId, OrderLineId};
use stockbridge_store::{
    ChannelReturnRecord, NewAudit, NewReceipt, ReceiptError, ReturnRecord, ReturnedLine,
};

use crate::caller::{Caller, Refusal};
use crate::cancellations::remark;
use crate::hub::Hub;
use crate::job;

/// What came back of an announced return, as typed in.
#[derive(Debug, Clone)]
pub struct ReceiveRequest {
    /// Makes the same step sent twice harmless.
    pub reference: Option<String>,
    /// How the goods came back.
    pub condition: Condition,
    /// Where they are put; nothing leaves it to the hub.
    pub location: Option<LocationId>,
    /// Which units; everything announced that is not here yet when empty.
    pub lines: Vec<(OrderLineId, i64)>,
    /// A remark.
    pub note: Option<String>,
}

impl Hub {
    /// Receives an announced return, or units of it, into stock; never more than was announced, and the same step once.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for wrong lines, [`Refusal::Conflict`] when nothing is awaited or the order is not here.
    pub async fn receive_return(
        &self,
        caller: &Caller,
        id: ChannelReturnId,
        request: ReceiveRequest,
    ) -> Result<Vec<ReturnRecord>, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let back = tenant.channel_return(id).await?;
        let back = back.ok_or_else(|| Refusal::NotFound(format!("there is no announced return {id}")))?;
        let reference = match request.reference {
            Some(text) if text.trim().is_empty() || text.chars().count() > 100 => {
                return Err(Refusal::field("reference", "a reference has 1 to 100 characters"));
            }
            reference => reference.map(|text| text.trim().to_owned()),
        };
        let lines = match request.lines.as_slice() {
            // A step that is sent again finds nothing left; what it entered is looked up by its reference.
            [] if reference.is_some() => rest(&back),
            [] => some_rest(&back)?,
            named => named.to_vec(),
        };
        let new = NewReceipt {
            id,
            reference,
            lines: lines
                .into_iter()
                .map(|(line, units)| ReturnedLine {
                    line,
                    units,
                    condition: request.condition,
                    location: request.location,
                })
                .collect(),
            note: remark(request.note)?,
            actor: caller.actor.clone(),
        };
        let mut tx = tenant.begin().await?;
        let (records, whole) = tx.receive_return(&new).await.map_err(receipt_refusal)?;
        if records.is_empty() {
            some_rest(&back)?;
        }
        if whole {
            tx.resolve_alert(&job::arrived_key(id)).await?;
        }
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit::of(&caller.actor, "return.receive", &id.to_string()))
            .await?;
        tx.commit().await?;
        Ok(records)
    }
}

/// Units of order lines that are announced and not here yet.
fn rest(back: &ChannelReturnRecord) -> Vec<(OrderLineId, i64)> {
    let mut rest: Vec<(OrderLineId, i64)> = Vec::new();
    for line in &back.lines {
        let (Some(id), left) = (line.line, line.quantity - line.received) else {
            continue;
        };
        match rest.iter_mut().find(|(known, _)| *known == id) {
            Some((_, units)) => *units += left,
            None => rest.push((id, left)),
        }
    }
    rest.retain(|(_, units)| *units > 0);
    rest
}

fn some_rest(back: &ChannelReturnRecord) -> Result<Vec<(OrderLineId, i64)>, Refusal> {
    let rest = rest(back);
    if rest.is_empty() {
        let why = match back.order {
            None => format!(
                "the order {} of this return is not in the hub; sync the store's orders first",
                back.channel_order_id
            ),
            Some(_) if back.received >= back.units => {
                "everything this return announced was received before".to_owned()
            }
            Some(_) => "the channel does not say which lines of the order come back; enter the return on the order's \
                        page instead"
                .to_owned(),
        };
        return Err(Refusal::Conflict(why));
    }
    Ok(rest)
}

fn receipt_refusal(error: ReceiptError) -> Refusal {
    match error {
        ReceiptError::NoReturn(_) => Refusal::NotFound(error.to_string()),
        ReceiptError::NoOrder(_) => Refusal::Conflict(error.to_string()),
        ReceiptError::NoLine(_) | ReceiptError::TooMany { .. } => Refusal::field("lines", error.to_string()),
        ReceiptError::Return(error) => crate::moves::return_refusal(error),
    }
}
