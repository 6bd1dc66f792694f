//! A model of a channel: it counts its own sales down, shows its orders late, and takes writes the way its mode says, in
//! order, late, or never although the answer got lost.

use std::time::Duration;

use proptest::prelude::*;
use stockbridge_domain::channel::{Change, WriteMode};
use stockbridge_domain::offer::{Offer, WriteState};
use stockbridge_domain::{PushId, Timestamp};

/// A write on its way to a channel.
pub struct Pending {
    pub lands: Timestamp,
    pub change: Change,
    pub quantity: i64,
    /// The channel answers only when it has landed or was refused: to which attempt, how much later, and whether a refusal
    /// says what is shown.
    pub answers: Option<(PushId, Duration, bool)>,
}

/// What the hub learns of a write.
pub enum Heard {
    Refused,
    Differs(Option<i64>),
    State(WriteState),
}

pub struct Channel {
    pub mode: WriteMode,
    pub remaining: i64,
    pub writes: Vec<Pending>,
    /// What the hub learns of its write, and when.
    pub answer: Option<(Timestamp, PushId, Heard)>,
    /// (placed, visible, units, imported, cancelled, cancellation imported)
    pub orders: Vec<(Timestamp, Timestamp, i64, bool, bool, bool)>,
    pub offer: Offer,
    pub complete_until: Timestamp,
}

impl Channel {
    pub fn new(mode: WriteMode, remaining: i64) -> Self {
        Self {
            mode,
            remaining,
            writes: Vec::new(),
            answer: None,
            orders: Vec::new(),
            offer: Offer::default(),
            complete_until: Timestamp::EPOCH,
        }
    }

    /// Writes land in the order they were sent.
    pub fn land(&mut self, now: Timestamp) {
        while self.writes.first().is_some_and(|w| w.lands <= now) {
            let write = self.writes.remove(0);
            let (made, quantity) = match write.change {
                Change::Set => (true, write.quantity),
                Change::From(expected) => (self.remaining == expected, write.quantity),
                Change::By(delta) => (self.remaining + delta >= 0, self.remaining + delta),
            };
            let shown = self.remaining;
            if made {
                self.remaining = quantity;
            }
            if let Some((push, travels, tells)) = write.answers {
                let heard = match made {
                    true => Heard::State(WriteState::Applied),
                    false => Heard::Differs(tells.then_some(shown)),
                };
                self.answer = Some((now.plus(travels), push, heard));
            }
        }
    }

    /// The hub hears what became of its write, once it knows.
    pub fn hear(&mut self, now: Timestamp) {
        if let Some((at, push, heard)) = self.answer.take_if(|a| a.0 <= now) {
            match heard {
                Heard::Refused => self.offer.not_applied(push),
                // What was shown is read anew: sales may have come in while the answer travelled.
                Heard::Differs(shown) => self.offer.differs(push, shown, at),
                Heard::State(WriteState::Applied) => self.offer.applied(push, at),
                Heard::State(state) => self.offer.answered(push, state, at),
            }
        }
    }
}

/// How each of three channels takes quantities: all by overwriting, as most do, or anything.
pub fn modes() -> impl Strategy<Value = Vec<WriteMode>> {
    prop_oneof![
        Just(vec![WriteMode::Absolute; 3]),
        prop::collection::vec(prop::sample::select(WriteMode::ALL), 3),
    ]
}
