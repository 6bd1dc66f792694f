//! `listTransactions` of finances 2024-06-19: what the platform took, kept and gave back of shipped orders.
//!
//! A parcel's money is held back for a week. Then the first transaction's status changes without a new date, and a second one
//! releases it. Buyers' prices hold their tax, so none is told apart.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::pages::{Pages, Place};
use super::route::Call;
use crate::config::Fulfilment;
use crate::time::{after_ms, before_ms};
use crate::world::{Order, OrderLine, World};

const TOKEN: &str = "nextToken";
const PAGE: usize = 100;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// A longer window is answered empty.
const LONGEST_DAYS: u64 = 180;
/// So long money is held back.
const HELD_DAYS: u64 = 7;

/// Something posted.
pub(super) struct Posted {
    id: String,
    pub(super) at: Timestamp,
    pub(super) body: Value,
}

/// `GET /finances/2024-06-19/transactions`.
pub(super) fn transactions(
    world: &mut World,
    pages: &mut Pages,
    call: &Call,
) -> Result<Response<Bytes>, ApiError> {
    let latest = before_ms(world.now, 2 * MINUTE_MS);
    let from = call.query.time("postedAfter")?;
    let from = from.ok_or_else(|| ApiError::invalid("Start date cannot be null", "postedAfter"))?;
    let to = call.query.time("postedBefore")?.unwrap_or(latest);
    if from > latest || to > latest || to <= from {
        return Err(ApiError::invalid(
            "Dates must be in order and more than two minutes old.",
            "postedBefore",
        ));
    }
    let signature = call.query.signature_without(TOKEN);
    let skip = match call.query.one(TOKEN) {
        None => 0,
        Some(token) => match pages.find(token, &call.seller_id, &signature, world.now, TOKEN)? {
            Place::Items { skip } => skip,
            _ => return Err(ApiError::invalid("The token is of another operation.", TOKEN)),
        },
    };
    let mut found = if after_ms(from, LONGEST_DAYS * DAY_MS) < to {
        Vec::new()
    } else {
        posted(world, call)
    };
    found.retain(|p| p.at >= from && p.at < to);
    found.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let total = found.len();
    let page: Vec<Value> = found
        .into_iter()
        .skip(skip)
        .take(pages.size(PAGE))
        .map(|p| p.body)
        .collect();
    let next = skip + page.len();
    let mut payload = json!({"transactions": page});
    if next < total {
        let place = Place::Items { skip: next };
        let token = pages.give(&call.seller_id, signature, place, world.now, &mut world.rng);
        payload["nextToken"] = json!(token);
    }
    Ok(json_response(StatusCode::OK, &json!({"payload": payload})))
}

/// Everything posted for the caller, in no order.
pub(super) fn posted(world: &World, call: &Call) -> Vec<Posted> {
    let mut all = Vec::new();
    for order in world.orders.values().filter(|o| o.seller_id == call.seller_id) {
        for (reference, package) in &order.packages {
            let lines: Vec<(&OrderLine, u32)> = package
                .lines
                .iter()
                .filter_map(|l| Some((order.lines.iter().find(|o| o.id == l.line_id)?, l.quantity)))
                .collect();
            let released_at = after_ms(package.created_at, HELD_DAYS * DAY_MS);
            let told = Told {
                order,
                kind: "Shipment",
                id: format!("S-{}-{reference}", order.id),
                sign: Decimal::ONE,
            };
            let released = released_at <= world.now;
            let status = if released { "DEFERRED_RELEASED" } else { "DEFERRED" };
            all.extend(told.posted(&lines, package.created_at, status, None));
            if released {
                let id = format!("R-{}-{reference}", order.id);
                let release = Told { id, ..told };
                let of = format!("S-{}-{reference}", order.id);
                all.extend(release.posted(&lines, released_at, "RELEASED", Some(&of)));
            }
        }
        if let Some(at) = order.refunded_at {
            let lines: Vec<(&OrderLine, u32)> = order.lines.iter().map(|l| (l, l.shipped)).collect();
            let told = Told {
                order,
                kind: "Refund",
                id: format!("F-{}", order.id),
                sign: Decimal::NEGATIVE_ONE,
            };
            all.extend(told.posted(&lines, at, "RELEASED", None));
        }
    }
    all
}

