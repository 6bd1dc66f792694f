//! `searchListingsItems`, `getListingsItem` and `patchListingsItem` of listings items 2021-08-01.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::listing_json::{INCLUDED_DATA, View, item_json, statuses};
use super::pages::{Pages, Place};
use super::patches;
use super::route::{Call, Query};
use super::sellers::check_marketplaces;
use super::uuid_text;
use crate::faults::Fault;
use crate::world::{Listing, World};

const TOKEN: &str = "pageToken";
/// A search shows no more than so many listings, however many pages are asked for.
const REACHABLE: usize = 1_000;
const IDENTIFIER_TYPES: [&str; 9] = [
    "ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC",
];
const STATUSES: [&str; 2] = ["BUYABLE", "DISCOVERABLE"];
/// A status of the future: no published model has it.
const UNKNOWN_STATUS: &str = "SEARCH_SUPPRESSED";

/// A checked search.
struct Search {
    marketplaces: Vec<String>,
    included: Vec<String>,
    identifiers: Option<(String, Vec<String>)>,
    created: (Option<Timestamp>, Option<Timestamp>),
    updated: (Option<Timestamp>, Option<Timestamp>),
    severities: Vec<String>,
    with_status: Vec<String>,
    without_status: Vec<String>,
    sort_by: String,
    ascending: bool,
    page_size: usize,
    skip: usize,
}

/// `GET /listings/2021-08-01/items/{sellerId}`.
pub(super) fn search(world: &mut World, pages: &mut Pages, call: &Call) -> Result<Response<Bytes>, ApiError> {
    own_seller(call)?;
    let search = read(world, pages, call)?;
    let seller = world
        .sellers
        .get(&call.seller_id)
        .ok_or_else(|| ApiError::unauthorized(""))?;
    let mut found: Vec<&Listing> = seller.listings.values().filter(|l| search.wants(l)).collect();
    match search.sort_by.as_str() {
        "sku" => {} // the world keeps them by SKU
        "createdDate" => found.sort_by_key(|l| l.created_at),
        _ => found.sort_by_key(|l| l.updated_at),
    }
    if !search.ascending {
        found.reverse();
    }
    let total = found.len();
    let view = View {
        marketplaces: &search.marketplaces,
        included: &search.included,
        region: &seller.account.region,
        now: world.now,
    };
    let page = found
        .iter()
        .take(REACHABLE)
        .skip(search.skip)
        .take(search.page_size);
    let mut items: Vec<Value> = page.map(|l| item_json(l, &view)).collect();
    let next = search.skip + items.len();
    maybe_unknown_status(world, call, items.first_mut());
    let mut body = json!({"numberOfResults": total, "items": items});
    if next < total.min(REACHABLE) {
        let signature = call.query.signature_without(TOKEN);
        let place = Place::Items { skip: next };
        let token = pages.give(&call.seller_id, signature, place, world.now, &mut world.rng);
        body["pagination"] = json!({"nextToken": token});
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// `GET /listings/2021-08-01/items/{sellerId}/{sku}`.
pub(super) fn get(world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
    own_seller(call)?;
    let marketplaces = named_marketplaces(world, call)?;
    let included = call.query.list_of("includedData", &INCLUDED_DATA)?;
    let listing = find(world, call, &marketplaces)?;
    let region = world
        .sellers
        .get(&call.seller_id)
        .map_or("", |s| s.account.region.as_str());
    let view = View {
        marketplaces: &marketplaces,
        included: &included,
        region,
        now: world.now,
    };
    let mut body = item_json(listing, &view);
    maybe_unknown_status(world, call, Some(&mut body));
    Ok(json_response(StatusCode::OK, &body))
}

/// `PATCH /listings/2021-08-01/items/{sellerId}/{sku}`.
pub(super) fn patch(world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
    own_seller(call)?;
    let marketplaces = named_marketplaces(world, call)?;
    let included = call.query.list_of("includedData", &["identifiers", "issues"])?;
    let preview = match call.query.one("mode") {
        None => false,
        Some("VALIDATION_PREVIEW") => true,
        Some(other) => return Err(ApiError::invalid(format!("Unknown mode '{other}'."), "mode")),
    };
    if !preview && included.iter().any(|i| i == "identifiers") {
        let text = "identifiers can be asked for only with mode=VALIDATION_PREVIEW.";
        return Err(ApiError::invalid(text, "includedData"));
    }
    let patches = patches::parse(&call.body)?;
    let listing = find(world, call, &marketplaces)?;
    let (sku, asin) = (listing.sku.clone(), listing.asin.clone());
    let checked = patches::read(&patches, listing, &marketplaces);
    let submission_id = uuid_text(&mut world.rng);
    let (status, issues) = match checked {
        Err(issues) => ("INVALID", issues),
        Ok(_) if preview => ("VALID", Vec::new()),
        Ok(changes) => {
            let operation = call.operation.name();
            world.accept_changes(&call.seller_id, &sku, &submission_id, operation, changes);
            ("ACCEPTED", Vec::new())
        }
    };
    let mut body = json!({"sku": sku, "status": status, "submissionId": submission_id, "issues": issues});
    if included.iter().any(|i| i == "identifiers") {
        let all = marketplaces
            .iter()
            .map(|m| json!({"marketplaceId": m, "asin": asin}));
        body["identifiers"] = all.collect();
    }
    Ok(json_response(StatusCode::OK, &body))
}

fn own_seller(call: &Call) -> Result<(), ApiError> {
    if call.path_parameter(0) == call.seller_id {
        Ok(())
    } else {
        Err(ApiError::unauthorized(""))
    }
}

fn named_marketplaces(world: &World, call: &Call) -> Result<Vec<String>, ApiError> {
    let named = call.query.list("marketplaceIds");
    if named.is_empty() {
        return Err(ApiError::invalid(
            "Name at least one marketplace.",
            "marketplaceIds",
        ));
    }
    check_marketplaces(world, call, &named)?;
    Ok(named)
}

fn find<'w>(world: &'w World, call: &Call, marketplaces: &[String]) -> Result<&'w Listing, ApiError> {
    let sku = call.path_parameter(1);
    world.listing(&call.seller_id, sku).ok_or_else(|| {
        ApiError::not_found(format!(
            "SKU '{sku}' not found in marketplace {}",
            marketplaces.join(", ")
        ))
    })
}

