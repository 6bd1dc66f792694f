//! Listings: all of them page by page, some by SKU, and what Amazon shows of each.

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{
    ChannelError, Fault, ListingKey, ListingPage, ListingSnapshot, ListingSource, Unreadable,
};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::{BoxFut, Sku, Timestamp};

use super::api::Raw;
use super::client;
use super::error::clean;
use super::orders::money;
use super::{AmazonConnection, operations, wire};
use crate::plain;

/// Amazon lets nobody page beyond this many results of one question.
const MAX_REACHABLE: u64 = 1000;

/// Where a walk over all listings stands.
///
/// Listings are walked by the time they were created, which never changes. When a question's thousand results are used
/// up, the next question starts at the last creation time seen; the listings at the seam come twice, which is harmless.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Start of the present slice; none for the first.
    after: Option<String>,
    /// Amazon's token within the slice.
    token: Option<String>,
    /// Listings seen in the slice.
    seen: u64,
    /// The latest creation time seen.
    reached: Option<String>,
}

impl Walk {
    fn parse(cursor: Option<&str>) -> Result<Self, ChannelError> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        serde_json::from_str(cursor)
            .map_err(|_| contract("the cursor is not one of this channel; start over without"))
    }

    /// The walk after one more page; `None` at the end.
    fn next(
        mut self,
        page: &wire::ListingsPage,
        reached: Option<String>,
    ) -> Result<Option<Self>, ChannelError> {
        self.seen += u64::try_from(page.items.len()).unwrap_or(0);
        self.reached = later(self.reached, reached);
        self.token = page
            .pagination
            .as_ref()
            .and_then(|p| p.next_token.clone())
            .filter(|t| !t.is_empty());
        if self.token.is_some() && self.seen < MAX_REACHABLE && !page.items.is_empty() {
            return Ok(Some(self));
        }
        if page.number_of_results <= self.seen {
            return Ok(None);
        }
        if self.reached.is_none() || self.reached == self.after {
            return Err(contract(
                "more listings were created at one instant than Amazon lets anybody page through; the rest cannot be read",
            ));
        }
        Ok(Some(Self {
            after: self.reached,
            ..Self::default()
        }))
    }

    fn to_cursor(&self) -> Result<String, ChannelError> {
        serde_json::to_string(self).map_err(|e| contract(&format!("the cursor cannot be written: {e}")))
    }
}

fn contract(message: &str) -> ChannelError {
    ChannelError::new(Fault::Contract, operations::SEARCH_LISTINGS.name(), message)
}

/// The later of two instants; texts are compared as instants because Amazon varies the digits of seconds.
fn later(a: Option<String>, b: Option<String>) -> Option<String> {
    let at = |text: &Option<String>| text.as_deref().and_then(|t| Timestamp::parse(t).ok());
    if at(&b) > at(&a) { b } else { a }
}

/// The earliest creation date of an item over its marketplaces: whichever of them Amazon sorts by, nothing is skipped
/// when the next slice starts here.
fn created(item: &wire::Item) -> Option<String> {
    let dates = item.summaries.iter().filter_map(|s| s.created_date.clone());
    dates
        .filter(|d| Timestamp::parse(d).is_ok())
        .min_by_key(|d| Timestamp::parse(d).ok())
}

impl ListingSource for AmazonConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let walk = Walk::parse(cursor)?;
            let call = client::search_listings(
                &self.seller_id,
                &self.marketplaces,
                walk.after.as_deref(),
                walk.token.as_deref(),
            );
            let page = self.api.ask(&call).await?;
            let mut result = ListingPage::default();
            let mut reached = None;
            for raw in &page.items {
                match self.read_listing(raw) {
                    Ok((listing, created)) => {
                        reached = later(reached, created);
                        result.listings.push(listing);
                    }
                    Err(reason) => result.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::SkuOnly>(raw.get())
                            .ok()
                            .and_then(|i| i.sku),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            result.next = walk.next(&page, reached)?.map(|w| w.to_cursor()).transpose()?;
            Ok(result)
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            // A comma separates SKUs in a list, and nobody documents whether an encoded one survives.
            let (single, listed): (Vec<&str>, Vec<&str>) = listings
                .iter()
                .map(|l| l.sku.as_str())
                .partition(|s| s.contains(','));
            let mut found = Vec::new();
            for chunk in listed.chunks(client::LISTING_PAGE) {
                let call = client::find_listings(&self.seller_id, &self.marketplaces, chunk);
                let page = self.api.ask(&call).await?;
                for raw in &page.items {
                    found.push(self.read_listing(raw).map_err(|reason| contract(&reason))?.0);
                }
            }
            for sku in single {
                match self
                    .api
                    .call(&client::get_listing(&self.seller_id, &self.marketplaces, sku))
                    .await
                {
                    Ok(answer) => {
                        let raw = answer.read()?;
                        found.push(self.read_listing(&raw).map_err(|reason| contract(&reason))?.0);
                    }
                    Err(e) if e.fault == Fault::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(found)
        })
    }
}

