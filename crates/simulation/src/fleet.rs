//! Many seeds at once, one thread each: the runs know nothing of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;

use crate::{Broken, Minimal, Outcome, Report, Setup, run, run_and_explain};

/// Lives through `seeds` seeds from `first` on with so many at a time, and hands each outcome over as it comes. Ends early,
/// after the runs under way, when `stop` turns true or `each` answers false.
pub fn run_many(
    first: u64,
    seeds: u64,
    setup: &Setup,
    threads: usize,
    stop: &AtomicBool,
    mut each: impl FnMut(u64, Result<Outcome, Broken>) -> bool,
) {
    let next = AtomicU64::new(0);
    let (sender, outcomes) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds {
                        return;
                    }
                    let seed = first + seed;
                    if sender.send((seed, run(seed, setup, false))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, outcome) in outcomes {
            if !each(seed, outcome) {
                stop.store(true, Ordering::SeqCst);
            }
        }
    });
}

/// Failures of one report that are explained; where more seeds fail, these tell enough, and each of the others is explained
/// when it is run by itself.
pub const MOST_EXPLAINED: usize = 24;

/// Finds for the first failures of a report, by seed, the least that leads to each.
pub fn explain(report: &mut Report, setup: &Setup, threads: usize, stop: &AtomicBool) {
    report.failures.sort_by_key(|failure| failure.seed);
    let seeds: Vec<u64> = report
        .failures
        .iter()
        .filter(|failure| failure.broken.is_none())
        .map(|failure| failure.seed)
        .take(MOST_EXPLAINED)
        .collect();
    let next = AtomicU64::new(0);
    let (sender, found) = channel::<Minimal>();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (sender, next, seeds) = (sender.clone(), &next, &seeds);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let place = usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap_or(usize::MAX);
                    let Some(seed) = seeds.get(place) else { return };
                    let explained = run_and_explain(*seed, setup);
                    if let Some(least) = explained.ok().and_then(|outcome| outcome.minimal) {
                        // The receiver outlives this scope.
                        let _ = sender.send(least);
                    }
                }
            });
        }
        drop(sender);
        for least in found {
            report.explained(least);
        }
    });
}
