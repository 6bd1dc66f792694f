//! Many seeds at once, one thread each: the runs know nothing of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;

use crate::{Broken, Outcome, Setup, run};

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
