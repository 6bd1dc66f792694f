//! The exposure protocol against model channels: whatever happens, no more is sold than there is.
//!
//! The model channels are in `model`; the hub side is exactly the domain's: `plan`, `Offer`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod model;

use std::time::Duration;

use proptest::prelude::*;
use stockbridge_domain::allocation::{BasisPoints, Buffer, Method, Sharer, Stock, allocate};
use stockbridge_domain::channel::{Timing, WriteMode};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::exposure::{Candidate, Decision, free, plan};
use stockbridge_domain::mode::Regime;
use stockbridge_domain::offer::WriteState;
use stockbridge_domain::{PushId, Timestamp};

use model::{Channel, Heard, Pending, modes};

const TIMING: Timing = Timing {
    order_visibility: Duration::from_secs(12),
    write_apply: Duration::from_secs(9),
};

#[derive(Debug, Clone)]
enum Event {
    /// Time passes; late things happen.
    Tick(u64),
    /// A buyer wants units on a channel.
    Buy {
        channel: usize,
        units: i64,
        visible_after: u64,
    },
    /// A buyer wants units in the hub's own store.
    BuyHere { units: i64 },
    /// The hub imports a channel's visible orders.
    Import(usize),
    /// The hub reads what a channel shows.
    Read(usize),
    /// The hub plans and carries out the decision for one channel.
    Push {
        channel: usize,
        fate: u8,
        leave_after: u64,
        apply_after: u64,
    },
    /// A buyer's order is called off; the channel offers the units again.
    Cancel { channel: usize, index: usize },
}

struct World {
    clock: std::sync::Arc<Stepped>,
    stock: i64,
    reserved: i64,
    sold_here: i64,
    regime: Regime,
    buffer: Buffer,
    channels: Vec<Channel>,
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.env().now()
    }

    fn sold(&self) -> i64 {
        let there: i64 = self
            .channels
            .iter()
            .flat_map(|c| &c.orders)
            .filter(|o| !o.4)
            .map(|o| o.2)
            .sum();
        there + self.sold_here
    }

    fn candidates(&self) -> Vec<Candidate> {
        let available = self.stock - self.reserved;
        let sharer = Sharer {
            share: BasisPoints(1),
            buffer: self.buffer,
            regime: self.regime,
            ..Sharer::default()
        };
        let stock = Stock { available, safety: 0 };
        let parts = allocate(stock, Method::Priority, &vec![sharer; self.channels.len() + 1]);
        self.channels
            .iter()
            .zip(parts)
            .map(|(c, part)| Candidate {
                offer: c.offer,
                units: 1,
                desired: part.units,
                units_per_day: 0,
                timing: TIMING,
                mode: c.mode,
                writable: true,
                regime: self.regime,
            })
            .collect()
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Tick(secs) => {
                for _ in 0..secs {
                    self.clock.advance(Duration::from_secs(1));
                    let now = self.now();
                    for channel in &mut self.channels {
                        channel.land(now);
                        channel.hear(now);
                    }
                }
            }
            Event::Buy {
                channel,
                units,
                visible_after,
            } => {
                let now = self.now();
                let channel = self.channels.get_mut(channel).unwrap();
                if channel.remaining >= units {
                    channel.remaining -= units;
                    let visible = now.plus(Duration::from_secs(visible_after));
                    channel.orders.push((now, visible, units, false, false, false));
                }
            }
            Event::BuyHere { units } => {
                let available = self.stock - self.reserved;
                let left = match self.regime {
                    Regime::Strict => free(available, &self.candidates()),
                    Regime::Shared => available,
                };
                if left >= units {
                    self.reserved += units;
                    self.sold_here += units;
                }
            }
            Event::Import(index) => self.import(index),
            Event::Read(index) => {
                let now = self.now();
                let channel = &mut self.channels[index];
                channel.offer.read(channel.remaining, now);
            }
            Event::Push {
                channel,
                fate,
                leave_after,
                apply_after,
            } => self.push(channel, fate, leave_after, apply_after),
            Event::Cancel { channel, index } => {
                let channel = &mut self.channels[channel];
                if let Some(order) = channel.orders.get_mut(index).filter(|o| !o.4 && o.3) {
                    order.4 = true;
                    channel.remaining += order.2;
                }
            }
        }
    }

    fn import(&mut self, index: usize) {
        let now = self.now();
        let channel = &mut self.channels[index];
        for order in &mut channel.orders {
            if !order.3 && order.1 <= now {
                order.3 = true;
                self.reserved += order.2;
                channel.offer.sale(order.2, order.0);
            }
            if order.4 && !order.5 {
                order.5 = true;
                self.reserved -= order.2;
                channel.offer.give_back(order.2);
            }
        }
        channel.complete_until = now;
        channel.offer.settle(now, TIMING);
    }

    fn push(&mut self, index: usize, fate: u8, leave_after: u64, apply_after: u64) {
        let now = self.now();
        let decision = plan(self.stock - self.reserved, &self.candidates())[index];
        let Decision::Write { quantity, unseen } = decision else {
            return;
        };
        assert!(
            quantity <= self.buffer.apply(self.stock - self.reserved),
            "nobody is told of more than the pool"
        );
        let push: PushId = self.clock.env().id();
        let channel = &mut self.channels[index];
        let change = channel.offer.send(push, channel.mode, quantity, unseen, now);
        let left = now.plus(Duration::from_secs(leave_after));
        let later = Duration::from_secs(apply_after);
        let at_once = channel.mode != WriteMode::Absolute && fate >= 4;
        // Writes are applied in order: not before an earlier one.
        let lands =
            if at_once { left } else { left.plus(later) }.max(channel.writes.last().map_or(now, |w| w.lands));
        if at_once || fate % 4 >= 2 {
            channel.writes.push(Pending {
                lands,
                change,
                quantity,
                answers: at_once.then_some((push, later, fate.is_multiple_of(2))),
            });
        }
        if !at_once {
            let heard = match fate % 4 {
                0 => Heard::Refused,
                1 | 2 => Heard::State(WriteState::Unknown),
                _ => Heard::State(WriteState::Accepted),
            };
            channel.answer = Some((left, push, heard));
        }
        channel.land(now);
        channel.hear(now);
    }
}

