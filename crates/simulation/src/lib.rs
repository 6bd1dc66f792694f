//! The proof that nothing is oversold: the whole hub, with its real store on SQLite in memory, its real jobs and its real
//! connector, run against a simulated marketplace in one thread, in stepped time and by seeded chance.
//!
//! [`run`] lives through one seed. Workers stop at every transaction and every call (`turns`); between two stops they
//! are killed, held up and overtaken, and buyers, people and other tools act at the worst moment (`script`). After every
//! step the hub's beliefs are compared with what is true (`watch`); when the faults have stopped, everything has to come
//! to rest as it should be (`verdict`). The same seed gives the same run, to the last byte of its trace.

mod books;
mod comparison;
mod deed;
mod deeds;
mod dice;
mod fleet;
mod furnish;
mod minimal;
mod moments;
mod moving;
mod report;
mod scenery;
mod script;
mod turns;
mod unfinished;
mod verdict;
mod watch;
mod wire;
mod world;

pub use comparison::Comparison;
pub use fleet::{MOST_EXPLAINED, explain, run_many};
pub use minimal::{Minimal, Part};
pub use report::{Deeds, Failure, Report};
pub use script::Weather;
use std::collections::BTreeMap;

use serde::Serialize;
use stockbridge_domain::Timestamp;
pub use stockbridge_domain::guards::Guard;
pub use stockbridge_domain::mode::Mode;

use script::Script;
use world::World;

/// The simulation itself could not go on: not a finding about the hub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulation could not go on: {0}")]
pub struct Broken(String);

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which rule.
    pub rule: String,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub text: String,
}

/// What to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setup {
    /// Days each seller sells.
    pub days: u64,
    /// The guard that is left out, to see whether it is missed.
    pub without: Option<Guard>,
    /// How the seller shares stock out.
    pub mode: Mode,
}

impl Setup {
    /// The same on the command line.
    fn arguments(&self) -> String {
        let mut text = format!(" --days {}", self.days);
        if let Some(guard) = self.without {
            text += &format!(" --without {guard}");
        }
        if self.mode != Mode::Strict {
            text += &format!(" --mode {}", self.mode);
        }
        text
    }
}

/// What one seed came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Days lived through.
    pub seller_days: u64,
    /// Orders accepted anywhere.
    pub orders: u64,
    /// Units buyers wanted.
    pub wanted: i64,
    /// Of these, units sold that were there, and not called off.
    pub sold: i64,
    /// Units that were there to be sold.
    pub stocked: i64,
    /// Units that could have been sold: wanted and there, product by product.
    pub serveable: i64,
    /// Units sold that the hub had promised twice.
    pub oversold_units: i64,
    /// Units sold that somebody had taken away, or another tool had offered.
    pub shortfall_units: i64,
    /// Times a worker, or the whole program, was killed.
    pub kills: u64,
    /// Where workers stood then.
    pub killed_at: BTreeMap<String, u64>,
    /// Calls to the marketplace.
    pub calls: u64,
    /// Steps after each of which safety was checked.
    pub steps: u64,
    /// Statements the database ran.
    pub statements: u64,
    /// When the first day began.
    #[serde(skip)]
    pub begun: Timestamp,
    /// Rules that did not hold; the run ends with the first.
    pub violations: Vec<Violation>,
    /// The least that leads to the first of them, if it was asked for.
    pub minimal: Option<Minimal>,
    /// Every step, if it was asked for.
    #[serde(skip)]
    pub trace: Vec<String>,
}

/// Lives through one seed.
///
/// # Errors
/// [`Broken`] when the simulation itself cannot go on.
pub fn run(seed: u64, setup: &Setup, traced: bool) -> Result<Outcome, Broken> {
    live(Script::new(seed, setup.days), setup, traced)
}

/// Lives through a part of what a seed holds in store.
///
/// # Errors
/// [`Broken`] when the simulation itself cannot go on.
pub fn run_part(seed: u64, setup: &Setup, part: &Part, traced: bool) -> Result<Outcome, Broken> {
    live(Script::new(seed, setup.days).part(part), setup, traced)
}

/// Lives through one seed and, if a rule does not hold, finds the least that leads to it.
///
/// # Errors
/// [`Broken`] when the simulation itself cannot go on.
pub fn run_and_explain(seed: u64, setup: &Setup) -> Result<Outcome, Broken> {
    let mut outcome = run(seed, setup, false)?;
    outcome.minimal = minimal::minimal(setup, &outcome)?;
    Ok(outcome)
}

fn live(script: Script, setup: &Setup, traced: bool) -> Result<Outcome, Broken> {
    let mut world = World::new(script, setup, traced)?;
    world.live()?;
    world.come_to_rest()?;
    Ok(world.outcome())
}
