//! What many runs came to.

use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::mode::Mode;

use crate::{Broken, Minimal, Outcome, Violation};

/// A seed that did not hold, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was found.
    pub violations: Vec<Violation>,
    /// The simulation itself could not go on.
    pub broken: Option<String>,
    /// The command that lives through the least that still breaks the rule.
    pub replay: Option<String>,
    /// Of what happens from outside in the whole run, how much that takes.
    pub deeds: Option<Deeds>,
    /// What happens then.
    pub trace: Vec<String>,
}

/// How much of what happens from outside a failure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deeds {
    /// So many deeds.
    pub needed: usize,
    /// Of so many.
    pub of: usize,
    /// Found in so many runs.
    pub runs: u32,
}

/// What many runs came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// How the sellers shared stock out.
    pub mode: Mode,
    /// Runs.
    pub seeds: u64,
    /// The first seed.
    pub first: u64,
    /// Days of one seller, over all runs.
    pub seller_days: u64,
    /// Orders accepted anywhere.
    pub orders: u64,
    /// Units buyers wanted.
    pub units_wanted: i64,
    /// Of these, units sold that were there, and not called off.
    pub units_sold: i64,
    /// Units there were to be sold.
    pub units_stocked: i64,
    /// Units sold that the hub had promised twice.
    pub oversold_units: i64,
    /// Units sold that somebody had taken away, or another tool had offered.
    pub shortfall_units: i64,
    /// Rules that did not hold.
    pub violations: u64,
    /// Units sold of those that were wanted and there, in parts of one.
    pub sell_through: f64,
    /// Times a worker, or the whole program, was killed.
    pub kills: u64,
    /// Where workers stood then.
    pub killed_at: BTreeMap<String, u64>,
    /// Calls to the marketplace.
    pub calls: u64,
    /// Steps, after each of which safety was checked.
    pub steps: u64,
    /// Seconds it took.
    pub wall_s: f64,
    /// Seeds that did not hold.
    pub failures: Vec<Failure>,
    #[serde(skip)]
    served_at_most: i64,
}

impl Report {
    /// A report of runs in a mode, from this seed on.
    pub fn new(mode: Mode, first: u64) -> Self {
        Self {
            mode,
            first,
            ..Self::default()
        }
    }

    /// Adds a run; answers whether it held.
    pub fn add(&mut self, seed: u64, outcome: Result<Outcome, Broken>) -> bool {
        self.seeds += 1;
        match outcome {
            Ok(outcome) => self.add_outcome(outcome),
            Err(broken) => {
                self.failures.push(Failure {
                    seed,
                    violations: Vec::new(),
                    broken: Some(broken.to_string()),
                    replay: None,
                    deeds: None,
                    trace: Vec::new(),
                });
                false
            }
        }
    }

    fn add_outcome(&mut self, outcome: Outcome) -> bool {
        self.seller_days += outcome.seller_days;
        self.orders += outcome.orders;
        self.units_wanted += outcome.wanted;
        self.units_sold += outcome.sold;
        self.units_stocked += outcome.stocked;
        self.oversold_units += outcome.oversold_units;
        self.shortfall_units += outcome.shortfall_units;
        self.kills += outcome.kills;
        for (point, times) in outcome.killed_at {
            *self.killed_at.entry(point).or_default() += times;
        }
        self.calls += outcome.calls;
        self.steps += outcome.steps;
        self.violations += outcome.violations.len() as u64;
        self.served_at_most += outcome.serveable;
        if self.served_at_most > 0 {
            self.sell_through = ratio(self.units_sold, self.served_at_most);
        }
        let held = outcome.violations.is_empty();
        if !held {
            self.failures.push(Failure {
                seed: outcome.seed,
                violations: outcome.violations,
                broken: None,
                replay: None,
                deeds: None,
                trace: Vec::new(),
            });
        }
        held
    }

    /// Adds to a failure the least that leads to it.
    pub(crate) fn explained(&mut self, least: Minimal) {
        if let Some(failure) = self.failures.iter_mut().find(|f| f.seed == least.seed) {
            failure.deeds = Some(Deeds {
                needed: least.part.deeds.as_ref().map_or(least.deeds_in_all, Vec::len),
                of: least.deeds_in_all,
                runs: least.runs,
            });
            failure.replay = Some(least.replay);
            failure.trace = least.trace;
        }
    }

    /// Whether every run held. Only strict mode claims that nothing is oversold.
    pub fn ok(&self) -> bool {
        self.failures.is_empty() && (self.mode != Mode::Strict || self.oversold_units == 0)
    }
}

/// A ratio with four digits after the point.
fn ratio(part: i64, whole: i64) -> f64 {
    let ten_thousandths = i32::try_from(part.saturating_mul(10_000) / whole.max(1)).unwrap_or(0);
    f64::from(ten_thousandths) / 10_000.0
}
