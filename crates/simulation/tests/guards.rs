//! The check can fail: each guard of the protocol, left out, is missed.
//!
//! Each search starts at a seed known to need it, to be quick, and goes on a little, as any change of the protocol changes
//! which seeds do. The whole search is `stockbridge simulate --seeds 300 --days 2 --without GUARD`.

use stockbridge_simulation::{Guard, Setup, run};

/// Seeds tried for each guard.
const SEEDS: u64 = 20;

/// A guard and a seed whose first two days need it.
const NEEDED_BY: &[(Guard, u64)] = &[
    (Guard::RecordFirst, 1),
    (Guard::CountInFlight, 1),
    (Guard::UnseenMargin, 1),
    (Guard::KeepUnknown, 5),
    (Guard::AwaitProof, 1),
    (Guard::WaitForOrders, 2),
    (Guard::AskForPlaced, 11),
    (Guard::LateSale, 1),
    (Guard::OfferAgain, 4),
    (Guard::DoubtGap, 7),
    (Guard::FreeOnly, 1),
    (Guard::ReservePending, 6),
];

#[test]
fn every_guard_is_missed_when_it_is_left_out() {
    for (guard, seed) in NEEDED_BY {
        let without = Setup {
            days: 2,
            without: Some(*guard),
        };
        let missed = (*seed..*seed + SEEDS).any(|seed| {
            let outcome = run(seed, &without, false).expect("the simulation goes on");
            !outcome.violations.is_empty()
        });
        assert!(
            missed,
            "seeds {seed} and on hold without `{guard}`: {}",
            guard.what()
        );
    }
}
