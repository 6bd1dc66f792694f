//! What a product or variation of the shop says, in our words. Pure: wire to snapshot.

use serde_json::Value;
use stockbridge_domain::Sku;
use stockbridge_domain::channel::ListingSnapshot;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};

use super::error::clean;
use super::listings::Shop;
use super::order_read::money;
use super::wire::{self, Product};
use crate::plain;

/// What a listing's quantity and price are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// The product whose variation it is; `None` for a product that is sold by itself.
    pub(super) parent: Option<u64>,
    /// The product or variation.
    pub(super) id: u64,
}

impl Target {
    pub(super) fn of(product: &Product) -> Self {
        Self {
            parent: (product.parent_id > 0).then_some(product.parent_id),
            id: product.id,
        }
    }

    /// The handle: `12`, or `12/34` for variation 34 of product 12.
    pub(super) fn handle(self) -> String {
        match self.parent {
            Some(parent) => format!("{parent}/{}", self.id),
            None => self.id.to_string(),
        }
    }

    /// Reads [`Self::handle`].
    pub(super) fn parse(handle: &str) -> Option<Self> {
        let (parent, id) = match handle.split_once('/') {
            Some((parent, id)) => (Some(parent.parse().ok()?), id),
            None => (None, handle),
        };
        Some(Self {
            parent,
            id: id.parse().ok()?,
        })
    }
}

/// Reads a product that is sold by itself, or a variation the way the list of products has it.
///
/// # Errors
/// Why it can be no listing, and what to do.
pub(super) fn product(product: &Product, shop: &Shop) -> Result<ListingSnapshot, String> {
    snapshot(Target::of(product), product, &product.name, shop)
}

/// Reads a variation the way the list of its product's variations has it.
///
/// # Errors
/// Why it can be no listing, and what to do.
pub(super) fn variation(
    parent: &Product,
    variation: &Product,
    shop: &Shop,
) -> Result<ListingSnapshot, String> {
    // The API gives out the parent's SKU where a variation has none of its own.
    if !variation.sku.is_empty() && variation.sku == parent.sku {
        return Err(format!(
            "the variation has no SKU of its own (`{}` is its product's); give each variation a SKU in the shop",
            clean(&parent.sku)
        ));
    }
    let options: Vec<&str> = variation
        .attributes
        .iter()
        .map(|a| a.option.as_str())
        .filter(|o| !o.is_empty())
        .collect();
    let title = match options.as_slice() {
        [] => parent.name.clone(),
        options => format!("{} – {}", parent.name, options.join(", ")),
    };
    let target = Target {
        parent: Some(parent.id),
        id: variation.id,
    };
    let mut listing = snapshot(target, variation, &title, shop)?;
    if listing.status == ListingStatus::Active && parent.status != "publish" {
        listing.status = ListingStatus::Inactive;
    }
    Ok(listing)
}

fn snapshot(target: Target, product: &Product, title: &str, shop: &Shop) -> Result<ListingSnapshot, String> {
    let sku =
        match product.sku.as_str() {
            "" => return Err(
                "the product has no SKU, so it cannot be told which of yours it is; give it one in the shop"
                    .to_owned(),
            ),
            text => Sku::parse(text).map_err(|e| format!("`sku`: {e}"))?,
        };
    let mut issues = Vec::new();
    let status = match product.status.as_str() {
        "publish" => ListingStatus::Active,
        "draft" | "pending" | "private" | "future" | "trash" => ListingStatus::Inactive,
        other => {
            issues.push(format!("the status `{}` is not known", clean(other)));
            ListingStatus::Unknown
        }
    };
    let quantity = quantity(target, product, shop, &mut issues);
    let shown = if product.price.is_empty() {
        &product.regular_price
    } else {
        &product.price
    };
    let price = match (shown.as_str(), shop.currency) {
        ("", _) | (_, None) => None,
        (text, Some(currency)) => money(text, "price", currency, &mut issues),
    };
    if product.on_sale {
        issues.push(
            "a sale price of the shop is in force; buyers pay that whatever the hub sets, until it is removed in the shop"
                .to_owned(),
        );
    }
    Ok(ListingSnapshot {
        sku,
        channel_ref: Some(target.id.to_string()),
        title: plain::told(title),
        fulfilled_by: FulfilledBy::Seller,
        quantity,
        places: Vec::new(),
        price,
        status,
        images: None,
        barcode: product.global_unique_id.clone(),
        handle: Some(target.handle()),
        issues,
    })
}

/// Units a buyer can still put through the checkout: those the shop counts, less those it holds for unpaid orders.
fn quantity(target: Target, product: &Product, shop: &Shop, issues: &mut Vec<String>) -> Option<i64> {
    match &product.manage_stock {
        Value::Bool(true) => {}
        Value::String(word) if word == "parent" => {
            issues.push(
                "the product counts its stock for all variations together; tick `Manage stock?` at each variation, so that it has a \
                 quantity of its own"
                    .to_owned(),
            );
            return None;
        }
        _ => {
            issues.push(
                "the shop does not count this product and sells it without end; tick `Track stock quantity for this product` \
                 (at a variation `Manage stock?`) in its inventory settings"
                    .to_owned(),
            );
            return None;
        }
    }
    if matches!(product.backorders.as_str(), "yes" | "notify") {
        issues.push(
            "backorders are allowed, so the shop sells more than there is; set `Allow backorders?` to `Do not allow`".to_owned(),
        );
    }
    let Some(counted) = wire::units(&product.stock_quantity) else {
        issues.push(format!(
            "`stock_quantity` is {}, which is no number of units",
            product.stock_quantity
        ));
        return None;
    };
    if wire::has_fraction(&product.stock_quantity) {
        issues.push("the shop counts parts of a unit, which are left out here".to_owned());
    }
    let held = shop.held.get(&target.id).copied().unwrap_or(0);
    Some((counted - held).max(0))
}
