//! Calling orders off, returns, and money back, as far as the other side says that it does them.
//!
//! `GET /info` names what it does, and is asked each time: these things are rare, and what a system learnt yesterday can be
//! used today. Cancellations and refunds carry a key under which the other side makes them once, however often they are sent.

use stockbridge_domain::channel::{
    CancelNotice, CancelSink, ChannelError, Fault, LineUnits, RefundNotice, RefundSink, ReturnLine,
    ReturnPage, ReturnQuery, ReturnSnapshot, ReturnSource, ReturnStatus, Unreadable,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::api::clean;
use super::wire::{self, Raw};
use super::{CustomConnection, client};
use crate::call::Operation;

/// Words of `after_sales` in `GET /info`.
const CANCELLATIONS: &str = "cancellations";
const LINE_CANCELLATIONS: &str = "line_cancellations";
const REFUNDS: &str = "refunds";
const PAYOUTS: &str = "payouts";
const RETURNS: &str = "returns";

impl CancelSink for CustomConnection {
    fn partial(&self) -> bool {
        true
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let (word, otherwise) = if notice.lines.is_empty() {
                (CANCELLATIONS, "call the order off there")
            } else {
                (LINE_CANCELLATIONS, "call off the whole order, or the units there")
            };
            self.offered(&client::CANCELLATIONS, word, otherwise).await?;
            let body = wire::Cancellation {
                key: notice.key.clone(),
                order: notice.channel_order_id.clone(),
                reason: notice.reason.name(),
                note: notice.note.clone(),
                lines: units(&notice.lines),
            };
            self.api.call(&client::cancellations(&body)).await.map(drop)
        })
    }
}

impl RefundSink for CustomConnection {
    fn refund<'a>(&'a self, notice: &'a RefundNotice) -> BoxFut<'a, Result<Option<String>, ChannelError>> {
        Box::pin(async move {
            let (word, otherwise) = if notice.pay_out {
                (PAYOUTS, "pay the money out there, and note the refund here")
            } else {
                (REFUNDS, "note the refund there")
            };
            self.offered(&client::REFUNDS, word, otherwise).await?;
            let body = wire::Refund {
                key: notice.key.clone(),
                order: notice.channel_order_id.clone(),
                amount: wire::Amount {
                    amount: notice.amount.amount(),
                    currency: notice.amount.currency().code().to_owned(),
                },
                pay_out: notice.pay_out,
                note: notice.note.clone(),
                lines: units(&notice.lines),
            };
            let answer = self.api.call(&client::refunds(&body)).await?;
            let made: wire::Refunded = answer.read(&client::REFUNDS).map_err(|e| {
                let message = format!(
                    "{}; the refund may have been made and is asked for again under its key",
                    e.message
                );
                answer.blame(ChannelError::new(Fault::Ambiguous, client::REFUNDS.name, message))
            })?;
            Ok(made.id)
        })
    }
}

impl ReturnSource for CustomConnection {
    /// Nothing, and nothing vouched for, from a system that does not offer returns: when it learns to, those of before are read.
    fn page<'a>(&'a self, query: &'a ReturnQuery) -> BoxFut<'a, Result<ReturnPage, ChannelError>> {
        Box::pin(async move {
            if query.cursor.is_none() && !self.offers(RETURNS).await? {
                return Ok(ReturnPage::default());
            }
            let call = client::returns(query.since, query.cursor.as_deref());
            let answer = self.api.call(&call).await?;
            let page: wire::ReturnsPage = answer.read(&client::RETURNS)?;
            let complete_until = Timestamp::parse(&page.complete_until).map_err(|e| {
                let message = format!("`complete_until` cannot be read: {}", clean(&e));
                answer.contract(&client::RETURNS, &message)
            })?;
            let mut result = ReturnPage {
                next: page.next.filter(|next| !next.is_empty()),
                complete_until: Some(complete_until),
                ..ReturnPage::default()
            };
            for raw in page.returns {
                match read_return(&raw) {
                    Ok(one) => result.returns.push(one),
                    Err(reason) => result.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::IdOnly>(raw.get())
                            .ok()
                            .and_then(|one| one.id),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            Ok(result)
        })
    }
}

impl CustomConnection {
    async fn offers(&self, word: &str) -> Result<bool, ChannelError> {
        let answer = self.api.call(&client::info()).await?;
        let info: wire::Info = answer.read(&client::INFO)?;
        Ok(info.after_sales.iter().any(|offered| offered == word))
    }

    /// Refuses what the other side does not offer.
    async fn offered(&self, operation: &Operation, word: &str, otherwise: &str) -> Result<(), ChannelError> {
        if self.offers(word).await? {
            return Ok(());
        }
        let message = format!(
            "the other side does not offer this: `after_sales` of its `GET /info` does not name `{word}`; {otherwise}"
        );
        Err(ChannelError::new(Fault::Rejected, operation.name, message))
    }
}

fn units(lines: &[LineUnits]) -> Vec<wire::Units> {
    let units = |line: &LineUnits| wire::Units {
        line: line.channel_line_id.clone(),
        quantity: line.quantity,
    };
    lines.iter().map(units).collect()
}

/// Reads one return; the error names the field that cannot be read.
fn read_return(raw: &Raw) -> Result<ReturnSnapshot, String> {
    let one: wire::Return = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let instant =
        |name: &str, text: &str| Timestamp::parse(text).map_err(|e| format!("`{name}`: {}", clean(&e)));
    let status = ReturnStatus::parse(&one.status);
    let oddities = match status {
        Some(_) => Vec::new(),
        None => vec![format!(
            "`status` is `{}`, which is not known",
            clean(&one.status)
        )],
    };
    let line = |line: wire::ReturnLine| ReturnLine {
        channel_line_id: line.line,
        sku: line.sku,
        quantity: line.quantity,
        reason: line.reason,
    };
    Ok(ReturnSnapshot {
        created_at: instant("created_at", &one.created_at)?,
        updated_at: instant("updated_at", &one.updated_at)?,
        channel_return_id: one.id,
        channel_order_id: one.order,
        channel_status: one.status,
        status,
        lines: one.lines.into_iter().map(line).collect(),
        tracking: one.tracking,
        oddities,
    })
}
