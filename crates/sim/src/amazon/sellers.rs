//! `getMarketplaceParticipations`, and which marketplaces a call may name.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::error::{ApiError, WRONG_REGION, json_response};
use super::marketplaces;
use super::route::Call;
use crate::world::World;

/// `GET /sellers/v1/marketplaceParticipations`.
pub(super) fn participations(world: &World, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let seller = world
        .sellers
        .get(&call.seller_id)
        .ok_or_else(|| ApiError::unauthorized(""))?;
    let known = seller
        .account
        .marketplaces
        .iter()
        .filter_map(|id| marketplaces::find(id));
    let payload: Vec<Value> = known
        .map(|m| {
            json!({
                "marketplace": {
                    "id": m.id,
                    "name": m.name,
                    "countryCode": m.country,
                    "defaultCurrencyCode": m.currency,
                    "defaultLanguageCode": m.language,
                    "domainName": format!("www.{}", m.name.to_lowercase()),
                },
                "participation": {"isParticipating": true, "hasSuspendedListings": false},
                "storeName": format!("Store {}", seller.account.seller_id),
            })
        })
        .collect();
    Ok(json_response(StatusCode::OK, &json!({"payload": payload})))
}

/// Refuses marketplace ids that do not exist, belong to another region, or are not the seller's.
pub(super) fn check_marketplaces(world: &World, call: &Call, ids: &[String]) -> Result<(), ApiError> {
    for id in ids {
        let Some(marketplace) = marketplaces::find(id) else {
            return Err(ApiError::invalid(
                format!("Marketplace '{id}' does not exist."),
                "marketplaceIds",
            ));
        };
        if marketplace.region != call.region {
            return Err(ApiError::unauthorized(WRONG_REGION));
        }
        let seller = world.sellers.get(&call.seller_id);
        if !seller.is_some_and(|s| s.account.marketplaces.contains(id)) {
            return Err(ApiError::unauthorized(""));
        }
    }
    Ok(())
}
