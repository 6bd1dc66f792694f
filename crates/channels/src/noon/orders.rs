//! Orders. Noon lists them by creation alone and says of none when it changed, so:
//!
//! - *placed since* is what Noon can answer;
//! - *changed since* is answered by reading again what was created in the last [`RECENT`], and every [`DEEP`] all that is
//!   not older than the option `open_days`. A change to an older order is told by Noon's message alone.
//! - An order in which nothing has happened yet counts as changed when it was placed, so reading it again says the same.
//!   Any other counts as changed when it was read, by Noon's clock: that is never before the change, which is the side on
//!   which stock is safe. A cancellation that is seen late holds units back, and offers none twice.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use serde_json::value::RawValue;
use stockbridge_domain::channel::{
    ChannelError, Fault, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable,
};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderSnapshot;
use stockbridge_domain::{BoxFut, Currency, Timestamp};

use super::api::Answer;
use super::units::{self, Stand};
use super::{NoonConnection, client, wire};
use crate::plain;

/// What every walk reads again.
const RECENT: Duration = Duration::from_secs(2 * 86_400);
/// How often a walk reads all open days again.
const DEEP: Duration = Duration::from_secs(6 * 3_600);
/// Orders asked for at once.
const AT_ONCE: usize = 8;

impl OrderSource for NoonConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let operation = &client::ORDERS;
            let place = self.place(query)?;
            let Some(warehouse) = self.settings.warehouses.get(place.warehouse) else {
                let message = "no warehouse is named; set the option `warehouse_code`";
                return Err(ChannelError::new(Fault::Rejected, operation.name, message));
            };
            let call = client::orders(warehouse, place.after, place.token.as_deref());
            let answer = self.api.call(&call).await?;
            let listed: Value = answer.read(operation)?;
            let numbers = numbers(&listed).map_err(|reason| answer.contract(operation, &reason))?;
            let mut page = OrderPage {
                next: self.next(&place, &listed),
                complete_until: answer.at(),
                ..OrderPage::default()
            };
            for some in numbers.chunks(AT_ONCE) {
                let read = join_all(some.iter().map(|nr| self.read_order(nr))).await;
                for (nr, read) in some.iter().zip(read) {
                    match read? {
                        Ok(order) => page.orders.push(order),
                        Err((reason, raw)) => page.unreadable.push(Unreadable {
                            id: Some(nr.clone()),
                            reason,
                            raw,
                        }),
                    }
                }
            }
            Ok(page)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let (answer, raw) = self.raw_order(channel_order_id).await?;
            read_order(&raw, answer.at(), channel_order_id)
                .map_err(|reason| answer.contract(&client::ORDER, &reason))
        })
    }
}

/// Where a walk stands: which warehouse, created since when, and Noon's token of the page.
struct Place {
    warehouse: usize,
    after: Timestamp,
    token: Option<String>,
}

impl NoonConnection {
    fn place(&self, query: &OrderQuery) -> Result<Place, ChannelError> {
        let Some(cursor) = query.cursor.as_deref() else {
            return Ok(Place {
                warehouse: 0,
                after: match query.by {
                    OrderTime::Placed => query.since,
                    OrderTime::Updated => read_again(query.since, self.api.io.env.now(), self.settings.open),
                },
                token: None,
            });
        };
        let mut parts = cursor.splitn(3, ' ');
        let mut number = || parts.next().and_then(|text| text.parse::<i64>().ok());
        let place = number().zip(number()).and_then(|(warehouse, micros)| {
            Some(Place {
                warehouse: usize::try_from(warehouse).ok()?,
                after: Timestamp::from_micros(micros),
                token: None,
            })
        });
        let token = parts.next().filter(|token| !token.is_empty()).map(str::to_owned);
        let place = place.ok_or_else(|| {
            // Rejected makes the pull begin anew.
            ChannelError::new(
                Fault::Rejected,
                client::ORDERS.name,
                "the place in the list cannot be read",
            )
        })?;
        Ok(Place { token, ..place })
    }

