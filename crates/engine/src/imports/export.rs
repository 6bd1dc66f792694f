//! Products as CSV, in the form in which they are taken in again unchanged.

use stockbridge_domain::catalog::Product;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{Money, Sku};
use stockbridge_store::PageQuery;

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::sheet::guarded;

/// The columns of a product file. `quantity` is taken in and never written: stock is not a property of a product.
pub const PRODUCT_COLUMNS: &[&str] = &[
    "sku",
    "title",
    "barcode",
    "brand",
    "category",
    "price",
    "currency",
    "cost",
    "cost_currency",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "images",
    "attributes",
    "parent",
    "options",
    "quantity",
];

impl Hub {
    /// The heading of a product file and the first of its rows, or the next ones after `after`; and after which SKU there
    /// are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_products(
        &self,
        caller: &Caller,
        after: Option<String>,
    ) -> Result<(Vec<u8>, Option<String>), Refusal> {
        caller.require(Role::Viewer)?;
        let tenant = self.tenant(caller.tenant);
        let query = PageQuery {
            limit: 500,
            cursor: after.clone(),
        };
        let page = tenant.products(None, &query).await?;
        let skus = page.items.iter().map(|product| product.sku.to_string()).collect();
        let costs = tenant.products_with_costs(skus).await?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |error: csv::Error| Refusal::Conflict(format!("the file could not be written: {error}"));
        let columns = PRODUCT_COLUMNS.iter().filter(|name| **name != "quantity");
        if after.is_none() {
            writer.write_record(columns).map_err(failed)?;
        }
        for product in &page.items {
            let cost = costs.get(product.sku.as_str()).and_then(|(_, cost)| *cost);
            writer.write_record(record(product, cost)).map_err(failed)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| Refusal::Conflict(format!("the file could not be written: {error}")))?;
        Ok((bytes, page.next))
    }
}

fn record(product: &Product, cost: Option<Money>) -> Vec<String> {
    let details = &product.details;
    let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
    let amount = |money: Option<Money>| money.map(Money::amount).unwrap_or_default();
    let currency = |money: Option<Money>| money.map(|m| m.currency().code().to_owned()).unwrap_or_default();
    let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default());
    let sides = details.dimensions_mm;
    let attributes = if details.attributes.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&details.attributes).unwrap_or_default()
    };
    let options: Vec<String> = details.options.iter().map(|(n, v)| format!("{n}={v}")).collect();
    vec![
        guarded(product.sku.as_str()),
        guarded(&product.title),
        details.barcodes.join("|"),
        text(&details.brand),
        text(&details.category),
        amount(product.base_price),
        currency(product.base_price),
        amount(cost),
        currency(cost),
        number(details.weight_g),
        number(sides.map(|s| s.length)),
        number(sides.map(|s| s.width)),
        number(sides.map(|s| s.height)),
        details.images.join("|"),
        attributes,
        guarded(details.parent.as_ref().map_or("", Sku::as_str)),
        guarded(&options.join("|")),
    ]
}
