//! `simulate`: the proof that nothing is oversold, over as many simulated days as asked for.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use stockbridge_simulation::{
    Comparison, Failure, Guard, MOST_EXPLAINED, Mode, Part, Report, Setup, Weather, explain, run_many,
    run_part,
};

use crate::env::system_env;
use crate::output;

/// Between two lines of progress.
const PROGRESS: std::time::Duration = std::time::Duration::from_secs(5);

/// Prove on simulated days with faults and crashes that nothing is oversold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stockbridge simulate\n  \
    stockbridge simulate --seeds 1000 --days 10 --json out.json\n  \
    stockbridge simulate --seeds 100 --days 10 --compare\n  \
    stockbridge simulate --mode shared\n  \
    stockbridge simulate --seeds 1 --first 4711\n  \
    stockbridge simulate --without list\n  \
    stockbridge simulate --seeds 300 --days 3 --without unseen-margin\n\n\
    Each seed is a seller with products, channels, buyers, faults and crashes of its own, and gives the same run every time.\n\
    Exit code 1 if a rule did not hold; the report then names the seed, tells the least that leads to it, and gives the\n\
    command that lives through just that.")]
pub struct Simulate {
    /// Live through N seeds.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: u64,
    /// Begin with seed K.
    #[arg(long, value_name = "K", default_value_t = 1)]
    first: u64,
    /// Let each seller sell for D days.
    #[arg(long, value_name = "D", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=365))]
    days: u64,
    /// Have the sellers share stock out in this mode: strict, shared or hybrid.
    #[arg(long, value_name = "MODE", default_value = "strict", value_parser = mode)]
    mode: Mode,
    /// Live through the seeds in strict and in shared mode, and tell what safety costs.
    #[arg(long, conflicts_with_all = ["mode", "without", "keep", "weather", "trace"])]
    compare: bool,
    /// Leave a guard out, to see that it is missed; `list` names them.
    #[arg(long, value_name = "GUARD", value_parser = without)]
    without: Option<Without>,
    /// Run so many seeds at the same time; by default one for each processor.
    #[arg(long, value_name = "THREADS")]
    threads: Option<usize>,
    /// Write the report to FILE as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Of what happens from outside let only these happen, by their numbers, or `none`. One seed only.
    #[arg(long, value_name = "NUMBERS", value_parser = keep)]
    keep: Option<Keep>,
    /// Replace the weather of the marketplaces: calm, mild or wild. One seed only.
    #[arg(long, value_name = "WEATHER", value_parser = weather)]
    weather: Option<Weather>,
    /// Write every step to FILE. One seed only.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// Deeds to keep.
#[derive(Debug, Clone)]
struct Keep(Vec<usize>);

fn keep(text: &str) -> Result<Keep, String> {
    if text == "none" {
        return Ok(Keep(Vec::new()));
    }
    let numbers = text.split(',').map(|number| number.trim().parse::<usize>());
    let mut numbers = numbers
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| format!("`{text}` is not a list of numbers such as `3,17,42`, nor `none`"))?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(Keep(numbers))
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| format!("there is no mode `{text}`; use strict, shared or hybrid"))
}

fn weather(text: &str) -> Result<Weather, String> {
    Weather::parse(text).ok_or_else(|| format!("there is no weather `{text}`; use calm, mild or wild"))
}

/// A guard to leave out; none stands for the list of them.
#[derive(Debug, Clone, Copy)]
struct Without(Option<Guard>);

fn without(text: &str) -> Result<Without, String> {
    if text == "list" {
        return Ok(Without(None));
    }
    Guard::parse(text)
        .map(|guard| Without(Some(guard)))
        .ok_or_else(|| format!("there is no guard `{text}`; `--without list` names them"))
}

