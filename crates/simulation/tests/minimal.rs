//! A failure is told by the least that leads to it, the same each time, and can be lived through again.

use stockbridge_simulation::{Guard, Mode, Setup, run_and_explain, run_part};

#[test]
fn the_least_of_a_failure_is_small_repeats_itself_and_still_fails() {
    let setup = Setup {
        days: 1,
        without: Some(Guard::UnseenMargin),
        mode: Mode::Strict,
    };
    let explain = || run_and_explain(1, &setup).unwrap();
    let outcome = explain();
    let least = outcome.minimal.clone().expect("the run fails");
    let deeds = least.part.deeds.clone().expect("deeds were left out");
    assert!(
        deeds.len() <= 5 && deeds.len() < least.deeds_in_all,
        "{deeds:?} of {}",
        least.deeds_in_all
    );
    assert!(
        (3..=48).contains(&least.trace.len()),
        "{} lines",
        least.trace.len()
    );
    assert!(least.trace.last().is_some_and(|line| line.contains("** ")));
    assert!(
        least
            .replay
            .starts_with("stockbridge simulate --seeds 1 --first 1 --days 1")
            && least.replay.contains("--without unseen-margin --keep "),
        "{}",
        least.replay
    );
    assert_eq!(explain().minimal.as_ref(), Some(&least), "the same each time");

    let again = run_part(1, &setup, &least.part, true).unwrap();
    assert_eq!(again.violations[0].rule, outcome.violations[0].rule);
    assert!(least.trace.iter().all(|line| again.trace.contains(line)));
}

#[test]
fn a_run_that_holds_is_not_explained() {
    let setup = Setup {
        days: 1,
        without: None,
        mode: Mode::Strict,
    };
    let outcome = run_and_explain(2, &setup).unwrap();
    assert_eq!((outcome.violations, outcome.minimal), (Vec::new(), None));
}