    /// The next page of the warehouse, or the next warehouse, or nowhere.
    fn next(&self, place: &Place, listed: &Value) -> Option<String> {
        let token = listed
            .get("next_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty());
        let (warehouse, token) = match token {
            Some(token) => (place.warehouse, token),
            None => (place.warehouse + 1, ""),
        };
        let there = warehouse < self.settings.warehouses.len();
        there.then(|| format!("{warehouse} {} {token}", place.after.micros()))
    }

    /// One order of a page; what is wrong with it alone does not stop the others.
    async fn read_order(&self, nr: &str) -> Result<Result<OrderSnapshot, (String, String)>, ChannelError> {
        match self.raw_order(nr).await {
            Ok((answer, raw)) => {
                Ok(read_order(&raw, answer.at(), nr).map_err(|reason| (reason, raw.get().to_owned())))
            }
            Err(e) if e.fault == Fault::NotFound => Ok(Err((
                "it is listed, but its details are not given out".to_owned(),
                String::new(),
            ))),
            Err(e) => Err(e),
        }
    }

    async fn raw_order(&self, nr: &str) -> Result<(Answer, Box<RawValue>), ChannelError> {
        let answer = self.api.call(&client::order(nr)).await?;
        let raw = answer.read(&client::ORDER)?;
        Ok((answer, raw))
    }

    /// The order's units, and its warehouse, as they are now.
    pub(super) async fn order_now(&self, nr: &str) -> Result<wire::Order, ChannelError> {
        let answer = self.api.call(&client::order(nr)).await?;
        answer.read(&client::ORDER)
    }
}

/// Since when created orders are read again to find what changed since `since`.
pub(super) fn read_again(since: Timestamp, now: Timestamp, open: Duration) -> Timestamp {
    let period = i64::try_from(DEEP.as_micros()).unwrap_or(i64::MAX);
    let deep = now.micros().div_euclid(period) != since.micros().div_euclid(period);
    let back = if deep { now.minus(open) } else { now.minus(RECENT) };
    back.min(since)
}

/// Numbers of listed orders. What the list is called, and whether it holds more than numbers, is not published.
fn numbers(listed: &Value) -> Result<Vec<String>, String> {
    let list = ["fbpi_orders", "orders", "items"]
        .iter()
        .find_map(|name| listed.get(*name)?.as_array());
    let list = match (list, listed.as_object()) {
        (Some(list), _) => list,
        // Empty lists are left out where messages are written by protobuf's rules.
        (None, Some(object)) if object.keys().all(|key| key == "next_token") => return Ok(Vec::new()),
        _ => return Err("the answer has no list of orders".to_owned()),
    };
    let number = |entry: &Value| {
        let named = entry.as_str().or_else(|| entry.get("fbpi_order_nr")?.as_str());
        named
            .map(str::to_owned)
            .ok_or_else(|| "a listed order has no `fbpi_order_nr`".to_owned())
    };
    list.iter().map(number).collect()
}

/// Reads one order; the error names the field that cannot be read. `at` is when Noon answered.
pub(super) fn read_order(
    raw: &RawValue,
    at: Option<Timestamp>,
    asked: &str,
) -> Result<OrderSnapshot, String> {
    let order: wire::Order = serde_json::from_str(raw.get()).map_err(|e| plain::line(&e.to_string()))?;
    if order.fbpi_order_nr != asked {
        return Err(format!(
            "order `{}` was answered instead of the one asked for",
            plain::line(&order.fbpi_order_nr)
        ));
    }
    let placed_at = Timestamp::parse(&order.order_created_at)
        .map_err(|e| format!("`order_created_at`: {}", plain::line(&e)))?;
    let untouched = order
        .items
        .iter()
        .all(|unit| units::stand(unit) == Some(Stand::Open));
    let updated_at = if untouched {
        placed_at
    } else {
        at.ok_or("the answer has no date")?.max(placed_at)
    };
    let mut oddities = Vec::new();
    let currency = Currency::parse(&order.currency_code)
        .map_err(|e| oddities.push(format!("`currency_code`: {e}")))
        .ok();
    let lines = units::lines(&order.items, currency, &mut oddities);
    let mut words: Vec<&str> = Vec::new();
    for unit in &order.items {
        if !words.contains(&units::word(unit)) {
            words.push(units::word(unit));
        }
    }
    Ok(OrderSnapshot {
        channel_status: words.join(", "),
        status: units::status(&order.items),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: order.mp_country_code.as_deref().map(str::to_ascii_uppercase),
        placed_at,
        updated_at,
        ship_by: None,
        total: units::total(&order.items, currency),
        lines,
        oddities,
        payload: raw.get().to_owned(),
        channel_order_id: order.fbpi_order_nr,
    })
}
