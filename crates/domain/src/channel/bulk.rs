//! Writing very many quantities at once: a batch is handed in, worked through by the channel, and answered item by item.

use std::time::Duration;

use super::exchange::{ItemResult, Level};
use super::fault::ChannelError;
use crate::{BoxFut, Sku, Timestamp};

/// How a batch compares with single writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkTerms {
    /// Most quantities of one batch.
    pub most: usize,
    /// From so many waiting quantities on a batch is worth it.
    pub worth_from: usize,
    /// Single writes in a million seconds.
    pub single_rate_micro: i64,
    /// How long a batch usually takes until it is in force.
    pub takes: Duration,
    /// How long it may take at the worst: what is sold unseen meanwhile is reckoned with.
    pub takes_at_most: Duration,
    /// Batches are not closer together than this.
    pub apart: Duration,
}

impl BulkTerms {
    /// Of so many waiting quantities, the most urgent of which come first: how many of the first are sooner in force one by
    /// one than by a batch. The rest goes by a batch; `None` when it is not worth one.
    ///
    /// A batch costs nothing of the budget for single writes, but answers late: so whatever single writes get done before a
    /// batch would be in force is written singly.
    pub fn singly(&self, waiting: usize) -> Option<usize> {
        if waiting < self.worth_from {
            return None;
        }
        let rate = u128::from(self.single_rate_micro.max(0).unsigned_abs());
        let in_time = rate * self.takes.as_millis() / 1_000_000_000;
        let in_time = usize::try_from(in_time).unwrap_or(usize::MAX);
        // What is worth a batch at all is never written singly as a whole.
        let singly = in_time.min(self.worth_from / 2);
        (waiting > singly).then_some(singly)
    }
}

/// A batch that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkTicket {
    /// The channel's id of it.
    pub id: String,
    /// When to ask for the first time what became of it.
    pub look_at: Timestamp,
}

/// Where a batch stands.
#[derive(Debug, Clone)]
pub enum BulkState {
    /// The channel has not finished; ask again at this instant.
    Waiting(Timestamp),
    /// What became of each item, in the order they were asked for.
    Done {
        /// One for each item.
        results: Vec<ItemResult>,
        /// What the channel said of the whole, for people.
        summary: String,
    },
}

/// Sets very many quantities at once.
pub trait BulkStockSink: Send + Sync {
    /// How a batch compares with single writes.
    fn terms(&self) -> BulkTerms;
    /// Hands in a batch; no SKU is in it twice. Any fault but [`super::Fault::Ambiguous`] means that nothing was handed in.
    fn submit<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Result<BulkTicket, ChannelError>>;
    /// Where a batch stands; `skus` are its items in the order they were handed in.
    fn collect<'a>(&'a self, ticket: &'a str, skus: &'a [Sku])
    -> BoxFut<'a, Result<BulkState, ChannelError>>;
    /// A batch that was handed in since and is none of the `known`: the one whose answer got lost.
    fn find<'a>(
        &'a self,
        since: Timestamp,
        known: &'a [String],
    ) -> BoxFut<'a, Result<Option<BulkTicket>, ChannelError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: BulkTerms = BulkTerms {
        most: 25_000,
        worth_from: 5_000,
        single_rate_micro: 5_000_000,
        takes: Duration::from_secs(300),
        takes_at_most: Duration::from_secs(21_600),
        apart: Duration::from_secs(300),
    };

    #[test]
    fn the_urgent_go_singly_as_long_as_that_is_sooner() {
        assert_eq!(TERMS.singly(4_999), None);
        assert_eq!(TERMS.singly(5_000), Some(1_500));
        assert_eq!(TERMS.singly(80_000), Some(1_500));
        let slow = BulkTerms {
            takes: Duration::from_secs(7_200),
            ..TERMS
        };
        assert_eq!(slow.singly(5_000), Some(2_500), "half of what is worth a batch");
        let small = BulkTerms {
            worth_from: 1,
            ..TERMS
        };
        assert_eq!((small.singly(1), small.singly(0)), (Some(0), None));
    }
}
