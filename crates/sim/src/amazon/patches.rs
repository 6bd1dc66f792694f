//! The body of `patchListingsItem`: operations on the two attributes a stock and price tool writes,
//! `fulfillment_availability` and `purchasable_offer`.
//!
//! A body out of shape is a 400; a value Amazon would refuse is an issue, and the submission INVALID.

use bytes::Bytes;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::error::ApiError;
use super::issue::submission_issue;
use super::marketplaces;
use crate::config::Fulfilment;
use crate::world::{Listing, ListingChange, OfferChange, Sale, StockChange};

const STOCK: &str = "fulfillment_availability";
const OFFER: &str = "purchasable_offer";

/// What a patch does to its attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// `add` and `replace`: the value becomes the whole attribute.
    Replace,
    /// Only the named sub-fields of the entries that match by selector.
    Merge,
    Delete,
}

/// One operation of the body.
#[derive(Debug)]
pub(super) struct Patch {
    op: Op,
    attribute: String,
    entries: Vec<Value>,
}

/// Checks the shape of the body.
pub(super) fn parse(body: &Bytes) -> Result<Vec<Patch>, ApiError> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|e| ApiError::invalid(format!("The body is no JSON: {e}"), "body"))?;
    if body["productType"].as_str().is_none_or(str::is_empty) {
        return Err(ApiError::invalid("'productType' is required.", "productType"));
    }
    let patches = body["patches"].as_array().filter(|p| !p.is_empty());
    let patches = patches.ok_or_else(|| ApiError::invalid("'patches' needs an entry.", "patches"))?;
    patches.iter().map(parse_one).collect()
}

fn parse_one(patch: &Value) -> Result<Patch, ApiError> {
    let op = match patch["op"].as_str() {
        Some("add" | "replace") => Op::Replace,
        Some("merge") => Op::Merge,
        Some("delete") => Op::Delete,
        _ => {
            return Err(ApiError::invalid(
                "'op' must be add, replace, merge or delete.",
                "patches.op",
            ));
        }
    };
    let attribute = patch["path"]
        .as_str()
        .and_then(|p| p.strip_prefix("/attributes/"));
    let attribute = attribute.filter(|a| !a.is_empty() && !a.contains('/'));
    let attribute = attribute.ok_or_else(|| {
        ApiError::invalid(
            "'path' must be /attributes/{name}, top level only.",
            "patches.path",
        )
    })?;
    let entries = match &patch["value"] {
        Value::Array(entries) if entries.iter().all(Value::is_object) => entries.clone(),
        Value::Null if op == Op::Delete => Vec::new(),
        _ => {
            return Err(ApiError::invalid(
                "'value' must be an array of objects.",
                "patches.value",
            ));
        }
    };
    Ok(Patch {
        op,
        attribute: attribute.to_owned(),
        entries,
    })
}

/// What the patches change, or what is wrong with them.
pub(super) fn read(
    patches: &[Patch],
    listing: &Listing,
    marketplaces: &[String],
) -> Result<Vec<ListingChange>, Vec<Value>> {
    let (mut changes, mut issues) = (Vec::new(), Vec::new());
    for patch in patches {
        let read = match patch.attribute.as_str() {
            STOCK => stock_change(patch, listing).map(|c| vec![c]),
            OFFER => offer_changes(patch, marketplaces),
            other => Err(format!(
                "The simulator knows {STOCK} and {OFFER} only, not {other}."
            )),
        };
        match read {
            Ok(more) => changes.extend(more),
            Err(message) => issues.push(submission_issue(&patch.attribute, &message)),
        }
    }
    if issues.is_empty() {
        Ok(changes)
    } else {
        Err(issues)
    }
}

fn stock_change(patch: &Patch, listing: &Listing) -> Result<ListingChange, String> {
    if listing.fulfilment == Fulfilment::Platform {
        return Err("Amazon fulfils this listing; its quantity cannot be set.".to_owned());
    }
    if patch.op == Op::Delete {
        return Ok(ListingChange::Stock(StockChange::default()));
    }
    let [entry] = patch.entries.as_slice() else {
        return Err("Give exactly one entry, of fulfillment_channel_code DEFAULT.".to_owned());
    };
    if entry["fulfillment_channel_code"] != "DEFAULT" {
        return Err("fulfillment_channel_code must be DEFAULT for the seller's own stock.".to_owned());
    }
    let whole = |name: &str| match &entry[name] {
        Value::Null => Ok(None),
        value => match value.as_u64().and_then(|n| u32::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => Err(format!("{name} must be a whole number, 0 or more, not {value}.")),
        },
    };
    let quantity = whole("quantity")?;
    let available = entry["is_inventory_available"].as_bool();
    if quantity.is_some() && available.is_some() {
        return Err("quantity and is_inventory_available exclude each other.".to_owned());
    }
    Ok(ListingChange::Stock(StockChange {
        keep_rest: patch.op == Op::Merge,
        quantity,
        handling_days: whole("lead_time_to_ship_max_days")?,
        restock_date: entry["restock_date"].as_str().map(str::to_owned),
    }))
}

