//! The exposure protocol against model channels: whatever happens, no more is sold than there is.
//!
//! A model channel counts its own sales down, shows its orders late, applies writes late, never, or although the
//! answer got lost, and overwrites its countdown when it does. The hub side is exactly the domain's: `plan`, `Offer`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use proptest::prelude::*;
use stockbridge_domain::allocation::{BasisPoints, Buffer, Method, Sharer, Stock, allocate};
use stockbridge_domain::channel::Timing;
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::exposure::{Candidate, Decision, free, plan};
use stockbridge_domain::mode::Regime;
use stockbridge_domain::offer::{Offer, WriteState};
use stockbridge_domain::{PushId, Timestamp};

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

#[derive(Default)]
struct Channel {
    remaining: i64,
    writes: Vec<(Timestamp, i64)>,
    /// What the hub learns of its write, and when; nothing while it is not applied.
    answer: Option<(Timestamp, PushId, Option<WriteState>)>,
    /// (placed, visible, units, imported, cancelled, cancellation imported)
    orders: Vec<(Timestamp, Timestamp, i64, bool, bool, bool)>,
    offer: Offer,
    complete_until: Timestamp,
}

impl Channel {
    /// The hub hears what became of its write, once it knows.
    fn hear(&mut self, now: Timestamp) {
        if let Some((at, push, state)) = self.answer.take_if(|a| a.0 <= now) {
            match state {
                None => self.offer.not_applied(push),
                Some(state) => self.offer.answered(push, state, at),
            }
        }
    }
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
                        // Writes land in the order they were sent.
                        while channel.writes.first().is_some_and(|w| w.0 <= now) {
                            channel.remaining = channel.writes.remove(0).1;
                        }
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
        let Decision::Write { quantity, margin } = decision else {
            return;
        };
        assert!(
            quantity <= self.buffer.apply(self.stock - self.reserved),
            "nobody is told of more than the pool"
        );
        let push: PushId = self.clock.env().id();
        let channel = &mut self.channels[index];
        channel.offer.send(push, quantity, margin, now);
        let left = now.plus(Duration::from_secs(leave_after));
        // Writes are applied in order: not before an earlier one.
        let lands = left
            .plus(Duration::from_secs(apply_after))
            .max(channel.writes.last().map_or(now, |w| w.0));
        let state = match fate % 4 {
            0 => None,
            1 | 2 => Some(WriteState::Unknown),
            _ => Some(WriteState::Accepted),
        };
        if fate % 4 >= 2 {
            channel.writes.push((lands, quantity));
        }
        channel.answer = Some((left, push, state));
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

fn world(stock: i64, channels: usize) -> World {
    let clock = Stepped::new(Timestamp::from_secs(1_000_000), 1);
    let mut world = World {
        clock,
        stock,
        reserved: 0,
        sold_here: 0,
        regime: Regime::Strict,
        buffer: Buffer::default(),
        channels: Vec::new(),
    };
    world.channels.resize_with(channels, Channel::default);
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
    fn no_more_is_sold_than_there_is(stock in 0i64..14, events in events(3)) {
        let mut world = world(stock, 3);
        for event in events {
            world.step(event.clone());
            prop_assert!(world.sold() <= stock, "{} sold of {stock} after {event:?}", world.sold());
        }
    }

    /// The hub meets channels that have been selling: nothing it does before every earlier order is in may oversell.
    #[test]
    fn channels_that_sell_already_are_met_with_care(spare in 0i64..4, shown in prop::collection::vec(0i64..6, 3), events in events(3)) {
        let stock = spare + shown.iter().sum::<i64>();
        let mut world = world(stock, 3);
        for (channel, shown) in world.channels.iter_mut().zip(shown) {
            *channel = Channel { remaining: shown, ..Channel::default() };
        }
        for event in events {
            world.step(event.clone());
            prop_assert!(world.sold() <= stock, "{} sold of {stock} after {event:?}", world.sold());
        }
    }

    /// Shared mode may sell a unit twice. From the moment a product is strict again and what was shown twice is taken
    /// back, it may not; and however shared it was, nobody was ever told of more than the pool less its buffer.
    #[test]
    fn going_strict_ends_overselling(stock in 0i64..14, buffer in 0i64..3, before in events(3), after in events(3)) {
        let mut world = world(stock, 3);
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
                fate: 3,
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
    let mut world = world(1, 2);
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
    let mut world = world(9, 2);
    calm(&mut world);
    assert_eq!(
        world.channels.iter().map(|c| c.remaining).collect::<Vec<_>>(),
        [3, 3],
        "a third stays for the own store"
    );
    for _ in 0..9 {
        world.step(Event::Buy {
            channel: 0,
            units: 1,
            visible_after: 2,
        });
        calm(&mut world);
    }
    assert!(
        world.sold() >= 8,
        "{} of 9 sold although only one channel has buyers",
        world.sold()
    );
}