fn read(world: &World, pages: &Pages, call: &Call) -> Result<Search, ApiError> {
    let query = &call.query;
    let marketplaces = named_marketplaces(world, call)?;
    let skip = match query.one(TOKEN) {
        None => 0,
        Some(token) => {
            let signature = query.signature_without(TOKEN);
            match pages.find(token, &call.seller_id, &signature, world.now, TOKEN)? {
                Place::Items { skip } => skip,
                _ => {
                    return Err(ApiError::invalid("Not a token of this operation.", TOKEN));
                }
            }
        }
    };
    Ok(Search {
        marketplaces,
        included: query.list_of("includedData", &INCLUDED_DATA)?,
        identifiers: read_identifiers(query)?,
        created: (query.time("createdAfter")?, query.time("createdBefore")?),
        updated: (query.time("lastUpdatedAfter")?, query.time("lastUpdatedBefore")?),
        severities: query.list_of("withIssueSeverity", &["WARNING", "ERROR"])?,
        with_status: query.list_of("withStatus", &STATUSES)?,
        without_status: query.list_of("withoutStatus", &STATUSES)?,
        sort_by: one_of(
            query,
            "sortBy",
            &["sku", "createdDate", "lastUpdatedDate"],
            "lastUpdatedDate",
        )?,
        ascending: one_of(query, "sortOrder", &["ASC", "DESC"], "DESC")? == "ASC",
        page_size: pages.size(query.number("pageSize", 1, 20)?.unwrap_or(10)),
        skip,
    })
}

fn read_identifiers(query: &Query) -> Result<Option<(String, Vec<String>)>, ApiError> {
    let values = query.list("identifiers");
    let kind = one_of(query, "identifiersType", &IDENTIFIER_TYPES, "")?;
    if values.len() > 20 {
        return Err(ApiError::invalid("At most 20 identifiers.", "identifiers"));
    }
    match (values.is_empty(), kind.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Err(ApiError::invalid("Needed with identifiers.", "identifiersType")),
        (false, false) => Ok(Some((kind, values))),
    }
}

fn one_of(query: &Query, name: &str, allowed: &[&str], default: &str) -> Result<String, ApiError> {
    match query.one(name) {
        None => Ok(default.to_owned()),
        Some(value) if allowed.contains(&value) => Ok(value.to_owned()),
        Some(value) => Err(ApiError::invalid(
            format!("Value '{value}' is not allowed."),
            name,
        )),
    }
}

impl Search {
    fn wants(&self, listing: &Listing) -> bool {
        let here: Vec<&String> = self
            .marketplaces
            .iter()
            .filter(|m| listing.offers.contains_key(*m))
            .collect();
        let holds = |status: &String| {
            here.iter()
                .any(|m| statuses(listing, m).contains(&status.as_str()))
        };
        let within = |(after, before): (Option<Timestamp>, Option<Timestamp>), at: Timestamp| {
            after.is_none_or(|a| at >= a) && before.is_none_or(|b| at <= b)
        };
        let named = self
            .identifiers
            .as_ref()
            .is_none_or(|(kind, values)| match kind.as_str() {
                "SKU" => values.contains(&listing.sku),
                "ASIN" => values.contains(&listing.asin),
                // The simulated catalogue has no other identifiers.
                _ => false,
            });
        // Every issue of this simulator is an ERROR.
        let troubled = self.severities.is_empty()
            || (self.severities.iter().any(|s| s == "ERROR") && !listing.issues.is_empty());
        !here.is_empty()
            && named
            && troubled
            && within(self.created, listing.created_at)
            && within(self.updated, listing.updated_at)
            && self.with_status.iter().all(holds)
            && !self.without_status.iter().any(holds)
    }
}

fn maybe_unknown_status(world: &mut World, call: &Call, item: Option<&mut Value>) {
    if let Some(status) = item.and_then(|i| i.pointer_mut("/summaries/0/status"))
        && world.fault_hits(Fault::UnknownValue, call.operation.name())
    {
        *status = json!([UNKNOWN_STATUS]);
    }
}
