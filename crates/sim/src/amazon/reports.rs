//! Reports 2021-06-30 that are asked for: queued, made, and done after a while, from the world as it is when they are done.
//!
//! Four kinds are known. One without a row is CANCELLED, as the platform has it. A report that is to be refused by chance
//! ([`Fault::SilentReject`]) is FATAL, with a file that says why.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::feeds::Feeds;
use super::inventory;
use super::route::Call;
use super::sellers::check_marketplaces;
use super::settlements;
use crate::config::Fulfilment;
use crate::faults::Fault;
use crate::time::after_ms;
use crate::world::{Order, OrderStatus, World};

const LISTINGS: &str = "GET_MERCHANT_LISTINGS_ALL_DATA";
const ORDERS: &str = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL";
const INVENTORY: &str = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA";
const RETURNS: &str = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA";
const KINDS: [&str; 4] = [LISTINGS, ORDERS, INVENTORY, RETURNS];
/// What a document of a report that was asked for is called.
const DOCUMENT: &str = "amzn1.spdoc.r";

/// Every report that was asked for.
#[derive(Debug, Default)]
pub(super) struct Reports(BTreeMap<u64, Report>);

#[derive(Debug)]
struct Report {
    seller_id: String,
    kind: &'static str,
    marketplaces: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    created_at: Timestamp,
    started_at: Timestamp,
    due_at: Timestamp,
    fatal: bool,
    /// What it says, once it is due: nothing for one without a row.
    text: Option<Option<String>>,
}

impl Reports {
    /// `POST /reports/2021-06-30/reports`.
    pub(super) fn create(&mut self, world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let body: Value = serde_json::from_slice(&call.body)
            .map_err(|e| ApiError::invalid(format!("The body is no JSON: {e}"), "body"))?;
        let wanted = body["reportType"].as_str().unwrap_or_default();
        let kind = KINDS.into_iter().find(|kind| *kind == wanted);
        let kind = kind.ok_or_else(|| {
            let known = KINDS.join(", ");
            ApiError::invalid(format!("The simulator makes {known} only."), "reportType")
        })?;
        let named = body["marketplaceIds"].as_array().cloned().unwrap_or_default();
        let marketplaces: Vec<String> = named
            .iter()
            .filter_map(|m| Some(m.as_str()?.to_owned()))
            .collect();
        if marketplaces.is_empty() || marketplaces.len() > 25 {
            return Err(ApiError::invalid("Name 1 to 25 marketplaces.", "marketplaceIds"));
        }
        check_marketplaces(world, call, &marketplaces)?;
        let instant = |name: &'static str| {
            let read = |text: &str| {
                text.parse::<Timestamp>()
                    .map_err(|_| ApiError::invalid("No such time.", name))
            };
            body[name].as_str().map(read).transpose()
        };
        let (from, to) = (instant("dataStartTime")?, instant("dataEndTime")?);
        let fatal = world.fault_hits(Fault::SilentReject, "createReport");
        let takes = world.draw_ms(world.feed_delay_ms);
        let id = 60_000_000_000 + u64::try_from(self.0.len()).unwrap_or(0) + 1;
        let report = Report {
            seller_id: call.seller_id.clone(),
            kind,
            marketplaces,
            from,
            to,
            created_at: world.now,
            started_at: after_ms(world.now, takes / 2),
            due_at: after_ms(world.now, takes),
            fatal,
            text: None,
        };
        self.0.insert(id, report);
        Ok(json_response(
            StatusCode::ACCEPTED,
            &json!({"reportId": id.to_string()}),
        ))
    }

    /// `GET /reports/2021-06-30/reports/{reportId}`.
    pub(super) fn get(&mut self, world: &World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let id: Option<u64> = call.path_parameter(0).parse().ok();
        let found = id.and_then(|id| Some((id, self.0.get_mut(&id)?)));
        let (id, report) = found
            .filter(|(_, report)| report.seller_id == call.seller_id)
            .ok_or_else(|| ApiError::not_found("There is no such report."))?;
        report.make(world);
        Ok(json_response(StatusCode::OK, &report.json(id, world.now)))
    }

    /// `GET /reports/2021-06-30/reports`: those that were asked for, and settlements.
    pub(super) fn list(&mut self, world: &World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let kinds = call.query.list("reportTypes");
        if kinds.is_empty() {
            return Err(ApiError::invalid("'reportTypes' is required.", "reportTypes"));
        }
        let since = call.query.time("createdSince")?;
        let mut found = settlements::list(world, call, &kinds, since);
        for (id, report) in self.0.iter_mut().rev() {
            let fits = report.seller_id == call.seller_id
                && kinds.iter().any(|kind| kind == report.kind)
                && since.is_none_or(|at| report.created_at >= at);
            if fits {
                report.make(world);
                found.push(report.json(*id, world.now));
            }
        }
        Ok(json_response(StatusCode::OK, &json!({"reports": found})))
    }

    /// `GET /reports/2021-06-30/documents/{reportDocumentId}`.
    pub(super) fn document(
        &self,
        world: &mut World,
        feeds: &mut Feeds,
        call: &Call,
    ) -> Result<Response<Bytes>, ApiError> {
        let name = call.path_parameter(0);
        let Some(id) = name.strip_prefix(DOCUMENT) else {
            return settlements::document(world, feeds, call);
        };
        let report = id.parse().ok().and_then(|id| self.0.get(&id));
        let report = report.filter(|report| report.seller_id == call.seller_id);
        let text = report.and_then(|report| report.text.as_ref()?.as_deref());
        let text = text.ok_or_else(|| ApiError::not_found("There is no such document."))?;
        let url = feeds.offer_western(world, call, text);
        Ok(json_response(
            StatusCode::OK,
            &json!({"reportDocumentId": name, "url": url, "compressionAlgorithm": "GZIP"}),
        ))
    }
}

