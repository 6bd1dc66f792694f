//! The stock ledger: every change of quantity as an immutable entry.
//!
//! A balance is a fold of its entries and nothing else, so a lost update cannot hide. Each entry has a unique cause;
//! replaying the cause writes nothing. `on_hand - reserved = available`; `reserved` is never negative.

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// Why stock changed.
    EntryKind {
        /// An order line was accepted: units are reserved.
        Sale = "sale",
        /// An order line was cancelled: its reservation is released.
        Cancellation = "cancellation",
        /// Reserved units left the shelf.
        Shipment = "shipment",
        /// Goods came in.
        Restock = "restock",
        /// A buyer sent goods back and they can be sold again.
        Return = "return",
        /// Goods were lost, broken or stolen.
        Damage = "damage",
        /// A person corrected the quantity by a difference.
        Adjustment = "adjustment",
        /// The shelf was counted; the difference to the books is entered.
        Count = "count",
        /// Moved between locations.
        Transfer = "transfer",
    }
}

impl EntryKind {
    /// The kinds a person may enter by hand.
    pub const MANUAL: &'static [Self] = &[
        Self::Restock,
        Self::Return,
        Self::Damage,
        Self::Adjustment,
        Self::Count,
    ];
}

/// What an entry changes, in units of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Movement {
    /// Change of what lies on the shelf.
    pub on_hand: i64,
    /// Change of what is promised to orders.
    pub reserved: i64,
}

/// What lies at one location of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balance {
    /// Units on the shelf. Negative only after a count or an order the channel had already accepted.
    pub on_hand: i64,
    /// Units promised to orders. Never negative.
    pub reserved: i64,
}

/// An entry that cannot be: it would promise less than nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("releasing {released} units when only {reserved} are reserved; the ledger and the order disagree")]
pub struct ReservedBelowZero {
    released: i64,
    reserved: i64,
}

impl Balance {
    /// Units that can still be promised.
    pub const fn available(self) -> i64 {
        self.on_hand - self.reserved
    }

    /// The balance after one more entry.
    ///
    /// # Errors
    /// [`ReservedBelowZero`]; nothing changes then.
    pub fn apply(self, movement: Movement) -> Result<Self, ReservedBelowZero> {
        let next = Self {
            on_hand: self.on_hand + movement.on_hand,
            reserved: self.reserved + movement.reserved,
        };
        if next.reserved < 0 {
            return Err(ReservedBelowZero {
                released: -movement.reserved,
                reserved: self.reserved,
            });
        }
        Ok(next)
    }

    /// The balance of a whole ledger, in the order it was written.
    ///
    /// # Errors
    /// As [`Self::apply`], for the first entry that cannot be.
    pub fn fold(movements: impl IntoIterator<Item = Movement>) -> Result<Self, ReservedBelowZero> {
        movements.into_iter().try_fold(Self::default(), Self::apply)
    }
}

/// What lies at one location, and what may be promised of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shelf {
    /// What lies there.
    pub balance: Balance,
    /// Units withheld there from every channel (safety stock). Never negative.
    pub safety: i64,
    /// Whether orders may be served from there at all.
    pub sellable: bool,
}

impl Shelf {
    /// Units of this location that may be offered.
    ///
    /// What was promised beyond what lies there counts against the other locations, wherever it was promised. One unit
    /// sold here lowers this by one at most, so a sale never takes more from what is offered than was sold.
    pub const fn available(self) -> i64 {
        let free = self.balance.available();
        if free <= 0 {
            return free;
        }
        if !self.sellable || free <= self.safety {
            return 0;
        }
        free - self.safety
    }
}

/// Which location serves an order line of `units`: an index into `shelves`, which are in the order of preference.
///
/// The first sellable one that can serve the whole line from what it may offer; else the first that can from all that
/// is free there, safety stock included; else the one with most free, because the channel has accepted the order
/// already. A line is never split. `None` when there is no sellable location.
pub fn serving(shelves: &[Shelf], units: i64) -> Option<usize> {
    let sellable = || shelves.iter().enumerate().filter(|(_, shelf)| shelf.sellable);
    let first = |fits: fn(&Shelf) -> i64| sellable().find(|(_, shelf)| fits(shelf) >= units);
    first(|shelf| shelf.available())
        .or_else(|| first(|shelf| shelf.balance.available()))
        .or_else(|| sellable().min_by_key(|(_, shelf)| std::cmp::Reverse(shelf.balance.available())))
        .map(|(index, _)| index)
}

/// What an order line has done to stock so far: three counters that only grow.
///
/// Because they only grow, `line id` and `counter value` together name a cause that can never happen twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineStock {
    /// Units ever reserved for the line.
    pub reserved: i64,
    /// Of these, units given back.
    pub released: i64,
    /// Of these, units shipped.
    pub shipped: i64,
}

/// One entry an order line causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineStep {
    /// Why.
    pub kind: EntryKind,
    /// What changes.
    pub movement: Movement,
    /// The counter's value afterwards; part of the cause.
    pub counter: i64,
}

impl LineStock {
    /// Units reserved now.
    pub const fn outstanding(self) -> i64 {
        self.reserved - self.released - self.shipped
    }

