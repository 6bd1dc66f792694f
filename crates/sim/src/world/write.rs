//! Writes to listings: accepted now, in effect later (or never). Writes to one SKU take effect in the order
//! they were accepted.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::listing::{Listing, ListingIssue, Offer, Sale};
use super::{Effect, World};
use crate::config::SpanMs;
use crate::faults::Fault;
use crate::time::after_ms;

/// A write a client made, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteRecord {
    /// The platform's id of the submission; one submission may hold several writes.
    pub submission_id: String,
    /// Whose account.
    pub seller_id: String,
    /// Which SKU; for a shipment the order id.
    pub target: String,
    /// `quantity`, `price` or `shipment`.
    pub kind: String,
    /// The absolute quantity written, or the units shipped.
    pub quantity: Option<u32>,
    /// The price written.
    pub price: Option<Decimal>,
    /// When the platform received it.
    pub received_at: Timestamp,
    /// When it took effect; `None` while it waits, and for good when it was refused.
    pub applied_at: Option<Timestamp>,
    /// The platform said ACCEPTED and threw it away.
    pub rejected: bool,
}

/// What a write does to a listing once it takes effect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ListingChange {
    Stock(StockChange),
    Offer {
        marketplace_id: String,
        change: OfferChange,
    },
    RemoveOffer {
        marketplace_id: String,
    },
}

/// New stock terms. With `keep_rest`, what is not named stays; without, it is wiped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct StockChange {
    pub(crate) keep_rest: bool,
    pub(crate) quantity: Option<u32>,
    pub(crate) handling_days: Option<u32>,
    pub(crate) restock_date: Option<String>,
}

/// New price terms. With `keep_rest`, what is not named stays; without, it is wiped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OfferChange {
    pub(crate) keep_rest: bool,
    pub(crate) currency: String,
    pub(crate) price: Option<Decimal>,
    pub(crate) sale: Option<Sale>,
    pub(crate) floor: Option<Decimal>,
    pub(crate) ceiling: Option<Decimal>,
}

impl ListingChange {
    fn kind(&self) -> &'static str {
        match self {
            Self::Stock(_) => "quantity",
            Self::Offer { .. } | Self::RemoveOffer { .. } => "price",
        }
    }

    /// The attribute an issue about this change is filed under.
    fn attribute(&self) -> &'static str {
        match self {
            Self::Stock(_) => "fulfillment_availability",
            Self::Offer { .. } | Self::RemoveOffer { .. } => "purchasable_offer",
        }
    }

    fn apply_to(&self, listing: &mut Listing) {
        match self {
            Self::Stock(change) => change.apply_to(listing),
            Self::Offer {
                marketplace_id,
                change,
            } => change.apply_to(listing, marketplace_id),
            Self::RemoveOffer { marketplace_id } => drop(listing.offers.remove(marketplace_id)),
        }
    }
}

impl StockChange {
    fn apply_to(&self, listing: &mut Listing) {
        let named = self.clone();
        if self.keep_rest {
            listing.quantity = named.quantity.or(listing.quantity);
            listing.handling_days = named.handling_days.or(listing.handling_days);
            listing.restock_date = named.restock_date.or(listing.restock_date.take());
        } else {
            listing.quantity = Some(named.quantity.unwrap_or(0));
            listing.handling_days = named.handling_days;
            listing.restock_date = named.restock_date;
        }
    }
}

impl OfferChange {
    fn apply_to(&self, listing: &mut Listing, marketplace_id: &str) {
        let old = listing
            .offers
            .get(marketplace_id)
            .filter(|_| self.keep_rest)
            .cloned();
        let named = self.clone();
        let Some(price) = named.price.or(old.as_ref().map(|o| o.price)) else {
            return;
        };
        let offer = Offer {
            price,
            currency: named.currency,
            sale: named.sale.or(old.as_ref().and_then(|o| o.sale.clone())),
            floor: named.floor.or(old.as_ref().and_then(|o| o.floor)),
            ceiling: named.ceiling.or(old.as_ref().and_then(|o| o.ceiling)),
        };
        listing.offers.insert(marketplace_id.to_owned(), offer);
    }
}

