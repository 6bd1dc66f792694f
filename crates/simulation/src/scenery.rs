//! What makes some runs richer than the usual one: kits that share components, a second location with goods on their way
//! there and back, notifications, and buyers who are quicker than a push. Drawn from dice of their own.

use crate::deed::Deed;
use crate::dice::Dice;
use crate::script::{Act, DAY_MS, Moment, Script, When};

/// A second location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Annex {
    /// Whether orders are served from it, so that what lies there is for sale.
    pub(crate) sellable: bool,
}

impl Script {
    /// Adds what only some runs have.
    pub(crate) fn enrich(&mut self) {
        let mut dice = Dice::new(self.seed, 4);
        let hands = self.hands;
        if dice.permille(300) {
            self.put_together(&mut dice);
        }
        if dice.permille(300) {
            self.annex = Some(Annex {
                sellable: dice.permille(600),
            });
            if hands {
                self.transfers(&mut dice);
            }
        }
        if dice.permille(400) {
            self.notify(&mut dice);
        }
        self.quick_buyers(&mut dice);
        self.crashes(&mut dice);
    }

    fn add_extra(&mut self, at_ms: u64, when: When, deed: Deed) {
        self.acts.push(Act { at_ms, when, deed });
    }

    /// One or two kits; the second shares the first one's component.
    fn put_together(&mut self, dice: &mut Dice) {
        let products = self.stock.len();
        let shared = dice.index(products);
        for _ in 0..dice.between(1, 2) {
            let mut parts = vec![(shared, dice.units(1, 2))];
            let other = dice.index(products);
            if other != shared {
                parts.push((other, 1));
            }
            let kit = products + self.kits.len();
            self.kits.push(parts);
            for _ in 0..dice.between(1, 4) * self.days {
                let (at, worst) = (dice.below(self.days * DAY_MS), dice.permille(300));
                let when = if worst {
                    When::At(Moment::BeforeWrite)
                } else {
                    When::Then
                };
                let deed = if dice.permille(200) {
                    Deed::BuyHere {
                        product: kit,
                        units: 1,
                    }
                } else {
                    let pending = dice
                        .permille(250)
                        .then(|| (dice.between(5_000, 1_800_000), dice.permille(350)));
                    Deed::Buy {
                        channel: dice.index(self.channels),
                        product: kit,
                        units: dice.units(1, 2),
                        pending,
                    }
                };
                self.add_extra(at, when, deed);
            }
        }
    }

    /// Goods on their way from one location to the other, some of which never arrive.
    fn transfers(&mut self, dice: &mut Dice) {
        for (product, stock) in self.stock.clone().into_iter().enumerate() {
            for _ in 0..self.days {
                let at = dice.below(self.days * DAY_MS);
                let units = dice.units(1, (stock / 3).max(1));
                let deed = Deed::Send {
                    product,
                    units,
                    back: dice.permille(400),
                    lost: if dice.permille(200) { 1 } else { 0 },
                    hours: dice.between(1, 12),
                };
                let moment = [Moment::BeforeWrite, Moment::AfterReading, Moment::AfterCommit][dice.index(3)];
                let when = if dice.permille(500) {
                    When::At(moment)
                } else {
                    When::Then
                };
                self.add_extra(at, when, deed);
            }
        }
    }

    /// The platforms tell of orders and of listings that change: soon, minutes later, twice, and so in any order.
    fn notify(&mut self, dice: &mut Dice) {
        let told: Vec<(u64, usize)> = self
            .acts
            .iter()
            .filter_map(|act| match act.deed {
                Deed::Buy { channel, .. } | Deed::OtherTool { channel, .. } => Some((act.at_ms, channel)),
                _ => None,
            })
            .collect();
        for (at, channel) in told {
            if !dice.permille(400) {
                continue;
            }
            for _ in 0..if dice.permille(300) { 2 } else { 1 } {
                let delay = if dice.permille(800) {
                    dice.between(200, 20_000)
                } else {
                    dice.between(60_000, 7_200_000)
                };
                let listings = dice.permille(150);
                self.add_extra(at + delay, When::Then, Deed::Notify { channel, listings });
            }
        }
    }

    /// Kills at any stop of whatever is being done: the moments of [`Script::new`] are the first of their kind only.
    fn crashes(&mut self, dice: &mut Dice) {
        const MOST_STOPS: u64 = 80;
        for _ in 0..self.days {
            let stop = u32::try_from(dice.between(1, MOST_STOPS)).unwrap_or(1);
            let deed = if dice.permille(300) {
                Deed::KillAll
            } else {
                Deed::Kill { worker: 0 }
            };
            let at = dice.below(self.days * DAY_MS);
            self.add_extra(at, When::At(Moment::Stop(stop)), deed);
        }
    }

    /// Goods come in, and before what is due for the channels has left, somebody buys in the own store.
    fn quick_buyers(&mut self, dice: &mut Dice) {
        for _ in 0..self.days {
            if !dice.permille(300) {
                continue;
            }
            let (at, product) = (dice.below(self.days * DAY_MS), dice.index(self.stock.len()));
            let units = dice.units(2, 6);
            self.add_extra(at, When::Then, Deed::Receive { product, units });
            let half = (units + 1) / 2;
            for units in [units, half, 1] {
                let deed = Deed::BuyHere { product, units };
                self.add_extra(at + 1, When::At(Moment::Due), deed);
            }
        }
    }
}
