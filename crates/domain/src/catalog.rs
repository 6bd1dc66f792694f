//! The catalogue: what the seller sells.

mod barcode;
mod details;
pub mod suggest;

use serde::{Deserialize, Serialize};

pub use barcode::{Barcode, BarcodeError, gtin14};
pub use details::{
    Attribute, Dimensions, MAX_BARCODES, MAX_IMAGES, MAX_TITLE, ProductDetails, title_problem,
};

use crate::{Money, ProductId, Sku, Timestamp};

/// A product: the thing that is in stock, whatever it is called on any channel. One variant of an article that comes in
/// sizes or colours is a product of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The seller's own SKU, unique in the tenant.
    pub sku: Sku,
    /// Title.
    pub title: String,
    /// Price before any channel's rules.
    pub base_price: Option<Money>,
    /// What else is known of it.
    #[serde(flatten)]
    pub details: ProductDetails,
    /// When it was entered.
    pub created_at: Timestamp,
}

impl Product {
    /// Its first barcode.
    pub fn barcode(&self) -> Option<&str> {
        self.details.barcodes.first().map(String::as_str)
    }
}