fn offer_changes(patch: &Patch, marketplaces: &[String]) -> Result<Vec<ListingChange>, String> {
    let mut changes = Vec::new();
    if patch.op != Op::Merge {
        // The whole attribute of the marketplaces named in the call: entries not repeated are gone.
        let named = |m: &&String| patch.entries.iter().any(|e| e["marketplace_id"] == m.as_str());
        let gone = marketplaces.iter().filter(|m| match patch.op {
            Op::Delete => patch.entries.is_empty() || named(m),
            Op::Replace | Op::Merge => !named(m),
        });
        changes.extend(gone.map(|m| ListingChange::RemoveOffer {
            marketplace_id: m.clone(),
        }));
    }
    if patch.op == Op::Delete {
        return Ok(changes);
    }
    for entry in &patch.entries {
        changes.push(offer_change(entry, patch.op, marketplaces)?);
    }
    Ok(changes)
}

fn offer_change(entry: &Value, op: Op, marketplaces: &[String]) -> Result<ListingChange, String> {
    let marketplace_id = entry["marketplace_id"]
        .as_str()
        .ok_or("marketplace_id is required.")?
        .to_owned();
    if !marketplaces.contains(&marketplace_id) {
        return Err(format!(
            "marketplace_id {marketplace_id} is not among the call's marketplaceIds."
        ));
    }
    let expected = marketplaces::find(&marketplace_id).map_or("", |m| m.currency);
    if entry["currency"] != expected {
        return Err(format!(
            "currency must be {expected} in {marketplace_id}, not {}.",
            entry["currency"]
        ));
    }
    if !(entry["audience"].is_null() || entry["audience"] == "ALL") {
        return Err("The simulator knows the audience ALL only.".to_owned());
    }
    let price = |name: &str| flat_price(entry, name, expected);
    let change = OfferChange {
        keep_rest: op == Op::Merge,
        currency: expected.to_owned(),
        price: price("our_price")?,
        sale: sale(entry, expected)?,
        floor: price("minimum_seller_allowed_price")?,
        ceiling: price("maximum_seller_allowed_price")?,
    };
    if op == Op::Replace && change.price.is_none() {
        return Err("our_price is required when the whole offer is replaced.".to_owned());
    }
    Ok(ListingChange::Offer {
        marketplace_id,
        change,
    })
}

fn flat_price(entry: &Value, name: &str, currency: &str) -> Result<Option<Decimal>, String> {
    if entry[name].is_null() {
        return Ok(None);
    }
    amount(&entry[name][0]["schedule"][0]["value_with_tax"], name, currency).map(Some)
}

fn sale(entry: &Value, currency: &str) -> Result<Option<Sale>, String> {
    const NAME: &str = "discounted_price";
    if entry[NAME].is_null() {
        return Ok(None);
    }
    let schedule = &entry[NAME][0]["schedule"][0];
    let time = |field: &str| {
        let parsed = schedule[field].as_str().and_then(|t| t.parse::<Timestamp>().ok());
        parsed.ok_or_else(|| format!("{NAME} needs {field} as an ISO 8601 time."))
    };
    let (from, until) = (time("start_at")?, time("end_at")?);
    if until <= from {
        return Err(format!("{NAME} must end after it starts."));
    }
    Ok(Some(Sale {
        price: amount(&schedule["value_with_tax"], NAME, currency)?,
        from,
        until,
    }))
}

fn amount(value: &Value, name: &str, currency: &str) -> Result<Decimal, String> {
    let number = match value {
        Value::Number(n) => n.to_string().parse::<Decimal>().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| format!("{name} needs a number in schedule value_with_tax."))?;
    let most = marketplaces::decimals(currency);
    if number <= Decimal::ZERO || number.normalize().scale() as usize > most {
        return Err(format!(
            "{name} must be above zero with at most {most} decimals, not {number}."
        ));
    }
    Ok(number)
}
