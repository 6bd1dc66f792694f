//! Calling orders off, and giving money back.
//!
//! A refund is claimed on the order before it is made and carries its key itself. So a refund whose answer was lost is
//! found again, and one that may still be under way is waited for: the same money never goes back twice.

use std::time::Duration;

use serde_json::value::RawValue;
use stockbridge_domain::allocation::divide;
use stockbridge_domain::channel::{CancelNotice, CancelSink, ChannelError, Fault, RefundNotice, RefundSink};
use stockbridge_domain::{BoxFut, Currency, Money, Timestamp};

use super::api::id_of;
use super::error::clean;
use super::wire::{self, Meta, Order, REFUND_KEY};
use super::{WRITE_APPLY, WooConnection, client, sent};

impl CancelSink for WooConnection {
    /// A status is the whole order's.
    fn partial(&self) -> bool {
        false
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let problem =
                |fault, message: String| ChannelError::new(fault, client::UPDATE_ORDER.name, message);
            let id = id_of(&client::ORDER, &notice.channel_order_id)?;
            let order = self.wire_order(id).await?;
            if !notice.lines.is_empty() {
                let message = "the shop calls off whole orders only; refund single units instead".to_owned();
                return Err(problem(Fault::Rejected, message));
            }
            match order.status.as_str() {
                "cancelled" | "trash" => Ok(()),
                "completed" | "refunded" => Err(problem(
                    Fault::Conflict,
                    format!(
                        "the order is `{}` in the shop and can no longer be called off",
                        clean(&order.status)
                    ),
                )),
                _ => {
                    let change = sent::OrderChange {
                        status: Some("cancelled"),
                        ..sent::OrderChange::default()
                    };
                    self.api.call(&client::update_order(id, &change)).await.map(drop)
                }
            }
        })
    }
}

impl RefundSink for WooConnection {
    fn refund<'a>(&'a self, notice: &'a RefundNotice) -> BoxFut<'a, Result<Option<String>, ChannelError>> {
        Box::pin(async move {
            let id = id_of(&client::ORDER, &notice.channel_order_id)?;
            let order = self.wire_order(id).await?;
            let body = new_refund(&order, notice)?;
            if let Some(made) = self.made(id, &notice.key).await? {
                return Ok(Some(made));
            }
            self.claim(&order, notice).await?;
            let made: wire::Refund = self
                .api
                .call(&client::refund(id, &body))
                .await?
                .read(&client::REFUND)?;
            Ok(Some(made.id.to_string()))
        })
    }
}

impl WooConnection {
    /// The refund that carries the key, if it was made.
    async fn made(&self, order: u64, key: &str) -> Result<Option<String>, ChannelError> {
        let refunds = self.refunds_of(order).await?;
        let ours = refunds.iter().find(|refund| {
            wire::meta(&refund.meta_data, REFUND_KEY).and_then(|value| value.as_str()) == Some(key)
        });
        Ok(ours.map(|refund| refund.id.to_string()))
    }

    /// Notes on the order that this refund is about to be made.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] while an earlier attempt may still be under way in the shop.
    async fn claim(&self, order: &Order, notice: &RefundNotice) -> Result<(), ChannelError> {
        let entry = format!("{REFUND_KEY}_{}", notice.key);
        let now = self.api.io.env.now();
        let claimed = wire::meta(&order.meta_data, &entry).and_then(|value| value.as_str());
        let claimed = claimed.and_then(|text| Timestamp::parse(text).ok());
        if let Some(at) = claimed.filter(|at| now < at.plus(WRITE_APPLY)) {
            let minutes = Duration::as_secs(&at.plus(WRITE_APPLY).since(now)) / 60 + 1;
            let message = format!(
                "an earlier attempt at this refund got no answer and may still be under way in the shop; it is looked up again and made \
                 anew only if it is not there in {minutes} minutes"
            );
            return Err(
                ChannelError::new(Fault::Unavailable, client::REFUND.name, message)
                    .until(at.plus(WRITE_APPLY)),
            );
        }
        let change = sent::OrderChange {
            status: None,
            meta_data: vec![Meta::text(entry, now.to_string())],
        };
        // Noting it moves no money, so whatever happens to the note the refund itself was surely not made.
        let noted = self.api.call(&client::update_order(order.id, &change)).await;
        noted.map(drop).map_err(|e| match e.fault {
            Fault::Ambiguous => ChannelError {
                fault: Fault::Unavailable,
                ..e
            },
            _ => e,
        })
    }
}

/// The refund as the API takes it. Units of an order that has not left go back on sale in the shop, as the hub counts them
/// free as well; what has left goes back on sale when it has come back and was counted.
fn new_refund(order: &Order, notice: &RefundNotice) -> Result<sent::NewRefund, ChannelError> {
    let rejected = |message: String| ChannelError::new(Fault::Rejected, client::REFUND.name, message);
    let currency =
        Currency::parse(&order.currency).map_err(|e| rejected(format!("the order's `currency`: {e}")))?;
    if notice.amount.currency() != currency {
        return Err(rejected(format!(
            "the order is in {}, so no {} can be given back",
            currency.code(),
            notice.amount.currency().code()
        )));
    }
    let mut ids = Vec::new();
    let mut values = Vec::new();
    for units in &notice.lines {
        let line = order
            .line_items
            .iter()
            .find(|line| line.id.to_string() == units.channel_line_id);
        let line = line.ok_or_else(|| {
            rejected(format!(
                "the order has no line `{}`",
                clean(&units.channel_line_id)
            ))
        })?;
        ids.push((line.id, units.quantity));
        values.push(value_of(line, units.quantity, currency));
    }
    let amount = notice.amount.minor();
    // More than the lines are worth is shipping or goodwill, which belongs to no line.
    let shares = if values.iter().sum::<i64>() <= amount {
        values
    } else {
        divide(amount, &values)
    };
    let line_items = ids.into_iter().zip(shares).map(|((id, quantity), share)| {
        let text = Money::from_minor(share, currency).amount();
        let refund_total = RawValue::from_string(text).map_err(|e| rejected(e.to_string()))?;
        Ok(sent::RefundLine {
            id,
            quantity,
            refund_total,
        })
    });
    Ok(sent::NewRefund {
        amount: notice.amount.amount(),
        reason: notice.note.clone(),
        line_items: line_items.collect::<Result<_, ChannelError>>()?,
        api_refund: notice.pay_out,
        api_restock: !matches!(order.status.as_str(), "completed" | "refunded"),
        meta_data: vec![Meta::text(REFUND_KEY, &notice.key)],
    })
}

/// What units of a line cost without tax, in minor units.
fn value_of(line: &wire::Line, units: i64, currency: Currency) -> i64 {
    let ordered = wire::units(&line.quantity).unwrap_or(0);
    let total = Money::from_decimal(&line.total, currency).map_or(0, Money::minor);
    if ordered <= 0 {
        return 0;
    }
    let share = i128::from(total) * i128::from(units.clamp(0, ordered)) / i128::from(ordered);
    i64::try_from(share).unwrap_or(0)
}
