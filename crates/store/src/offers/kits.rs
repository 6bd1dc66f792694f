//! Planning kits: which products have to be planned together, what each may share out, and one decision from many pools.
//!
//! Each component is a pool with its own plan; a kit's listings stand in the plan of every component they draw on, with
//! the units they take of it. See the domain's [`allot`] and [`joint`].

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::exposure::{Candidate, Decision, joint, plan};
use stockbridge_domain::kit::{Allotment, allot};
use stockbridge_domain::{ProductId, Timestamp};

use super::OfferAccounts;
use super::planning::{PlannedListing, candidate, is_remote};
use crate::stock::StockBook;

/// Products of the book that have to be planned when `products` are.
pub(super) fn together(book: &StockBook, products: impl Iterator<Item = ProductId>) -> BTreeSet<ProductId> {
    let mut all: BTreeSet<ProductId> = products.collect();
    loop {
        let before = all.len();
        for (kit, parts) in book.kits() {
            if all.contains(kit) || parts.iter().any(|part| all.contains(&part.product)) {
                all.insert(*kit);
                all.extend(parts.iter().map(|part| part.product));
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

/// What kits and components may share out among their listings.
pub(crate) struct Allotted(Allotment);

impl Allotted {
    /// Units that a product's listings may share out; nothing for what is neither kit nor component.
    pub(crate) fn of(&self, product: ProductId) -> Option<i64> {
        let of_kit = self.0.kits.get(&product);
        of_kit.or_else(|| self.0.components.get(&product)).copied()
    }
}

/// Allots what there is of the components among those that are listed.
pub(crate) fn allotment(book: &StockBook, listings: &[PlannedListing]) -> Allotted {
    if book.kits().is_empty() {
        return Allotted(Allotment::default());
    }
    let listed: BTreeSet<ProductId> = listings.iter().map(|listing| listing.product).collect();
    let components = book.kits().values().flatten().map(|part| part.product);
    let available: BTreeMap<ProductId, i64> = components
        .map(|component| (component, book.sellable(component).available))
        .collect();
    let kits = book
        .kits()
        .iter()
        .filter(|(kit, _)| listed.contains(kit))
        .map(|(kit, parts)| (*kit, parts.clone()))
        .collect();
    Allotted(allot(&available, &kits, |component| listed.contains(&component)))
}

/// Decides for the listings of kits and components.
pub(super) fn decide(
    listings: &mut [PlannedListing],
    book: &StockBook,
    accounts: &OfferAccounts,
    now: Timestamp,
) {
    let pools: BTreeSet<ProductId> = book.kits().values().flatten().map(|part| part.product).collect();
    let mut said: BTreeMap<usize, Vec<Decision>> = BTreeMap::new();
    for pool in pools {
        let members: Vec<(usize, Candidate)> = listings
            .iter()
            .enumerate()
            .filter(|(_, listing)| is_remote(listing, accounts))
            .filter_map(|(index, listing)| {
                let made_of = book.made_of(listing.product);
                let part = made_of.iter().find(|part| part.product == pool)?;
                let one = candidate(listing, accounts, now);
                let units = one.units.saturating_mul(part.units);
                Some((index, Candidate { units, ..one }))
            })
            .collect();
        let candidates: Vec<Candidate> = members.iter().map(|(_, candidate)| *candidate).collect();
        let decisions = plan(book.sellable(pool).available, &candidates);
        for ((index, _), decision) in members.iter().zip(decisions) {
            said.entry(*index).or_default().push(decision);
        }
    }
    for (index, decisions) in said {
        // Of a product nobody has counted nobody is told anything.
        if listings[index].desired.is_some() {
            listings[index].decision = joint(&candidate(&listings[index], accounts, now), &decisions);
        }
    }
}
