//! Importing orders: one page of snapshots becomes orders, lines, reservations, ledger entries, lower exposures and
//! dirty products, in one transaction and a fixed number of statements whatever the page's length.
//!
//! Merging is idempotent: an order whose snapshot was merged before costs one look-up and no write, an older snapshot
//! than the known one is ignored, and every ledger entry has a cause that cannot happen twice. What a snapshot does not
//! mention stays as it was: a line that a cancelled order no longer lists is released all the same.

mod adopt;
pub(crate) mod lines;
mod load;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use stockbridge_domain::channel::OrderSnapshot;
use stockbridge_domain::guards::{Guard, Guards};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{Merge, OrderStatus, merge_status};
use stockbridge_domain::{AccountId, OrderId, OrderLineId, ProductId, Timestamp};

use crate::stock::StockBook;
use crate::stock_book::BelowZero;
use crate::{StoreError, TenantTx};
pub(crate) use load::LinePart;
use load::{KnownLine, KnownListing, KnownOrder};

/// The account whose orders are imported.
#[derive(Debug, Clone, Copy)]
pub struct ImportAccount {
    /// The account.
    pub id: AccountId,
    /// When it was connected: what was shipped before is history and not taken from stock again.
    pub connected_at: Timestamp,
}

/// Something a person should know about an imported order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A line sells a SKU that belongs to no product: nothing is reserved until it is mapped.
    Unmapped {
        /// The SKU as the channel gave it.
        sku: String,
        /// The channel's order id.
        order: String,
    },
    /// The channel's status is unknown to us.
    UnknownStatus {
        /// The channel's order id.
        order: String,
        /// Its word.
        word: String,
    },
    /// The channel went back on something final.
    Contradiction {
        /// The channel's order id.
        order: String,
        /// What it was.
        kept: OrderStatus,
        /// The channel's word.
        word: String,
    },
    /// The channel goes on with an order that it had called off, such as one that was paid late.
    TakenUp {
        /// The channel's order id.
        order: String,
        /// The channel's word.
        word: String,
    },
    /// More was sold than the listing's exposure allowed.
    Breach {
        /// The SKU of the listing.
        sku: String,
        /// Units beyond the bound.
        units: i64,
        /// The channel's order id.
        order: String,
    },
    /// More was taken from a shelf than lay there by the books.
    BelowZero(BelowZero),
    /// Less than nothing is available.
    Short {
        /// The product.
        product: ProductId,
        /// Units promised beyond what there is.
        units: i64,
    },
    /// Something in an order was read but not understood.
    Odd {
        /// The channel's order id.
        order: String,
        /// One sentence.
        what: String,
    },
}

/// What importing a page did.
#[derive(Debug, Clone, Default)]
pub struct ImportOutcome {
    /// Snapshots looked at.
    pub seen: i64,
    /// Orders that were new.
    pub created: i64,
    /// Orders that changed.
    pub changed: i64,
    /// Snapshots that said nothing new.
    pub unchanged: i64,
    /// Products whose offers have to be computed anew.
    pub dirty: usize,
    /// Whether a cancellation may have raised what a listing shows: its read-back is due now.
    pub reread: bool,
    /// Ids of the orders written, by the channel's id.
    pub orders: HashMap<String, OrderId>,
    /// What a person should know.
    pub notices: Vec<Notice>,
}

/// An order being merged.
struct Merged<'a> {
    id: OrderId,
    snapshot: &'a OrderSnapshot,
    status: OrderStatus,
    digest: String,
    known: bool,
    attention: Option<String>,
    lines: Vec<KnownLine>,
}

impl TenantTx {
    /// Merges snapshots of one account's orders.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account; otherwise when the database refuses. Nothing may be
    /// committed then.
    pub async fn import_orders(
        &mut self,
        account: &ImportAccount,
        snapshots: &[OrderSnapshot],
    ) -> Result<ImportOutcome, StoreError> {
        let mut outcome = ImportOutcome {
            seen: count(snapshots.len()),
            ..ImportOutcome::default()
        };
        self.lock_account(account.id).await?;
        let known = self.known_orders(account.id, snapshots).await?;
        let (mut fresh, unchanged) = select_fresh(snapshots, &known);
        reserve_pending(self.env.guards(), &mut fresh);
        outcome.unchanged = unchanged;
        if fresh.is_empty() {
            return Ok(outcome);
        }
        let mut lines = self
            .known_lines(fresh.iter().filter_map(|f| known.get(&*f.0.channel_order_id)))
            .await?;
        let mut goods = self.goods(account.id, &fresh, &lines).await?;
        let mut merged = Vec::with_capacity(fresh.len());
        for (snapshot, digest) in fresh {
            let before = known.get(&*snapshot.channel_order_id);
            let Some(order) = self.merge_one(snapshot, digest, before, &mut outcome) else {
                outcome.unchanged += 1;
                continue;
            };
            merged.push(order);
        }
        for order in &mut merged {
            let known_lines = lines.remove(&order.id).unwrap_or_default();
            lines::merge(
                self,
                account,
                order,
                known_lines,
                &mut goods,
                &mut outcome.notices,
            )?;
        }
        self.write_import(account, merged, goods, &mut outcome).await?;
        Ok(outcome)
    }