fn events(channels: usize) -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1u64..6).prop_map(Event::Tick),
        4 => (0..channels, 1i64..4, 0u64..12).prop_map(|(channel, units, visible_after)| Event::Buy { channel, units, visible_after }),
        1 => (1i64..3).prop_map(|units| Event::BuyHere { units }),
        2 => (0..channels).prop_map(Event::Import),
        2 => (0..channels).prop_map(Event::Read),
        3 => (0..channels, 0u8..8, prop_oneof![2 => Just(0), 1 => 0u64..25], 0u64..9).prop_map(|(channel, fate, leave_after, apply_after)| Event::Push { channel, fate, leave_after, apply_after }),
        1 => (0..channels, 0usize..6).prop_map(|(channel, index)| Event::Cancel { channel, index }),
    ];
    prop::collection::vec(event, 1..160)
}

fn world(stock: i64, modes: &[WriteMode]) -> World {
    let clock = Stepped::new(Timestamp::from_secs(1_000_000), 1);
    let mut world = World {
        clock,
        stock,
        reserved: 0,
        sold_here: 0,
        regime: Regime::Strict,
        buffer: Buffer::default(),
        channels: modes.iter().map(|mode| Channel::new(*mode, 0)).collect(),
    };
    let now = world.now();
    for channel in &mut world.channels {
        channel.offer.read(0, now);
    }
    world.clock.advance(Duration::from_secs(60));
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn no_more_is_sold_than_there_is(stock in 0i64..14, modes in modes(), events in events(3)) {
        let mut world = world(stock, &modes);
        for event in events {
            world.step(event.clone());
            prop_assert!(world.sold() <= stock, "{} sold of {stock} after {event:?}", world.sold());
        }
    }

    /// The hub meets channels that have been selling: nothing it does before every earlier order is in may oversell.
    #[test]
    fn channels_that_sell_already_are_met_with_care(spare in 0i64..4, shown in prop::collection::vec(0i64..6, 3), modes in modes(), events in events(3)) {
        let stock = spare + shown.iter().sum::<i64>();
        let mut world = world(stock, &modes);
        for (channel, shown) in world.channels.iter_mut().zip(shown) {
            *channel = Channel::new(channel.mode, shown);
        }
        for event in events {
            world.step(event.clone());
            prop_assert!(world.sold() <= stock, "{} sold of {stock} after {event:?}", world.sold());
        }
    }

    /// Shared mode may sell a unit twice. From the moment a product is strict again and what was shown twice is taken
    /// back, it may not; and however shared it was, nobody was ever told of more than the pool less its buffer.
    #[test]
    fn going_strict_ends_overselling(stock in 0i64..14, buffer in 0i64..3, modes in modes(), before in events(3), after in events(3)) {
        let mut world = world(stock, &modes);
        world.regime = Regime::Shared;
        world.buffer.units = buffer;
        for event in before {
            world.step(event);
        }
        world.regime = Regime::Strict;
        calm(&mut world);
        let could_sell: i64 = world.channels.iter().map(|c| c.remaining).sum();
        prop_assert!(could_sell <= (stock - world.reserved).max(0), "{could_sell} are offered");
        let sold = world.sold();
        for event in after {
            world.step(event.clone());
            prop_assert!(world.sold() <= stock.max(sold), "{} sold of {stock} after {event:?}", world.sold());
        }
    }
}

