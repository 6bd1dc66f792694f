//! `getInventorySummaries` of FBA inventory v1: what lies in Amazon's warehouses. All marketplaces of a seller count the same
//! goods here, as they do where Amazon stores for a whole region.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::pages::{Pages, Place};
use super::route::Call;
use super::sellers::check_marketplaces;
use crate::config::Fulfilment;
use crate::time::after_ms;
use crate::world::{Listing, OrderStatus, World};

const TOKEN: &str = "nextToken";
const PAGE: usize = 50;
/// The life of this operation's tokens.
const TOKEN_MS: u64 = 30_000;

/// `GET /fba/inventory/v1/summaries`.
pub(super) fn summaries(
    world: &mut World,
    pages: &mut Pages,
    call: &Call,
) -> Result<Response<Bytes>, ApiError> {
    let required = |name: &'static str| {
        let missing = || ApiError::invalid(format!("'{name}' is required."), name);
        call.query.one(name).ok_or_else(missing)
    };
    if required("granularityType")? != "Marketplace" {
        return Err(ApiError::invalid("Only Marketplace is known.", "granularityType"));
    }
    let marketplaces = call.query.list("marketplaceIds");
    if marketplaces.len() != 1 || required("granularityId")? != marketplaces[0] {
        return Err(ApiError::invalid(
            "Name one marketplace, twice.",
            "marketplaceIds",
        ));
    }
    check_marketplaces(world, call, &marketplaces)?;
    let signature = call.query.signature_without(TOKEN);
    let skip = match call.query.one(TOKEN) {
        None => 0,
        Some(token) => match pages.find(token, &call.seller_id, &signature, world.now, TOKEN)? {
            Place::Summaries { skip, until } if until >= world.now => skip,
            _ => return Err(ApiError::invalid("The token has expired.", TOKEN)),
        },
    };
    let wanted = call.query.list("sellerSkus");
    let seller = world
        .sellers
        .get(&call.seller_id)
        .ok_or_else(|| ApiError::unauthorized(""))?;
    let found: Vec<&Listing> = seller
        .listings
        .values()
        .filter(|l| l.fulfilment == Fulfilment::Platform)
        .filter(|l| wanted.is_empty() || wanted.contains(&l.sku))
        .collect();
    let details = call.query.one("details") == Some("true");
    let page = found.iter().skip(skip).take(PAGE);
    let items: Vec<Value> = page
        .map(|l| summary(world, &call.seller_id, l, details))
        .collect();
    let (next, total) = (skip + items.len(), found.len());
    let granularity = json!({"granularityType": "Marketplace", "granularityId": marketplaces[0]});
    let mut body = json!({"payload": {"granularity": granularity, "inventorySummaries": items}});
    if next < total {
        let until = after_ms(world.now, TOKEN_MS);
        let place = Place::Summaries { skip: next, until };
        let token = pages.give(&call.seller_id, signature, place, world.now, &mut world.rng);
        body["pagination"] = json!({"nextToken": token});
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// Units of a SKU in orders Amazon ships: all that were ever taken, and those still to be shipped.
fn ordered(world: &World, seller_id: &str, sku: &str) -> (u32, u32) {
    let orders = world.orders.values().filter(|o| {
        o.seller_id == seller_id && o.fulfilment == Fulfilment::Platform && o.status != OrderStatus::Cancelled
    });
    let lines = orders.flat_map(|o| &o.lines).filter(|l| l.sku == sku);
    lines.fold((0, 0), |(all, open), line| {
        (
            all + line.quantity,
            open + line.quantity.saturating_sub(line.shipped),
        )
    })
}

/// Units of a listing the platform stores.
pub(super) struct Units {
    /// Those to be sold.
    pub(super) fulfillable: u32,
    /// Those in orders, still to be shipped.
    pub(super) open: u32,
}

pub(super) fn units(world: &World, seller_id: &str, listing: &Listing) -> Units {
    let (taken, open) = ordered(world, seller_id, &listing.sku);
    Units {
        fulfillable: listing.stored.saturating_sub(taken),
        open,
    }
}

fn summary(world: &World, seller_id: &str, listing: &Listing, details: bool) -> Value {
    let Units { fulfillable, open } = units(world, seller_id, listing);
    let mut summary = json!({
        "asin": listing.asin,
        "fnSku": format!("X{}", listing.asin.trim_start_matches('B')),
        "sellerSku": listing.sku,
        "condition": "NewItem",
        "lastUpdatedTime": listing.updated_at.to_string(),
        "productName": listing.title,
        "totalQuantity": fulfillable + open + listing.unfulfillable + listing.inbound,
        "stores": [],
    });
    if details {
        summary["inventoryDetails"] = json!({
            "fulfillableQuantity": fulfillable,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": listing.inbound,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": open,
                "pendingCustomerOrderQuantity": open,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": listing.unfulfillable,
                "customerDamagedQuantity": listing.unfulfillable,
                "warehouseDamagedQuantity": 0,
                "distributorDamagedQuantity": 0,
                "carrierDamagedQuantity": 0,
                "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
        });
    }
    summary
}
