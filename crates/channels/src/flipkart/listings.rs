//! Listings: found by a search that gives ids alone, looked up in tens, each with its locations as places.
//!
//! One of our pages is a hundred listings of one of Flipkart's 500; the cursor holds Flipkart's page and how far into it.

use serde_json::Value;
use stockbridge_domain::channel::{
    ChannelError, Fault, ListingKey, ListingPage, ListingSnapshot, ListingSource, Unreadable,
};
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{BoxFut, Sku};

use super::api::Answer;
use super::client::{self, BATCH, LISTINGS_PAGE};
use super::wire::{self, Raw};
use super::{FlipkartConnection, Settings};
use crate::call::Operation;
use crate::plain;

impl ListingSource for FlipkartConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let (offset, page_id) = cursor.map_or(("0", ""), |c| c.split_once(' ').unwrap_or((c, "")));
            let offset: usize = offset.parse().map_err(|_| {
                ChannelError::new(
                    Fault::Rejected,
                    client::SEARCH.name,
                    "the place in the list cannot be read",
                )
            })?;
            let page_id = Some(page_id).filter(|id| !id.is_empty());
            let answer = self.api.call(&client::search(&client::SEARCH, page_id)).await?;
            let page: wire::SearchPage = answer.read(&client::SEARCH)?;
            let entries = entries(&page.listings);
            let mut result = ListingPage::default();
            let mut skus = Vec::new();
            for entry in entries.iter().skip(offset).take(LISTINGS_PAGE) {
                match entry.get("sku_id").and_then(Value::as_str).filter(|sku| !sku.is_empty()) {
                    Some(sku) if sku.contains(',') => result.unreadable.push(Unreadable {
                        id: Some(sku.to_owned()),
                        reason: "Flipkart is asked for several SKUs separated by commas, so one with a comma cannot be \
                                 looked up; change it"
                            .to_owned(),
                        raw: entry.to_string(),
                    }),
                    Some(sku) => skus.push(sku),
                    None => result.unreadable.push(Unreadable {
                        id: None,
                        reason: "the listing has no `sku_id`".to_owned(),
                        raw: entry.to_string(),
                    }),
                }
            }
            for tens in skus.chunks(BATCH) {
                self.look_up(&client::DETAILS_AFTER, tens, &mut result).await?;
            }
            result.next = if offset + LISTINGS_PAGE < entries.len() {
                Some(format!(
                    "{} {}",
                    offset + LISTINGS_PAGE,
                    page_id.unwrap_or_default()
                ))
            } else {
                let next = page.next_page_id.filter(|id| page.has_more && !id.is_empty());
                next.map(|id| format!("0 {id}"))
            };
            Ok(result)
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let skus: Vec<&str> = listings.iter().map(|key| key.sku.as_str()).collect();
            let skus: Vec<&str> = skus.into_iter().filter(|sku| !sku.contains(',')).collect();
            let mut result = ListingPage::default();
            if !skus.is_empty() {
                let answer = self.look_up(&client::DETAILS, &skus, &mut result).await?;
                let unread = result.unreadable.iter().find(|unread| !unread.raw.is_empty());
                if let Some(unread) = unread {
                    return Err(answer.contract(&client::DETAILS, &unread.reason));
                }
            }
            Ok(result.listings)
        })
    }
}

impl FlipkartConnection {
    /// Adds the details of at most ten SKUs to `result`. Those Flipkart has no details of are set aside without raw text.
    async fn look_up(
        &self,
        operation: &'static Operation,
        skus: &[&str],
        result: &mut ListingPage,
    ) -> Result<Answer, ChannelError> {
        let answer = self.api.call(&client::details(operation, skus)).await?;
        let page: wire::DetailsPage = answer.read(operation)?;
        for (sku, raw) in &page.available {
            match read_listing(sku, raw, &self.settings) {
                Ok(listing) => result.listings.push(listing),
                Err(reason) => result.unreadable.push(Unreadable {
                    id: Some(sku.clone()),
                    reason,
                    raw: raw.get().to_owned(),
                }),
            }
        }
        let groups = [(page.unavailable, "unavailable"), (page.invalid, "invalid")];
        for (skus, word) in groups {
            result.unreadable.extend(skus.into_iter().map(|sku| Unreadable {
                id: Some(sku),
                reason: format!("Flipkart lists it, but calls it {word} when asked for details"),
                raw: String::new(),
            }));
        }
        Ok(answer)
    }
}

