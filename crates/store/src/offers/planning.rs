//! From dirty products to what is due: loads what the domain's plan needs, in a fixed number of queries for a whole batch.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use stockbridge_domain::channel::{Timing, WriteMode};
use stockbridge_domain::exposure::{Candidate, Decision, plan};
use stockbridge_domain::job::Priority;
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::mode::Regime;
use stockbridge_domain::offer::Offer;
use stockbridge_domain::pace::Pace;
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{AccountId, ListingId, ProductId, Sku, Timestamp};

use super::OfferAccounts;
use super::sharing::Sharing;
use crate::columns::Columns as _;
use crate::db::{Kind, Set};
use crate::listings_row::{OFFER_COLUMNS, offer_from_row};
use crate::policies::rules::Rules;
use crate::stock::{Sellable, StockBook, id_list};
use crate::{StoreError, TenantTx};

/// What planning a batch did.
#[derive(Debug, Clone, Default)]
pub struct PlanOutcome {
    /// Products planned.
    pub products: usize,
    /// Listings looked at.
    pub listings: usize,
    /// Accounts with something to write, with the most urgent priority of it.
    pub due: BTreeMap<AccountId, Priority>,
    /// Whether more products are waiting.
    pub more: bool,
}

/// How urgent it is to bring a listing from what it shows to `quantity`.
pub fn due_priority(expected: i64, quantity: i64) -> Priority {
    if quantity < expected {
        Priority::STOCK_DECREASE
    } else {
        Priority::STOCK_INCREASE
    }
}

/// What a plan writes, and the kinds of its values after the key.
const PLAN: Set<'_> = Set {
    assignments: "desired_qty = $3, due_qty = $4, due_priority = $5, due_cause = $6, due_caused_at = $7, hold = $8, \
                  regime = $9",
    only: "",
};
const PLAN_KINDS: &[Kind] = &[
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Text,
];

/// A listing with all the plan may change.
pub(crate) struct PlannedListing {
    pub(crate) id: ListingId,
    pub(crate) account: AccountId,
    pub(crate) product: ProductId,
    pub(crate) sku: Sku,
    pub(crate) handle: Option<String>,
    pub(crate) units: i64,
    pub(crate) offer: Offer,
    /// What each of the channel's locations showed when last read; empty where it has none.
    pub(crate) places: Vec<PlaceUnits>,
    /// How many units of the listing each of them can be given.
    pub(crate) room: Vec<i64>,
    pub(crate) pace: Pace,
    pub(crate) not_before: Option<Timestamp>,
    /// What allocation gives it; nothing while nobody has counted the product.
    pub(crate) desired: Option<i64>,
    pub(crate) decision: Decision,
    /// Whether its units are its own or everybody's.
    pub(crate) regime: Regime,
    /// Whether the product may be sold by listings that nobody has read yet.
    doubted: bool,
    before: (Regime, Option<i64>, Option<i64>, Option<String>),
}

