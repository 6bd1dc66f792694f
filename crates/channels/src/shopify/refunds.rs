//! Refunds: noted in Shopify's books, and paid out only where that was asked for.

use serde::Deserialize;
use serde_json::{Value, json};
use stockbridge_domain::channel::{ChannelError, Fault, RefundNotice, RefundSink};
use stockbridge_domain::{BoxFut, Money};

use super::ShopConnection;
use super::api::clean;
use super::client::{self, ORDER_STATE, REFUND_CREATE, gid, number};
use super::lines::{gone, money};
use super::wire::{IdOnly, MoneyBag, UserError};

#[derive(Debug, Deserialize)]
struct OneOrder {
    order: Option<State>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    currency_code: String,
    #[serde(default)]
    suggested_refund: Option<Suggested>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suggested {
    suggested_transactions: Vec<Paid>,
}

/// What can be given back of one payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    #[serde(default)]
    gateway: Option<String>,
    amount_set: MoneyBag,
    #[serde(default)]
    parent_transaction: Option<IdOnly>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    refund_create: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    refund: Option<IdOnly>,
    user_errors: Vec<UserError>,
}

impl RefundSink for ShopConnection {
    fn refund<'a>(&'a self, notice: &'a RefundNotice) -> BoxFut<'a, Result<Option<String>, ChannelError>> {
        Box::pin(async move {
            let refused = |message: &str| Err(REFUND_CREATE.error(Fault::Rejected, message));
            if notice.lines.is_empty() && !notice.pay_out {
                return refused(
                    "Shopify notes no money that it does not pay out; name the units, or have Shopify pay it out",
                );
            }
            let order = gid("Order", &notice.channel_order_id);
            let transactions = if notice.pay_out {
                let state: OneOrder = self.api.ask(&client::of(&ORDER_STATE, &order, None)).await?;
                let state = state.order.ok_or_else(|| gone(&ORDER_STATE))?;
                match payments(&order, &state, notice.amount) {
                    Ok(transactions) => transactions,
                    Err(message) => return refused(&message),
                }
            } else {
                Vec::new()
            };
            let lines: Vec<_> = notice
                .lines
                .iter()
                .map(|line| {
                    // Where units that come back go is the hub's to say, so Shopify puts none on its shelves.
                    let id = gid("LineItem", &line.channel_line_id);
                    json!({"lineItemId": id, "quantity": line.quantity, "restockType": "NO_RESTOCK"})
                })
                .collect();
            let input = json!({
                "orderId": order,
                "note": notice.note,
                "notify": self.notify,
                "refundLineItems": lines,
                "transactions": transactions,
            });
            let call = client::call(&REFUND_CREATE, json!({"input": input, "key": notice.key}));
            let answer = self.api.call(&call).await?;
            let payload = answer.read::<Answered>()?.refund_create;
            let payload = payload.ok_or_else(|| answer.contract("`refundCreate` is null"))?;
            match payload.user_errors.first() {
                None => Ok(payload.refund.map(|refund| number(&refund.id).to_owned())),
                Some(error) => {
                    let message = format!("Shopify did not make the refund: {}", clean(&error.message));
                    Err(answer.error(Fault::Rejected, message))
                }
            }
        })
    }
}

/// Takes `amount` from the payments Shopify says can be given back, in its order.
fn payments(order: &str, state: &State, amount: Money) -> Result<Vec<Value>, String> {
    if state.currency_code != amount.currency().code() {
        return Err(format!(
            "the order is in {}; give the money back in that currency",
            clean(&state.currency_code)
        ));
    }
    let mut left = amount.minor();
    let mut transactions = Vec::new();
    for paid in state
        .suggested_refund
        .iter()
        .flat_map(|s| &s.suggested_transactions)
    {
        let there = money(&paid.amount_set.shop_money, "amountSet", &mut Vec::new());
        let (Some(there), Some(gateway)) = (there, &paid.gateway) else {
            continue;
        };
        let taken = left.min(there.minor());
        if taken > 0 && there.currency() == amount.currency() {
            left -= taken;
            transactions.push(json!({
                "orderId": order,
                "kind": "REFUND",
                "gateway": gateway,
                "amount": Money::from_minor(taken, amount.currency()).amount(),
                "parentId": paid.parent_transaction.as_ref().map(|t| &t.id),
            }));
        }
    }
    if left > 0 {
        let missing = Money::from_minor(left, amount.currency());
        return Err(format!(
            "{} more than what can be given back of the payments for this order; lower the amount",
            missing.amount()
        ));
    }
    Ok(transactions)
}
