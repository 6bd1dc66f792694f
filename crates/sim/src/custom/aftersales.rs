//! After the sale: orders called off by the hub, money given back once for a key, and goods that come back.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::{Units, hundredths, units};
use super::protocol::Amount;
use super::{ShopRefund, ShopReturn, State};
use crate::time::before_ms;

/// Body of `POST /cancellations`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancellation {
    key: String,
    order: String,
    reason: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
    lines: Vec<Units>,
}

/// Body of `POST /refunds`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refund {
    key: String,
    order: String,
    amount: Amount,
    pay_out: bool,
    #[serde(default, rename = "note")]
    _note: Option<String>,
    lines: Vec<Units>,
}

impl State {
    fn does(&self, what: &str) -> Result<(), String> {
        let offered = self.config.after_sales.iter().any(|word| word == what);
        offered.then_some(()).ok_or_else(|| format!("no {what} here"))
    }

    /// `POST /cancellations`: open units only, and once for a key.
    pub(super) fn call_off(&mut self, asked: &Cancellation) -> Result<(), String> {
        let whole = asked.lines.is_empty();
        self.does(if whole {
            "cancellations"
        } else {
            "line_cancellations"
        })?;
        if self.done.contains_key(&asked.key) {
            return Ok(());
        }
        if asked.reason.is_empty() {
            return Err("`reason` is missing".to_owned());
        }
        let order = self.orders.get(&asked.order);
        let order = order.ok_or_else(|| format!("there is no order `{}`", asked.order))?;
        let open = order.quantity - order.shipped - order.cancelled;
        let wanted = if whole { open } else { units(&asked.lines) };
        if wanted == 0 || wanted > open {
            return Err(format!("{open} units of `{}` can be called off", asked.order));
        }
        self.take_off(&asked.order, wanted);
        self.done.insert(asked.key.clone(), Value::Null);
        Ok(())
    }

    /// `POST /refunds`: no more than was paid, and once for a key.
    pub(super) fn refund(&mut self, asked: &Refund) -> Result<Value, String> {
        self.does(if asked.pay_out { "payouts" } else { "refunds" })?;
        if let Some(before) = self.done.get(&asked.key) {
            return Ok(before.clone());
        }
        let now = self.now;
        let order = self.orders.get_mut(&asked.order);
        let order = order.ok_or_else(|| format!("there is no order `{}`", asked.order))?;
        let amount =
            hundredths(&asked.amount.amount).filter(|_| asked.amount.currency == self.config.currency);
        let amount = amount.ok_or("`amount` is no money of this shop")?;
        let given: u64 = order.refunds.iter().map(|refund| refund.amount).sum();
        let paid = order.price * u64::from(order.quantity);
        if amount == 0 || given + amount > paid || units(&asked.lines) > order.quantity {
            return Err("more than was paid cannot be given back".to_owned());
        }
        let id = format!("{}-R{}", order.id, order.refunds.len() + 1);
        order.refunds.push(ShopRefund {
            id: id.clone(),
            amount,
            paid_out: asked.pay_out,
        });
        order.updated_at = now;
        let answer = json!({"id": id});
        self.done.insert(asked.key.clone(), answer.clone());
        Ok(answer)
    }

    pub(super) fn send_back(&mut self, order: &str, quantity: u32) -> Option<String> {
        self.orders.get(order).filter(|o| o.shipped >= quantity)?;
        let id = format!("RET-{}", self.returns.len() + 1);
        self.returns.push(ShopReturn {
            id: id.clone(),
            order: order.to_owned(),
            quantity,
            received: false,
            created_at: self.now,
            updated_at: self.now,
        });
        self.tell_of_returns();
        Some(id)
    }

    pub(super) fn receive_back(&mut self, id: &str) -> bool {
        let now = self.now;
        let Some(back) = self.returns.iter_mut().find(|back| back.id == id) else {
            return false;
        };
        (back.received, back.updated_at) = (true, now);
        self.tell_of_returns();
        true
    }

    /// `GET /returns`: those changed since, by page; the cursor is up to when, and how many were read.
    pub(super) fn returns_page(&self, query: &[(String, String)]) -> Result<Value, String> {
        self.does("returns")?;
        let one = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let instant = |text: &str| {
            text.parse::<Timestamp>()
                .map_err(|e| format!("`{text}` is no instant: {e}"))
        };
        let since = instant(one("since").ok_or("`since` is missing")?)?;
        let (until, from) = match one("cursor").map(|cursor| cursor.split_once('~')) {
            None => (before_ms(self.now, self.config.freshness_ms), 0),
            Some(Some((until, from))) => (
                instant(until)?,
                from.parse().map_err(|_| "`cursor` is not one of this shop")?,
            ),
            Some(None) => return Err("`cursor` is not one of this shop".to_owned()),
        };
        let mut found: Vec<&ShopReturn> = self.returns.iter().collect();
        found.retain(|back| back.updated_at >= since && back.updated_at <= until);
        found.sort_by_key(|back| (back.updated_at, back.id.clone()));
        let page = found.iter().skip(from).take(self.config.page);
        let returns: Vec<Value> = page.map(|back| self.return_json(back)).collect();
        let read = from + returns.len();
        let next = (read < found.len()).then(|| format!("{until}~{read}"));
        Ok(json!({"returns": returns, "next": next, "complete_until": until.to_string()}))
    }

    fn return_json(&self, back: &ShopReturn) -> Value {
        json!({
            "id": back.id,
            "order": back.order,
            "status": if back.received { "received" } else { "requested" },
            "created_at": back.created_at.to_string(),
            "updated_at": back.updated_at.to_string(),
            "tracking": "JD-BACK",
            "lines": [{
                "line": "1",
                "sku": self.orders.get(&back.order).map(|order| &order.sku),
                "quantity": back.quantity,
                "reason": "too small",
            }],
        })
    }
}
