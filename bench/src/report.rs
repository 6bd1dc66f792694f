//! What was measured, as a table for people and as JSON.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::machine::Machine;

/// What a figure has to reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This much or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
}

impl Goal {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(goal) => value >= goal,
            Self::Below(goal) => value < goal,
        }
    }
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Which benchmark.
    pub benchmark: &'static str,
    /// `sqlite`, `postgres`, or nothing where that makes no difference.
    pub database: &'static str,
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it has to reach, if anything.
    pub goal: Option<Goal>,
    /// Whether it does.
    pub met: Option<bool>,
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// When the run began.
    pub date: String,
    /// Where.
    pub machine: Machine,
    /// In the order measured.
    pub figures: Vec<Figure>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// The part of a report one benchmark on one database writes.
pub struct Section<'a> {
    report: &'a mut Report,
    benchmark: &'static str,
    database: &'static str,
}

impl Section<'_> {
    /// Adds a figure without a goal.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.push(name.into(), value, unit, None);
    }

    /// Adds a figure that has to reach something.
    pub fn goal(&mut self, name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        self.push(name.into(), value, unit, Some(goal));
    }

    fn push(&mut self, name: String, value: f64, unit: &'static str, goal: Option<Goal>) {
        let figure = Figure {
            benchmark: self.benchmark,
            database: self.database,
            name,
            value,
            unit,
            goal,
            met: goal.map(|goal| goal.met(value)),
        };
        say(&figure.line());
        self.report.figures.push(figure);
    }
}

impl Figure {
    fn line(&self) -> String {
        let verdict = match (self.goal, self.met) {
            (Some(Goal::AtLeast(goal)), Some(met)) => format!("{} (goal: at least {goal})", word(met)),
            (Some(Goal::Below(goal)), Some(met)) => format!("{} (goal: below {goal})", word(met)),
            _ => String::new(),
        };
        let line = format!(
            "{:<7} {:<9} {:<52} {:>10} {:<12} {verdict}",
            self.benchmark,
            self.database,
            self.name,
            digits(self.value),
            self.unit
        );
        line.trim_end().to_owned()
    }
}

fn word(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// Three or more digits, and no more than one can believe.
fn digits(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

impl Report {
    /// An empty report.
    pub fn new(date: String, machine: Machine) -> Self {
        Self {
            date,
            machine,
            figures: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Where a benchmark writes its figures.
    pub fn section(&mut self, benchmark: &'static str, database: &'static str) -> Section<'_> {
        Section {
            report: self,
            benchmark,
            database,
        }
    }

    /// Notes that something was not measured, and why.
    pub fn leave_out(&mut self, what: impl Into<String>) {
        let what = what.into();
        say(&format!("left out: {what}"));
        self.left_out.push(what);
    }

    /// Writes the JSON.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(file, text + "\n").with_context(|| format!("--json {}", file.display()))
    }
}

/// Tells the person at the terminal.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
