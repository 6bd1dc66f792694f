//! `searchOrders` and `getOrder` of orders 2026-01-01.

use std::cmp::Ordering;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::order_json::{INCLUDED_DATA, fulfilled_by, order_json, status_text};
use super::pages::{Pages, Place};
use super::route::Call;
use super::sellers::check_marketplaces;
use crate::faults::Fault;
use crate::time::before_ms;
use crate::world::{Order, World};

const TOKEN: &str = "paginationToken";
const STATUSES: [&str; 7] = [
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
];
/// A status of the future: no published model has it.
const UNKNOWN_STATUS: &str = "AWAITING_CARRIER_SCAN";

/// Which of an order's two times a search goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Created,
    Updated,
}

impl By {
    fn time(self, order: &Order) -> Timestamp {
        match self {
            Self::Created => order.placed_at,
            Self::Updated => order.updated_at,
        }
    }

    fn visible_at(self, order: &Order) -> Timestamp {
        match self {
            Self::Created => order.visible_at,
            Self::Updated => order.visible_at.max(order.change_visible_at),
        }
    }

    fn answered(self) -> &'static str {
        match self {
            Self::Created => "createdBefore",
            Self::Updated => "lastUpdatedBefore",
        }
    }
}

/// A checked search.
struct Search {
    by: By,
    from: Timestamp,
    until: Timestamp,
    after: Option<(Timestamp, String)>,
    marketplaces: Vec<String>,
    fulfilled_by: Vec<String>,
    statuses: Vec<String>,
    included: Vec<String>,
    page_size: usize,
}

/// `GET /orders/2026-01-01/orders`.
pub(super) fn search(world: &mut World, pages: &mut Pages, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let search = read(world, pages, call)?;
    let mut found: Vec<&Order> = world
        .orders
        .values()
        .filter(|o| search.wants(o, call, world.now))
        .collect();
    let more = found.len() > search.page_size;
    if more {
        // Only the page itself is worth sorting.
        found.select_nth_unstable_by(search.page_size, |a, b| search.order(a, b));
        found.truncate(search.page_size);
    }
    found.sort_unstable_by(|a, b| search.order(a, b));
    let last = found.last().map(|o| (search.by.time(o), o.id.clone()));
    let mut orders: Vec<Value> = found.iter().map(|o| order_json(o, &search.included)).collect();
    if let Some((_, before)) = &search.after
        && world.fault_hits(Fault::Duplicate, call.operation.name())
        && let Some(again) = world.orders.get(before)
    {
        orders.insert(0, order_json(again, &search.included));
    }
    maybe_unknown_status(world, call, orders.first_mut());
    let mut body = json!({"orders": orders, search.by.answered(): search.until.to_string()});
    if let (true, Some(last)) = (more, last) {
        let place = Place::Orders {
            until: search.until,
            last,
        };
        let signature = call.query.signature_without(TOKEN);
        let token = pages.give(&call.seller_id, signature, place, world.now, &mut world.rng);
        body["pagination"] = json!({"nextToken": token});
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// `GET /orders/2026-01-01/orders/{orderId}`.
pub(super) fn get(world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let included = call.query.list_of("includedData", &INCLUDED_DATA)?;
    let id = call.path_parameter(0);
    let order = world.orders.get(id).filter(|o| o.seller_id == call.seller_id);
    let order = order.ok_or_else(|| ApiError::not_found(format!("Order '{id}' does not exist.")))?;
    let mut body = order_json(order, &included);
    maybe_unknown_status(world, call, Some(&mut body));
    Ok(json_response(StatusCode::OK, &json!({"order": body})))
}

fn read(world: &World, pages: &Pages, call: &Call) -> Result<Search, ApiError> {
    let query = &call.query;
    let (created_after, created_before) = (query.time("createdAfter")?, query.time("createdBefore")?);
    let (updated_after, updated_before) = (query.time("lastUpdatedAfter")?, query.time("lastUpdatedBefore")?);
    let (by, from, before) = match (created_after, updated_after) {
        (Some(from), None) if updated_before.is_none() => (By::Created, from, created_before),
        (None, Some(from)) if created_before.is_none() => (By::Updated, from, updated_before),
        (None, None) => {
            return Err(ApiError::invalid(
                "Give exactly one of createdAfter and lastUpdatedAfter.",
                "createdAfter, lastUpdatedAfter",
            ));
        }
        _ => {
            return Err(ApiError::invalid(
                "Created and last updated times exclude each other.",
                "createdAfter, createdBefore, lastUpdatedAfter, lastUpdatedBefore",
            ));
        }
    };
    let latest = before_ms(world.now, world.freshness_ms);
    if before.is_some_and(|b| b > latest) {
        let text = format!(
            "Must be at least {} seconds before now.",
            world.freshness_ms.div_ceil(1_000)
        );
        return Err(ApiError::invalid(text, by.answered()));
    }
    if before.is_some_and(|b| b < from) {
        return Err(ApiError::invalid(
            "Must not be before the beginning of the span.",
            by.answered(),
        ));
    }
    let marketplaces = query.list("marketplaceIds");
    if marketplaces.len() > 50 {
        return Err(ApiError::invalid("At most 50 marketplaces.", "marketplaceIds"));
    }
    check_marketplaces(world, call, &marketplaces)?;
    let (after, until) = match query.one(TOKEN) {
        None => (None, before.unwrap_or(latest)),
        Some(token) => {
            let signature = query.signature_without(TOKEN);
            match pages.find(token, &call.seller_id, &signature, world.now, TOKEN)? {
                Place::Orders { until, last } => (Some(last), until),
                _ => {
                    return Err(ApiError::invalid("Not a token of this operation.", TOKEN));
                }
            }
        }
    };
    Ok(Search {
        by,
        from,
        until,
        after,
        marketplaces,
        fulfilled_by: query.list_of("fulfilledBy", &["MERCHANT", "AMAZON"])?,
        statuses: query.list_of("fulfillmentStatuses", &STATUSES)?,
        included: query.list_of("includedData", &INCLUDED_DATA)?,
        page_size: pages.size(query.number("maxResultsPerPage", 1, 100)?.unwrap_or(100)),
    })
}

impl Search {
    /// Oldest first; the id decides between equal times.
    fn order(&self, a: &Order, b: &Order) -> Ordering {
        self.by
            .time(a)
            .cmp(&self.by.time(b))
            .then_with(|| a.id.cmp(&b.id))
    }

    fn wants(&self, order: &Order, call: &Call, now: Timestamp) -> bool {
        let at = self.by.time(order);
        let fits = |list: &[String], value: &str| list.is_empty() || list.iter().any(|v| v == value);
        order.seller_id == call.seller_id
            && (self.from..=self.until).contains(&at)
            && self.by.visible_at(order) <= now
            && self
                .after
                .as_ref()
                .is_none_or(|(t, id)| (at, order.id.as_str()) > (*t, id.as_str()))
            && fits(&self.marketplaces, &order.marketplace_id)
            && fits(&self.fulfilled_by, fulfilled_by(order))
            && fits(&self.statuses, status_text(order))
    }
}

fn maybe_unknown_status(world: &mut World, call: &Call, order: Option<&mut Value>) {
    if let Some(status) = order.and_then(|o| o.pointer_mut("/fulfillment/fulfillmentStatus"))
        && world.fault_hits(Fault::UnknownValue, call.operation.name())
    {
        *status = json!(UNKNOWN_STATUS);
    }
}