/// The listings of a search: a list by the prose; by the schema one object, or a map of them.
pub(super) fn entries(listings: &Value) -> Vec<&Value> {
    match listings {
        Value::Array(list) => list.iter().collect(),
        Value::Object(one) if one.contains_key("sku_id") => vec![listings],
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

/// Ids in the answer of a call whose shape is not published.
pub(super) fn location_ids(answer: &Answer) -> Vec<String> {
    let body: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    let list = body.as_array().or_else(|| body.get("locations")?.as_array());
    let id = |location: &Value| {
        let named = ["locationId", "location_id", "id"]
            .iter()
            .find_map(|name| location.get(*name)?.as_str());
        named.map(str::to_owned)
    };
    list.into_iter().flatten().filter_map(id).collect()
}

/// Reads one listing; the error names the field that cannot be read.
fn read_listing(sku: &str, raw: &Raw, settings: &Settings) -> Result<ListingSnapshot, String> {
    let details: wire::Details = serde_json::from_str(raw.get()).map_err(|e| plain::line(&e.to_string()))?;
    let mut issues = Vec::new();
    let status = match (
        details.listing_status.as_str(),
        details.archived_status.as_deref(),
    ) {
        ("ACTIVE" | "INACTIVE", Some("ARCHIVED")) => {
            issues.push("the listing is archived".to_owned());
            ListingStatus::Inactive
        }
        ("ACTIVE", _) => ListingStatus::Active,
        ("INACTIVE", _) => ListingStatus::Inactive,
        (other, _) => {
            issues.push(format!("the status `{}` is not known", plain::line(other)));
            ListingStatus::Unknown
        }
    };
    let fulfilled_by = match details.fulfillment_profile.as_deref() {
        Some("FBF") => FulfilledBy::Channel,
        Some("NON_FBF" | "FBF_LITE") | None => FulfilledBy::Seller,
        Some(other) => {
            issues.push(format!(
                "the fulfilment profile `{}` is not known",
                plain::line(other)
            ));
            FulfilledBy::Seller
        }
    };
    let places = match fulfilled_by {
        FulfilledBy::Channel => None,
        FulfilledBy::Seller => places(&details.locations, settings, &mut issues),
    };
    Ok(ListingSnapshot {
        sku: Sku::parse(sku).map_err(|e| format!("`sku`: {e}"))?,
        channel_ref: Some(details.product_id.clone()),
        // Nothing that is read of listings has a title.
        title: None,
        fulfilled_by,
        quantity: places
            .as_ref()
            .map(|places| places.iter().map(|place| place.quantity).sum()),
        places: places.unwrap_or_default(),
        price: details.price.as_ref().and_then(|price| {
            let amount = plain::decimal(&price.selling_price);
            plain::money(amount, &price.currency, "selling_price", &mut issues)
        }),
        status,
        images: None,
        barcode: None,
        handle: Some(details.product_id),
        issues,
    })
}

/// Units at each location that sells, and none at those of the option that the listing does not name yet. `None` when a
/// location does not say how many it has.
fn places(
    locations: &[wire::Location],
    settings: &Settings,
    issues: &mut Vec<String>,
) -> Option<Vec<PlaceUnits>> {
    let mut places: Vec<PlaceUnits> = Vec::new();
    for location in locations {
        let id = plain::line(&location.id);
        match (location.status.as_str(), location.inventory) {
            ("DISABLED", _) => issues.push(format!("the location `{id}` is switched off for this listing")),
            (status, Some(quantity)) if quantity >= 0 => {
                if status != "ENABLED" {
                    issues.push(format!(
                        "the status `{}` of the location `{id}` is not known",
                        plain::line(status)
                    ));
                }
                places.push(PlaceUnits {
                    location: location.id.clone(),
                    quantity,
                });
            }
            (_, quantity) => {
                let shown = quantity.map_or("no quantity".to_owned(), |quantity| quantity.to_string());
                issues.push(format!("the location `{id}` shows {shown}"));
                return None;
            }
        }
    }
    for id in &settings.locations {
        if !locations.iter().any(|location| location.id == *id) {
            places.push(PlaceUnits {
                location: id.clone(),
                quantity: 0,
            });
        }
    }
    Some(places)
}
