//! Which product a listing sells: by equal SKU at first, by a person's word after that.

use std::collections::BTreeSet;

use stockbridge_domain::catalog::Product;
use stockbridge_domain::{AccountId, ListingId, ProductId, Sku};

use crate::columns::Columns as _;
use crate::db::Value;
use crate::stock::StockBook;
use crate::{ImportOutcome, StoreError, Tenant, TenantTx};

/// Units of the product in one of the listing, at most.
pub const MAX_UNITS: i64 = 10_000;

/// Why a listing was not mapped.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// No such listing.
    #[error("listing: there is no listing {0}; see the list of listings")]
    UnknownListing(ListingId),
    /// No such product.
    #[error("product: there is no product {0}; see the list of products, or enter it first")]
    UnknownProduct(ProductId),
    /// Not a number of units.
    #[error("units: one of the listing holds 1 to {MAX_UNITS} units of the product, not {0}")]
    Units(i64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TenantTx {
    /// Maps a listing to a product, by a person's word. Orders that waited for it are reserved, and the offers of the
    /// products it sold and sells are computed anew.
    ///
    /// # Errors
    /// See [`MapError`]; nothing is changed then.
    pub async fn map_listing(
        &mut self,
        listing: ListingId,
        product: ProductId,
        units: i64,
    ) -> Result<ImportOutcome, MapError> {
        if !(1..=MAX_UNITS).contains(&units) {
            return Err(MapError::Units(units));
        }
        let known = self.lock_mapping(listing, Some(product)).await?;
        let known = known.ok_or(MapError::UnknownListing(listing))?;
        if self.product(product).await?.is_none() {
            return Err(MapError::UnknownProduct(product));
        }
        self.write_mapping(listing, Some(product), units).await?;
        let dirty = [Some(product), known.product].into_iter().flatten();
        self.mark_dirty(dirty, "mapping", self.env.now()).await?;
        Ok(self.adopt_lines(known.account, &known.sku).await?)
    }

    /// Takes a listing's product away, by a person's word: it is left alone from now on.
    ///
    /// # Errors
    /// [`MapError::UnknownListing`].
    pub async fn unmap_listing(&mut self, listing: ListingId) -> Result<(), MapError> {
        let known = self.lock_mapping(listing, None).await?;
        let known = known.ok_or(MapError::UnknownListing(listing))?;
        self.write_mapping(listing, None, 1).await?;
        Ok(self.mark_dirty(known.product, "mapping", self.env.now()).await?)
    }

    /// Locks the account and the products concerned, as everything does that moves offers, and reads how the listing is mapped.
    async fn lock_mapping(
        &mut self,
        listing: ListingId,
        next: Option<ProductId>,
    ) -> Result<Option<Mapped>, StoreError> {
        let Some(mapped) = self.mapping(listing).await? else {
            return Ok(None);
        };
        self.lock_account(mapped.account).await?;
        let products = mapped.product.into_iter().chain(next).collect();
        let book = StockBook::lock(self, &products).await?;
        let mapped = self.mapping(listing).await?;
        if let Some(product) = mapped.as_ref().and_then(|m| m.product)
            && !book.holds(product)
        {
            return Err(StoreError::Busy {
                detail: format!("the listing {listing} was mapped by somebody else just now"),
            });
        }
        Ok(mapped)
    }

    async fn mapping(&mut self, listing: ListingId) -> Result<Option<Mapped>, StoreError> {
        let sql = "SELECT product_id, account_id, sku FROM listings WHERE tenant_id = $1 AND id = $2";
        let row = self.tx.query_opt(sql, &[self.key(), listing.into()]).await?;
        row.map(|row| {
            Ok(Mapped {
                product: row.opt_parsed(0)?,
                account: row.parsed(1)?,
                sku: row.sku(2)?,
            })
        })
        .transpose()
    }

    async fn write_mapping(
        &mut self,
        listing: ListingId,
        product: Option<ProductId>,
        units: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE listings SET product_id = $3, units = $4, mapped_by = 'person', desired_qty = NULL, \
             due_qty = NULL, due_priority = NULL, due_cause = NULL, due_caused_at = NULL, hold = NULL, \
             price_check_at = 0, updated_at = $5 WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            listing.into(),
            product.into(),
            units.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Maps listings nobody has mapped yet to new products of the same SKU, and reserves for the orders that waited.
    pub(crate) async fn map_listings_of(
        &mut self,
        products: &[Product],
    ) -> Result<ImportOutcome, StoreError> {
        let now = self.env.now();
        self.lock_accounts().await?;
        let skus = Value::TextList(products.iter().map(|product| product.sku.to_string()).collect());
        let sql = "UPDATE listings SET product_id = (SELECT p.id FROM products p \
             WHERE p.tenant_id = $1 AND p.sku = listings.sku), mapped_by = 'sku', price_check_at = 0, \
             updated_at = $3 \
             WHERE tenant_id = $1 AND product_id IS NULL AND mapped_by IS NULL AND sku {in $2} RETURNING product_id";
        let mut mapped = BTreeSet::new();
        for row in self
            .tx
            .query(sql, &[self.key(), skus.clone(), now.into()])
            .await?
        {
            mapped.insert(row.parsed::<ProductId>(0)?);
        }
        self.mark_dirty(mapped, "mapping", now).await?;
        self.adopt_waiting(None, skus).await
    }

    /// Reserves for every order that waits for one of these SKUs, on one account or on all.
    pub(crate) async fn adopt_waiting(
        &mut self,
        account: Option<AccountId>,
        skus: Value,
    ) -> Result<ImportOutcome, StoreError> {
        let (of_account, mut params) = ("AND o.account_id = $3", vec![self.key(), skus]);
        params.extend(account.map(Value::from));
        let sql = format!(
            "SELECT DISTINCT o.account_id, l.sku FROM order_lines l JOIN orders o \
             ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
             WHERE l.tenant_id = $1 AND l.product_id IS NULL AND l.sku {{in $2}} {} ORDER BY o.account_id, l.sku",
            account.map_or("", |_| of_account)
        );
        let mut adopted = ImportOutcome::default();
        for row in self.tx.query(&sql, &params).await? {
            let more = self.adopt_lines(row.parsed(0)?, &row.sku(1)?).await?;
            adopted.changed += more.changed;
            adopted.dirty += more.dirty;
            adopted.notices.extend(more.notices);
        }
        Ok(adopted)
    }

    /// Puts a listing that was left alone back among those that wait for a product; false when it has one or waits
    /// already.
    ///
    /// # Errors
    /// [`MapError::UnknownListing`].
    pub async fn restore_listing(&mut self, listing: ListingId) -> Result<bool, MapError> {
        let known = self.lock_mapping(listing, None).await?;
        known.ok_or(MapError::UnknownListing(listing))?;
        let sql = "UPDATE listings SET mapped_by = NULL, updated_at = $3 WHERE tenant_id = $1 AND id = $2 \
             AND product_id IS NULL AND mapped_by IS NOT NULL";
        let changed = self
            .tx
            .exec(sql, &[self.key(), listing.into(), self.env.now().into()])
            .await?;
        Ok(changed == 1)
    }
}

/// How a listing is mapped.
struct Mapped {
    product: Option<ProductId>,
    account: AccountId,
    sku: Sku,
}

impl Tenant {
    /// [`TenantTx::map_listing`] as a transaction of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn map_listing(
        &self,
        listing: ListingId,
        product: ProductId,
        units: i64,
    ) -> Result<ImportOutcome, MapError> {
        let mut tx = self.begin().await?;
        let outcome = tx.map_listing(listing, product, units).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// [`TenantTx::unmap_listing`] as a transaction of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn unmap_listing(&self, listing: ListingId) -> Result<(), MapError> {
        let mut tx = self.begin().await?;
        tx.unmap_listing(listing).await?;
        Ok(tx.commit().await?)
    }
}