impl TenantTx {
    /// Plans up to `limit` dirty products: writes what each listing should show, what is due and what is held back, and
    /// says which accounts have work.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn plan_dirty(
        &mut self,
        accounts: &OfferAccounts,
        limit: i64,
    ) -> Result<PlanOutcome, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT product_id FROM dirty_products WHERE tenant_id = $1 ORDER BY caused_at, product_id LIMIT $2",
                &[self.key(), limit.into()],
            )
            .await?;
        let marked = rows
            .iter()
            .map(|row| row.parsed(0))
            .collect::<Result<BTreeSet<ProductId>, _>>()?;
        let mut outcome = PlanOutcome {
            more: i64::try_from(rows.len()).unwrap_or(0) == limit,
            ..PlanOutcome::default()
        };
        if marked.is_empty() {
            return Ok(outcome);
        }
        let book = StockBook::lock_whole(self, &marked).await?;
        let causes = self.take_marks(&book.products()).await?;
        let products = super::kits::together(&book, causes.keys().copied());
        let planned = self.plan_locked(accounts, &products, &book).await?;
        (outcome.products, outcome.listings) = (causes.len(), planned.len());
        self.write_plan(&planned, &causes, &mut outcome).await?;
        Ok(outcome)
    }

    /// Takes the marks of products that are locked. Another planner may have taken them meanwhile; whoever is marking one
    /// right now is waited for, so that what is read after this includes what caused the mark.
    async fn take_marks(
        &mut self,
        products: &BTreeSet<ProductId>,
    ) -> Result<BTreeMap<ProductId, (String, Timestamp)>, StoreError> {
        let params = [self.key(), id_list(products)];
        let rows = self
            .tx
            .query(
                "SELECT product_id, cause, caused_at FROM dirty_products WHERE tenant_id = $1 AND product_id {in $2} \
                 {lock_by product_id}",
                &params,
            )
            .await?;
        self.tx
            .exec(
                "DELETE FROM dirty_products WHERE tenant_id = $1 AND product_id {in $2}",
                &params,
            )
            .await?;
        let mut causes = BTreeMap::new();
        for row in &rows {
            causes.insert(row.parsed(0)?, (row.string(1)?, row.time(2)?));
        }
        Ok(causes)
    }

    /// Locks the products and what shares a component with them, and decides for each listing of all these that the seller
    /// ships.
    pub(super) async fn plan_products(
        &mut self,
        accounts: &OfferAccounts,
        products: &BTreeSet<ProductId>,
    ) -> Result<Vec<PlannedListing>, StoreError> {
        let book = StockBook::lock_whole(self, products).await?;
        self.plan_locked(accounts, &book.products(), &book).await
    }

    async fn plan_locked(
        &mut self,
        accounts: &OfferAccounts,
        products: &BTreeSet<ProductId>,
        book: &StockBook,
    ) -> Result<Vec<PlannedListing>, StoreError> {
        let rules = Rules::load(self, Some(products)).await?;
        let mut listings = self.listings_of(products).await?;
        if self.listings_awaited().await? {
            // Any of these products may be sold somewhere that is in no plan yet.
            for listing in &mut listings {
                listing.doubted = true;
            }
        }
        let now = self.env.now();
        super::places::find_room(&mut listings, book, accounts);
        let allotment = super::kits::allotment(book, &listings);
        for group in listings.chunk_by_mut(|a, b| a.product == b.product) {
            let product = group[0].product;
            let stock = book.sellable(product);
            if !stock.counted {
                continue;
            }
            match allotment.of(product) {
                Some(allotted) => {
                    let stock = Sellable {
                        available: allotted,
                        ..stock
                    };
                    share(group, &stock, accounts, &rules, now);
                }
                None => {
                    share(group, &stock, accounts, &rules, now);
                    decide(group, stock.available, accounts, now);
                }
            }
        }
        super::kits::decide(&mut listings, book, accounts, now);
        super::places::move_misplaced(&mut listings, accounts, now);
        Ok(listings)
    }

    /// Locks the listings of the products that the seller ships, by product.
    pub(crate) async fn listings_of(
        &mut self,
        products: &BTreeSet<ProductId>,
    ) -> Result<Vec<PlannedListing>, StoreError> {
        let sql = format!(
            "SELECT id, account_id, product_id, sku, handle, units, sold_milli, sold_at, not_before, desired_qty, \
             due_qty, hold, regime, places_shown, {OFFER_COLUMNS} FROM listings WHERE tenant_id = $1 AND product_id {{in $2}} \
             AND fulfilled_by = '{}' {{lock_by id}}",
            FulfilledBy::Seller
        );
        let rows = self.tx.query(&sql, &[self.key(), id_list(products)]).await?;
        let mut listings = rows
            .iter()
            .map(|row| {
                let regime = row.named(12, Regime::parse)?;
                Ok(PlannedListing {
                    id: row.parsed(0)?,
                    account: row.parsed(1)?,
                    product: row.parsed(2)?,
                    sku: row.sku(3)?,
                    handle: row.opt_string(4)?,
                    units: row.int(5)?.max(1),
                    pace: Pace {
                        sold_milli: row.int(6)?,
                        at: row.time(7)?,
                    },
                    not_before: row.opt_time(8)?,
                    before: (regime, row.opt_int(9)?, row.opt_int(10)?, row.opt_string(11)?),
                    places: super::places::from_text(row, 13)?,
                    room: Vec::new(),
                    offer: offer_from_row(row, 14)?,
                    regime,
                    doubted: false,
                    desired: None,
                    decision: Decision::Keep,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        listings.sort_by_key(|l| (l.product, l.id));
        Ok(listings)
    }

    async fn write_plan(
        &mut self,
        planned: &[PlannedListing],
        causes: &BTreeMap<ProductId, (String, Timestamp)>,
        outcome: &mut PlanOutcome,
    ) -> Result<(), StoreError> {
        let now = self.env.now();
        let mut rows = Vec::new();
        for listing in planned {
            let decision = super::guarded::take_back(self.env.guards(), &listing.offer, listing.decision);
            let (due, hold) = match decision {
                Decision::Write { quantity, .. } => (Some(quantity), None),
                Decision::Hold(hold) => (None, Some(hold.name())),
                Decision::Keep => (None, None),
            };
            let priority = due.map(|q| due_priority(listing.offer.expected().unwrap_or(0), q));
            if let Some(priority) = priority {
                let slot = outcome.due.entry(listing.account).or_insert(priority);
                *slot = (*slot).min(priority);
            }
            let after = (listing.regime, listing.desired, due, hold.map(str::to_owned));
            if after == listing.before {
                continue;
            }
            let (cause, caused_at) = causes
                .get(&listing.product)
                .cloned()
                .unwrap_or_else(|| ("plan".into(), now));
            rows.push(vec![
                self.key(),
                listing.id.into(),
                listing.desired.into(),
                due.into(),
                priority.map(|p| p.0).into(),
                cause.into(),
                caused_at.into(),
                hold.into(),
                listing.regime.name().into(),
            ]);
        }
        self.tx.update_many("listings", &PLAN, PLAN_KINDS, rows).await?;
        Ok(())
    }
}

/// Shares one product's stock out among its listings.
fn share(
    group: &mut [PlannedListing],
    stock: &Sellable,
    accounts: &OfferAccounts,
    rules: &Rules,
    now: Timestamp,
) {
    let listings: Vec<&PlannedListing> = group.iter().collect();
    let sharing = Sharing::new(group[0].product, &listings, stock, accounts, rules, now);
    for (index, listing) in group.iter_mut().enumerate() {
        let share = sharing.outcome.listings[index].quantity;
        listing.desired = Some(super::places::within_room(listing, share));
        listing.regime = sharing.outcome.accounts[sharing.of_listing[index]].regime;
    }
}

/// Whether a listing's channel sells by itself.
pub(super) fn is_remote(listing: &PlannedListing, accounts: &OfferAccounts) -> bool {
    accounts.get(&listing.account).is_none_or(|a| a.remote)
}

/// Decides for each listing of one product.
fn decide(group: &mut [PlannedListing], available: i64, accounts: &OfferAccounts, now: Timestamp) {
    let remote = |l: &PlannedListing| is_remote(l, accounts);
    let candidates: Vec<Candidate> = group
        .iter()
        .filter(|l| remote(l))
        .map(|l| candidate(l, accounts, now))
        .collect();
    let decisions = plan(available, &candidates);
    for (listing, decision) in group.iter_mut().filter(|l| remote(l)).zip(decisions) {
        listing.decision = decision;
    }
}

/// How late an account may be that nobody told of; it is not written to.
const UNKNOWN: Timing = Timing {
    order_visibility: Duration::from_secs(86_400),
    write_apply: Duration::from_secs(86_400),
};

pub(super) fn candidate(listing: &PlannedListing, accounts: &OfferAccounts, now: Timestamp) -> Candidate {
    let account = accounts.get(&listing.account);
    let mut offer = listing.offer;
    if listing.doubted {
        offer.since = Timestamp::EPOCH;
    }
    Candidate {
        offer,
        units: listing.units,
        desired: listing.desired.unwrap_or(0),
        units_per_day: listing.pace.units_per_day(now),
        timing: account.map_or(UNKNOWN, |a| a.timing),
        mode: account.map_or(WriteMode::Absolute, |a| a.mode),
        writable: account.is_some_and(|a| a.writable) && listing.not_before.is_none_or(|t| t <= now),
        regime: listing.regime,
    }
}
