//! What safety costs: strict mode beside shared mode, on the same seeds and with the same buyers.

use serde::Serialize;

use crate::Report;

/// Two reports of the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Each unit promised to one channel at a time.
    pub strict: Report,
    /// Every channel shown the whole pool.
    pub shared: Report,
    /// By how much less strict mode sells, in parts of what shared mode sells; below zero when it sells more.
    pub cost_of_safety: f64,
}

impl Comparison {
    /// Sets the two side by side.
    pub fn new(strict: Report, shared: Report) -> Self {
        let cost = if shared.sell_through > 0.0 {
            1.0 - strict.sell_through / shared.sell_through
        } else {
            0.0
        };
        Self {
            strict,
            shared,
            cost_of_safety: (cost * 10_000.0).round() / 10_000.0,
        }
    }

    /// Whether every run of both held.
    pub fn ok(&self) -> bool {
        self.strict.ok() && self.shared.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    fn report(mode: Mode, sell_through: f64, oversold_units: i64) -> Report {
        let mut report = Report::new(mode, 1);
        (report.sell_through, report.oversold_units) = (sell_through, oversold_units);
        report
    }

    #[test]
    fn the_cost_is_what_shared_mode_sells_more_and_overselling_counts_against_strict_mode_alone() {
        let strict = report(Mode::Strict, 0.891, 0);
        let compared = Comparison::new(strict, report(Mode::Shared, 0.9, 7));
        assert!((compared.cost_of_safety - 0.01).abs() < 1e-9, "{compared:?}");
        assert!(compared.ok());
        let strict = report(Mode::Strict, 0.891, 1);
        assert!(!Comparison::new(strict, report(Mode::Shared, 0.0, 0)).ok());
    }
}
