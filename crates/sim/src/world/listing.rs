//! Sellers and what they offer. A merchant quantity is one number per seller and SKU, shared by all the
//! seller's marketplaces; prices are per marketplace.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::World;
use super::purchase::Refused;
use crate::config::{Fulfilment, ListingConfig, SellerConfig};

/// A seller account.
#[derive(Debug, Clone)]
pub(crate) struct Seller {
    pub(crate) account: SellerConfig,
    pub(crate) revoked: bool,
    pub(crate) listings: BTreeMap<String, Listing>,
}

impl Seller {
    pub(crate) fn new(account: &SellerConfig, now: Timestamp) -> Self {
        let listings = account
            .listings
            .iter()
            .map(|l| (l.sku.clone(), Listing::new(l, &account.marketplaces, now)))
            .collect();
        let account = SellerConfig {
            listings: Vec::new(),
            ..account.clone()
        };
        Self {
            account,
            revoked: false,
            listings,
        }
    }
}

/// One SKU of one seller.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) sku: String,
    pub(crate) asin: String,
    pub(crate) title: String,
    pub(crate) fulfilment: Fulfilment,
    /// Units on sale; `None` when the platform fulfils.
    pub(crate) quantity: Option<u32>,
    /// In the platform's warehouse: to be sold, not to be sold, on the way.
    pub(crate) stored: u32,
    pub(crate) unfulfillable: u32,
    pub(crate) inbound: u32,
    pub(crate) handling_days: Option<u32>,
    pub(crate) restock_date: Option<String>,
    pub(crate) offers: BTreeMap<String, Offer>,
    pub(crate) issues: Vec<ListingIssue>,
    /// Taken off sale by the platform.
    pub(crate) suppressed: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// When the last accepted write takes effect; a later one never overtakes it.
    pub(crate) writes_due: Timestamp,
}

/// Terms in one marketplace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    pub(crate) price: Decimal,
    pub(crate) currency: String,
    pub(crate) sale: Option<Sale>,
    pub(crate) floor: Option<Decimal>,
    pub(crate) ceiling: Option<Decimal>,
}

/// A lower price for a while.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sale {
    pub(crate) price: Decimal,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// Something the platform holds against a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListingIssue {
    pub(crate) attribute: String,
    pub(crate) message: String,
}

impl Listing {
    pub(crate) fn new(config: &ListingConfig, marketplaces: &[String], now: Timestamp) -> Self {
        let offers = marketplaces
            .iter()
            .map(|m| {
                let (price, currency) = match config.offers.get(m) {
                    Some(own) => (own.price, own.currency.clone()),
                    None => (config.price, config.currency.clone()),
                };
                (
                    m.clone(),
                    Offer {
                        price,
                        currency,
                        sale: None,
                        floor: None,
                        ceiling: None,
                    },
                )
            })
            .collect();
        Self {
            sku: config.sku.clone(),
            asin: config.asin.clone(),
            title: config.title.clone(),
            fulfilment: config.fulfilment,
            quantity: match config.fulfilment {
                Fulfilment::Merchant => Some(config.quantity.unwrap_or(0)),
                Fulfilment::Platform => None,
            },
            stored: config.stored,
            unfulfillable: config.unfulfillable,
            inbound: config.inbound,
            handling_days: None,
            restock_date: None,
            offers,
            issues: Vec::new(),
            suppressed: false,
            created_at: now,
            updated_at: now,
            writes_due: now,
        }
    }

    /// Whether a buyer in `marketplace` can buy at least one unit.
    pub(crate) fn is_buyable(&self, marketplace: &str) -> bool {
        let in_stock = self.quantity.is_none_or(|q| q > 0);
        let priced = self.offers.get(marketplace).is_some_and(Offer::is_within_bounds);
        !self.suppressed && in_stock && priced
    }
}

impl Offer {
    /// What a buyer pays at `now`.
    pub(crate) fn price_at(&self, now: Timestamp) -> Decimal {
        match &self.sale {
            Some(sale) if sale.from <= now && now < sale.until => sale.price,
            _ => self.price,
        }
    }

    /// A price outside the seller's own bounds takes the offer off sale.
    pub(crate) fn is_within_bounds(&self) -> bool {
        self.floor.is_none_or(|f| self.price >= f) && self.ceiling.is_none_or(|c| self.price <= c)
    }
}

/// A change made at the platform by somebody else than the client under test: the seller's own hands, another
/// tool, the platform. Takes effect at once. A SKU that does not exist is added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListingEdit {
    /// Whose listing.
    pub seller_id: String,
    /// Which listing.
    pub sku: String,
    /// Units on sale from now on; merchant fulfilment only.
    pub quantity: Option<u32>,
    /// Unit price from now on, in every marketplace of the seller.
    pub price: Option<Decimal>,
    /// Take the listing off sale, or put it back.
    pub suppressed: Option<bool>,
    /// A new listing to add; `sku` and the other fields above are then taken from here.
    pub add: Option<ListingConfig>,
}

/// What a listing could still sell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Units on sale now.
    pub quantity: u32,
    /// Quantities written that have not taken effect, in the order they will.
    pub waiting: Vec<u32>,
}

impl World {
    /// What a listing could still sell, now and once the writes it took in have taken effect.
    pub(crate) fn shelf(&self, seller_id: &str, sku: &str) -> Option<Shelf> {
        let quantity = self.listing(seller_id, sku)?.quantity?;
        let waiting = self.waiting_quantities(seller_id, sku);
        Some(Shelf { quantity, waiting })
    }

    /// Applies `edit` at once.
    pub(crate) fn edit_listing(&mut self, edit: &ListingEdit) -> Result<(), Refused> {
        let now = self.now;
        let seller = self
            .sellers
            .get_mut(&edit.seller_id)
            .ok_or_else(|| Refused::UnknownSeller(edit.seller_id.clone()))?;
        if let Some(added) = &edit.add {
            let listing = Listing::new(added, &seller.account.marketplaces, now);
            seller.listings.insert(added.sku.clone(), listing);
            return Ok(());
        }
        let listing = seller
            .listings
            .get_mut(&edit.sku)
            .ok_or_else(|| Refused::UnknownListing(edit.sku.clone()))?;
        if let (Some(quantity), Fulfilment::Merchant) = (edit.quantity, listing.fulfilment) {
            listing.quantity = Some(quantity);
        }
        if let Some(price) = edit.price {
            listing.offers.values_mut().for_each(|offer| offer.price = price);
        }
        if let Some(suppressed) = edit.suppressed {
            listing.suppressed = suppressed;
        }
        listing.updated_at = now;
        Ok(())
    }

    /// Withdraws or renews the consent `seller_id` gave.
    pub(crate) fn set_revoked(&mut self, seller_id: &str, revoked: bool) -> Result<(), Refused> {
        let seller = self.sellers.get_mut(seller_id);
        let seller = seller.ok_or_else(|| Refused::UnknownSeller(seller_id.to_owned()))?;
        seller.revoked = revoked;
        Ok(())
    }

    /// The listing `sku` of `seller_id`.
    pub(crate) fn listing(&self, seller_id: &str, sku: &str) -> Option<&Listing> {
        self.sellers.get(seller_id)?.listings.get(sku)
    }

    pub(super) fn listing_mut(&mut self, seller_id: &str, sku: &str) -> Option<&mut Listing> {
        self.sellers.get_mut(seller_id)?.listings.get_mut(sku)
    }
}
