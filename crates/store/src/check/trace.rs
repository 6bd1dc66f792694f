//! Finds the entry of a ledger that does not follow from the others, whatever order they are given in.
//!
//! Entries made within one millisecond have ids in no order, and clocks of several servers differ a little, so the order
//! of ids is only nearly the order of entry. An entry says what changed and what was there afterwards, so what was there
//! before is known too: the entries are edges from state to state, and a sound ledger is one path from nothing to the
//! balance through all of them.

use std::collections::{BTreeMap, VecDeque};

use stockbridge_domain::stock::{Balance, Movement};

/// How far entries may be out of order.
const WINDOW: usize = 256;

/// An entry as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub id: String,
    pub change: Movement,
    pub after: Balance,
}

impl Step {
    fn before(&self) -> Balance {
        Balance {
            on_hand: self.after.on_hand.wrapping_sub(self.change.on_hand),
            reserved: self.after.reserved.wrapping_sub(self.change.reserved),
        }
    }

    /// What would be there after it, had `before` been there.
    fn from(&self, before: Balance) -> Balance {
        Balance {
            on_hand: before.on_hand.wrapping_add(self.change.on_hand),
            reserved: before.reserved.wrapping_add(self.change.reserved),
        }
    }
}

/// An entry that does not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Break {
    pub step: Step,
    /// What was there before it, by the other entries.
    pub before: Balance,
    /// Whether the change is what is wrong: what was there afterwards agrees with the next entry.
    pub by_change: bool,
}

/// Follows one product's entries at one location, fed nearly in order.
#[derive(Debug)]
pub(super) struct Trace {
    state: Balance,
    /// Where it ends: by the balance, or by the sum of changes.
    ends: [Balance; 2],
    waiting: VecDeque<Step>,
    breaks: Vec<Break>,
}

impl Trace {
    /// Begins with nothing; `ends` is where it should end, by the balance and by the sum of all changes.
    pub(super) fn new(ends: [Balance; 2]) -> Self {
        Self {
            state: Balance::default(),
            ends,
            waiting: VecDeque::new(),
            breaks: Vec::new(),
        }
    }

    /// Takes the next entry.
    pub(super) fn feed(&mut self, step: Step) {
        self.waiting.push_back(step);
        if self.waiting.len() > WINDOW {
            self.advance();
        }
    }

    /// Takes what is left and says what did not follow.
    pub(super) fn finish(mut self) -> Vec<Break> {
        while !self.waiting.is_empty() {
            self.advance();
        }
        self.breaks
    }

    /// Goes on by one entry: the first that begins where the last ended. Where none does, one of those waiting is wrong:
    /// the first after which the others go on, were it put right.
    fn advance(&mut self) {
        if let Some(at) = self.waiting.iter().position(|step| step.before() == self.state) {
            if let Some(step) = self.waiting.remove(at) {
                self.state = step.after;
            }
            return;
        }
        if self.ends.contains(&self.state) && rounds_only(&self.waiting) {
            self.waiting.clear();
            return;
        }
        let before = self.state;
        let (at, by_change) = self.culprit();
        let Some(step) = self.waiting.remove(at) else {
            return;
        };
        self.state = if by_change { step.after } else { step.from(before) };
        self.breaks.push(Break {
            step,
            before,
            by_change,
        });
    }

    /// The place of the entry that is wrong, and whether its change is.
    fn culprit(&self) -> (usize, bool) {
        let mut begins = BTreeMap::new();
        for step in &self.waiting {
            *begins.entry(key(step.before())).or_insert(0) += 1;
        }
        for (at, step) in self.waiting.iter().enumerate() {
            let others = |from: Balance| {
                let own = i32::from(from == step.before());
                begins.get(&key(from)).is_some_and(|count| *count > own)
            };
            if others(step.from(self.state)) {
                return (at, false);
            }
            if others(step.after) {
                return (at, true);
            }
        }
        (0, false)
    }
}

fn key(state: Balance) -> (i64, i64) {
    (state.on_hand, state.reserved)
}

/// Whether entries only lead round and back: they were left out of the path and change nothing.
fn rounds_only(steps: &VecDeque<Step>) -> bool {
    let mut degrees = BTreeMap::new();
    for step in steps {
        *degrees.entry(key(step.before())).or_insert(0) += 1;
        *degrees.entry(key(step.after)).or_insert(0) -= 1;
    }
    degrees.values().all(|degree| *degree == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of these changes, sound.
    fn ledger(changes: &[(i64, i64)]) -> Vec<Step> {
        let mut state = Balance::default();
        let mut steps = Vec::new();
        for (n, (on_hand, reserved)) in changes.iter().enumerate() {
            state = Balance {
                on_hand: state.on_hand + on_hand,
                reserved: state.reserved + reserved,
            };
            steps.push(Step {
                id: format!("led_{n}"),
                change: Movement {
                    on_hand: *on_hand,
                    reserved: *reserved,
                },
                after: state,
            });
        }
        steps
    }

    fn broken(steps: Vec<Step>, end: Balance) -> Vec<Break> {
        let mut trace = Trace::new([end; 2]);
        for step in steps {
            trace.feed(step);
        }
        trace.finish()
    }

    const DAY: &[(i64, i64)] = &[
        (10, 0),
        (0, 2),
        (0, 1),
        (-2, -2),
        (0, -1),
        (0, 3),
        (-3, -3),
        (5, 0),
    ];

    #[test]
    fn a_sound_ledger_has_no_break_in_whatever_order() {
        let end = |steps: &[Step]| steps[steps.len() - 1].after;
        let day = ledger(DAY);
        assert_eq!(broken(day.clone(), end(&day)), []);
        let mixed = day.iter().rev().cloned().collect();
        assert_eq!(broken(mixed, end(&day)), []);
        let mut way_round = ledger(&[(4, 0), (-1, 0), (1, 0), (2, 0)]);
        let last = end(&way_round);
        way_round.swap(1, 3);
        assert_eq!(
            broken(way_round, last),
            [],
            "the way round from four to three and back was left out"
        );
    }

    #[test]
    fn each_flipped_bit_of_an_entry_is_traced_to_it() {
        for (entry, bit) in (0..DAY.len()).flat_map(|entry| (0..40).map(move |bit| (entry, bit))) {
            for field in 0..4 {
                let mut steps = ledger(DAY);
                let end = steps[DAY.len() - 1].after;
                let step = &mut steps[entry];
                let value = match field {
                    0 => &mut step.after.on_hand,
                    1 => &mut step.after.reserved,
                    2 => &mut step.change.on_hand,
                    _ => &mut step.change.reserved,
                };
                *value ^= 1 << bit;
                let breaks = broken(steps, end);
                let place = format!("entry {entry}, bit {bit}, field {field}: {breaks:?}");
                assert!(
                    breaks.iter().any(|b| b.step.id == format!("led_{entry}")) || entry + 1 == DAY.len(),
                    "{place}"
                );
                assert!(breaks.len() <= 2, "{place}");
            }
        }
    }
}