    /// Brings the line to `outstanding` reserved and `shipped` shipped units and says which entries that takes.
    ///
    /// Shipped units never come back this way (a return is its own entry): a smaller `shipped` than before is ignored.
    pub fn converge(&mut self, outstanding: i64, shipped: i64) -> Vec<LineStep> {
        let mut steps = Vec::new();
        let to_ship = (shipped - self.shipped).max(0);
        if to_ship > self.outstanding() {
            self.reserve(to_ship - self.outstanding(), &mut steps);
        }
        if to_ship > 0 {
            self.shipped += to_ship;
            let movement = Movement {
                on_hand: -to_ship,
                reserved: -to_ship,
            };
            steps.push(LineStep {
                kind: EntryKind::Shipment,
                movement,
                counter: self.shipped,
            });
        }
        let difference = outstanding.max(0) - self.outstanding();
        if difference > 0 {
            self.reserve(difference, &mut steps);
        } else if difference < 0 {
            self.released -= difference;
            let movement = Movement {
                on_hand: 0,
                reserved: difference,
            };
            steps.push(LineStep {
                kind: EntryKind::Cancellation,
                movement,
                counter: self.released,
            });
        }
        steps
    }

    fn reserve(&mut self, units: i64, steps: &mut Vec<LineStep>) {
        self.reserved += units;
        let movement = Movement {
            on_hand: 0,
            reserved: units,
        };
        steps.push(LineStep {
            kind: EntryKind::Sale,
            movement,
            counter: self.reserved,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_reserves_ships_and_releases_once() {
        let mut line = LineStock::default();
        assert_eq!(line.converge(5, 0).len(), 1);
        assert!(line.converge(5, 0).is_empty(), "saying it again changes nothing");
        let steps = line.converge(2, 2);
        assert_eq!(steps.len(), 2, "two shipped, one cancelled: {steps:?}");
        assert_eq!(
            line,
            LineStock {
                reserved: 5,
                released: 1,
                shipped: 2
            }
        );
        assert_eq!(
            line.converge(2, 1),
            vec![],
            "a channel that forgets a shipment is not believed"
        );
    }

    #[test]
    fn a_release_of_what_is_not_reserved_is_refused() {
        let error = Balance {
            on_hand: 3,
            reserved: 1,
        }
        .apply(Movement {
            on_hand: 0,
            reserved: -2,
        })
        .unwrap_err();
        assert!(error.to_string().contains("2 units"), "{error}");
    }

    fn shelf(free: i64, safety: i64, sellable: bool) -> Shelf {
        let balance = Balance {
            on_hand: free + 1,
            reserved: 1,
        };
        Shelf {
            balance,
            safety,
            sellable,
        }
    }

    #[test]
    fn safety_stock_and_unsellable_places_are_withheld_and_debts_are_not_forgotten() {
        let available: Vec<i64> = [
            shelf(5, 0, true),
            shelf(5, 2, true),
            shelf(2, 5, true),
            shelf(5, 0, false),
            shelf(-2, 0, false),
            shelf(-2, 3, true),
        ]
        .into_iter()
        .map(Shelf::available)
        .collect();
        assert_eq!(available, [5, 3, 0, 0, -2, -2]);
    }

    #[test]
    fn the_first_place_that_can_serve_the_whole_line_serves_it() {
        let shelves = [
            shelf(9, 0, false),
            shelf(2, 0, true),
            shelf(6, 4, true),
            shelf(3, 0, true),
        ];
        assert_eq!(serving(&shelves, 2), Some(1));
        assert_eq!(serving(&shelves, 3), Some(3), "safety stock is the second choice");
        assert_eq!(serving(&shelves, 5), Some(2), "and better than splitting a line");
        assert_eq!(
            serving(&shelves, 50),
            Some(2),
            "accepted is accepted: where most is free"
        );
        assert_eq!(serving(&shelves[..1], 1), None);
    }

    proptest! {
        /// A sale takes no more from what is offered than was sold, wherever it is served from.
        #[test]
        fn a_sale_takes_what_was_sold_at_most(free in -9i64..20, safety in 0i64..9, sellable: bool, units in 0i64..12) {
            let before = shelf(free, safety, sellable);
            let mut after = before;
            after.balance.reserved += units;
            prop_assert!(before.available() - after.available() <= units);
            prop_assert!(after.available() <= before.available());
        }

        /// Whatever a channel says in whatever order, the ledger folds to the line's own view, counters only grow,
        /// no cause repeats and nothing reserved goes below zero.
        #[test]
        fn the_ledger_follows_the_line(targets in prop::collection::vec((0i64..20, 0i64..20), 1..40)) {
            let mut line = LineStock::default();
            let mut ledger = Vec::new();
            let mut causes = std::collections::HashSet::new();
            for (outstanding, shipped) in targets {
                let before = line;
                for step in line.converge(outstanding, shipped) {
                    prop_assert!(causes.insert((step.kind, step.counter)), "cause repeated: {step:?}");
                    ledger.push(step.movement);
                }
                prop_assert_eq!(line.outstanding(), outstanding);
                prop_assert_eq!(line.shipped, before.shipped.max(shipped));
                prop_assert!(line.reserved >= before.reserved && line.released >= before.released);
                let balance = Balance::fold(ledger.iter().copied()).unwrap();
                prop_assert_eq!(balance, Balance { on_hand: -line.shipped, reserved: line.outstanding() });
            }
        }
    }
}
