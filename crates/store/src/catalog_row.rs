//! A product as columns, for the files that read and write products.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stockbridge_domain::Timestamp;
use stockbridge_domain::catalog::{Dimensions, Product, ProductDetails};

use crate::StoreError;
use crate::columns::{Columns as _, json_value, money_values};
use crate::db::{Kind, Row, Value};

/// The columns [`product`] reads, in order.
pub(crate) const PRODUCT: &str = "id, sku, title, price_minor, price_currency, created_at, barcode, more_barcodes, brand, category, \
     weight_g, length_mm, width_mm, height_mm, images, attributes, parent_sku, options";
/// How many these are.
pub(crate) const PRODUCT_WIDTH: usize = 18;

/// The columns of [`product_values`].
pub(crate) const PRODUCT_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("sku", Kind::Text),
    ("title", Kind::Text),
    ("price_minor", Kind::Int),
    ("price_currency", Kind::Text),
    ("created_at", Kind::Int),
    ("updated_at", Kind::Int),
    ("barcode", Kind::Text),
    ("more_barcodes", Kind::Text),
    ("brand", Kind::Text),
    ("category", Kind::Text),
    ("weight_g", Kind::Int),
    ("length_mm", Kind::Int),
    ("width_mm", Kind::Int),
    ("height_mm", Kind::Int),
    ("images", Kind::Text),
    ("attributes", Kind::Text),
    ("parent_sku", Kind::Text),
    ("options", Kind::Text),
];

/// Writes [`product_values`] of a product that is there.
pub(crate) const PRODUCT_UPDATE: &str = "UPDATE products SET title = $4, price_minor = $5, price_currency = $6, created_at = $7, updated_at = $8, \
     barcode = $9, more_barcodes = $10, brand = $11, category = $12, weight_g = $13, length_mm = $14, width_mm = $15, \
     height_mm = $16, images = $17, attributes = $18, parent_sku = $19, options = $20 \
     WHERE tenant_id = $1 AND id = $2 AND sku = $3";

/// Reads a product.
pub(crate) fn product(row: &Row) -> Result<Product, StoreError> {
    let mut barcodes: Vec<String> = row.opt_string(6)?.into_iter().collect();
    barcodes.extend(json_or_default::<Vec<String>>(row, 7)?);
    let dimensions_mm = match (row.opt_int(11)?, row.opt_int(12)?, row.opt_int(13)?) {
        (Some(length), Some(width), Some(height)) => Some(Dimensions {
            length,
            width,
            height,
        }),
        _ => None,
    };
    Ok(Product {
        id: row.parsed(0)?,
        sku: row.sku(1)?,
        title: row.string(2)?,
        base_price: row.opt_money(3)?,
        details: ProductDetails {
            barcodes,
            brand: row.opt_string(8)?,
            category: row.opt_string(9)?,
            weight_g: row.opt_int(10)?,
            dimensions_mm,
            images: json_or_default(row, 14)?,
            attributes: json_or_default(row, 15)?,
            parent: row.opt_sku(16)?,
            options: json_or_default(row, 17)?,
        },
        created_at: row.time(5)?,
    })
}

fn json_or_default<T: DeserializeOwned + Default>(row: &Row, column: usize) -> Result<T, StoreError> {
    match row.opt_text(column)? {
        Some(_) => row.json(column),
        None => Ok(T::default()),
    }
}

/// A list or map as JSON, NULL when there is nothing in it.
fn json_or_null<T: Serialize + Default + PartialEq>(value: &T) -> Result<Value, StoreError> {
    if *value == T::default() {
        return Ok(Value::Null);
    }
    json_value(value)
}

/// Options as one text, with their names in order: what tells one variant from another.
pub(crate) fn options_value(options: &BTreeMap<String, String>) -> Result<Value, StoreError> {
    json_or_null(options)
}

/// The product's columns.
pub(crate) fn product_values(
    tenant: Value,
    product: &Product,
    now: Timestamp,
) -> Result<Vec<Value>, StoreError> {
    let [minor, currency] = money_values(product.base_price);
    let details = &product.details;
    let (first, more) = match details.barcodes.split_first() {
        Some((first, more)) => (Value::from(first), more.to_vec()),
        None => (Value::Null, Vec::new()),
    };
    let sides = details.dimensions_mm;
    Ok(vec![
        tenant,
        product.id.into(),
        (&product.sku).into(),
        (&product.title).into(),
        minor,
        currency,
        product.created_at.into(),
        now.into(),
        first,
        json_or_null(&more)?,
        details.brand.clone().into(),
        details.category.clone().into(),
        details.weight_g.into(),
        sides.map(|s| s.length).into(),
        sides.map(|s| s.width).into(),
        sides.map(|s| s.height).into(),
        json_or_null(&details.images)?,
        json_or_null(&details.attributes)?,
        details.parent.as_ref().map(|sku| sku.as_str().to_owned()).into(),
        options_value(&details.options)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_right_and_named_in_the_same_order() {
        assert_eq!(PRODUCT.split(',').count(), PRODUCT_WIDTH);
        let assigned: Vec<String> = PRODUCT_COLUMNS
            .iter()
            .zip(1..)
            .map(|((name, _), n)| format!("{name} = ${n}"))
            .collect();
        for (n, assignment) in assigned.iter().enumerate() {
            assert!(PRODUCT_UPDATE.contains(assignment), "{n}: {assignment}");
        }
    }
}