/// What a transaction is about.
struct Told<'a> {
    order: &'a Order,
    kind: &'static str,
    id: String,
    /// Of what the buyer pays.
    sign: Decimal,
}

impl Told<'_> {
    fn posted(
        &self,
        lines: &[(&OrderLine, u32)],
        at: Timestamp,
        status: &str,
        release_of: Option<&str>,
    ) -> Option<Posted> {
        let currency = lines.first()?.0.currency.clone();
        let (mut items, mut whole) = (Vec::new(), Decimal::ZERO);
        for (line, quantity) in lines {
            let (item, total) = self.item(line, *quantity);
            whole += total;
            items.push(item);
        }
        let mut related = vec![json!({
            "relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": self.order.id,
        })];
        related.extend(release_of.map(
            |id| json!({"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": id}),
        ));
        if status == "RELEASED" {
            let id = super::settlements::period(at).to_string();
            related.push(json!({"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": id}));
        }
        let site = &self.order.marketplace_id;
        let body = json!({
            "sellingPartnerMetadata": {
                "sellingPartnerId": self.order.seller_id, "accountType": "Standard Orders", "marketplaceId": site,
            },
            "relatedIdentifiers": related,
            "transactionType": self.kind,
            "transactionId": self.id,
            "transactionStatus": status,
            "description": if self.kind == "Refund" { "Refund Order" } else { "Order Payment" },
            "postedDate": at.to_string(),
            "totalAmount": money(whole, &currency),
            "marketplaceDetails": {"marketplaceId": site},
            "items": items,
        });
        Some(Posted {
            id: self.id.clone(),
            at,
            body,
        })
    }

    /// One line's share, and its sum.
    fn item(&self, line: &OrderLine, quantity: u32) -> (Value, Decimal) {
        let currency = &line.currency;
        let digits = if currency == "JPY" { 0 } else { 2 };
        let price = line.unit_price * Decimal::from(quantity) * self.sign;
        let commission = -(price * Decimal::new(15, 2)).round_dp(digits);
        let stored = self.order.fulfilment == Fulfilment::Platform && self.kind == "Shipment";
        let fulfilment = if stored {
            -Decimal::from(quantity) * Decimal::from(3)
        } else {
            Decimal::ZERO
        };
        let mut fees = vec![breakdown("Commission", commission, currency, &[])];
        if stored {
            fees.push(breakdown("FBAPerUnitFulfillmentFee", fulfilment, currency, &[]));
        }
        let all_fees = commission + fulfilment;
        let goods = breakdown("OurPricePrincipal", price, currency, &[]);
        let charges = breakdown("ProductCharges", price, currency, &[goods]);
        let total = price + all_fees;
        let item = json!({
            "description": line.title,
            "totalAmount": money(total, currency),
            "contexts": [{
                "contextType": "ProductContext", "asin": line.asin, "sku": line.sku, "quantityShipped": quantity,
                "fulfillmentNetwork": if self.order.fulfilment == Fulfilment::Platform { "AFN" } else { "MFN" },
            }],
            "breakdowns": [
                breakdown("Sales", price, currency, &[charges]),
                breakdown("Expenses", all_fees, currency, &[breakdown("AmazonFees", all_fees, currency, &fees)]),
            ],
        });
        (item, total)
    }
}

fn breakdown(kind: &str, amount: Decimal, currency: &str, below: &[Value]) -> Value {
    json!({"breakdownType": kind, "breakdownAmount": money(amount, currency), "breakdowns": below})
}

/// An amount as a JSON number.
fn money(amount: Decimal, currency: &str) -> Value {
    let number: Value = serde_json::from_str(&amount.to_string()).unwrap_or(Value::Null);
    json!({"currencyCode": currency, "currencyAmount": number})
}
