//! Listings: searched by id, looked up and changed by maps of at most ten SKUs.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::protocol::Failure;
use super::{FlipkartListing, FlipkartWrite, State};
use crate::faults::Fault;
use crate::time::after_ms;

/// Most SKUs of one call.
const MOST_SKUS: usize = 10;

/// A change taken in and not made yet.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    due: Timestamp,
    sku: String,
    locations: Vec<(String, u32)>,
    /// It will be thrown away.
    dropped: bool,
}

impl FlipkartListing {
    fn fsn(&self) -> String {
        format!("FSN{}", self.sku)
    }

    pub(super) fn listing_id(&self) -> String {
        format!("LST{}", self.sku)
    }

    fn total(&self) -> u32 {
        self.quantities.values().sum()
    }
}

impl State {
    /// `POST /listings/v3/search`.
    pub(super) fn search(&self, body: &Value) -> Result<Value, Failure> {
        let page_id = match body.get("page_id") {
            None | Some(Value::Null) => "",
            Some(Value::String(id)) => id,
            Some(_) => return Err(Failure::bad("page_id is a text")),
        };
        let rest: Vec<&FlipkartListing> = self
            .listings
            .values()
            .filter(|listing| listing.sku.as_str() > page_id || page_id.is_empty())
            .collect();
        let page = &rest[..rest.len().min(self.config.listings_page)];
        let listing = |l: &&FlipkartListing| json!({"listing_id": l.listing_id(), "product_id": l.fsn(), "sku_id": l.sku});
        let more = rest.len() > page.len();
        let mut answer = json!({"has_more": more, "listings": page.iter().map(listing).collect::<Vec<_>>()});
        if let Some(last) = page.last().filter(|_| more) {
            answer["next_page_id"] = json!(last.sku);
        }
        Ok(answer)
    }

    /// `GET /listings/v3/{skus}`.
    pub(super) fn details(&mut self, skus: &str) -> Result<Value, Failure> {
        let skus: Vec<&str> = skus.split(',').collect();
        if skus.len() > MOST_SKUS {
            return Err(Failure::bad("at most 10 SKUs"));
        }
        let unknown = self
            .faults
            .hits(Fault::UnknownValue, "getListings", self.now, &mut self.rng);
        let (mut available, mut invalid) = (Map::new(), Vec::new());
        for sku in skus {
            let Some(listing) = self.listings.get(sku) else {
                invalid.push(sku);
                continue;
            };
            let location =
                |(id, units): (&String, &u32)| json!({"id": id, "status": "ENABLED", "inventory": units});
            let details = json!({
                "listing_id": listing.listing_id(),
                "product_id": listing.fsn(),
                "price": {"mrp": listing.mrp, "selling_price": listing.price, "currency": "INR"},
                "listing_status": if unknown { "RESTING" } else { "ACTIVE" },
                "fulfillment_profile": "NON_FBF",
                "locations": listing.quantities.iter().map(location).collect::<Vec<_>>(),
                "archived_status": "NONE",
            });
            available.insert(sku.to_owned(), details);
        }
        Ok(json!({"available": available, "unavailable": [], "invalid": invalid}))
    }

    /// `POST /listings/v3/update/inventory`: each SKU whole or not at all.
    pub(super) fn update_inventory(&mut self, body: &Value) -> Result<Value, Failure> {
        let mut answers = Map::new();
        for (sku, change) in by_sku(body)? {
            let read = self.checked(sku, change).and_then(|()| locations(change));
            let (answer, status) = match read {
                Ok(locations) => (success(), self.take_in(sku, locations)),
                Err(message) => (failure(&message), "FAILURE"),
            };
            self.writes.push(FlipkartWrite {
                at: self.now,
                sku: sku.clone(),
                status: status.to_owned(),
                left: self.listings.get(sku).map_or(0, FlipkartListing::total),
            });
            answers.insert(sku.clone(), answer);
        }
        Ok(Value::Object(answers))
    }

