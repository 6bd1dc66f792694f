//! The catalogue: what the seller sells.

use serde::{Deserialize, Serialize};

use crate::{Money, ProductId, Sku, Timestamp};

/// A product: the thing that is in stock, whatever it is called on any channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The seller's own SKU, unique in the tenant.
    pub sku: Sku,
    /// Title.
    pub title: String,
    /// EAN, UPC or GTIN.
    pub barcode: Option<String>,
    /// Price before any channel's rules.
    pub base_price: Option<Money>,
    /// When it was entered.
    pub created_at: Timestamp,
}