impl Report {
    /// Makes it, when its time has come.
    fn make(&mut self, world: &World) {
        if self.due_at > world.now || self.text.is_some() {
            return;
        }
        let text = match self.kind {
            _ if self.fatal => Some("The report could not be made: an internal error.\n".to_owned()),
            LISTINGS => table(LISTING_HEAD, listings(world, self)),
            ORDERS => table(ORDER_HEAD, orders(world, self)),
            INVENTORY => table(INVENTORY_HEAD, stored(world, self)),
            _ => table(RETURN_HEAD, returns(world, self)),
        };
        self.text = Some(text);
    }

    fn json(&self, id: u64, now: Timestamp) -> Value {
        let status = match &self.text {
            None if now < self.started_at => "IN_QUEUE",
            None => "IN_PROGRESS",
            Some(None) => "CANCELLED",
            Some(Some(_)) if self.fatal => "FATAL",
            Some(Some(_)) => "DONE",
        };
        let mut json = json!({"reportId": id.to_string(), "reportType": self.kind, "marketplaceIds": self.marketplaces,
            "createdTime": self.created_at.to_string(), "processingStatus": status});
        if let Some(text) = &self.text {
            json["processingStartTime"] = json!(self.started_at.to_string());
            json["processingEndTime"] = json!(self.due_at.to_string());
            if text.is_some() {
                json["reportDocumentId"] = json!(format!("{DOCUMENT}{id}"));
            }
        }
        json
    }

