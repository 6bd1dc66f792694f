//! Mapping that nobody has to decide: by equal SKU, else by a barcode that one product alone has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::{AccountId, ListingId, ProductId};

use crate::columns::Columns as _;
use crate::db::Value;
use crate::stock::{StockBook, id_list};
use crate::{ImportOutcome, MappedBy, StoreError, TenantTx};

/// Listings looked at in one transaction.
const BATCH: i64 = 500;

/// What mapping by itself did in one transaction.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AutoMapped {
    /// Mapped by equal SKU.
    pub by_sku: i64,
    /// Mapped by barcode.
    pub by_barcode: i64,
    /// There may be more: call it again.
    #[serde(skip)]
    pub more: bool,
    /// What became of orders that had waited.
    #[serde(skip)]
    pub adopted: ImportOutcome,
}

/// A listing and the product it will sell.
struct Found {
    sku: String,
    product: ProductId,
    by: MappedBy,
}

const BY_SKU: &str = "SELECT l.id, l.sku, p.id FROM listings l JOIN products p ON p.tenant_id = l.tenant_id AND p.sku = l.sku \
     WHERE l.tenant_id = $1 AND l.account_id = $2 AND l.product_id IS NULL AND l.mapped_by IS NULL ORDER BY l.sku LIMIT $3";
/// A barcode that several products have decides nothing.
const BY_BARCODE: &str = "SELECT l.id, l.sku, MIN(b.product_id) FROM listings l JOIN product_barcodes b \
     ON b.tenant_id = l.tenant_id AND b.gtin = l.gtin WHERE l.tenant_id = $1 AND l.account_id = $2 \
     AND l.product_id IS NULL AND l.mapped_by IS NULL AND l.gtin IS NOT NULL GROUP BY l.id, l.sku \
     HAVING COUNT(*) = 1 ORDER BY l.sku LIMIT $3";

impl TenantTx {
    /// Maps listings of an account that nobody has mapped or left alone, at most 500 of each kind, and reserves for the
    /// orders that waited for them. Run again, it finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub async fn auto_map(&mut self, account: AccountId) -> Result<AutoMapped, StoreError> {
        self.lock_account(account).await?;
        let mut found: BTreeMap<ListingId, Found> = BTreeMap::new();
        let mut more = false;
        for (sql, by) in [(BY_BARCODE, MappedBy::Barcode), (BY_SKU, MappedBy::Sku)] {
            let rows = self
                .tx
                .query(sql, &[self.key(), account.into(), BATCH.into()])
                .await?;
            more |= rows.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
            for row in &rows {
                // The SKU comes last and has the last word.
                let one = Found {
                    sku: row.string(1)?,
                    product: row.parsed(2)?,
                    by,
                };
                found.insert(row.parsed(0)?, one);
            }
        }
        let mut outcome = AutoMapped {
            more,
            ..AutoMapped::default()
        };
        if found.is_empty() {
            return Ok(outcome);
        }
        let products: BTreeSet<ProductId> = found.values().map(|one| one.product).collect();
        StockBook::lock(self, &products).await?;
        let now = self.env.now();
        let row = |(id, one): (&ListingId, &Found)| {
            let by = one.by.name();
            vec![
                self.key(),
                (*id).into(),
                one.product.into(),
                by.into(),
                now.into(),
            ]
        };
        let rows: Vec<Vec<Value>> = found.iter().map(row).collect();
        let sql = "UPDATE listings SET product_id = $3, mapped_by = $4, price_check_at = 0, updated_at = $5 \
             WHERE tenant_id = $1 AND id = $2 AND product_id IS NULL AND mapped_by IS NULL";
        self.tx.exec_many(sql, &rows).await?;
        self.mark_dirty(products, "mapping", now).await?;
        for one in found.values() {
            match one.by {
                MappedBy::Sku => outcome.by_sku += 1,
                MappedBy::Barcode | MappedBy::Person => outcome.by_barcode += 1,
            }
        }
        let skus = Value::TextList(found.into_values().map(|one| one.sku).collect());
        outcome.adopted = self.adopt_waiting(Some(account), skus).await?;
        Ok(outcome)
    }

    /// Maps many listings of an account, each to a product with so many units of it in one, by a person's word. Orders that
    /// waited for them are reserved, and the offers of the products they sold and sell are computed anew.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account. A product or listing that is not there is refused by the
    /// database; nothing is changed then.
    pub async fn map_listings(
        &mut self,
        account: AccountId,
        wanted: &[(ListingId, ProductId, i64)],
    ) -> Result<ImportOutcome, StoreError> {
        self.lock_account(account).await?;
        let by_listing: BTreeMap<ListingId, (ProductId, i64)> = wanted
            .iter()
            .map(|(listing, product, units)| (*listing, (*product, *units)))
            .collect();
        let sql =
            "SELECT sku, product_id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND id {in $3}";
        let params = [self.key(), account.into(), id_list(by_listing.keys())];
        let mut concerned: BTreeSet<ProductId> = wanted.iter().map(|(_, product, _)| *product).collect();
        let mut skus = Vec::new();
        for row in self.tx.query(sql, &params).await? {
            skus.push(row.string(0)?);
            concerned.extend(row.opt_parsed::<ProductId>(1)?);
        }
        StockBook::lock(self, &concerned).await?;
        let now = self.env.now();
        let rows: Vec<Vec<Value>> = by_listing
            .iter()
            .map(|(listing, (product, units))| {
                let key = [self.key(), account.into(), (*listing).into()];
                let values = [(*product).into(), (*units).into(), now.into()];
                key.into_iter().chain(values).collect()
            })
            .collect();
        let sql = "UPDATE listings SET product_id = $4, units = $5, mapped_by = 'person', desired_qty = NULL, \
             due_qty = NULL, due_priority = NULL, due_cause = NULL, due_caused_at = NULL, hold = NULL, \
             price_check_at = 0, updated_at = $6 WHERE tenant_id = $1 AND account_id = $2 AND id = $3";
        self.tx.exec_many(sql, &rows).await?;
        self.mark_dirty(concerned, "mapping", now).await?;
        self.adopt_waiting(Some(account), Value::TextList(skus)).await
    }
}
