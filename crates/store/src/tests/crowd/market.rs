//! A model channel: sells by itself, shows its orders late, applies absolute writes late.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use stockbridge_domain::channel::{OrderSnapshot, Timing};
use stockbridge_domain::clock::Env;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, Timestamp};

use crate::tests::shop::order;

pub(super) const TIMING: Timing = Timing {
    order_visibility: Duration::from_secs(12),
    write_apply: Duration::from_secs(9),
};

/// One account on it.
pub(super) struct Channel {
    name: &'static str,
    pub(super) account: AccountId,
    /// The lanes: one worker each.
    pub(super) pulling: tokio::sync::Mutex<()>,
    pub(super) pushing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    remaining: Vec<i64>,
    /// When it lands, which product, how many.
    writes: Vec<(Timestamp, usize, i64)>,
    orders: Vec<Sold>,
}

struct Sold {
    placed: Timestamp,
    visible: Timestamp,
    cancelled: Option<Timestamp>,
    product: usize,
    units: i64,
}

impl Channel {
    pub(super) fn new(name: &'static str, account: AccountId, products: usize) -> Self {
        Self {
            name,
            account,
            pulling: tokio::sync::Mutex::default(),
            pushing: tokio::sync::Mutex::default(),
            state: Mutex::new(State {
                remaining: vec![0; products],
                writes: Vec::new(),
                orders: Vec::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn buy(&self, product: usize, units: i64, visible_after: u64, now: Timestamp) {
        let mut state = self.state();
        // Buyers want what there is.
        let product = (0..state.remaining.len())
            .map(|n| (product + n) % state.remaining.len())
            .find(|p| state.remaining[*p] >= units)
            .unwrap_or(product);
        if state.remaining[product] >= units {
            state.remaining[product] -= units;
            state.orders.push(Sold {
                placed: now,
                visible: now.plus(Duration::from_secs(visible_after)),
                cancelled: None,
                product,
                units,
            });
        }
    }

    /// A buyer calls a visible order off; the channel offers the units again.
    pub(super) fn cancel(&self, dice: &Env, now: Timestamp) {
        let mut state = self.state();
        let index = usize::try_from(dice.below(state.orders.len() as u64)).unwrap();
        let Some(order) = state
            .orders
            .get_mut(index)
            .filter(|o| o.visible <= now && o.cancelled.is_none())
        else {
            return;
        };
        order.cancelled = Some(now);
        let (product, units) = (order.product, order.units);
        state.remaining[product] += units;
    }

    /// Takes a write in; it lands later, but not before an earlier one.
    pub(super) fn write(&self, product: usize, quantity: i64, now: Timestamp, after: u64) {
        let mut state = self.state();
        let earlier = state.writes.iter().filter(|w| w.1 == product).map(|w| w.0).max();
        let lands = now.plus(Duration::from_secs(after)).max(earlier.unwrap_or(now));
        state.writes.push((lands, product, quantity));
    }

    pub(super) fn land(&self, now: Timestamp) {
        let mut state = self.state();
        let writes = std::mem::take(&mut state.writes);
        for write in writes {
            if write.0 <= now {
                state.remaining[write.1] = write.2;
            } else {
                state.writes.push(write);
            }
        }
    }

    pub(super) fn shown(&self) -> Vec<i64> {
        self.state().remaining.clone()
    }

    pub(super) fn sold(&self, product: usize) -> i64 {
        let state = self.state();
        let kept = state
            .orders
            .iter()
            .filter(|o| o.product == product && o.cancelled.is_none());
        kept.map(|o| o.units).sum()
    }

    /// Orders as the channel tells them now, of those that `wanted` picks.
    pub(super) fn visible(&self, now: Timestamp, wanted: impl Fn(usize) -> bool) -> Vec<OrderSnapshot> {
        let state = self.state();
        let told = state
            .orders
            .iter()
            .enumerate()
            .filter(|(n, o)| o.visible <= now && wanted(*n));
        told.map(|(n, sold)| {
            let id = format!("{}-{n}", self.name);
            let (status, cancelled) = match sold.cancelled {
                Some(_) => (OrderStatus::Cancelled, sold.units),
                None => (OrderStatus::Open, 0),
            };
            let name = format!("P{}", sold.product);
            let mut snapshot = order(&id, status, 0, &[(&name, sold.units, 0, cancelled)]);
            snapshot.placed_at = sold.placed;
            snapshot.updated_at = sold.cancelled.unwrap_or(sold.placed);
            snapshot
        })
        .collect()
    }
}
