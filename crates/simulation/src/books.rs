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
    /// Units that other tools had listings offer (product or kit, and channel) and the hub may not have read yet, and
    /// since when.
    pub(crate) unread: BTreeMap<(usize, usize), (i64, Timestamp)>,
    /// Units at a location that nothing is sold from.
    pub(crate) aside: i64,
    pub(crate) wanted: i64,
    pub(crate) sold: i64,
    pub(crate) received: i64,
    pub(crate) oversold: i64,
    pub(crate) shortfall: i64,
    /// Of the units sold, those that were still missing when the days were over.
    pub(crate) unserved: i64,
}

impl Shelf {
    pub(crate) fn available(&self) -> i64 {
        self.on_hand - self.aside - self.promised
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
    /// One for each product; kits have none.
    pub(crate) shelves: Vec<Shelf>,
    /// What one of each product or kit takes from which shelves.
    pub(crate) made_of: Vec<Vec<(usize, i64)>>,
    /// By the channel's order id.
    pub(crate) orders: BTreeMap<String, Sold>,
    /// The same in the order they were placed.
    pub(crate) placed: Vec<String>,
    /// How often something changed.
    pub(crate) changes: u64,
}

impl Books {
    pub(crate) fn new(stock: &[i64], kits: &[Vec<(usize, i64)>]) -> Self {
        let shelf = |units: &i64| Shelf {
            on_hand: *units,
            received: *units,
            ..Shelf::default()
        };
        Self {
            shelves: stock.iter().map(shelf).collect(),
            made_of: (0..stock.len())
                .map(|product| vec![(product, 1)])
                .chain(kits.iter().cloned())
                .collect(),
            ..Self::default()
        }
    }

    /// The shelves that so many of a product or kit are taken from, with the units of each.
    fn taken(&mut self, product: usize, units: i64, mut take: impl FnMut(&mut Shelf, i64)) {
        for (part, each) in &self.made_of[product] {
            take(&mut self.shelves[*part], units * each);
        }
    }

    /// A buyer wants units.
    pub(crate) fn want(&mut self, product: usize, units: i64) {
        self.taken(product, units, |shelf, units| shelf.wanted += units);
    }

    /// Listings that draw on a shelf: product or kit, and units that one of it takes.
    pub(crate) fn drawing_on(&self, shelf: usize) -> impl Iterator<Item = (usize, i64)> {
        let parts = self.made_of.iter().enumerate();
        parts.flat_map(move |(product, parts)| {
            let part = parts.iter().find(|(part, _)| *part == shelf);
            part.map(|(_, units)| (product, *units))
        })
    }

    /// Whether so many of a product or kit lie on the shelves.
    pub(crate) fn lie_there(&self, product: usize, units: i64) -> bool {
        let parts = &self.made_of[product];
        parts
            .iter()
            .all(|(part, each)| self.shelves[*part].on_hand >= units * each)
    }

    pub(crate) fn accept(&mut self, id: String, sold: Sold) {
        self.taken(sold.product, sold.units, Shelf::sell);
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
        let (product, units) = (order.product, order.units);
        self.taken(product, units, Shelf::give_back);
        true
    }

    pub(crate) fn ship(&mut self, id: &str, units: i64) {
        if let Some(order) = self.orders.get_mut(id) {
            order.shipped += units;
            let product = order.product;
            self.taken(product, units, |shelf, units| {
                shelf.on_hand -= units;
                shelf.promised -= units;
            });
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
    fn a_kit_takes_its_components() {
        let mut books = Books::new(&[5, 1], &[vec![(0, 2), (1, 1)]]);
        let sold = Sold {
            product: 2,
            units: 2,
            shipped: 0,
            standing: Standing::Open,
            own: None,
        };
        books.accept("1".to_owned(), sold);
        let shelves = |books: &Books| {
            books
                .shelves
                .iter()
                .map(|s| (s.available(), s.oversold))
                .collect::<Vec<_>>()
        };
        assert_eq!(shelves(&books), [(1, 0), (-1, 1)]);
        assert_eq!(books.drawing_on(0).collect::<Vec<_>>(), [(0, 1), (2, 2)]);
        assert!(books.lie_there(2, 1) && !books.lie_there(2, 2));
        assert!(books.call_off("1"));
        assert_eq!(shelves(&books), [(5, 0), (1, 1)]);
    }

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
