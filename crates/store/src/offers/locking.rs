//! Locking listings for a change of their offers: products first, as everywhere.

use std::collections::{BTreeSet, HashMap};

use stockbridge_domain::offer::Offer;
use stockbridge_domain::{ListingId, ProductId};

use crate::columns::Columns as _;
use crate::db::Value;
use crate::listings_row::{OFFER_COLUMNS, offer_from_row};
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

impl TenantTx {
    /// Locks the products of these listings and the listings, and reads their offers. If it must not wait, those that
    /// somebody else has locked are left out.
    pub(super) async fn lock_offers(
        &mut self,
        listings: Vec<String>,
        wait: Wait,
    ) -> Result<HashMap<ListingId, (Option<ProductId>, Offer)>, StoreError> {
        let ids = Value::TextList(listings);
        let rows = self
            .tx
            .query(
                "SELECT DISTINCT product_id FROM listings WHERE tenant_id = $1 AND id {in $2} AND product_id IS NOT NULL",
                &[self.key(), ids.clone()],
            )
            .await?;
        let products = rows
            .iter()
            .map(|row| row.parsed(0))
            .collect::<Result<BTreeSet<ProductId>, _>>()?;
        let locked = self.lock_products(&products, wait).await?;
        let sql = format!(
            "SELECT id, product_id, {OFFER_COLUMNS} FROM listings WHERE tenant_id = $1 AND id {{in $2}} {}",
            wait.token()
        );
        let rows = self.tx.query(&sql, &[self.key(), ids]).await?;
        let mut offers = HashMap::with_capacity(rows.len());
        for row in &rows {
            let product: Option<ProductId> = row.opt_parsed(1)?;
            if product.is_none_or(|p| locked.contains(&p)) {
                offers.insert(row.parsed(0)?, (product, offer_from_row(row, 2)?));
            } else if wait == Wait::Yes {
                return Err(StoreError::Busy {
                    detail: "a listing was mapped to another product just now".to_owned(),
                });
            }
        }
        Ok(offers)
    }
}