impl World {
    /// Takes a submission of `changes` to one listing; they take effect together, after a while.
    pub(crate) fn accept_changes(
        &mut self,
        seller_id: &str,
        sku: &str,
        submission_id: &str,
        operation: &str,
        changes: Vec<ListingChange>,
    ) {
        let mut wait = self.draw_ms(self.patch_delay_ms);
        if self.fault_hits(Fault::SlowPatch, operation) {
            let most = self.faults.config.slow_patch_ms;
            wait += self.draw_ms(SpanMs {
                min: most / 2,
                max: most,
            });
        }
        let reject = self.fault_hits(Fault::SilentReject, operation);
        let mut at = after_ms(self.now, wait);
        if let Some(listing) = self.listing_mut(seller_id, sku) {
            at = at.max(listing.writes_due);
            listing.writes_due = at;
        }
        for change in changes {
            let (quantity, price) = match &change {
                ListingChange::Stock(c) => (c.quantity, None),
                ListingChange::Offer { change, .. } => (None, change.price),
                ListingChange::RemoveOffer { .. } => (None, None),
            };
            let index = self.record_write(WriteRecord {
                submission_id: submission_id.to_owned(),
                seller_id: seller_id.to_owned(),
                target: sku.to_owned(),
                kind: change.kind().to_owned(),
                quantity,
                price,
                received_at: self.now,
                applied_at: None,
                rejected: false,
            });
            self.changes.insert(index, change);
            let effect = if reject {
                Effect::RejectWrite(index)
            } else {
                Effect::ApplyWrite(index)
            };
            self.schedule_at(at, effect);
        }
    }

    /// Notes a write in the books; gives its index.
    pub(crate) fn record_write(&mut self, record: WriteRecord) -> usize {
        self.writes.push(record);
        self.writes.len() - 1
    }

    /// Quantities a listing was sent that have not taken effect.
    pub(super) fn waiting_quantities(&self, seller_id: &str, sku: &str) -> Vec<u32> {
        let of_listing = |index: &usize| {
            let record = self.writes.get(*index);
            record.is_some_and(|w| w.seller_id == seller_id && w.target == sku)
        };
        self.changes
            .iter()
            .filter(|(index, _)| of_listing(index))
            .filter_map(|(_, change)| match change {
                ListingChange::Stock(stock) => Some(stock.quantity.unwrap_or(0)),
                _ => None,
            })
            .collect()
    }

    pub(super) fn apply_write(&mut self, index: usize) {
        let now = self.now;
        let Some(change) = self.changes.remove(&index) else {
            return;
        };
        let Some(record) = self.writes.get_mut(index) else {
            return;
        };
        record.applied_at = Some(now);
        let (seller_id, sku) = (record.seller_id.clone(), record.target.clone());
        if let Some(listing) = self.listing_mut(&seller_id, &sku) {
            change.apply_to(listing);
            listing
                .issues
                .retain(|issue| issue.attribute != change.attribute());
            listing.updated_at = now;
        }
    }

    pub(super) fn reject_write(&mut self, index: usize) {
        let now = self.now;
        let Some(change) = self.changes.remove(&index) else {
            return;
        };
        let Some(record) = self.writes.get_mut(index) else {
            return;
        };
        record.rejected = true;
        let (seller_id, sku) = (record.seller_id.clone(), record.target.clone());
        if let Some(listing) = self.listing_mut(&seller_id, &sku) {
            listing
                .issues
                .retain(|issue| issue.attribute != change.attribute());
            listing.issues.push(ListingIssue {
                attribute: change.attribute().to_owned(),
                message: format!(
                    "Submission of {} could not be processed. Submit it again.",
                    change.attribute()
                ),
            });
            listing.updated_at = now;
        }
    }
}
