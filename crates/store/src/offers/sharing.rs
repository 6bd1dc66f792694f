//! One product's stock shared out among its listings and the hub's own channels, as the policies have it.

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::allocation::{Listed, Outcome, Participant, Stock, share_out};
use stockbridge_domain::guards::{Guard, Guards};
use stockbridge_domain::mode::Mode;
use stockbridge_domain::{AccountId, ProductId, Timestamp};

use super::OfferAccounts;
use super::planning::PlannedListing;
use crate::columns::Columns as _;
use crate::policies::rules::Rules;
use crate::stock::{Sellable, StockBook, id_list};
use crate::{StoreError, TenantTx};

/// A product shared out, with what was asked of the policies on the way.
pub(crate) struct Sharing {
    /// Who takes part.
    pub(crate) accounts: Vec<AccountId>,
    /// What applies to each of them.
    pub(crate) participants: Vec<Participant>,
    /// Each listing's account, as a position in `accounts`.
    pub(crate) of_listing: Vec<usize>,
    /// Who gets what.
    pub(crate) outcome: Outcome,
}

impl Sharing {
    /// Shares out what there is of a product. The hub's own channels take part without a listing: they sell what no
    /// remote channel can.
    pub(crate) fn new(
        product: ProductId,
        listings: &[&PlannedListing],
        stock: &Sellable,
        accounts: &OfferAccounts,
        rules: &Rules,
        now: Timestamp,
    ) -> Self {
        let mut sharers: Vec<AccountId> = listings.iter().map(|l| l.account).collect();
        sharers.extend(accounts.iter().filter(|(_, a)| !a.remote).map(|(id, _)| *id));
        sharers.sort_unstable();
        sharers.dedup();
        let participants: Vec<Participant> = sharers
            .iter()
            .map(|a| rules.participant(Some(product), *a))
            .collect();
        let of_listing: Vec<usize> = listings
            .iter()
            .map(|l| sharers.binary_search(&l.account).unwrap_or(0))
            .collect();
        let listed: Vec<Listed> = listings
            .iter()
            .zip(&of_listing)
            .map(|(listing, participant)| Listed {
                participant: *participant,
                units: listing.units,
                units_per_day: listing.pace.units_per_day(now),
                regime: listing.regime,
            })
            .collect();
        let stock = Stock {
            available: stock.available + stock.safety,
            safety: stock.safety,
        };
        Self {
            outcome: share_out(stock, &participants, &listed),
            accounts: sharers,
            participants,
            of_listing,
        }
    }
}

impl TenantTx {
    /// Units that an account inside the hub can sell now, of products that are locked.
    ///
    /// Strict: what no channel can sell, counting the largest claim of the shared listings once. Shared: the pool less the
    /// buffer, and only what strict listings could sell is out of reach. Hybrid is what the listings were last planned as.
    pub(crate) async fn free_for(
        &mut self,
        account: AccountId,
        products: &BTreeSet<ProductId>,
        book: &StockBook,
    ) -> Result<BTreeMap<ProductId, i64>, StoreError> {
        let sql = "SELECT product_id, \
             CAST(COALESCE(SUM(CASE WHEN regime = 'strict' THEN exposure * units END), 0) AS BIGINT), \
             CAST(COALESCE(MAX(CASE WHEN regime = 'shared' THEN exposure * units END), 0) AS BIGINT), \
             COUNT(CASE WHEN regime = 'strict' THEN 1 END), MIN(exposure_since) \
             FROM (SELECT product_id, exposure, units, regime, exposure_since FROM listings WHERE tenant_id = $1 \
             AND product_id {in $2} AND fulfilled_by = 'seller' UNION ALL \
             SELECT k.component_id, l.exposure, l.units * k.units, l.regime, l.exposure_since FROM kit_components k \
             JOIN listings l ON l.tenant_id = k.tenant_id AND l.product_id = k.kit_id AND l.fulfilled_by = 'seller' \
             WHERE k.tenant_id = $1 AND k.component_id {in $2}) drawn GROUP BY product_id";
        let rows = self.tx.query(sql, &[self.key(), id_list(products)]).await?;
        let (mut exposed, mut unknown) = (BTreeMap::<ProductId, (i64, i64, i64)>::new(), BTreeSet::new());
        for row in &rows {
            let product = row.parsed(0)?;
            exposed.insert(product, (row.int(1)?, row.int(2)?, row.int(3)?));
            if row.time(4)? == Timestamp::EPOCH {
                unknown.insert(product);
            }
        }
        if self.listings_awaited().await? {
            unknown.extend(products);
        }
        let rules = Rules::load(self, Some(products)).await?;
        let free = products.iter().map(|product| {
            let terms = rules.participant(Some(*product), account).terms;
            let available = book.sellable(*product).available;
            let (strict, claimed, strict_listings) = exposed.get(product).copied().unwrap_or_default();
            let shared = match terms.mode() {
                Mode::Strict => false,
                Mode::Shared => true,
                Mode::Hybrid => claimed > 0 && strict_listings == 0,
            };
            let free = if shared {
                terms.buffer().apply(available) - strict
            } else if unknown.contains(product) {
                // A listing that is not known yet, or not even seen, may have sold anything.
                (available - strict - claimed).min(0)
            } else {
                available - strict - claimed
            };
            (*product, free_only(self.env.guards(), free, available))
        });
        Ok(free.collect())
    }
}

/// [`Guard::FreeOnly`]: the own store sells what no channel could, not what is available.
fn free_only(guards: Guards, free: i64, available: i64) -> i64 {
    if guards.on(Guard::FreeOnly) {
        free
    } else {
        available
    }
}