impl AmazonConnection {
    /// Reads one listing and when it was created; the error names the field that cannot be read.
    fn read_listing(&self, raw: &Raw) -> Result<(ListingSnapshot, Option<String>), String> {
        let item: wire::Item = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
        let created = created(&item);
        let sku = Sku::parse(&item.sku).map_err(|e| format!("`sku`: {e}"))?;
        let mut issues: Vec<String> = item
            .issues
            .iter()
            .filter(|i| i.severity != "INFO")
            .map(|i| clean(&i.message))
            .collect();
        let main = item
            .summaries
            .iter()
            .find(|s| s.marketplace_id == self.main.id)
            .or(item.summaries.first());
        let offer = item.offers.iter().find(|o| {
            let everyone = o
                .audience
                .as_ref()
                .and_then(|a| a.value.as_deref())
                .is_none_or(|v| v == "ALL");
            o.marketplace_id == self.main.id && o.offer_type == "B2C" && everyone
        });
        let (fulfilled_by, quantity) = availability(&item, &mut issues);
        let snapshot = ListingSnapshot {
            sku,
            channel_ref: main.and_then(|s| s.asin.clone()),
            barcode: None,
            title: main.and_then(|s| s.item_name.as_deref()).and_then(plain::told),
            handle: main.and_then(|s| s.product_type.clone()),
            price: money(offer.map(|o| &o.price), "offers.price", &mut issues),
            status: status(&item, &mut issues),
            // Amazon's summary tells of the main image only; all others are among the attributes, which are not asked for.
            images: main.map(|s| Images::main_only(s.main_image.as_ref().map(|image| image.link.clone()))),
            fulfilled_by,
            quantity,
            places: Vec::new(),
            issues,
        };
        Ok((snapshot, created))
    }
}

/// Who ships it and how many are for sale. `DEFAULT` is the seller; all other codes are Amazon's warehouses, whose
/// numbers are not the seller's stock.
fn availability(item: &wire::Item, issues: &mut Vec<String>) -> (FulfilledBy, Option<i64>) {
    let Some(entries) = item.fulfillment_availability.as_deref().filter(|e| !e.is_empty()) else {
        // An FNSKU is Amazon's own label for goods in its warehouses.
        if item.summaries.iter().any(|s| s.fn_sku.is_some()) {
            return (FulfilledBy::Channel, None);
        }
        issues.push(
            "Amazon does not say how many are for sale; the role Product Listing may be missing".into(),
        );
        return (FulfilledBy::Seller, None);
    };
    match entries.iter().find(|e| e.fulfillment_channel_code == "DEFAULT") {
        Some(own) => (FulfilledBy::Seller, own.quantity),
        None => (FulfilledBy::Channel, None),
    }
}

fn status(item: &wire::Item, issues: &mut Vec<String>) -> ListingStatus {
    let words = || item.summaries.iter().flat_map(|s| &s.status);
    if words().any(|w| w == "BUYABLE") {
        return ListingStatus::Active;
    }
    let suppressed = item
        .issues
        .iter()
        .filter_map(|i| i.enforcements.as_ref())
        .any(|e| {
            let exempt = e
                .exemption
                .as_ref()
                .is_some_and(|x| x.status.starts_with("EXEMPT"));
            !exempt
                && e.actions
                    .iter()
                    .any(|a| a.action.ends_with("_SUPPRESSED") && a.action != "ATTRIBUTE_SUPPRESSED")
        });
    if suppressed {
        return ListingStatus::Suppressed;
    }
    if let Some(word) = words().find(|w| *w != "DISCOVERABLE") {
        issues.push(format!("Amazon's status `{}` is not known", clean(word)));
        return ListingStatus::Unknown;
    }
    ListingStatus::Inactive
}