/// Nobody buys, and the hub does its work.
fn calm(world: &mut World) {
    for _ in 0..30 {
        for channel in 0..world.channels.len() {
            world.step(Event::Import(channel));
            world.step(Event::Push {
                channel,
                fate: 7,
                leave_after: 0,
                apply_after: 1,
            });
            world.step(Event::Tick(2));
            world.step(Event::Read(channel));
        }
    }
}

/// The risk of shared mode is real, and the exposures tell its size before anything happens.
#[test]
fn shared_mode_can_sell_a_unit_twice() {
    let mut world = world(1, &[WriteMode::Absolute; 2]);
    world.regime = Regime::Shared;
    calm(&mut world);
    let exposed: i64 = world.channels.iter().map(|c| c.offer.exposure).sum();
    assert_eq!(exposed, 2);
    for channel in 0..2 {
        world.step(Event::Buy {
            channel,
            units: 1,
            visible_after: 5,
        });
    }
    assert_eq!(world.sold(), 2);
}

/// Safety alone is cheap (sell nothing). In calm, everything must be offered, and what one channel cannot sell must
/// reach the one that can.
#[test]
fn in_calm_all_stock_is_offered_and_follows_the_buyers() {
    for mode in WriteMode::ALL {
        let mut world = world(9, &[*mode; 2]);
        calm(&mut world);
        assert_eq!(
            world.channels.iter().map(|c| c.remaining).collect::<Vec<_>>(),
            [3, 3],
            "a third stays for the own store"
        );
        for _ in 0..9 {
            sell_one(&mut world);
            calm(&mut world);
        }
        assert!(
            world.sold() >= 8,
            "{} of 9 sold although only one channel has buyers ({mode})",
            world.sold()
        );
    }
}

fn sell_one(world: &mut World) {
    world.step(Event::Buy {
        channel: 0,
        units: 1,
        visible_after: 2,
    });
}

/// Where writes overwrite, scarce units move by way of zero. Where they compare or change, nobody shows nothing.
#[test]
fn scarce_units_move_without_going_to_zero_where_writes_compare() {
    let least_shown = |mode| {
        let mut world = world(6, &[mode; 2]);
        calm(&mut world);
        let mut least = i64::MAX;
        for _ in 0..4 {
            sell_one(&mut world);
            for _ in 0..40 {
                for channel in 0..2 {
                    world.step(Event::Import(channel));
                    world.step(Event::Push {
                        channel,
                        fate: 7,
                        leave_after: 0,
                        apply_after: 1,
                    });
                    world.step(Event::Tick(1));
                    world.step(Event::Read(channel));
                    least = least.min(world.channels[1].remaining);
                }
            }
        }
        assert_eq!(world.sold(), 4, "{mode}");
        least
    };
    assert_eq!(least_shown(WriteMode::Absolute), 0);
    assert!(least_shown(WriteMode::CompareAndSet) > 0);
    assert!(least_shown(WriteMode::Relative) > 0);
}
