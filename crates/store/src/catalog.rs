//! The catalogue: products, entered and found. Changed in bulk by `catalog_write`.

use std::collections::HashMap;

use stockbridge_domain::catalog::{Product, ProductDetails, gtin14};
use stockbridge_domain::pricing::Scope;
use stockbridge_domain::{Money, ProductId, Sku};

use crate::catalog_row::{PRODUCT, PRODUCT_COLUMNS, PRODUCT_WIDTH, product, product_values};
use crate::columns::{Columns as _, money_values};
use crate::db::{Tx, Value};
use crate::filter::{Filter, after_prefix, contains_pattern};
use crate::{ImportOutcome, Page, PageQuery, StoreError, Tenant, TenantTx};

/// A product to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The seller's own SKU.
    pub sku: Sku,
    /// Title.
    pub title: String,
    /// Price before any channel's rules.
    pub base_price: Option<Money>,
    /// What else is known of it, checked.
    pub details: ProductDetails,
}

/// Why a product was not entered.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// There is one with this SKU, or it was given twice.
    #[error(
        "sku: there is a product with the SKU `{sku}` already; choose another SKU or change that product"
    )]
    SkuTaken {
        /// The SKU.
        sku: Sku,
    },
    /// Another product of the same parent has the same options.
    #[error(
        "options: `{sku}` is the variant {options} of `{parent}` already; give {given} other options, or another parent"
    )]
    VariantTaken {
        /// The product that cannot be.
        given: Sku,
        /// The product that is there.
        sku: Sku,
        /// What groups them.
        parent: Sku,
        /// In words.
        options: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Products that were entered.
#[derive(Debug, Clone, Default)]
pub struct CreatedProducts {
    /// The products, in the order given.
    pub products: Vec<Product>,
    /// What became of orders that had waited for them.
    pub adopted: ImportOutcome,
}

impl TenantTx {
    /// Enters products, all or none. Listings of the same SKU that nobody has mapped are mapped to them, and orders that
    /// waited for them are reserved.
    ///
    /// # Errors
    /// [`ProductError::SkuTaken`] names the first SKU that cannot be entered, [`ProductError::VariantTaken`] the first
    /// variant that is there already.
    pub async fn create_products(&mut self, new: Vec<NewProduct>) -> Result<CreatedProducts, ProductError> {
        let now = self.env.now();
        let products: Vec<Product> = new
            .into_iter()
            .map(|new| Product {
                id: self.env.id(),
                sku: new.sku,
                title: new.title,
                base_price: new.base_price,
                details: new.details,
                created_at: now,
            })
            .collect();
        self.variants_differ(&products).await?;
        let rows = products
            .iter()
            .map(|product| product_values(self.key(), product, now))
            .collect::<Result<Vec<_>, _>>()?;
        let tail = "ON CONFLICT (tenant_id, sku) DO NOTHING RETURNING id";
        let written = self
            .tx
            .insert_many_returning("products", PRODUCT_COLUMNS, tail, rows)
            .await?;
        if written.len() < products.len() {
            let mut ids = std::collections::HashSet::new();
            for row in &written {
                ids.insert(row.parsed::<ProductId>(0)?);
            }
            if let Some(refused) = products.into_iter().find(|product| !ids.contains(&product.id)) {
                return Err(ProductError::SkuTaken { sku: refused.sku });
            }
            return Err(StoreError::other("fewer products written than given").into());
        }
        self.write_barcodes(&products).await?;
        let adopted = self.map_listings_of(&products).await?;
        Ok(CreatedProducts { products, adopted })
    }

    /// One product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        find(&mut self.tx, self.tenant.into(), "id = $2", id.into()).await
    }

    /// Products by SKU, each with what one unit costs; SKUs that nobody has are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products_with_costs(
        &mut self,
        skus: Vec<String>,
    ) -> Result<HashMap<String, (Product, Option<Money>)>, StoreError> {
        with_costs(&mut self.tx, self.tenant.into(), skus).await
    }

    /// What these products are called; those that are not there are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn skus_of(&mut self, products: Vec<ProductId>) -> Result<HashMap<ProductId, Sku>, StoreError> {
        if products.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = Value::TextList(products.iter().map(ToString::to_string).collect());
        let sql = "SELECT id, sku FROM products WHERE tenant_id = $1 AND id {in $2}";
        let rows = self.tx.query(sql, &[self.key(), ids]).await?;
        rows.iter().map(|row| Ok((row.parsed(0)?, row.sku(1)?))).collect()
    }

    /// Sets the price of a product before any channel's rules; false when there is no such product. The prices of its
    /// listings are computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_base_price(&mut self, id: ProductId, price: Option<Money>) -> Result<bool, StoreError> {
        let sql = "UPDATE products SET price_minor = $3, price_currency = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2";
        let [minor, currency] = money_values(price);
        let values = [self.key(), id.into(), minor, currency, self.env.now().into()];
        let changed = self.tx.exec(sql, &values).await? == 1;
        self.mark_prices(&Scope::Product(id), false).await?;
        Ok(changed)
    }
}