    fn about(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

const LISTING_HEAD: &str = "item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\topen-date\tasin1\t\
                            fulfillment-channel\tstatus";
const ORDER_HEAD: &str = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t\
                          sales-channel\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\tship-city";
const INVENTORY_HEAD: &str = "sku\tfnsku\tasin\tproduct-name\tcondition\tafn-fulfillable-quantity\t\
                              afn-unsellable-quantity\tafn-reserved-quantity\tafn-total-quantity\t\
                              afn-inbound-shipped-quantity";
const RETURN_HEAD: &str =
    "return-date\torder-id\tsku\tasin\tproduct-name\tquantity\tdetailed-disposition\treason\tstatus";

/// A file with its line of names; nothing when it has no row.
fn table(head: &str, rows: Vec<Vec<String>>) -> Option<String> {
    let lines: Vec<String> = rows.into_iter().map(|row| row.join("\t")).collect();
    (!lines.is_empty()).then(|| format!("{head}\n{}\n", lines.join("\n")))
}

fn listings(world: &World, report: &Report) -> Vec<Vec<String>> {
    let seller = world.sellers.get(&report.seller_id);
    let listings = seller.into_iter().flat_map(|seller| seller.listings.values());
    let row = |listing: &crate::world::Listing| {
        let offer = report.marketplaces.iter().find_map(|id| listing.offers.get(id))?;
        let (channel, units) = match listing.quantity {
            Some(units) => ("DEFAULT", units.to_string()),
            None => ("AMAZON_EU", String::new()),
        };
        let status = if listing.suppressed || listing.quantity == Some(0) {
            "Inactive"
        } else {
            "Active"
        };
        Some(vec![
            listing.title.clone(),
            String::new(),
            format!("1104{}", listing.asin),
            listing.sku.clone(),
            offer.price.to_string(),
            units,
            listing.created_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            listing.asin.clone(),
            channel.to_owned(),
            status.to_owned(),
        ])
    };
    listings.filter_map(row).collect()
}

fn of_report<'w>(world: &'w World, report: &'w Report) -> impl Iterator<Item = &'w Order> {
    world.orders.values().filter(|order| {
        order.seller_id == report.seller_id && report.marketplaces.contains(&order.marketplace_id)
    })
}

fn channel(order: &Order) -> &'static str {
    match order.fulfilment {
        Fulfilment::Platform => "Amazon",
        Fulfilment::Merchant => "Merchant",
    }
}

fn orders(world: &World, report: &Report) -> Vec<Vec<String>> {
    let status = |order: &Order| match order.status {
        OrderStatus::Pending => "Pending",
        OrderStatus::Unshipped => "Unshipped",
        OrderStatus::PartiallyShipped => "Shipping",
        OrderStatus::Shipped => "Shipped",
        OrderStatus::Cancelled => "Cancelled",
    };
    let mut rows = Vec::new();
    for order in of_report(world, report).filter(|order| report.about(order.updated_at)) {
        for line in &order.lines {
            rows.push(vec![
                order.id.clone(),
                order.placed_at.to_string(),
                order.updated_at.to_string(),
                status(order).to_owned(),
                channel(order).to_owned(),
                "Amazon".to_owned(),
                line.title.clone(),
                line.sku.clone(),
                line.asin.clone(),
                status(order).to_owned(),
                line.quantity.to_string(),
                line.currency.clone(),
                (line.unit_price * rust_decimal::Decimal::from(line.quantity)).to_string(),
                order.buyer.city.clone(),
            ]);
        }
    }
    rows
}

fn stored(world: &World, report: &Report) -> Vec<Vec<String>> {
    let seller = world.sellers.get(&report.seller_id);
    let listings = seller.into_iter().flat_map(|seller| seller.listings.values());
    let row = |listing: &crate::world::Listing| {
        let units = inventory::units(world, &report.seller_id, listing);
        vec![
            listing.sku.clone(),
            format!("X{}", listing.asin.trim_start_matches('B')),
            listing.asin.clone(),
            listing.title.clone(),
            "New".to_owned(),
            units.fulfillable.to_string(),
            listing.unfulfillable.to_string(),
            units.open.to_string(),
            (units.fulfillable + units.open + listing.unfulfillable + listing.inbound).to_string(),
            listing.inbound.to_string(),
        ]
    };
    listings
        .filter(|listing| listing.fulfilment == Fulfilment::Platform)
        .map(row)
        .collect()
}

/// Orders the platform shipped and whose money went back count as returned.
fn returns(world: &World, report: &Report) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for order in of_report(world, report).filter(|order| order.fulfilment == Fulfilment::Platform) {
        let Some(at) = order.refunded_at.filter(|at| report.about(*at)) else {
            continue;
        };
        for line in &order.lines {
            rows.push(vec![
                at.to_string(),
                order.id.clone(),
                line.sku.clone(),
                line.asin.clone(),
                line.title.clone(),
                line.quantity.to_string(),
                "SELLABLE".to_owned(),
                "UNWANTED_ITEM".to_owned(),
                "Unit returned to inventory".to_owned(),
            ]);
        }
    }
    rows
}
