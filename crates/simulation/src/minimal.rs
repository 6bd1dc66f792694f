//! The least of a failing run that still fails: deeds, faults and kills are left out by halves as long as the same rule is
//! broken, and what then happened is told in a few dozen lines.
//!
//! The search runs only on a failure, and its bound is counted in runs and steps rather than in seconds: the same seed gives
//! the same trace on every machine.

use serde::Serialize;

use crate::script::{Script, Weather};
use crate::{Broken, Outcome, Setup, Violation, live};

/// Most runs of a search.
const MOST_RUNS: u32 = 80;
/// Most steps of all runs of a search: so many times those of the failing run, and
const MOST_STEPS: u64 = 10;
/// so many more.
const FREE_STEPS: u64 = 100_000;
/// Most lines told.
const MOST_LINES: usize = 48;
/// Of these, most about what happened; the rest is about what the hub believed meanwhile.
const MOST_EVENTS: usize = 32;

/// The part of a run's script that is lived through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Only these of the script's deeds, by their place in it; all when absent. Selling ends an hour after the last.
    pub deeds: Option<Vec<usize>>,
    /// This weather instead of the script's.
    pub weather: Option<Weather>,
}

impl Part {
    /// What to add to the command that runs the seed.
    fn arguments(&self) -> String {
        let mut text = String::new();
        if let Some(deeds) = &self.deeds {
            let places: Vec<String> = deeds.iter().map(ToString::to_string).collect();
            let places = if places.is_empty() {
                "none".to_owned()
            } else {
                places.join(",")
            };
            text += &format!(" --keep {places}");
        }
        if let Some(weather) = self.weather {
            text += &format!(" --weather {}", weather.name());
        }
        text
    }
}

/// The least of a failing run that still fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minimal {
    /// The seed.
    pub seed: u64,
    /// What of the script is needed.
    pub part: Part,
    /// Deeds the whole script has.
    pub deeds_in_all: usize,
    /// Runs it took to find out.
    pub runs: u32,
    /// The command that lives through just this.
    pub replay: String,
    /// What happened.
    pub trace: Vec<String>,
}

struct Search<'a> {
    script: &'a Script,
    setup: &'a Setup,
    rule: String,
    runs: u32,
    steps: u64,
    most_steps: u64,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.runs >= MOST_RUNS || self.steps >= self.most_steps
    }

    fn attempt(&mut self, part: &Part, traced: bool) -> Result<Outcome, Broken> {
        self.runs += 1;
        let outcome = live(self.script.part(part), self.setup, traced)?;
        self.steps += outcome.steps;
        Ok(outcome)
    }

    /// Whether the same rule is broken when only this part happens. A part in which the simulation cannot go on is none.
    fn fails(&mut self, part: &Part) -> bool {
        !self.is_over()
            && self
                .attempt(part, false)
                .is_ok_and(|o| o.violations.first().is_some_and(|v| v.rule == self.rule))
    }

    /// Leaves deeds out, first half of them at once, then ever smaller lots.
    fn leave_out(&mut self, part: &mut Part, mut deeds: Vec<usize>) {
        let mut lot = deeds.len().div_ceil(2);
        while lot > 0 && !deeds.is_empty() && !self.is_over() {
            let mut from = 0;
            while from < deeds.len() && !self.is_over() {
                let to = (from + lot).min(deeds.len());
                let rest = [&deeds[..from], &deeds[to..]].concat();
                let candidate = Part {
                    deeds: Some(rest.clone()),
                    ..part.clone()
                };
                if self.fails(&candidate) {
                    (*part, deeds) = (candidate, rest);
                } else {
                    from = to;
                }
            }
            lot = if lot == 1 { 0 } else { lot.div_ceil(2) };
        }
    }
}

/// Finds the least of a run that still breaks the rule that `found` broke first.
pub(crate) fn minimal(setup: &Setup, found: &Outcome) -> Result<Option<Minimal>, Broken> {
    let Some(first) = found.violations.first() else {
        return Ok(None);
    };
    let script = Script::new(found.seed, setup.days);
    let mut search = Search {
        script: &script,
        setup,
        rule: first.rule.clone(),
        runs: 0,
        steps: 0,
        most_steps: found.steps * MOST_STEPS + FREE_STEPS,
    };
    let mut part = Part::default();
    // What was to happen after the violation cannot have led to it.
    let before: Vec<usize> = (0..script.acts.len())
        .filter(|i| found.begun.plus(script.after(*i)) <= first.at)
        .collect();
    for weather in [Weather::Calm, Weather::Mild] {
        let milder = Part {
            deeds: Some(before.clone()),
            weather: Some(weather),
        };
        if weather < script.weather && search.fails(&milder) {
            part = milder;
            break;
        }
    }
    if part.deeds.is_none() {
        let same = Part {
            deeds: Some(before.clone()),
            weather: None,
        };
        if search.fails(&same) {
            part = same;
        }
    }
    if part.deeds.is_some() {
        search.leave_out(&mut part, before);
    }
    let told = search.attempt(&part, true)?;
    let about = told.violations.first().and_then(concerns).unwrap_or("nothing");
    Ok(Some(Minimal {
        seed: found.seed,
        deeds_in_all: script.acts.len(),
        runs: search.runs,
        replay: format!(
            "stockbridge simulate --seeds 1 --first {}{}{}",
            found.seed,
            setup.arguments(),
            part.arguments()
        ),
        trace: abridge(&told.trace, about),
        part,
    }))
}

/// The product whose listings matter for a violation; of orders and parcels none does.
fn concerns(violation: &Violation) -> Option<&str> {
    const OF_ORDERS: [&str; 5] = ["order", "lost", "doubled", "shipment", "endless"];
    let product = violation.text.split(':').next()?;
    (!OF_ORDERS.contains(&violation.rule.as_str())).then_some(product)
}

/// Whether a line tells what happened, rather than what was believed then.
fn is_event(line: &str) -> bool {
    [
        "-- ",
        "** ",
        " is killed ",
        " takes in ",
        "faults and buyers stop",
    ]
    .iter()
    .any(|mark| line.contains(mark))
}

/// The last lines about what happened, and about what was believed of this product.
fn abridge(trace: &[String], product: &str) -> Vec<String> {
    let mut events = MOST_EVENTS;
    let mut beliefs = MOST_LINES - MOST_EVENTS;
    let about = format!("   {product} on ");
    let mut lines: Vec<String> = trace
        .iter()
        .rev()
        .filter(|line| {
            let left = if is_event(line) {
                &mut events
            } else if line.contains(&about) {
                &mut beliefs
            } else {
                return false;
            };
            let kept = *left > 0;
            *left = left.saturating_sub(1);
            kept
        })
        .cloned()
        .collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_goes_before_what_was_believed() {
        let mut trace: Vec<String> = (0..100)
            .map(|n| format!("{n}    P1 on channel 0: shows {n}"))
            .collect();
        trace.insert(0, "-- 3 of P1 break".to_owned());
        trace.push("   P0 on channel 0: shows 1".to_owned());
        trace.push("** promise: P1: too much".to_owned());
        let told = abridge(&trace, "P1");
        assert_eq!(told.len(), MOST_LINES - MOST_EVENTS + 2);
        assert_eq!(told.first().map(String::as_str), Some("-- 3 of P1 break"));
        assert!(told.iter().all(|line| !line.contains("P0")));
    }
}