    fn merge_one<'a>(
        &self,
        snapshot: &'a OrderSnapshot,
        digest: String,
        known: Option<&KnownOrder>,
        outcome: &mut ImportOutcome,
    ) -> Option<Merged<'a>> {
        let order = || snapshot.channel_order_id.clone();
        let mut attention = None;
        let status = match merge_status(
            known.map(|k| (k.status, newer_only(self.env.guards(), k.updated_at))),
            snapshot,
        ) {
            Merge::Stale => return None,
            Merge::Apply(status) => status,
            Merge::TakenUp(status) => {
                let word = snapshot.channel_status.clone();
                attention = Some(format!(
                    "was called off, and the channel goes on with it as `{word}`: its units are reserved anew"
                ));
                let order = order();
                outcome.notices.push(Notice::TakenUp { order, word });
                status
            }
            Merge::Contradiction(kept) => {
                attention = Some(format!(
                    "was {kept}; the channel now says `{}`",
                    snapshot.channel_status
                ));
                let word = snapshot.channel_status.clone();
                outcome.notices.push(Notice::Contradiction {
                    order: order(),
                    kept,
                    word,
                });
                kept
            }
        };
        if snapshot.status.is_none() {
            attention = Some(format!(
                "the channel's status `{}` is unknown",
                snapshot.channel_status
            ));
            outcome.notices.push(Notice::UnknownStatus {
                order: order(),
                word: snapshot.channel_status.clone(),
            });
        }
        for what in &snapshot.oddities {
            outcome.notices.push(Notice::Odd {
                order: order(),
                what: what.clone(),
            });
            attention.get_or_insert_with(|| what.clone());
        }
        match known {
            Some(_) => outcome.changed += 1,
            None => outcome.created += 1,
        }
        let id = known.map_or_else(|| self.env.id(), |k| k.id);
        outcome.orders.insert(order(), id);
        Some(Merged {
            id,
            snapshot,
            status,
            digest,
            known: known.is_some(),
            attention,
            lines: Vec::new(),
        })
    }
}

/// Everything the lines of a page may move, under the products' locks.
pub(crate) struct Goods {
    /// Listings of the account by SKU.
    listings: HashMap<String, KnownListing>,
    /// Products by SKU, for lines whose listing is not known yet.
    products: HashMap<String, ProductId>,
    /// Their stock.
    book: StockBook,
    /// What to say of the product when it is planned anew: cause and instant.
    causes: BTreeMap<ProductId, (String, Timestamp)>,
    /// What lines of kits take, as far as it is to be kept.
    parts: Vec<(OrderLineId, LinePart)>,
}

impl Goods {
    /// The product that lines of a SKU are resolved to.
    fn product_of(&self, sku: &str) -> Option<ProductId> {
        let listing = self.listings.get(sku).and_then(|listing| listing.product);
        listing.or_else(|| self.products.get(sku).copied())
    }
}

/// Snapshots that say something new, each with its digest, the latest of each order only.
fn select_fresh<'a>(
    snapshots: &'a [OrderSnapshot],
    known: &HashMap<String, KnownOrder>,
) -> (Vec<(&'a OrderSnapshot, String)>, i64) {
    let mut latest: HashMap<&str, usize> = HashMap::with_capacity(snapshots.len());
    for (index, snapshot) in snapshots.iter().enumerate() {
        let slot = latest.entry(&snapshot.channel_order_id).or_insert(index);
        if snapshots[*slot].updated_at <= snapshot.updated_at {
            *slot = index;
        }
    }
    let mut kept: Vec<usize> = latest.into_values().collect();
    kept.sort_unstable();
    let mut unchanged = count(snapshots.len() - kept.len());
    let mut fresh = Vec::with_capacity(kept.len());
    for snapshot in kept.into_iter().map(|index| &snapshots[index]) {
        let digest = load::digest(snapshot);
        if known
            .get(&*snapshot.channel_order_id)
            .is_some_and(|k| k.digest == digest)
        {
            unchanged += 1;
        } else {
            fresh.push((snapshot, digest));
        }
    }
    (fresh, unchanged)
}

/// [`Guard::ReservePending`]: an order whose payment is pending is merged like any other.
fn reserve_pending(guards: Guards, fresh: &mut Vec<(&OrderSnapshot, String)>) {
    if !guards.on(Guard::ReservePending) {
        fresh.retain(|(snapshot, _)| snapshot.status != Some(OrderStatus::Pending));
    }
}

/// [`Guard::NewerOnly`]: since when a snapshot says something new.
fn newer_only(guards: Guards, known: Timestamp) -> Timestamp {
    if guards.on(Guard::NewerOnly) {
        known
    } else {
        Timestamp::EPOCH
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Whether lines of an order touch the seller's own stock.
fn is_own(fulfilled_by: FulfilledBy) -> bool {
    fulfilled_by == FulfilledBy::Seller
}

/// Products the lines of a page concern: those known by line, by listing, or by SKU.
fn concerned(
    fresh: &[(&OrderSnapshot, String)],
    lines: &HashMap<OrderId, Vec<KnownLine>>,
    listings: &HashMap<String, KnownListing>,
    products: &HashMap<String, ProductId>,
) -> BTreeSet<ProductId> {
    let by_line = lines.values().flatten().flat_map(|l| {
        l.product
            .into_iter()
            .chain(l.parts.iter().map(|part| part.product))
    });
    let by_sku = fresh
        .iter()
        .filter(|(s, _)| is_own(s.fulfilled_by))
        .flat_map(|(s, _)| &s.lines)
        .filter_map(|l| l.sku.as_ref())
        .filter_map(|sku| {
            listings
                .get(sku.as_str())
                .and_then(|l| l.product)
                .or_else(|| products.get(sku.as_str()).copied())
        });
    by_line.chain(by_sku).collect()
}
