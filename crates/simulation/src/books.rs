//! What really is: the shelf, every order ever accepted, and what channels could still sell. Kept apart from the hub, and
//! compared with it.
//!
//! For each product, *headroom* is what nobody could sell any more: units on the shelf, less units promised, less all that
//! channels could still sell (what they show and what writes on their way will have them show). When it is negative, a
//! buyer may get a unit that is not there. Hands from outside may make it negative; they leave a *debt* of as many units,
//! which is forgiven once everything is at rest. What goes beyond the debt is the hub's own doing.

use std::collections::BTreeMap;

use stockbridge_domain::{OrderId, Timestamp};

/// Where an order stands in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Pending,
    Open,
    Cancelled,
}

/// An order that a channel or the own store accepted.
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) product: usize,
    pub(crate) units: i64,
    pub(crate) shipped: i64,
    pub(crate) standing: Standing,
    /// The hub's id, of own orders.
    pub(crate) own: Option<OrderId>,
}

/// One product in truth.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    pub(crate) on_hand: i64,
    pub(crate) promised: i64,
    /// Units that hands from outside took away or had a channel offer.
    pub(crate) debt: i64,
    /// Units that other tools had each channel offer and the hub may not have read yet, and since when.
    pub(crate) unread: BTreeMap<usize, (i64, Timestamp)>,
    /// Channels another tool has written to: the hub stops fighting over them and asks for a person.
    pub(crate) fought_over: std::collections::BTreeSet<usize>,
    pub(crate) wanted: i64,
    pub(crate) sold: i64,
    pub(crate) received: i64,
    pub(crate) oversold: i64,
    pub(crate) shortfall: i64,
}

impl Shelf {
    pub(crate) fn available(&self) -> i64 {
        self.on_hand - self.promised
    }

    /// A sale was accepted. Units that are not there are a shortfall as far as somebody from outside took them.
    pub(crate) fn sell(&mut self, units: i64) {
        let before = (-self.available()).max(0);
        self.promised += units;
        self.sold += units;
        let missing = (-self.available()).max(0) - before;
        let excused = missing.min((self.debt - before).max(0));
        self.shortfall += excused;
        self.oversold += missing - excused;
    }

    /// An order was called off.
    pub(crate) fn give_back(&mut self, units: i64) {
        self.promised -= units;
        self.sold -= units;
    }
}

/// Everything that is true.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) shelves: Vec<Shelf>,
    /// By the channel's order id.
    pub(crate) orders: BTreeMap<String, Sold>,
    /// The same in the order they were placed.
    pub(crate) placed: Vec<String>,
    /// How often something changed.
    pub(crate) changes: u64,
}

impl Books {
    pub(crate) fn new(stock: &[i64]) -> Self {
        let shelf = |units: &i64| Shelf {
            on_hand: *units,
            received: *units,
            ..Shelf::default()
        };
        Self {
            shelves: stock.iter().map(shelf).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn accept(&mut self, id: String, sold: Sold) {
        self.shelves[sold.product].sell(sold.units);
        self.placed.push(id.clone());
        self.orders.insert(id, sold);
    }

    /// Calls an order off of which nothing was shipped; answers whether it was possible.
    pub(crate) fn call_off(&mut self, id: &str) -> bool {
        let Some(order) = self.orders.get_mut(id) else {
            return false;
        };
        if order.standing == Standing::Cancelled || order.shipped > 0 {
            return false;
        }
        order.standing = Standing::Cancelled;
        self.shelves[order.product].give_back(order.units);
        true
    }

    pub(crate) fn ship(&mut self, id: &str, units: i64) {
        if let Some(order) = self.orders.get_mut(id) {
            order.shipped += units;
            let shelf = &mut self.shelves[order.product];
            shelf.on_hand -= units;
            shelf.promised -= units;
        }
    }

    pub(crate) fn sum(&self, of: impl Fn(&Shelf) -> i64) -> i64 {
        self.shelves.iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_oversold_unless_somebody_took_it() {
        let mut shelf = Shelf {
            on_hand: 2,
            ..Shelf::default()
        };
        shelf.sell(3);
        assert_eq!((shelf.oversold, shelf.shortfall), (1, 0));
        let mut shelf = Shelf {
            on_hand: 2,
            debt: 1,
            ..Shelf::default()
        };
        shelf.sell(2);
        assert_eq!((shelf.oversold, shelf.shortfall), (0, 0));
        shelf.sell(2);
        assert_eq!(
            (shelf.oversold, shelf.shortfall),
            (1, 1),
            "one was taken, the other was sold twice"
        );
    }
}
