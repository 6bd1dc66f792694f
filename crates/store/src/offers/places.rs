//! A channel's own locations: which of them gets how many of a listing's units.
//!
//! The bound, the share and the decision are about the listing as a whole. Here its quantity is spread over the channel's
//! locations by what lies at the locations of the hub that feed them.

use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Change, LevelPart, WriteMode};
use stockbridge_domain::exposure::{Decision, Hold};
use stockbridge_domain::places::{PlaceUnits, misplaced, split};

use super::OfferAccounts;
use super::planning::{PlannedListing, candidate, is_remote};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::Row;
use crate::stock::StockBook;

/// Reads the locations a listing showed.
pub(super) fn from_text(row: &Row, column: usize) -> Result<Vec<PlaceUnits>, StoreError> {
    match row.opt_text(column)? {
        Some(_) => row.json(column),
        None => Ok(Vec::new()),
    }
}

/// The column's text for what was read.
pub(super) fn shown_text(places: &[PlaceUnits]) -> Result<String, StoreError> {
    text(&places)
}

/// The column's text for what is sent; nothing where the channel has no locations.
pub(super) fn sent_text(parts: &[LevelPart]) -> Result<Option<String>, StoreError> {
    (!parts.is_empty()).then(|| text(&parts)).transpose()
}

fn text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Invalid {
        detail: format!("locations have no JSON form ({error}); this is a bug, please report it"),
    })
}

/// Finds how many units each of the channels' locations can be given.
pub(crate) fn find_room(listings: &mut [PlannedListing], book: &StockBook, accounts: &OfferAccounts) {
    for listing in listings.iter_mut().filter(|listing| !listing.places.is_empty()) {
        let Some(account) = accounts.get(&listing.account) else {
            continue;
        };
        let mut room = vec![0; listing.places.len()];
        for (location, name) in book.selling_places() {
            let fed = account
                .places
                .fed_by(&location.to_string(), name, &listing.places);
            if let Some(room) = fed.and_then(|position| room.get_mut(position)) {
                *room += book.available_at(listing.product, location).max(0);
            }
        }
        listing.room = room.into_iter().map(|units| units / listing.units).collect();
    }
}

/// The part of a listing's share that its channel's locations have room for.
pub(crate) fn within_room(listing: &PlannedListing, share: i64) -> i64 {
    match listing.room.as_slice() {
        [] => share,
        room => share.min(room.iter().sum()),
    }
}

/// Writes listings anew that show the right quantity at the wrong locations. Where a write overwrites, that waits for the
/// next change of the quantity: overwriting costs a margin.
pub(super) fn move_misplaced(listings: &mut [PlannedListing], accounts: &OfferAccounts, now: Timestamp) {
    for listing in listings.iter_mut().filter(|listing| !listing.room.is_empty()) {
        let idle = matches!(
            listing.decision,
            Decision::Keep | Decision::Hold(Hold::Close | Hold::NoHeadroom)
        );
        let one = candidate(listing, accounts, now);
        let shown: i64 = listing.places.iter().map(|place| place.quantity).sum();
        let known = one.mode != WriteMode::Absolute && listing.offer.believed() == Some(shown);
        if idle && known && one.writable && is_remote(listing, accounts) {
            let wanted = split(shown, &listing.room, default_of(listing, accounts));
            if misplaced(&listing.places, &wanted) {
                listing.decision = one.rewrite(shown);
            }
        }
    }
}

/// What each location is sent, when the listing is to show `quantity`.
pub(super) fn parts(
    listing: &PlannedListing,
    accounts: &OfferAccounts,
    quantity: i64,
    change: Change,
) -> Vec<LevelPart> {
    if listing.places.is_empty() {
        return Vec::new();
    }
    let shown: i64 = listing.places.iter().map(|place| place.quantity).sum();
    // A change moves what is there, whatever that is by now; its parts add up to it.
    let total = match change {
        Change::By(delta) => (shown + delta).max(0),
        Change::Set | Change::From(_) => quantity,
    };
    let part = |(place, wanted): (&PlaceUnits, PlaceUnits)| LevelPart {
        location: wanted.location,
        shown: place.quantity,
        quantity: wanted.quantity,
    };
    let wanted = spread(listing, accounts, total);
    listing.places.iter().zip(wanted).map(part).collect()
}

/// How `total` units of a listing are spread over its channel's locations; nothing where it has none.
pub(crate) fn spread(listing: &PlannedListing, accounts: &OfferAccounts, total: i64) -> Vec<PlaceUnits> {
    let wanted = split(total, &listing.room, default_of(listing, accounts));
    let place = |(place, quantity): (&PlaceUnits, i64)| PlaceUnits {
        location: place.location.clone(),
        quantity,
    };
    listing.places.iter().zip(wanted).map(place).collect()
}

fn default_of(listing: &PlannedListing, accounts: &OfferAccounts) -> usize {
    let account = accounts.get(&listing.account);
    account.map_or(0, |account| account.places.default_in(&listing.places))
}
