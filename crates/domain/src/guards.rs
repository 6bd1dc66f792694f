//! The guards of the protocol against overselling, by name.
//!
//! Each is one function in the code it protects, which asks [`Guards`] whether it is on. They always are: only the
//! simulation can build a set with one left out, to show that its checks would notice.

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// A guard of the protocol.
    Guard {
        /// A write is recorded before its first byte leaves, so that a crash in between forgets nothing.
        RecordFirst = "record-first",
        /// A write raises the bound from the moment it is recorded.
        CountInFlight = "count-in-flight",
        /// Units that may be sold unseen before a write lands come on top of what is written.
        UnseenMargin = "unseen-margin",
        /// What is due is decided anew, under the lock, when it is about to leave.
        DecideAnew = "decide-anew",
        /// A write whose answer got lost keeps its bound until the channel was read.
        KeepUnknown = "keep-unknown",
        /// An accepted write counts as landed only once a reading proves it.
        AwaitProof = "await-proof",
        /// A bound becomes exact only when every order placed before the reading is in.
        WaitForOrders = "wait-for-orders",
        /// Orders are asked for by when they were placed before a bound becomes exact.
        AskForPlaced = "ask-for-placed",
        /// A sale placed before the reading a bound was settled on is not taken off again.
        LateSale = "late-sale",
        /// A cancellation raises the bound: the channel may offer the units again.
        OfferAgain = "offer-again",
        /// A reading of the gap that an order left which was called off unseen is not settled on.
        DoubtGap = "doubt-gap",
        /// What is offered too much is taken back.
        TakeBack = "take-back",
        /// The own store sells only what no channel could.
        FreeOnly = "free-only",
        /// An order reserves its units while its payment is pending.
        ReservePending = "reserve-pending",
        /// An older snapshot of an order does not overwrite a newer one.
        NewerOnly = "newer-only",
        /// Orders count as complete only up to the instant the channel itself vouches for.
        Vouched = "vouched",
        /// Every pull looks back over the time the channel may show an order late.
        LookBack = "look-back",
        /// What a dead worker left behind is taken up again.
        LeftBehind = "left-behind",
    }
}

impl Guard {
    /// What it does, in one sentence.
    pub const fn what(self) -> &'static str {
        match self {
            Self::RecordFirst => "a write is recorded before its first byte leaves",
            Self::CountInFlight => "a write counts from the moment it is recorded",
            Self::UnseenMargin => "units that may be sold unseen before a write lands come on top of it",
            Self::DecideAnew => "what is due is decided anew when it is about to leave",
            Self::KeepUnknown => "a write whose answer got lost keeps its bound until the channel was read",
            Self::AwaitProof => "an accepted write counts as landed only once a reading proves it",
            Self::WaitForOrders => "a bound becomes exact only when every order before the reading is in",
            Self::AskForPlaced => {
                "orders are asked for by when they were placed before a bound becomes exact"
            }
            Self::LateSale => "a sale from before the reading a bound rests on is not taken off again",
            Self::OfferAgain => "a cancellation raises the bound",
            Self::DoubtGap => "the gap of an order that came and went unseen is not settled on",
            Self::TakeBack => "what is offered too much is taken back",
            Self::FreeOnly => "the own store sells only what no channel could",
            Self::ReservePending => "an order reserves its units while its payment is pending",
            Self::NewerOnly => "an older snapshot of an order does not overwrite a newer one",
            Self::Vouched => "orders are complete only up to the instant the channel vouches for",
            Self::LookBack => "every pull looks back over the time orders may be late",
            Self::LeftBehind => "what a dead worker left behind is taken up again",
        }
    }
}

/// Which guards are on; all of them, unless the simulation says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guards {
    off: Option<Guard>,
}

impl Guards {
    /// All but one. For the simulation alone.
    pub const fn without(guard: Guard) -> Self {
        Self { off: Some(guard) }
    }

    /// Whether a guard is on.
    pub fn on(self, guard: Guard) -> bool {
        self.off != Some(guard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_guards_are_on_unless_one_is_left_out() {
        assert!(Guard::ALL.len() >= 12);
        for guard in Guard::ALL {
            assert!(Guards::default().on(*guard));
            let without = Guards::without(*guard);
            assert_eq!(Guard::ALL.iter().filter(|g| !without.on(**g)).count(), 1);
            assert_eq!(Guard::parse(guard.name()), Some(*guard));
        }
    }
}
