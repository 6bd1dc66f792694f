//! Liveness: once faults and buyers have stopped, everything comes to rest as it should be.

use std::time::Duration;

use crate::deed::Deed;
use crate::script::DAY_MS;
use crate::turns::at_once;
use crate::world::{World, must};
use crate::{Broken, Outcome};

/// Between two looks at whether everything is at rest.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Looks are taken so long after the full hour, when everything is read and nothing is at rest.
const AFTER_A_PULL: Duration = Duration::from_secs(2_700);
/// Looks before it counts as never, where listings are read every hour; the more the less often they are.
const LOOKS: u64 = 12;
/// The same where another tool has written again and again: the hub stops for a day, which is right, and then goes on.
const LOOKS_WHERE_PAUSED: u64 = 36;

impl World {
    /// Ends the faults and waits until everything is as it should be; a violation if it never is.
    pub(crate) fn come_to_rest(&mut self) -> Result<(), Broken> {
        if !self.violations.is_empty() {
            return Ok(());
        }
        self.calm_down();
        // Whoever sold what is not there gets it from somewhere, or the rest would never be served.
        for product in 0..self.books.shelves.len() {
            let missing = -self.books.shelves[product].available();
            if missing > 0 {
                self.perform(
                    &Deed::Receive {
                        product,
                        units: missing,
                    },
                    None,
                )?;
                let shelf = &mut self.books.shelves[product];
                shelf.unserved = missing;
                shelf.received -= missing;
            }
        }
        let mut open = Vec::new();
        let hours = self.script.habits.inventory_every / PATIENCE.as_secs();
        let (mut look, mut looks) = (0, LOOKS * hours);
        self.run_for(AFTER_A_PULL)?;
        while look < looks {
            look += 1;
            self.run_for(PATIENCE)?;
            if !self.violations.is_empty() {
                return Ok(());
            }
            open = self.unfinished()?;
            if open.is_empty() {
                break;
            }
            if open.iter().any(|one| one.paused) {
                looks = (look + LOOKS * hours).min(LOOKS_WHERE_PAUSED * hours);
            }
        }
        for one in open {
            self.violated(one.product, one.rule, one.text);
        }
        self.check_ledger()
    }

    fn check_ledger(&mut self) -> Result<(), Broken> {
        let check = must("checking the ledger", at_once(self.tenant().check_ledger()))?;
        let problem = check.problems().next().map(str::to_owned);
        if let Some(problem) = problem {
            self.violated(0, "ledger", problem);
        }
        Ok(())
    }

    /// What the run came to.
    pub(crate) fn outcome(self) -> Outcome {
        let elapsed_ms = u64::try_from(self.now().since(self.begun).as_millis()).unwrap_or(0);
        Outcome {
            seed: self.script.seed,
            seller_days: (elapsed_ms / DAY_MS).min(self.script.days),
            orders: self.books.orders.len() as u64,
            wanted: self.books.sum(|s| s.wanted),
            sold: self.books.sum(|s| s.sold - s.unserved),
            stocked: self.books.sum(|s| s.received),
            serveable: self.books.sum(|s| s.wanted.min(s.received)),
            oversold_units: self.books.sum(|s| s.oversold),
            shortfall_units: self.books.sum(|s| s.shortfall),
            kills: self.kills,
            killed_at: self.killed_at,
            calls: self.wire.calls(),
            steps: self.steps,
            statements: self.hub.store().db().statements(),
            begun: self.begun,
            violations: self.violations,
            minimal: None,
            trace: self.trace.unwrap_or_default(),
        }
    }
}
