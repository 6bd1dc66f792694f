//! What is remembered of a shop between connections: how it takes parcels, how it sorts, how much it bears at once.
//!
//! All of it can be found out again, so it is kept in memory only; another process finds it out for itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use stockbridge_domain::{AccountId, Currency};

/// Most shops that are remembered; beyond it all are forgotten and found out anew.
const MAX_SHOPS: usize = 4096;
/// Items of the first batch: what cheap hosting does well within its time limit.
const FIRST_BATCH: usize = 25;
/// Items of a batch the API takes at most.
pub(super) const MAX_BATCH: usize = 100;

/// How a shop takes tracking numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParcelWay {
    /// The core's own order fulfilments.
    Fulfilments,
    /// The Shipment Tracking extension.
    Tracking,
    /// Neither: a note to the buyer.
    Note,
}

/// One shop's memory.
#[derive(Debug)]
pub(super) struct Memory {
    way: AtomicU8,
    unsorted: AtomicBool,
    batch: AtomicUsize,
    /// A batch was too much once: from then on they grow one by one.
    careful: AtomicBool,
    currency: Mutex<Option<Currency>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            way: AtomicU8::new(0),
            unsorted: AtomicBool::new(false),
            batch: AtomicUsize::new(FIRST_BATCH),
            careful: AtomicBool::new(false),
            currency: Mutex::default(),
        }
    }
}

impl Memory {
    /// How the shop takes tracking numbers, if that was found out.
    pub(super) fn parcel_way(&self) -> Option<ParcelWay> {
        match self.way.load(Ordering::Relaxed) {
            1 => Some(ParcelWay::Fulfilments),
            2 => Some(ParcelWay::Tracking),
            3 => Some(ParcelWay::Note),
            _ => None,
        }
    }

    /// Remembers how it takes them; `None` has it found out anew.
    pub(super) fn set_parcel_way(&self, way: Option<ParcelWay>) {
        let code = match way {
            None => 0,
            Some(ParcelWay::Fulfilments) => 1,
            Some(ParcelWay::Tracking) => 2,
            Some(ParcelWay::Note) => 3,
        };
        self.way.store(code, Ordering::Relaxed);
    }

    /// Whether the shop refused to sort orders by their last change, as those before that option do.
    pub(super) fn sorts_by_change(&self) -> bool {
        !self.unsorted.load(Ordering::Relaxed)
    }

    /// Remembers that it refused.
    pub(super) fn set_unsorted(&self) {
        self.unsorted.store(true, Ordering::Relaxed);
    }

    /// Items the next batch may have.
    pub(super) fn batch(&self) -> usize {
        self.batch.load(Ordering::Relaxed)
    }

    /// A batch of so many items was answered: after a full one the next may be twice as large, or one larger where one was
    /// too much before.
    pub(super) fn batch_went_well(&self, items: usize) {
        if items < self.batch() {
            return;
        }
        let larger = if self.careful.load(Ordering::Relaxed) {
            items + 1
        } else {
            items * 2
        };
        self.batch.store(larger.min(MAX_BATCH), Ordering::Relaxed);
    }

    /// A batch got no usable answer, as happens when it takes longer than the host allows.
    pub(super) fn batch_was_too_much(&self) {
        self.careful.store(true, Ordering::Relaxed);
        self.batch.store((self.batch() / 2).max(1), Ordering::Relaxed);
    }

    /// The currency the shop said it sells in.
    pub(super) fn currency(&self) -> Option<Currency> {
        *self.currency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the currency.
    pub(super) fn set_currency(&self, currency: Currency) {
        *self.currency.lock().unwrap_or_else(PoisonError::into_inner) = Some(currency);
    }
}

/// The memories of all shops.
#[derive(Debug, Default)]
pub(super) struct Memories(Mutex<HashMap<AccountId, Arc<Memory>>>);

impl Memories {
    /// The memory of one account's shop.
    pub(super) fn of(&self, account: AccountId) -> Arc<Memory> {
        let mut shops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shops.len() >= MAX_SHOPS && !shops.contains_key(&account) {
            shops.clear();
        }
        shops.entry(account).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_when_all_goes_well_and_shrink_at_once() {
        let memory = Memory::default();
        memory.batch_went_well(3);
        assert_eq!(memory.batch(), 25, "a small one proves nothing");
        memory.batch_went_well(25);
        memory.batch_went_well(50);
        memory.batch_went_well(100);
        assert_eq!(memory.batch(), MAX_BATCH);
        for expected in [50, 25, 12, 6, 3, 1, 1] {
            memory.batch_was_too_much();
            assert_eq!(memory.batch(), expected);
        }
        memory.batch_went_well(1);
        memory.batch_went_well(2);
        assert_eq!(memory.batch(), 3, "carefully from then on");
    }
}
