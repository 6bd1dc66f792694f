//! The check can fail: each guard of the protocol, left out, is missed within 300 seeds.
//!
//! Each search begins shortly before a seed known to need the guard, to be quick; the same from the first seed on is
//! `stockbridge simulate --seeds 300 --days 2 --without GUARD`.

use stockbridge_simulation::{Guard, Mode, Setup, run};

/// Most seeds of a search.
const SEEDS: u64 = 300;

/// Where the search for a guard begins.
const fn first(guard: Guard) -> u64 {
    match guard {
        Guard::DecideAnew => 16,
        Guard::KeepUnknown | Guard::ReservePending => 15,
        Guard::AskForPlaced => 106,
        Guard::OfferAgain => 7,
        Guard::DoubtGap => 40,
        Guard::NewerOnly => 28,
        Guard::LookBack => 14,
        Guard::Vouched => 19,
        _ => 1,
    }
}

/// How long each seed is lived through.
const fn days(guard: Guard) -> u64 {
    if matches!(guard, Guard::Vouched) { 2 } else { 1 }
}

/// Lives through each seed until one of them misses the guard.
fn is_missed(guard: Guard) {
    let setup = Setup {
        days: days(guard),
        without: Some(guard),
        mode: Mode::Strict,
    };
    let first = first(guard);
    let missed = (first..first + SEEDS).find(|seed| {
        let outcome = run(*seed, &setup, false);
        outcome.is_ok_and(|outcome| !outcome.violations.is_empty())
    });
    let what = guard.what();
    assert!(
        missed.is_some(),
        "seeds {first} to {} hold without `{guard}`: {what}",
        first + SEEDS - 1
    );
}

macro_rules! each_is_missed {
    ($($name:ident: $guard:ident,)+) => {
        $(#[test]
        fn $name() {
            is_missed(Guard::$guard);
        })+

        #[test]
        fn no_guard_is_left_out_here() {
            assert_eq!(Guard::ALL, [$(Guard::$guard),+]);
        }
    };
}

each_is_missed! {
    record_first_is_missed: RecordFirst,
    count_in_flight_is_missed: CountInFlight,
    unseen_margin_is_missed: UnseenMargin,
    decide_anew_is_missed: DecideAnew,
    keep_unknown_is_missed: KeepUnknown,
    await_proof_is_missed: AwaitProof,
    wait_for_orders_is_missed: WaitForOrders,
    ask_for_placed_is_missed: AskForPlaced,
    late_sale_is_missed: LateSale,
    offer_again_is_missed: OfferAgain,
    doubt_gap_is_missed: DoubtGap,
    take_back_is_missed: TakeBack,
    free_only_is_missed: FreeOnly,
    reserve_pending_is_missed: ReservePending,
    newer_only_is_missed: NewerOnly,
    vouched_is_missed: Vouched,
    look_back_is_missed: LookBack,
    left_behind_is_missed: LeftBehind,
}
