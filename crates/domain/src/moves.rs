//! Goods that move without an order: transfers between locations, counts of the shelf, returns by buyers.

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// How far a transfer has come.
    TransferStatus {
        /// Written down; nothing has moved.
        Draft = "draft",
        /// Left the one location, not at the other: nobody's to sell.
        InTransit = "in_transit",
        /// Everything has arrived or is known to be lost.
        Received = "received",
        /// Called off before it was sent.
        Cancelled = "cancelled",
    }
}

named! {
    /// How far a count has come.
    CountStatus {
        /// Numbers are being entered; the books are as they were.
        Open = "open",
        /// The differences are in the books.
        Posted = "posted",
        /// Called off; nothing was entered.
        Cancelled = "cancelled",
    }
}

named! {
    /// How goods came back.
    Condition {
        /// As good as new: back on the shelf.
        Sellable = "sellable",
        /// Not to be sold again.
        Damaged = "damaged",
    }
}

/// What a count says of the books: units to add.
///
/// `counted` lay there at the moment of counting; the books say `on_hand` now, and `moved` is what they added (a
/// negative number: took away) after that moment. A unit shipped between counting and posting is therefore neither
/// missing nor found.
pub const fn count_difference(counted: i64, on_hand: i64, moved: i64) -> i64 {
    counted - (on_hand - moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_shipped_after_counting_is_not_missing() {
        assert_eq!(count_difference(10, 10, 0), 0);
        assert_eq!(count_difference(10, 7, -3), 0, "three left after the count");
        assert_eq!(count_difference(9, 7, -3), -1, "one was missing all the same");
        assert_eq!(count_difference(2, -1, -2), 1);
    }

    proptest! {
        /// After posting, the books say what was counted and what moved since.
        #[test]
        fn the_books_follow_the_count(counted in 0i64..100, before in -20i64..100, moved in -50i64..50) {
            let on_hand = before + moved;
            let after = on_hand + count_difference(counted, on_hand, moved);
            prop_assert_eq!(after, counted + moved);
        }
    }
}