impl Simulate {
    /// Runs the seeds.
    ///
    /// # Errors
    /// When the report cannot be written.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(Without(None)) = self.without {
            for guard in Guard::ALL {
                output::line(format!("{:<16} {}", guard.name(), guard.what()));
            }
            return Ok(ExitCode::SUCCESS);
        }
        let one = self.keep.is_some() || self.weather.is_some() || self.trace.is_some();
        if one && self.seeds != 1 {
            anyhow::bail!(
                "`--keep`, `--weather` and `--trace` look at one seed; add `--seeds 1` and name it with `--first`"
            );
        }
        let stop = Arc::new(AtomicBool::new(false));
        let json = self.json.clone();
        let mut work = tokio::task::spawn_blocking({
            let stop = stop.clone();
            move || self.work(&stop)
        });
        let found = tokio::select! {
            found = &mut work => found,
            _ = tokio::signal::ctrl_c() => {
                output::remark("Stopping after the seeds under way.");
                stop.store(true, Ordering::SeqCst);
                work.await
            }
        }
        .context("the simulation ended unexpectedly")??;
        found.tell();
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&found)?;
            std::fs::write(&path, text)
                .with_context(|| format!("the report could not be written to {}", path.display()))?;
        }
        Ok(if found.ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn work(&self, stop: &AtomicBool) -> anyhow::Result<Found> {
        if self.compare {
            let strict = self.work_in(Mode::Strict, stop)?;
            let shared = self.work_in(Mode::Shared, stop)?;
            return Ok(Found::Both(Box::new(Comparison::new(strict, shared))));
        }
        Ok(Found::One(Box::new(self.work_in(self.mode, stop)?)))
    }

    /// One seed, or a part of what it holds in store, step by step.
    fn work_on_one(&self, setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
        let part = Part {
            deeds: self.keep.as_ref().map(|keep| keep.0.clone()),
            weather: self.weather,
        };
        let mut outcome = run_part(self.first, setup, &part, self.trace.is_some());
        if let (Some(path), Ok(outcome)) = (&self.trace, &mut outcome) {
            let mut text = std::mem::take(&mut outcome.trace).join("\n");
            text.push('\n');
            std::fs::write(path, text)
                .with_context(|| format!("the trace could not be written to {}", path.display()))?;
        }
        report.add(self.first, outcome);
        Ok(())
    }

    fn work_in(&self, mode: Mode, stop: &AtomicBool) -> anyhow::Result<Report> {
        let env = system_env();
        let started = env.now();
        let threads = self
            .threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1);
        let setup = Setup {
            days: self.days,
            without: self.without.as_ref().and_then(|w| w.0),
            mode,
        };
        let mut report = Report::new(mode, self.first);
        if self.keep.is_some() || self.weather.is_some() || self.trace.is_some() {
            self.work_on_one(&setup, &mut report)?;
            report.wall_s = env.now().since(started).as_secs_f64();
            return Ok(report);
        }
        let mut told = started;
        run_many(self.first, self.seeds, &setup, threads, stop, |seed, outcome| {
            report.add(seed, outcome);
            let now = env.now();
            if now.since(told) >= PROGRESS {
                told = now;
                output::remark(format!(
                    "{mode}: {} of {} seeds, {} seller-days, {} orders, {} oversold, {} violations",
                    report.seeds,
                    self.seeds,
                    report.seller_days,
                    report.orders,
                    report.oversold_units,
                    report.violations
                ));
            }
            true
        });
        if !report.failures.is_empty() {
            output::remark("Looking for the least that leads to each failure.");
            explain(&mut report, &setup, threads, stop);
        }
        report.wall_s = env.now().since(started).as_secs_f64();
        Ok(report)
    }
}

/// What was found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Found {
    One(Box<Report>),
    Both(Box<Comparison>),
}

impl Found {
    fn tell(&self) {
        match self {
            Self::One(report) => tell(report),
            Self::Both(both) => {
                tell(&both.strict);
                tell(&both.shared);
                output::line(format!(
                    "Safety costs {:.2} % of what is sold: sell-through {:.2} % in strict mode with {} units oversold, \
                     {:.2} % in shared mode with {}.",
                    both.cost_of_safety * 100.0,
                    both.strict.sell_through * 100.0,
                    both.strict.oversold_units,
                    both.shared.sell_through * 100.0,
                    both.shared.oversold_units
                ));
            }
        }
    }

    fn ok(&self) -> bool {
        match self {
            Self::One(report) => report.ok(),
            Self::Both(both) => both.ok(),
        }
    }
}

fn tell(report: &Report) {
    output::line(format!(
        "{}: {} seller-days of {} seeds from {} on: {} orders, {} units sold of {} wanted, sell-through {:.2} %",
        report.mode,
        report.seller_days,
        report.seeds,
        report.first,
        report.orders,
        report.units_sold,
        report.units_wanted,
        report.sell_through * 100.0
    ));
    output::line(format!(
        "{} oversold, {} short through others; {} workers killed, {} calls, safety checked {} times; {:.1} s",
        report.oversold_units,
        report.shortfall_units,
        report.kills,
        report.calls,
        report.steps,
        report.wall_s
    ));
    for failure in &report.failures {
        tell_failure(failure);
    }
    if report.failures.len() > MOST_EXPLAINED {
        output::line(format!(
            "The first {MOST_EXPLAINED} are told in full; run any other seed by itself with --seeds 1 --first SEED."
        ));
    }
}

fn tell_failure(failure: &Failure) {
    output::line(format!("seed {} did not hold:", failure.seed));
    for violation in &failure.violations {
        output::line(format!(
            "  {}: {} ({})",
            violation.rule, violation.text, violation.at
        ));
    }
    if let Some(broken) = &failure.broken {
        output::line(format!("  {broken}"));
    }
    if let Some(deeds) = &failure.deeds {
        output::line(format!(
            "  {} of the {} things that happened are enough for that:",
            deeds.needed, deeds.of
        ));
    }
    for line in &failure.trace {
        output::line(format!("    {line}"));
    }
    if let Some(replay) = &failure.replay {
        output::line(format!("  again: {replay}"));
    }
}
