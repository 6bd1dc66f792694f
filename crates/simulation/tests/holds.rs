//! The simulation on a few seeds; the whole proof is `stockbridge simulate`.

use stockbridge_simulation::{Mode, Setup, run};

const SETUP: Setup = Setup {
    days: 1,
    without: None,
    mode: Mode::Strict,
};

#[test]
fn nothing_is_oversold_and_everything_comes_to_rest() {
    for seed in 1..=4 {
        let outcome = run(seed, &SETUP, false).unwrap();
        assert_eq!(outcome.violations, [], "seed {seed}");
        assert_eq!(outcome.oversold_units, 0, "seed {seed}");
        assert!(
            outcome.orders > 0 && outcome.kills > 0,
            "seed {seed}: {outcome:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_last_byte() {
    let trace = || run(7, &SETUP, true).unwrap().trace;
    let first = trace();
    assert!(first.len() > 100, "{} lines", first.len());
    assert_eq!(first, trace());
}
