//! The catalogue: products.

use stockbridge_domain::catalog::Product;
use stockbridge_domain::pricing::Scope;
use stockbridge_domain::{Money, ProductId, Sku};

use crate::columns::{Columns as _, money_values};
use crate::db::{Kind, Row, Tx, Value};
use crate::filter::{Filter, after_prefix, contains_pattern};
use crate::{ImportOutcome, Page, PageQuery, StoreError, Tenant, TenantTx};

/// A product to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The seller's own SKU.
    pub sku: Sku,
    /// Title.
    pub title: String,
    /// EAN, UPC or GTIN.
    pub barcode: Option<String>,
    /// Price before any channel's rules.
    pub base_price: Option<Money>,
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

const PRODUCT: &str = "id, sku, title, barcode, price_minor, price_currency, created_at";
const PRODUCT_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("sku", Kind::Text),
    ("title", Kind::Text),
    ("barcode", Kind::Text),
    ("price_minor", Kind::Int),
    ("price_currency", Kind::Text),
    ("created_at", Kind::Int),
    ("updated_at", Kind::Int),
];

fn product(row: &Row) -> Result<Product, StoreError> {
    Ok(Product {
        id: row.parsed(0)?,
        sku: row.sku(1)?,
        title: row.string(2)?,
        barcode: row.opt_string(3)?,
        base_price: row.opt_money(4)?,
        created_at: row.time(6)?,
    })
}

impl TenantTx {
    /// Enters products, all or none. Listings of the same SKU that nobody has mapped are mapped to them, and orders that
    /// waited for them are reserved.
    ///
    /// # Errors
    /// [`ProductError::SkuTaken`] names the first SKU that cannot be entered.
    pub async fn create_products(&mut self, new: Vec<NewProduct>) -> Result<CreatedProducts, ProductError> {
        let now = self.env.now();
        let products: Vec<Product> = new
            .into_iter()
            .map(|new| Product {
                id: self.env.id(),
                sku: new.sku,
                title: new.title,
                barcode: new.barcode,
                base_price: new.base_price,
                created_at: now,
            })
            .collect();
        let rows = products
            .iter()
            .map(|product| self.product_values(product))
            .collect();
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
        let adopted = self.map_listings_of(&products).await?;
        Ok(CreatedProducts { products, adopted })
    }

    fn product_values(&self, product: &Product) -> Vec<Value> {
        let [minor, currency] = money_values(product.base_price);
        vec![
            self.key(),
            product.id.into(),
            (&product.sku).into(),
            (&product.title).into(),
            product.barcode.clone().into(),
            minor,
            currency,
            product.created_at.into(),
            product.created_at.into(),
        ]
    }

    /// One product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        find(&mut self.tx, self.tenant.into(), "id = $2", id.into()).await
    }

    /// Changes a product; false when there is no such product. The prices of its listings are computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_product(
        &mut self,
        id: ProductId,
        title: &str,
        barcode: Option<&str>,
        base_price: Option<Money>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE products SET title = $3, barcode = $4, price_minor = $5, price_currency = $6, \
                   updated_at = $7 WHERE tenant_id = $1 AND id = $2";
        let [minor, currency] = money_values(base_price);
        let values = [
            self.key(),
            id.into(),
            title.into(),
            barcode.into(),
            minor,
            currency,
            self.env.now().into(),
        ];
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

    /// [`TenantTx::update_product`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_product(
        &self,
        id: ProductId,
        title: &str,
        barcode: Option<&str>,
        base_price: Option<Money>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = tx.update_product(id, title, barcode, base_price).await?;
        tx.commit().await?;
        Ok(changed)
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

    /// Products by SKU. `search` finds SKUs that begin with it and titles that contain it, whatever their case.
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
            filter.and(&format!(
                "(sku >= ${from} AND sku < ${to} OR lower(title) LIKE ${pattern} ESCAPE '!' OR barcode = ${from})"
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
