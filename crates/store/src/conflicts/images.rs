//! Images of one product's listings, compared with each other.
//!
//! Channels keep images under addresses of their own, so only how many there are can be compared
//! ([`Images::fewer_than`]). The listing with fewer is the one that differs; the one with more is in nobody's way.

use std::collections::{BTreeSet, HashMap};

use stockbridge_domain::images::Images;
use stockbridge_domain::{ListingId, ProductId};

use crate::columns::Columns as _;
use crate::stock::id_list;
use crate::{StoreError, TenantTx};

/// What the listings of some products show.
#[derive(Debug, Default)]
pub(super) struct ShownImages(HashMap<ProductId, Vec<Shown>>);

#[derive(Debug)]
struct Shown {
    listing: ListingId,
    account: String,
    images: Images,
}

impl ShownImages {
    /// Of a product's other listings, the one that shows the most images more than these, in words: `5 images on Berlin`.
    pub(super) fn more_than(
        &self,
        product: ProductId,
        listing: ListingId,
        images: &Images,
    ) -> Option<String> {
        let others = self.0.get(&product)?.iter();
        let richer = others.filter(|other| other.listing != listing && images.fewer_than(&other.images));
        let richest = richer.max_by_key(|other| (other.images.least(), std::cmp::Reverse(other.listing)))?;
        Some(format!("{} on {}", richest.images, richest.account))
    }
}

impl TenantTx {
    /// What listings of these products show, on all accounts that tell.
    pub(super) async fn images_of(
        &mut self,
        products: &BTreeSet<ProductId>,
    ) -> Result<ShownImages, StoreError> {
        let mut found = ShownImages::default();
        if products.is_empty() {
            return Ok(found);
        }
        let sql = "SELECT l.product_id, l.id, a.name, l.images FROM listings l \
             JOIN accounts a ON a.tenant_id = l.tenant_id AND a.id = l.account_id \
             WHERE l.tenant_id = $1 AND l.product_id {in $2} AND l.images IS NOT NULL";
        for row in self.tx.query(sql, &[self.key(), id_list(products)]).await? {
            let shown = Shown {
                listing: row.parsed(1)?,
                account: row.string(2)?,
                images: row.json(3)?,
            };
            found.0.entry(row.parsed(0)?).or_default().push(shown);
        }
        Ok(found)
    }
}
