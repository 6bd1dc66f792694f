//! Orders: the walk through their pages, and single ones.
//!
//! The walk is the truth; webhooks only say when to look. What the shop vouches for is its own clock in the first answer,
//! less [`MARGIN`] for whatever was being written while it answered.

use std::time::Duration;

use stockbridge_domain::channel::{
    ChannelError, Fault, OrderPage, OrderQuery, OrderSource, OrderTime, Unreadable,
};
use stockbridge_domain::order::OrderSnapshot;
use stockbridge_domain::{BoxFut, Timestamp};

use super::api::{Answer, id_of};
use super::cursor::Cursor;
use super::error::{INVALID_PARAM, clean};
use super::order_read::{self, Read, instant};
use super::wire::{self, Raw};
use super::{WooConnection, client};

/// How long before the shop's clock an order is sure to be written. A time is taken before the row is written, and
/// plugins do their work in between.
const MARGIN: Duration = Duration::from_secs(60);

impl OrderSource for WooConnection {
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        Box::pin(async move {
            let (cursor, answer) = self.walk(query).await?;
            let raws: Vec<Raw> = answer.read(&client::ORDERS)?;
            let mut page = OrderPage {
                complete_until: answer.date.map(|date| date.minus(MARGIN)),
                ..OrderPage::default()
            };
            if answer.goes_on_after(cursor.offset, raws.len()) {
                let last = raws.iter().filter_map(|raw| stamp(raw, query.by)).max();
                page.next = Some(cursor.next(last, raws.len()).text());
            }
            for raw in raws {
                match self.whole(&raw).await? {
                    Ok(Read::Sale(order)) => page.orders.push(*order),
                    Ok(Read::Draft) => {}
                    Err(reason) => page.unreadable.push(unreadable(&raw, reason)),
                }
            }
            Ok(page)
        })
    }

    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        Box::pin(async move {
            let id = id_of(&client::ORDER, channel_order_id)?;
            let raw: Raw = self.api.call(&client::order(id)).await?.read(&client::ORDER)?;
            let problem = |fault, message: String| ChannelError::new(fault, client::ORDER.name, message);
            match self.whole(&raw).await? {
                Ok(Read::Sale(order)) if order.channel_order_id == channel_order_id => Ok(*order),
                Ok(Read::Sale(order)) => Err(problem(
                    Fault::Contract,
                    format!(
                        "order `{}` was answered instead of the one asked for",
                        order.channel_order_id
                    ),
                )),
                Ok(Read::Draft) => Err(problem(
                    Fault::NotFound,
                    "the order is still being entered at the checkout; it is none yet".to_owned(),
                )),
                Err(reason) => Err(problem(Fault::Contract, reason)),
            }
        })
    }
}

impl WooConnection {
    /// One page of the walk. A shop that cannot sort by change says so once, and is walked by id from then on.
    async fn walk(&self, query: &OrderQuery) -> Result<(Cursor, Answer), ChannelError> {
        let sortable = query.by == OrderTime::Placed || self.api.memory.sorts_by_change();
        let mut cursor = match query.cursor.as_deref() {
            None => Cursor::start(query.since, sortable),
            Some(text) => Cursor::parse(text).ok_or_else(|| {
                let message = format!(
                    "`{}` is no position in the list of orders; it is read from the start",
                    clean(text)
                );
                ChannelError::new(Fault::Rejected, client::ORDERS.name, message)
            })?,
        };
        match self.api.call(&client::orders(query.by, &cursor)).await {
            Err(e)
                if cursor.sorted
                    && query.by == OrderTime::Updated
                    && e.code.as_deref() == Some(INVALID_PARAM) =>
            {
                self.api.memory.set_unsorted();
                cursor = Cursor::start(query.since, false);
                let answer = self.api.call(&client::orders(query.by, &cursor)).await?;
                Ok((cursor, answer))
            }
            answered => Ok((cursor, answered?)),
        }
    }

    /// Reads an order, with its refunds where it has some that say which units will not be shipped.
    async fn whole(&self, raw: &Raw) -> Result<Result<Read, String>, ChannelError> {
        let order = match order_read::parse(raw) {
            Ok(order) => order,
            Err(reason) => return Ok(Err(reason)),
        };
        let refunds = if order_read::needs_refunds(&order) {
            self.refunds_of(order.id).await?
        } else {
            Vec::new()
        };
        Ok(order_read::read(order, &refunds, raw))
    }

    /// Every refund of an order.
    pub(super) async fn refunds_of(&self, order: u64) -> Result<Vec<wire::Refund>, ChannelError> {
        let mut refunds = Vec::new();
        for page in 1.. {
            let answer = self.api.call(&client::refunds(order, page)).await?;
            let more: Vec<wire::Refund> = answer.read(&client::REFUNDS)?;
            let full = answer.goes_on(page, more.len());
            refunds.extend(more);
            if !full {
                break;
            }
        }
        Ok(refunds)
    }

    /// An order as the API has it.
    pub(super) async fn wire_order(&self, id: u64) -> Result<wire::Order, ChannelError> {
        self.api.call(&client::order(id)).await?.read(&client::ORDER)
    }
}

/// The time an order is sorted by.
fn stamp(raw: &Raw, by: OrderTime) -> Option<Timestamp> {
    let stamp: wire::Stamp = serde_json::from_str(raw.get()).ok()?;
    let text = match by {
        OrderTime::Updated => stamp.date_modified_gmt,
        OrderTime::Placed => stamp.date_created_gmt,
    };
    instant("", text.as_str()?).ok()
}

fn unreadable(raw: &Raw, reason: String) -> Unreadable {
    let stamp: wire::Stamp = serde_json::from_str(raw.get()).unwrap_or_default();
    Unreadable {
        id: wire::whole(&stamp.id).map(|id| id.to_string()),
        reason,
        raw: raw.get().to_owned(),
    }
}
