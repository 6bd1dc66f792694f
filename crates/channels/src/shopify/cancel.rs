//! Calling orders off. Shopify does it in the background, for whole orders only.

use serde::Deserialize;
use serde_json::{Value, json};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{CancelNotice, CancelReason, CancelSink, ChannelError, Fault};

use super::ShopConnection;
use super::api::clean;
use super::client::{self, ORDER_CANCEL, ORDER_STATE, gid};
use super::lines::gone;
use super::wire::UserError;

#[derive(Debug, Deserialize)]
struct OneOrder {
    order: Option<State>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(default)]
    cancelled_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    order_cancel: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    job_result: Option<JobResult>,
    order_cancel_user_errors: Vec<UserError>,
}

#[derive(Debug, Deserialize)]
struct JobResult {
    status: String,
    #[serde(default)]
    errors: Vec<UserError>,
}

impl CancelSink for ShopConnection {
    fn partial(&self) -> bool {
        false
    }

    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            if !notice.lines.is_empty() {
                let message = "Shopify calls off whole orders only; to leave out some units, edit the order in Shopify or refund them";
                return Err(ORDER_CANCEL.error(Fault::Rejected, message));
            }
            let order = gid("Order", &notice.channel_order_id);
            let state: OneOrder = self.api.ask(&client::of(&ORDER_STATE, &order, None)).await?;
            if state
                .order
                .ok_or_else(|| gone(&ORDER_STATE))?
                .cancelled_at
                .is_some()
            {
                return Ok(());
            }
            let call = client::call(&ORDER_CANCEL, self.variables(&order, notice));
            let answer = self.api.call(&call).await?;
            let payload = answer.read::<Answered>()?.order_cancel;
            let payload = payload.ok_or_else(|| answer.contract("`orderCancel` is null"))?;
            let failed = payload.job_result.filter(|result| result.status == "FAILED");
            let failed = failed.map(|result| result.errors).unwrap_or_default();
            match payload.order_cancel_user_errors.iter().chain(&failed).next() {
                None => Ok(()),
                Some(error) => {
                    let code = error.code.as_deref().unwrap_or_default();
                    let fault = match code {
                        "NOT_FOUND" => Fault::NotFound,
                        "NO_REFUND_PERMISSION" | "NO_REFUND_TO_STORE_CREDIT_PERMISSION" => Fault::Forbidden,
                        "INTERNAL_ERROR" => Fault::Ambiguous,
                        _ => Fault::Rejected,
                    };
                    let message = format!("Shopify did not call the order off: {}", clean(&error.message));
                    Err(answer.error(fault, message).with_code(clean(code)))
                }
            }
        })
    }
}

impl ShopConnection {
    fn variables(&self, order: &str, notice: &CancelNotice) -> Value {
        let reason = match notice.reason {
            CancelReason::OutOfStock => "INVENTORY",
            CancelReason::Customer => "CUSTOMER",
            CancelReason::Fraud => "FRAUD",
            CancelReason::Pricing => "STAFF",
            CancelReason::Undeliverable | CancelReason::Other => "OTHER",
        };
        let mut variables = json!({
            "orderId": order,
            "reason": reason,
            // What was called off because it is not there must not go on sale again.
            "restock": notice.reason != CancelReason::OutOfStock,
            "staffNote": notice.note,
            "notify": self.notify,
        });
        // Money goes back only where the seller asked for it.
        if self.refund_cancelled {
            variables["refundMethod"] = json!({"originalPaymentMethodsRefund": true});
        }
        variables
    }
}