impl Tenant {
    /// [`TenantTx::create_products`] as a transaction of its own.
    ///
    /// # Errors
    /// As there; nothing is entered then.
    pub async fn create_products(&self, new: Vec<NewProduct>) -> Result<CreatedProducts, ProductError> {
        let mut tx = self.begin().await?;
        let created = tx.create_products(new).await?;
        tx.commit().await?;
        Ok(created)
    }

    /// [`TenantTx::change_products`] as a transaction of its own.
    ///
    /// # Errors
    /// As there; nothing is changed then.
    pub async fn change_products(&self, products: &[Product]) -> Result<usize, ProductError> {
        let mut tx = self.begin().await?;
        let changed = tx.change_products(products).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// [`TenantTx::products_with_costs`] for reading.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products_with_costs(
        &self,
        skus: Vec<String>,
    ) -> Result<HashMap<String, (Product, Option<Money>)>, StoreError> {
        with_costs(&mut self.read().await?, self.key(), skus).await
    }

    /// The variants that a parent groups, by SKU; at most 500.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn variants(&self, parent: &Sku) -> Result<Vec<Product>, StoreError> {
        let sql = format!(
            "SELECT {PRODUCT} FROM products WHERE tenant_id = $1 AND parent_sku = $2 ORDER BY sku LIMIT 500"
        );
        let rows = self
            .read()
            .await?
            .query(&sql, &[self.key(), parent.into()])
            .await?;
        rows.iter().map(product).collect()
    }

    /// One product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        find(&mut self.read().await?, self.key(), "id = $2", id.into()).await
    }

    /// The product with this SKU.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product_by_sku(&self, sku: &Sku) -> Result<Option<Product>, StoreError> {
        find(&mut self.read().await?, self.key(), "sku = $2", sku.into()).await
    }

    /// Products by SKU. `search` finds SKUs that begin with it, titles that contain it, whatever their case, the
    /// variants of a parent and barcodes.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn products(
        &self,
        search: Option<&str>,
        query: &PageQuery,
    ) -> Result<Page<Product>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        if let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) {
            let (from, to) = (filter.param(text), filter.param(after_prefix(text)));
            let pattern = filter.param(contains_pattern(text));
            let barcode = gtin14(text).map_or_else(String::new, |gtin| {
                let gtin = filter.param(gtin);
                format!(
                    " OR id IN (SELECT product_id FROM product_barcodes WHERE tenant_id = $1 AND gtin = ${gtin})"
                )
            });
            filter.and(&format!(
                "(sku >= ${from} AND sku < ${to} OR lower(title) LIKE ${pattern} ESCAPE '!' \
                 OR parent_sku = ${from}{barcode})"
            ));
        }
        filter.and_some("sku > ?", query.after("products")?.map(|[sku]: [String; 1]| sku));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {PRODUCT} FROM products WHERE {} ORDER BY tenant_id, sku LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(product).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("products", items, |last| [last.sku.to_string()]))
    }
}

async fn with_costs(
    tx: &mut Tx,
    tenant: Value,
    skus: Vec<String>,
) -> Result<HashMap<String, (Product, Option<Money>)>, StoreError> {
    let sql = format!(
        "SELECT {}, c.cost_minor, c.cost_currency FROM products p LEFT JOIN product_costs c \
         ON c.tenant_id = p.tenant_id AND c.product_id = p.id WHERE p.tenant_id = $1 AND p.sku {{in $2}}",
        PRODUCT
            .split(", ")
            .map(|name| format!("p.{name}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let rows = tx.query(&sql, &[tenant, skus.into()]).await?;
    rows.iter()
        .map(|row| {
            let product = product(row)?;
            Ok((product.sku.to_string(), (product, row.opt_money(PRODUCT_WIDTH)?)))
        })
        .collect()
}

async fn find(
    tx: &mut Tx,
    tenant: Value,
    condition: &str,
    key: Value,
) -> Result<Option<Product>, StoreError> {
    let sql = format!("SELECT {PRODUCT} FROM products WHERE tenant_id = $1 AND {condition}");
    let row = tx.query_opt(&sql, &[tenant, key]).await?;
    row.as_ref().map(product).transpose()
}