    /// `POST /listings/v3/update/price`.
    pub(super) fn update_price(&mut self, body: &Value) -> Result<Value, Failure> {
        let mut answers = Map::new();
        for (sku, change) in by_sku(body)? {
            let price = &change["price"];
            let rupees = |name: &str| price[name].as_u64().and_then(|n| u32::try_from(n).ok());
            let read =
                self.checked(sku, change)
                    .and_then(|()| match (rupees("selling_price"), rupees("mrp")) {
                        (Some(selling), Some(mrp)) if price["currency"] == "INR" && selling <= mrp => {
                            Ok((selling, mrp))
                        }
                        (Some(_), Some(_)) => {
                            Err("the selling price is above the MRP, or the currency is not INR".to_owned())
                        }
                        _ => Err("mrp and selling_price are whole rupees".to_owned()),
                    });
            let answer = match read {
                Ok((selling, mrp)) => {
                    if let Some(listing) = self.listings.get_mut(sku) {
                        (listing.price, listing.mrp) = (selling, mrp);
                    }
                    success()
                }
                Err(message) => failure(&message),
            };
            answers.insert(sku.clone(), answer);
        }
        Ok(Value::Object(answers))
    }

    fn checked(&self, sku: &str, change: &Value) -> Result<(), String> {
        let listing = self.listings.get(sku).ok_or("the SKU is not known")?;
        if self.refused_skus.contains(sku) {
            return Err("the listing is blocked".to_owned());
        }
        if change["product_id"] != json!(listing.fsn()) {
            return Err("product_id is not that of the SKU".to_owned());
        }
        Ok(())
    }

    /// Makes a change as the faults will have it: at once, later, or never although it was taken in.
    fn take_in(&mut self, sku: &str, locations: Vec<(String, u32)>) -> &'static str {
        let dropped = self
            .faults
            .hits(Fault::SilentReject, "updateInventory", self.now, &mut self.rng);
        let slow = self
            .faults
            .hits(Fault::SlowPatch, "updateInventory", self.now, &mut self.rng);
        let wait = if slow || dropped {
            self.faults.config.slow_patch_ms
        } else {
            0
        };
        self.waiting.push(Waiting {
            due: after_ms(self.now, wait),
            sku: sku.to_owned(),
            locations,
            dropped,
        });
        self.make_waiting();
        "SUCCESS"
    }

    /// Makes what has fallen due, in the order it was taken in.
    pub(super) fn make_waiting(&mut self) {
        let now = self.now;
        let due: Vec<Waiting> = self
            .waiting
            .extract_if(.., |waiting| waiting.due <= now)
            .collect();
        for waiting in due.into_iter().filter(|waiting| !waiting.dropped) {
            if let Some(listing) = self.listings.get_mut(&waiting.sku) {
                listing.quantities.extend(waiting.locations);
            }
        }
    }
}

fn by_sku(body: &Value) -> Result<&Map<String, Value>, Failure> {
    let map = body
        .as_object()
        .ok_or_else(|| Failure::bad("the body is a map by SKU"))?;
    if map.is_empty() || map.len() > MOST_SKUS {
        return Err(Failure(StatusCode::BAD_REQUEST, "from 1 to 10 SKUs".to_owned()));
    }
    Ok(map)
}

fn locations(change: &Value) -> Result<Vec<(String, u32)>, String> {
    let list = change["locations"]
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or("locations are missing")?;
    let location = |location: &Value| {
        let id = location["id"].as_str().ok_or("a location has an id")?;
        if !matches!(location["status"].as_str(), Some("ENABLED" | "DISABLED")) {
            return Err("a location is ENABLED or DISABLED".to_owned());
        }
        let units = location["inventory"].as_u64().and_then(|n| u32::try_from(n).ok());
        Ok((id.to_owned(), units.ok_or("inventory is a whole number")?))
    };
    list.iter().map(location).collect()
}

fn success() -> Value {
    json!({"status": "SUCCESS", "errors": [], "attribute_errors": []})
}

fn failure(message: &str) -> Value {
    let error = json!({"severity": "ERROR", "code": 4001, "description": message});
    json!({"status": "FAILURE", "errors": [error], "attribute_errors": []})
}
