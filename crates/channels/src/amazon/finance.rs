//! What money moved: finances 2024-06-19, a window of at most half a year at a time.
//!
//! A longer window is answered empty, not refused, so windows are cut here. Orders of the last two days may be missing, and a
//! transaction's status changes without a new date: whoever reads looks back further than the last reading.

mod parts;
mod wire;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{
    ChannelError, Fault, FinancePage, FinanceSource, MoneyEvent, MoneyState, MoneyTransaction, Unreadable,
};
use stockbridge_domain::{BoxFut, Currency, Money, Timestamp};

use self::parts::{event, parts};
use self::wire::{Amount, Transaction};
use super::api::Raw;
use super::error::clean;
use super::operations::LIST_TRANSACTIONS;
use super::{AmazonConnection, client};

/// Amazon answers nothing above 180 days.
const LONGEST: Duration = Duration::from_secs(179 * 86_400);
/// Both ends must be two minutes old; clocks differ.
const OLD_ENOUGH: Duration = Duration::from_secs(180);

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Beginning of the window being read.
    from: Timestamp,
    /// Where all of it ends.
    end: Timestamp,
    /// Amazon's token in the window.
    token: Option<String>,
}

impl Walk {
    fn to(&self) -> Timestamp {
        self.from.plus(LONGEST).min(self.end)
    }

    /// The page after this one, if there is one.
    fn after(&self, token: Option<String>) -> Option<Self> {
        let from = if token.is_some() { self.from } else { self.to() };
        (token.is_some() || from < self.end).then_some(Self {
            from,
            end: self.end,
            token,
        })
    }
}

fn contract(message: String) -> ChannelError {
    ChannelError::new(Fault::Contract, LIST_TRANSACTIONS.name(), message)
}

impl FinanceSource for AmazonConnection {
    fn page<'a>(
        &'a self,
        since: Timestamp,
        cursor: Option<&'a str>,
    ) -> BoxFut<'a, Result<FinancePage, ChannelError>> {
        Box::pin(async move {
            let walk: Walk = match cursor {
                None => Walk {
                    from: since,
                    end: self.api.io.env.now().minus(OLD_ENOUGH),
                    token: None,
                },
                Some(text) => serde_json::from_str(text).map_err(|_| {
                    contract("the cursor is not one of this channel; start over without".into())
                })?,
            };
            let mut page = FinancePage {
                transactions: Vec::new(),
                unreadable: Vec::new(),
                next: None,
                until: walk.end,
            };
            if walk.from >= walk.end {
                return Ok(page);
            }
            let asked = client::list_transactions(walk.from, walk.to(), walk.token.as_deref());
            let answer = self.api.ask(&asked).await.map_err(|e| about_window(e, &walk))?;
            let payload = answer.payload.unwrap_or_default();
            for raw in payload.transactions.iter().flatten() {
                match transaction(raw) {
                    Ok(read) => page.transactions.push(read),
                    Err((id, reason)) => page.unreadable.push(Unreadable {
                        id,
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            let token = payload.next_token.filter(|t| !t.is_empty());
            if token.is_some() && token == walk.token {
                return Err(contract(
                    "the same page token was answered again; the reading stops here".into(),
                ));
            }
            page.next = match walk.after(token) {
                None => None,
                Some(next) => Some(
                    serde_json::to_string(&next)
                        .map_err(|e| contract(format!("the cursor cannot be written: {e}")))?,
                ),
            };
            Ok(page)
        })
    }
}

/// Names the window a refusal is about, so that a refused time is not taken for a refused store.
fn about_window(mut error: ChannelError, walk: &Walk) -> ChannelError {
    if error.fault == Fault::Rejected {
        error.message = format!(
            "what was posted from {} to {} was refused: {}. Check the hub's clock; no window is longer than 179 days",
            walk.from,
            walk.to(),
            error.message
        );
    }
    error
}

/// An amount in its currency, digit by digit.
fn money(amount: &Amount, field: &str) -> Result<Money, String> {
    let code = amount.currency_code.as_deref().unwrap_or_default();
    let currency = Currency::parse(code).map_err(|e| format!("`{field}.currencyCode`: {e}"))?;
    let digits = amount
        .currency_amount
        .as_ref()
        .ok_or_else(|| format!("`{field}.currencyAmount` is missing"))?;
    Money::from_decimal(digits.as_str(), currency).map_err(|e| format!("`{field}.currencyAmount`: {e}"))
}

fn transaction(raw: &Raw) -> Result<MoneyTransaction, (Option<String>, String)> {
    let read: Transaction = serde_json::from_str(raw.get()).map_err(|e| (None, clean(&e.to_string())))?;
    let id = read.transaction_id.clone();
    neutral(read).map_err(|reason| (id, reason))
}

fn neutral(read: Transaction) -> Result<MoneyTransaction, String> {
    let posted = read.posted_date.as_deref().ok_or("`postedDate` is missing")?;
    let posted_at = Timestamp::parse(posted).map_err(|e| format!("`postedDate`: {e}"))?;
    let amount = read.total_amount.as_ref().ok_or("`totalAmount` is missing")?;
    let total = money(amount, "totalAmount")?;
    let told = read.transaction_type.clone().unwrap_or_default();
    let event = event(&told);
    let related = |name: &str| read.related(name).map(str::to_owned);
    let state_told = read.transaction_status.clone().unwrap_or_default();
    let order = related("ORDER_ID");
    // Samples come without an id; the same is then told by what does not change.
    let id = read
        .transaction_id
        .clone()
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| {
            let order = order.as_deref().unwrap_or_default();
            format!("{posted}|{told}|{order}|{}", total.amount())
        });
    Ok(MoneyTransaction {
        id,
        posted_at,
        event,
        state: state(&state_told),
        state_told,
        description: read.description.clone().unwrap_or_default(),
        settlement: related("SETTLEMENT_ID").or_else(|| related("FINANCIAL_EVENT_GROUP_ID")),
        channel_order_id: order,
        marketplace: read.marketplace().map(str::to_owned),
        total,
        parts: parts(&read, event, &told, total)?,
        told,
    })
}

/// The model writes the words in capitals, its example does not.
fn state(told: &str) -> MoneyState {
    match told.to_ascii_uppercase().as_str() {
        "DEFERRED" => MoneyState::Held,
        "RELEASED" => MoneyState::Released,
        "DEFERRED_RELEASED" => MoneyState::Superseded,
        _ => MoneyState::Unknown,
    }
}

/// What is left of a total that no part explains belongs to the transaction's own kind.
const fn rest_kind(event: MoneyEvent) -> stockbridge_domain::channel::MoneyKind {
    use stockbridge_domain::channel::MoneyKind;
    match event {
        MoneyEvent::Fee => MoneyKind::Fee,
        MoneyEvent::Adjustment => MoneyKind::Adjustment,
        MoneyEvent::Payout => MoneyKind::Payout,
        MoneyEvent::Sale | MoneyEvent::Refund | MoneyEvent::Other => MoneyKind::Other,
    }
}
